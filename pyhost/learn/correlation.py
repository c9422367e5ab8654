"""How two recordings of the same thing relate: correlation, sub-sample delay, and what a short filter explains.

Recordings are (channels, frames); lags count in samples, positive where `y` comes later than `x`. Sums run over all
channels, as one recording has one offset.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["explained", "generalised_correlation", "refined_lag", "shifted", "single_tap"]

Array = NDArray[np.float64]

SEGMENT = 1 << 18
"""Frames of `y` in one Fourier transform at most: memory does not grow with the recording."""

WHITENING = 0.01
"""Share of the mean cross-spectrum below which a bin counts as noise and is not lifted to the level of the others."""

MARGIN = 1024
"""Frames beside a stretch that band-limited interpolation reads: its kernel has fallen to 3e-4 there."""

RIDGE = 1e-12
"""Share of the power that is added to the diagonal of the normal equations, against rounding."""


def _fast_length(frames: int) -> int:
    return 1 << max(frames - 1, 1).bit_length()


def _part(x: Array, first: int, last: int) -> Array:
    """Return frames first … last − 1, zeros where the recording has none."""
    padded = np.zeros((x.shape[0], last - first))
    low, high = max(first, 0), min(last, x.shape[1])
    if low < high:
        padded[:, low - first : high - first] = x[:, low:high]
    return padded


def generalised_correlation(x: Array, y: Array, reach: int) -> tuple[Array, Array]:
    """Return the correlation at lags −reach … reach, with phase transform and plain, (2·reach + 1,) each.

    Notes
    -----
    C. H. Knapp and G. C. Carter, "The generalized correlation method for estimation of time delay", IEEE Trans.
    ASSP 24, 1976. The cross-spectra of all segments and channels are added before they are whitened, so that loud
    parts count more; bins far below the mean are not lifted, since they hold noise.
    """
    frames = y.shape[1]
    size = min(SEGMENT, frames)
    length = _fast_length(size + 2 * reach)
    cross = np.zeros(length // 2 + 1, dtype=np.complex128)
    for at in range(0, frames, size):
        heard = np.fft.rfft(_part(x, at - reach, at + size + reach), length)
        wanted = np.fft.rfft(np.pad(y[:, at : at + size], ((0, 0), (reach, 0))), length)
        cross += np.sum(wanted * heard.conj(), axis=0)
    magnitude = np.abs(cross)
    whitened = cross / (magnitude + WHITENING * magnitude.mean() + np.finfo(float).tiny)
    both = [np.fft.irfft(spectrum, length) for spectrum in (whitened, cross)]
    phases, plain = (np.concatenate([part[length - reach :], part[: reach + 1]]) for part in both)
    return phases, plain


def refined_lag(x: Array, y: Array, lag: int, first: int, last: int) -> float:
    """Return the lag within 1 of `lag` at which y[first:last] correlates most with band-limited x, of either sign.

    Notes
    -----
    Newton's method on the cross-correlation, interpolated through its spectrum. Where `y` is a delayed `x` with
    white noise, this is the delay of maximum likelihood.
    """
    length = _fast_length(last - first + 2 * MARGIN)
    heard = np.fft.rfft(_part(x, first - lag - MARGIN, last - lag + MARGIN), length)
    wanted = np.fft.rfft(np.pad(y[:, first:last], ((0, 0), (MARGIN, 0))), length)
    cross = np.sum(wanted * heard.conj(), axis=0)
    omega = 2.0 * np.pi * np.arange(cross.size) / length
    grid = np.linspace(-1.0, 1.0, 17)
    height = [abs(np.sum(cross * np.exp(1j * omega * d)).real) for d in grid]
    delta = float(grid[int(np.argmax(height))])
    for _ in range(8):
        turned = cross * np.exp(1j * omega * delta)
        slope, curvature = -np.sum(omega * turned.imag), -np.sum(omega**2 * turned.real)
        if curvature * np.sum(turned.real) >= 0.0:
            break
        delta -= float(np.clip(slope / curvature, -0.125, 0.125))
    return lag + float(np.clip(delta, -1.0, 1.0))


def shifted(x: Array, lag: float, first: int, last: int) -> Array:
    """Return x[n − lag] for n in first … last − 1, by band-limited interpolation."""
    whole = int(np.floor(lag + 0.5))
    part = _part(x, first - whole - MARGIN, last - whole + MARGIN)
    if lag == whole:
        return part[:, MARGIN:-MARGIN]
    length = _fast_length(part.shape[1])
    omega = 2.0 * np.pi * np.arange(length // 2 + 1) / length
    turned = np.fft.rfft(part, length) * np.exp(-1j * omega * (lag - whole))
    return np.fft.irfft(turned, length)[:, MARGIN : MARGIN + last - first]


def single_tap(x: Array, y: Array, lag: float, first: int, last: int) -> tuple[float, float]:
    """Return the factor g that brings g·x[n − lag] nearest to y[first:last], and the energy that it explains."""
    moved, wanted = shifted(x, lag, first, last), y[:, first:last]
    power = float(np.sum(moved * moved))
    if power == 0.0:
        return 0.0, 0.0
    product = float(np.sum(moved * wanted))
    return product / power, product * product / power


def explained(x: Array, y: Array, lags: range, first: int, last: int) -> Array:
    """Return how much energy of y[first:last] the filters Σ h[l]·x[n − l], l from s to the last of `lags`, explain.

    Parameters
    ----------
    x, y : ndarray, (channels, frames)
    lags : range
        All lags, ascending by 1.
    first, last : int
        Frames of `y` that are looked at; x must reach as far as the lags ask for, or is taken as 0 there.

    Returns
    -------
    ndarray, (len(lags),)
        Entry i belongs to the filter that begins at lags[i]: the least-squares fit by the covariance method, exact
        over the stretch. Descending, as later filters have fewer taps.

    Notes
    -----
    The normal equations are ordered from the last lag down. A Cholesky factor then holds those of every shorter
    filter in its corner, so that one factorisation gives them all.
    """
    count = len(lags)
    down = lags[::-1]
    normal, product = np.zeros((count, count)), np.zeros(count)
    for heard, wanted in zip(x[:, None], y[:, first:last], strict=True):
        # Entry down[0] − down[i] + j of `part` is x[first − down[i] + j].
        part = _part(heard, first - down[0], last - down[-1])[0]
        frames = last - first
        length = _fast_length(part.size)
        spectrum = np.fft.rfft(part, length)
        row = np.fft.irfft(spectrum * np.fft.rfft(part[:frames], length).conj(), length)[:count]
        product += np.fft.irfft(spectrum * np.fft.rfft(wanted, length).conj(), length)[:count]
        own = np.empty((count, count))
        own[0], own[:, 0] = row, row
        leaving, entering = part[:count], part[frames : frames + count]
        for i in range(1, count):
            own[i, i:] = (
                own[i - 1, i - 1 : -1]
                - leaving[i - 1] * leaving[i - 1 : count - 1]
                + entering[i - 1] * entering[i - 1 : count - 1]
            )
            own[i:, i] = own[i, i:]
        normal += own
    normal[np.diag_indices(count)] += RIDGE * np.trace(normal) / count + np.finfo(float).tiny
    projected = np.linalg.solve(np.linalg.cholesky(normal), product)
    return np.cumsum(projected**2)[::-1]
