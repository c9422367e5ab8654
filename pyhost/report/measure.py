"""What a report shows of the audio, measured in one pass over the recording, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioArray, AudioWriter, paired_blocks
from pyhost.report.learning import Learning

__all__ = ["FLOOR", "Measures", "Spectrum", "measure"]

Array = NDArray[np.float64]

COLUMNS = 800
"""Points in time of the level curves."""

SEGMENT = 4096
"""Frames of a segment of the spectra."""

LISTEN_SECONDS = 60.0
"""How much of a long recording can be listened to."""

FLOOR = -200.0
"""Levels and spectra below it, in dB, are given as this."""

BLOCK = 1 << 16

_QUIETEST = 10.0 ** (FLOOR / 10.0)


def _decibels(power: Array) -> Array:
    level: Array = 10.0 * np.log10(np.maximum(power, _QUIETEST))
    return level


class Spectrum:
    """Mean power spectrum of a recording: Welch's method, Hann window, segments that overlap by half, all channels.

    Source: P. D. Welch, "The use of fast Fourier transform for the estimation of power spectra", IEEE Trans. Audio
    Electroacoust. 15 (1967). A recording shorter than one segment is filled up with silence.
    """

    def __init__(self, channels: int) -> None:
        self._window = np.hanning(SEGMENT)
        self._held = np.zeros((channels, 0))
        self._sum = np.zeros(SEGMENT // 2 + 1)
        self._segments = 0

    def add(self, block: AudioArray) -> None:
        """Take the next block, (channels, frames)."""
        self._held = np.concatenate([self._held, block], axis=1)
        while self._held.shape[1] >= SEGMENT:
            self._take(self._held[:, :SEGMENT])
            self._held = self._held[:, SEGMENT // 2 :]

    def _take(self, segment: AudioArray) -> None:
        self._sum += np.mean(np.abs(np.fft.rfft(segment * self._window)) ** 2, axis=0)
        self._segments += 1

    def decibels(self) -> Array:
        """Return the spectrum, (SEGMENT // 2 + 1,), in dB; a sine at full scale has a peak of 0 dB."""
        if not self._segments:
            missing = SEGMENT - self._held.shape[1]
            self._take(np.pad(self._held, ((0, 0), (0, missing))))
        power: Array = self._sum / self._segments / (self._window.sum() / 2.0) ** 2
        return _decibels(power)


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured.

    Attributes
    ----------
    seconds : ndarray, (columns,)
        Middle of each column of the level curves.
    target_level, error_level : ndarray, (columns,)
        RMS level in dB, full scale 0 dB.
    frequencies, target_spectrum, learned_spectrum : ndarray, (bins,)
        In Hz, and dB.
    listen_seconds : float
        How much of the recording the audio files hold.
    clipped : mapping of str to int
        Samples of each audio file that were cut to full scale.
    """

    seconds: Array
    target_level: Array
    error_level: Array
    frequencies: Array
    target_spectrum: Array
    learned_spectrum: Array
    listen_seconds: float
    clipped: dict[str, int]


class _Level:
    """RMS over equal stretches of time."""

    def __init__(self, frames: int, columns: int) -> None:
        self._size = -(-frames // columns)
        self._power = np.zeros(-(-frames // self._size))
        self._count = np.zeros(len(self._power))
        self._at = 0

    def add(self, block: AudioArray) -> None:
        column = (self._at + np.arange(block.shape[1])) // self._size
        self._power += np.bincount(column, np.mean(block**2, axis=0), len(self._power))
        self._count += np.bincount(column, minlength=len(self._count))
        self._at += block.shape[1]

    def decibels(self) -> Array:
        return _decibels(self._power / self._count)

    def seconds(self, rate: float) -> Array:
        return (np.arange(len(self._power), dtype=np.float64) + 0.5) * (self._size / rate)


def measure(learning: Learning, folder: Path) -> Measures:
    """Measure target and learned output, and write ``dry.wav``, ``target.wav`` and ``learned.wav`` to a folder."""
    rate, channels = learning.dry.sample_rate, learning.dry.channels
    frames = min(learning.dry.frames, learning.target.frames)
    listened = min(frames, int(LISTEN_SECONDS * rate))
    levels = _Level(frames, COLUMNS), _Level(frames, COLUMNS)
    spectra = Spectrum(channels), Spectrum(channels)
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(AudioWriter(folder / f"{name}.wav", round(rate), channels, bit_depth=16))
            for name in ("dry", "target", "learned")
        }
        left = listened
        for dry, target, learned in _blocks(learning):
            levels[0].add(target)
            levels[1].add(target - learned)
            spectra[0].add(target)
            spectra[1].add(learned)
            for name, block in (("dry", dry), ("target", target), ("learned", learned)):
                if left > 0:
                    writers[name].write(block[:, :left])
            left -= dry.shape[1]
    return Measures(
        levels[0].seconds(rate),
        levels[0].decibels(),
        levels[1].decibels(),
        np.arange(SEGMENT // 2 + 1, dtype=np.float64) * (rate / SEGMENT),
        spectra[0].decibels(),
        spectra[1].decibels(),
        listened / rate,
        {name: writer.result.clipped for name, writer in writers.items()},
    )


def _blocks(learning: Learning) -> Iterator[tuple[AudioArray, AudioArray, AudioArray]]:
    """Yield dry, target, and what the learned chain makes of dry."""
    first = True
    for dry, target in paired_blocks(learning.dry, learning.target, BLOCK, trim=learning.trim):
        yield dry, target, learning.learned.process(dry, learning.dry.sample_rate, reset=first)
        first = False
