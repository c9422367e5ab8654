"""From a chain to a program: what is written down, what is shared, what is dropped, and in which order it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.compile.lower import lower
from pyhost.compile.program import Program
from pyhost.compile.rows import Rows

Run = Callable[..., tuple[Any, Any]]


def _names(program: Program) -> list[str]:
    return [op.name for op in program.ops]


def test_a_program_is_printed_with_its_active_parameters() -> None:
    def chain(x: Any) -> Any:
        taps = ph.param("taps", shape=(3,))
        gain = ph.param("gain", 1.0)
        late = ph.delay(x, gain, 10)
        return gain * ph.fir(late, taps) + ph.prefix(0.5, x) + ph.floor(x, straight_through=True) + 0.1

    assert str(ph.compile(chain)) == "\n".join(
        [
            "program chain: 12 registers, 1 input, 4 parameters",
            "  %0 = parameter gain                                ∂ gain",
            "  %1 = parameter [3] taps                            ∂ diag(taps[0]…taps[2])",
            "  %2 = input 0",
            "  %3 = delay %2 %0 at most 10, lagrange3             ∂ gain",
            "  %4 = convolve %1 %3                                ∂ taps[0]…gain",
            "  %5 = multiply %0 %4                                ∂ taps[0]…gain",
            "  %6 = memory %2 starting at 0.5",
            "  %7 = add %5 %6                                     ∂ taps[0]…gain",
            "  %8 = floor %2 straight through",
            "  %9 = add %7 %8                                     ∂ taps[0]…gain",
            "  %10 = constant 0.10000000000000001",
            "  %11 = add %9 %10                                   ∂ taps[0]…gain",
            "  return %11",
        ]
    )


def test_equal_expressions_are_computed_once() -> None:
    program = ph.compile(lambda x: ph.sin(x * 2.0) + ph.sin(x * 2.0) * ph.sin(x * 3.0))
    assert _names(program).count("sin") == 2
    assert _names(program).count("input") == 1


def test_constants_that_differ_in_sign_alone_are_kept_apart(run: Run) -> None:
    value, _ = run(lambda x: ph.atan2(0.0, x) + ph.atan2(-0.0, x), [-1.0])
    assert value.item() == 0.0
    value, _ = run(lambda x: ph.atan2(ph.prefix(0.0, x), x) + ph.atan2(ph.prefix(-0.0, x), x), [-1.0])
    assert value.item() == 0.0
    value, _ = run(lambda x: ph.atan2(ph.table([0.0], x), x) + ph.atan2(ph.table([-0.0], x), x), [-1.0])
    assert value.item() == 0.0


def test_the_same_function_with_other_settings_is_another_one() -> None:
    def chain(x: Any) -> Any:
        return (
            ph.delay(x, 3) + ph.delay(x, 3, 5) + ph.delay(x, 3, 5, "linear")
            + ph.floor(x) + ph.floor(x, straight_through=True)
            + ph.table([1.0, 2.0], x) + ph.table([1.0, 3.0], x)
        )  # fmt: skip

    names = _names(ph.compile(chain))
    assert (names.count("delay"), names.count("floor"), names.count("table")) == (3, 2, 2)


def test_what_the_output_does_not_need_is_dropped() -> None:
    def chain(x: Any) -> Any:
        _unused = ph.onepole(ph.exp(x), ph.param("unused"))
        first, _second = ph.feedback(lambda a, b: (x + 0.5 * a, ph.cos(a) + b))
        return first

    program = ph.compile(chain)
    assert "exp" not in _names(program)
    assert "cos" not in _names(program)
    assert _names(program).count("memory") == 1
    assert [spec.name for spec in program.parameters] == ["unused"]


def test_an_unused_parameter_keeps_its_place_and_has_no_partials(run: Run) -> None:
    def chain(x: Any) -> Any:
        ph.param("unused")
        return x * ph.param("used")

    _, jacobian = run(chain, [2.0], {"used": 3.0})
    assert jacobian[:, 0, 0].tolist() == [0.0, 2.0]


def test_parameters_are_in_the_order_in_which_the_chain_asks_for_them() -> None:
    def chain(x: Any) -> Any:
        last, first = ph.param("z"), ph.param("a", shape=(2,))
        return x * ph.param("m") + ph.sum(first) * last + ph.param("z")

    program = ph.compile(chain)
    assert [spec.name for spec in program.parameters] == ["z", "a", "m"]
    assert [program.offset(name) for name in ("z", "a", "m")] == [0, 1, 3]
    assert program.scalars == 4
    with pytest.raises(KeyError):
        program.offset("q")


def test_asking_twice_for_a_name_gives_the_same_parameter(run: Run) -> None:
    value, jacobian = run(lambda x: ph.param("p") * x + ph.param("p"), [2.0], {"p": 3.0})
    assert value.item() == 9.0
    assert jacobian[:, 0, 0].tolist() == [3.0]


def test_asking_twice_with_other_settings_is_an_error() -> None:
    with pytest.raises(ph.ParameterError, match="parameter 'p' is asked for twice with different settings"):
        ph.compile(lambda x: ph.param("p") * x + ph.param("p", 1.0))


def test_a_dot_product_with_taps_is_a_convolution_on_either_side() -> None:
    for chain in (
        lambda x: ph.dot(ph.param("h", shape=(4,)), ph.taps(x, 4)),
        lambda x: ph.dot(ph.taps(x, 4), ph.param("h", shape=(4,))),
    ):
        names = _names(ph.compile(chain))
        assert "convolve" in names
        assert not {"taps", "dot"} & set(names)


def test_taps_that_are_used_otherwise_too_stay() -> None:
    def chain(x: Any) -> Any:
        window = ph.taps(x, 4)
        return ph.dot(ph.param("h", shape=(4,)), window) + ph.sum(window)

    assert {"taps", "convolve"} <= set(_names(ph.compile(chain)))


def test_weights_that_depend_on_the_input_are_no_convolution(run: Run) -> None:
    def chain(x: Any) -> Any:
        return ph.dot(ph.param("h", shape=(2,)) * x, ph.taps(x, 2))

    assert "convolve" not in _names(ph.compile(chain))
    value, jacobian = run(chain, [[1.0, 2.0], [3.0, 5.0]], {"h": [10.0, 100.0]})
    assert value.tolist() == [[10.0, 240.0], [90.0, 1750.0]]
    assert jacobian.tolist() == [[[1.0, 4.0], [9.0, 25.0]], [[0.0, 2.0], [0.0, 15.0]]]


def test_a_memory_of_a_memory_is_two_samples_late(run: Run) -> None:
    value, jacobian = run(lambda x: ph.mem(ph.mem(ph.param("p") * x)), [1.0, 2.0, 3.0, 4.0], {"p": 1.0})
    assert value.tolist() == [[0.0, 0.0, 1.0, 2.0]]
    assert jacobian[0].tolist() == value.tolist()


def test_a_line_of_memories_shifts_by_its_length(run: Run) -> None:
    def chain(x: Any) -> Any:
        y = ph.param("p", 1.0) * x
        for k in range(10):
            y = ph.prefix(float(-k), y)
        return y

    value, jacobian = run(chain, np.arange(1.0, 16.0))
    assert value[0].tolist() == [*range(-9, 1), 1.0, 2.0, 3.0, 4.0, 5.0]
    assert jacobian[0, 0].tolist() == [0.0] * 10 + [1.0, 2.0, 3.0, 4.0, 5.0]


def test_signals_that_swap_places_in_a_feedback_do_so_at_once(run: Run) -> None:
    def chain(x: Any) -> Any:
        a, _ = ph.feedback(lambda a, b: (b, a + ph.param("p") * x))
        return a

    # a[n] = b[n−1], b[n] = a[n−1] + x[n]: every other input is summed, one sample late
    value, jacobian = run(chain, [1.0, 10.0, 100.0, 1000.0, 0.0], {"p": 1.0})
    assert value.tolist() == [[0.0, 1.0, 10.0, 101.0, 1010.0]]
    assert jacobian[0].tolist() == value.tolist()


def test_a_ring_of_memories_alone_turns_its_first_values(run: Run) -> None:
    def chain(x: Any) -> Any:
        a, b, _ = ph.feedback(lambda a, b, c: (b + x, c, a))
        return a + 10.0 * b

    assert run(chain, [1.0, 0.0, 0.0, 0.0, 0.0])[0].tolist() == [[1.0, 0.0, 10.0, 1.0, 0.0]]


def test_two_memories_of_one_signal_are_one() -> None:
    def chain(x: Any) -> Any:
        y = ph.sin(x)
        return ph.mem(y) + 2.0 * ph.mem(y) + ph.prefix(1.0, y)

    assert _names(ph.compile(chain)).count("memory") == 2


def test_a_vector_parameter_stays_a_band_through_elementwise_work(run: Run) -> None:
    def chain(x: Any) -> Any:
        w, b = ph.param("w", shape=(3,)), ph.param("b", shape=(3,))
        return ph.sum(ph.tanh(w * x + b) * [1.0, 2.0, 3.0])

    program = ph.compile(chain)
    tanh = next(op for op in program.ops if op.name == "tanh")
    assert tanh.rows == Rows(bands=(0, 3))
    assert program.ops[program.output].rows == Rows(runs=((0, 6),))
    x, w, b = 0.7, np.array([0.1, -0.2, 0.3]), np.array([0.4, 0.5, -0.6])
    value, jacobian = run(chain, [x], {"w": w, "b": b})
    slope = np.array([1.0, 2.0, 3.0]) * (1.0 - np.tanh(w * x + b) ** 2)
    assert value.item() == pytest.approx(np.dot(np.tanh(w * x + b), [1.0, 2.0, 3.0]), rel=1e-15)
    np.testing.assert_allclose(jacobian[:, 0, 0], [*(slope * x), *slope], rtol=1e-14)


def test_a_scalar_parameter_in_a_vector_is_a_dense_row() -> None:
    program = ph.compile(lambda x: ph.sum(ph.param("w", shape=(3,)) * ph.param("g") * x))
    product = [op for op in program.ops if op.name == "multiply"]
    assert [op.rows for op in product] == [Rows(runs=((3, 1),), bands=(0,))] * 2


def test_parameters_that_are_not_learned_have_no_rows() -> None:
    def chain(x: Any) -> Any:
        return x * ph.param("a") + ph.param("b")

    tape = lower(ph.compile(chain), 48_000.0, 1, learned={"b"})
    assert [op.rows for op in tape.ops] == [Rows(), Rows(), Rows(), Rows(((1, 1),)), Rows(((1, 1),))]


def test_a_chain_of_five_thousand_steps_compiles_and_runs(run: Run) -> None:
    def chain(x: Any) -> Any:
        p = ph.param("p")
        for _ in range(5000):
            x = x + p
        return x

    value, jacobian = run(chain, [1.0], {"p": 2.0})
    assert value.item() == 10_001.0
    assert jacobian.item() == 5000.0


def test_a_line_of_a_thousand_memories_compiles_and_runs(run: Run) -> None:
    def chain(x: Any) -> Any:
        y = ph.param("p") * x
        for _ in range(1000):
            y = ph.mem(y)
        return y

    value, jacobian = run(chain, np.ones(1001), {"p": 2.0})
    assert value[0, -2:].tolist() == [0.0, 2.0]
    assert jacobian[0, 0, -2:].tolist() == [0.0, 1.0]


def test_numbers_and_arrays_of_numpy_combine_with_signals_on_either_side(run: Run) -> None:
    taps = np.array([1.0, 10.0])
    for chain, wanted in (
        (lambda x: np.float64(3.0) * x, [6.0, 12.0]),
        (lambda x: x * np.float32(0.5) + np.int64(1), [2.0, 3.0]),
        (lambda x: np.float64(3.0) < x, [0.0, 1.0]),
        (lambda x: np.float64(1.0) - x, [-1.0, -3.0]),
        (lambda x: np.float64(5.0) % x, [1.0, 1.0]),
        (lambda x: ph.sum(taps * ph.taps(x, 2)), [2.0, 24.0]),
        (lambda x: ph.sum(ph.taps(x, 2) * taps), [2.0, 24.0]),
        (lambda x: ph.sum(taps - x), [7.0, 3.0]),
    ):
        assert run(chain, [2.0, 4.0])[0].tolist() == [wanted]


def test_a_chain_of_several_inputs_takes_them_in_order(run: Run) -> None:
    value, _ = run(lambda a, b: a - 2.0 * b, [[1.0], [2.0], [10.0], [20.0]], inputs=2)
    assert value.tolist() == [[-19.0], [-38.0]]


def test_a_chain_may_ignore_its_input(run: Run) -> None:
    value, jacobian = run(lambda x: ph.param("p"), np.zeros((2, 3)), {"p": 4.0})
    assert value.tolist() == [[4.0] * 3] * 2
    assert jacobian.tolist() == [[[1.0] * 3] * 2]
    assert run(lambda x: 3, np.zeros(2))[0].tolist() == [[3.0, 3.0]]


def test_a_slice_of_a_parameter_keeps_a_band_of_its_own() -> None:
    def chain(x: ph.Signal) -> ph.Signal:
        weights = ph.param("weights", [1.0, 2.0, 3.0, 4.0, 5.0])
        return ph.dot(weights[1:4], ph.taps(x, 3)) + x * ph.sum(weights[:2])

    program = ph.compile(chain)
    bands = [op.rows.bands for op in program.ops if op.name == "index"]
    assert bands == [(1,), (0,)]
    x = ph.noise(5)
    value, jacobian = ph.value_and_jacobian(chain, x, sample_rate=48_000)
    past = np.stack([np.concatenate([np.zeros(k), x[: 5 - k]]) for k in range(3)])
    np.testing.assert_allclose(value[0], np.array([2.0, 3.0, 4.0]) @ past + 3.0 * x, rtol=1e-14)
    np.testing.assert_allclose(jacobian[:, 0], [x, past[0] + x, past[1], past[2], np.zeros(5)], rtol=1e-14)
