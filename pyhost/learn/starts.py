"""A start for chains whose loss has hills: least squares over the loudest seconds, from several places if need be.

First downhill from where the parameters are (see `pyhost.learn.squares`). If what is reached does not explain the
target, places are drawn evenly from the ranges of the bounded parameters, the same ones at every call; the chain is
heard at each, and the best few are walked downhill too. The best of all is kept, if it is better than the start.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioArray
from pyhost.compile.program import Program
from pyhost.learn.parameters import Parameters, Value
from pyhost.learn.squares import Excerpt, Moved, Squares, descend

__all__ = ["MOST_PARAMETERS", "loudest", "search_excerpt", "search_start"]

Array = NDArray[np.float64]

MOST_PARAMETERS = 64
"""Scalars beyond which an excerpt would have to be long, and a hearing of it slow."""

LISTENED = 3.0
"""Seconds that are compared at most."""

WARM = 0.5
"""Seconds before them that the chain is run to warm up."""

PLACES = 48
"""Places that are tried."""

DESCENTS = 3
"""Of these, how many are walked downhill from."""

HEARINGS = 40
"""How often the excerpt is heard in one walk at most."""

TOLERANCE = 1e-4
"""Share of the cost below which a step brings nothing."""

EXPLAINED = 1e-6
"""Share of the target's energy below which it counts as explained (−60 dB)."""

PERFECT = 1e-14
"""Share of the target's energy below which a walk ends."""


def search_start(
    program: Program,
    parameters: Parameters,
    pairs: Iterable[tuple[AudioArray, AudioArray]],
    sample_rate: float,
    *,
    seed: int = 0,
) -> dict[str, Value]:
    """Move the parameters to where least squares over the loudest seconds leads.

    Parameters
    ----------
    program, parameters
        The chain. Parameters that are locked stay; those without bounds are walked, but start from where they are.
    pairs : iterable of pairs of ndarray, (channels, frames)
        Blocks of what goes in and of what should come out, aligned.
    sample_rate : float
        In Hz.
    seed : int
        Of the places that are tried.

    Returns
    -------
    dict
        What was set, by name; empty if nothing is free, there are more than 64 scalars, there is too little to go by,
        or nothing better than the start was found.
    """
    excerpt = loudest(pairs, sample_rate)
    return {} if excerpt is None else search_excerpt(program, parameters, excerpt, sample_rate, seed=seed)


def search_excerpt(
    program: Program,
    parameters: Parameters,
    excerpt: Excerpt,
    sample_rate: float,
    *,
    seed: int = 0,
    engine: str = "auto",
) -> dict[str, Value]:
    """Do what `search_start` does with an excerpt that is chosen already."""
    count = sum(p.spec.width for p in parameters.values() if not p.locked)
    if not 0 < count <= MOST_PARAMETERS or excerpt.compared < 2 * count or excerpt.energy == 0.0:
        return {}
    squares = Squares(program, parameters, sample_rate, excerpt, engine=engine)
    before = squares.moved.moved(parameters.values_array())
    moved, cost = _best(squares, before, seed)
    if not cost < squares.cost(before):
        return {}
    parameters.set_array(squares.values(moved))
    return {p.name: p.value for p in parameters.values() if not p.locked}


def _best(squares: Squares, before: Array, seed: int) -> tuple[Array, float]:
    """Return the best place found, and the sum of squares there."""
    energy = squares.excerpt.energy

    def walk(start: Array) -> tuple[Array, float]:
        return descend(squares, start, hearings=HEARINGS, tolerance=TOLERANCE, floor=PERFECT * energy)

    best, least = walk(before)
    if least <= EXPLAINED * energy:
        return best, least
    tried = sorted(_places(squares.moved, before, seed), key=squares.cost)
    for start in tried[:DESCENTS]:
        reached, cost = walk(start)
        if cost < least:
            best, least = reached, cost
        if least <= EXPLAINED * energy:
            break
    return best, least


def _places(moved: Moved, start: Array, seed: int) -> list[Array]:
    """Return places spread evenly: each of the equal parts of each range is visited once (a Latin hypercube)."""
    drawn = moved.free & np.isfinite(moved.low) & np.isfinite(moved.high)
    random = np.random.default_rng(seed)
    places = np.repeat(start[None], PLACES if drawn.any() else 0, axis=0)
    for column in np.flatnonzero(drawn):
        shares = (random.permutation(PLACES) + random.uniform(size=PLACES)) / PLACES
        places[:, column] = moved.low[column] + shares * (moved.high[column] - moved.low[column])
    return list(places)


def loudest(pairs: Iterable[tuple[AudioArray, AudioArray]], sample_rate: float) -> Excerpt | None:
    """Return the seconds of a recording in which the dry sound has most energy, in constant memory.

    Parameters
    ----------
    pairs : iterable of pairs of ndarray, (channels, frames)
        Blocks of dry and target.
    sample_rate : float
        In Hz.

    Returns
    -------
    Excerpt or None
        Three seconds, and half a second before them to warm up, found in steps of a block; a recording that is not
        longer as a whole; None of nothing.
    """
    warm = math.ceil(WARM * sample_rate)
    wanted = warm + math.ceil(LISTENED * sample_rate)
    held: deque[tuple[AudioArray, AudioArray]] = deque()
    frames, dropped, most = 0, False, -1.0
    best: list[tuple[AudioArray, AudioArray]] = []
    from_start = True
    for pair in pairs:
        held.append(pair)
        frames += pair[0].shape[1]
        while frames - held[0][0].shape[1] >= wanted:
            frames -= held.popleft()[0].shape[1]
            dropped = True
        energy = _energy_at_end([dry for dry, _ in held], wanted - warm)
        if not dropped or energy > most:
            most, best, from_start = energy, list(held), not dropped
    if not best:
        return None
    dry, target = (np.concatenate(blocks, axis=1)[:, -wanted:] for blocks in zip(*best, strict=True))
    whole = from_start and sum(block.shape[1] for block, _ in best) <= wanted
    return Excerpt(dry, target, 0 if whole else warm)


def _energy_at_end(blocks: list[AudioArray], frames: int) -> float:
    """Return the sum of the squares of the last frames of blocks that follow each other."""
    energy = 0.0
    for block in reversed(blocks):
        part = block[:, max(block.shape[1] - frames, 0) :]
        energy += float(np.sum(np.square(part)))
        frames -= part.shape[1]
        if not frames:
            break
    return energy
