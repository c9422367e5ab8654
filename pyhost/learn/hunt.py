"""The search of ``optimizer="auto"``: least squares over the loudest seconds, from several places, with each offset.

A filter that swells looks like a delay, and correlation alone cannot always tell the two apart (see
`pyhost.learn.align`). A chain can: with the wrong offset it does not explain the target.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pyhost.learn.cores import make_core
from pyhost.learn.losses import MSE, Loss
from pyhost.learn.optimizers import Optimizer
from pyhost.learn.passes import Passes
from pyhost.learn.squares import Excerpt, Squares, descend
from pyhost.learn.starts import EXPLAINED, HEARINGS, PERFECT, TOLERANCE, loudest, search_excerpt

__all__ = ["Found", "excerpt_of", "hunt", "online"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes
    ----------
    offset : int
        Samples by which the target comes later.
    values : ndarray, (P,)
        Of the parameters.
    left : float
        Share of the target's energy that they do not explain.
    doubted : bool
        Whether another offset was tried.
    """

    offset: int
    values: Array
    left: float
    doubted: bool = False


def excerpt_of(run: Passes, offset: int) -> Excerpt:
    """Return the loudest seconds of two recordings with an offset between them."""
    shifted = replace(run)
    shifted.shift(offset)
    excerpt = loudest(shifted.pairs(), shifted.dry.sample_rate)
    assert excerpt is not None  # silence was refused, and so was nothing
    return excerpt


def online(run: Passes, excerpt: Excerpt, optimizer: Optimizer, start: Array, loss: Loss) -> list[Array]:
    """Return the values to which an optimizer comes, last and on average over the last quarter; none if not finite.

    Parameters
    ----------
    run : Passes
        Of which the chain is used; its parameters are at `start` afterwards.
    excerpt : Excerpt
        What is learned, once.
    optimizer : Optimizer
        How.
    start : ndarray, (P,)
        From where.
    loss : Loss
        What is made small.
    """
    run.parameters.set_array(start)
    rate, lanes = run.dry.sample_rate, excerpt.dry.shape[0]
    core = make_core(run.program, run.parameters, loss, optimizer, sample_rate=rate, lanes=lanes)
    late = excerpt.dry.shape[1] * 3 // 4
    for part in (slice(None, late), slice(late, None)):
        core.take_means()
        if core.process(excerpt.dry[:, part], excerpt.target[:, part]) is not None:
            return []
    return [core.get_parameters(), core.take_means()[2]]


def hunt(run: Passes, offsets: Sequence[int], places: Sequence[Array], optimizers: Sequence[Optimizer]) -> Found:
    """Return where least squares leaves least, with whichever offset.

    Parameters
    ----------
    run : Passes
        The recordings as they are, not shifted; the parameters at the start, where they are afterwards too.
    offsets : sequence of int
        Those that are thinkable, the most likely first. What explains the target with one of them is not compared.
    places : sequence of ndarray, (P,)
        From where else to go downhill.
    optimizers : sequence of Optimizer
        What may find a way from the start where going downhill does not.
    """
    start = run.parameters.values_array()
    doubted = len(offsets) > 1
    found: list[Found] = []
    try:
        for thorough in (False, True) if doubted else (True,):
            for offset in offsets:
                excerpt = excerpt_of(run, offset)
                if excerpt.energy > 0.0:
                    values, left = _searched(run, excerpt, start, *((places, optimizers) if thorough else ()))
                    found.append(Found(offset, values, left, doubted))
                    if left <= EXPLAINED:
                        return found[-1]
    finally:
        run.parameters.set_array(start)
    return min(found, key=lambda each: each.left, default=Found(offsets[0], start, math.inf))


def _searched(
    run: Passes,
    excerpt: Excerpt,
    start: Array,
    places: Sequence[Array] | None = None,
    optimizers: Sequence[Optimizer] = (),
) -> tuple[Array, float]:
    """Return where least squares leads, and the share of the energy that is left there; from the start if no places."""
    rate = run.dry.sample_rate
    run.parameters.set_array(start)
    squares = Squares(run.program, run.parameters, rate, excerpt, engine=run.engine)
    best, least = squares.moved.moved(start), math.inf

    def elsewhere() -> Iterator[Array]:
        if places is not None:
            search_excerpt(run.program, run.parameters, excerpt, rate, engine=run.engine)
        yield run.parameters.values_array()
        yield from (place for place in places or () if not np.array_equal(place, start))
        for optimizer in optimizers:
            yield from online(run, excerpt, optimizer, start, MSE())

    for place in elsewhere():
        floor, walk = PERFECT * excerpt.energy, squares.moved.moved(place)
        reached, cost = descend(squares, walk, hearings=HEARINGS, tolerance=TOLERANCE, floor=floor)
        if cost < least:
            best, least = reached, cost
        if least <= EXPLAINED * excerpt.energy:
            break
    return squares.values(best), least / excerpt.energy
