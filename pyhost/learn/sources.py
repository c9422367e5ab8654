"""What a learner can learn from: arrays, files, sources, and for the target anything that processes audio."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np

from pyhost.audio import ArraySource, AudioArray, AudioSource, as_audio, open_audio, resampled
from pyhost.errors import AudioError
from pyhost.learn.batch import Batch, Repeated

__all__ = ["Processor", "Skipped", "TaughtSource", "as_source", "check_not_silent_source", "target_source"]


@runtime_checkable
class Processor(Protocol):
    """Anything that turns audio into audio block by block: a plugin of pyhost's or pedalboard's."""

    def process(self, audio: Any, sample_rate: float, *, reset: bool = True) -> Any:
        """Process a block; `reset=False` goes on from the one before."""
        ...


class TaughtSource:
    """A target that a processor makes from the dry recording while it is read.

    A plugin says by how much its output comes later, `latency_samples`; the target is its output from there on.
    """

    def __init__(self, dry: AudioSource, teacher: Processor) -> None:
        self._dry = dry
        self._teacher = teacher
        self.sample_rate = dry.sample_rate
        self.channels = dry.channels
        self.frames = dry.frames
        self.name = f"the output of {getattr(teacher, 'name', type(teacher).__name__)}"

    def blocks(self, frames: int) -> Iterator[AudioArray]:
        """Yield the processor's output, block by block, from a reset on."""
        late = self._latency()
        played = _Played(self._dry, self._teacher, self.name, late)
        return Skipped(played, late).blocks(frames) if late else played.blocks(frames)

    def _latency(self) -> int:
        """Return how late the processor is, which a plugin knows once it has run at a rate."""
        if not hasattr(self._teacher, "latency_samples"):
            return 0
        self._teacher.process(np.zeros((self.channels, 1)), self.sample_rate)
        return int(self._teacher.latency_samples)


class _Played:
    """What a processor makes of a recording and of silence behind it."""

    def __init__(self, dry: AudioSource, teacher: Processor, name: str, silence: int) -> None:
        self._dry, self._teacher, self._silence = dry, teacher, silence
        self.sample_rate, self.channels, self.name = dry.sample_rate, dry.channels, name
        self.frames = dry.frames + silence

    def blocks(self, frames: int) -> Iterator[AudioArray]:
        """Yield its output, from a reset on."""
        for number, block in enumerate(self._given(frames)):
            made = as_audio(self._teacher.process(block, self.sample_rate, reset=number == 0), self.name)
            if made.shape != block.shape:
                raise AudioError(
                    f"{self.name} has {made.shape[0]} channels and {made.shape[1]} frames where the dry block has "
                    f"{block.shape[0]} and {block.shape[1]}; a teacher must give back what it is given: render its "
                    "output to a file first and pass that"
                )
            yield made

    def _given(self, frames: int) -> Iterator[AudioArray]:
        yield from self._dry.blocks(frames)
        for first in range(0, self._silence, frames):
            yield np.zeros((self.channels, min(frames, self._silence - first)))


class Skipped:
    """A recording without its first frames."""

    def __init__(self, source: AudioSource, skipped: int) -> None:
        self._source = source
        self._skipped = skipped
        self.sample_rate = source.sample_rate
        self.channels = source.channels
        self.frames = source.frames - skipped
        self.name = source.name

    def blocks(self, frames: int) -> Iterator[AudioArray]:
        """Yield what comes behind them, in blocks of `frames`."""
        left = self._skipped
        kept = np.zeros((self.channels, 0))
        for block in self._source.blocks(frames):
            kept = np.concatenate([kept, block[:, left:]], axis=1)
            left = max(left - block.shape[1], 0)
            if kept.shape[1] >= frames:
                yield kept[:, :frames]
                kept = kept[:, frames:]
        if kept.shape[1]:
            yield kept


def as_source(value: Any, sample_rate: float | None, what: str, *, any_rate: bool = False) -> AudioSource:
    """Return a source for an array, a path, a source, or a list of them (a batch).

    Parameters
    ----------
    value : array_like, path, AudioSource or list of them
        The recording, or several of which each is an example of a batch. A list of numbers is an array.
    sample_rate : float or None
        Of an array. A file has its own.
    any_rate : bool
        Whether a file may have another rate than that.
    what : str
        How messages call it.

    Raises
    ------
    AudioError
        If it cannot be read, or an array comes without a sample rate.
    """
    if isinstance(value, (str, os.PathLike)):
        value = open_audio(value)
    if isinstance(value, AudioSource):
        if not any_rate and sample_rate is not None and value.sample_rate != sample_rate:
            raise AudioError(
                f"{value.name} has {value.sample_rate:g} Hz, not the {sample_rate:g} Hz that were given; leave "
                "sample_rate= out, it is for arrays"
            )
        return value
    if isinstance(value, (list, tuple)) and not all(isinstance(part, (int, float, np.number)) for part in value):
        parts = [as_source(part, sample_rate, f"{what} {i + 1}", any_rate=any_rate) for i, part in enumerate(value)]
        return Batch(parts, what)
    if sample_rate is None:
        raise AudioError(f"{what}: an array has no sample rate of its own; give sample_rate= in Hz")
    return ArraySource(value, sample_rate, what)


def target_source(value: Any, dry: AudioSource, *, resample: bool) -> AudioSource:
    """Return the source of a target, at the rate of the dry recording; one target serves a whole batch.

    Raises
    ------
    AudioError
        If its rate is another and it is not to be resampled.
    """
    if isinstance(value, Processor) and not isinstance(value, AudioSource):
        return TaughtSource(dry, value)
    target = as_source(value, dry.sample_rate, "target", any_rate=True)
    if isinstance(dry, Batch) and not isinstance(target, Batch) and dry.channels % target.channels == 0:
        target = Repeated(target, dry.channels)
    if target.sample_rate == dry.sample_rate:
        return target
    if resample:
        return resampled(target, dry.sample_rate)
    raise AudioError(
        f"{dry.name} has {dry.sample_rate:g} Hz, {target.name} has {target.sample_rate:g} Hz; a learner needs the "
        "same rate: resample one of them first, or ask for it (resample=True, --resample)"
    )


def check_not_silent_source(source: AudioSource) -> None:
    """Raise AudioError if every sample is 0; reads no further than the first that is not."""
    for block in source.blocks(1 << 16):
        if block.any():
            return
    raise AudioError(
        f"{source.name} is silent: all of its {source.frames} frames are 0; give a recording with sound in it"
    )
