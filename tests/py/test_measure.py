"""Fitting by hand: the loss of given values, and the exact gradient of the mean loss over a recording."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import AudioArray, write_audio
from pyhost.learn import measure as module

RATE = 48_000
X = 0.5 * ph.noise(1000)
VALUES = {"cutoff": 3000.0, "gain": 0.7, "pole": 0.6, "taps": [0.4, -0.2, 0.1]}
LOSSES = [
    ph.MSE(),
    ph.MSE(8),
    ph.MSE(8, window_of="loss"),
    ph.MAE(16),
    ph.MSLE(32),
    ph.Huber(delta=0.05),
    ph.LogCosh(4),
    ph.ESR(64, pre_emphasis=0.9),
    ph.Spectral(size=(16, 32), log=0.5),
]


def chain(x: ph.Signal) -> ph.Signal:
    """A normalised, a free, a locked and a vector parameter, with recursions."""
    y = ph.lowpass(x, ph.param("cutoff", 900.0, minimum=20.0, maximum=20e3, scale="log", unit="Hz"))
    y = ph.onepole(y, ph.param("pole", 0.1, minimum=-0.99, maximum=0.99, locked=True))
    return y * ph.param("gain", 1.0) + ph.fir(x, ph.param("taps", [0.0, 0.0, 0.0]))


TARGET = 0.8 * X + 0.05


def measured(loss: Any = None, x: Any = X, t: Any = TARGET, **values: Any) -> ph.Measurement:
    return ph.measure(chain, x, t, sample_rate=RATE, loss=loss, parameters=VALUES | values, align="off")


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("lanes", [1, 2])
def test_the_gradients_are_central_differences_of_the_loss(loss: Any, lanes: int) -> None:
    x, t = X.reshape(lanes, -1), TARGET.reshape(lanes, -1)
    at = measured(loss, x, t)
    assert set(at.gradients) == set(VALUES)
    for name, value in VALUES.items():
        for k in range(np.size(value)):
            step = 1e-5 * max(abs(float(np.ravel(value)[k])), 0.1)
            sides = []
            for sign in (1.0, -1.0):
                moved = np.array(value, dtype=float)
                moved.ravel()[k] += sign * step
                sides.append(measured(loss, x, t, **{name: moved if moved.ndim else float(moved)}).loss)
            difference = (sides[0] - sides[1]) / (2.0 * step)
            exact = float(np.ravel(at.gradients[name])[k])
            # An absolute value has corners, which some samples lie upon the wrong side of.
            assert exact == pytest.approx(difference, rel=1e-2 if isinstance(loss, ph.MAE) else 1e-5, abs=1e-9), name


def test_loss_and_sensitivities_are_those_of_the_jacobian() -> None:
    at = measured()
    value, jacobian = ph.value_and_jacobian(chain, X, sample_rate=RATE, parameters=VALUES)
    assert at.loss == pytest.approx(np.mean((value - TARGET) ** 2), rel=1e-12)
    assert at.decibels == pytest.approx(10.0 * math.log10(at.loss / np.mean(TARGET**2)), rel=1e-9)
    assert at.frames == len(X)
    root = np.sqrt(np.mean(jacobian**2, axis=(1, 2)))
    found = np.concatenate([np.ravel(at.sensitivities[name]) for name in ("cutoff", "pole", "taps", "gain")])
    order = np.concatenate([np.atleast_1d(at.sensitivities[p.name]) for p in ph.compile(chain).parameters])
    np.testing.assert_allclose(order, root, rtol=1e-12)
    assert sorted(found) == sorted(order)


def test_without_a_target_there_are_sensitivities_alone() -> None:
    at = ph.measure(chain, X, sample_rate=RATE, parameters=VALUES)
    assert math.isnan(at.loss)
    assert math.isnan(at.decibels)
    assert at.gradients == {}
    assert at.sensitivities["gain"] == pytest.approx(measured().sensitivities["gain"], rel=1e-12)


def test_it_does_not_depend_on_where_blocks_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measured(ph.MSE(8))
    monkeypatch.setattr(module, "ROOM", 7 * 6)
    parts = measured(ph.MSE(8))
    assert parts.loss == pytest.approx(whole.loss, rel=1e-13)
    for name in VALUES:
        np.testing.assert_allclose(parts.gradients[name], whole.gradients[name], rtol=1e-12, atol=1e-18)
        np.testing.assert_allclose(parts.sensitivities[name], whole.sensitivities[name], rtol=1e-12)


def test_a_learned_chain_is_measured_with_its_values_and_its_loss(tmp_path: Path) -> None:
    learner = ph.Learner(lambda x: x * ph.param("gain", 1.0), loss=ph.MAE(4), optimizer=ph.SGD(1e-2))
    learner.learn(X, 0.5 * X, sample_rate=RATE, passes=3)
    learner.use_best()
    learner.save(tmp_path / "learned.json")
    for learned in (learner.freeze(), ph.load(tmp_path / "learned.json")):
        at = ph.measure(learned, X, 0.5 * X, sample_rate=RATE)
        assert at.loss == pytest.approx(learner.best_loss, rel=1e-12)
        assert at.decibels == pytest.approx(learner.best_decibels, rel=1e-12)
        moved = ph.measure(learned, X, 0.5 * X, sample_rate=RATE, parameters={"gain": 2.0})
        assert moved.gradients["gain"] > 0.0
        assert learned.parameters["gain"].value == learner.parameters["gain"].value
        for target in (0.5 * X, None):
            with pytest.raises(ph.AudioError, match="was learned at 48000 Hz and dry has 44100 Hz"):
                ph.measure(learned, X, target, sample_rate=44_100)


def test_an_offset_that_the_chain_cannot_make_is_made_up_for_and_no_parameter_is_set() -> None:
    x = ph.noise(9000)
    late = np.concatenate([np.zeros(100), 0.5 * x[:-100]])
    gain = {"chain": lambda x: x * ph.param("gain", 0.5), "dry": x, "target": late, "sample_rate": RATE}
    assert ph.measure(**gain).loss < 1e-20
    assert "100" in ph.measure(**gain).found
    assert ph.measure(**gain, align="off").loss > 0.1
    delayed = ph.measure(ph.chain("delay(maximum=200) | gain(gain=0.5)"), x, late, sample_rate=RATE)
    assert delayed.loss > 0.1  # that is what the delay of 0 by hand makes
    assert "100" in delayed.found


def test_files_and_batches_are_measured_as_they_are_learned(tmp_path: Path) -> None:
    write_audio(tmp_path / "dry.wav", X, RATE)
    write_audio(tmp_path / "target.wav", TARGET, RATE)
    files = ph.measure(chain, tmp_path / "dry.wav", tmp_path / "target.wav", parameters=VALUES, align="off")
    assert files.loss == pytest.approx(measured().loss, rel=1e-5)
    batch = ph.measure(chain, [X, X], [TARGET, TARGET], sample_rate=RATE, parameters=VALUES, align="off")
    assert batch.loss == pytest.approx(measured().loss, rel=1e-13)


def test_memory_does_not_grow_with_the_recording() -> None:
    class Long:
        """A minute that is never in memory at once."""

        sample_rate, channels, frames, name = float(RATE), 1, 60 * RATE, "long"

        def blocks(self, frames: int) -> Iterator[AudioArray]:
            for at in range(0, self.frames, frames):
                yield np.resize(X, (1, min(frames, self.frames - at)))

    tracemalloc.start()
    at = ph.measure(chain, Long(), Long(), align="off")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert at.frames == Long.frames
    assert most < Long.frames * 8 * 2


def test_a_chain_without_parameters_has_a_loss() -> None:
    at = ph.measure(lambda x: 0.5 * x, X, X, sample_rate=RATE)
    assert at.loss == pytest.approx(0.25 * np.mean(X**2), rel=1e-12)
    assert at.gradients == at.sensitivities == {}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"parameters": {"gian": 1.0}}, "there is no parameter 'gian'; did you mean 'gain'?"),
        ({"parameters": {"cutoff": 1.0}}, "out of range; choose from 20 to 20000 Hz"),
        ({"loss": "mse"}, "loss must be a loss such as"),
        ({"align": "yes"}, "align must be 'auto' or 'off'"),
        ({"target": X[:500]}, "dry has 1000 frames"),
        ({"sample_rate": None}, "an array has no sample rate of its own"),
    ],
)
def test_what_cannot_be_measured_is_refused(settings: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"dry": X, "target": TARGET, "sample_rate": RATE} | settings
    with pytest.raises(ph.InputError) as error:
        ph.measure(chain, **given)
    assert message in str(error.value)


@pytest.mark.parametrize("target", [TARGET, None])
def test_values_with_which_the_output_is_not_finite_are_told(target: Any) -> None:
    def unstable(x: ph.Signal) -> ph.Signal:
        a = ph.param("a", 0.5)
        return ph.feedback(lambda y1: x + a * y1)

    with pytest.raises(ph.ParameterError, match=r"not finite within \d+ samples from 0.000 s on; choose others"):
        ph.measure(unstable, X, target, sample_rate=RATE, parameters={"a": 5.0}, align="off")
