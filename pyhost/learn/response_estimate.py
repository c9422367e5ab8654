"""The response between two recordings, as far as they tell it.

A chain begins in silence, and so does what was made with it. Then target and dry recording, y = h ∗ x, have
z-transforms with Y(z) = H(z) X(z), exactly; and where both are cut off after N samples, on a circle of radius r > 1
what is missing counts less than r⁻ᴺ. So there is no window and no leakage: the quotient *is* the response, on that
circle, as exactly as the recordings hold it. Within each of many narrow bands the frequency is taken at which the dry
recording is loudest.

Where the two do not begin together (a target that was cut out of a longer one), that fails, and Welch's averaged
cross-spectrum of windows is the estimate; its coherence says for both how far a frequency can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimate", "from_rest", "from_windows"]

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

POINTS = 64
"""Frequencies: six to the octave, enough for bands of Q 6; more take longer and find no more."""

LOWEST, HIGHEST, OF_RATE = 20.0, 20_000.0, 0.45
"""Range in Hz; its end is at most so much of the sample rate."""

DECAY = 14.0
"""ln rᴺ: what the cut leaves out is below 1e-6."""

WINDOW = 1 << 15
"""Frames of a window of Welch's method."""

UNTRUSTED = 0.03
"""Noise over signal, in energy, from which a point counts half."""

SILENT = 1e-12
"""Share of the strongest point's energy, below which a point is rounding."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A response at some points.

    Attributes
    ----------
    past : ndarray, (F,)
        1/z of each point.
    response : ndarray, (F,)
        What was found there; not 0.
    weight : ndarray, (F,)
        How much each counts; their squares add up to 1.
    """

    past: ComplexArray
    response: ComplexArray
    weight: Array


def _bands(sample_rate: float, length: int) -> Array:
    """Return the edges of the bands, in bins of a transform of this length; each holds a bin at least."""
    high = min(HIGHEST, OF_RATE * sample_rate)
    low = min(max(LOWEST, 4.0 * sample_rate / length), 0.5 * high)
    edges = np.geomspace(low, high, POINTS + 1) * length / sample_rate
    return np.unique(np.ceil(edges).astype(int))


def _loudest(power: Array, edges: Array) -> NDArray[np.intp]:
    """Return the loudest bin of every band."""
    return np.array([first + int(np.argmax(power[first:last])) for first, last in pairwise(edges)])


def _coherence(x: Array, y: Array, size: int) -> tuple[ComplexArray, Array, Array]:
    """Return cross-spectrum, power of x and coherence by Welch's method; channels count as further windows."""
    window = np.hanning(size + 2)[1:-1]
    cross: ComplexArray = np.zeros(size // 2 + 1, dtype=complex)
    heard, wanted = np.zeros(cross.size), np.zeros(cross.size)
    for at in range(0, x.shape[1] - size + 1, size // 2):
        a, b = (np.fft.rfft(part[:, at : at + size] * window) for part in (x, y))
        cross += np.sum(b * a.conj(), axis=0)
        heard += np.sum(np.abs(a) ** 2, axis=0)
        wanted += np.sum(np.abs(b) ** 2, axis=0)
    return cross, heard, np.abs(cross) ** 2 / np.maximum(heard * wanted, np.finfo(float).tiny)


def _estimate(past: ComplexArray, cross: ComplexArray, heard: Array, coherence: Array) -> Estimate | None:
    """Return the quotients of what can be divided, weighted."""
    kept = (heard > SILENT * heard.max(initial=0.0)) & (np.abs(cross) > 0.0) & (coherence > 0.0)
    if np.count_nonzero(kept) < POINTS // 4:
        return None
    noise = (1.0 - coherence[kept]) / coherence[kept]
    weight = np.sqrt(1.0 / (1.0 + np.maximum(noise, 0.0) / UNTRUSTED))
    return Estimate(past[kept], cross[kept] / heard[kept], weight / np.sqrt(np.sum(weight**2)))


def _window_size(frames: int) -> int:
    return min(WINDOW, 1 << max(frames // 4, 1).bit_length() - 1)


def from_rest(x: Array, y: Array, sample_rate: float) -> Estimate | None:
    """Return the response between two recordings that begin together, (channels, frames), or None if it is not told."""
    frames = x.shape[1]
    length = 1 << (frames - 1).bit_length()
    fall = DECAY / frames
    fading = np.exp(-fall * np.arange(frames))
    a, b = (np.fft.rfft(part * fading, length) for part in (x, y))
    chosen = _loudest(np.sum(np.abs(a) ** 2, axis=0), _bands(sample_rate, length))
    a, b = a[:, chosen], b[:, chosen]
    size = _window_size(frames)
    coherence = _coherence(x, y, size)[2][np.rint(chosen * size / length).astype(int)]
    past = np.exp(-fall - 2j * np.pi * chosen / length)
    return _estimate(past, np.sum(b * a.conj(), axis=0), np.sum(np.abs(a) ** 2, axis=0), coherence)


def from_windows(x: Array, y: Array, sample_rate: float) -> Estimate | None:
    """Return the response between two recordings, wherever they begin, or None if it is not told."""
    size = _window_size(x.shape[1])
    cross, heard, coherence = _coherence(x, y, size)
    chosen = _loudest(heard, _bands(sample_rate, size))
    past = np.exp(-2j * np.pi * chosen / size)
    return _estimate(past, cross[chosen], heard[chosen], coherence[chosen])
