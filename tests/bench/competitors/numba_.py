"""numba: the hand-written learners in Python, compiled."""

from __future__ import annotations

import numba
import numpy as np
from rival import Array, Competitor, Outcome
from workloads import Workload

from competitors.numba_learners import LEARNERS

__all__ = ["competitor"]


def competitor() -> Competitor:
    """Return the column of numba."""
    return Competitor("numba", NumbaRival, {"numba": numba.__version__})


class NumbaRival:
    """A learner in numba, compiled at its first run unless it was before.

    Parameters
    ----------
    work : Workload
        Which one.
    """

    def __init__(self, work: Workload) -> None:
        self.costs: dict[str, float] = {}
        self._learn = LEARNERS[work.function]
        self._start = work.start
        self._work = work

    def prepare(self, audio: Array, target: Array) -> None:
        """Take the block to be learned."""
        self._signals = audio[0], target[0]
        self._output = np.empty(audio.shape[1])

    def reset(self) -> None:
        """Go back to the first parameters; the state is made anew at every run."""
        self._moved = self._start.copy()

    def run(self) -> None:
        """Learn the block."""
        self._loss = self._learn(self._moved, *self._signals, self._output, self._work.rate)

    def outcome(self) -> Outcome:
        """Return what the last run did."""
        return Outcome(self._output, float(self._loss), self._work.values(self._moved))
