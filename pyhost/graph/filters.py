"""Filters, gains and oscillators as functions of signals."""

from __future__ import annotations

import math
from typing import Any

from pyhost.graph.functions import dot, feedback, floor, mem, minimum, sample_rate, sin, tan, taps
from pyhost.graph.signal import Operand, Signal, as_signal

__all__ = ["fir", "lowpass", "onepole", "osc", "phasor"]


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
    c = 1/tan(π cutoff/SR), b = 1/(1+c), a = (1−c)/(1+c); y[n] = b x[n] + b x[n−1] − a y[n−1].
    """
    signal = as_signal(x)
    rate = sample_rate()
    c = 1.0 / tan(minimum(cutoff, 0.499 * rate) * (math.pi / rate))
    b = 1.0 / (1.0 + c)
    a = (1.0 - c) * b
    driven = b * (signal + mem(signal))
    return feedback(lambda y1: driven - a * y1)  # type: ignore[no-any-return]


def phasor(frequency: Operand) -> Signal:
    """Return a phase from 0 to 1 that wraps: φ[n] = frac(φ[n−1] + frequency/SR); the wrap leaves partials alone."""
    step = as_signal(frequency) / sample_rate()

    def advance(last: Signal) -> Signal:
        phase = last + step
        return phase - floor(phase)

    return feedback(advance)  # type: ignore[no-any-return]


def osc(frequency: Operand) -> Signal:
    """Return a sine oscillator, sin(2π phasor(frequency)); frequency in Hz."""
    return sin(2.0 * math.pi * phasor(frequency))
