"""One row of the table: that all competitors learn the same, then how long each takes, in turns."""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rival import Array, Competitor, Outcome, Rival, UnavailableError
from workloads import Workload, noise_and_target

__all__ = ["Effort", "Row", "Timing", "contest"]

MOST_DIFFERENCE = 1e-9  # relative to the largest value
PILOT = 1000  # frames
CLOCKS = {"thread": time.CLOCK_THREAD_CPUTIME_ID, "process": time.CLOCK_PROCESS_CPUTIME_ID}


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    Attributes
    ----------
    repeats : int
        Of every cell.
    frames : int
        Of a repeat, at most.
    budget : float
        Seconds of a repeat: slow competitors get fewer frames.
    """

    repeats: int
    frames: int = 12_000
    budget: float = 0.025

    def about(self) -> dict[str, str]:
        """Return this for the page."""
        return {"turns": f"{self.repeats}, of at most {self.frames} samples and about {1000 * self.budget:g} ms"}


@dataclass(frozen=True, slots=True)
class Timing:
    """Nanoseconds per sample: quartiles."""

    lower: float
    median: float
    upper: float


@dataclass(frozen=True, slots=True)
class Row:
    """One learner.

    Attributes
    ----------
    work : Workload
        Which one.
    cells : dict
        By competitor: its time, or why there is none.
    costs : dict
        What making a learner took, of those compiled for this workload alone: processor time in seconds.
    """

    work: Workload
    cells: dict[str, Timing | str]
    costs: dict[str, float]

    def median(self, name: str) -> float:
        """Return the median of a competitor; NaN if it did not take part."""
        cell = self.cells.get(name)
        return cell.median if isinstance(cell, Timing) else math.nan


@dataclass(slots=True)
class _Entry:
    """A competitor that takes part, with its block."""

    competitor: Competitor
    rival: Rival
    frames: int
    times: list[float]

    def take_turn(self) -> None:
        """Time one run."""
        self.rival.reset()
        clock = CLOCKS[self.competitor.clock]
        begin = time.clock_gettime_ns(clock)
        self.rival.run()
        self.times.append((time.clock_gettime_ns(clock) - begin) / (self.frames * self.competitor.learners))

    def timing(self) -> Timing:
        """Return the quartiles of all turns."""
        return Timing(*statistics.quantiles(self.times, n=4))


def contest(work: Workload, competitors: Sequence[Competitor], effort: Effort) -> Row:
    """Check one workload, then time it.

    Returns
    -------
    Row
        With a cell for every competitor. One that computes something else ends the benchmark.
    """
    cells: dict[str, Timing | str] = {}
    entries: list[_Entry] = []
    first: Outcome | None = None
    checked = noise_and_target(work, work.checked)
    block = noise_and_target(work, effort.frames)
    for competitor in competitors:
        try:
            rival = competitor.make(work)
        except UnavailableError as reason:
            cells[competitor.name] = str(reason)
            continue
        outcome = _learned(rival, *checked)
        first = first or outcome
        _check_equal(work, f"{competitor.name} and {competitors[0].name}", outcome, first)
        entries.append(_Entry(competitor, rival, _frames_for(rival, competitor, block, effort), []))
    for entry in entries:
        entry.rival.prepare(*(np.ascontiguousarray(signal[:, : entry.frames]) for signal in block))
        entry.take_turn()
        entry.times.clear()  # the first turn warms up
    for _ in range(effort.repeats):
        for entry in entries:
            entry.take_turn()
    timings: dict[str, Timing | str] = {entry.competitor.name: entry.timing() for entry in entries}
    costs = {name: seconds for entry in entries for name, seconds in entry.rival.costs.items()}
    return Row(work, cells | timings, costs)


def _learned(rival: Rival, audio: Array, target: Array) -> Outcome:
    """Return what a rival makes of a block."""
    rival.prepare(audio, target)
    rival.reset()
    rival.run()
    return rival.outcome()


def _frames_for(rival: Rival, competitor: Competitor, block: tuple[Array, Array], effort: Effort) -> int:
    """Return how many frames a rival learns within the budget."""
    frames = min(PILOT, effort.frames)
    pilot = _Entry(competitor, rival, frames, [])
    rival.prepare(*(np.ascontiguousarray(signal[:, :frames]) for signal in block))
    pilot.take_turn()  # compiles, where that is done at the first run
    pilot.times.clear()
    pilot.take_turn()
    return int(np.clip(effort.budget * 1e9 / pilot.times[0], PILOT // 4, effort.frames))


def _check_equal(work: Workload, who: str, got: Outcome, wanted: Outcome) -> None:
    """End the benchmark if two did not compute the same."""
    pairs = {"outputs": (got.output, wanted.output), "losses": (np.array([got.loss]), np.array([wanted.loss]))}
    if got.parameters is not None and wanted.parameters is not None:
        pairs["parameters"] = (got.parameters, wanted.parameters)
    for what, (one, other) in pairs.items():
        difference = np.max(np.abs(one - other)) / (np.max(np.abs(other)) + 1e-300)
        if not difference <= MOST_DIFFERENCE:
            sys.exit(
                f"{work.name}: the {what} of {who} differ by {difference:.3g} of the largest, more than "
                f"{MOST_DIFFERENCE:g}; times of unlike computations are not worth having"
            )
