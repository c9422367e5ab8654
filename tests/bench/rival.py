"""What every competitor of the benchmark offers, so that all are checked and timed alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from workloads import Workload

__all__ = ["Array", "Competitor", "Outcome", "Rival", "UnavailableError"]

Array = NDArray[np.float64]


class UnavailableError(Exception):
    """A competitor does not run this learner; the text goes into the table."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a learner did in a block.

    Attributes
    ----------
    output : ndarray, (frames,)
        What came out, each sample with the parameters of that sample.
    loss : float
        Its sum.
    parameters : ndarray, (P,), or None
        At the end, if the competitor tells.
    """

    output: Array
    loss: float
    parameters: Array | None


class Rival(Protocol):
    """One learner of one competitor.

    Attributes
    ----------
    costs : dict
        What making it took, if it was compiled for this workload alone: processor time in seconds, by column.
    """

    costs: dict[str, float]

    def prepare(self, audio: Array, target: Array) -> None:
        """Take the block to be learned, (1, frames) each. Not timed."""

    def reset(self) -> None:
        """Go back to silence and to the first parameters. Not timed."""

    def run(self) -> None:
        """Learn the block, and write the output down. Timed."""

    def outcome(self) -> Outcome:
        """Return what the last run did. Not timed."""


@dataclass(frozen=True, slots=True)
class Competitor:
    """One column of the table.

    Attributes
    ----------
    name : str
        Over the column.
    make : callable
        Returns the learner of a workload, or raises `UnavailableError`.
    about : dict
        Versions and flags that the figures depend on.
    clock : {"thread", "process"}
        Whose processor time counts: the process's where others than the calling thread work.
    learners : int
        How many run side by side; the time is that of one.
    """

    name: str
    make: Callable[[Workload], Rival]
    about: dict[str, str]
    clock: Literal["thread", "process"] = "thread"
    learners: int = 1
