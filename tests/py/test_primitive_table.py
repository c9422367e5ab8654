"""The largest error of every primitive's partials, as docs/primitives.md states it.

Two independent witnesses: the exact formula in extended precision, and central differences of the values that
the core computes. ``PYHOST_WRITE_DOCS=1`` writes the table anew.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph

PAGE = Path(__file__).parents[2] / "docs" / "primitives.md"
BEGIN = "<!-- begin: written by tests/py/test_primitive_table.py -->"
END = "<!-- end: written by tests/py/test_primitive_table.py -->"

# A bound is stated at three times what was measured, and in steps of three powers of ten, so that the last
# bits of another machine's libm do not change the page.
MARGIN = 3.0
FORMULA_STEPS = (1e-15, 1e-12, 1e-9, 1e-6)
DIFFERENCE_STEPS = FORMULA_STEPS[1:]
EPSILON = float(np.finfo(np.float64).eps)

Slopes = Callable[..., tuple[Any, ...]]


Widths = Callable[[Any, int], list[Any]]


def _smooth(points: Any, operand: int) -> list[Any]:
    """Step widths for functions that bend over about 1, however small the argument."""
    one = np.ones(len(points))
    return [one, np.maximum(one, np.abs(points[:, operand]))]


def _scaled(points: Any, operand: int) -> list[Any]:
    """Step widths for functions that look the same at every scale."""
    return [np.abs(points[:, operand])]


def _plane(points: Any, operand: int) -> list[Any]:
    """Step widths for functions of a point in the plane."""
    return [np.abs(points).max(axis=1)]


def _kinked(points: Any, operand: int) -> list[Any]:
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
    ordinary: list[tuple[float, ...]]
    tiny: list[tuple[float, ...]]
    huge: list[tuple[float, ...]]
    boundary: list[tuple[float, ...]]
    beyond: list[tuple[float, ...]]


def _signed(*values: float) -> list[tuple[float, ...]]:
    return [(sign * v,) for v in values for sign in (1.0, -1.0)]


def _pairs(first: tuple[float, ...], second: tuple[float, ...]) -> list[tuple[float, ...]]:
    return [(a, b) for a in first for b in second]


RNG_POINTS = tuple(float(x) for x in np.round(np.random.default_rng(1).uniform(0.05, 0.95, 12), 6))
ORDINARY = _signed(*RNG_POINTS, *(1.5 + 3.0 * x for x in RNG_POINTS))
POSITIVE = [(abs(x),) for (x,) in ORDINARY]
INSIDE = _signed(*RNG_POINTS)
TINY = _signed(1e-5, 1e-20, 1e-150, 1e-300)
TINY_POSITIVE = [(abs(x),) for (x,) in TINY]
HUGE = _signed(1e3, 1e8, 1e150, 1e300)
HUGE_POSITIVE = [(abs(x),) for (x,) in HUGE]
TURNS = _signed(100.0, 12345.678)
FAR_TURNS = _signed(1e15, 1e22, 1e300)
ORDINARY_PAIRS = _pairs((0.35, -0.7, 2.5, -3.1), (0.4, -0.6, 1.9, -2.3))
TINY_PAIRS = _pairs((1e-5, -1e-20, 1e-100), (2e-5, -3e-20, 4e-100))
TINY_RIGHT = _pairs((1e-5, -1e-20, 1e-100), (2e-5, 3e-20, 4e-100))  # away from the cut of atan2
HUGE_PAIRS = _pairs((1e5, -1e20, 1e100), (2e5, -3e20, 4e100))


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
NEAR_ONE = _signed(1 - 1e-3, 1 - 1e-6)
AT_ONE = _signed(1 - 1e-12, 1 - 2.0**-53, 1.0)
QUARTER = [(math.pi / 2 - 1e-2,), (math.pi / 2 + 1e-2,)]
AT_QUARTER = [(math.pi / 2,), (-math.pi / 2,), (math.pi / 2 - 1e-6,), (math.pi / 2 - 1e-4,)]
TIES = [(1.0, 1.0), (0.0, 0.0), (-2.5, -2.5)]
WHOLE = _signed(0.0, 1.0, 2.5, 3.0)
HALVES = _signed(0.25, 1.75, 7.3)

# fmt: off  (one primitive, one paragraph)
PRIMITIVES = [
    Primitive(
        "u + v",
        lambda u, v: u + v,
        lambda u, v: (u * 0 + 1, v * 0 + 1),
        _plane,
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
        _plane,
        ORDINARY_PAIRS,
        TINY_PAIRS,
        HUGE_PAIRS,
        TIES,
        [],
    ),
    Primitive(
        "u · v", lambda u, v: u * v, lambda u, v: (v, u), _plane, ORDINARY_PAIRS, TINY_PAIRS, HUGE_PAIRS, TIES, []
    ),
    Primitive(
        "u / v",
        lambda u, v: u / v,
        _divide_slopes,
        _scaled,
        ORDINARY_PAIRS,
        _pairs((1e-05, -1e-20, 1e-100), (2e-05, -0.0003)),
        HUGE_PAIRS,
        [(1.0, 1.1e-05), (-2.0, -1.1e-05)],
        [(1.0, 9e-06), (3.0, 1e-05), (0.5, -1e-20), (1.0, 1e-200), (1e250, 1e300), (1.0, 1e300)],
    ),
    Primitive(
        "u ^ v",
        lambda u, v: u**v,
        _power_slopes,
        _scaled,
        _pairs((0.3, 0.7, 2.5, 3.1), (0.4, -0.6, 1.9, -2.3)),
        _pairs((1e-05, 1e-20), (0.5, 2.0, -1.0)),
        _pairs((100000.0, 1e20), (0.5, 2.0, -1.0)),
        [(1.0, 3.0), (2.0, 1.0), (1.0, -1.0)],
        [(0.0, 2.0), (0.0, 1.0), (-2.0, 3.0), (2.0, 0.0), (0.0, 3.5)],
    ),
    Primitive("−u", lambda u: -u, lambda u: (u * 0 - 1,), _scaled, ORDINARY, TINY, HUGE, _signed(1.0), [(0.0,)]),
    Primitive("abs", abs, lambda u: (np.sign(u),), _kinked, ORDINARY, TINY, HUGE, _signed(1.0), [(0.0,), (-0.0,)]),
    Primitive("sin", ph.sin, lambda u: (np.cos(u),), _smooth, ORDINARY, TINY, TURNS, QUARTER, FAR_TURNS),
    Primitive("cos", ph.cos, lambda u: (-np.sin(u),), _smooth, ORDINARY, TINY, TURNS, QUARTER, FAR_TURNS),
    Primitive(
        "tan",
        ph.tan,
        lambda u: (1 / np.maximum(np.cos(u) ** 2, np.longdouble(1e-10)),),
        _smooth,
        ORDINARY,
        TINY,
        TURNS,
        QUARTER,
        [*AT_QUARTER, *FAR_TURNS],
    ),
    Primitive("asin", ph.asin, lambda u: (_arc(u),), _smooth, INSIDE, TINY, [], NEAR_ONE, AT_ONE),
    Primitive("acos", ph.acos, lambda u: (-_arc(u),), _smooth, INSIDE, TINY, [], NEAR_ONE, AT_ONE),
    Primitive(
        "atan",
        ph.atan,
        lambda u: (1 / (1 + u * u),),
        _smooth,
        ORDINARY,
        TINY,
        _signed(1000.0, 100000000.0, 1e150),
        _signed(1.0),
        [(0.0,)],
    ),
    Primitive(
        "atan2(u, v)",
        ph.atan2,
        _atan2_slopes,
        _plane,
        ORDINARY_PAIRS,
        TINY_RIGHT,
        HUGE_PAIRS,
        [(0.001, 1.0), (1.0, 0.001), (0.001, -1.0)],
        [(0.0, 0.0), (0.0, 2.0), (1e-200, 1e-200), (1e200, 1e200)],
    ),
    Primitive(
        "exp", ph.exp, lambda u: (np.exp(u),), _smooth, ORDINARY, TINY, _signed(50.0, 700.0), _signed(1.0), [(0.0,)]
    ),
    Primitive(
        "log",
        ph.log,
        _log_slopes(1),
        _scaled,
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
        _scaled,
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
        _scaled,
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
        _smooth,
        ORDINARY,
        TINY,
        _signed(1000.0, 5000.0),
        _signed(5.0),
        _signed(10.0),
    ),
    Primitive(
        "minimum", ph.minimum, _first(lambda u, v: u <= v), _kinked, ORDINARY_PAIRS, TINY_PAIRS, HUGE_PAIRS, [], TIES
    ),
    Primitive(
        "maximum", ph.maximum, _first(lambda u, v: u >= v), _kinked, ORDINARY_PAIRS, TINY_PAIRS, HUGE_PAIRS, [], TIES
    ),
    Primitive(
        "fmod",
        ph.fmod,
        _quotient(np.trunc),
        _kinked,
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
        _kinked,
        ORDINARY_PAIRS,
        [],
        [(100000.0 + 0.3, 7.0), (-99999.4, 0.7)],
        [(2.9, 1.0), (-3.1, 1.0)],
        [(3.0, 1.0), (-3.0, 1.0), (1.0, 1.0)],
    ),
    *(
        Primitive(name, call, lambda u: (u * 0,), _kinked, HALVES, _signed(0.25), _signed(1e5 + 0.25), [], WHOLE)
        for name, call in (
            ("floor", ph.floor),
            ("ceil", ph.ceil),
            ("rint", ph.rint),
            ("round", ph.round),
            ("int", ph.int),
        )
    ),
]
# fmt: on

Run = Callable[..., tuple[Any, Any]]


def _duals(run: Run, primitive: Primitive, points: Any) -> tuple[Any, Any]:
    """Return the values, (points,), and slopes, (operands, points), that the core computes."""
    operands = points.shape[1]

    def chain(*signals: Any) -> Any:
        # u + (−0) is u to the last bit, also for u = −0
        return primitive.call(*(s + ph.param(f"p{i}", -0.0) for i, s in enumerate(signals)))

    value, jacobian = run(chain, points.T, inputs=operands)
    return value[0], jacobian[:, 0] if jacobian.size else np.zeros((operands, len(points)))


def _against_the_formula(run: Run, primitive: Primitive, points: Any) -> float:
    """Return the largest relative error of the slopes against the exact formula."""
    _, slopes = _duals(run, primitive, points)
    exact = np.array(primitive.slopes(*points.T.astype(np.longdouble)), dtype=np.longdouble)
    smallest = np.finfo(np.float64).tiny  # below it a double has no digits to be right in
    return float(np.max(np.abs(slopes - exact) / np.maximum(np.abs(exact), smallest)))


def _differences(run: Run, primitive: Primitive, points: Any, operand: int) -> Any:
    """Return central differences with one Richardson step; of many step widths the one that agrees best.

    Source: C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Adv. Eng. Software 4 (1982).
    """
    best = np.full(len(points), np.nan)
    trust = np.full(len(points), np.inf)
    for k in (20,) if primitive.widths is _kinked else range(2, 18):
        for scale in primitive.widths(points, operand):
            estimates = []
            for width in (scale * 2.0**-k, scale * 2.0 ** (-k - 1)):
                low, high = points.copy(), points.copy()
                low[:, operand] -= width
                high[:, operand] += width
                low_value, _ = _duals(run, primitive, low)
                high_value, _ = _duals(run, primitive, high)
                estimates.append((high_value - low_value) / (high[:, operand] - low[:, operand]))
            wide, narrow = estimates
            doubt = np.abs(narrow - wide) + EPSILON * np.abs(high_value) / width
            better = doubt < trust
            trust = np.where(better, doubt, trust)
            best = np.where(better, (4.0 * narrow - wide) / 3.0, best)
    return best


def _against_differences(run: Run, primitive: Primitive, points: Any) -> float:
    """Return the largest error against central differences, relative to what these can resolve.

    The difference of two rounded values says nothing below their own size per unit of the argument.
    """
    value, slopes = _duals(run, primitive, points)
    worst = 0.0
    for operand in range(points.shape[1]):
        with np.errstate(all="ignore"):
            found = _differences(run, primitive, points, operand)
        scale = np.maximum(np.abs(slopes[operand]), np.abs(value) / np.maximum(1.0, np.abs(points[:, operand])))
        worst = max(worst, float(np.max(np.abs(found - slopes[operand]) / np.maximum(scale, 1e-300))))
    return worst


def _cell(error: float, steps: tuple[float, ...]) -> str:
    """Return an error as a bound that another machine keeps too."""
    if error == 0.0 and steps is FORMULA_STEPS:
        return "exact"
    return next((f"≤ {step:.0e}" for step in steps if MARGIN * error <= step), f"{error:.1e}")


def _measure(run: Run, primitive: Primitive) -> list[str]:
    """Return one row of the table."""
    groups = (primitive.ordinary, primitive.tiny, primitive.huge, primitive.boundary)
    wide = (*groups[:3], [*primitive.boundary, *primitive.beyond])
    formula = (_cell(_against_the_formula(run, primitive, np.array(p)), FORMULA_STEPS) if p else "–" for p in wide)
    differences = (
        _cell(_against_differences(run, primitive, np.array(p)), DIFFERENCE_STEPS) if p else "–" for p in groups
    )
    return [primitive.name, *formula, *differences]


@pytest.fixture(scope="module")
def table(run: Run) -> list[list[str]]:
    return [_measure(run, primitive) for primitive in PRIMITIVES]


def test_the_slopes_are_those_of_the_exact_formula(table: list[list[str]]) -> None:
    worse = {row[0]: row[1:5] for row in table if not {*row[1:5]} <= {"exact", "≤ 1e-15", "–"}}
    # 1 − tanh² is right to the last bit of 1, not of itself
    assert worse == {"tanh": ["≤ 1e-12", "≤ 1e-15", "exact", "≤ 1e-06"]}


def test_the_slopes_are_those_of_the_values(table: list[list[str]]) -> None:
    worse = {row[0]: row[5:] for row in table if not {*row[5:]} <= {"≤ 1e-12", "≤ 1e-09", "–"}}
    # log(1e-300) = −690 moves by 1 when its argument doubles: rounding of the value costs three more digits
    assert worse == {name: ["≤ 1e-09", "≤ 1e-06", "≤ 1e-09", "≤ 1e-12"] for name in ("log", "log10")}


def test_the_page_states_what_was_measured(table: list[list[str]]) -> None:
    lines = ["| " + " | ".join(row) + " |" for row in table]
    head = "| | formula: ordinary | tiny | huge | boundary | differences: ordinary | tiny | huge | boundary |"
    text = "\n".join([BEGIN, head, "|---" * 9 + "|", *lines, END])
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    if os.environ.get("PYHOST_WRITE_DOCS") == "1":
        page = before + text + after
        PAGE.write_text(page, encoding="utf-8")
    assert text in page, "the table is out of date: run this test with PYHOST_WRITE_DOCS=1"
