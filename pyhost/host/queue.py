"""A plugin of pedalboard's that gives back fewer frames at first, made one that gives all of them late."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from pyhost.audio import AudioArray

__all__ = ["LateQueue", "Pieces", "measured_latency", "shaped"]

PROBED_BLOCKS = (64, 8192)
PROBED_FRAMES = 1 << 17


class Pieces:
    """Blocks of any length for a plugin of pedalboard's, from a reset on.

    pedalboard starts a plugin anew, from silence, at a block that is longer than all before, so none is handed over
    that is longer than the first; and it guesses which axis is which, which a first block with as many frames as
    channels or fewer does not tell.

    Parameters
    ----------
    process : callable
        Hands a block to the plugin.
    tell_channels : callable
        Tells pedalboard how many channels there are, and lets the plugin be as it is after a reset.
    """

    def __init__(self, process: Callable[[AudioArray], AudioArray], tell_channels: Callable[[int], object]) -> None:
        self._process = process
        self._tell_channels = tell_channels
        self._most = 0

    def process(self, block: AudioArray) -> AudioArray:
        """Return what the plugin makes of the next block."""
        channels, frames = block.shape
        if not self._most:
            self._most = frames
            if frames <= channels:
                self._tell_channels(channels)
        if frames <= self._most:
            return self._process(block)
        pieces = [self._process(block[:, at : at + self._most]) for at in range(0, frames, self._most)]
        return np.concatenate(pieces, axis=1)


def shaped(made: ArrayLike, channels: int) -> AudioArray:
    """Return what pedalboard made as (channels, frames); what has no frames comes in any shape."""
    array = np.asarray(made, np.float64)
    return array if array.size else np.zeros((channels, 0))


class LateQueue:
    """Frames on their way: as many are handed out as were taken in, `latency` frames of silence first."""

    def __init__(self, channels: int, latency: int) -> None:
        self._waiting = np.zeros((channels, latency))

    def pass_on(self, made: AudioArray, frames: int) -> AudioArray:
        """Take what a plugin made of a block, (channels, any number), and return `frames` of them, in order."""
        if not self._waiting.shape[1] and made.shape[1] == frames:
            return made
        queue = np.concatenate([self._waiting, made], axis=1)
        missing = frames - queue.shape[1]
        if missing > 0:
            queue = np.concatenate([queue, np.zeros((queue.shape[0], missing))], axis=1)
        self._waiting = queue[:, frames:]
        return queue[:, :frames]


def measured_latency(process: Callable[[AudioArray], AudioArray], reset: Callable[[], None], channels: int) -> int:
    """Return by how many frames the output of a plugin lags behind its input at most.

    pedalboard compensates for latency by giving back fewer frames until it has caught up, and a plugin that works in
    pieces of its own gives them back in bursts.

    Parameters
    ----------
    process : callable
        Runs the plugin on a block; it is left with silence in it and must be reset.
    reset : callable
        Resets it.
    channels : int
        Of the block.
    """
    shortest, longest = PROBED_BLOCKS
    if process(np.zeros((channels, shortest))).shape[1] == shortest:
        return 0
    # The longest first: at a block that is longer than all before, what is on its way is lost, and counted twice.
    process(np.zeros((channels, longest)))
    reset()
    worst = lag = 0
    for frames in PROBED_BLOCKS:
        silence = np.zeros((channels, frames))
        for _ in range(PROBED_FRAMES // frames):
            lag += frames - process(silence).shape[1]
            worst = max(worst, lag)
    return worst
