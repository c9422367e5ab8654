"""Compressor, gate and drive: what depends on level.

Compressor and gate follow D. Giannoulis, M. Massberg and J. D. Reiss, Digital Dynamic Range Compressor Design — A
Tutorial and Analysis, JAES 60 (6), 2012: feed-forward, the level in dB, and the gain smoothed in dB by their *smooth
branching* detector (equation 16), one state g that goes towards its aim u by

    g[n] = u + α (g[n−1] − u),   α = exp(−1/(τ SR)),

τ one time for the way out and another for the way back. Of their two smooth detectors this is the one whose release
is what it says (the decoupled one adds the attack to it). Where it changes branch u = g[n−1] and both give the same:
value and sound are continuous in all parameters, and the partials are exact but for that one point.

The level is 20 log₁₀ max(|x|, 10⁻⁶), so silence is −120 dB, with partials 0 rather than infinite.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

from pyhost.errors import ChainError, suggestion
from pyhost.graph.functions import exp, feedback, log, maximum, minimum, sample_rate, select2, tanh
from pyhost.graph.signal import Operand, Signal, as_signal

__all__ = ["SHAPES", "Shape", "compressor", "drive", "gate"]

Shape = Literal["tanh", "cubic"]
SHAPES: tuple[str, ...] = get_args(Shape)

_NEPER = math.log(10.0) / 20.0  # in a dB
_SILENCE = 1e-6
_CORNER = 1e-3  # dB; a narrower knee is none, and its reciprocal would not stay finite


def _factor(decibels: Operand) -> Signal:
    return exp(as_signal(decibels) * _NEPER)


def _level(x: Signal) -> Signal:
    """Return the level of each sample, in dB."""
    return log(maximum(abs(x), _SILENCE)) * (1.0 / _NEPER)


def _smoothed(aim: Signal, rise: Operand, fall: Operand) -> Signal:
    """Return a signal that goes towards `aim`, up and down with one time constant each, in seconds."""
    rate = sample_rate()
    up, down = (exp(-1.0 / (as_signal(time) * rate)) for time in (rise, fall))
    return feedback(lambda last: aim + select2(aim > last, down, up) * (last - aim))  # type: ignore[no-any-return]


def compressor(  # noqa: PLR0917  # in the order in which a block hands them over
    x: Operand,
    threshold: Operand,
    ratio: Operand,
    attack: Operand,
    release: Operand,
    makeup: Operand = 0.0,
    knee: float = 0.0,
) -> Signal:
    """Return a compressor: what is above `threshold` comes out `ratio` times closer to it.

    Parameters
    ----------
    x : signal
        What is compressed; each sample's own level counts, not a mean.
    threshold : signal
        Level from which on it works, in dB of full scale; above −120 + knee/2, so that silence is left alone.
    ratio : signal
        dB in for a dB out, from 1 on.
    attack, release : signal
        Times in which the gain goes 63 % of its way down and up again, in seconds, greater than 0.
    makeup : signal
        Gain after it, in dB.
    knee : float
        Width of the bend around the threshold, in dB; 0 for a corner.

    Raises
    ------
    ChainError
        If `knee` is not a number from 0 on.

    Notes
    -----
    The reduction aimed at, in dB, is (1 − 1/ratio) times: 0 for d ≤ −knee/2, (d + knee/2)²/(2 knee) within the knee, d
    above, where d is level − threshold.
    """
    if not (isinstance(knee, (int, float)) and 0.0 <= knee < math.inf):
        raise ChainError(f"compressor: knee must be a number of dB from 0 on, not {knee!r}")
    signal = as_signal(x)
    excess = _level(signal) - threshold
    knee = knee if knee >= _CORNER else 0.0
    over = maximum(excess - 0.5 * knee, 0.0)
    if knee > 0.0:
        inside = minimum(maximum(excess + 0.5 * knee, 0.0), knee)
        over = over + inside * inside * (0.5 / knee)
    reduction = _smoothed((1.0 - 1.0 / as_signal(ratio)) * over, attack, release)
    return signal * _factor(makeup - reduction)


def gate(  # noqa: PLR0917
    x: Operand, threshold: Operand, ratio: Operand, attack: Operand, release: Operand, depth: Operand = 60.0
) -> Signal:
    """Return a gate (a downward expander): what is below `threshold` goes down `ratio` times as far.

    Parameters
    ----------
    x : signal
        What is gated; each sample's own level counts, not a mean.
    threshold : signal
        Level below which it closes, in dB of full scale.
    ratio : signal
        dB out for a dB in, from 1 on; 20 is as good as a switch.
    attack, release : signal
        Times in which it opens and closes by 63 % of the way, in dB; in seconds, greater than 0.
    depth : signal
        How far it closes at most, in dB, from 0 on.

    Notes
    -----
    The gain aimed at, in dB, is max((ratio − 1) min(level − threshold, 0), −depth). It starts open.
    """
    signal = as_signal(x)
    below = minimum(_level(signal) - threshold, 0.0)
    aim = maximum((as_signal(ratio) - 1.0) * below, -as_signal(depth))
    return signal * _factor(_smoothed(aim, attack, release))


def drive(x: Operand, gain: Operand, level: Operand = 0.0, shape: Shape = "tanh") -> Signal:
    """Return a saturating amplifier, 10^(level/20) · f(10^(gain/20) x).

    Parameters
    ----------
    x : signal
        What is driven.
    gain : signal
        Before the curve, in dB.
    level : signal
        After it, in dB.
    shape : {"tanh", "cubic"}
        The curve f: tanh u, or 3/2 u − 1/2 u³ within ±1 and ±1 beyond. The second really reaches ±1, with slope 0.

    Raises
    ------
    ChainError
        If there is no such shape.
    """
    if shape not in SHAPES:
        raise ChainError(f"drive: unknown shape {str(shape)!r}{suggestion(str(shape), SHAPES)}")
    driven = as_signal(x) * _factor(gain)
    if shape == "cubic":
        u = maximum(minimum(driven, 1.0), -1.0)
        return _factor(level) * (u * (1.5 - 0.5 * (u * u)))
    return _factor(level) * tanh(driven)
