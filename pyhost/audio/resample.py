"""A recording at another rate, streamed: a windowed sinc, exactly in time and of gain 1.

pedalboard's own resampler is not used, because a learner would learn its faults: 0.9.26 shifts by up to half
a sample where its delay is no whole number (48000 to 44100: 0.125), scales by 0.99, and ends a frame early.

The method is that of J. O. Smith, "Digital Audio Resampling Home Page" (Stanford, CCRMA): a table of the
impulse response at 512 positions between two samples, linearly interpolated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from pyhost.audio.arrays import AudioArray, check_sample_rate
from pyhost.audio.sources import AudioSource, check_block_size

__all__ = ["resampled"]

_CHUNK = 16384  # input frames at a time
_CROSSINGS = 32  # zeros of the sinc on either side
_PHASES = 512
_KAISER = 10.0  # about 100 dB of stop band
_PASS = 0.95  # of the lower Nyquist frequency: room for the transition band
_PRODUCTS = 1 << 18  # taps times output frames at once: bounds the memory


def resampled(source: AudioSource, sample_rate: float) -> AudioSource:
    """Return ``source`` at another sample rate, still streamed and re-readable.

    Its first frame stays at time 0. Its length is ``round(frames * sample_rate / source.sample_rate)`` and at
    least 1, so two recordings of equal length stay of equal length. Silence is taken to surround the
    recording.

    Parameters
    ----------
    source : AudioSource
    sample_rate : float
        In Hz. The source itself is returned if it has this rate.

    Raises
    ------
    AudioError
        As `check_sample_rate`.
    """
    rate = check_sample_rate(sample_rate, f"{source.name}: sample rate to convert to")
    return source if rate == source.sample_rate else _Resampled(source, rate)


class _Resampled:
    """A source at another rate. See `resampled`."""

    __slots__ = ("_source", "_step", "channels", "frames", "name", "sample_rate")

    def __init__(self, source: AudioSource, sample_rate: float) -> None:
        self._source = source
        self._step = source.sample_rate / sample_rate
        self.sample_rate = sample_rate
        self.channels = source.channels
        self.frames = max(1, round(source.frames / self._step))
        self.name = source.name

    def blocks(self, frames: int) -> Iterator[AudioArray]:
        return _rechunked(self._converted(), check_block_size(frames))

    def _converted(self) -> Iterator[AudioArray]:
        table = _table(min(1.0, 1.0 / self._step))
        half = table.shape[1] // 2
        silence = np.zeros((self.channels, half + 2 * math.ceil(self._step) + 2))
        held, start, done = silence[:, : half - 1], 1 - half, 0
        for block in chain(self._source.blocks(_CHUNK), [silence]):
            held = np.concatenate([held, block], axis=1)
            # An output frame is ready when the samples on both of its sides are there.
            ready = min(self.frames, math.ceil((start + held.shape[1] - half) / self._step))
            for at in range(done, ready, most := max(1, _PRODUCTS // table.shape[1])):
                positions = np.arange(at, min(at + most, ready)) * self._step - start
                yield _interpolated(held, positions, table)
            done = max(done, ready)
            unused = max(0, min(math.floor(done * self._step) - half + 1 - start, held.shape[1]))
            held, start = held[:, unused:], start + unused


def _table(ratio: float) -> AudioArray:
    """Return the impulse response, shape (_PHASES + 1, taps): row p is for p / _PHASES past a sample.

    ``ratio`` is the lower of the two rates over the rate of the input, at most 1.
    """
    cutoff = _PASS * ratio
    half = math.ceil(_CROSSINGS / ratio)
    distance = np.arange(1 - half, half + 1) - np.arange(_PHASES + 1)[:, None] / _PHASES
    window = np.i0(_KAISER * np.sqrt(np.maximum(0.0, 1.0 - (distance / half) ** 2)))
    response = np.sinc(cutoff * distance) * window
    scaled: AudioArray = response / response.sum(axis=1, keepdims=True)
    return scaled


def _interpolated(samples: AudioArray, positions: AudioArray, table: AudioArray) -> AudioArray:
    """Return the band-limited signal at ``positions``, in samples; shape (channels, len(positions))."""
    taps = table.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(samples, taps, axis=1)
    before = np.clip(np.floor(positions).astype(np.intp) - taps // 2 + 1, 0, windows.shape[1] - 1)
    phase = (positions - before - taps // 2 + 1) * _PHASES
    row = np.clip(phase.astype(np.intp), 0, _PHASES - 1)
    weights = table[row] + (phase - row)[:, None] * (table[row + 1] - table[row])
    out: AudioArray = np.einsum("cmt,mt->cm", windows[:, before], weights)
    return out


def _rechunked(blocks: Iterable[AudioArray], frames: int) -> Iterator[AudioArray]:
    """Yield the same samples in blocks of ``frames``, holding no more than one block and one input block."""
    pending: list[AudioArray] = []
    held = 0
    for block in blocks:
        pending.append(block)
        held += block.shape[1]
        if held < frames:
            continue
        joined = np.concatenate(pending, axis=1)
        whole = held - held % frames
        for at in range(0, whole, frames):
            yield joined[:, at : at + frames]
        pending, held = [joined[:, whole:].copy()], held - whole
    if held:
        yield np.concatenate(pending, axis=1)
