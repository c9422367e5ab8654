"""pyhost itself, by each of its engines."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import warnings
from dataclasses import dataclass
from unittest import mock

import numpy as np
from rival import Array, Competitor, Outcome, Rival, UnavailableError
from workloads import SAMPLE_RATE, WORKLOADS, Workload

import pyhost as ph
from pyhost._binding import Interpreter
from pyhost.compile.lower import lower
from pyhost.learn.cores import make_core
from pyhost.learn.parameters import Parameters
from pyhost.native.compiler import CompileError, find_compiler
from pyhost.native.engine import EngineWarning, LearnerEngine

__all__ = ["engines"]


class EngineRival:
    """A learner of pyhost's, over copies of the block in several lanes.

    Parameters
    ----------
    core : LearnerCore or NativeLearner
        The learner.
    start : ndarray, (P,)
        Its first parameters.
    lanes : int
        How many copies.
    costs : dict
        What it took to build.
    """

    def __init__(self, core: LearnerEngine, start: Array, lanes: int, costs: dict[str, float]) -> None:
        self.costs = costs
        self._core, self._start, self._lanes = core, start, lanes

    def prepare(self, audio: Array, target: Array) -> None:
        """Take the block to be learned."""
        self._audio, self._target = (np.repeat(signal, self._lanes, axis=0) for signal in (audio, target))
        self._output = np.empty_like(self._target)

    def reset(self) -> None:
        """Go back to silence and to the first parameters."""
        self._core.reset()
        self._core.set_parameters(self._start)
        self._core.take_means()

    def run(self) -> None:
        """Learn the block."""
        bad = self._core.process(self._audio, self._target, output=self._output)
        if bad is not None:
            raise ArithmeticError(f"diverged at frame {bad}; the workload needs a smaller rate")

    def outcome(self) -> Outcome:
        """Return what the last run did."""
        return Outcome(self._output[0], self._core.take_means()[0], self._core.get_parameters())


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the learners of one engine, over so many copies of the block side by side."""

    engine: str
    lanes: int

    def __call__(self, work: Workload) -> Rival:
        """Return the learner of a workload; compiled from nothing, then taken from the cache."""
        program = ph.compile(work.chain)
        start, costs = Parameters(program.parameters).values_array(), {}
        if self.engine == "interpreter":
            return EngineRival(self._core(work, program), start, self.lanes, {})
        with (
            tempfile.TemporaryDirectory(prefix="pyhost-bench-") as folder,
            mock.patch.dict(os.environ, PYHOST_CACHE_DIR=folder),
        ):
            for source in ("from nothing", "from the cache"):
                begin = _seconds()
                core = self._core(work, program)
                costs[f"native, {source}"] = _seconds() - begin
        return EngineRival(core, start, self.lanes, costs)

    def _core(self, work: Workload, program: ph.Program) -> LearnerEngine:
        loss = ph.MAE(window=work.window) if work.loss == "mae" else ph.MSE(window=work.window)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", EngineWarning)
                return make_core(
                    program,
                    Parameters(program.parameters),
                    loss,
                    ph.SGD(work.rate),
                    sample_rate=SAMPLE_RATE,
                    lanes=self.lanes,
                    engine=self.engine,
                )
        except EngineWarning as reason:
            raise UnavailableError(str(reason)) from None


def _seconds() -> float:
    """Return the processor time of this process and of those it waited for, that of its own finely."""
    spent = os.times()
    return time.process_time() + spent.children_user + spent.children_system


def engines(lanes: int = 1) -> list[Competitor]:
    """Return a column for each engine that there is.

    Parameters
    ----------
    lanes : int
        Copies of the block that run side by side, as a batch.
    """
    variant = Interpreter(lower(ph.compile(WORKLOADS[0].chain), SAMPLE_RATE, 1)).variant
    about = {}
    with contextlib.suppress(CompileError):  # without a compiler there is no such column
        about["native"] = {"flags of the native engine": " ".join(find_compiler().flags)}
    about["interpreter"] = {"variant of the interpreter": variant}
    suffix = f", {lanes} lanes" if lanes > 1 else ""
    return [
        Competitor(f"{engine}{suffix}", _Maker(engine, lanes), facts, learners=lanes) for engine, facts in about.items()
    ]
