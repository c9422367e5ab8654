"""Recursive filters that stay stable while they are learned: held coefficients, and sections in a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost.graph.lattice import start_sections
from pyhost.learn.optimizers import Optimizer

Array = NDArray[np.float64]
RATE = 48_000


def white(frames: int, seed: int) -> Array:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, frames)


def held(order: int, taps: int = 1) -> Any:
    """Return a chain of free coefficients whose poles are held."""

    def chain(x: ph.Signal) -> ph.Signal:
        return ph.iir(x, ph.param("b", shape=(taps,)), ph.param("a", shape=(order,), stable=True))

    return chain


def radius(a: Array) -> float:
    return float(np.abs(np.roots(np.concatenate([[1.0], -a]))).max())


def target_of(x: Array, b: list[float], a: list[float]) -> Array:
    return np.asarray(ph.value_and_jacobian(lambda s: ph.iir(s, b, a), x, sample_rate=RATE)[0][0])


@pytest.mark.parametrize("pole", [0.9, 0.98, 0.999, -0.999])
@pytest.mark.parametrize("seed", range(4))
def test_a_pole_near_one_is_found_without_bounds(pole: float, seed: int) -> None:
    x = white(8000, seed)
    chain = ph.chain('iir(b=[1], a=1, poles="held")')
    learner = ph.Learner(chain, loss=ph.MSE(1), optimizer=ph.GaussNewton())
    learner.parameters["b"].locked = True
    learner.learn(x, target_of(x, [1.0], [pole]), sample_rate=RATE, evaluate=False, align="off")
    assert learner.parameters["a"].value == pytest.approx(np.array([pole]), rel=1e-3)


def test_five_coefficients_are_found_as_if_they_were_free() -> None:
    x, b, a = white(4000, 1), [1.0, 0.3, -0.2], [0.6, -0.25]
    learner = ph.Learner(held(2, 3), loss=ph.MSE(1), optimizer=ph.GaussNewton())
    learner.learn(x, target_of(x, b, a), sample_rate=RATE, evaluate=False, align="off")
    np.testing.assert_allclose(learner.parameters["b"].value, b, atol=1e-6)
    np.testing.assert_allclose(learner.parameters["a"].value, a, atol=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [ph.SGD(0.3), ph.Momentum(0.1), ph.Adam(0.05), ph.RMSProp(0.05), ph.NLMS(0.9), ph.GaussNewton(initial=1e6)],
    ids=lambda optimizer: optimizer.kind,
)
@pytest.mark.parametrize("order", [1, 2, 5])
def test_no_step_of_any_optimizer_leaves_the_region_of_stability(optimizer: Optimizer, order: int) -> None:
    """The target is louder than any such filter makes it: all of them are drawn to the edge."""
    x = white(1500, order)
    learner = ph.Learner(held(order), loss=ph.MSE(1), optimizer=optimizer)
    trace = learner.learn(x, np.cumsum(x) * 20.0, sample_rate=RATE, record=True, evaluate=False, align="off")
    radii = np.array([radius(a) for a in trace.parameters["a"][::7]])
    assert radii.max() < 1.0
    assert np.isfinite(trace.loss).all()
    if not isinstance(optimizer, ph.RMSProp):
        assert radii.max() > 0.5


def test_a_million_updates_in_changing_weather_stay_stable() -> None:
    random = np.random.default_rng(2)
    blocks = []
    for kind in random.integers(5, size=2000):
        noise = random.uniform(-1.0, 1.0, 500)
        quiet = np.where(np.arange(500) < 250, noise, 0.0)
        blocks.append([noise, quiet, np.sign(noise), 1e-6 * noise, 0.0 * noise][kind])
    x = np.concatenate(blocks)
    t = np.concatenate([blocks[place] for place in random.permutation(len(blocks))])
    learner = ph.Learner(held(3, 2), loss=ph.MSE(1), optimizer=ph.GaussNewton())
    trace = learner.learn(x, t, sample_rate=RATE, record=100, evaluate=False, align="off")
    assert trace.frames == 1_000_000
    assert np.isfinite(trace.loss).all()
    assert max(radius(a) for a in trace.parameters["a"]) < 1.0


def test_a_start_that_is_not_stable_is_drawn_in_at_the_first_step() -> None:
    x = white(100, 3)
    learner = ph.Learner(held(2), loss=ph.MSE(1), optimizer=ph.SGD(1e-3))
    learner.parameters["a"].value = [2.5, -1.6]
    trace = learner.learn(x, x, sample_rate=RATE, record=True, evaluate=False, align="off")
    assert radius(trace.parameters["a"][0]) > 1.2
    assert radius(trace.parameters["a"][1]) < 1.0
    first, second = (np.angle(np.roots([1.0, *-a])).max() for a in trace.parameters["a"][:2])
    assert second == pytest.approx(first, abs=0.01)


def test_what_is_kept_stable_takes_no_bounds_and_is_not_long() -> None:
    match = (
        r"^parameter 'a': stable=True is for the coefficients of a recursion, 64 at most and without bounds, not for "
    )
    with pytest.raises(ph.ParameterError, match=match + r"2 from -1 to inf$"):
        ph.compile(lambda x: ph.iir(x, [1.0], ph.param("a", shape=(2,), minimum=-1.0, stable=True)))
    with pytest.raises(ph.ParameterError, match=match + r"65 from -inf to inf$"):
        ph.compile(held(65))


def test_it_stays_held_in_a_file(tmp_path: Any) -> None:
    x = white(500, 4)
    learner = ph.Learner(ph.chain('iir(a=2, poles="held")'), optimizer=ph.GaussNewton())
    learner.learn(x, 0.5 * x, sample_rate=RATE, align="off")
    learner.save(tmp_path / "learned.json")
    again = ph.Learner(ph.load(tmp_path / "learned.json"))
    assert [parameter.spec.stable for parameter in again.parameters.values()] == [False, True]


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_cascade_starts_as_a_wire_with_its_sections_apart(count: int) -> None:
    x = white(300, 5)
    value, _ = ph.value_and_jacobian(ph.chain(f"cascade(sections={count})"), x, sample_rate=RATE)
    np.testing.assert_allclose(value[0], x, atol=1e-12)
    assert len({k1 for _, _, k1, _ in start_sections(count)}) == count


def test_a_cascade_is_the_product_of_its_sections() -> None:
    sections = [(0.4, -0.3, -0.7, 0.6), (-0.2, 0.1, 0.5, 0.8)]
    x = white(400, 6)
    wanted = x
    for b1, b2, k1, k2 in sections:
        wanted = target_of(wanted, [1.0, b1, b2], [-k1 * (1.0 + k2), -k2])
    found, _ = ph.value_and_jacobian(lambda s: ph.cascade(s, sections), x, sample_rate=RATE)
    np.testing.assert_allclose(found[0], wanted, atol=1e-12)


def test_a_cascade_of_nothing_is_refused() -> None:
    with pytest.raises(ph.ChainError, match=r"^cascade: needs at least one section"):
        ph.compile(lambda x: ph.cascade(x, []))


def test_a_cascade_learns_a_filter_of_fourth_order() -> None:
    x = white(20_000, 7)
    one = target_of(x, [0.8, 0.2, 0.3], [1.2, -0.6])
    target = target_of(one, [1.0, -0.4, 0.2], [-0.5, -0.7])
    learner = ph.Learner(ph.chain("cascade(sections=2)"), loss=ph.MSE(1), optimizer=ph.GaussNewton(initial=1.0))
    learner.learn(x, target, sample_rate=RATE, passes=4, align="off")
    assert learner.best_decibels < -100.0
