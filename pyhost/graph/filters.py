"""Filters with free coefficients, and those of first order."""

from __future__ import annotations

import math
from typing import Any

from pyhost.graph.functions import dot, feedback, mem, minimum, sample_rate, tan, taps
from pyhost.graph.signal import Operand, Signal, as_signal

__all__ = ["fir", "iir", "lowpass", "onepole"]


def fir(x: Operand, coefficients: Any) -> Signal:
    """Return a finite impulse response filter: Σ coefficients[k]·x[n−k].

    Parameters
    ----------
    x : signal
        What is filtered.
    coefficients : signal or sequence
        A vector: ``ph.param("taps", shape=(N,))``, or numbers. Costs O(N) per sample, partials included.
    """
    vector = as_signal(coefficients)
    return dot(vector, taps(x, vector.width))


def iir(x: Operand, b: Any, a: Any) -> Signal:
    """Return a recursive filter with free coefficients: y[n] = Σ b[k]·x[n−k] + Σ a[k]·y[n−1−k].

    Nothing keeps it stable unless `a` is a parameter that learning holds: ``ph.param("a", shape=(2,), stable=True)``,
    in the text form ``iir(a=2, poles="held")``. That keeps it stable at every sample; where parameters jump, or the
    filter must be stable wherever they come from, use `pyhost.cascade`.

    Parameters
    ----------
    x : signal
        What is filtered.
    b : signal or sequence
        A vector, that of the newest input first.
    a : signal or sequence
        A vector, that of the last output first; with a plus sign, unlike numpy's and scipy's.
    """
    driven, vector = fir(x, b), as_signal(a)
    return feedback(lambda y1: driven + dot(vector, taps(y1, vector.width)))  # type: ignore[no-any-return]


def onepole(x: Operand, pole: Operand) -> Signal:
    """Return y[n] = x[n] + pole·y[n−1]. Stable for |pole| < 1."""
    signal, p = as_signal(x), as_signal(pole)
    return feedback(lambda y1: signal + p * y1)  # type: ignore[no-any-return]


def lowpass(x: Operand, cutoff: Operand) -> Signal:
    """Return a first-order Butterworth low-pass, by the bilinear transform.

    Parameters
    ----------
    x : signal
        What is filtered.
    cutoff : signal
        Frequency at −3 dB, in Hz. Beyond 0.499 times the sample rate it is held there.

    Notes
    -----
    t = tan(π cutoff/SR), b = t/(1+t), a = (t−1)/(t+1); y[n] = b x[n] + b x[n−1] − a y[n−1].
    """
    signal = as_signal(x)
    rate = sample_rate()
    t = tan(minimum(cutoff, 0.499 * rate) * (math.pi / rate))
    share = 1.0 / (1.0 + t)  # one division: each sample waits for the one before
    b, a = t * share, (t - 1.0) * share
    driven = b * (signal + mem(signal))
    return feedback(lambda y1: driven - a * y1)  # type: ignore[no-any-return]
