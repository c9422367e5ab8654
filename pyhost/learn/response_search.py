"""Where to walk downhill from, and what to do where that ends in a hollow.

1. Places all over the range, beside the present one, walk some steps; the better half walks on, and so on.
2. Where the best still does not explain the response, parts of it are exchanged. A *band* is the parameters that meet
   in one coefficient (frequency, Q and gain of a filter), and the logarithms of the bands of a cascade add up. So each
   band has a catalogue of curves, and for one band or two at once the curves are looked up that fit best what the
   others leave: thousands of exchanges for one product of matrices. The best few walk, beside the best so far.

In a chain that is no cascade the catalogue misleads, and the exchanges are random ones, no worse than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyhost.learn.response_fit import Fit, Walk

__all__ = ["search"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

WALKS = ((12, 16), (6, 16), (3, 20))
"""How many places walk, and how many steps, stage after stage."""

ROUND = 12
"""Steps after an exchange."""

CHANGED, TRIED, KEPT = 2, 6, 3
"""How many of the best are changed, how many changes walk in a round, and how many places outlive it."""

USUAL_STEPS, MOST_STEPS = 90, 350
"""Steps of exchanges for each band, after which no further round begins: of what is nearly explained, and else."""

NEARLY = 3e-5
"""Cost of what is nearly explained: 0.05 dB."""

SOLVED = 3e-7
"""Cost at which the response counts as explained: 0.005 dB."""

POLISH, EXACT = 30, 1e-20
"""Steps of the best at last, and the cost that ends them."""

CATALOGUE = 256
"""Curves of a band."""

MOST_PAIRED = 8
"""Bands beyond which two are not exchanged at once: their pairs are too many."""

GAIN, PATIENCE = 0.98, 6
"""What a round must make of the cost, and how many in a row may fail to; noise cannot be explained."""

APART = 1.02
"""Ratio of costs from which two places are in different hollows."""

NARROW, WIDE = (0.2, 0.8), (0.02, 0.98)
"""Within which shares of a range places are drawn: of most parameters, and of those that keep an order."""


@dataclass(frozen=True, slots=True)
class Change:
    """An exchange: what it should cost, and what it puts where; of the model with a number."""

    cost: float
    model: int
    bands: tuple[int, ...]
    entries: tuple[int, ...]


def search(
    fit: Fit, start: Array, bands: Sequence[Integers], ordered: Sequence[Integers], seed: int
) -> tuple[Array, float]:
    """Return the best place found for what is free, and its cost, 0 where it explains the response.

    Parameters
    ----------
    fit : Fit
        The chain's response and what it should be.
    start : ndarray, (free,)
        The present place.
    bands : sequence of ndarray of int
        Places among the free ones that belong together.
    ordered : sequence of ndarray of int
        Places of like parameters that start at different values: their draws keep that order, for equal bands in a row
        are interchangeable.
    seed : int
        Of the draws.
    """
    random = np.random.default_rng(seed)
    walk = fit.walk(np.stack([start, *_drawn(fit, start, ordered, random)]))
    for number, (count, steps) in enumerate(WALKS):
        if number and walk.costs.min() < SOLVED:
            break
        walk = fit.descend(_best(walk, count) if number else walk, steps, SOLVED)
    if bands and walk.costs.min() >= SOLVED:
        walk = _exchanged(fit, walk, lambda: _Catalogue(fit, start, bands, random))
    walk = fit.descend(_best(walk, 1), POLISH, EXACT)
    return walk.places[0], float(walk.costs[0])


def _drawn(fit: Fit, start: Array, ordered: Sequence[Integers], random: np.random.Generator) -> Iterator[Array]:
    """Yield places all over the range; what has no range stays."""
    for _ in range(WALKS[0][0] - 1):
        place = np.where(fit.places.bounded, random.uniform(*NARROW, start.size), start)
        for alike in ordered:
            place[alike[np.argsort(start[alike])]] = np.sort(random.uniform(*WIDE, alike.size))
        yield place


def _best(walk: Walk, count: int) -> Walk:
    """Return the best of a walk, no two from one hollow."""
    order = np.argsort(walk.costs, kind="stable")
    chosen = [order[0]]
    for i in order[1:]:
        if len(chosen) < count and walk.costs[i] > APART * walk.costs[chosen[-1]]:
            chosen.append(i)
    return walk.taken(np.array(chosen))


def _exchanged(fit: Fit, walk: Walk, drawn: Callable[[], _Catalogue]) -> Walk:
    """Return the walk after rounds of exchanges; one in vain draws another catalogue."""
    catalogue = drawn()
    count = len(catalogue.bands)
    tried: set[tuple[tuple[int, ...], tuple[int, ...]]] = set()
    walk = _best(walk, KEPT)
    before, in_vain, begun = np.inf, 0, fit.steps
    while walk.costs[0] >= SOLVED and fit.steps - begun < MOST_STEPS * count:
        in_vain = in_vain + 1 if walk.costs[0] > GAIN * before else 0
        before = walk.costs[0]
        if fit.steps - begun >= USUAL_STEPS * count and (walk.costs[0] < NEARLY or in_vain >= PATIENCE):
            break
        if in_vain:
            catalogue, tried = drawn(), set()
        changes = [
            c for model in range(min(CHANGED, len(walk.costs))) for c in catalogue.changes(walk.places[model], model)
        ]
        places: list[Array] = []
        for change in sorted(changes, key=lambda c: c.cost):
            if len(places) < TRIED and (change.bands, change.entries) not in tried:
                tried.add((change.bands, change.entries))
                places.append(catalogue.applied(change, walk.places[change.model]))
        if not places:
            break
        new = fit.walk(np.stack(places))
        joined = [
            np.concatenate(parts) for parts in zip(*((w.places, w.costs, w.damping) for w in (walk, new)), strict=True)
        ]
        walk = _best(fit.descend(Walk(*joined), ROUND, SOLVED), KEPT)
    return walk


class _Catalogue:
    """Curves that each band can add to the logarithm of the level."""

    def __init__(self, fit: Fit, start: Array, bands: Sequence[Integers], random: np.random.Generator) -> None:
        self.fit, self.start, self.bands = fit, start, bands
        self.without = fit.logarithms(start[None])[0]  # ln of the start over the goal
        self.places = [_spread(random, band.size) for band in bands]
        self.curves = [self._alone(band, places) for band, places in zip(bands, self.places, strict=True)]
        self.energies = [np.sum(curves**2, axis=1) for curves in self.curves]
        count = len(bands) if len(bands) <= MOST_PAIRED else 0
        self.products = {
            (i, j): 2.0 * self.curves[i] @ self.curves[j].T for i in range(count) for j in range(i + 1, count)
        }

    def _alone(self, band: Integers, places: Array) -> Array:
        """Return the curves of a band at places of its own, the others at the start; 0 where it is not finite."""
        all_places = np.repeat(self.start[None], len(places), axis=0)
        all_places[:, band] = places
        curves: Array = np.nan_to_num(self.fit.logarithms(all_places) - self.without, posinf=0.0, neginf=0.0)
        return curves

    def changes(self, place: Array, model: int) -> Iterator[Change]:
        """Yield the best exchange of every band and of every pair of bands."""
        own = [self._alone(band, place[band][None])[0] for band in self.bands]
        left = -self.without - np.sum(own, axis=0)  # what all bands together leave of the goal
        for i, curves in enumerate(self.curves):
            rest = left + own[i]
            costs = self.energies[i] - 2.0 * curves @ rest
            best = int(np.argmin(costs))
            yield Change(float(costs[best] + rest @ rest), model, (i,), (best,))
        for (i, j), products in self.products.items():
            rest = left + own[i] + own[j]
            first, second = (self.energies[k] - 2.0 * self.curves[k] @ rest for k in (i, j))
            costs = products + first[:, None] + second
            a, b = divmod(int(np.argmin(costs)), CATALOGUE)
            yield Change(float(costs[a, b] + rest @ rest), model, (i, j), (a, b))

    def applied(self, change: Change, place: Array) -> Array:
        """Return a place after an exchange."""
        changed = place.copy()
        for band, entry in zip(change.bands, change.entries, strict=True):
            changed[self.bands[band]] = self.places[band][entry]
        return changed


def _spread(random: np.random.Generator, width: int) -> Array:
    """Return places spread evenly: each of the equal parts of every range is visited once (a Latin hypercube)."""
    columns = [(random.permutation(CATALOGUE) + random.random(CATALOGUE)) / CATALOGUE for _ in range(width)]
    return np.stack(columns, axis=1)
