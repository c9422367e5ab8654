"""A plugin of pedalboard's that gives back fewer frames at first, made one that gives all of them late."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pyhost.audio import AudioArray

__all__ = ["LateQueue", "measured_latency"]

PROBED_BLOCKS = (64, 8192)
PROBED_FRAMES = 1 << 17


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


def measured_latency(process: Callable[[AudioArray], AudioArray], channels: int) -> int:
    """Return by how many frames the output of a plugin lags behind its input at most.

    pedalboard compensates for latency by giving back fewer frames until it has caught up, and a plugin that works in
    pieces of its own gives them back in bursts.

    Parameters
    ----------
    process : callable
        Runs the plugin on a block; it is left with silence in it and must be reset.
    channels : int
        Of the block.
    """
    if process(np.zeros((channels, PROBED_BLOCKS[0]))).shape[1] == PROBED_BLOCKS[0]:
        return 0
    worst, lag = 0, PROBED_BLOCKS[0]
    for frames in PROBED_BLOCKS:
        silence = np.zeros((channels, frames))
        for _ in range(PROBED_FRAMES // frames):
            lag += frames - process(silence).shape[1]
            worst = max(worst, lag)
    return worst
