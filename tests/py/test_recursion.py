"""Sensitivities of recursive chains against central differences of the whole rendered signal."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.compile.program import Program
from pyhost.compile.rows import Rows

Run = Callable[..., tuple[Any, Any]]
Chain = Callable[[Any], Any]

FRAMES = 600
TOLERANCE = 1e-8


@dataclass(frozen=True)
class Case:
    """A recursive chain, and where its sensitivities are measured.

    `widths` are the steps of the differences, one for each scalar parameter: wide enough that the rounding of the
    rendered signal is small beside its change, narrow enough that the fourth order that remains is, too.
    """

    name: str
    chain: Chain
    parameters: dict[str, Any]
    widths: tuple[float, ...]


def _one_pole(x: Any) -> Any:
    return ph.onepole(x, ph.param("pole"))


def _biquad(x: Any) -> Any:
    b0, b1, b2 = (ph.param(name) for name in ("b0", "b1", "b2"))
    a1, a2 = ph.param("a1"), ph.param("a2")
    driven = b0 * x + b1 * ph.mem(x) + b2 * ph.mem(ph.mem(x))
    return ph.feedback(lambda y1: driven - a1 * y1 - a2 * ph.mem(y1))


def _nested(x: Any) -> Any:
    inner, outer = ph.param("inner"), ph.param("outer")
    return ph.feedback(lambda y1: ph.feedback(lambda z1: ph.tanh(x + outer * y1 + inner * z1)))


def _coupled(x: Any) -> Any:
    angle, damping = ph.param("angle"), ph.param("damping")
    c, s = damping * ph.cos(angle), damping * ph.sin(angle)
    real, imaginary = ph.feedback(lambda a, b: (x + c * a - s * b, s * a + c * b))
    return real + 0.5 * imaginary


def _state_variable(x: Any) -> Any:
    f = 2.0 * ph.sin(math.pi * ph.param("cutoff") / ph.sample_rate())
    q = ph.param("damping")

    def body(low1: Any, band1: Any) -> tuple[Any, Any]:
        low = low1 + f * band1
        high = x - low - q * band1
        return low, band1 + f * high

    low, band = ph.feedback(body)
    return low + 0.25 * band


def _phasor(x: Any) -> Any:
    # the jump of the wrap itself has no derivative: what is measured is smooth across it
    phase = ph.phasor(ph.param("frequency"))
    return ph.cos(2.0 * math.pi * phase) + 0.0 * x


def _osc(x: Any) -> Any:
    return ph.osc(ph.param("frequency")) * x


def _lowpass(x: Any) -> Any:
    return ph.lowpass(x, ph.param("cutoff", 440.0, minimum=20.0, maximum=20_000.0, scale="log"))


def _comb(x: Any) -> Any:
    gain, length = ph.param("gain"), ph.param("length")
    return ph.feedback(lambda y1: x + gain * ph.delay(y1, length, 40))


def _karplus(x: Any) -> Any:
    length, damping, loss = ph.param("length"), ph.param("damping"), ph.param("loss")

    def body(y1: Any) -> Any:
        back = ph.delay(y1, length, 60, "linear")
        return x + loss * ((1.0 - damping) * back + damping * ph.mem(back))

    return ph.feedback(body)


CASES = [
    Case("one-pole", _one_pole, {"pole": 0.9}, (1e-4,)),
    Case("slow one-pole", _one_pole, {"pole": 0.999}, (2e-5,)),
    Case("growing one-pole", _one_pole, {"pole": 1.01}, (2e-5,)),
    Case("biquad", _biquad, {"b0": 0.4, "b1": -0.2, "b2": 0.1, "a1": -1.2, "a2": 0.7}, (0.1, 0.1, 0.1, 3e-4, 3e-4)),
    Case("nested feedback", _nested, {"inner": 0.5, "outer": 0.3}, (1e-3, 1e-3)),
    Case("coupled oscillator", _coupled, {"angle": 0.3, "damping": 0.97}, (1e-4, 1e-4)),
    Case("state-variable filter", _state_variable, {"cutoff": 900.0, "damping": 0.3}, (1.0, 1e-3)),
    Case("phasor", _phasor, {"frequency": 997.0}, (0.1,)),
    Case("oscillator", _osc, {"frequency": 440.0}, (0.1,)),
    Case("lowpass", _lowpass, {"cutoff": 440.0}, (2.0,)),
    Case("comb", _comb, {"gain": 0.7, "length": 17.3}, (1e-3, 1e-4)),
    Case("Karplus-Strong", _karplus, {"length": 31.4, "damping": 0.4, "loss": 0.95}, (1e-3, 1e-3, 1e-3)),
]


def _moved(parameters: dict[str, Any], name: str, by: float) -> dict[str, Any]:
    return parameters | {name: parameters[name] + by}


def _difference(run: Run, case: Case, x: Any, name: str, width: float) -> Any:
    """Return the central difference of the rendered signal, with one Richardson step."""

    def central(h: float) -> Any:
        high, low = (run(case.chain, x, _moved(case.parameters, name, by))[0] for by in (h, -h))
        return (high - low) / (2.0 * h)

    return (4.0 * central(width / 2.0) - central(width)) / 3.0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_recursion_s_sensitivities_are_central_differences_of_its_output(run: Run, case: Case) -> None:
    x = ph.noise(FRAMES)
    _, jacobian = run(case.chain, x, case.parameters)
    order = [spec.name for spec in ph.compile(case.chain).parameters]
    assert len(order) == len(case.widths)
    for row, name, width in zip(jacobian, order, case.widths, strict=True):
        found = _difference(run, case, x, name, width)
        assert np.abs(row).max() > 1e-5  # per Hz for a frequency, so small
        assert np.abs(row - found).max() <= TOLERANCE * np.abs(found).max(), name


def test_the_sensitivity_of_a_one_pole_s_impulse_response_is_that_of_its_powers(run: Run) -> None:
    n = np.arange(40)
    value, jacobian = run(_one_pole, (n == 0).astype(float), {"pole": 0.75})
    assert np.allclose(value[0], 0.75**n, rtol=1e-14, atol=0.0)
    assert np.allclose(jacobian[0, 0], n * 0.75 ** (n - 1.0), rtol=1e-13, atol=0.0)


def test_a_recursion_starts_at_zero_in_value_and_partials(run: Run) -> None:
    value, jacobian = run(lambda x: ph.feedback(lambda y1: x + ph.param("p") * y1), [0.5, 0.25], {"p": 3.0})
    assert value.tolist() == [[0.5, 1.75]]
    assert jacobian.tolist() == [[[0.0, 0.5]]]


def test_a_phase_s_partial_grows_evenly_across_the_wrap(run: Run) -> None:
    _, jacobian = run(lambda x: ph.phasor(ph.param("f")) + 0.0 * x, np.zeros(200), {"f": 11_987.0})
    assert np.allclose(jacobian[0, 0], np.arange(1, 201) / 48_000.0, rtol=1e-13, atol=0.0)


def test_a_delay_at_least_a_sample_long_may_stand_in_a_feedback(run: Run) -> None:
    value, jacobian = run(
        lambda x: ph.feedback(lambda y1: x + ph.param("g") * ph.delay(y1, 2)), [1.0] + [0.0] * 6, {"g": 0.5}
    )
    assert value.tolist() == [[1.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.25]]
    assert jacobian.tolist() == [[[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]]]


def _active(program: Program, name: str) -> list[Rows]:
    return [op.rows for op in program.ops if op.name == name]


def test_a_parameter_that_cannot_reach_a_recursion_costs_nothing_there() -> None:
    def chain(x: Any) -> Any:
        p, q = ph.param("p"), ph.param("q")
        return q * ph.tanh(ph.onepole(ph.sin(x), p))

    program = ph.compile(chain)
    assert _active(program, "sin") == [Rows()]
    assert _active(program, "memory") == [Rows(((0, 1),))]
    assert _active(program, "tanh") == [Rows(((0, 1),))]
    assert program.ops[program.output].rows == Rows(((0, 2),))


def test_a_recursion_without_parameters_carries_no_partials() -> None:
    program = ph.compile(lambda x: ph.param("p") * ph.onepole(x, 0.5))
    assert _active(program, "memory") == [Rows()]
    assert program.ops[program.output].rows == Rows(((0, 1),))


def test_a_parameter_that_enters_late_in_a_loop_reaches_the_whole_loop() -> None:
    program = ph.compile(lambda x: ph.feedback(lambda a, b: (b + x, ph.param("p") * a))[0])
    assert _active(program, "memory") == [Rows(((0, 1),))] * 2


def test_a_parameter_in_a_chain_of_memories_reaches_them_all() -> None:
    def chain(x: Any) -> Any:
        y = x * ph.param("p")
        for _ in range(5):
            y = ph.mem(y)
        return y

    assert _active(ph.compile(chain), "memory") == [Rows(((0, 1),))] * 5


def test_where_the_gradient_is_stopped_a_recursion_carries_no_partials(run: Run) -> None:
    def chain(x: Any) -> Any:
        return ph.onepole(x, ph.stop_gradient(ph.param("p")))

    assert _active(ph.compile(chain), "memory") == [Rows()]
    value, jacobian = run(chain, [1.0, 0.0, 0.0], {"p": 0.5})
    assert value.tolist() == [[1.0, 0.5, 0.25]]
    assert not jacobian.any()
