"""Every primitive: its value against numpy, its partials where a formula alone does not say all.

How near the partials are to their formulas over the whole range is test_primitive_table.py's to show.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import pyhost as ph

Run = Callable[..., tuple[Any, Any]]

NAN, INF = math.nan, math.inf
LIBM = 5e-15  # numpy may bring functions of its own, a few last places away from the C library's
TIE = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]
REACH = [0.0, -0.0, 1e-300, -1e-300, 0.3, -0.3, 1.0, -1.0, 2.7, -2.7, *TIE, 1e9 + 0.5, 1e300, -1e300, INF, -INF, NAN]
GRID = np.array([(u, v) for u in REACH for v in REACH]).T


def _slopes(run: Run, call: Callable[..., Any], *operands: Any) -> tuple[Any, Any]:
    """Return the value, (frames,), and the slope with respect to each operand, (operands, frames)."""

    def chain(*signals: Any) -> Any:
        # u + (−0) is u to the last bit, also for u = −0
        return call(*(s + ph.param(f"p{i}", -0.0) for i, s in enumerate(signals)))

    value, jacobian = run(chain, np.array(operands, dtype=float), inputs=len(operands))
    return value[0], jacobian[:, 0]


def _away(u: Any) -> Any:
    # adding ½ would round the number just below ½ up
    return np.where(np.abs(u) < 2.0**52, np.sign(u) * np.floor(np.abs(u) + 0.5), u)


UNARY = [
    ("sin", ph.sin, np.sin),
    ("cos", ph.cos, np.cos),
    ("tan", ph.tan, np.tan),
    ("asin", ph.asin, np.arcsin),
    ("acos", ph.acos, np.arccos),
    ("atan", ph.atan, np.arctan),
    ("exp", ph.exp, np.exp),
    ("log", ph.log, np.log),
    ("log10", ph.log10, np.log10),
    ("sqrt", ph.sqrt, np.sqrt),
    ("tanh", ph.tanh, np.tanh),
    ("abs", abs, np.abs),
    ("negate", lambda u: -u, np.negative),
]
ROUNDING = [
    ("floor", ph.floor, np.floor),
    ("ceil", ph.ceil, np.ceil),
    ("rint", ph.rint, np.rint),
    ("round", ph.round, _away),
    ("int", ph.int, np.trunc),
]
BINARY = [
    ("add", lambda u, v: u + v, np.add),
    ("subtract", lambda u, v: u - v, np.subtract),
    ("multiply", lambda u, v: u * v, np.multiply),
    ("divide", lambda u, v: u / v, np.divide),
    ("power", lambda u, v: u**v, np.power),
    ("atan2", ph.atan2, np.arctan2),
    ("fmod", ph.fmod, np.fmod),
]
COMPARISON = [
    ("<", lambda u, v: u < v),
    ("<=", lambda u, v: u <= v),
    (">", lambda u, v: u > v),
    (">=", lambda u, v: u >= v),
    ("==", lambda u, v: u == v),
    ("!=", lambda u, v: u != v),
]
BITS = [("&", lambda u, v: u & v), ("|", lambda u, v: u | v), ("^", lambda u, v: u ^ v)]


@pytest.mark.parametrize(("name", "call", "expected"), UNARY, ids=[case[0] for case in UNARY])
def test_a_primitive_of_one_operand_has_numpy_s_value(run: Run, name: str, call: Any, expected: Any) -> None:
    with np.errstate(all="ignore"):
        wanted = expected(np.array(REACH))
    found, _ = run(call, REACH)
    np.testing.assert_allclose(found[0], wanted, rtol=LIBM, atol=0.0, err_msg=name)


@pytest.mark.parametrize(("name", "call", "expected"), BINARY, ids=[case[0] for case in BINARY])
def test_a_primitive_of_two_operands_has_numpy_s_value(run: Run, name: str, call: Any, expected: Any) -> None:
    with np.errstate(all="ignore"):
        wanted = expected(*GRID)
    found, _ = run(call, GRID, inputs=2)
    np.testing.assert_allclose(found[0], wanted, rtol=LIBM, atol=0.0, err_msg=name)


def test_the_remainder_is_ieee_754_s(run: Run) -> None:
    finite = np.array([(u, v) for u, v in GRID.T if math.isfinite(u) and not math.isnan(v) and v != 0.0]).T
    found, _ = run(ph.remainder, finite, inputs=2)
    assert found[0].tolist() == [math.remainder(u, v) for u, v in finite.T]


def test_a_remainder_by_zero_is_nan(run: Run) -> None:
    for call in (ph.fmod, ph.remainder):
        assert np.isnan(run(call, [[1.0], [0.0]], inputs=2)[0]).all()


def test_modulo_has_the_sign_of_the_divisor(run: Run) -> None:
    found, slopes = _slopes(run, lambda u, v: u % v, [7.5, -7.5, 7.5, -7.5], [2.0, 2.0, -2.0, -2.0])
    assert found.tolist() == [1.5, 0.5, -0.5, -1.5]
    assert slopes.tolist() == [[1.0] * 4, [-3.0, 4.0, 4.0, -3.0]]


def test_floor_division_has_no_partials(run: Run) -> None:
    found, slopes = _slopes(run, lambda u, v: u // v, [7.5, -7.5], [2.0, 2.0])
    assert found.tolist() == [3.0, -4.0]
    assert not slopes.any()


def test_numbers_stand_on_either_side_of_every_operator(run: Run) -> None:
    x = np.array([3.0])
    cases: list[tuple[Callable[[Any], Any], float]] = [
        (lambda u: 2 + u, 5),
        (lambda u: 2 - u, -1),
        (lambda u: 2 * u, 6),
        (lambda u: 2 / u, 2 / 3),
        (lambda u: 2**u, 8),
        (lambda u: 7 // u, 2),
        (lambda u: 7 % u, 1),
        (lambda u: 5 & u, 1),
        (lambda u: 4 | u, 7),
        (lambda u: 1 ^ u, 2),
        (lambda u: 1 << u, 8),
        (lambda u: 32 >> u, 4),
        (lambda u: u > 2, 1),
        (lambda u: u < 2, 0),
        (lambda u: +u, 3),
        (lambda u: np.float64(2) * u, 6),
    ]
    for call, wanted in cases:
        assert run(call, x)[0].item() == wanted


@pytest.mark.parametrize(("name", "call", "expected"), ROUNDING, ids=[case[0] for case in ROUNDING])
def test_a_rounding_has_numpy_s_value_and_slope_zero_or_one(run: Run, name: str, call: Any, expected: Any) -> None:
    points = np.array([*REACH, 0.5 - 2.0**-54])
    with np.errstate(all="ignore"):
        wanted = expected(points)
    if name == "round":
        wanted[-1] = 0.0  # C rounds the exact number
    found, exact = _slopes(run, call, points)
    same, through = _slopes(run, lambda u: call(u, straight_through=True), points)
    assert_array_equal(found, wanted)
    assert_array_equal(same, wanted)
    assert not exact.any()
    assert (through == 1.0).all()


@pytest.mark.parametrize(("sign", "call"), COMPARISON, ids=[case[0] for case in COMPARISON])
def test_a_comparison_is_one_or_zero_and_has_no_partials(run: Run, sign: str, call: Any) -> None:
    found, slopes = _slopes(run, call, *GRID)
    assert found.tolist() == [float(call(u, v)) for u, v in GRID.T], sign
    assert not slopes.any()


def _as_integer(u: float) -> int:
    return 0 if math.isnan(u) else int(min(max(u, -(2.0**31)), 2.0**31 - 1))


def _signed(bits: int) -> int:
    bits &= 2**32 - 1
    return bits - 2**32 if bits >= 2**31 else bits


@pytest.mark.parametrize(("sign", "call"), BITS, ids=[case[0] for case in BITS])
def test_a_bit_operation_works_on_32_bit_integers_and_has_no_partials(run: Run, sign: str, call: Any) -> None:
    points = np.array([(u, v) for u in (*REACH, 6.9, -6.9, 12345.0) for v in (*REACH, 3.0, -12.0, 2.0**31)]).T
    found, slopes = _slopes(run, call, *points)
    assert found.tolist() == [_signed(call(_as_integer(u), _as_integer(v))) for u, v in points.T], sign
    assert not slopes.any()


def test_a_shift_moves_32_bits_by_the_count_modulo_32(run: Run) -> None:
    points = np.array([(u, v) for u in (1.0, -1.0, 5.7, -7.0, 2.0**31 - 1, -(2.0**31)) for v in range(-3, 40)]).T
    left, _ = run(lambda u, v: u << v, points, inputs=2)
    right, slopes = _slopes(run, lambda u, v: u >> v, *points)
    assert left[0].tolist() == [_signed(int(u) << (int(v) % 32)) for u, v in points.T]
    assert right.tolist() == [int(u) >> (int(v) % 32) for u, v in points.T]
    assert not slopes.any()


def test_a_minimum_has_the_partials_of_the_operand_it_returns_the_first_at_a_tie(run: Run) -> None:
    found, slopes = _slopes(run, ph.minimum, [1.0, 2.0, 3.0, 0.0, INF, NAN, 1.0], [2.0, 1.0, 3.0, -0.0, 1.0, 1.0, NAN])
    assert_array_equal(found, [1.0, 1.0, 3.0, 0.0, 1.0, NAN, 1.0])
    assert slopes.tolist() == [[1, 0, 1, 1, 0, 1, 1], [0, 1, 0, 0, 1, 0, 0]]


def test_a_maximum_has_the_partials_of_the_operand_it_returns_the_first_at_a_tie(run: Run) -> None:
    found, slopes = _slopes(run, ph.maximum, [1.0, 2.0, 3.0, 0.0, -INF, NAN, 1.0], [2.0, 1.0, 3.0, 0.0, 1.0, 1.0, NAN])
    assert_array_equal(found, [2.0, 2.0, 3.0, 0.0, 1.0, NAN, 1.0])
    assert slopes.tolist() == [[0, 1, 1, 1, 0, 1, 1], [1, 0, 0, 0, 1, 0, 0]]


def test_a_selection_has_the_partials_of_the_selected_operand_alone(run: Run) -> None:
    found, slopes = _slopes(run, ph.select2, [0.0, -0.0, 1.0, -3.0, NAN], [5.0] * 5, [7.0] * 5)
    assert found.tolist() == [5.0, 5.0, 7.0, 7.0, 7.0]
    assert slopes.tolist() == [[0.0] * 5, [1, 1, 0, 0, 0], [0, 0, 1, 1, 1]]


def test_an_infinite_partial_of_the_other_operand_does_not_leak_through_a_choice(run: Run) -> None:
    for call in (ph.minimum, lambda u, v: ph.select2(u * 0.0, u, v)):
        _, slopes = _slopes(run, lambda u, c=call: c(u, 1.0 + u**0.5), [0.0])
        assert slopes.tolist() == [[1.0]]


def test_a_stopped_gradient_keeps_the_value(run: Run) -> None:
    found, slopes = _slopes(run, lambda u, v: ph.stop_gradient(u) * v, [3.0], [5.0])
    assert found.tolist() == [15.0]
    assert slopes.tolist() == [[0.0], [3.0]]


def test_the_documented_clamps_hold(run: Run) -> None:
    cases: list[tuple[Any, float, float]] = [
        (lambda u: 1.0 / u, 0.0, -1e10), (lambda u: 1.0 / u, 1e-6, -1e10), (lambda u: 3.0 / u, -1e-6, -3e10),
        (lambda u: u / 1e-6, 1.0, 1e4), (lambda u: u / 0.0, 1.0, 0.0), (ph.asin, 1.0, 1e10), (ph.asin, -1.0, 1e10),
        (ph.acos, 1.0, -1e10), (ph.asin, 2.0, 1e10), (ph.sqrt, 0.0, 5e9), (ph.sqrt, 1e-30, 5e9),
        (ph.sqrt, -1.0, 5e9), (ph.tan, math.pi / 2, 1e10), (ph.tan, INF, 1e10), (abs, 0.0, 0.0), (abs, NAN, 0.0),
        (ph.log, 0.0, 0.0), (ph.log, -3.0, 0.0), (ph.log10, 0.0, 0.0), (ph.log, NAN, 0.0),
        (lambda u: ph.atan2(u, 0.0 * u), 0.0, 0.0),
    ]  # fmt: skip
    for call, at, slope in cases:
        _, slopes = _slopes(run, call, [at])
        assert slopes.item() == pytest.approx(slope, rel=1e-15, abs=0.0), (call, at)


def test_each_term_of_a_power_appears_only_where_its_operand_has_partials(run: Run) -> None:
    value, slopes = _slopes(run, lambda u: u**3.0, [-2.0, 0.0])
    assert value.tolist() == [-8.0, 0.0]
    assert slopes.tolist() == [[12.0, 0.0]]
    _, slopes = _slopes(run, lambda u: u**0.0, [-2.0, 0.0, INF])
    assert slopes.tolist() == [[0.0, 0.0, 0.0]]
    _, slopes = _slopes(run, lambda v: (-2.0) ** v, [2.0])
    assert slopes.tolist() == [[0.0]]
    _, slopes = _slopes(run, lambda u, v: u**v, [-2.0, 0.0], [2.0, 2.0])
    assert slopes.tolist() == [[-4.0, 0.0], [0.0, 0.0]]


def test_nan_and_infinity_go_in_and_come_out_as_in_c(run: Run) -> None:
    for call in (ph.sin, ph.cos, ph.tan, ph.exp, ph.tanh, ph.sqrt):
        value, slopes = _slopes(run, call, [NAN])
        assert np.isnan(value).all()
        assert call in (ph.tan, ph.sqrt) or np.isnan(slopes).all()
    value, slopes = _slopes(run, ph.exp, [INF, -INF, 1000.0])
    assert_array_equal(value, [INF, 0.0, INF])
    assert_array_equal(slopes, [[INF, 0.0, INF]])
    value, slopes = _slopes(run, ph.tanh, [INF, -INF])
    assert_array_equal(value, [1.0, -1.0])
    assert not slopes.any()
    value, slopes = _slopes(run, ph.atan, [INF])
    assert slopes.tolist() == [[0.0]]


def test_partials_add_up_where_operands_share_a_parameter(run: Run) -> None:
    value, jacobian = run(lambda x: ph.param("p") * ph.param("p") * x - ph.param("p"), [2.0], {"p": 3.0})
    assert value.item() == 15.0
    assert jacobian.item() == 11.0
