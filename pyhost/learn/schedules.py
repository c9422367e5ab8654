"""Schedules: how the learning rate changes with time. They change the rate, never the gradient.

n counts the samples learned, over all passes and all calls of `Learner.learn`; `Learner.reset` starts it over.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from pyhost._settings import CoreSchedule
from pyhost.errors import InputError
from pyhost.learn.kinds import check_count, check_number, find

__all__ = ["KINDS", "Constant", "Cosine", "Exponential", "Oscillating", "Schedule", "WarmUp", "by_name"]

LONGEST = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Schedule:
    """What schedules have in common; use one of its kinds."""

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not self.kind:
            raise InputError("a Schedule is of no kind; use ph.Cosine or ph.Constant")

    def core(self) -> CoreSchedule:
        """Return it as the core sees it."""
        return CoreSchedule(self.kind)


@dataclass(frozen=True, slots=True)
class Constant(Schedule):
    """The rate as it is."""

    kind: ClassVar[str] = "constant"


@dataclass(frozen=True, slots=True)
class Exponential(Schedule):
    """The rate × exp(exponent·⌊n/every⌋): a step every so many samples (the original's ``learning_rate_scheduler``).

    Attributes
    ----------
    every : int
        In samples.
    exponent : float
        Below 0 the rate falls.
    """

    every: int
    exponent: float
    kind: ClassVar[str] = "exponential"

    def __post_init__(self) -> None:
        check_count("every", self.every, 1, LONGEST)
        check_number("exponent", self.exponent)

    def core(self) -> CoreSchedule:
        """Return it as the core sees it."""
        return CoreSchedule(self.kind, samples=float(self.every), amount=float(self.exponent))


@dataclass(frozen=True, slots=True)
class Cosine(Schedule):
    """From the rate down to end × rate within so many samples, along half a cosine; then it stays there.

    Attributes
    ----------
    samples : int
        How long it falls.
    end : float
        What is left, 0 to 1.
    """

    samples: int
    end: float = 0.0
    kind: ClassVar[str] = "cosine"

    def __post_init__(self) -> None:
        check_count("samples", self.samples, 1, LONGEST)
        check_number("end", self.end, 0.0, 1.0)

    def core(self) -> CoreSchedule:
        """Return it as the core sees it."""
        return CoreSchedule(self.kind, samples=float(self.samples), amount=float(self.end))


@dataclass(frozen=True, slots=True)
class Oscillating(Schedule):
    """Between the rate and low × rate, a cosine that begins at its top.

    Attributes
    ----------
    period : int
        In samples.
    low : float
        What is left at the bottom, 0 to 1.
    """

    period: int
    low: float = 0.0
    kind: ClassVar[str] = "oscillating"

    def __post_init__(self) -> None:
        check_count("period", self.period, 1, LONGEST)
        check_number("low", self.low, 0.0, 1.0)

    def core(self) -> CoreSchedule:
        """Return it as the core sees it."""
        return CoreSchedule(self.kind, samples=float(self.period), amount=float(self.low))


@dataclass(frozen=True, slots=True)
class WarmUp(Schedule):
    """First a rise in equal steps, rate × (n + 1)/samples, then another schedule, which counts from there.

    Attributes
    ----------
    samples : int
        How long it rises.
    then : Schedule
        What follows.
    """

    samples: int
    then: Schedule = field(default_factory=Constant)
    kind: ClassVar[str] = "warm_up"

    def __post_init__(self) -> None:
        check_count("samples", self.samples, 1, LONGEST)
        if not isinstance(self.then, Schedule) or isinstance(self.then, WarmUp):
            raise InputError(f"after a warm-up there must be a schedule of another kind, not {self.then!r}")

    def core(self) -> CoreSchedule:
        """Return it as the core sees it."""
        return replace(self.then.core(), warm_up=self.samples)


KINDS: dict[str, type[Schedule]] = {kind.kind: kind for kind in (Constant, Exponential, Cosine, Oscillating, WarmUp)}
"""Every kind by its name."""


def by_name(name: str) -> type[Schedule]:
    """Return the kind of a name; see `pyhost.learn.kinds.find`."""
    return find("schedule", name, KINDS)
