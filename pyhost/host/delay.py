"""Whole-sample delays, by which a host keeps paths in step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pyhost.audio import AudioArray
from pyhost.host.plugin import MidiEvent

__all__ = ["DelayLine", "MidiLine"]


class DelayLine:
    """A delay of whole samples that goes on from block to block.

    Parameters
    ----------
    channels : int
        Of every block.
    samples : int
        0: what goes in comes out.
    """

    def __init__(self, channels: int, samples: int) -> None:
        self._held = np.zeros((channels, samples))

    def process(self, block: AudioArray) -> AudioArray:
        """Return a block as long, `samples` late."""
        if not self._held.shape[1]:
            return block
        joined = np.concatenate([self._held, block], axis=1)
        self._held = joined[:, block.shape[1] :].copy()
        return joined[:, : block.shape[1]]


class MidiLine:
    """A delay of whole samples for MIDI; what falls behind the end of a block is kept for the next.

    Parameters
    ----------
    samples : int
        0: what goes in comes out.
    """

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._held: list[MidiEvent] = []

    def process(self, midi: Sequence[MidiEvent], frames: int) -> Sequence[MidiEvent]:
        """Take the messages of a block of so many frames, in order; return those that are due in it."""
        if not self._samples:
            return midi
        waiting = self._held + [(frame + self._samples, message) for frame, message in midi]
        self._held = [(frame - frames, message) for frame, message in waiting if frame >= frames]
        return [(frame, message) for frame, message in waiting if frame < frames]
