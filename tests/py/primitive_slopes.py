"""Every primitive with its exact slopes, and the points where `test_primitive_table.py` measures them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import pyhost as ph

Point = tuple[float, ...]
Slopes = Callable[..., tuple[Any, ...]]
Widths = Callable[[Any, int], list[Any]]


def smooth(points: Any, operand: int) -> list[Any]:
    """Step widths for functions that bend over about 1, however small the argument."""
    one = np.ones(len(points))
    return [one, np.maximum(one, np.abs(points[:, operand]))]


def scaled(points: Any, operand: int) -> list[Any]:
    """Step widths for functions that look the same at every scale."""
    return [np.abs(points[:, operand])]


def plane(points: Any, operand: int) -> list[Any]:
    """Step widths for functions of a point in the plane."""
    return [np.abs(points).max(axis=1)]


def kinked(points: Any, operand: int) -> list[Any]:
    """Step widths for functions made of straight pieces: one narrow step, away from the kinks."""
    return [np.abs(points[:, operand])]


@dataclass(frozen=True)
class Primitive:
    """A primitive, its exact slopes, and where they are measured.

    Arguments are tuples of points, one number per operand. `beyond` holds points of the first witness alone: clamps,
    ties, and arguments so large that the doubles around them are further apart than the function's bends.
    """

    name: str
    call: Callable[..., Any]
    slopes: Slopes
    widths: Widths
    ordinary: Sequence[Point]
    tiny: Sequence[Point]
    huge: Sequence[Point]
    boundary: Sequence[Point]
    beyond: Sequence[Point]


def signed(*values: float) -> list[Point]:
    """Return points on either side of zero."""
    return [(sign * v,) for v in values for sign in (1.0, -1.0)]


def pairs(first: tuple[float, ...], second: tuple[float, ...]) -> list[Point]:
    """Return every point of the plane with a coordinate from either."""
    return [(a, b) for a in first for b in second]


RNG_POINTS = tuple(float(x) for x in np.round(np.random.default_rng(1).uniform(0.05, 0.95, 12), 6))
ORDINARY = signed(*RNG_POINTS, *(1.5 + 3.0 * x for x in RNG_POINTS))
POSITIVE = [(abs(x),) for (x,) in ORDINARY]
INSIDE = signed(*RNG_POINTS)
TINY = signed(1e-5, 1e-20, 1e-150, 1e-300)
TINY_POSITIVE = [(abs(x),) for (x,) in TINY]
HUGE = signed(1e3, 1e8, 1e150, 1e300)
HUGE_POSITIVE = [(abs(x),) for (x,) in HUGE]
TURNS = signed(100.0, 12345.678)
FAR_TURNS = signed(1e15, 1e22, 1e300)
ORDINARY_PAIRS = pairs((0.35, -0.7, 2.5, -3.1), (0.4, -0.6, 1.9, -2.3))
TINY_PAIRS = pairs((1e-5, -1e-20, 1e-100), (2e-5, -3e-20, 4e-100))
TINY_RIGHT = pairs((1e-5, -1e-20, 1e-100), (2e-5, 3e-20, 4e-100))  # away from the cut of atan2
HUGE_PAIRS = pairs((1e5, -1e20, 1e100), (2e5, -3e20, 4e100))


def _log_slopes(base: Any) -> Slopes:
    return lambda u: (np.where(u > 0, 1 / (np.where(u > 0, u, 1) * base), 0),)


def _quotient(whole: Callable[[Any], Any]) -> Slopes:
    return lambda u, v: (np.ones_like(u), -whole(u / v))


def _power_slopes(u: Any, v: Any) -> tuple[Any, ...]:
    safe = np.where(u > 0, u, 1)
    return np.where(v != 0, v * u ** (v - 1), 0), np.where(u > 0, u**v * np.log(safe), 0)


def _divide_slopes(u: Any, v: Any) -> tuple[Any, ...]:
    square = np.maximum(v * v, np.longdouble(1e-10))
    return v / square, -u / square


def _atan2_slopes(u: Any, v: Any) -> tuple[Any, ...]:
    square = np.where((u == 0) & (v == 0), 1, u * u + v * v)
    return v / square, -u / square


def _arc(u: Any) -> Any:
    return 1 / np.maximum(np.sqrt((1 - u) * (1 + u)), np.longdouble(1e-10))


def _first(choose: Callable[[Any, Any], Any]) -> Slopes:
    return lambda u, v: (np.where(choose(u, v), 1, 0), np.where(choose(u, v), 0, 1))


LN10 = np.log(np.longdouble(10))
NEAR_ONE = signed(1 - 1e-3, 1 - 1e-6)
AT_ONE = signed(1 - 1e-12, 1 - 2.0**-53, 1.0)
QUARTER = [(math.pi / 2 - 1e-2,), (math.pi / 2 + 1e-2,)]
AT_QUARTER = [(math.pi / 2,), (-math.pi / 2,), (math.pi / 2 - 1e-6,), (math.pi / 2 - 1e-4,)]
TIES = [(1.0, 1.0), (0.0, 0.0), (-2.5, -2.5)]
WHOLE = signed(0.0, 1.0, 2.5, 3.0)
HALVES = signed(0.25, 1.75, 7.3)

PRIMITIVES = [
    Primitive(
        "u + v",
        lambda u, v: u + v,
        lambda u, v: (u * 0 + 1, v * 0 + 1),
        plane,
        ORDINARY_PAIRS,
        TINY_PAIRS,
        HUGE_PAIRS,
        TIES,
        [],
    ),
    Primitive(
        "u − v",
        lambda u, v: u - v,
        lambda u, v: (u * 0 + 1, v * 0 - 1),
        plane,
        ORDINARY_PAIRS,
        TINY_PAIRS,
        HUGE_PAIRS,
        TIES,
        [],
    ),
    Primitive(
        "u · v", lambda u, v: u * v, lambda u, v: (v, u), plane, ORDINARY_PAIRS, TINY_PAIRS, HUGE_PAIRS, TIES, []
    ),
    Primitive(
        "u / v",
        lambda u, v: u / v,
        _divide_slopes,
        scaled,
        ORDINARY_PAIRS,
        pairs((1e-05, -1e-20, 1e-100), (2e-05, -0.0003)),
        HUGE_PAIRS,
        [(1.0, 1.1e-05), (-2.0, -1.1e-05)],
        [(1.0, 9e-06), (3.0, 1e-05), (0.5, -1e-20), (1.0, 1e-200), (1e250, 1e300), (1.0, 1e300)],
    ),
    Primitive(
        "u ^ v",
        lambda u, v: u**v,
        _power_slopes,
        scaled,
        pairs((0.3, 0.7, 2.5, 3.1), (0.4, -0.6, 1.9, -2.3)),
        pairs((1e-05, 1e-20), (0.5, 2.0, -1.0)),
        pairs((100000.0, 1e20), (0.5, 2.0, -1.0)),
        [(1.0, 3.0), (2.0, 1.0), (1.0, -1.0)],
        [(0.0, 2.0), (0.0, 1.0), (-2.0, 3.0), (2.0, 0.0), (0.0, 3.5)],
    ),
    Primitive("−u", lambda u: -u, lambda u: (u * 0 - 1,), scaled, ORDINARY, TINY, HUGE, signed(1.0), [(0.0,)]),
    Primitive("abs", abs, lambda u: (np.sign(u),), kinked, ORDINARY, TINY, HUGE, signed(1.0), [(0.0,), (-0.0,)]),
    Primitive("sin", ph.sin, lambda u: (np.cos(u),), smooth, ORDINARY, TINY, TURNS, QUARTER, FAR_TURNS),
    Primitive("cos", ph.cos, lambda u: (-np.sin(u),), smooth, ORDINARY, TINY, TURNS, QUARTER, FAR_TURNS),
    Primitive(
        "tan",
        ph.tan,
        lambda u: (1 / np.maximum(np.cos(u) ** 2, np.longdouble(1e-10)),),
        smooth,
        ORDINARY,
        TINY,
        TURNS,
        QUARTER,
        [*AT_QUARTER, *FAR_TURNS],
    ),
    Primitive("asin", ph.asin, lambda u: (_arc(u),), smooth, INSIDE, TINY, [], NEAR_ONE, AT_ONE),
    Primitive("acos", ph.acos, lambda u: (-_arc(u),), smooth, INSIDE, TINY, [], NEAR_ONE, AT_ONE),
    Primitive(
        "atan",
        ph.atan,
        lambda u: (1 / (1 + u * u),),
        smooth,
        ORDINARY,
        TINY,
        signed(1000.0, 100000000.0, 1e150),
        signed(1.0),
        [(0.0,)],
    ),
    Primitive(
        "atan2(u, v)",
        ph.atan2,
        _atan2_slopes,
        plane,
        ORDINARY_PAIRS,
        TINY_RIGHT,
        HUGE_PAIRS,
        [(0.001, 1.0), (1.0, 0.001), (0.001, -1.0)],
        [(0.0, 0.0), (0.0, 2.0), (1e-200, 1e-200), (1e200, 1e200)],
    ),
    Primitive(
        "exp", ph.exp, lambda u: (np.exp(u),), smooth, ORDINARY, TINY, signed(50.0, 700.0), signed(1.0), [(0.0,)]
    ),
    Primitive(
        "log",
        ph.log,
        _log_slopes(1),
        scaled,
        POSITIVE,
        TINY_POSITIVE,
        HUGE_POSITIVE,
        [(1.0,), (1 + 1e-06,)],
        [(0.0,), (-1.0,)],
    ),
    Primitive(
        "log10",
        ph.log10,
        _log_slopes(LN10),
        scaled,
        POSITIVE,
        TINY_POSITIVE,
        HUGE_POSITIVE,
        [(1.0,), (1 + 1e-06,)],
        [(0.0,), (-1.0,)],
    ),
    Primitive(
        "sqrt",
        ph.sqrt,
        lambda u: (1 / (2 * np.maximum(np.sqrt(u), np.longdouble(1e-10))),),
        scaled,
        POSITIVE,
        [(1e-05,), (1e-19,)],
        HUGE_POSITIVE,
        [(1.0,)],
        [(0.0,), (1e-20,), (1e-21,), (1e-300,)],
    ),
    Primitive(
        "tanh",
        ph.tanh,
        lambda u: (1 / np.cosh(u) ** 2,),
        smooth,
        ORDINARY,
        TINY,
        signed(1000.0, 5000.0),
        signed(5.0),
        signed(10.0),
    ),
    Primitive(
        "minimum", ph.minimum, _first(lambda u, v: u <= v), kinked, ORDINARY_PAIRS, TINY_PAIRS, HUGE_PAIRS, [], TIES
    ),
    Primitive(
        "maximum", ph.maximum, _first(lambda u, v: u >= v), kinked, ORDINARY_PAIRS, TINY_PAIRS, HUGE_PAIRS, [], TIES
    ),
    Primitive(
        "fmod",
        ph.fmod,
        _quotient(np.trunc),
        kinked,
        ORDINARY_PAIRS,
        [],
        [(100000.0 + 0.3, 7.0), (-99999.4, 0.7)],
        [(2.9, 1.0), (-3.1, 1.0)],
        [(3.0, 1.0), (-3.0, 1.0), (1.0, 1.0)],
    ),
    Primitive(
        "remainder",
        ph.remainder,
        _quotient(np.rint),
        kinked,
        ORDINARY_PAIRS,
        [],
        [(100000.0 + 0.3, 7.0), (-99999.4, 0.7)],
        [(2.9, 1.0), (-3.1, 1.0)],
        [(3.0, 1.0), (-3.0, 1.0), (1.0, 1.0)],
    ),
    *(
        Primitive(name, call, lambda u: (u * 0,), kinked, HALVES, signed(0.25), signed(1e5 + 0.25), [], WHOLE)
        for name, call in (
            ("floor", ph.floor),
            ("ceil", ph.ceil),
            ("rint", ph.rint),
            ("round", ph.round),
            ("int", ph.int),
        )
    ),
]
