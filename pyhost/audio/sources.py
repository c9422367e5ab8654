"""Streams of blocks: what a learner reads from, whether the recording lies in memory or in a file.

A source can be read as often as one likes: every call of ``blocks`` begins at the first frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from pyhost.audio.arrays import AudioArray, as_audio, check_sample_rate, common_frames
from pyhost.errors import AudioError

__all__ = ["ArraySource", "AudioSource", "check_block_size", "first_frames", "paired_blocks"]


@runtime_checkable
class AudioSource(Protocol):
    """A recording that is read block by block, from the beginning each time."""

    @property
    def sample_rate(self) -> float:
        """In Hz."""
        ...

    @property
    def channels(self) -> int:
        """The channels of every block."""
        ...

    @property
    def frames(self) -> int:
        """Exactly as many frames as ``blocks`` yields in all."""
        ...

    @property
    def name(self) -> str:
        """How errors and reports call it."""
        ...

    def blocks(self, frames: int) -> Iterator[AudioArray]:
        """Yield (channels, frames) blocks of finite samples; only the last may be shorter, none is empty."""
        ...


class ArraySource:
    """A recording in memory.

    Parameters
    ----------
    array : array_like of real floats, shape (frames,) or (channels, frames)
    sample_rate : float
        In Hz.
    name : str

    Raises
    ------
    AudioError
        As `as_audio` and `check_sample_rate`.
    """

    __slots__ = ("_audio", "channels", "frames", "name", "sample_rate")

    def __init__(self, array: ArrayLike, sample_rate: float, name: str = "audio") -> None:
        self._audio = as_audio(array, name)
        self.sample_rate = check_sample_rate(sample_rate, f"{name}: sample rate")
        self.channels, self.frames = self._audio.shape
        self.name = name

    def blocks(self, frames: int) -> Iterator[AudioArray]:
        """Yield copies, so that whoever writes into a block does not change the recording."""
        size = check_block_size(frames)
        return (self._audio[:, at : at + size].copy() for at in range(0, self.frames, size))


def paired_blocks(
    dry: AudioSource, target: AudioSource, frames: int, *, trim: bool = False
) -> Iterator[tuple[AudioArray, AudioArray]]:
    """Yield the blocks of two sources in step.

    Parameters
    ----------
    dry, target : AudioSource
    frames : int
        Frames in a block; the last pair may be shorter.
    trim : bool
        Stop with the shorter source instead of refusing a difference of lengths.

    Raises
    ------
    AudioError
        At once, before the first block: for different rates, numbers of channels or lengths.
    """
    size = check_block_size(frames)
    if dry.sample_rate != target.sample_rate:
        raise AudioError(
            f"{dry.name} has {dry.sample_rate:g} Hz, {target.name} has {target.sample_rate:g} Hz; "
            "open one of them at the rate of the other (sample_rate=...)"
        )
    shapes = (dry.channels, dry.frames), (target.channels, target.frames)
    total = common_frames(*shapes, dry.sample_rate, trim=trim, names=(dry.name, target.name))
    pairs = zip(first_frames(dry.blocks(size), total), first_frames(target.blocks(size), total), strict=True)
    return iter(pairs)


def check_block_size(frames: object) -> int:
    """Return ``frames`` as an int, or raise AudioError unless it is a whole number above 0."""
    if isinstance(frames, bool) or not isinstance(frames, (int, np.integer)) or frames < 1:
        raise AudioError(f"block size: {frames!r} is not a whole number of frames above 0; give e.g. 4096")
    return int(frames)


def first_frames(blocks: Iterator[AudioArray], frames: int) -> Iterator[AudioArray]:
    """Yield ``blocks`` up to ``frames`` frames in all, and ask for no block after these."""
    left = frames
    for block in blocks:
        yield block[:, :left]
        left -= block.shape[1]
        if left <= 0:
            return
