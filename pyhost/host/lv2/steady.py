"""Blocks of one length for plugins that take no other, made of blocks of any."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pyhost.audio import AudioArray
from pyhost.host.plugin import MidiEvent

__all__ = ["SteadyBlocks"]

Run = Callable[[AudioArray, AudioArray | None, Sequence[MidiEvent]], AudioArray]


class SteadyBlocks:
    """Collects frames until a block is full, and hands out what became of them one block late.

    Parameters
    ----------
    run : callable
        Runs the plugin on one block of `frames`.
    frames : int
        Length of a block, and the latency this adds.
    inputs, sidechain, outputs : int
        Channels.
    """

    def __init__(self, run: Run, frames: int, inputs: int, sidechain: int, outputs: int) -> None:
        self._run = run
        self._frames = frames
        self._inputs = np.zeros((inputs + sidechain, 0))
        self._rows = inputs
        self._midi: list[MidiEvent] = []
        self._made = np.zeros((outputs, frames))

    @property
    def waiting(self) -> int:
        """Frames of the block that is not full yet."""
        return self._inputs.shape[1]

    def process(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        """Take a block of any length and return as many frames, `frames` late."""
        waiting = self._inputs.shape[1]
        self._midi += [(frame + waiting, message) for frame, message in midi]
        joined = block if sidechain is None else np.concatenate([block, sidechain])
        self._inputs = np.concatenate([self._inputs, joined], axis=1)
        while self._inputs.shape[1] >= self._frames:
            self._made = np.concatenate([self._made, self._one()], axis=1)
        out, self._made = self._made[:, : block.shape[1]], self._made[:, block.shape[1] :]
        return out

    def _one(self) -> AudioArray:
        """Run the plugin on the first full block."""
        first, self._inputs = self._inputs[:, : self._frames], self._inputs[:, self._frames :]
        now = [(frame, message) for frame, message in self._midi if frame < self._frames]
        self._midi = [(frame - self._frames, message) for frame, message in self._midi if frame >= self._frames]
        heard = first[self._rows :] if first.shape[0] > self._rows else None
        return self._run(first[: self._rows], heard, now)
