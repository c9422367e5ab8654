"""Who learns when several learners learn at once: threads that take learners from a queue, in company or each alone."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyhost.audio import AudioSource
from pyhost.learn.learner import Learner
from pyhost.learn.optimizers import Auto
from pyhost.native.company import Company
from pyhost.native.elements import LIBM
from pyhost.native.engine import most_lanes
from pyhost.native.lanes import may_have_lanes

__all__ = ["Crew", "crews_for"]


class Crew:
    """Some threads and the learners that they take, one after the other.

    Parameters
    ----------
    numbers : sequence of int
        Of the learners.
    threads : int
        How many of them learn at once.
    in_company : bool
        Whether those that are in step go through their blocks in one pass.
    """

    def __init__(self, numbers: Sequence[int], threads: int, *, in_company: bool) -> None:
        self.threads = threads
        self._numbers = deque(numbers)
        self._company = Company(threads) if in_company else None

    def numbers(self) -> Iterator[int]:
        """Yield the learners that a thread takes, as long as there are any."""
        while self._numbers:
            try:
                yield self._numbers.popleft()
            except IndexError:  # another thread was faster
                return

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Be one of the threads."""
        if self._company is None:
            yield
            return
        try:
            with self._company.present():
                yield
        finally:
            self._company.leave()


def crews_for(learners: Sequence[Learner], pairs: Sequence[tuple[AudioSource, AudioSource]]) -> list[Crew]:
    """Return who learns, from recordings of these: in company where lanes may serve, else a learner for each core.

    As many companies are made as cores find work in. Lanes are filled first: to go through a block in one lane takes
    as long as in all. But where functions like the sine, which each lane calls by itself, take most of the time, all
    cores share them.
    """
    count, cores = len(learners), os.cpu_count() or 1
    if count < 2 or not _may_go_together(learners[0]) or any(dry.channels > 1 for dry, _ in pairs):
        return [Crew(range(count), min(count, cores), in_company=False)]
    lanes = most_lanes()
    calls = any(op.name in LIBM for op in learners[0].program.ops)
    companies = min(cores, count // 2 if calls else -(-count // lanes))
    shares = [range(first, count, companies) for first in range(companies)]
    return [Crew(share, min(len(share), lanes), in_company=True) for share in shares]


def _may_go_together(learner: Learner) -> bool:
    """Whether several of such a learner may go through a block in one pass, as far as its settings tell."""
    if learner.engine == "interpreter" or isinstance(learner.optimizer, Auto):
        return False
    return may_have_lanes(learner.program.ops, learner.loss.core(), learner.optimizer.core())
