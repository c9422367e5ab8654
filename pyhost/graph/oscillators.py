"""Oscillators: a phase, and the waves that are read off it.

Frequencies are in Hz, from 0 to half the sample rate; phases in periods, so that 0.25 is a quarter of one. All have
amplitude 1: multiply them.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

from pyhost.errors import ChainError, suggestion
from pyhost.graph.functions import feedback, floor, maximum, minimum, sample_rate, select2, sin
from pyhost.graph.signal import Operand, Signal, as_signal

__all__ = ["EDGES", "Edges", "osc", "phasor", "saw", "square"]

Edges = Literal["smooth", "hard"]
EDGES: tuple[str, ...] = get_args(Edges)


def phasor(frequency: Operand) -> Signal:
    """Return a phase from 0 to 1 that wraps: φ[n] = frac(φ[n−1] + frequency/SR); the wrap leaves partials alone."""
    step = as_signal(frequency) / sample_rate()

    def advance(last: Signal) -> Signal:
        return _wrapped(last + step)

    return feedback(advance)  # type: ignore[no-any-return]


def osc(frequency: Operand, phase: Operand = 0.0) -> Signal:
    """Return a sine oscillator, sin(2π (phasor(frequency) + phase)); frequency in Hz, phase in periods."""
    return sin(2.0 * math.pi * _shifted(phasor(frequency), phase))


def saw(frequency: Operand, phase: Operand = 0.0, edges: Edges = "smooth") -> Signal:
    """Return a sawtooth that rises from −1 to 1: 2φ − 1, φ the phase.

    Parameters
    ----------
    frequency : signal
        In Hz.
    phase : signal
        In periods.
    edges : {"smooth", "hard"}
        What becomes of the fall from 1 to −1. ``"hard"`` jumps: it aliases, and its partials know nothing of the jump,
        so they are no gradient of what is heard. ``"smooth"`` spreads it over two samples (see Notes): less
        aliasing, and the wave is a continuous function of frequency and phase, with its exact partials.

    Raises
    ------
    ChainError
        If `edges` is neither.

    Notes
    -----
    The residual of a unit step that a triangular pulse, two samples wide, has smoothed: with d = frequency/SR the
    number of periods in a sample, a = min(φ/d, 1) and b = min((1 − φ)/d, 1) it is ((1 − a)² − (1 − b)²)/2, and the saw
    falls by two steps (V. Välimäki and A. Huovilainen, Antialiasing Oscillators in Subtractive Synthesis, IEEE Signal
    Processing Magazine 24, 2007: "polyBLEP").
    """
    position = _wrapped(_shifted(phasor(frequency), phase))
    hard = 2.0 * position - 1.0
    return hard + _step_residual(position, frequency) if _is_smooth(edges, "saw") else hard


def square(frequency: Operand, phase: Operand = 0.0, edges: Edges = "smooth") -> Signal:
    """Return a square wave: 1 in the first half of each period, −1 in the second.

    Parameters
    ----------
    frequency : signal
        In Hz.
    phase : signal
        In periods.
    edges : {"smooth", "hard"}
        As of `saw`. ``"hard"`` has no partials at all; those of ``"smooth"`` are zero but within a sample of an edge,
        where they are large: to learn a frequency begin near it.

    Raises
    ------
    ChainError
        If `edges` is neither.
    """
    position = _wrapped(_shifted(phasor(frequency), phase))
    hard = select2(position < 0.5, -1.0, 1.0)
    if not _is_smooth(edges, "square"):
        return hard
    half_later = _wrapped(position + 0.5)
    return hard - _step_residual(position, frequency) + _step_residual(half_later, frequency)


def _wrapped(phase: Signal) -> Signal:
    return phase - floor(phase)


def _shifted(phase: Signal, by: Operand) -> Signal:
    """Return phase + by; without an addition where there is nothing to add."""
    return phase + by if isinstance(by, Signal) or by else phase


def _is_smooth(edges: str, name: str) -> bool:
    if edges not in EDGES:
        raise ChainError(f"{name}: unknown edges {str(edges)!r}{suggestion(str(edges), EDGES)}")
    return edges == "smooth"


def _step_residual(position: Signal, frequency: Operand) -> Signal:
    """Return what smooths a fall by 2 where the phase `position` wraps: (1 − a)² − (1 − b)²; see `saw`."""
    rate = sample_rate()
    held = maximum(minimum(frequency, 0.5 * rate), 1e-6)  # above, both edges of a period overlap; at 0 there is none
    per_period = rate / held
    after = 1.0 - minimum(position * per_period, 1.0)
    before = 1.0 - minimum((1.0 - position) * per_period, 1.0)
    return after * after - before * before
