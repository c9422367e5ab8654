"""The chains of the original's examples, and some of pyhost's own, each with hidden values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import pyhost as ph

__all__ = ["TASKS", "Task"]

Chain = Callable[[ph.Signal], ph.Signal]


@dataclass(frozen=True, slots=True)
class Task:
    """A chain and what hides in it.

    Attributes
    ----------
    name : str
        For the table.
    chain : callable or str
        Function or text.
    hidden : mapping
        Values by name; empty: drawn by the seed, as of an equaliser.
    """

    name: str
    chain: Chain | str
    hidden: dict[str, Any]

    def made(self) -> Chain:
        """Return the chain."""
        return ph.chain(self.chain) if isinstance(self.chain, str) else self.chain

    def teacher(self, seed: int = 0) -> ph.LearnedChain:
        """Return the chain with the hidden values."""
        learner = ph.Learner(self.made())
        values = self.hidden or _drawn(learner, np.random.default_rng(seed))
        for name, value in values.items():
            learner.parameters[name].value = value
        return learner.freeze()


def _drawn(learner: ph.Learner, random: np.random.Generator) -> dict[str, float]:
    """Return values for an equaliser: frequencies within 0.7 octaves of their start, ±12 dB, Q from .5 to 2."""
    values: dict[str, float] = {}
    for name, parameter in learner.parameters.items():
        if parameter.unit == "Hz":
            values[name] = min(max(float(parameter.value) * 2.0 ** random.uniform(-0.7, 0.7), 20.0), 18_000.0)
        elif parameter.unit == "dB":
            values[name] = random.uniform(-12.0, 12.0)
        else:
            values[name] = 0.5 * 2.0 ** random.uniform(0.0, 2.0)
    return values


def _exponential(x: ph.Signal) -> ph.Signal:
    return x * ph.exp(-(ph.param("p", 0.5) ** 2.0))


def _power_of_cosine(x: ph.Signal) -> ph.Signal:
    p = ph.param("p", 1.0)
    return x * p ** ph.cos(p)


def _squared_offset(x: ph.Signal) -> ph.Signal:
    return x + ph.param("p", 1.0) ** 2.0


def _free_pole(x: ph.Signal) -> ph.Signal:
    return ph.onepole(x, ph.param("pole", 0.0))


def _pole_and_gain(x: ph.Signal) -> ph.Signal:
    return ph.onepole(x, ph.param("pole", 0.0, maximum=0.99)) * ph.param("gain", 1.0)


def _wave(wave: Callable[..., ph.Signal]) -> Chain:
    return lambda _: wave(ph.param("frequency", 440.0, minimum=20.0, maximum=20_000.0))


def _oscillating_offset(_: ph.Signal) -> ph.Signal:
    return ph.param("gain", 0.0) * ph.osc(440.0) + ph.param("dc", 0.0)


def _neuron(x: ph.Signal) -> ph.Signal:
    return ph.nn.neuron(x, "tanh")


def _shaper(x: ph.Signal) -> ph.Signal:
    return ph.nn.dense(ph.nn.dense(x, 3, name="hidden"), 1, "identity", name="out")


def _response(taps: int, decay: float) -> list[float]:
    return list(np.random.default_rng(taps).normal(size=taps) * decay ** np.arange(taps))


_SHAPER = {
    "hidden_weights": [2.0, -1.0, 0.5],
    "hidden_bias": [0.2, 0.5, -0.3],
    "out_weights": [0.7, 0.5, -0.8],
    "out_bias": [0.1],
}
_COMPRESSOR = {"threshold": -30.0, "ratio": 6.0, "attack": 0.005, "release": 0.08, "makeup": 6.0}

TASKS = (
    Task("gain", "gain", {"gain": 0.5}),
    Task("gain, dc", "gain | dc", {"gain": 0.5, "dc": 0.25}),
    Task("exp", _exponential, {"p": 1.2}),
    Task("pow, trig", _power_of_cosine, {"p": 0.5}),
    Task("dc²", _squared_offset, {"p": 0.75**0.5}),
    Task("delay 10", "delay | gain", {"delay": 10.0, "gain": 0.5}),
    Task("delay 100.3", "delay | gain", {"delay": 100.3, "gain": 0.5}),
    Task("FIR 8", "fir(taps=8)", {"taps": list(np.sin(np.arange(1, 9)))}),
    Task("FIR 16", "fir(taps=16)", {"taps": [float(k in (2, 8)) for k in range(16)]}),
    Task("FIR 64", "fir(taps=64)", {"taps": _response(64, 0.93)}),
    Task("IIR 3+2", "iir", {"b": [1.0, 0.3, -0.2], "a": [0.6, -0.25]}),
    Task("one-pole .5", "onepole", {"pole": 0.5}),
    Task("one-pole .95", "onepole", {"pole": 0.95}),
    Task("one-pole .999", "onepole", {"pole": 0.999}),
    Task("one-pole .99, no bounds", _free_pole, {"pole": 0.99}),
    Task("one-pole, gain", _pole_and_gain, {"pole": 0.5, "gain": 0.5}),
    Task("one-pole .95, gain", _pole_and_gain, {"pole": 0.95, "gain": 0.5}),
    Task("lowpass 440 Hz", "lowpass", {"cutoff": 440.0}),
    Task("lowpass 100 Hz", "lowpass", {"cutoff": 100.0}),
    Task("gain, dc, lowpass", "gain | dc | lowpass", {"gain": 0.5, "dc": 0.1, "cutoff": 3_000.0}),
    Task("sine 500 Hz", _wave(ph.osc), {"frequency": 500.0}),
    Task("square 500 Hz", _wave(ph.square), {"frequency": 500.0}),
    Task("gain, dc of a sine", _oscillating_offset, {"gain": 0.5, "dc": -0.5}),
    Task("neuron", _neuron, {"neuron_weights": [1.7], "neuron_bias": [0.3]}),
    Task("network 1-3-1", _shaper, _SHAPER),
    Task("lowpass2", "lowpass2", {"frequency": 800.0, "q": 2.0}),
    Task("peaking", "peaking", {"frequency": 2_500.0, "q": 2.0, "gain": 9.0}),
    Task("biquad", "biquad", {"b0": 0.5, "b1": 0.2, "b2": -0.1, "k1": -0.6, "k2": 0.5}),
    Task("peq, 2 bands", "peq(bands=2)", {}),
    Task("peq, 4 bands", "peq(bands=4)", {}),
    Task("peq, 6 bands", "peq(bands=6)", {}),
    Task("drive", "drive", {"drive": 12.0, "level": -6.0}),
    Task("drive, lowpass", "drive | lowpass", {"drive": 15.0, "level": -9.0, "cutoff": 2_000.0}),
    Task("compressor", "compressor", _COMPRESSOR),
    Task("compressor, lowpass", "compressor | lowpass", _COMPRESSOR | {"cutoff": 2_500.0}),
    Task("gate", "gate", {"threshold": -30.0, "ratio": 3.0, "attack": 0.003, "release": 0.05, "depth": 40.0}),
)
"""What there is to find."""
