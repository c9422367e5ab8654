"""How much sooner a bank is done than its learners one after the other, and what a learner of it costs.

Run it from the root of the project: ``python tests/bench/banks.py``. First eight learners, each of ten seconds of
noise of its own, in turns; both ways must find the same parameters, to the bit. Wall-clock time, learners made anew
each time, compiled beforehand. Where others compete for the cores, the shortest times say more than the medians.

Then, on one core, what a sample of a learner takes when several, each with parameters of its own, go through it in one
pass, beside C by hand and Faust's programs, which learn one; all must learn the same first (`contest.py`). Faust is
left out where it is not installed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from competitors.engines import engines
from competitors.faust import faust
from competitors.hand import hand
from competitors.lanes import independent
from contest import Effort, contest
from machine import facts, pin
from numpy.typing import NDArray
from workloads import SAMPLE_RATE, WORKLOADS, Workload, noise_and_target

import pyhost as ph

Array = NDArray[np.float64]

COUNT = 8
FRAMES = 10 * SAMPLE_RATE
TURNS = 15
CHOSEN = ("onepole", "fir8", "fir64")
ENGINES = ("native", "interpreter")
IN_LANES = ("gain", "onepole", "iir32", "lowpass")
COUNTS = (2, 4, 8, 16)
FAUST = "Faust, dual signals, g++"
TRANSLATING = 120.0
"""Seconds that Faust may take for a program."""


def one_after_the_other(work: Workload, engine: str, dry: Array, target: Array) -> Array:
    """Return the parameters that so many learners find, each in its turn."""
    found = []
    for x, t in zip(dry, target, strict=True):
        learner = ph.Learner(work.chain, loss=_loss(work), optimizer=ph.SGD(work.rate), engine=engine)
        learner.learn(x, t, sample_rate=SAMPLE_RATE, align="off", start="off")
        found.append(learner.parameters.values_array())
    return np.array(found)


def at_once(work: Workload, engine: str, dry: Array, target: Array) -> Array:
    """Return those that a bank finds."""
    bank = ph.LearnerBank(work.chain, count=len(dry), loss=_loss(work), optimizer=ph.SGD(work.rate), engine=engine)
    bank.learn(dry, target, sample_rate=SAMPLE_RATE, align="off", start="off")
    return np.array([parameters.values_array() for parameters in bank.parameters])


def _loss(work: Workload) -> ph.MAE | ph.MSE:
    return ph.MAE(window=work.window) if work.loss == "mae" else ph.MSE(window=work.window)


def _seconds(ways: tuple[Callable[[], Array], ...]) -> list[list[float]]:
    """Return the times of each way, taken in turns, after checking that all find the same."""
    found = [way().tobytes() for way in ways]
    if len(set(found)) > 1:
        raise SystemExit("the bank and its learners one after the other found different parameters")
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(TURNS):
        for way, taken in zip(ways, times, strict=True):
            begin = time.perf_counter()
            way()
            taken.append(time.perf_counter() - begin)
    return times


def main() -> None:
    """Print both tables."""
    print(*(f"{name}: {value}" for name, value in facts().items()), sep="\n")
    compare_banks()
    print()
    compare_lanes()


def compare_lanes() -> None:
    """Print the median nanoseconds of a sample of a learner, by how many go in one pass."""
    pin()
    alone = [competitor for competitor in engines() if competitor.name == "native"]
    others = [*hand(), *(build for build in faust(TRANSLATING) if build.name == FAUST)]
    columns = [*others, *alone, *independent(COUNTS)]
    print(f"{'ns':10}" + "".join(f"{column.name.removesuffix(', g++'):>22}" for column in columns))
    for work in (work for work in WORKLOADS if work.key in IN_LANES):
        row = contest(work, columns, Effort(repeats=41))
        print(f"{work.key:10}" + "".join(f"{row.median(column.name):22.3g}" for column in columns), flush=True)


def compare_banks() -> None:
    """Print medians and shortest times in milliseconds, and their ratios."""
    print(f"{'learner':12} {'engine':12} {'in turn':>15} {'bank':>15} {'ratio':>12}   median/shortest, ms")
    for work in (work for work in WORKLOADS if work.key in CHOSEN):
        audio, wanted = noise_and_target(work, COUNT * FRAMES)
        dry, target = audio.reshape(COUNT, FRAMES), wanted.reshape(COUNT, FRAMES)
        for engine in ENGINES:
            ways = tuple(
                lambda way=way: way(work, engine, dry, target)  # noqa: B023 - called at once
                for way in (one_after_the_other, at_once)
            )
            serial, bank = _seconds(ways)
            cells = [[1000.0 * each(taken) for each in (statistics.median, min)] for taken in (serial, bank)]
            told = [f"{median:7.0f}/{shortest:.0f}" for median, shortest in cells]
            ratios = [a / b for a, b in zip(*cells, strict=True)]
            print(f"{work.key:12} {engine:12} {told[0]:>15} {told[1]:>15} {ratios[0]:7.2f}/{ratios[1]:.2f}", flush=True)


if __name__ == "__main__":
    main()
