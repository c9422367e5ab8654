"""Guides of learning plugins: code of ``plugin/`` that finds in the sound what gradients alone cannot find."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ALIGNER", "TRACKER", "UNGUIDED", "Guide"]


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide.

    Attributes
    ----------
    files : tuple of str
        Of ``plugin/``; first its own header, then those that it includes.
    outputs : tuple of three str
        What the control Output chooses from: what the chain makes of the input, the target, and target less chain.
    side_chain : str
        What to send there, after "send it what it shall process, ".
    """

    files: tuple[str, ...]
    outputs: tuple[str, str, str] = ("Learned", "Target", "Error")
    side_chain: str = "and on its side-chain what should become of that"


UNGUIDED = Guide(("unguided.h",))
"""None."""

ALIGNER = Guide(("aligner.h", "listener.h", "fourier.h"))
"""Finds a delay, the chain's first parameter, in seconds."""

TRACKER = Guide(
    ("tracker.h", "listener.h", "fourier.h"),
    ("The tone", "Input", "Without the tone"),
    "and on its side-chain, if you like, something in which its tone is heard better",
)
"""Finds the frequency of a tone, the chain's first parameter, in Hz; the input is the target."""
