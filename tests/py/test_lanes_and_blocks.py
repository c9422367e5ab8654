"""Lanes do not see each other, and nothing depends on how a recording is cut into blocks: the same bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pyhost as ph

Run = Callable[..., tuple[Any, Any]]
Chain = Callable[[Any], Any]

FRAMES = 130
AUDIO = np.random.default_rng(11).uniform(-1.0, 1.0, (5, FRAMES))
BLOCKS = (1, 7, 64)


def _layer(x: Any) -> Any:
    hidden = ph.tanh(ph.param("w", [0.3, -0.6, 0.9], shape=(3,)) * x + ph.param("b", [0.1, 0.2, 0.3], shape=(3,)))
    return ph.dot(hidden, ph.param("v", [1.0, -1.0, 0.5], shape=(3,))) + hidden[1]


def _echo(x: Any) -> Any:
    length, gain = ph.param("length", 9.4), ph.param("gain", 0.6)
    return ph.feedback(lambda y1: x + gain * ph.delay(y1, length, 30))


def _swap(x: Any) -> Any:
    a, b = ph.feedback(lambda a, b: (b + 0.25 * ph.param("p", 0.5) * x, 0.9 * a))
    return a - b


def _window(x: Any) -> Any:
    taps = ph.taps(x * ph.param("g", 0.7), 9)
    return ph.sum(taps * taps) + ph.dot(taps, x + ph.param("h", [0.1] * 9, shape=(9,)))


def _choice(x: Any) -> Any:
    p = ph.param("p", 0.2)
    return ph.select2(x > p, ph.minimum(x, p), ph.maximum(p * x, ph.mem(x))) + ph.floor(8.0 * x * p)


CHAINS: dict[str, Chain] = {
    "gain": lambda x: x * ph.param("gain", 0.3),
    "constant": lambda x: ph.param("level", 0.3),
    "layer": _layer,
    "echo": _echo,
    "swap": _swap,
    "window": _window,
    "choice": _choice,
    "oscillator": lambda x: x * ph.osc(ph.param("f", 997.0)) + ph.table([0.0, 1.0, -1.0], 2.0 * abs(x)),
    "fir": lambda x: ph.fir(x * ph.param("g", 2.0), ph.param("taps", [0.1, 0.2, 0.3, 0.4, 0.5], shape=(5,))),
    "lowpass": lambda x: ph.lowpass(x, ph.param("cutoff", 440.0, minimum=20.0, maximum=20_000.0)),
    "modulated delay": lambda x: ph.delay(x, 5.0 + 4.0 * ph.param("depth", 0.5) * x, 12, "linear"),
    "prefix": lambda x: ph.prefix(0.5, ph.prefix(0.25, x * ph.param("p", 2.0))),
    "whole delay": lambda x: ph.delay(x * ph.param("g", 2.0), ph.param("v", 3.5), 8, "none"),
}


def _same(found: tuple[Any, Any], wanted: tuple[Any, Any]) -> None:
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_every_channel_has_the_bits_that_it_has_alone(run: Run, name: str, lanes: int) -> None:
    value, jacobian = run(CHAINS[name], AUDIO[:lanes])
    for lane in range(lanes):
        _same((value[lane : lane + 1], jacobian[:, lane : lane + 1]), run(CHAINS[name], AUDIO[lane]))


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("block", BLOCKS)
def test_blocks_of_any_size_give_the_same_bits(run: Run, name: str, block: int) -> None:
    _same(run(CHAINS[name], AUDIO[:2], block=block), run(CHAINS[name], AUDIO[:2]))


# A chain drawn at random: each step makes a new signal from two that are there.
STEPS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a + b,
    lambda a, b: a - 0.5 * b,
    lambda a, b: a * b,
    lambda a, b: a / (2.0 + b * b),
    lambda a, b: ph.sin(a) + b,
    lambda a, b: ph.tanh(a * b),
    ph.maximum,
    lambda a, b: ph.select2(a > b, a, b),
    lambda a, b: ph.mem(a) + b,
    lambda a, b: ph.delay(a, 3.0 + b, 7, "linear"),
    lambda a, b: ph.feedback(lambda y1: a + 0.5 * ph.sin(y1 + b)),
    lambda a, b: ph.feedback(lambda y1, z1: (z1 + a, 0.4 * y1 - 0.1 * b))[0],
    lambda a, b: ph.fir(a, [0.5, 0.25, 0.125]) + ph.dot(ph.taps(b, 3), ph.taps(a, 3)),
    lambda a, b: ph.sum(ph.stack([a, b, a]) * ph.taps(b, 3)),
    lambda a, b: ph.floor(a, straight_through=True) * b + ph.stop_gradient(a),
]

steps = st.lists(
    st.tuples(st.integers(0, len(STEPS) - 1), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=12
)


def _random_chain(plan: list[tuple[int, int, int]]) -> Chain:
    def chain(x: Any) -> Any:
        signals = [x, ph.param("p", 0.3), ph.param("q", -0.6)]
        for step, a, b in plan:
            signals.append(ph.sin(STEPS[step](signals[-1 - a % len(signals)], signals[-1 - b % len(signals)])))
        return signals[-1] + 0.25 * signals[len(signals) // 2]

    return chain


@settings(max_examples=60, deadline=None, derandomize=True)
@given(plan=steps, lanes=st.sampled_from([1, 2, 5]), block=st.sampled_from(BLOCKS))
def test_a_random_chain_depends_on_neither_lanes_nor_blocks(
    run: Run, plan: list[tuple[int, int, int]], lanes: int, block: int
) -> None:
    chain = _random_chain(plan)
    audio = AUDIO[:lanes, :40]
    together = run(chain, audio)
    assert np.isfinite(together[0]).all()
    _same(run(chain, audio, block=block), together)
    for lane in range(lanes):
        alone = run(chain, audio[lane])
        _same((together[0][lane : lane + 1], together[1][:, lane : lane + 1]), alone)


SMOOTH = [0, 1, 2, 3, 4, 5, 8, 10, 11, 12, 13]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(plan=steps.map(lambda plan: [(SMOOTH[s % len(SMOOTH)], a, b) for s, a, b in plan]))
def test_a_random_smooth_chain_has_the_partials_of_its_output(run: Run, plan: list[tuple[int, int, int]]) -> None:
    chain = _random_chain(plan)
    _, jacobian = run(chain, AUDIO[0, :40])
    h = 1e-4
    for row, name in enumerate(("p", "q")):
        at = {"p": 0.3, "q": -0.6}

        def moved(by: float, name: str = name, at: dict[str, float] = at) -> Any:
            return run(chain, AUDIO[0, :40], at | {name: at[name] + by})[0]

        coarse = (moved(2 * h) - moved(-2 * h)) / (4.0 * h)
        fine = (moved(h) - moved(-h)) / (2.0 * h)
        np.testing.assert_allclose(jacobian[row], (4.0 * fine - coarse) / 3.0, rtol=1e-6, atol=1e-8)
