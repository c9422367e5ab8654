"""Batches: several recordings as lanes that run side by side and share the parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pyhost.audio import AudioArray, AudioSource
from pyhost.errors import AudioError

__all__ = ["Batch", "Repeated"]


class Batch:
    """Several recordings side by side, read in step: examples that run as lanes and share the parameters.

    Parameters
    ----------
    sources : sequence of AudioSource
        At the same rate. The batch has all their channels, and ends with the shortest.
    name : str
        How errors and reports call it.

    Attributes
    ----------
    recordings : int
        How many there are.

    Raises
    ------
    AudioError
        If their rates differ.
    """

    def __init__(self, sources: Sequence[AudioSource], name: str) -> None:
        first = sources[0]
        for source in sources:
            if source.sample_rate != first.sample_rate:
                raise AudioError(
                    f"{name}: {first.name} has {first.sample_rate:g} Hz, {source.name} has {source.sample_rate:g} Hz; "
                    "resample one of them: a batch has one rate"
                )
        self._sources = tuple(sources)
        self.recordings = len(self._sources)
        self.sample_rate = first.sample_rate
        self.channels = sum(source.channels for source in sources)
        self.frames = min(source.frames for source in sources)
        self.name = name

    def blocks(self, frames: int) -> Iterator[AudioArray]:
        """Yield the channels of all recordings, one below the other."""
        left = self.frames
        for parts in zip(*(source.blocks(frames) for source in self._sources), strict=False):
            size = min(left, *(part.shape[1] for part in parts))
            yield np.concatenate([part[:, :size] for part in parts])
            left -= size
            if left == 0:
                return


class Repeated:
    """One recording as every member of a batch: what all of them should become."""

    def __init__(self, source: AudioSource, channels: int) -> None:
        self._source = source
        self._times = channels // source.channels
        self.sample_rate = source.sample_rate
        self.channels = source.channels * self._times
        self.frames = source.frames
        self.name = source.name

    def blocks(self, frames: int) -> Iterator[AudioArray]:
        """Yield its channels, again and again."""
        return (np.tile(block, (self._times, 1)) for block in self._source.blocks(frames))
