"""The optimizers that a plugin offers while it runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyhost.errors import InputError
from pyhost.export.settings import optimizer_in_c, schedule_in_c
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import NLMS, SGD, Adam, GaussNewton, Momentum, Optimizer
from pyhost.native.text import number

__all__ = ["LEAST_SQUARES", "MOST_LEAST_SQUARES", "Choice", "choice_in_c", "choices_for", "kinds_of"]

MOST_LEAST_SQUARES = 100
"""Scalars up to which least squares, whose time grows with their square, is offered."""

LEAST_SQUARES = GaussNewton(forgetting=0.9998, initial=0.03)
"""Careful at the start, so that the bands of an equaliser stay where they belong (``docs/export.md``)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An optimizer to choose.

    Attributes
    ----------
    name : str
        For people.
    optimizer : Optimizer
        With its own rate, which the knob multiplies.
    """

    name: str
    optimizer: Optimizer


STANDARD = (
    Choice("SGD", SGD(1e-2)),
    Choice("Momentum", Momentum(1e-3)),
    Choice("Adam", Adam(1e-3)),
    Choice("NLMS", NLMS()),
    Choice("Least squares", LEAST_SQUARES),
    Choice("Least squares, fast", GaussNewton()),
)
"""What is offered where it fits."""


def choices_for(loss: Loss, usual: Optimizer, count: int) -> tuple[list[Choice], int]:
    """Return the optimizers that fit a chain, and the place of the usual one among them.

    Parameters
    ----------
    loss : Loss
        What they make small.
    usual : Optimizer
        It stands in for the standard one of its kind, or behind all others.
    count : int
        Scalars of the chain.
    """
    choices = [choice for choice in STANDARD if _fits(choice.optimizer, loss, count)]
    if usual in [choice.optimizer for choice in choices]:
        return choices, next(place for place, choice in enumerate(choices) if choice.optimizer == usual)
    for place, choice in enumerate(choices):
        if choice.optimizer.kind == usual.kind:
            choices[place] = replace(choice, optimizer=usual)
            return choices, place
    names = {choice.optimizer.kind: choice.name for choice in reversed(STANDARD)}
    return [*choices, Choice(names.get(usual.kind, type(usual).__name__), usual)], len(choices)


def _fits(optimizer: Optimizer, loss: Loss, count: int) -> bool:
    """Whether it is offered without having been asked for."""
    if optimizer.kind == "gauss_newton" and count > MOST_LEAST_SQUARES:
        return False
    if optimizer.kind == "nlms" and loss.core().window > 1:
        return False  # its steps are too large for errors that are late
    try:
        optimizer.check(loss)
    except InputError:
        return False
    return True


def choice_in_c(choice: Choice) -> str:
    """Return the initialiser of a ``LearnerChoice``."""
    core = choice.optimizer.core()
    highest = max(1.0, core.rate) if core.kind in ("gauss_newton", "nlms") else math.inf
    rates = f"{number(core.rate)}, {number(highest)}"
    return f"    {{{rates}, {optimizer_in_c(core)}, {schedule_in_c(core.schedule)}}}, /* {choice.name} */"


def kinds_of(choices: Sequence[Choice]) -> list[str]:
    """Return the kinds of optimizers, each once."""
    return sorted({choice.optimizer.kind for choice in choices})
