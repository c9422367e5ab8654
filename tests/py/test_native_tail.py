"""The end of a printed sample, from the error to the step: reordered to wait less, with the bits of the interpreter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import pyhost as ph
from pyhost.graph.signal import Signal
from pyhost.learn.cores import make_core
from pyhost.learn.losses import Loss
from pyhost.learn.parameters import Parameters

RATE, FRAMES = 48_000, 4000

Chain = Callable[[Signal], Signal]


def plain(x: Signal) -> Signal:
    return x * ph.param("gain", 0.3) + ph.param("dc", 0.1)


def bounded(x: Signal) -> Signal:
    return x * ph.param("gain", 0.3, minimum=-1.0, maximum=1.0)


def logarithmic(x: Signal) -> Signal:
    return x * ph.param("gain", 0.3, minimum=0.1, maximum=1.0, scale="log")


def learned(engine: str, chain: Chain, loss: Loss, rate: float, target: np.ndarray) -> list[np.ndarray]:
    """Return output, course of the parameters, gradient and loss."""
    program = ph.compile(chain)
    parameters = Parameters(program.parameters)
    lanes = target.shape[0]
    core = make_core(
        program, parameters, loss, ph.SGD(rate), sample_rate=RATE, lanes=lanes, engine=engine, frames=FRAMES
    )
    dry = np.tile(ph.noise(FRAMES), (lanes, 1))
    output = np.empty_like(dry)
    found = []
    for start in range(0, FRAMES, 500):  # the parameters after each block, since a record is a way of its own
        block = slice(start, start + 500)
        part = np.empty((lanes, 500))
        assert core.process(dry[:, block], target[:, block], output=part) is None
        output[:, block] = part
        found.append(core.get_parameters())
    loss_sum, samples, _ = core.take_means()
    return [output, np.array(found), np.array([loss_sum, samples])]


@pytest.mark.parametrize("loss", [ph.MAE, ph.MSE])
@pytest.mark.parametrize("window", [1, 7, 8, 32])
@pytest.mark.parametrize("chain", [plain, bounded, logarithmic])
@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_a_step_has_the_bits_of_the_interpreter(loss: type[Loss], window: int, chain: Chain, lanes: int) -> None:
    target = 0.7 * np.tile(ph.noise(FRAMES), (lanes, 1))
    target[:, 1500:2000] *= -1.0
    ours, theirs = (learned(engine, chain, loss(window=window), 1e-3, target) for engine in ("native", "interpreter"))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("window", [1, 8])
@pytest.mark.parametrize("chain", [plain, bounded, logarithmic])
def test_an_error_within_the_clamp_of_mae_counts_as_much_as_it_is(window: int, chain: Chain) -> None:
    program = ph.compile(chain)
    start = Parameters(program.parameters)
    values = {name: parameter.value for name, parameter in start.items()}
    wanted, _ = ph.value_and_jacobian(chain, ph.noise(FRAMES), sample_rate=RATE, parameters=values)
    target = wanted + 2e-11 * ph.noise(FRAMES)[None]
    loss = ph.MAE(window=window)
    ours, theirs = (learned(engine, chain, loss, 1e-12, target) for engine in ("native", "interpreter"))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)
    assert 0.0 < np.abs(ours[1] - start.values_array()).max() < 1e-10
