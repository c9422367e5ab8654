"""What is told of a session: before it is rendered, meanwhile, and afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyhost.audio import WrittenAudio

__all__ = ["Progress", "Rendered", "StripSummary", "Summary"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a render is.

    Attributes
    ----------
    frames, total : int
        Done, and to do in all.
    seconds : float
        Since it began.
    peaks : mapping
        The largest magnitude behind each strip's fader since the last report.
    """

    frames: int
    total: int
    seconds: float
    peaks: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StripSummary:
    """What is known of a strip before it runs.

    Attributes
    ----------
    kind, name, to : str
        What it is, how it is called, where it goes.
    inserts : tuple of (str, str, int)
        Name, plugin and latency in samples.
    latency : int
        By how many samples its sound comes later than the session's time.
    """

    kind: str
    name: str
    to: str
    inserts: tuple[tuple[str, str, int], ...]
    latency: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a session before it is rendered.

    Attributes
    ----------
    sample_rate, channels, frames : int
        Of the mix.
    latency : int
        In samples; the mix itself begins at time 0.
    strips : tuple of StripSummary
        All that can be heard.
    """

    sample_rate: int
    channels: int
    frames: int
    latency: int
    strips: tuple[StripSummary, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came of a render.

    Attributes
    ----------
    mix : WrittenAudio
        The file.
    stems : dict
        Those of the strips that go to the master, by name; as they arrive there, so that they sum to what it gets.
    peak : float
        Of the mix before it was normalised.
    learned : dict
        The values that learners ended with, by ``STRIP.INSERT``.
    saved : tuple of Path
        ``learned.json`` files.
    restarts : int
        How often a plugin that crashed was started again.
    seconds : float
        How long it took.
    """

    mix: WrittenAudio
    stems: dict[str, WrittenAudio]
    peak: float
    learned: dict[str, dict[str, Any]]
    saved: tuple[Path, ...]
    restarts: int
    seconds: float
