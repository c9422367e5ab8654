"""What the benchmark learns: chains, where their parameters start, what is hidden behind the target, losses, rates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import pyhost as ph
from pyhost._binding import Interpreter
from pyhost.compile.lower import lower
from pyhost.graph.parameter import ParameterSpec

__all__ = ["FIR_GROWTH", "SAMPLE_RATE", "WORKLOADS", "Workload", "fir", "noise_and_target"]

Array = NDArray[np.float64]

SAMPLE_RATE = 48_000
FIR_GROWTH = (64, 128, 256, 512, 1024, 2048, 4096)


@dataclass(frozen=True, slots=True)
class Workload:
    """One learner, the same for every competitor.

    Attributes
    ----------
    name : str
        In the tables.
    function : str
        What the competitors call it.
    chain : callable
        Of pyhost.
    hidden : tuple of float
        The parameters to be found; where they start is in the chain.
    loss : {"mae", "mse"}
        Of the window means of output and target.
    window : int
        In samples.
    rate : float
        Of stochastic gradient descent.
    checked : int
        Over how many samples the competitors must agree before they are timed.
    """

    name: str
    function: str
    chain: Callable[[ph.Signal], ph.Signal]
    hidden: tuple[float, ...]
    loss: str
    window: int
    rate: float
    checked: int = 4000

    @property
    def scalars(self) -> int:
        """Number of scalar parameters; of an FIR filter that is its taps."""
        return len(self.hidden)

    @property
    def bounds(self) -> tuple[ParameterSpec, ...]:
        """What is known of each scalar: bounds and scale."""
        return tuple(spec for spec in ph.compile(self.chain).parameters for _ in range(spec.width))

    @property
    def start(self) -> Array:
        """Where learning starts, (P,): the values, or u in [0, 1] of those with bounds."""
        specs = ph.compile(self.chain).parameters
        return np.array([_moved(spec, value) for spec in specs for value in spec.default])

    def values(self, moved: Array) -> Array:
        """Return the parameters, (P,), that what is moved stands for."""
        return np.array([_value(spec, float(u)) for spec, u in zip(self.bounds, moved, strict=True)])

    @property
    def key(self) -> str:
        """The name without spaces and signs, for ``--only``."""
        return "".join(letter for letter in self.name.lower() if letter.isalnum())

    def learner(self, engine: str) -> ph.Learner:
        """Return the learner of pyhost."""
        loss = ph.MAE(window=self.window) if self.loss == "mae" else ph.MSE(window=self.window)
        return ph.Learner(self.chain, loss=loss, optimizer=ph.SGD(self.rate), engine=engine)


def _moved(spec: ParameterSpec, value: float) -> float:
    """Return what is moved where a parameter has this value."""
    if not spec.normalised:
        return value
    if spec.scale == "log":
        return math.log(value / spec.minimum) / math.log(spec.maximum / spec.minimum)
    return (value - spec.minimum) / (spec.maximum - spec.minimum)


def _value(spec: ParameterSpec, moved: float) -> float:
    """Return the value that what is moved stands for."""
    if not spec.normalised:
        return moved
    if spec.scale == "log":
        return spec.minimum * math.pow(spec.maximum / spec.minimum, moved)
    return spec.minimum + moved * (spec.maximum - spec.minimum)


def _gain(x: ph.Signal) -> ph.Signal:
    return x * ph.param("gain")


def _gain_dc(x: ph.Signal) -> ph.Signal:
    return x * ph.param("gain") + ph.param("dc")


def _one_pole(x: ph.Signal) -> ph.Signal:
    return ph.onepole(x, ph.param("pole"))


def _lowpass(x: ph.Signal) -> ph.Signal:
    return ph.lowpass(x, ph.param("cutoff", 1000.0, minimum=50.0, maximum=20_100.0, unit="Hz"))


def _iir(x: ph.Signal) -> ph.Signal:
    forward = ph.fir(x, ph.param("b", shape=(3,)))
    a1, a2 = ph.param("a1"), ph.param("a2")
    y: ph.Signal = ph.feedback(lambda y1: forward + a1 * y1 + a2 * ph.mem(y1))
    return y


def _oscillator(x: ph.Signal) -> ph.Signal:
    return ph.osc(ph.param("frequency", 450.0, unit="Hz"))


def _dense(x: ph.Signal) -> ph.Signal:
    first = ph.nn.dense([x], 2, name="first")
    return ph.nn.dense(ph.nn.dense(first, 3, name="second"), 1, "identity", name="out")


def fir(taps: int) -> Workload:
    """Return the FIR filter of so many taps; its rate falls with them, so that it stays stable."""
    return Workload(
        f"FIR {taps}",
        "fir",
        lambda x: ph.fir(x, ph.param("taps", shape=(taps,))),
        tuple(np.sin(np.arange(taps)).tolist()),
        "mse",
        8,
        0.8 / max(8, taps),
        max(2000, 2 * taps),
    )


_BANDS = (
    (90.0, 0.9, 4.0),
    (150.0, 1.5, -3.0),
    (600.0, 0.8, 5.0),
    (1200.0, 2.0, -6.0),
    (5000.0, 1.2, 3.0),
    (9000.0, 0.6, -4.0),
)

WORKLOADS = (
    Workload("gain", "gain", _gain, (0.5,), "mae", 32, 1e-3),
    Workload("gain + dc", "gain_dc", _gain_dc, (0.5, 0.5), "mse", 32, 1e-2),
    Workload("one-pole", "one_pole", _one_pole, (0.5,), "mse", 16, 5e-4),
    Workload("lowpass", "lowpass", _lowpass, (440.0,), "mae", 1, 1e-5),
    fir(8),
    fir(64),
    fir(256),
    fir(1024),
    Workload("IIR 3+2", "iir", _iir, (0.4, 0.3, 0.2, 0.5, -0.3), "mse", 8, 1e-3),
    # the phase adds up every earlier rounding: trajectories of two programs part after some thousand samples
    Workload("oscillator", "oscillator", _oscillator, (440.0,), "mse", 8, 0.3, checked=1000),
    Workload("dense 1-2-3-1", "dense", _dense, tuple(np.sin(np.arange(17.0)).tolist()), "mse", 8, 0.02),
    Workload("peq(6)", "peq", ph.chain("peq(bands=6)"), tuple(np.ravel(_BANDS).tolist()), "mse", 8, 1e-3),
)


def noise_and_target(work: Workload, frames: int) -> tuple[Array, Array]:
    """Return the test noise and what the hidden chain makes of it, (1, frames) each."""
    audio = ph.noise(frames)[None]
    machine = Interpreter(lower(ph.compile(work.chain), SAMPLE_RATE, 1))
    machine.set_parameters(np.array(work.hidden))
    target, _ = machine.process(audio)
    return audio, target
