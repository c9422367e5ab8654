"""Alignment: by how much a target comes later than the dry recording, before anything is learned.

A loss compares sample with sample: 25 samples of latency make any chain look wrong, and no gradient points out of
it. Here the offset is found first, by correlation; a filter's group delay is not taken for one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioSource
from pyhost.learn.correlation import explained, generalised_correlation, refined_lag, single_tap

__all__ = ["Alignment", "align"]

Array = NDArray[np.float64]

LONGEST = 1.0
"""Seconds of offset that are looked for."""

LISTENED = 60.0
"""Seconds of the recordings that are read at most."""

MOST_SAMPLES = 1 << 22
"""Samples of each recording that are kept at most, over all channels (32 MiB)."""

STRETCH = 1 << 18
"""Frames over which filters are fitted at most."""

FEWEST = 512
"""Frames below which there is nothing to go by."""

BEFORE, BEHIND = 48, 256
"""Taps that a fitted filter has before and behind the offset."""

NEAR, CERTAIN = 16, 8
"""Samples that filters delay by: so near to 0 a filtered target is moved only if its beginning shows, or never."""

PLAIN = 1e-4
"""Share of the energy that a filter may explain besides a delay and a factor, where these are all there is."""

RESOLVED = 0.01
"""Samples below which an offset is none."""

EQUAL = 0.95
"""Share of the highest peak from which another counts as equal; the one nearest to 0 is taken."""

STANDS_OUT = 8.0
"""How many times the root mean square of the correlation a peak must be; independent noise has about 5."""

RELATED, SURELY_RELATED = 0.1, 0.5
"""Share of the target's energy that a filter must explain: with a peak that stands out, and without."""

SIGNIFICANT = 6.0
"""How many times what useless taps explain by chance counts as something."""

ROUNDING = 1e-8
"""Share of the energy that one tap may explain where there is no noise: long responses are cut short."""

ATTACK, SHARP = 3, 4.0
"""If a response begins all at once, so many taps explain so many times what goes unnoticed before them."""

PRECURSOR = 0.05
"""Share of the explained energy that may lie before the beginning of a response that swells."""

UNSHARP = 3.0
"""Samples by which such a beginning may lie beside the peak that it belongs to."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a target lies against its dry recording.

    Attributes
    ----------
    offset : float
        By how many samples the target comes later; negative: earlier. 0 if they are aligned, or unrelated.
    polarity : int
        −1 if the target is upside down.
    level : float
        Factor, from 0 on, that brings the dry recording nearest to the target, at this offset.
    confidence : float
        Share of the target's energy, 0 to 1, that a filter of 64 taps at this offset explains; 0 if unrelated.
    method : str
        What the offset rests on, for people.
    lag : float
        Where a delay alone would lie, in samples, also where a filter explains the target and `offset` is 0.
    """

    offset: float
    polarity: int
    level: float
    confidence: float
    method: str
    lag: float = 0.0

    def __str__(self) -> str:
        if self.confidence == 0.0:
            return f"not aligned: {self.method}"
        where = "aligned" if self.offset == 0.0 else f"target {abs(self.offset):.2f} samples "
        side = "" if self.offset == 0.0 else ("later" if self.offset > 0.0 else "earlier")
        turned = ", upside down" if self.polarity < 0 else ""
        return f"{where}{side}{turned}, level {self.level:.3g} ({100 * self.confidence:.0f} % explained: {self.method})"


def align(dry: AudioSource, target: AudioSource, *, longest: float = LONGEST) -> Alignment:
    """Estimate the offset of a target against its dry recording.

    Parameters
    ----------
    dry, target : AudioSource
        At the same rate, with as many channels. A minute at most is read, from where there is sound.
    longest : float
        Seconds of offset that are looked for, either way; at most three quarters of what is read.

    Returns
    -------
    Alignment
        With offset 0 and confidence 0 where the two are unrelated, silent, or shorter than 512 frames.

    Notes
    -----
    The highest peak of the generalised correlation, refined to fractions of a sample, is the candidate; or that of
    the plain correlation, if a delay and a factor there explain all (a periodic sound has no phases to go by). It
    stands if a delay and a factor explain the target as well as a filter does. Else the target is filtered: it is
    left where it is if the response begins at offset 0, so that a group delay is not taken for an offset, and
    otherwise moved to where the response begins.
    """
    x, y = _excerpt(dry, target)
    frames = y.shape[1]
    if frames < FEWEST or not x.any() or not y.any():
        return Alignment(0.0, 1, 0.0, 0.0, "too short or silent")
    reach = min(int(longest * dry.sample_rate), 3 * frames // 4, frames - FEWEST // 2)
    phases, plain = generalised_correlation(x, y, reach)
    stands_out = np.abs(phases).max() >= STANDS_OUT * np.sqrt(np.mean(phases**2))
    lag = _peak(phases) - reach
    stretch = _stretch(x, lag, frames)
    tonal = _peak(plain) - reach
    if tonal != lag and _plainly(x, y, tonal, _stretch(x, tonal, frames)):
        lag, stretch = tonal, _stretch(x, tonal, frames)
    offset, confidence, method = _decide(x, y, lag, *stretch)
    if confidence < (RELATED if stands_out else SURELY_RELATED):
        return Alignment(0.0, 1, 0.0, 0.0, "dry recording and target seem unrelated")
    factor, _ = single_tap(x, y, offset, *stretch)
    return Alignment(
        offset, -1 if factor < 0.0 else 1, abs(factor), confidence, method, refined_lag(x, y, lag, *stretch)
    )


def _excerpt(dry: AudioSource, target: AudioSource) -> tuple[Array, Array]:
    """Return the beginnings of both, without leading silence and without their means."""
    most = min(int(LISTENED * dry.sample_rate), max(MOST_SAMPLES // max(dry.channels, 1), 1))
    heard: list[Array] = []
    wanted: list[Array] = []
    kept = 0
    size = max(int(dry.sample_rate), 1)
    for x, y in zip(dry.blocks(size), target.blocks(size), strict=False):
        if not kept and not x.any() and not y.any():
            continue
        frames = min(x.shape[1], y.shape[1], most - kept)
        heard.append(x[:, :frames])
        wanted.append(y[:, :frames])
        kept += frames
        if kept == most:
            break
    if not kept:
        return np.zeros((dry.channels, 0)), np.zeros((dry.channels, 0))
    x, y = np.concatenate(heard, axis=1), np.concatenate(wanted, axis=1)
    return x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)


def _peak(correlation: Array) -> int:
    """Return the place of the highest peak of either sign; among equal ones that nearest to the middle."""
    height = np.abs(correlation)
    inner = np.concatenate([[0.0], height, [0.0]])
    peaks = np.flatnonzero((height >= inner[:-2]) & (height >= inner[2:]) & (height >= EQUAL * height.max()))
    return int(peaks[np.argmin(np.abs(peaks - height.size // 2))])


def _stretch(x: Array, lag: int, frames: int) -> tuple[int, int]:
    """Return the frames of the target, first and last + 1, over which filters are fitted: the loudest of them."""
    first, last = max(0, lag), min(frames, frames + lag)
    if last - first <= STRETCH:
        return first, last
    energy = np.concatenate([[0.0], np.cumsum(np.sum(x[:, first - lag : last - lag] ** 2, axis=0))])
    first += int(np.argmax(energy[STRETCH:] - energy[:-STRETCH]))
    return first, first + STRETCH


def _plainly(x: Array, y: Array, lag: int, stretch: tuple[int, int]) -> bool:
    """Whether a delay near a lag and a factor explain all of the target."""
    explained_energy = single_tap(x, y, refined_lag(x, y, lag, *stretch), *stretch)[1]
    return explained_energy >= (1.0 - PLAIN) * float(np.sum(y[:, slice(*stretch)] ** 2)) > 0.0


def _decide(x: Array, y: Array, lag: int, first: int, last: int) -> tuple[float, float, str]:
    """Return offset, confidence, and what they rest on, for a peak at a whole lag."""
    energy = float(np.sum(y[:, first:last] ** 2)) or 1.0
    frames = (last - first) * y.shape[0]
    offset = refined_lag(x, y, lag, first, last)
    whole = int(np.floor(offset))
    origin = 0 if abs(whole) <= NEAR else whole
    begin = min(whole, origin) - BEFORE
    end = max(min(whole + BEHIND, begin + (last - first) // 4), max(whole, origin) + ATTACK + 1)
    shares = explained(x, y, range(begin, end), first, last) / energy
    chance = SIGNIFICANT / frames * max(1.0 - float(shares[0]), 0.0) + ROUNDING
    confidence = _adjusted(float(shares[min(whole, end - 1) - begin]), end - whole, frames)
    alone = single_tap(x, y, offset, first, last)[1] / energy
    missing = float(shares[0]) - alone
    useless = chance * len(shares)
    told_apart = shares[0] - shares[min(whole + 2, end - 1) - begin] > SHARP * useless
    if missing <= useless and (told_apart or abs(offset) >= NEAR):
        return (offset if abs(offset) >= RESOLVED else 0.0), max(confidence, alone), "delay and factor"
    if abs(offset) < 0.5:
        return 0.0, confidence, "filter, no offset"
    edge = _edge(shares, whole - begin, chance)
    nothing_before = abs(whole) <= NEAR and shares[0] - shares[-begin] <= chance * -begin
    if (edge is None and nothing_before) or (edge is not None and abs(begin + edge) < CERTAIN):
        return 0.0, confidence, "filter, no offset"
    if missing <= PLAIN:
        return offset, max(confidence, alone), "delay and factor"
    if edge is not None:
        return float(begin + edge), confidence, "delayed filter"
    onset = begin + int(np.flatnonzero(shares[0] - shares <= PRECURSOR * shares[0])[-1])
    return (offset if abs(onset - offset) <= UNSHARP else float(onset)), confidence, "delayed filter, roughly"


def _edge(shares: Array, peak: int, chance: float) -> int | None:
    """Return the entry, up to the peak, at which a response begins all at once, or None if it swells."""
    floor = chance * np.arange(len(shares))
    nothing_before = np.flatnonzero((shares[0] - shares <= floor)[: peak + 2])
    entry = int(nothing_before[-1])
    begins = shares[entry] - shares[min(entry + ATTACK, len(shares) - 1)]
    return entry if entry >= BEFORE // 4 and begins >= SHARP * floor[entry] else None


def _adjusted(share: float, taps: int, frames: int) -> float:
    """Return an explained share without what useless taps explain by chance."""
    left = max(1.0 - share, 0.0) * frames / max(frames - taps, 1)
    return float(np.clip(1.0 - left, 0.0, 1.0))
