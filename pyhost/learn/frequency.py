"""The strongest partials of a recording: their frequencies, to a small part of a period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioSource

__all__ = ["LISTENED", "Partial", "beginning", "partials"]

Array = NDArray[np.float64]

LISTENED = 1 << 17
"""Frames that are read at most: 2.7 s at 48 kHz."""

FEWEST = 64
"""Frames below which no frequency is found."""

LOWEST_PERIODS = 3.0
"""Periods of a partial that the frames must hold: below, its main lobe reaches beyond 0 Hz."""

APART = 4
"""Bins that two partials of a Hann window are apart at least."""

FAINT = 1e-3
"""Amplitude, relative to the strongest, below which a peak is a side lobe or noise."""


@dataclass(frozen=True, slots=True)
class Partial:
    """A sine in a recording.

    Attributes
    ----------
    frequency : float
        In Hz.
    amplitude : float
        Of its strongest channel.
    """

    frequency: float
    amplitude: float


def beginning(source: AudioSource) -> Array:
    """Return the first frames with sound in them, (channels, frames), 2.7 s at 48 kHz at most."""
    kept: list[Array] = []
    room = LISTENED
    for block in source.blocks(LISTENED // 8):
        if not kept and not block.any():
            continue
        kept.append(block[:, :room])
        room -= kept[-1].shape[1]
        if room == 0:
            break
    return np.concatenate(kept, axis=1) if kept else np.zeros((source.channels, 0))


def partials(audio: Array, sample_rate: float, count: int = 1) -> tuple[Partial, ...]:
    """Return the strongest partials of a recording, the strongest first.

    Parameters
    ----------
    audio : ndarray, (channels, frames)
    sample_rate : float
        In Hz.
    count : int
        How many at most; fewer if there are fewer peaks.

    Notes
    -----
    A peak of the Hann-windowed spectrum, summed over the channels' powers, is refined by Newton's method to the
    maximum of the periodogram between its bins: without noise it has no bias but for other partials' side lobes, with
    white noise 1.5 times the error of the Cramér–Rao bound (``docs/starts.md`` compares it with others).
    """
    frames = audio.shape[1]
    if frames < FEWEST or not np.isfinite(audio).all():
        return ()
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(frames) + 0.5) / frames)
    shaped = (audio - audio.mean(axis=1, keepdims=True)) * window
    length = 1 << (2 * frames - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(shaped, length)) ** 2
    power = np.sum(spectrum, axis=0)
    lowest = int(np.ceil(LOWEST_PERIODS * length / frames))
    found: list[Partial] = []
    inner = power[1:-1]
    peaks = 1 + np.flatnonzero((inner > power[:-2]) & (inner >= power[2:]))
    peaks = peaks[(peaks >= lowest) & (power[peaks] > FAINT**2 * power[lowest:].max(initial=0.0))]
    taken: list[int] = []
    for place in peaks[np.argsort(-power[peaks], kind="stable")]:
        if any(abs(int(place) - other) < APART * length / frames for other in taken):
            continue
        taken.append(int(place))
        loudest = shaped[int(np.argmax(spectrum[:, place]))]
        omega, height = _refined(loudest, 2.0 * np.pi * float(place) / length)
        found.append(Partial(omega * sample_rate / (2.0 * np.pi), 2.0 * height / float(window.sum())))
        if len(found) == count:
            break
    return tuple(found)


def _refined(shaped: Array, omega: float) -> tuple[float, float]:
    """Return the place, in radians per sample, and the height of the periodogram's maximum near `omega`."""
    frames = shaped.size
    time = np.arange(frames) - 0.5 * (frames - 1)
    bin_width = 2.0 * np.pi / frames
    start = omega
    value = 0j
    for _ in range(6):
        turned = shaped * np.exp(-1j * omega * time)
        value, first, second = turned.sum(), -1j * (turned @ time), -(turned @ time**2)
        slope = 2.0 * (value.conjugate() * first).real
        curvature = 2.0 * (abs(first) ** 2 + (value.conjugate() * second).real)
        if curvature >= 0.0:
            break
        step = float(np.clip(-slope / curvature, -0.5 * bin_width, 0.5 * bin_width))
        omega = float(np.clip(omega + step, start - bin_width, start + bin_width))
        if abs(step) < 1e-9 * bin_width:
            break
    return omega, float(abs(value))
