"""Six learners of the original Faust library, sample by sample (see tests/data/README.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph

DATA = Path(__file__).parents[1] / "data"
FRAMES = 4096

# "1e-9 relative" is meant literally wherever a value has nine digits: |ours − theirs| ≤ 1e-9 |theirs|. The original
# keeps its window means as running sums, whose rounding is absolute: about 1e-16 of the signals, whatever the
# mean. Where outputs and targets cross, a loss or gradient is the small difference of two such means and has
# fewer digits than nine in the original itself. There, and only there, the error is measured against 1e-5 of the
# largest value of the trajectory: 1e-14 of full scale. `LITERAL` of all values must do without.
TOLERANCE = 1e-9
SMALL = 1e-5
LITERAL = 0.997


@dataclass(frozen=True)
class Example:
    """A learner of the original; `used` maps what its integrator holds to what the original wrote down."""

    name: str
    chain: Callable[[Any], Any]
    loss: ph.MAE | ph.MSE
    rate: float
    used: Callable[[Any], Any] = lambda values: values


def _through(value: Any, clamped: Any) -> Any:
    """A clamp whose slope counts as 1, as the original has it outside its integrators."""
    return value + ph.stop_gradient(clamped - value)


def _gain(x: Any) -> Any:
    return x * ph.param("gain")


def _gain_dc(x: Any) -> Any:
    return x * ph.param("gain") + ph.param("dc")


def _gain_pow_trig(x: Any) -> Any:
    p = ph.param("p") + 2.0**-52
    return x * p ** ph.cos(p)


def _delay(x: Any) -> Any:
    samples = ph.param("samples")
    gain = ph.param("gain")
    return gain * ph.delay(x, _through(samples, ph.maximum(samples, 0.0)), 100, "none")


def _fir(x: Any) -> Any:
    return ph.fir(x, ph.param("taps", shape=(8,)))


def _one_pole(x: Any) -> Any:
    pole = ph.param("pole")
    return ph.onepole(x, _through(pole, ph.minimum(pole, 0.99)))


EXAMPLES = [
    Example("gain", _gain, ph.MAE(window=32), 1e-3),
    Example("gain_dc", _gain_dc, ph.MSE(window=32), 1e-2),
    Example("gain_pow_trig", _gain_pow_trig, ph.MAE(window=8), 1e-3, lambda values: values + 2.0**-52),
    Example("delay", _delay, ph.MSE(window=8), 0.2, lambda values: np.maximum(values, [0.0, -np.inf])),
    Example("fir", _fir, ph.MSE(window=8), 0.1),
    Example("one_pole", _one_pole, ph.MSE(window=16), 5e-4, lambda values: np.minimum(values, 0.99)),
]


def _split(chain: Callable[[Any], Any], hidden: Any) -> dict[str, Any]:
    """Return the hidden values by name."""
    values: dict[str, Any] = {}
    at = 0
    for spec in ph.compile(chain).parameters:
        part = hidden[at : at + spec.width]
        values[spec.name] = part if spec.shape else float(part[0])
        at += spec.width
    return values


def _columns(named: Any) -> Any:
    """Return traces by name as one array, (frames, P)."""
    return np.hstack([np.reshape(values, (FRAMES, -1)) for values in named.values()])


def _agrees(ours: Any, theirs: Any) -> None:
    error = np.abs(ours - theirs)
    literal = error <= TOLERANCE * np.abs(theirs)
    scale = np.maximum(np.abs(theirs), SMALL * np.abs(theirs).max())
    assert np.max(error / scale) <= TOLERANCE
    assert np.mean(literal) >= LITERAL


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_original_s_trajectory_is_reproduced(example: Example) -> None:
    with np.load(DATA / f"{example.name}.npz") as stored:
        theirs = dict(stored)
    dry = ph.noise(FRAMES)
    hidden = _split(example.chain, theirs["hidden"])
    target, _ = ph.value_and_jacobian(example.chain, dry, sample_rate=48_000, parameters=hidden)
    learner = ph.Learner(example.chain, loss=example.loss, optimizer=ph.SGD(example.rate))
    trace = learner.learn(dry, target, sample_rate=48_000, record=True, evaluate=False, align="off")
    _agrees(target[0], theirs["truth"])
    _agrees(trace.loss, theirs["loss"])
    _agrees(_columns(trace.gradients), theirs["gradient"])
    _agrees(example.used(_columns(trace.parameters)), theirs["parameters"])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_stored_trajectory_moves_from_zero_towards_the_hidden_values(example: Example) -> None:
    with np.load(DATA / f"{example.name}.npz") as stored:
        theirs = dict(stored)
    start, end = theirs["parameters"][0], theirs["parameters"][-1]
    assert np.abs(start).max() <= 2.0**-52
    assert np.linalg.norm(end - theirs["hidden"]) < np.linalg.norm(start - theirs["hidden"])
    assert len(theirs["loss"]) == FRAMES
