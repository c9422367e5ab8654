"""Eight learners of the original Faust library, restated in plain Python from its formulas, sample by sample.

Six others are compared with what the original programs themselves computed, in ``test_reference.py``. Here a chain and
its derivatives are written out by hand; a learner takes the means over the window of output, target and derivatives,
then the gradient, then the step, as the original does. Nothing of pyhost takes part but the test noise.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import pyhost as ph

RATE = 48_000
FRAMES = 4096
EPSILON = 2.0**-52
MIDDLE, LOWEST = 10_025.0, 50.0  # how the original's low-pass maps −1 … 1 to Hz

Tick = Callable[[float, Sequence[float]], tuple[float, list[float]]]
"""From an input sample and the parameters to the output sample and its derivatives."""


def gain_tick() -> Tick:
    return lambda x, p: (p[0] * x, [x])


def gain_exp_tick() -> Tick:
    return lambda x, p: (x * math.exp(-(p[0] ** 2)), [-2.0 * p[0] * x * math.exp(-(p[0] ** 2))])


def dcsq_tick() -> Tick:
    return lambda x, p: (x + p[0] ** 2, [2.0 * p[0]])


def gain_dc_tick() -> Tick:
    return lambda x, p: (p[0] * x + p[1], [x, 1.0])


def fir_tick(count: int = 16) -> Tick:
    past = deque([0.0] * count, count)

    def tick(x: float, p: Sequence[float]) -> tuple[float, list[float]]:
        past.appendleft(x)
        return sum(b * u for b, u in zip(p, past, strict=True)), list(past)

    return tick


def one_pole_gain_tick() -> Tick:
    y1 = slope1 = 0.0

    def tick(x: float, p: Sequence[float]) -> tuple[float, list[float]]:
        nonlocal y1, slope1
        pole, gain = p
        slope1 = y1 + pole * slope1
        y1 = x + pole * y1
        return gain * y1, [gain * slope1, y1]

    return tick


def iir_tick() -> Tick:
    """y = Σ b[k] x[n−k] + Σ a[k] y[n−1−k], three and two; every derivative runs through the same recursion."""
    xs, ys = deque([0.0] * 3, 3), deque([0.0] * 2, 2)
    slopes = deque([[0.0] * 5] * 2, 2)

    def tick(x: float, p: Sequence[float]) -> tuple[float, list[float]]:
        xs.appendleft(x)
        a = p[3:]
        own = [*xs, *ys]
        y = sum(c * u for c, u in zip(p, own, strict=True))
        slope = [own[k] + a[0] * slopes[0][k] + a[1] * slopes[1][k] for k in range(5)]
        ys.appendleft(y)
        slopes.appendleft(slope)
        return y, slope

    return tick


def lowpass_tick() -> Tick:
    x1 = y1 = slope1 = 0.0

    def tick(x: float, p: Sequence[float]) -> tuple[float, list[float]]:
        nonlocal x1, y1, slope1
        w = math.pi * p[0] / RATE
        c, c_slope = 1.0 / math.tan(w), -math.pi / RATE / math.sin(w) ** 2
        b, b_slope = 1.0 / (1.0 + c), -c_slope / (1.0 + c) ** 2
        a, a_slope = (1.0 - c) / (1.0 + c), -2.0 * c_slope / (1.0 + c) ** 2
        slope1 = b_slope * (x + x1) - a_slope * y1 - a * slope1
        y1 = b * (x + x1) - a * y1
        x1 = x
        return y1, [slope1]

    return tick


def straight_through(value: Any, held: Any) -> Any:
    """A clamp whose slope counts as 1, as the original has it outside its integrators."""
    return value + ph.stop_gradient(held - value)


def gain(x: Any) -> Any:
    return x * ph.param("p")


def gain_exp(x: Any) -> Any:
    p = ph.param("p") + EPSILON
    return x * ph.exp(-p * p)


def dcsq(x: Any) -> Any:
    p = ph.param("p")
    return x + straight_through(p, ph.maximum(p, 1e-10)) ** 2


def gain_dc(x: Any) -> Any:
    return x * ph.param("gain") + ph.param("dc")


def fir(x: Any) -> Any:
    return ph.fir(x, ph.param("taps", shape=(16,)))


def one_pole_gain(x: Any) -> Any:
    pole = ph.param("pole")
    return ph.param("gain") * ph.onepole(x, straight_through(pole, ph.minimum(pole, 0.99)))


def iir(x: Any) -> Any:
    return ph.iir(x, ph.param("b", shape=(3,)), ph.param("a", shape=(2,)))


def lowpass(x: Any) -> Any:
    return ph.lowpass(x, ph.param("cutoff", MIDDLE + LOWEST))


def unclamped(value: float) -> float:
    return value


@dataclass(frozen=True)
class Original:
    """A learner of the original.

    An integrator holds u, from 0 on; the chain uses clamp(start + slope·u). The original takes its gradient with
    respect to that value and steps u by rate × gradient, so that the value moves by slope × rate × gradient.
    """

    tick: Callable[[], Tick]
    chain: Callable[[Any], Any]
    hidden: tuple[float, ...]
    loss: ph.MAE | ph.MSE
    rate: float
    schedule: ph.Exponential | None = None
    clamp: Callable[[float], float] = unclamped
    start: float = 0.0
    slope: float = 1.0
    sine: bool = False

    def input(self) -> Any:
        return np.sin(2.0 * np.pi * 440.0 / RATE * np.arange(FRAMES)) if self.sine else ph.noise(FRAMES)

    def rate_at(self, n: int) -> float:
        s = self.schedule
        return self.rate * math.exp(s.exponent * (n // s.every)) if s else self.rate

    def learn(self) -> dict[str, Any]:
        """Learn as the original does; return what happens at every sample."""
        hidden_tick, tick = self.tick(), self.tick()
        held = [0.0] * len(self.hidden)
        windows = [deque([0.0] * self.loss.window, self.loss.window) for _ in range(2 + len(held))]
        rows: dict[str, list[Any]] = {"target": [], "loss": [], "gradient": [], "parameters": []}
        for n, x in enumerate(self.input().tolist()):
            values = [self.start + self.slope * u for u in held]
            target, _ = hidden_tick(x, self.hidden)
            y, slopes = tick(x, [self.clamp(values[0]), *values[1:]])
            for window, value in zip(windows, (target, y, *slopes), strict=True):
                window.append(value)
            mean_t, mean_y, *d = (sum(window) / len(window) for window in windows)
            loss, gradient = self.loss_of(mean_y - mean_t, d)
            for row, value in zip(rows.values(), (target, loss, gradient, values), strict=True):
                row.append(value)
            held = [u - self.rate_at(n) * g for u, g in zip(held, gradient, strict=True)]
        return {name: np.array(values) for name, values in rows.items()}

    def loss_of(self, e: float, d: list[float]) -> tuple[float, list[float]]:
        """Return loss and gradient of an error and the derivatives of the output."""
        if isinstance(self.loss, ph.MAE):
            return abs(e), [each * e / max(abs(e), 1e-10) for each in d]
        return e**2, [2.0 * e * each for each in d]


ECHOES = tuple(float(n in (2, 8)) for n in range(16))
SLOWER = ph.Exponential(10_000, -0.1)

ORIGINALS = {
    "gain_scheduler": Original(gain_tick, gain, (0.5,), ph.MAE(32), 1e-1, SLOWER),
    "gain_exp": Original(gain_exp_tick, gain_exp, (0.5,), ph.MAE(8), 1e-3, clamp=lambda p: p + EPSILON),
    "dcsq": Original(dcsq_tick, dcsq, (0.75,), ph.MSE(1), 1e-3, clamp=lambda p: max(p, 1e-10)),
    "fir_delay": Original(fir_tick, fir, ECHOES, ph.MSE(8), 0.1),
    "iir": Original(iir_tick, iir, (1.0, 0.0, 0.0, 0.0, 0.0), ph.MSE(8), 1e-3),
    "one_pole_gain": Original(
        one_pole_gain_tick, one_pole_gain, (0.5, 0.5), ph.MSE(8), 1e-2, clamp=lambda p: min(p, 0.99)
    ),
    "lowpass": Original(lowpass_tick, lowpass, (440.0,), ph.MAE(1), 0.5, start=LOWEST + MIDDLE, slope=MIDDLE),
    "gain_dc_learn": Original(gain_dc_tick, gain_dc, (0.5, -0.5), ph.MAE(1), 1e-4, sine=True),
}


def columns(named: Any) -> Any:
    """Return traces by name as one array, (frames, P)."""
    return np.hstack([np.reshape(values, (FRAMES, -1)) for values in named.values()])


@pytest.mark.parametrize("name", ORIGINALS)
def test_a_learner_takes_the_steps_of_the_original_s_formulas(name: str) -> None:
    original = ORIGINALS[name]
    theirs = original.learn()
    optimizer = ph.SGD(original.rate * original.slope, schedule=original.schedule or ph.Constant())
    learner = ph.Learner(original.chain, loss=original.loss, optimizer=optimizer)
    dry = original.input()
    trace = learner.learn(dry, theirs["target"], sample_rate=RATE, record=True, evaluate=False, align="off")
    for ours, wanted in (
        (trace.loss, theirs["loss"]),
        (columns(trace.gradients), theirs["gradient"]),
        (columns(trace.parameters), theirs["parameters"]),
    ):
        np.testing.assert_allclose(ours, wanted, rtol=1e-9, atol=1e-15)
    assert np.abs(theirs["parameters"][-1] - theirs["parameters"][0]).max() > 0.0


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_restated_derivatives_are_central_differences(name: str) -> None:
    original = ORIGINALS[name]
    x = ph.noise(64).tolist()
    at = [0.9 * value + 0.05 for value in original.hidden]

    def outputs(values: list[float]) -> Any:
        tick = original.tick()
        return np.array([tick(sample, values)[0] for sample in x])

    tick = original.tick()
    slopes = np.array([tick(sample, at)[1] for sample in x])
    for k, value in enumerate(at):
        step = 1e-5 * max(1.0, abs(value))
        up, down = ([*at[:k], value + sign * step, *at[k + 1 :]] for sign in (1.0, -1.0))
        np.testing.assert_allclose(slopes[:, k], (outputs(up) - outputs(down)) / (2.0 * step), rtol=1e-6, atol=1e-9)
