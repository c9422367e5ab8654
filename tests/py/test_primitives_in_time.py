"""Primitives with a past or with many elements: delays, tables, vectors, filters."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import pyhost as ph

Run = Callable[..., tuple[Any, Any]]

FRAMES = 64
X = np.random.default_rng(5).uniform(-1.0, 1.0, FRAMES)
NONE, LINEAR, LAGRANGE3 = "none", "linear", "lagrange3"


def _read(x: Any, n: int) -> float:
    return float(x[n]) if 0 <= n < len(x) else 0.0


def _lagrange(x: Any, n: int, v: float) -> float:
    """Cubic through four samples around n − v, by the textbook product."""
    first = max(math.floor(v) - 1, 0)
    nodes = [first + k for k in range(4)]
    weights = [math.prod((v - b) / (a - b) for b in nodes if b != a) for a in nodes]
    return sum(w * _read(x, n - a) for w, a in zip(weights, nodes, strict=True))


def _linear(x: Any, n: int, v: float) -> float:
    f = v - math.floor(v)
    return (1.0 - f) * _read(x, n - math.floor(v)) + f * _read(x, n - math.floor(v) - 1)


ORACLES = {NONE: lambda x, n, v: _read(x, n - math.trunc(v)), LINEAR: _linear, LAGRANGE3: _lagrange}


def _delayed(interpolation: Any) -> Callable[[Any], Any]:
    return lambda x: ph.delay(ph.param("gain", 1.0) * x, ph.param("v"), 20, interpolation)


@pytest.mark.parametrize("interpolation", ORACLES)
@pytest.mark.parametrize("v", [0.0, 0.25, 1.0, 1.5, 2.0, 7.75, 19.999, 20.0])
def test_a_delay_reads_between_samples_as_its_interpolation_says(run: Run, interpolation: str, v: float) -> None:
    value, jacobian = run(_delayed(interpolation), X, {"v": v, "gain": 1.0})
    wanted = [ORACLES[interpolation](X, n, v) for n in range(FRAMES)]
    assert_allclose(value[0], wanted, rtol=0.0, atol=1e-15)
    assert_allclose(jacobian[0, 0], wanted, rtol=0.0, atol=1e-15)  # linear in the gain, so its own partial


@pytest.mark.parametrize("interpolation", [LINEAR, LAGRANGE3])
@pytest.mark.parametrize("v", [0.3, 1.5, 2.25, 7.75, 19.5])
def test_the_partial_of_an_interpolated_delay_is_its_central_difference(run: Run, interpolation: str, v: float) -> None:
    chain = _delayed(interpolation)
    _, jacobian = run(chain, X, {"v": v})

    def central(h: float) -> Any:
        return (run(chain, X, {"v": v + h})[0] - run(chain, X, {"v": v - h})[0]) / (2.0 * h)

    # a cubic has no fourth derivative: one Richardson step is exact
    assert_allclose(jacobian[1], (4.0 * central(0.005) - central(0.01)) / 3.0, rtol=0.0, atol=1e-12)


def test_the_partial_of_a_whole_delay_is_the_slope_of_the_delayed_signal_in_time(run: Run) -> None:
    _, jacobian = run(_delayed(NONE), X, {"v": 7.75})
    w = np.array([_read(X, n - 7) for n in range(FRAMES)])
    assert_allclose(jacobian[1, 0], -np.diff(w, prepend=0.0), rtol=0.0, atol=1e-15)


@pytest.mark.parametrize("interpolation", ORACLES)
def test_a_delay_outside_its_range_is_held_and_has_no_slope_there(run: Run, interpolation: str) -> None:
    for v, held in ((-3.0, 0.0), (20.5, 20.0), (1e300, 20.0), (math.inf, 20.0), (-math.inf, 0.0), (math.nan, 0.0)):
        value, jacobian = run(_delayed(interpolation), X, {"v": v})
        assert value.tolist() == run(_delayed(interpolation), X, {"v": held})[0].tolist()
        assert not jacobian[1].any()
    _, at_zero = run(_delayed(interpolation), X, {"v": 0.0})
    assert at_zero[1].any()


@pytest.mark.parametrize("interpolation", ORACLES)
def test_a_delay_that_moves_reads_every_sample_at_its_own_length(run: Run, interpolation: Any) -> None:
    lengths = np.random.default_rng(6).uniform(0.0, 12.0, FRAMES)
    value, _ = run(lambda x, v: ph.delay(x, v, 12, interpolation), np.array([X, lengths]), inputs=2)
    wanted = [ORACLES[interpolation](X, n, v) for n, v in enumerate(lengths)]
    assert_allclose(value[0], wanted, rtol=0.0, atol=1e-15)


def test_the_two_partials_of_a_delay_add_up(run: Run) -> None:
    def chain(x: Any) -> Any:
        p = ph.param("p")
        return ph.delay(p * x, 4.0 * p, 10, LINEAR)

    _, together = run(chain, X, {"p": 0.8})
    _, apart = run(lambda x: ph.delay(ph.param("a") * x, 4.0 * ph.param("b"), 10, LINEAR), X, {"a": 0.8, "b": 0.8})
    assert_allclose(together[0], apart[0] + apart[1], rtol=0.0, atol=1e-14)


def test_a_memory_is_one_sample_late_in_value_and_partials(run: Run) -> None:
    value, jacobian = run(lambda x: ph.mem(ph.param("p") * x), [1.0, 2.0, 3.0], {"p": 2.0})
    assert value.tolist() == [[0.0, 2.0, 4.0]]
    assert jacobian.tolist() == [[[0.0, 1.0, 2.0]]]


def test_a_prefix_shows_its_number_first_without_partials(run: Run) -> None:
    value, jacobian = run(lambda x: ph.prefix(9.0, ph.param("p") * x), [1.0, 2.0, 3.0], {"p": 2.0})
    assert value.tolist() == [[9.0, 2.0, 4.0]]
    assert jacobian.tolist() == [[[0.0, 1.0, 2.0]]]


def test_a_table_is_read_along_straight_lines(run: Run) -> None:
    entries = [1.0, 4.0, 2.0, -3.0]
    points = [0.0, 0.5, 1.0, 1.25, 2.9, 3.0, -0.5, 3.5, math.inf, -math.inf, math.nan]
    value, jacobian = run(lambda x: ph.table(entries, x + ph.param("p", -0.0)), points)
    held = np.nan_to_num(np.clip(points, 0.0, 3.0), nan=0.0)
    assert_allclose(value[0], np.interp(held, range(4), entries), rtol=1e-15, atol=0.0)
    assert jacobian[0, 0].tolist() == [3.0, 3.0, -2.0, -2.0, -5.0, -5.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_a_table_of_one_entry_is_that_number(run: Run) -> None:
    value, jacobian = run(lambda x: ph.table([7.0], x + ph.param("p")), [0.0, 0.5, 2.0])
    assert value.tolist() == [[7.0] * 3]
    assert not jacobian.any()


def test_two_tables_in_one_chain_are_kept_apart(run: Run) -> None:
    value, _ = run(lambda x: ph.table([1.0, 2.0], x) + ph.table([10.0, 20.0, 30.0], x), [0.0, 1.0, 2.0])
    assert value.tolist() == [[11.0, 22.0, 32.0]]


def test_a_sum_adds_arguments_lists_and_the_elements_of_vectors(run: Run) -> None:
    for call in (
        lambda x: ph.sum(x, 2.0 * x, 3.0),
        lambda x: ph.sum([x, 2.0 * x, 3.0]),
        lambda x: ph.sum(ph.stack([x, 2.0 * x, 3.0])),
    ):
        assert run(call, [1.0, 2.0])[0].tolist() == [[6.0, 9.0]]
    value, jacobian = run(lambda x: x * ph.sum(ph.param("w", shape=(3,)) ** 2.0), [2.0], {"w": [1.0, 2.0, 3.0]})
    assert value.item() == 28.0
    assert jacobian[:, 0, 0].tolist() == [4.0, 8.0, 12.0]


def test_a_dot_product_has_the_partials_of_both_vectors(run: Run) -> None:
    def chain(x: Any) -> Any:
        a, b = ph.param("a", shape=(3,)), ph.param("b", shape=(3,))
        return x * ph.dot(a, b)

    value, jacobian = run(chain, [2.0], {"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]})
    assert value.item() == 64.0
    assert jacobian[:, 0, 0].tolist() == [8.0, 10.0, 12.0, 2.0, 4.0, 6.0]


def test_a_vector_times_itself_has_twice_its_partials(run: Run) -> None:
    def chain(x: Any) -> Any:
        a = ph.param("a", shape=(3,))
        return x * ph.dot(a, a)

    assert run(chain, [1.0], {"a": [1.0, 2.0, 3.0]})[1][:, 0, 0].tolist() == [2.0, 4.0, 6.0]


def test_an_element_of_a_vector_has_its_own_partial(run: Run) -> None:
    def chain(x: Any) -> Any:
        a = ph.param("a", shape=(3,))
        mixed = a * ph.sum(a)  # each element depends on all of them, and once more on itself
        return x * mixed[1] + 0.0 * a[-1]

    value, jacobian = run(chain, [1.0], {"a": [1.0, 2.0, 3.0]})
    assert value.item() == 12.0
    assert jacobian[:, 0, 0].tolist() == [2.0, 8.0, 2.0]


def test_a_stack_lays_signals_side_by_side(run: Run) -> None:
    def chain(x: Any) -> Any:
        p, q = ph.param("p"), ph.param("q")
        vector = ph.stack([x, p * x, q])
        return ph.dot(vector, [1.0, 10.0, 100.0]) + len(vector)

    value, jacobian = run(chain, [1.0, 2.0], {"p": 3.0, "q": 4.0})
    assert value.tolist() == [[434.0, 465.0]]
    assert jacobian[:, 0].tolist() == [[10.0, 20.0], [100.0, 100.0]]


def test_taps_are_the_newest_samples_first(run: Run) -> None:
    weights = [1.0, 10.0, 100.0]
    value, jacobian = run(
        lambda x: ph.dot(weights, ph.taps(ph.param("p") * x, 3) + 0.0), [1.0, 2.0, 3.0, 4.0], {"p": 1.0}
    )
    assert value.tolist() == [[1.0, 12.0, 123.0, 234.0]]
    assert jacobian[0].tolist() == value.tolist()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 16, 33])
def test_an_fir_filter_is_a_convolution_with_exact_partials(run: Run, count: int) -> None:
    taps = np.random.default_rng(count).uniform(-1.0, 1.0, count)

    def chain(x: Any) -> Any:
        return ph.fir(ph.param("gain") * x, ph.param("taps", shape=(count,)))

    value, jacobian = run(chain, X, {"gain": 0.5, "taps": taps})
    filtered = np.convolve(X, taps)[:FRAMES]
    assert_allclose(value[0], 0.5 * filtered, rtol=0.0, atol=1e-15 * count)
    assert_allclose(jacobian[0, 0], filtered, rtol=0.0, atol=2e-15 * count)
    for k in range(count):
        assert jacobian[1 + k, 0].tolist() == [0.5 * _read(X, n - k) for n in range(FRAMES)]


def test_the_taps_of_an_fir_may_be_functions_of_one_parameter(run: Run) -> None:
    def chain(x: Any) -> Any:
        decay = ph.param("decay")
        return ph.fir(x, [decay**k for k in range(4)])

    _, jacobian = run(chain, [1.0, 0.0, 0.0, 0.0, 0.0], {"decay": 0.5})
    assert jacobian[0, 0].tolist() == [0.0, 1.0, 1.0, 0.75, 0.0]


def test_a_stateful_primitive_of_a_constant_starts_from_silence(run: Run) -> None:
    for call in (lambda: ph.delay(ph.param("p", 1.0) * 0.0 + 1.0, 2), lambda: ph.fir(1.0, [0.0, 0.0, 1.0])):
        assert run(lambda x, c=call: c() + 0.0 * x, np.zeros(4))[0].tolist() == [[0.0, 0.0, 1.0, 1.0]]


def test_the_sample_rate_is_known_to_the_chain(run: Run) -> None:
    assert run(lambda x: x + ph.sample_rate(), [1.0], sample_rate=44_100.0)[0].item() == 44_101.0
