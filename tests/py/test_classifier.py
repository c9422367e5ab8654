"""Sine or square: a network that is told labels alone is right about tones that it has not heard."""

from __future__ import annotations

import contextlib
import functools
import io
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost.learn.parameters import Parameters

Array = NDArray[np.float64]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "backprop_experiments.py"
RATE = 48_000
UNHEARD = 10_000
"""Seed of the tones that no classifier here learns from."""


@functools.cache
def example() -> dict[str, Any]:
    with contextlib.redirect_stdout(io.StringIO()):
        return runpy.run_path(str(EXAMPLE))


@functools.cache
def unheard() -> tuple[Array, Array, Array]:
    sounds, labels, frequencies = example()["tones"](400, UNHEARD)
    return sounds, labels, frequencies


@functools.cache
def taught(seed: int, loss: ph.MAE | ph.MSE, swapped: bool = False) -> ph.Learner:
    """A classifier that has learned 32 tones."""
    sounds, labels, _ = example()["tones"](32, seed)
    target = np.repeat(np.abs(labels - swapped)[:, None].astype(float), sounds.shape[1], axis=1)
    learner = ph.Learner(example()["classifier"], loss=loss, optimizer=ph.SGD(1.0))
    learner.learn(sounds, target, sample_rate=RATE, passes=3, align="off")
    learner.use_best()
    return learner


def answers(learner: ph.Learner, sounds: Array) -> Array:
    """What it says of each tone when that ends, from 0, a sine, to 1."""
    return np.asarray(learner.process(sounds, RATE)[:, -1])


def right(learner: ph.Learner, sounds: Array, labels: Array) -> NDArray[np.bool_]:
    """Which tones it is right about."""
    return np.asarray((answers(learner, sounds) > 0.5) == labels)


@pytest.mark.parametrize("loss", [ph.MAE(8), ph.MSE(8)], ids=lambda loss: loss.kind)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_classifier_is_right_about_tones_it_has_not_heard(seed: int, loss: ph.MAE | ph.MSE) -> None:
    sounds, labels, frequencies = unheard()
    it_is = right(taught(seed, loss), sounds, labels)
    assert it_is.mean() >= 0.98, f"wrong at {frequencies[~it_is].round().tolist()} Hz"


def test_it_is_right_in_every_register_and_at_every_level() -> None:
    sounds, labels, frequencies = unheard()
    it_is = right(taught(1, ph.MAE(8)), sounds, labels)
    for order in (np.argsort(frequencies), np.argsort(sounds.std(axis=1))):
        for part in np.array_split(order, 6):
            assert it_is[part].mean() >= 0.95
    for label in (0, 1):
        assert it_is[labels == label].mean() >= 0.95


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_it_is_right_about_other_squares_at_other_sample_rates(rate: int) -> None:
    random = np.random.default_rng(UNHEARD)
    turns = 20 * 400 ** random.random((60, 1)) / rate * np.arange(rate // 5) + random.random((60, 1))
    sines = 0.3 * np.sin(2 * np.pi * turns)
    values = {name: parameter.value for name, parameter in taught(1, ph.MAE(8)).parameters.items()}
    for sounds, label in ((sines, 0.0), (np.sign(sines), 1.0)):
        said, _ = ph.value_and_jacobian(example()["classifier"], sounds, sample_rate=rate, parameters=values)
        assert np.mean(np.abs(said[:, -1] - label) < 0.5) >= 0.95


def test_what_it_knows_comes_from_the_labels() -> None:
    sounds, labels, _ = unheard()
    untaught = ph.Learner(example()["classifier"])
    assert np.abs(answers(untaught, sounds) - 0.5).max() < 0.2  # hardly an answer
    assert np.median(np.abs(answers(taught(1, ph.MAE(8)), sounds) - 0.5)) > 0.45
    assert right(taught(1, ph.MAE(8), swapped=True), sounds, labels).mean() <= 0.02


def test_a_neuron_that_sees_a_sample_alone_cannot_tell() -> None:
    sounds, labels, _ = example()["tones"](32, 1)
    learner = ph.Learner(ph.nn.neuron, loss=ph.MAE(8), optimizer=ph.SGD(1.0))
    target = np.repeat(labels[:, None].astype(float), sounds.shape[1], axis=1)
    learner.learn(sounds, target, sample_rate=RATE, align="off")
    assert right(learner, unheard()[0], unheard()[1]).mean() <= 0.65


def test_its_gradients_equal_central_differences_through_its_memory() -> None:
    chain = example()["classifier"]
    parameters = Parameters(ph.compile(chain).parameters)
    at = parameters.values_array() + 0.5 * np.random.default_rng(1).normal(size=parameters.values_array().size)
    sound = unheard()[0][:2, :300]

    def run(values: Array) -> tuple[Array, Array]:
        value, jacobian = ph.value_and_jacobian(chain, sound, sample_rate=RATE, parameters=parameters.named(values))
        return value, jacobian

    exact = run(at)[1]
    for row, step in enumerate(1e-5 * np.eye(at.size)):
        slope = (run(at + step)[0] - run(at - step)[0]) / 2e-5
        np.testing.assert_allclose(exact[row], slope, rtol=1e-6, atol=1e-9)
    assert (np.abs(exact).max(axis=(1, 2)) > 1e-6).all()
