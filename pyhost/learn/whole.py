"""Least squares over a whole recording, in constant memory, as passes: each is reported, recorded and heard."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pyhost.learn.cores import mean_loss
from pyhost.learn.losses import MSE
from pyhost.learn.passes import Passes
from pyhost.learn.squares import BLOCK, Excerpt, Squares, Sums

__all__ = ["Whole"]

Array = NDArray[np.float64]


class Whole(Squares):
    """The sum of squared differences over a whole recording, in constant memory; a hearing is a pass, but the first."""

    def __init__(self, run: Passes) -> None:
        nothing = np.zeros((run.dry.channels, 0))
        excerpt = Excerpt(nothing, nothing)
        super().__init__(
            run.program, run.parameters, run.dry.sample_rate, excerpt, engine=run.engine, frames=run.frames
        )
        self.heard = 0
        self._run = run
        self._least = math.inf

    def sums(self, moved: Array) -> Sums:
        """Return the sum of squares, and its partials where it is the smallest so far."""
        if self._least < math.inf:
            self.heard += 1
            cost = self._pass(self.values(moved))
            if not cost < self._least:
                nothing = np.zeros(int(self.moved.free.sum()))
                return Sums(cost, nothing, np.outer(nothing, nothing))
        sums = super().sums(moved)
        self._least = sums.cost
        return sums

    def _pass(self, values: Array) -> float:
        """Hear the recording with these values; return the sum of squares."""
        run = self._run
        loss = run.hold(values)
        if run.loss != MSE():
            loss = mean_loss(run.program, values, MSE(), run.dry.sample_rate, run.pairs())
        return loss * run.frames * run.dry.channels

    def _blocks(self) -> Iterator[tuple[Array, Array, int]]:
        for dry, target in self._run.pairs():
            for at in range(0, dry.shape[1], BLOCK):
                yield dry[:, at : at + BLOCK], target[:, at : at + BLOCK], 0
