"""``optimizer="auto"``: ways of learning one after the other, each from the best so far, until nothing is left to do.

Search.   Least squares over the loudest seconds: downhill from the start and, where that does not explain the target,
          from elsewhere. If the target is what the chain makes, this finds the parameters to many digits.
Squares.  The same over the whole recording, a step a pass: the optimum also where target and chain differ.
Steps.    Sample by sample, for losses and sizes that least squares is no way for: several optimizers are tried on the
          loudest seconds, the best goes on, and when it helps no more they are tried again from there.

Which of them, and why, is a plan (see `pyhost.learn.plan`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pyhost.errors import DivergedError
from pyhost.learn.cores import make_core, mean_loss
from pyhost.learn.hunt import Found, excerpt_of, hunt, online
from pyhost.learn.optimizers import Optimizer
from pyhost.learn.passes import PERFECT, Passes
from pyhost.learn.plan import Material, Stage, StageResult, in_words, plan
from pyhost.learn.squares import descend
from pyhost.learn.whole import Whole

__all__ = ["MOST_PASSES", "Automatic"]

Array = NDArray[np.float64]

MOST_PASSES = 200
"""Passes at most, if nobody says how many."""


class Automatic:
    """One call of `Learner.learn` with ``optimizer="auto"``: `search` first, then `learn`.

    Parameters
    ----------
    run : Passes
        The recordings as they are, not yet shifted; the parameters at the start.
    passes, tolerance
        As `Learner.learn`.
    """

    def __init__(self, run: Passes, passes: int, tolerance: float) -> None:
        self.run, self.passes, self.tolerance = run, passes, tolerance
        self.heard = 0
        self.excerpt = excerpt_of(run, 0)
        self.stages = self._plan()
        self.found: Found | None = None

    def search(self, offsets: Sequence[int], places: Sequence[Array]) -> int:
        """Search, if the plan begins with that, and shift the recordings to the offset that serves best; return it.

        Parameters
        ----------
        offsets, places
            As `pyhost.learn.hunt.hunt`.
        """
        for stage in self.stages:
            if stage.kind == "search":
                self.found = hunt(self.run, offsets, places, stage.optimizers)
        offset = self.found.offset if self.found else offsets[0]
        self.run.shift(offset)
        self.excerpt = excerpt_of(self.run, 0)
        return offset

    def _plan(self) -> tuple[Stage, ...]:
        run, excerpt = self.run, self.excerpt
        numbers = sum(p.spec.width for p in run.parameters.values() if not p.locked)
        level = excerpt.energy / max(excerpt.compared, 1)
        material = Material(numbers, run.frames * run.dry.channels, excerpt.compared, level)
        return plan(run.loss, material) if numbers else ()

    def learn(self) -> None:
        """Go through the plan until nothing is left to do, nothing helps, or the passes are over.

        Whatever ends it, the parameters are the best that were found.

        Raises
        ------
        DivergedError
            If the chain's output is finite neither at the start nor anywhere else that was tried.
        """
        run = self.run
        try:
            run.begin(self.passes)
            start, ended = run.parameters.values_array(), True
            for stage in self.stages:
                run.parameters.set_array(run.best.values)
                before = self.heard
                what = self._do(stage)
                decibels = run.loss.decibels(run.best.loss, run.reference)
                run.stages.append(StageResult(what, stage.why, self.heard - before, decibels))
                ended = run.perfect or self.heard < self.passes
                if self.heard and (run.perfect or not ended):
                    break
            if not run.results:
                run.hold(run.best.values)
            if not math.isfinite(run.best.loss):
                raise DivergedError(
                    "the chain's output is finite neither at the start values nor at others that were tried; give "
                    "other start values, or bounds to the parameters",
                    0,
                )
            run.converged = ended and (run.perfect or not np.array_equal(run.best.values, start))
        finally:
            run.parameters.set_array(run.best.values)

    def _do(self, stage: Stage) -> str:
        """Go through a stage from the best so far; return in words what was done."""
        match stage.kind:
            case "search":
                return self._take_found()
            case "squares":
                return self._squares()
            case "steps":
                return self._steps(stage.optimizers)

    def _take_found(self) -> str:
        """Take what the search has found."""
        run, excerpt, found = self.run, self.excerpt, self.found
        assert found is not None  # it was searched if the plan has a search
        run.best.offer(found.values, run.evaluate(found.values))
        seconds = excerpt.compared / excerpt.dry.shape[0] / run.dry.sample_rate
        offset = f" with an offset of {found.offset} samples" if found.doubted else ""
        return f"least squares over the loudest {seconds:.1f} s{offset}"

    def _squares(self) -> str:
        """Least squares over the whole recording, a step a pass."""
        run, whole = self.run, Whole(self.run)
        start = whole.moved.moved(run.best.values)
        floor = PERFECT * self.excerpt.energy
        descend(whole, start, hearings=self.passes - self.heard + 1, tolerance=self.tolerance, floor=floor)
        if not run.results:  # nowhere to go, but a pass has a result
            run.hold(run.best.values)
        self.heard += max(whole.heard, 1)
        return "least squares over the whole recording"

    def _steps(self, optimizers: tuple[Optimizer, ...]) -> str:
        """Sample by sample, with whatever helps most on the loudest seconds."""
        run = self.run
        taken: list[str] = []
        while self.heard < self.passes and not run.perfect:
            before = run.best.loss
            optimizer = self._most_helpful(optimizers, run.best.values)
            if optimizer is None:
                break
            taken.append(in_words(optimizer))
            self._go_on(optimizer)
            if before - run.best.loss <= self.tolerance * before:
                break
        return ", then ".join(taken) or "none of the optimizers that were tried helped"

    def _most_helpful(self, optimizers: tuple[Optimizer, ...], start: Array) -> Optimizer | None:
        """Return the optimizer that makes the loss over the loudest seconds smallest; None if none makes it smaller."""
        run, pair = self.run, (self.excerpt.dry, self.excerpt.target)

        def held(values: Array) -> float:
            return mean_loss(run.program, values, run.loss, run.dry.sample_rate, iter([pair]))

        best, least = None, held(start)
        for optimizer in optimizers:
            loss = min(map(held, online(run, self.excerpt, optimizer, start, run.loss)), default=math.inf)
            if loss < least:
                best, least = optimizer, loss
        return best

    def _go_on(self, optimizer: Optimizer) -> None:
        """Learn with one optimizer, pass after pass, as long as that helps."""
        run = self.run
        run.parameters.set_array(run.best.values)
        run.optimizer = optimizer
        core = make_core(
            run.program,
            run.parameters,
            run.loss,
            optimizer,
            sample_rate=run.dry.sample_rate,
            lanes=run.dry.channels,
            engine=run.engine,
            frames=run.frames,
        )
        helps = True
        while helps and self.heard < self.passes and not run.perfect:
            before = run.best.loss
            self.heard += 1
            try:
                run.once(core)
            except DivergedError:
                run.undo()
                return
            helps = before - run.best.loss > self.tolerance * before
