"""Least squares and the classical adaptive filters: against numpy's solutions and against theory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost.learn.optimizers import Optimizer

Array = NDArray[np.float64]
RATE = 48_000
SEEDS = range(8)


def white(frames: int, seed: int) -> Array:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, frames)


def learn(chain: Any, hidden: dict[str, Any], frames: int, seed: int, optimizer: Optimizer) -> ph.Trace:
    """Learn the hidden values of a chain from white noise."""
    x = white(frames, seed)
    t = ph.value_and_jacobian(chain, x, sample_rate=RATE, parameters=hidden)[0]
    learner = ph.Learner(chain, loss=ph.MSE(1), optimizer=optimizer)
    return learner.learn(x, t, sample_rate=RATE, record=True, evaluate=False, align="off")


def settled(trace: ph.Trace, hidden: dict[str, float]) -> int:
    """Return the sample from which on every parameter is within 1 %."""
    off = [np.abs(trace.parameters[name] - value) > 0.01 * abs(value) for name, value in hidden.items()]
    return int(np.max(np.flatnonzero(np.any(off, axis=0)), initial=-1)) + 1


def gain_dc(x: ph.Signal) -> ph.Signal:
    return x * ph.param("gain", 1.0) + ph.param("dc", 0.0)


def rows_of(x: Array, taps: int) -> Array:
    padded = np.concatenate([np.zeros(taps - 1), x])
    return np.lib.stride_tricks.sliding_window_view(padded, taps)[:, ::-1]


def eight_taps(x: ph.Signal) -> ph.Signal:
    return ph.fir(x, ph.param("taps", shape=(8,)))


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize(("initial", "tolerance"), [(100.0, 1e-8), (1e7, 1e-8)])
def test_without_forgetting_the_taps_are_those_of_lstsq(initial: float, tolerance: float, lanes: int) -> None:
    x = white(600 * lanes, 1).reshape(lanes, 600)
    t = np.random.default_rng(2).normal(size=(lanes, 600))
    learner = ph.Learner(eight_taps, loss=ph.MSE(1), optimizer=ph.GaussNewton(forgetting=1.0, initial=initial))
    learner.parameters["taps"].value = np.zeros(8)
    learner.learn(x, t, sample_rate=RATE, evaluate=False, align="off")
    prior = np.eye(8) / np.sqrt(initial)
    rows = np.concatenate([*(rows_of(lane, 8) for lane in x), prior])
    wanted = np.linalg.lstsq(rows, np.concatenate([t.ravel(), np.zeros(8)]))[0]
    np.testing.assert_allclose(learner.parameters["taps"].value, wanted, rtol=0, atol=tolerance)


def test_forgetting_weighs_each_sample_less_than_the_next() -> None:
    x, t = white(400, 3), white(400, 4)
    learner = ph.Learner(eight_taps, loss=ph.MSE(1), optimizer=ph.GaussNewton(forgetting=0.95, initial=1e6))
    learner.parameters["taps"].value = np.zeros(8)
    learner.learn(x, t, sample_rate=RATE, evaluate=False, align="off")
    weight = np.sqrt(0.95 ** np.arange(399, -1, -1))
    wanted = np.linalg.lstsq(rows_of(x, 8) * weight[:, None], t * weight)[0]
    np.testing.assert_allclose(learner.parameters["taps"].value, wanted, atol=1e-7)


def test_an_offset_that_comes_in_the_middle_is_followed() -> None:
    x = white(4000, 5)
    t = 0.5 * x + np.where(np.arange(4000) < 2000, 0.0, 0.25)
    learner = ph.Learner(gain_dc, loss=ph.MSE(1), optimizer=ph.GaussNewton())
    learner.learn(x, t, sample_rate=RATE, align="off")
    assert learner.parameters["dc"].value == pytest.approx(0.25, abs=1e-3)
    assert learner.parameters["gain"].value == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("loss", [ph.MSE(32), ph.MSE(32, "loss")])
def test_the_window_of_the_loss_does_not_delay_it(loss: ph.MSE, lanes: int) -> None:
    x, t = white(600, 1).reshape(lanes, -1), white(600, 2).reshape(lanes, -1)
    found = []
    for each in (loss, ph.MSE(1)):
        learner = ph.Learner(eight_taps, loss=each, optimizer=ph.GaussNewton())
        learner.learn(x, t, sample_rate=RATE, align="off")
        found.append(learner.parameters["taps"].value)
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("seed", SEEDS)
def test_gain_and_offset_are_within_a_hundredth_after_ten_samples(seed: int) -> None:
    hidden = {"gain": 0.5, "dc": 0.5}
    trace = learn(gain_dc, hidden, 200, seed, ph.GaussNewton(initial=1e4))
    assert settled(trace, hidden) <= 10


@pytest.mark.parametrize("seed", SEEDS)
def test_sixty_four_taps_are_within_a_hundredth_of_their_energy_after_a_hundred_samples(seed: int) -> None:
    hidden = np.random.default_rng(100 + seed).normal(size=64) * 0.9 ** np.arange(64)
    trace = learn(
        lambda x: ph.fir(x, ph.param("taps", shape=(64,))), {"taps": hidden}, 130, seed, ph.GaussNewton(initial=1e6)
    )
    left = ((trace.parameters["taps"][100:] - hidden) ** 2).sum(axis=1)
    assert left.max() < 0.01 * (hidden**2).sum()


def three_and_two(x: ph.Signal) -> ph.Signal:
    y = ph.fir(x, ph.stack([ph.param(f"b{k}", 0.0) for k in range(3)]))
    a1, a2 = ph.param("a1", 0.0), ph.param("a2", 0.0)
    return ph.feedback(lambda before: y + a1 * before + a2 * ph.mem(before))


@pytest.mark.parametrize("seed", SEEDS)
def test_five_coefficients_of_a_recursive_filter_are_found(seed: int) -> None:
    hidden = {"b0": 1.0, "b1": 0.3, "b2": -0.2, "a1": 0.6, "a2": -0.25}
    trace = learn(three_and_two, hidden, 4000, seed, ph.GaussNewton())
    assert settled(trace, hidden) < 2000


@pytest.mark.parametrize("pole", [0.5, 0.9, 0.95, 0.98, 0.999])
def test_a_pole_is_found_wherever_it_is(pole: float) -> None:
    def chain(x: ph.Signal) -> ph.Signal:
        p = ph.param("pole", 0.0, minimum=-0.9999, maximum=0.9999)
        return ph.feedback(lambda y: x + p * y)

    worst = max(settled(learn(chain, {"pole": pole}, 4000, seed, ph.GaussNewton()), {"pole": pole}) for seed in SEEDS)
    assert worst < 1000


@pytest.mark.parametrize("loss", [ph.MSLE(1), ph.Huber(1, delta=0.05), ph.LogCosh(1), ph.ESR(64), ph.MSE(8)])
def test_other_losses_with_a_residual_find_the_same_gain(loss: Any) -> None:
    x = 0.5 + 0.4 * white(1000, 7)
    learner = ph.Learner(gain_dc, loss=loss, optimizer=ph.GaussNewton())
    learner.learn(x, 0.5 * x + 0.25, sample_rate=RATE, align="off")
    assert learner.parameters["gain"].value == pytest.approx(0.5, abs=5e-3)
    assert learner.parameters["dc"].value == pytest.approx(0.25, abs=5e-3)


def test_huber_shrugs_off_single_large_errors() -> None:
    x = white(4000, 8)
    t = 0.5 * x
    t[::50] += 5.0
    found = []
    for loss in (ph.Huber(1, delta=0.01), ph.MSE(1)):
        learner = ph.Learner(gain_dc, loss=loss, optimizer=ph.GaussNewton())
        trace = learner.learn(x, t, sample_rate=RATE, record=True, align="off")
        found.append(abs(trace.parameters["dc"][-1000:].mean()))
    assert found[0] < 0.005
    assert found[1] > 0.05


@pytest.mark.parametrize(
    "x",
    [np.zeros(20_000), np.full(20_000, 0.5), np.sin(np.arange(20_000) * 0.1)],
    ids=["silence", "a constant", "a sine"],
)
def test_what_excites_too_little_does_not_wind_it_up(x: Array) -> None:
    """Then eight taps know little of where to go; after the quiet stretch noise must not throw them about."""
    hidden = np.array([1.0, 0.5, -0.3, 0.2, 0.1, 0.0, 0.0, -0.1])
    audio = np.concatenate([white(2000, 9), x, white(300, 10)])
    t = np.convolve(audio, hidden)[: len(audio)] + 1e-3 * white(len(audio), 11)
    learner = ph.Learner(eight_taps, loss=ph.MSE(1), optimizer=ph.GaussNewton(initial=100.0))
    trace = learner.learn(audio, t, sample_rate=RATE, record=True, evaluate=False, align="off")
    taps = trace.parameters["taps"]
    assert np.abs(taps[1000:] - hidden).max() < 0.2
    np.testing.assert_allclose(taps[-1], hidden, atol=2e-3)
    state = learner.optimizer_state
    assert state is not None
    s = state[3:].reshape(8, 8)
    np.testing.assert_array_equal(s, s.T)
    assert np.linalg.eigvalsh(s).min() > 0
    assert s.max() <= 100.0


def test_a_locked_parameter_is_not_counted_on() -> None:
    x = white(3000, 12)
    learner = ph.Learner(gain_dc, loss=ph.MSE(1), optimizer=ph.GaussNewton())
    learner.learn(0.5 + x, 0.5 * x, sample_rate=RATE, align="off")
    learner.parameters["dc"].locked = True
    dc = learner.parameters["dc"].value
    learner.learn(x, 0.25 * x + dc, sample_rate=RATE, align="off")
    assert learner.parameters["dc"].value == dc
    assert learner.parameters["gain"].value == pytest.approx(0.25, abs=1e-4)


TAPS, RUNS, FRAMES = 16, 200, 3000


def misadjustment(optimizer: Optimizer) -> float:
    """Excess error energy over the noise's, over the late half of seeded runs at 30 dB."""
    hidden = np.random.default_rng(0).normal(size=TAPS)
    hidden /= np.linalg.norm(hidden)
    learner = ph.Learner(lambda x: ph.fir(x, ph.param("taps", shape=(TAPS,))), loss=ph.MSE(1), optimizer=optimizer)
    excess = []
    for seed in range(RUNS):
        random = np.random.default_rng(seed)
        x, noise = random.normal(size=FRAMES), np.sqrt(1e-3) * random.normal(size=FRAMES)
        rows = rows_of(x, TAPS)
        learner.reset()
        learner.parameters["taps"].value = hidden
        trace = learner.learn(x, rows @ hidden + noise, sample_rate=RATE, record=True, evaluate=False, align="off")
        error = ((trace.parameters["taps"] - hidden) * rows).sum(axis=1)
        excess.append((error[FRAMES // 3 :] ** 2).mean() / 1e-3)
    return float(np.mean(excess))


def test_the_misadjustment_of_least_mean_squares_is_that_of_theory() -> None:
    mu = 0.2 / TAPS
    assert misadjustment(ph.SGD(mu / 2)) == pytest.approx(mu * TAPS / (2 - mu * TAPS), rel=0.1)


def test_the_misadjustment_of_normalised_least_mean_squares_is_that_of_theory() -> None:
    mu = 0.5
    assert misadjustment(ph.NLMS(mu / 2)) == pytest.approx(mu / (2 - mu) * TAPS / (TAPS - 2), rel=0.1)
