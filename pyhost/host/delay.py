"""Whole-sample delays, by which a host keeps paths in step."""

from __future__ import annotations

import numpy as np

from pyhost.audio import AudioArray

__all__ = ["DelayLine"]


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
