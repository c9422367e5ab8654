"""Networks, and the way back through them: the same gradients as forwards, at every depth and shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pyhost as ph
from pyhost.compile import lower as lowering
from pyhost.compile import reverse
from pyhost.learn.parameters import Parameters

RATE = 48_000
ACTIVATIONS = ["identity", "relu", "sigmoid", "softplus", "tanh"]
SHAPES = [(1, 3, 1), (1, 2, 3, 1), (1, 4, 2, 1), (1, 2, 5, 1), (4, 16, 16, 1)]

Chain = Callable[[ph.Signal], ph.Signal]


def network(shape: tuple[int, ...], activation: Any) -> Chain:
    """A network of layers; the inputs beyond the first are the signal's past."""

    def chain(x: ph.Signal) -> ph.Signal:
        values = ph.taps(x, shape[0])
        for depth, units in enumerate(shape[1:]):
            last = depth == len(shape) - 2
            values = ph.nn.dense(values, units, "identity" if last else activation, name=f"layer{depth}")
        return values

    return chain


def moved(chain: Chain, seed: int = 1) -> dict[str, Any]:
    """Parameter values somewhere off their start."""
    parameters = Parameters(ph.compile(chain).parameters)
    values = parameters.values_array()
    return parameters.named(values + 0.2 * np.random.default_rng(seed).normal(size=values.size))


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cone is turned round, whether it pays or not."""
    monkeypatch.setattr(reverse, "ADVANTAGE", 0.0)


def jacobian(chain: Chain, x: np.ndarray, parameters: dict[str, Any]) -> np.ndarray:
    return ph.value_and_jacobian(chain, x, sample_rate=RATE, parameters=parameters)[1]


def forwards(chain: Chain, x: np.ndarray, parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    with monkeypatch.context() as patch:
        patch.setattr(lowering, "reversed_cones", lambda ops, output: (list(ops), output))
        return jacobian(chain, x, parameters)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(map(str, shape)))
def test_network_gradients_equal_central_differences(shape: tuple[int, ...], activation: str) -> None:
    chain = network(shape, activation)
    x = ph.noise(6)
    at = moved(chain)
    found = jacobian(chain, x, at)[:, 0]
    row = 0
    for name, value in at.items():
        for k in range(np.size(value)):
            if k % max(np.size(value) // 12, 1) == 0:  # a dozen of each parameter
                step = np.zeros(np.size(value))
                step[k] = 1e-5
                high, low = (
                    ph.value_and_jacobian(chain, x, sample_rate=RATE, parameters={**at, name: value + sign * step})[0]
                    for sign in (1, -1)
                )
                expected = (high - low)[0] / 2e-5
                np.testing.assert_allclose(found[row + k], expected, rtol=1e-6, atol=1e-8)
        row += np.size(value)
    assert np.abs(found).max() > 0.01


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(map(str, shape)))
def test_backwards_gives_what_forwards_gives(
    shape: tuple[int, ...], activation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = network(shape, activation)
    x = ph.noise(60).reshape(2, 30)
    at = moved(chain)
    np.testing.assert_allclose(jacobian(chain, x, at), forwards(chain, x, at, monkeypatch), rtol=1e-12, atol=1e-15)


# Each within its domain and bounded: what is compared is the way, not what becomes of infinities on it.
UNARY = [
    ph.sin,
    ph.cos,
    ph.atan,
    ph.tanh,
    abs,
    ph.floor,
    lambda u: -u,
    ph.stop_gradient,
    lambda u: ph.round(u, straight_through=True),
    lambda u: ph.tan(ph.tanh(u)),
    lambda u: ph.asin(0.9 * ph.tanh(u)),
    lambda u: ph.acos(0.9 * ph.tanh(u)),
    lambda u: ph.exp(-abs(u)),
    lambda u: ph.log(abs(u) + 0.1),
    lambda u: ph.log10(abs(u) + 0.1),
    lambda u: ph.sqrt(abs(u)),
]
BINARY = [
    lambda u, v: u + v,
    lambda u, v: u - v,
    lambda u, v: ph.tanh(u) * v,
    lambda u, v: u / (abs(v) + 0.2),
    lambda u, v: (abs(ph.tanh(u)) + 0.1) ** ph.tanh(v),
    ph.minimum,
    ph.maximum,
    lambda u, v: ph.select2(u > v, u, v),
    lambda u, v: u * (u < v),
]


@st.composite
def expressions(draw: st.DrawFn) -> Chain:
    """Random chains of every operation with a way back, over vectors, slices, sums, dot products and some memory."""
    steps = draw(
        st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)), min_size=4, max_size=14)
    )

    def chain(x: ph.Signal) -> ph.Signal:
        taps = ph.param("taps", [0.3, -0.4, 0.7])
        known = [x, ph.param("a", 0.6), ph.onepole(x, ph.param("b", 0.2)), taps, ph.stack([x, 0.5, ph.param("c", 0.4)])]
        for kind, first, second in steps:
            u, v = known[first % len(known)], known[second % len(known)]
            if kind < 45:
                known.append(BINARY[kind % len(BINARY)](u, v))
            elif kind < 80:
                known.append(UNARY[kind % len(UNARY)](u))
            elif kind < 90:
                known.append(ph.sum(u) if kind % 2 else ph.dot(u, v) if u.width == v.width else ph.sum(v))
            else:
                known.append(u[kind % u.width] if kind % 2 else u[: max(1, u.width - 1)])
            if known[-1].width == 2:
                known[-1] = ph.sum(known[-1])
        return ph.sum(known[-1]) + ph.sum(known[-2]) * ph.sum(known[-3])

    return chain


@settings(max_examples=100, deadline=None, derandomize=True)
@given(chain=expressions())
def test_backwards_gives_what_forwards_gives_on_random_chains(chain: Chain) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reverse, "ADVANTAGE", 0.0)
        x = 0.1 + 0.4 * np.abs(ph.noise(8).reshape(2, 4))
        back, forth = jacobian(chain, x, {}), forwards(chain, x, {}, patch)
        np.testing.assert_allclose(back, forth, rtol=1e-10, atol=1e-10 * np.abs(forth).max())


def test_many_weights_are_taken_backwards_and_few_are_not() -> None:
    def cost(shape: tuple[int, ...]) -> float:
        """Rows that are carried, per weight."""
        program = ph.compile(network(shape, "tanh"))
        tape = lowering.lower(program, RATE, 1)
        return sum(op.rows.count() * op.width for op in tape.ops) / program.scalars

    small = ph.compile(lambda x: ph.tanh(x * ph.param("a", 1.0)) + ph.param("b", 0.0))
    assert len(lowering.lower(small, RATE, 1).ops) == len(small.ops)
    assert cost((4, 32, 32, 1)) < 1.5 * cost((4, 16, 16, 1)) < 25  # forwards it would be 80 and 150


def test_what_is_not_learned_is_not_taken_backwards() -> None:
    program = ph.compile(network((4, 16, 16, 1), "tanh"))
    assert len(lowering.lower(program, RATE, 1, learned=()).ops) == len(program.ops)


def test_a_network_inside_a_chain_learns_a_waveshaper() -> None:
    def chain(x: ph.Signal) -> ph.Signal:
        hidden = ph.nn.dense(ph.onepole(x, 0.5), 6, "tanh", name="hidden")
        return ph.lowpass(ph.nn.dense(hidden, 1, "identity", name="out"), 4000.0)

    def truth(x: ph.Signal) -> ph.Signal:
        return ph.lowpass(ph.tanh(2.0 * ph.onepole(x, 0.5)), 4000.0)

    learner = ph.Learner(chain, loss=ph.MSE(1), optimizer=ph.SGD(0.05))
    learner.learn(ph.noise(40_000), truth, sample_rate=RATE, passes=10)
    assert learner.best_decibels < -35


def test_weights_start_at_random_but_always_the_same() -> None:
    first, second = (ph.compile(network((1, 3, 1), "tanh")).parameters for _ in range(2))
    assert first == second
    weights = first[0].default
    assert len(set(weights)) == 3
    zeros = ph.compile(lambda x: ph.nn.dense(x, 2, start="zeros")[0]).parameters[0].default
    assert zeros == (0.0, 0.0)


def test_activations_are_safe_far_out() -> None:
    for name in ACTIVATIONS:
        chain = network((1, 1, 1), name)
        at = {"layer0_weights": [1.0], "layer0_bias": [0.0], "layer1_weights": [1.0], "layer1_bias": [0.0]}
        value, partials = ph.value_and_jacobian(chain, [-800.0, 0.0, 800.0], sample_rate=RATE, parameters=at)
        assert np.isfinite(value).all()
        assert np.isfinite(partials).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: ph.nn.dense(x, 0), "units must be"),
        (lambda x: ph.nn.dense(x, 2, "tanhh"), "did you mean 'tanh'"),
        (lambda x: ph.nn.dense(x, 1, start="ones"), "'random' or 'zeros'"),
        (lambda x: ph.nn.dense(ph.nn.dense(x, 2), 1), "twice with different settings"),
        (lambda x: ph.stack([x, x, x])[::2], "no run of neighbours"),
        (lambda x: ph.stack([x, x, x])[2:2], "no run of neighbours"),
    ],
)
def test_a_wrong_layer_or_slice_gives_one_clear_error(make: Chain, message: str) -> None:
    with pytest.raises(ph.InputError, match=message):
        ph.compile(make)
