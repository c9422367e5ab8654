"""A start for linear chains: their parameters from the response between the recordings, before any sample is learned.

An equaliser's gradient leads into the nearest of many hollows: bands settle on the wrong peaks. In the response all of
them are to be seen at once, and a step downhill costs a thousandth of a pass over the recording, so that there is time
to try many places.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioSource
from pyhost.compile.program import Program
from pyhost.compile.response import response_tape
from pyhost.compile.response_tape import ResponseTape
from pyhost.errors import ChainError
from pyhost.learn.parameters import Parameters, Value
from pyhost.learn.response_estimate import Estimate, from_rest, from_windows
from pyhost.learn.response_fit import Fit, Places
from pyhost.learn.response_search import search
from pyhost.learn.run import Runner

__all__ = ["start_by_response"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

MOST_FREE = 64
"""Scalars beyond which a step takes too long."""

FEWEST_BANDS, LEAST_WIDTH = 2, 2
"""Unless it is asked for, a chain needs so many bands with so many bounded parameters each."""

LISTENED = 1 << 18
"""Frames that are read at most: 5.5 s at 48 kHz."""

FEWEST = 1 << 12
"""Frames below which there is too little to go by."""

HELD = 1 << 16
"""Frames over which what was found is compared with the start."""

EXPLAINED = 1e-2
"""Share of the target's energy (−20 dB) from which on the second estimate is tried too."""

POOR, AGAIN = 5e-4, 2
"""Cost (0.2 dB) from which it is searched again from other places, and how often at most."""

CERTAIN = 1e-4
"""Share of the target's energy (−40 dB) below which no other offset is tried."""

SEED = 1


def start_by_response(
    program: Program, parameters: Parameters, dry: AudioSource, target: AudioSource, *, offset: int, asked: bool
) -> tuple[dict[str, Value], int]:
    """Set the parameters of a linear chain to those that explain the response between two recordings.

    Parameters
    ----------
    program, parameters
        The chain. Parameters that are locked or set a delay stay.
    dry, target : AudioSource
        What it learns from; the beginnings are read.
    offset : int
        Samples by which the target seems to come later, as far as the chain does not make it. Correlation takes the
        group delay of some filters for one: none at all is tried first, and stands if it explains the target.
    asked : bool
        Whether the user asked for this start; else only chains with several bands, all at their defaults, get it.

    Returns
    -------
    dict
        What was set, by name; empty if the chain is not linear, there is too little to go by, or nothing better than
        the start was found.
    int
        The offset with which this explains the target; if nothing was set, as it was.
    """
    model = _model(program, parameters, asked=asked)
    if model is None:
        return {}, offset
    attempts = []
    for tried in dict.fromkeys((0, offset)):
        attempt = _Attempt(model, program, parameters, (dry, target), tried)
        if attempt.possible:
            attempt.try_from_rest(SEED)
            attempts.append(attempt)
        if attempt.error <= CERTAIN:
            break
    if not attempts:
        return {}, offset
    best = min(attempts, key=lambda attempt: attempt.error)
    for seed in range(SEED + 1, SEED + 1 + AGAIN):
        if best.cost >= POOR:
            best.try_from_rest(seed)
    if best.error > EXPLAINED:
        best.try_from_windows()
    if best.found is None:
        return {}, offset
    parameters.set_array(best.found)
    moved = set(model.places.free.tolist())
    named = {name: p.value for name, p in parameters.items() if moved & {*_scalars(program, name, p.spec.width)}}
    return named, best.offset


def _scalars(program: Program, name: str, width: int) -> range:
    first = program.offset(name)
    return range(first, first + width)


@dataclass(frozen=True, slots=True)
class _Model:
    """A chain's response, what is free in it, and what belongs together among that."""

    tape: ResponseTape
    places: Places
    bands: tuple[Integers, ...]
    ordered: tuple[Integers, ...]


def _model(program: Program, parameters: Parameters, *, asked: bool) -> _Model | None:
    """Return what is looked for, or None if this start is not for the chain; cheap for chains that it is not for."""
    free = [p for p in parameters.values() if not p.locked]
    if not asked and sum(p.normalised for p in free) < FEWEST_BANDS * LEAST_WIDTH:
        return None
    if not asked and not all(np.array_equal(p.value, p.default) for p in free):
        return None
    try:
        tape = response_tape(program)
    except ChainError:
        return None
    model = _model_of(tape, parameters)
    wide = sum(band.size >= LEAST_WIDTH for band in model.bands)
    recurs = any(node.name == "inverse" and node.learned for node in tape.nodes)
    wanted = asked or (recurs and wide >= FEWEST_BANDS)
    return model if wanted and 0 < model.places.free.size <= MOST_FREE else None


def _model_of(tape: ResponseTape, parameters: Parameters) -> _Model:
    """Return what is free in a response, and what belongs together."""
    reached, together = _reached(tape, parameters.values_array().size)
    named = [p for p in parameters.values() for _ in range(p.spec.width)]
    free = np.array([i for i, p in enumerate(named) if not p.locked and i in reached], dtype=np.intp)
    places = Places(parameters, free)
    bands: dict[int, list[int]] = {}
    alike: dict[tuple[float, float, str, str], list[int]] = {}
    for place, scalar in enumerate(free):
        if places.bounded[place]:
            spec = named[scalar].spec
            bands.setdefault(together[scalar], []).append(place)
            alike.setdefault((spec.minimum, spec.maximum, spec.unit, spec.scale), []).append(place)
    start = places.place(parameters.values_array())
    ordered = [a for a in map(np.array, alike.values()) if a.size > 1 and np.unique(start[a]).size == a.size]
    return _Model(tape, places, tuple(np.array(band) for band in bands.values()), tuple(ordered))


def _reached(tape: ResponseTape, count: int) -> tuple[set[int], list[int]]:
    """Return the scalars that shape the response but set no delay, and for each which others it meets in a number.

    The latter as the number of its group, by which all of a group are the same.
    """
    group = list(range(count))
    reach: list[frozenset[int]] = []
    shaping: set[int] = set()
    delaying: set[int] = set()
    for node in tape.nodes:
        if node.name == "parameter":
            own = frozenset(range(node.size, node.size + node.width))
        elif node.response:
            own = frozenset()
        else:
            own = frozenset().union(*(reach[arg] for arg in node.args)) if node.learned else frozenset()
        reach.append(own)
        if own and node.name != "parameter":
            _joined(group, own)
        if node.response or node is tape.nodes[tape.output]:
            heard = frozenset().union(own, *(reach[arg] for arg in node.args))
            (delaying if node.name == "delayed" else shaping).update(heard)
    return shaping - delaying, group


def _joined(group: list[int], members: Iterable[int]) -> None:
    """Make one group of the groups of some scalars."""
    old = {group[i] for i in members}
    new = min(old)
    group[:] = [new if g in old else g for g in group]


class _Attempt:
    """The search at one offset.

    Attributes
    ----------
    found : ndarray, (P,), or None
        The best scalars, if they are better than the present ones.
    error : float
        The energy of what these leave wrong at the beginning of the recordings, over that of the target.
    cost : float
        The least of the searches from rest.
    """

    def __init__(
        self,
        model: _Model,
        program: Program,
        parameters: Parameters,
        recordings: tuple[AudioSource, AudioSource],
        offset: int,
    ) -> None:
        self.model, self.offset, self.rate = model, offset, recordings[0].sample_rate
        x, y = _beginning(recordings[0], max(-offset, 0)), _beginning(recordings[1], max(offset, 0))
        frames = min(x.shape[1], y.shape[1])
        self.x, self.y = x[:, :frames], y[:, :frames]
        self.possible = bool(frames >= FEWEST and self.x.any() and self.y[:, :HELD].any() and len(x) == len(y))
        self.found: Array | None = None
        self.error = self.cost = np.inf
        if self.possible:
            self._present = parameters.values_array()
            self._runner = Runner(program, self.rate, len(x))
            self.error = self._error(self._present)

    def _error(self, values: Array) -> float:
        """Return what values held still leave wrong; infinite if it is not finite."""
        wanted = self.y[:, :HELD]
        output = self._runner.process(self.x[:, :HELD], values, reset=True)
        error = float(np.sum((output - wanted) ** 2) / np.sum(wanted**2))
        return error if np.isfinite(error) else np.inf

    def try_from_rest(self, seed: int) -> None:
        """Search, taking the recordings to begin together."""
        self.cost = min(self.cost, self._try(from_rest(self.x, self.y, self.rate), seed))

    def try_from_windows(self) -> None:
        """Search, taking the target for a part of a longer one."""
        self._try(from_windows(self.x, self.y, self.rate), SEED)

    def _try(self, estimate: Estimate | None, seed: int) -> float:
        """Search, keep what is better, and return the cost."""
        if estimate is None:
            return np.inf
        model = self.model
        fit = Fit(model.tape, model.places, estimate, self.rate)
        place, cost = search(fit, model.places.place(self._present), model.bands, model.ordered, seed)
        values = model.places.values(place[None])[0]
        error = self._error(values)
        if error < self.error:
            self.found, self.error = values, error
        return cost


def _beginning(source: AudioSource, skipped: int) -> Array:
    """Return the first frames behind those that are skipped, (channels, frames)."""
    kept: list[Array] = []
    frames = 0
    for block in source.blocks(LISTENED // 8):
        kept.append(block)
        frames += block.shape[1]
        if frames >= LISTENED + skipped:
            break
    if not kept:
        return np.zeros((source.channels, 0))
    return np.concatenate(kept, axis=1)[:, skipped : skipped + LISTENED]
