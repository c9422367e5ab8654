"""Values and slopes of the operations on numbers: what a chain's coefficients are made of.

The same values and the same guards as in the C core (``docs/primitives.md``), for whole arrays, since a search looks at
many values of the parameters at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SLOPES", "VALUES"]

Array = NDArray[np.float64]

SMALLEST = 1e-10
"""Below which a divisor is not taken to fall, as in the core."""


def _rounded(u: Array) -> Array:
    """Return the nearest whole number, halves away from 0."""
    return np.trunc(u + np.copysign(0.5, u))


VALUES: Mapping[str, Callable[..., Any]] = {
    "stop": lambda u: u,
    "negate": np.negative,
    "absolute": np.abs,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "exp": np.exp,
    "log": np.log,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "floor": np.floor,
    "ceil": np.ceil,
    "rint": np.rint,
    "round": _rounded,
    "truncate": np.trunc,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "power": np.power,
    "atan2": np.arctan2,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "less": lambda u, v: (u < v) * 1.0,
    "less_equal": lambda u, v: (u <= v) * 1.0,
    "greater": lambda u, v: (u > v) * 1.0,
    "greater_equal": lambda u, v: (u >= v) * 1.0,
    "equal": lambda u, v: (u == v) * 1.0,
    "not_equal": lambda u, v: (u != v) * 1.0,
    "select": lambda c, u, v: np.where(c == 0.0, u, v),
}
"""By name: the result, from the operands."""


def _positive(u: Array, slope: Array) -> Array:
    return np.where(u > 0.0, slope, 0.0)


def _power_slopes(u: Array, v: Array, y: Array) -> tuple[Array, Array]:
    return v * np.power(u, v - 1.0), _positive(u, y * np.log(np.where(u > 0.0, u, 1.0)))


SLOPES: Mapping[str, Callable[..., Sequence[Array | float]]] = {
    "negate": lambda u, y: (-1.0,),
    "absolute": lambda u, y: (np.sign(u),),
    "sin": lambda u, y: (np.cos(u),),
    "cos": lambda u, y: (-np.sin(u),),
    "tan": lambda u, y: (1.0 / np.maximum(np.cos(u) ** 2, SMALLEST),),
    "asin": lambda u, y: (1.0 / np.maximum(np.sqrt(1.0 - u * u), SMALLEST),),
    "acos": lambda u, y: (-1.0 / np.maximum(np.sqrt(1.0 - u * u), SMALLEST),),
    "atan": lambda u, y: (1.0 / (1.0 + u * u),),
    "exp": lambda u, y: (y,),
    "log": lambda u, y: (_positive(u, 1.0 / u),),
    "log10": lambda u, y: (_positive(u, 1.0 / (u * np.log(10.0))),),
    "sqrt": lambda u, y: (0.5 / np.maximum(y, SMALLEST),),
    "tanh": lambda u, y: (1.0 - y * y,),
    "add": lambda u, v, y: (1.0, 1.0),
    "subtract": lambda u, v, y: (1.0, -1.0),
    "multiply": lambda u, v, y: (v, u),
    "divide": lambda u, v, y: (v / np.maximum(v * v, SMALLEST), -u / np.maximum(v * v, SMALLEST)),
    "power": _power_slopes,
    "atan2": lambda u, v, y: (v / np.maximum(u * u + v * v, SMALLEST), -u / np.maximum(u * u + v * v, SMALLEST)),
    "minimum": lambda u, v, y: ((u <= v) * 1.0, (u > v) * 1.0),
    "maximum": lambda u, v, y: ((u >= v) * 1.0, (u < v) * 1.0),
    "select": lambda c, u, v, y: (0.0, (c == 0.0) * 1.0, (c != 0.0) * 1.0),
}
"""By name: the partials of the result with respect to each operand, from the operands and the result. What has none
(`stop`, rounding, comparisons) is not in it."""
