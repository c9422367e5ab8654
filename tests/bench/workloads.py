"""What the benchmark learns: chains, the hidden parameters behind their targets, losses and rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import pyhost as ph

__all__ = ["FIR_GROWTH", "WORKLOADS", "Workload", "fir", "target_of"]

Array = NDArray[np.float64]

FIR_GROWTH = (64, 128, 256, 512, 1024, 2048, 4096)


@dataclass(frozen=True, slots=True)
class Workload:
    """One learner, the same in C and in pyhost.

    Attributes
    ----------
    name : str
        In the tables.
    function : str
        Of ``hand.c``, without its ``hand_``.
    chain : callable
        Of pyhost.
    hidden : tuple of float
        The parameters to be found; those of the chain start at 0.
    loss, window, rate
        As in ``pyhost._binding``; the optimizer is SGD.
    aim : float or None
        The most that interpreter / hand-written should be.
    """

    name: str
    function: str
    chain: Callable[[ph.Signal], ph.Signal]
    hidden: tuple[float, ...]
    loss: str
    window: int
    rate: float
    aim: float | None

    @property
    def scalars(self) -> int:
        """Number of scalar parameters; of an FIR filter that is its taps."""
        return len(self.hidden)


def _gain(x: ph.Signal) -> ph.Signal:
    return x * ph.param("gain")


def _gain_dc(x: ph.Signal) -> ph.Signal:
    return x * ph.param("gain") + ph.param("dc")


def _one_pole(x: ph.Signal) -> ph.Signal:
    return ph.onepole(x, ph.param("pole"))


def _iir(x: ph.Signal) -> ph.Signal:
    forward = ph.fir(x, ph.param("b", shape=(3,)))
    a1, a2 = ph.param("a1"), ph.param("a2")
    y: ph.Signal = ph.feedback(lambda y1: forward + a1 * y1 + a2 * ph.mem(y1))
    return y


def fir(taps: int, aim: float | None = None) -> Workload:
    """Return the FIR filter of so many taps; its rate falls with them, so that it stays stable."""
    return Workload(
        f"FIR {taps}",
        "fir",
        lambda x: ph.fir(x, ph.param("taps", shape=(taps,))),
        tuple(np.sin(np.arange(taps)).tolist()),
        "mse",
        8,
        0.8 / max(8, taps),
        aim,
    )


WORKLOADS = (
    Workload("gain", "gain", _gain, (0.5,), "mae", 32, 1e-3, 5.0),
    Workload("gain + dc", "gain_dc", _gain_dc, (0.5, 0.5), "mse", 32, 1e-2, 5.0),
    Workload("one-pole", "one_pole", _one_pole, (0.5,), "mse", 16, 5e-4, 5.0),
    Workload("IIR 3+2", "iir", _iir, (0.4, 0.3, 0.2, 0.5, -0.3), "mse", 8, 1e-3, 6.0),
    fir(8),
    fir(64, 3.5),
    fir(256, 3.5),
)


def target_of(work: Workload, audio: Array) -> Array:
    """Return what the chain makes of the audio, (frames,), with the hidden parameters."""
    p = work.hidden
    match work.function:
        case "gain":
            return p[0] * audio
        case "gain_dc":
            return p[0] * audio + p[1]
        case "fir":
            return _convolved(audio, p)
        case "one_pole":
            return _recursive(audio, p[0], 0.0)
        case _:
            return _recursive(_convolved(audio, p[:3]), p[3], p[4])


def _convolved(audio: Array, taps: tuple[float, ...]) -> Array:
    """Return y[n] = Σ taps[k]·x[n−k]."""
    full: Array = np.convolve(audio, np.array(taps))
    return full[: len(audio)]


def _recursive(audio: Array, a1: float, a2: float) -> Array:
    """Return y[n] = x[n] + a1 y[n−1] + a2 y[n−2]."""
    out = np.empty_like(audio)
    y1 = y2 = 0.0
    for n, x in enumerate(audio):
        out[n] = x + a1 * y1 + a2 * y2
        y2, y1 = y1, out[n]
    return out
