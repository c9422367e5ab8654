"""What the learners in numba share: the sliding mean with its exact sums, the absolute error's slope, bounds."""

# ruff: noqa: PLR0917  # numba has no structs

from __future__ import annotations

from math import copysign
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Array", "advance", "held", "push", "sign"]

Array = NDArray[np.float64]


@njit(inline="always")
def push(ring: Array, sums: Array, turns: Array, at: int, i: int, value: float) -> Any:
    """Take the next value of row i of a window, return the sum of the last ones."""
    sums[i] += value - ring[at, i]
    ring[at, i] = value
    turns[i] += value
    return sums[i]


@njit(inline="always")
def advance(ring: Array, sums: Array, turns: Array, at: int) -> int:
    """End a sample; at the end of a turn its exact sums take over."""
    at += 1
    if at < ring.shape[0]:
        return at
    for i in range(sums.size):
        sums[i] = turns[i]
        turns[i] = 0.0
    return 0


@njit(inline="always")
def sign(e: float) -> float:
    """Return the slope of the absolute error."""
    return e * 1e10 if abs(e) < 1e-10 else copysign(1.0, e)


@njit(inline="always")
def held(u: float) -> float:
    """Return u within 0 … 1."""
    return min(max(u, 0.0), 1.0)
