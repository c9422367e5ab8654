"""A learner that was saved goes on as if it had not been: optimizer, its state, loss, locks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.learn import training

RATE = 48_000
X = 0.5 * ph.noise(2000)
TARGET = 0.3 * X + 0.1 * np.concatenate([[0.0], X[:-1]])

SCHEDULE = ph.WarmUp(100, ph.Cosine(6000, end=0.1))
OPTIMIZERS = [
    ph.SGD(0.1, schedule=SCHEDULE),
    ph.Momentum(0.01, momentum=0.8, clip_norm=0.5),
    ph.Nesterov(0.01, clip_value=1),
    ph.RMSProp(schedule=ph.Exponential(500, -0.1)),
    ph.Adam(schedule=ph.Oscillating(1000, low=0.2)),
    ph.AdamW(weight_decay=1e-3),
    ph.NLMS(),
    ph.GaussNewton(forgetting=0.99),
]


def chain(x: ph.Signal) -> ph.Signal:
    """Parameters that are moved in every way: free, between bounds, on a logarithmic scale, several at once."""
    y = ph.lowpass(x, ph.param("cutoff", 900.0, minimum=20.0, maximum=20e3, scale="log"))
    return ph.param("gain", 0.5, minimum=-1.7, maximum=1.9) * y + ph.fir(x, ph.param("taps", [0.1, 0.0, 0.3]))


def saved_and_loaded(learner: ph.Learner, path: Path) -> ph.LearnedChain:
    learner.save(path)
    return ph.load(path)


def learn(learner: ph.Learner, passes: int = 1) -> None:
    learner.learn(X, TARGET, sample_rate=RATE, passes=passes, tolerance=0.0, evaluate=False, align="off")


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: type(optimizer).__name__)
def test_it_goes_on_to_the_bit_as_if_it_had_not_been_interrupted(optimizer: Any, tmp_path: Path) -> None:
    whole, at_once, first = (ph.Learner(chain, loss=ph.MSE(2), optimizer=optimizer) for _ in range(3))
    learn(at_once, passes=3)
    for _ in range(3):
        learn(whole)
    learn(first, passes=2)
    second = ph.Learner(saved_and_loaded(first, tmp_path / "learned.json"))
    assert (second.loss, second.optimizer) == (ph.MSE(2), optimizer)
    assert second.resumed == f"{type(optimizer).__name__} goes on after 4000 steps"
    np.testing.assert_array_equal(second.optimizer_state, first.optimizer_state)
    learn(second)
    for other in (whole, at_once):
        assert second.parameters.values_array().tobytes() == other.parameters.values_array().tobytes()
        np.testing.assert_array_equal(second.optimizer_state, other.optimizer_state)


@pytest.mark.parametrize(
    "loss",
    [
        ph.MAE(4, window_of="loss"),
        ph.MSLE(),
        ph.Huber(2, delta=0.3),
        ph.LogCosh(),
        ph.ESR(64, pre_emphasis=0.9),
        ph.Spectral(size=(16, 64), log=0.25),
        ph.Spectral(size=32, log=True),
    ],
    ids=repr,
)
def test_every_loss_comes_back(loss: Any, tmp_path: Path) -> None:
    learner = ph.Learner(chain, loss=loss, optimizer=ph.SGD(1e-4))
    learn(learner)
    back = ph.Learner(saved_and_loaded(learner, tmp_path / "learned.json"))
    assert back.loss == loss
    assert back.resumed == "SGD goes on after 2000 steps"


def test_locks_come_back_and_reset_returns_to_what_was_saved(tmp_path: Path) -> None:
    first = ph.Learner(chain, optimizer=ph.Adam())
    first.parameters["gain"].locked = True
    learn(first)
    second = ph.Learner(saved_and_loaded(first, tmp_path / "learned.json"))
    assert second.parameters.learned() == {"cutoff", "taps"}
    before = second.parameters.values_array(), second.optimizer_state
    learn(second)
    second.reset()
    np.testing.assert_array_equal(second.parameters.values_array(), before[0])
    np.testing.assert_array_equal(second.optimizer_state, before[1])


def test_another_rate_goes_on_with_the_same_state(tmp_path: Path) -> None:
    first = ph.Learner(chain, optimizer=ph.Adam(1e-2))
    learn(first)
    slower = ph.Learner(saved_and_loaded(first, tmp_path / "learned.json"), optimizer=ph.Adam(1e-3, clip_norm=1.0))
    np.testing.assert_array_equal(slower.optimizer_state, first.optimizer_state)
    learn(slower)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"optimizer": ph.SGD(1e-3)}, "SGD starts over: what was saved is of Adam"),
        ({"optimizer": ph.Adam(beta1=0.5)}, "Adam starts over: what was saved is of Adam(rate=0.001, "),
        ({"loss": ph.MSE(8)}, "Adam starts over: what was saved is of the loss MSE(window=1, window_of='signals')"),
    ],
)
def test_a_state_that_does_not_fit_is_left_and_that_is_told(
    settings: dict[str, Any], told: str, tmp_path: Path
) -> None:
    first = ph.Learner(chain, optimizer=ph.Adam())
    learn(first)
    other = ph.Learner(saved_and_loaded(first, tmp_path / "learned.json"), **settings)
    assert other.optimizer_state is None
    assert other.resumed.startswith(told)
    learn(other)


def test_an_optimizer_that_cannot_work_with_the_wanted_loss_is_not_taken_over(tmp_path: Path) -> None:
    first = ph.Learner(chain, optimizer=ph.GaussNewton())
    learn(first)
    other = ph.Learner(saved_and_loaded(first, tmp_path / "learned.json"), loss=ph.MAE())
    assert not isinstance(other.optimizer, ph.GaussNewton)


def test_before_learning_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    back = ph.Learner(saved_and_loaded(ph.Learner(chain, optimizer=ph.Adam()), tmp_path / "learned.json"))
    assert back.optimizer == ph.Adam()
    assert (back.optimizer_state, back.resumed) == (None, "")


def test_a_file_without_training_is_read_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "learned.json"
    first = ph.Learner(chain, optimizer=ph.Adam())
    learn(first)
    first.save(path)
    data = json.loads(path.read_text())
    del data["training"]
    path.write_text(json.dumps(data))
    old = ph.load(path)
    assert old.training is None
    assert ph.Learner(old).resumed == ""
    assert old.process(X, RATE).tobytes() == first.process(X, RATE).tobytes()


def test_what_is_loaded_and_saved_again_is_the_same_file(tmp_path: Path) -> None:
    first = ph.Learner(chain, optimizer=ph.GaussNewton())
    learn(first)
    saved_and_loaded(first, tmp_path / "one.json").save(tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_a_state_that_is_too_large_is_left_out_of_the_file_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ph.Learner(chain, optimizer=ph.GaussNewton())
    learn(first)
    assert ph.Learner(saved_and_loaded(first, tmp_path / "learned.json")).optimizer_state is not None
    monkeypatch.setattr(training, "MOST_NUMBERS", 20)
    back = saved_and_loaded(first, tmp_path / "learned.json")
    back.save(tmp_path / "again.json")
    for kept in (back, ph.load(tmp_path / "again.json")):
        other = ph.Learner(kept)
        assert other.optimizer_state is None
        assert other.resumed == "GaussNewton starts over: its 28 numbers are more than the 20 that are saved"


def test_a_state_that_is_not_finite_is_left_out_and_the_file_stays_valid(tmp_path: Path) -> None:
    first = ph.Learner(chain, optimizer=ph.SGD())
    first.optimizer_state = [1.0, float("inf"), 1.0]
    back = ph.Learner(saved_and_loaded(first, tmp_path / "learned.json"))
    assert back.resumed == "SGD starts over: it was not finite"


def change(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def changed(data: dict[str, Any]) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = to

    return changed


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (change("training", to=[]), "training must be an object"),
        (change("training", "loss", to="mse"), "loss must be an object that names its kind"),
        (change("training", "loss", "kind", to="mze"), "there is no loss 'mze'; did you mean 'mse'?"),
        (change("training", "loss", "window", to=0), "window must be from 1"),
        (change("training", "loss", "delta", to=1.0), "MSE has no setting 'delta'"),
        (change("training", "optimizer", "rate", to="fast"), "the learning rate must be a finite number"),
        (change("training", "optimizer", "schedule", to={"kind": "cosine"}), "samples"),
        (change("training", "optimizer", "schedule", to=3), "schedule must be a schedule"),
        (change("training", "state", to=[1.0]), "state must be a list of 3 to"),
        (change("training", "state", to="all"), "state must be a list of 3 to"),
        (change("training", "state", to=[1.0, 1.0, None]), "state must be a list of 3 to"),
        (change("training", "state", to=[1.0, -1.0, 1.0]), "its counters not below 0"),
        (change("training", "state", to=[1.0, 1.0, 10**400]), "too large"),
        (change("training", "locked", to="gain"), "locked must be a list of names"),
        (change("training", "locked", to=["gian"]), "there is no parameter 'gian'; did you mean 'gain'?"),
    ],
)
def test_damage_is_refused_with_one_clear_error(damage: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "learned.json"
    learner = ph.Learner(chain, optimizer=ph.Adam())
    learn(learner)
    learner.save(path)
    data = json.loads(path.read_text())
    damage(data)
    path.write_text(json.dumps(data))
    with pytest.raises(ph.LearnedFileError, match="is damaged") as error:
        ph.load(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_state_of_another_size_is_refused_when_learning_begins(tmp_path: Path) -> None:
    path = tmp_path / "learned.json"
    learner = ph.Learner(chain, optimizer=ph.Adam())
    learn(learner)
    learner.save(path)
    data = json.loads(path.read_text())
    data["training"]["state"].pop()
    path.write_text(json.dumps(data))
    with pytest.raises(ph.InputError, match="optimizer_state must be 13 finite numbers"):
        learn(ph.Learner(ph.load(path)))
