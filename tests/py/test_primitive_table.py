"""The largest error of every primitive's partials, as docs/primitives.md states it.

Two independent witnesses: the exact formula in extended precision, and central differences of the values that
the core computes. ``PYHOST_WRITE_DOCS=1`` writes the table anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from primitive_slopes import PRIMITIVES, Primitive, kinked

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
    for k in (20,) if primitive.widths is kinked else range(2, 18):
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
