"""The learner: against an oracle in numpy, sample by sample, and as a user drives it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from chains import gain_dc
from numpy.typing import NDArray

import pyhost as ph
from pyhost.audio import ArraySource

Array = NDArray[np.float64]
RATE = 48_000


def window_mean(values: Array, length: int) -> Array:
    """S(z) of semantics.md: mean of the last `length` values, zero history."""
    padded = np.concatenate([np.zeros((length - 1, *values.shape[1:])), values])
    return np.mean([padded[k : k + len(values)] for k in range(length)], axis=0)


def oracle(x: Array, t: Array, loss: str, length: int, rate: float, *, of_loss: bool = False) -> dict[str, Array]:
    """Learn y = gain·x + dc in ten lines of numpy: rows of loss, gradient and parameters."""
    p = np.array([0.2, -0.1])
    e, d = np.zeros((0,)), np.zeros((0, 2))
    rows: list[tuple[float, Array, Array]] = []
    for x_n, t_n in zip(x, t, strict=True):
        d = np.vstack([d, [x_n, 1.0]])[-length:]
        e = np.append(e, p @ d[-1] - t_n)[-length:]
        error = e if of_loss else np.full(1, e.sum() / length)
        partial = d if of_loss else d.sum(axis=0, keepdims=True) / length
        value, slope = (np.abs(error), np.sign(error)) if loss == "mae" else (error**2, 2 * error)
        share = 1 / length if of_loss else 1.0
        rows.append((value.sum() * share, (slope[:, None] * partial).sum(axis=0) * share, p))
        p = p - rate * rows[-1][1]
    return {
        key: np.array(row) for key, row in zip(("loss", "gradient", "parameters"), zip(*rows, strict=True), strict=True)
    }


@pytest.mark.parametrize("of_loss", [False, True], ids=["window of signals", "window of loss"])
@pytest.mark.parametrize("length", [1, 2, 32])
@pytest.mark.parametrize("loss", ["mae", "mse"])
def test_the_learner_agrees_with_the_oracle_sample_by_sample(loss: str, length: int, of_loss: bool) -> None:
    x = ph.noise(600)
    t = 0.7 * x + 0.3
    made = {"mae": ph.MAE, "mse": ph.MSE}[loss](length, "loss" if of_loss else "signals")
    learner = ph.Learner(gain_dc, loss=made, optimizer=ph.SGD(0.01))
    trace = learner.learn(x, t, sample_rate=RATE, record=True, evaluate=False)
    expected = oracle(x, t, loss, length, 0.01, of_loss=of_loss)
    np.testing.assert_allclose(trace.loss, expected["loss"], rtol=1e-10, atol=1e-15)
    for place, name in enumerate(["gain", "dc"]):
        np.testing.assert_allclose(trace.gradients[name], expected["gradient"][:, place], rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(trace.parameters[name], expected["parameters"][:, place], rtol=1e-11, atol=1e-15)


def test_several_channels_learn_from_the_mean_of_their_losses() -> None:
    x = ph.noise(900).reshape(3, 300)
    t = np.array([[0.7], [0.5], [0.3]]) * x
    learner = ph.Learner(gain_dc, loss=ph.MSE(4), optimizer=ph.SGD(0.0))
    trace = learner.learn(x, t, sample_rate=RATE, record=True, evaluate=False)
    d = np.stack([x, np.ones_like(x)], axis=-1)
    e = window_mean((d @ np.array([0.2, -0.1]) - t).T, 4)
    means = window_mean(np.moveaxis(d, 0, 1), 4)
    np.testing.assert_allclose(trace.loss, (e**2).mean(axis=1), rtol=1e-10, atol=1e-16)
    gradient = (2 * e[..., None] * means).mean(axis=1)
    np.testing.assert_allclose(trace.gradients["gain"], gradient[:, 0], rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(trace.gradients["dc"], gradient[:, 1], rtol=1e-9, atol=1e-14)


class Chopped(ArraySource):
    """A source that hands out blocks of its own size, whatever is asked for."""

    def __init__(self, array: Array, size: int) -> None:
        super().__init__(array, RATE, "chopped")
        self.size = size

    def blocks(self, frames: int) -> Any:
        return super().blocks(self.size)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_the_result_does_not_depend_on_the_block_size(size: int) -> None:
    def chain(x: ph.Signal) -> ph.Signal:
        return ph.lowpass(ph.fir(x, ph.param("taps", shape=(5,))), ph.param("cutoff", 900.0, minimum=20, maximum=20e3))

    x = ph.noise(1500).reshape(2, 750)
    t = ph.value_and_jacobian(chain, x, sample_rate=RATE, parameters={"taps": [1, 0.5, 0, 0, -0.2]})[0]
    results = []
    for dry, target in ((x, t), (Chopped(x, size), Chopped(t, size))):
        learner = ph.Learner(chain, loss=ph.MSE(8), optimizer=ph.SGD(0.05))
        learner.learn(dry, target, sample_rate=RATE)
        results.append(learner.parameters.values_array())
    assert results[0].tobytes() == results[1].tobytes()
    assert results[0][0] != 0.0


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_normalised_parameter_moves_by_its_mapping(scale: str) -> None:
    def chain(x: ph.Signal) -> ph.Signal:
        return x * ph.param("gain", 2.0, minimum=0.5, maximum=8.0, scale=scale)  # type: ignore[arg-type]

    x, rate = ph.noise(50), 1e-3
    trace = ph.Learner(chain, loss=ph.MSE(1), optimizer=ph.SGD(rate)).learn(
        x, 3 * x, sample_rate=RATE, record=True, evaluate=False
    )
    log = math.log(8.0 / 0.5)
    u = (2.0 - 0.5) / 7.5 if scale == "linear" else math.log(2.0 / 0.5) / log
    for n in range(50):
        value = 0.5 + 7.5 * u if scale == "linear" else 0.5 * math.exp(log * u)
        assert trace.parameters["gain"][n] == pytest.approx(value, rel=1e-12)
        gradient = 2 * (value - 3) * x[n] ** 2
        assert trace.gradients["gain"][n] == pytest.approx(gradient, rel=1e-9)
        u -= rate * gradient * (7.5 if scale == "linear" else value * log)


def test_a_parameter_stops_at_its_bound_and_can_leave_it() -> None:
    def chain(x: ph.Signal) -> ph.Signal:
        return x * ph.param("gain", 0.5, minimum=0.0, maximum=1.0)

    x = np.full(4000, 0.5)
    t = np.concatenate([np.full(2000, 2.0), np.full(2000, 0.1)])
    learner = ph.Learner(chain, loss=ph.MSE(1), optimizer=ph.SGD(0.05))
    gain = learner.learn(x, t, sample_rate=RATE, record=True).parameters["gain"]
    assert gain.max() == 1.0
    assert (gain[1000:2000] == 1.0).all()
    assert gain[-1] == pytest.approx(0.2, abs=1e-6)


def test_a_locked_parameter_stays_and_has_no_gradient() -> None:
    learner = ph.Learner(gain_dc, loss=ph.MSE(1), optimizer=ph.SGD(0.1))
    learner.parameters["dc"].value = 0.125
    learner.parameters["dc"].locked = True
    x = ph.noise(4000)
    trace = learner.learn(x, 0.5 * x + 0.125, sample_rate=RATE, record=True)
    assert (trace.parameters["dc"] == 0.125).all()
    assert (trace.gradients["dc"] == 0.0).all()
    assert learner.parameters["gain"].value == pytest.approx(0.5, abs=1e-6)


def test_with_nothing_to_learn_the_learner_only_measures() -> None:
    learner = ph.Learner(lambda x: 0.5 * x, loss=ph.MSE(1))
    x = ph.noise(1000)
    trace = learner.learn(x, x, sample_rate=RATE)
    assert learner.best == {}
    assert learner.best_loss == pytest.approx(np.mean(0.25 * x**2))
    assert trace.reference_loss == pytest.approx(np.mean(x**2))


def test_recording_every_third_sample_gives_every_third_row() -> None:
    x = ph.noise(1000)
    full, thinned = (
        ph.Learner(gain_dc).learn(x, 0.5 * x, sample_rate=RATE, passes=2, tolerance=0.0, record=record)
        for record in (1, 3)
    )
    assert thinned.every == 3
    per_pass = full.loss.reshape(2, 1000)[:, ::3].ravel()
    np.testing.assert_array_equal(thinned.loss, per_pass)
    np.testing.assert_array_equal(thinned.parameters["dc"], full.parameters["dc"].reshape(2, 1000)[:, ::3].ravel())


def test_without_recording_a_trace_has_no_rows() -> None:
    trace = ph.Learner(gain_dc).learn(ph.noise(100), ph.noise(100), sample_rate=RATE)
    assert trace.loss.shape == (0,)
    assert trace.parameters["gain"].shape == (0,)


def test_the_best_parameters_are_those_of_least_loss_held_still() -> None:
    learner = ph.Learner(lambda x: x * ph.param("gain", 0.0), loss=ph.MAE(32), optimizer=ph.SGD(0.01))
    x = ph.noise(19_990)
    learner.learn(x, 0.5 * x, sample_rate=RATE)
    best, last = learner.best["gain"], learner.parameters["gain"].value
    assert abs(best - 0.5) < 0.5 * abs(last - 0.5)  # the mean of a chattering parameter is nearer than where it stops
    held = np.mean(np.abs(window_mean((best - 0.5) * x, 32)))
    assert learner.best_loss == pytest.approx(held, rel=1e-9)
    learner.use_best()
    assert learner.parameters["gain"].value == best


def test_learning_ends_converged_when_more_passes_do_not_help() -> None:
    learner = ph.Learner(gain_dc, loss=ph.MSE(8), optimizer=ph.SGD(0.1))
    x = ph.noise(5000)
    trace = learner.learn(x, 0.5 * x + 0.25, sample_rate=RATE, passes=100)
    assert trace.converged
    assert len(trace.passes) < 20
    assert learner.best_decibels < -200
    assert [r.best_loss for r in trace.passes] == sorted((r.best_loss for r in trace.passes), reverse=True)


def test_a_passing_report_names_where_learning_is() -> None:
    seen: list[ph.Progress] = []
    learner = ph.Learner(gain_dc, loss=ph.MSE(8), optimizer=ph.SGD(0.05))
    x = ph.noise(5000)
    learner.learn(x, 0.5 * x, sample_rate=RATE, passes=2, tolerance=0.0, progress=seen.append)
    assert [(p.pass_number, p.frames) for p in seen if p.frames == p.total] == [(1, 5000), (2, 5000)]
    assert seen[-1].parameters["gain"] == learner.parameters["gain"].value
    assert seen[-1].best_decibels < -60


def test_a_diverging_learner_stops_where_it_happens_and_keeps_finite_parameters() -> None:
    learner = ph.Learner(gain_dc, loss=ph.MSE(1), optimizer=ph.SGD(50.0))
    x = ph.noise(20_000)
    with pytest.raises(
        ph.DivergedError, match=r"diverged at sample \d+ of pass 1 .*lower the learning rate \(now 50\)"
    ) as e:
        learner.learn(x, 0.5 * x, sample_rate=RATE)
    assert 0 < e.value.sample < 20_000
    assert np.isfinite(learner.parameters.values_array()).all()
    again = ph.Learner(gain_dc, loss=ph.MSE(1), optimizer=ph.SGD(50.0))
    again.learn(
        x[: e.value.sample], 0.5 * x[: e.value.sample], sample_rate=RATE, evaluate=False
    )  # one less is still finite


def test_an_interrupt_leaves_the_parameters_where_they_are() -> None:
    learner = ph.Learner(gain_dc, optimizer=ph.SGD(0.1))
    x = ph.noise(50_000)

    def interrupt(progress: ph.Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learner.learn(x, 0.5 * x, sample_rate=RATE, progress=interrupt)
    assert learner.parameters["gain"].value != 0.2
    assert learner.best["gain"] == 0.2  # no pass was finished: the best is still the start


def test_a_chain_is_learned_on_from_where_another_stopped() -> None:
    x = ph.noise(4000)
    first = ph.Learner(gain_dc, loss=ph.MSE(8), optimizer=ph.SGD(0.1))
    first.learn(x, 0.5 * x + 0.25, sample_rate=RATE)
    second = ph.Learner(first.freeze(), loss=ph.MSE(8), optimizer=ph.SGD(0.1))
    assert second.parameters["gain"].value == first.parameters["gain"].value
    trace = second.learn(x, 0.5 * x + 0.25, sample_rate=RATE, record=True)
    assert trace.loss[100:].max() < 1e-6


def test_reset_starts_anew() -> None:
    learner = ph.Learner(gain_dc, optimizer=ph.SGD(0.1))
    x = ph.noise(2000)
    learner.learn(x, 0.5 * x, sample_rate=RATE)
    after = learner.parameters.values_array()
    learner.reset()
    assert learner.parameters.values_array().tolist() == [0.2, -0.1]
    assert learner.best == {}
    learner.learn(x, 0.5 * x, sample_rate=RATE)
    assert learner.parameters.values_array().tobytes() == after.tobytes()


def test_processing_in_blocks_is_processing_at_once() -> None:
    learner = ph.Learner(lambda x: ph.onepole(x, ph.param("pole", 0.9)))
    x = ph.noise(2000).reshape(2, 1000)
    whole = learner.process(x, RATE)
    parts = [learner.process(x[:, :10], RATE)]
    parts += [learner.process(x[:, n : n + 99], RATE, reset=False) for n in range(10, 1000, 99)]
    assert np.concatenate(parts, axis=1).tobytes() == whole.tobytes()


@pytest.mark.parametrize("length", [1, 100, 4096])
def test_any_number_of_taps_is_learned_to_what_they_are(length: int) -> None:
    x = ph.noise(60_000)
    hidden = np.cos(np.arange(length)) / length
    t = np.convolve(x, hidden)[: len(x)]

    def chain(u: ph.Signal) -> ph.Signal:
        return ph.fir(u, ph.param("taps", shape=(length,)))

    learner = ph.Learner(chain, loss=ph.MSE(1), optimizer=ph.SGD(0.5 / length))
    learner.learn(x[:8000], t[:8000], sample_rate=RATE, passes=1, evaluate=False)
    before = np.sum(hidden**2)
    after = np.sum((np.asarray(learner.parameters["taps"].value) - hidden) ** 2)
    assert after < (0.6 if length == 4096 else 1e-6) * before


def test_a_learner_that_finds_nothing_better_ends_without_having_converged() -> None:
    def stuck(x: ph.Signal) -> ph.Signal:
        return x * ph.param("a", 0.0) * ph.param("b", 0.0)

    x = ph.noise(1000)
    learner = ph.Learner(stuck, loss=ph.MSE(1))
    trace = learner.learn(x, 0.5 * x, sample_rate=RATE, passes=100)
    assert len(trace.passes) == 3
    assert not trace.converged
