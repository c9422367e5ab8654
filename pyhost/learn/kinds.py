"""What losses, optimizers and schedules share: kinds that are found by name, arguments that are checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pyhost.errors import InputError, suggestion

__all__ = ["arguments", "check_count", "check_number", "find"]

K = TypeVar("K")


def find(what: str, name: str, kinds: Mapping[str, type[K]]) -> type[K]:
    """Return the kind of a name such as ``"log_cosh"`` or, as a command line has it, ``"log-cosh"``.

    Raises
    ------
    InputError
        If there is none of that name; names the nearest.
    """
    kind = kinds.get(name.lower().replace("-", "_"))
    if kind is None:
        raise InputError(f"there is no {what} {name!r}{suggestion(name, kinds)}")
    return kind


def arguments(kind: type[Any]) -> tuple[str, ...]:
    """Return the names of what a kind can be given, in order."""
    return tuple(field.name for field in fields(kind) if field.init)


def check_number(
    what: str,
    value: object,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: bool = False,
    below: bool = False,
) -> None:
    """Raise unless a value is a finite number from low to high; `above`, `below`: those two excluded."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InputError(f"{what} must be a finite number, not {value!r}")
    if value < low or value > high or (above and value == low) or (below and value == high):
        least = f"above {low:g}" if above else f"at least {low:g}"
        most = f" and below {high:g}" if below else f" and at most {high:g}"
        raise InputError(f"{what} must be {least}{'' if high == math.inf else most}, not {value!r}")


def check_count(what: str, value: object, low: int, high: int) -> None:
    """Raise unless a value is a whole number from low to high."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"{what} must be a whole number of samples, not {value!r}")
    if not low <= value <= high:
        raise InputError(f"{what} must be from {low} to {high} samples, not {value}")
