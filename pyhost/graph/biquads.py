"""Second-order filters by frequency, Q and gain: the responses of R. Bristow-Johnson's Audio EQ Cookbook.

With w = π frequency/SR the cookbook's filters are analogue prototypes in s, moved to z by the bilinear transform
s = (1 − z⁻¹)/(1 + z⁻¹)/tan w. Here the prototype is integrated by the trapezoidal rule, which is the same transform,
as a *state-variable* filter (V. Zavalishin, The Art of VA Filter Design, ch. 4; A. Simper, Solving the Continuous SVF
Equations Using Trapezoidal Integration, 2013). With g = tan w, k = 1/Q and two states b, l:

    band = (b + g (x − l)) / (1 + g (g + k)),   low = l + g band,
    b ← 2 band − b,                             l ← 2 low − l.

At rest the response is exactly the cookbook's. While parameters move it is better than the cookbook's difference
equation: the matrix that takes (b, l) to the next is the Cayley transform (I − gF)⁻¹(I + gF) of F = [[−k, −1], [1, 0]],
and F + Fᵀ ≤ 0, so its norm is at most 1 for every g ≥ 0, k ≥ 0. What is stored, b² + l², cannot grow from the filter
itself, however the parameters jump from sample to sample; with the cookbook's direct form it can, and does.

A frequency is in Hz, from 0; beyond 0.499 times the sample rate it is held there. Q is greater than 0, a gain in dB.
"""

from __future__ import annotations

import math

from pyhost.graph.functions import exp, feedback, mem, minimum, sample_rate, tan
from pyhost.graph.signal import Operand, Signal, as_signal

__all__ = ["FLAT", "allpass", "bandpass", "highpass2", "highshelf", "lowpass2", "lowshelf", "notch", "peaking"]

FLAT = math.sqrt(0.5)
"""The Q of a Butterworth filter: as steep as can be without a bump."""

_HIGHEST = 0.499  # of the sample rate; at 0.5 the tangent is infinite


def _warped(frequency: Operand) -> Signal:
    """Return g = tan(π frequency/SR)."""
    rate = sample_rate()
    return tan(minimum(frequency, _HIGHEST * rate) * (math.pi / rate))


def _fourth_root(gain: Operand) -> Signal:
    """Return √A, A = 10^(gain/40): the fourth root of the factor that a gain in dB stands for."""
    return exp(as_signal(gain) * (math.log(10.0) / 80.0))


def _band_and_low(x: Signal, g: Signal, k: Signal) -> tuple[Signal, Signal]:
    """Return the outputs band and low of the state-variable filter."""
    scale = 1.0 / (1.0 + g * (g + k))

    def outputs(b: Signal, l: Signal) -> tuple[Signal, Signal]:  # noqa: E741  # as in the equations above
        band = scale * (b + g * (x - l))
        return band, l + g * band

    def advance(b: Signal, l: Signal) -> tuple[Signal, Signal]:  # noqa: E741
        band, low = outputs(b, l)
        return 2.0 * band - b, 2.0 * low - l

    # written twice, computed once: the compiler sees that they are the same
    return outputs(*map(mem, feedback(advance)))


def lowpass2(x: Operand, frequency: Operand, q: Operand = FLAT) -> Signal:
    """Return a low-pass, 12 dB an octave: H(s) = 1/(s² + s/Q + 1); Q is the gain at `frequency`."""
    _, low = _band_and_low(as_signal(x), _warped(frequency), 1.0 / as_signal(q))
    return low


def highpass2(x: Operand, frequency: Operand, q: Operand = FLAT) -> Signal:
    """Return a high-pass, 12 dB an octave: H(s) = s²/(s² + s/Q + 1); Q is the gain at `frequency`."""
    signal, k = as_signal(x), 1.0 / as_signal(q)
    band, low = _band_and_low(signal, _warped(frequency), k)
    return signal - k * band - low


def bandpass(x: Operand, frequency: Operand, q: Operand = 1.0) -> Signal:
    """Return a band-pass, 0 dB at its centre: H(s) = (s/Q)/(s² + s/Q + 1)."""
    k = 1.0 / as_signal(q)
    band, _ = _band_and_low(as_signal(x), _warped(frequency), k)
    return k * band


def notch(x: Operand, frequency: Operand, q: Operand = 1.0) -> Signal:
    """Return a notch, nothing at its centre: H(s) = (s² + 1)/(s² + s/Q + 1)."""
    signal, k = as_signal(x), 1.0 / as_signal(q)
    band, _ = _band_and_low(signal, _warped(frequency), k)
    return signal - k * band


def allpass(x: Operand, frequency: Operand, q: Operand = 1.0) -> Signal:
    """Return an all-pass, 180° at its centre: H(s) = (s² − s/Q + 1)/(s² + s/Q + 1)."""
    signal, k = as_signal(x), 1.0 / as_signal(q)
    band, _ = _band_and_low(signal, _warped(frequency), k)
    return signal - 2.0 * k * band


def peaking(x: Operand, frequency: Operand, q: Operand, gain: Operand) -> Signal:
    """Return a bell: `gain` dB at its centre, 0 dB far from it.

    Parameters
    ----------
    x : signal
        What is filtered.
    frequency : signal
        Centre, in Hz.
    q : signal
        Centre over the bandwidth between the points of half the gain (in dB); greater than 0.
    gain : signal
        In dB.

    Notes
    -----
    H(s) = (s² + s A/Q + 1)/(s² + s/(A Q) + 1), A = 10^(gain/40): with k = 1/(A Q) it is
    1 + (A² − 1) k s/(s² + k s + 1).
    """
    signal, root = as_signal(x), _fourth_root(gain)
    amplitude = root * root
    k = 1.0 / (amplitude * as_signal(q))
    band, _ = _band_and_low(signal, _warped(frequency), k)
    return signal + k * (amplitude * amplitude - 1.0) * band


def lowshelf(x: Operand, frequency: Operand, q: Operand, gain: Operand) -> Signal:
    """Return a shelf below a frequency: `gain` dB down there, half of it at `frequency`, 0 dB above.

    Parameters
    ----------
    x : signal
        What is filtered.
    frequency : signal
        Middle of the slope, in Hz.
    q : signal
        Steepness; above √½ the response overshoots. Greater than 0.
    gain : signal
        In dB.

    Notes
    -----
    H(s) = A (s² + s √A/Q + A)/(A s² + s √A/Q + 1), A = 10^(gain/40): in √A s it is
    1 + ((A − 1) k s + A² − 1)/(s² + k s + 1).
    """
    signal, root = as_signal(x), _fourth_root(gain)
    amplitude, k = root * root, 1.0 / as_signal(q)
    band, low = _band_and_low(signal, _warped(frequency) / root, k)
    return signal + (amplitude - 1.0) * (k * band + (amplitude + 1.0) * low)


def highshelf(x: Operand, frequency: Operand, q: Operand, gain: Operand) -> Signal:
    """Return a shelf above a frequency: `gain` dB up there, half of it at `frequency`, 0 dB below.

    Parameters
    ----------
    x : signal
        What is filtered.
    frequency : signal
        Middle of the slope, in Hz.
    q : signal
        Steepness; above √½ the response overshoots. Greater than 0.
    gain : signal
        In dB.

    Notes
    -----
    H(s) = A (A s² + s √A/Q + 1)/(s² + s √A/Q + A), A = 10^(gain/40): in s/√A it is
    A² + ((1 − A) A k s + 1 − A²)/(s² + k s + 1).
    """
    signal, root = as_signal(x), _fourth_root(gain)
    amplitude, k = root * root, 1.0 / as_signal(q)
    band, low = _band_and_low(signal, _warped(frequency) * root, k)
    return amplitude * amplitude * signal + (1.0 - amplitude) * (amplitude * k * band + (1.0 + amplitude) * low)
