"""How a chain was learned, kept with it so that learning can go on: loss, optimizer, and what that has gathered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyhost.errors import InputError, LearnedFileError
from pyhost.learn import losses, optimizers, schedules
from pyhost.learn.kinds import arguments
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import Optimizer
from pyhost.learn.schedules import Schedule

__all__ = ["MOST_NUMBERS", "Training", "training_from_data"]

MOST_NUMBERS = 1 << 18
"""Numbers of an optimizer's state that a file keeps at most, some 6 MB: least squares of 511 parameters."""

COUNTERS = 3
"""Numbers at the beginning of a state that count: none is below 0."""

SPEED = frozenset({"rate", "schedule", "clip_value", "clip_norm"})
"""Settings of an optimizer that may change while it goes on with what it has gathered."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """How a chain was learned.

    Attributes
    ----------
    loss : Loss
        What was made small.
    optimizer : Optimizer
        How steps were made.
    state : ndarray or None
        What the optimizer has gathered; None: nothing.
    locked : frozenset of str
        Parameters that were not learned.
    lost : str
        Why a state that there was is missing.
    """

    loss: Loss
    optimizer: Optimizer
    state: Array | None = None
    locked: frozenset[str] = frozenset()
    lost: str = ""

    def defaults(self, loss: Loss | None, optimizer: Optimizer | None) -> tuple[Loss | None, Optimizer | None]:
        """Return loss and optimizer to go on with: what is wanted, else what was saved, if the two work together."""
        wanted = self.loss if loss is None else loss
        if optimizer is not None or not isinstance(wanted, Loss):
            return wanted, optimizer
        try:
            self.optimizer.check(wanted)
        except InputError:
            return wanted, None
        return wanted, self.optimizer

    def resumed(self, loss: Loss, optimizer: Optimizer) -> tuple[Array | None, str]:
        """Return the state that an optimizer can go on with, or None, and in words why; nothing if there was none."""
        if self.state is None:
            return None, f"{_name(optimizer)} starts over: {self.lost}" if self.lost else ""
        if type(optimizer) is not type(self.optimizer):
            return None, f"{_name(optimizer)} starts over: what was saved is of {_name(self.optimizer)}"
        if _lasting(optimizer) != _lasting(self.optimizer):
            return None, f"{_name(optimizer)} starts over: what was saved is of {self.optimizer}"
        if loss != self.loss:
            return None, f"{_name(optimizer)} starts over: what was saved is of the loss {self.loss}"
        return self.state, f"{_name(optimizer)} goes on after {self.state[0]:.0f} steps"

    def details(self) -> dict[str, Any]:
        """Return what people want to know of it."""
        return {
            "loss": self.loss.kind,
            "window": self.loss.window,
            "window_of": self.loss.window_of,
            "optimizer": self.optimizer.kind,
            "rate": self.optimizer.rate,
        }

    def to_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON; a state that is too large, or not finite, is left out and that is told."""
        data: dict[str, Any] = {
            "loss": _plain(self.loss),
            "optimizer": _plain(self.optimizer),
            "locked": sorted(self.locked),
            "state": None,
        }
        lost = self.lost
        if self.state is not None and self.state.size > MOST_NUMBERS:
            lost = f"its {self.state.size} numbers are more than the {MOST_NUMBERS} that are saved"
        elif self.state is not None and not np.isfinite(self.state).all():
            lost = "it was not finite"
        elif self.state is not None:
            data["state"] = self.state.tolist()
        return data | ({"lost": lost} if lost else {})


def training_from_data(data: Any) -> Training:
    """Return what `Training.to_data` made.

    Raises
    ------
    InputError
        If it is damaged.
    """
    if not isinstance(data, dict):
        raise LearnedFileError("training must be an object")
    locked, lost = data.get("locked", []), data.get("lost", "")
    if not isinstance(locked, list) or not all(isinstance(name, str) for name in locked) or not isinstance(lost, str):
        raise LearnedFileError("training: locked must be a list of names, and lost a text")
    try:
        loss = _made("loss", data.get("loss"), losses.by_name)
        optimizer = _made("optimizer", data.get("optimizer"), optimizers.by_name)
    except (TypeError, OverflowError, RecursionError) as error:
        raise LearnedFileError(f"training: {error}") from None
    optimizer.check(loss)
    return Training(loss, optimizer, _state(data.get("state")), frozenset(locked), lost)


def _state(numbers: Any) -> Array | None:
    """Return the state of parsed JSON."""
    if numbers is None:
        return None
    fits = isinstance(numbers, list) and COUNTERS <= len(numbers) <= MOST_NUMBERS
    if not fits or not all(type(number) in (int, float) for number in numbers):
        raise LearnedFileError(f"training: state must be a list of {COUNTERS} to {MOST_NUMBERS} numbers")
    try:
        state = np.array(numbers, dtype=np.float64)
    except OverflowError:
        raise LearnedFileError("training: state holds a number that is too large") from None
    if not np.isfinite(state).all() or (state[:COUNTERS] < 0.0).any():
        raise LearnedFileError("training: state must be finite, and its counters not below 0")
    return state


def _name(optimizer: Optimizer) -> str:
    return type(optimizer).__name__


def _lasting(optimizer: Optimizer) -> dict[str, Any]:
    """Return the settings on which the meaning of what is gathered depends."""
    return {name: getattr(optimizer, name) for name in arguments(type(optimizer)) if name not in SPEED}


def _plain(thing: Loss | Optimizer | Schedule) -> dict[str, Any]:
    """Return a kind and its settings as plain data."""
    data: dict[str, Any] = {"kind": thing.kind}
    for name in arguments(type(thing)):
        value = getattr(thing, name)
        data[name] = _plain(value) if isinstance(value, Schedule) else value
    return data


def _made(what: str, data: Any, by_name: Callable[[str], type[Any]]) -> Any:
    """Return the loss, optimizer or schedule of plain data."""
    if not isinstance(data, dict) or not isinstance(data.get("kind"), str):
        raise LearnedFileError(f"training: {what} must be an object that names its kind")
    kind = by_name(data["kind"])
    given = {name: value for name, value in data.items() if name != "kind"}
    for name, value in given.items():
        if name not in arguments(kind):
            raise LearnedFileError(f"training: {kind.__name__} has no setting {name!r}")
        if isinstance(value, dict):
            given[name] = _made("schedule", value, schedules.by_name)
        elif isinstance(value, list):
            given[name] = tuple(value)
    return kind(**given)
