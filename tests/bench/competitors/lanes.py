"""Learners of pyhost's that are independent, each with parameters of its own, in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rival import Array, Competitor, Outcome, Rival, UnavailableError
from workloads import SAMPLE_RATE, Workload

import pyhost as ph
from pyhost.learn.cores import make_core
from pyhost.learn.parameters import Parameters
from pyhost.native.company import Company, Member
from pyhost.native.library import Part

__all__ = ["independent"]


class LanesRival:
    """So many learners, each of a copy of the block.

    Parameters
    ----------
    members : list of Member
        The learners.
    start : ndarray, (P,)
        Their first parameters.
    """

    def __init__(self, members: list[Member], start: Array) -> None:
        self.costs: dict[str, float] = {}
        self._members, self._start = members, start

    def prepare(self, audio: Array, target: Array) -> None:
        """Take the block to be learned: a copy for each, as recordings of their own would be."""
        self._lanes = self._members[0].lanes
        parts = [Part(member, audio.copy(), target.copy(), None) for member in self._members]
        self._passes = [parts[at : at + self._lanes.width] for at in range(0, len(parts), self._lanes.width)]

    def reset(self) -> None:
        """Go back to silence and to the first parameters."""
        for member in self._members:
            member.reset()
            member.set_parameters(self._start)
            member.take_means()

    def run(self) -> None:
        """Learn the block. The lanes write no output down: a bank that learns hears none."""
        for parts in self._passes:
            if not self._lanes.learn(parts):
                raise ArithmeticError("diverged; the workload needs a smaller rate")

    def outcome(self) -> Outcome:
        """Return what the last run did; all must have done the same. The output is that of one alone."""
        parameters = [member.get_parameters() for member in self._members]
        if len({values.tobytes() for values in parameters}) > 1:
            raise ArithmeticError("learners of the same recording found different parameters")
        loss = self._members[0].take_means()[0]
        self.reset()
        part = self._passes[0][0]
        output = np.empty_like(part.target)
        self._members[0].process(part.audio, part.target, output=output)
        return Outcome(output[0], loss, parameters[0])


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes so many learners of a workload."""

    count: int

    def __call__(self, work: Workload) -> Rival:
        """Return them; compiled, or taken from the cache."""
        program = ph.compile(work.chain)
        start = Parameters(program.parameters)
        loss = ph.MAE(window=work.window) if work.loss == "mae" else ph.MSE(window=work.window)
        members = []
        with Company(self.count).present():
            for _ in range(self.count):
                core = make_core(
                    program, start, loss, ph.SGD(work.rate), sample_rate=SAMPLE_RATE, lanes=1, engine="native"
                )
                if not isinstance(core, Member):
                    raise UnavailableError("there are no lanes for it")
                members.append(core)
        return LanesRival(members, start.values_array())


def independent(counts: tuple[int, ...]) -> list[Competitor]:
    """Return a column for each number of learners."""
    return [Competitor(f"{count} learners", _Maker(count), {}, learners=count) for count in counts]
