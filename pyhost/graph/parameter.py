"""What is known of a parameter before anything runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pyhost.errors import ParameterError

__all__ = ["ParameterSpec", "Scale", "make_spec"]

Scale = Literal["linear", "log"]

LONGEST_RECURSION = 64
"""Elements of a parameter that is kept stable: the core looks at all of their products."""

MOST_ELEMENTS = 65536
"""Of a vector parameter: beyond it a learner's state no longer fits any memory."""


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """Name, start values, range and scale of a parameter.

    Attributes
    ----------
    name : str
        Unique within a chain.
    default : tuple of float
        Start value; one for each element of a vector parameter.
    minimum, maximum : float
        Bounds, in `unit`; infinite where there is none.
    unit : str
        ``"Hz"``, ``"dB"``, ``"samples"`` …, for people.
    scale : {"linear", "log"}
        How a normalised parameter is spread between its bounds.
    normalised : bool
        Whether the learner moves u in [0, 1] instead of the value.
    locked : bool
        Whether it starts as not to be learned.
    shape : tuple of int
        ``()`` for a scalar, ``(N,)`` for a vector.
    stable : bool
        Whether it holds the coefficients of a recursion, which learning then keeps stable.
    """

    name: str
    default: tuple[float, ...]
    minimum: float
    maximum: float
    unit: str
    scale: Scale
    normalised: bool
    locked: bool
    shape: tuple[int, ...]
    stable: bool = False

    @property
    def width(self) -> int:
        """Number of scalars."""
        return len(self.default)

    def check(self, value: float, what: str = "value") -> float:
        """Return a value as a float, or raise if it is not finite or out of range.

        Raises
        ------
        ParameterError
            With the range.
        """
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            raise ParameterError(f"parameter {self.name!r}: {what} must be a number, not {value!r}")
        number = float(value)
        if not math.isfinite(number):
            raise ParameterError(f"parameter {self.name!r}: {what} must be finite, not {number}")
        if not self.minimum <= number <= self.maximum:
            unit = f" {self.unit}" if self.unit else ""
            raise ParameterError(
                f"parameter {self.name!r}: {what} {number:g} is out of range; "
                f"choose from {self.minimum:g} to {self.maximum:g}{unit}"
            )
        return number


def _start_values(
    name: str, default: float | Sequence[float], shape: tuple[int, ...]
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return start values as a flat tuple, and the shape."""
    try:
        array = np.asarray(default, dtype=float)
    except (TypeError, ValueError):
        raise ParameterError(
            f"parameter {name!r}: default must be a number or a list of them, not {default!r}"
        ) from None
    if array.ndim > 1:
        raise ParameterError(f"parameter {name!r}: default has {array.ndim} dimensions; give one at most")
    if array.ndim == 1:
        if shape not in ((), array.shape):
            raise ParameterError(
                f"parameter {name!r}: {array.size} start values do not fit shape {shape}; give "
                f"shape=({array.size},) or leave it out"
            )
        shape = array.shape
    if len(shape) > 1 or any(not isinstance(n, int) or n < 1 for n in shape):
        raise ParameterError(f"parameter {name!r}: shape must be () or (N,) with N >= 1, not {shape!r}")
    if math.prod(shape) > MOST_ELEMENTS:
        raise ParameterError(f"parameter {name!r}: shape {shape!r} has too many elements; {MOST_ELEMENTS} are the most")
    values = np.broadcast_to(array, shape).ravel()
    if values.size == 0:
        raise ParameterError(f"parameter {name!r}: default is an empty list")
    return tuple(values.tolist()), shape


def make_spec(
    name: str,
    default: float | Sequence[float] = 0.0,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    scale: Scale = "linear",
    normalised: bool | None = None,
    locked: bool = False,
    shape: tuple[int, ...] = (),
    stable: bool = False,
) -> ParameterSpec:
    """Check the settings of a parameter and return them; see `pyhost.param`."""
    if not isinstance(name, str) or not name.isidentifier():
        raise ParameterError(f"a parameter's name must be a word of letters, digits and _, not {name!r}")
    values, shape = _start_values(name, default, tuple(shape))
    low = -math.inf if minimum is None else float(minimum)
    high = math.inf if maximum is None else float(maximum)
    if math.isnan(low) or math.isnan(high) or low > high:
        raise ParameterError(f"parameter {name!r}: minimum {low:g} is not below maximum {high:g}")
    bounded = math.isfinite(low) and math.isfinite(high)
    if normalised is None:
        normalised = bounded
    if normalised and not (bounded and low < high):
        raise ParameterError(f"parameter {name!r}: normalised=True needs a minimum and a larger maximum")
    if scale not in ("linear", "log"):
        raise ParameterError(f"parameter {name!r}: scale must be 'linear' or 'log', not {scale!r}")
    if scale == "log" and not (normalised and low > 0.0):
        raise ParameterError(f"parameter {name!r}: scale='log' needs normalised=True and a minimum above 0")
    if stable and (low > -math.inf or high < math.inf or len(values) > LONGEST_RECURSION):
        raise ParameterError(
            f"parameter {name!r}: stable=True is for the coefficients of a recursion, {LONGEST_RECURSION} at most and "
            f"without bounds, not for {len(values)} from {low:g} to {high:g}"
        )
    spec = ParameterSpec(name, values, low, high, unit, scale, normalised, locked, shape, stable)
    for value in values:
        spec.check(value, "start value")
    return spec
