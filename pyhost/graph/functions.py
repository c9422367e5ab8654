"""The primitives: functions of signals, each with exact partials.

Formulas, domains and clamps are those of the table in ``docs/primitives.md``. Every function takes signals or
numbers and returns a `Signal`; where operands are vectors it works element by element.
"""

from __future__ import annotations

import builtins
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np

from pyhost.errors import ChainError, suggestion
from pyhost.graph.signal import Loop, Operand, Signal, as_signal, node

__all__ = [
    "Interpolation",
    "acos",
    "asin",
    "atan",
    "atan2",
    "ceil",
    "cos",
    "delay",
    "dot",
    "exp",
    "feedback",
    "floor",
    "fmod",
    "int",
    "log",
    "log10",
    "maximum",
    "mem",
    "minimum",
    "prefix",
    "remainder",
    "rint",
    "round",
    "sample_rate",
    "select2",
    "sin",
    "sqrt",
    "stack",
    "stop_gradient",
    "sum",
    "table",
    "tan",
    "tanh",
    "taps",
]

Interpolation = Literal["none", "linear", "lagrange3"]
INTERPOLATIONS: dict[str, int] = {"none": 0, "linear": 1, "lagrange3": 2}
STRAIGHT_THROUGH = 1


def sin(u: Operand) -> Signal:
    """Return the sine of u (radians)."""
    return node("sin", u)


def cos(u: Operand) -> Signal:
    """Return the cosine of u (radians)."""
    return node("cos", u)


def tan(u: Operand) -> Signal:
    """Return the tangent of u (radians); slope 1 / max(cos² u, 1e-10)."""
    return node("tan", u)


def asin(u: Operand) -> Signal:
    """Return the arc sine of u in [−1, 1]; NaN outside."""
    return node("asin", u)


def acos(u: Operand) -> Signal:
    """Return the arc cosine of u in [−1, 1]; NaN outside."""
    return node("acos", u)


def atan(u: Operand) -> Signal:
    """Return the arc tangent of u."""
    return node("atan", u)


def atan2(u: Operand, v: Operand) -> Signal:
    """Return the angle of the point (v, u), −π to π; slopes 0 at (0, 0)."""
    return node("atan2", u, v)


def exp(u: Operand) -> Signal:
    """Return e to the power of u."""
    return node("exp", u)


def log(u: Operand) -> Signal:
    """Return the natural logarithm of u; slope 0 for u ≤ 0."""
    return node("log", u)


def log10(u: Operand) -> Signal:
    """Return the logarithm of u to base 10; slope 0 for u ≤ 0."""
    return node("log10", u)


def sqrt(u: Operand) -> Signal:
    """Return the square root of u; slope 1 / (2 max(√u, 1e-10))."""
    return node("sqrt", u)


def tanh(u: Operand) -> Signal:
    """Return the hyperbolic tangent of u."""
    return node("tanh", u)


def minimum(u: Operand, v: Operand) -> Signal:
    """Return the smaller of u and v, with its partials; at a tie those of u."""
    return node("minimum", u, v)


def maximum(u: Operand, v: Operand) -> Signal:
    """Return the larger of u and v, with its partials; at a tie those of u."""
    return node("maximum", u, v)


def floor(u: Operand, *, straight_through: bool = False) -> Signal:
    """Return u rounded down; slope 0, or 1 with `straight_through`."""
    return node("floor", u, flags=STRAIGHT_THROUGH * straight_through)


def ceil(u: Operand, *, straight_through: bool = False) -> Signal:
    """Return u rounded up; slope 0, or 1 with `straight_through`."""
    return node("ceil", u, flags=STRAIGHT_THROUGH * straight_through)


def rint(u: Operand, *, straight_through: bool = False) -> Signal:
    """Return the whole number nearest to u, ties to even; slope 0, or 1 with `straight_through`."""
    return node("rint", u, flags=STRAIGHT_THROUGH * straight_through)


def round(u: Operand, *, straight_through: bool = False) -> Signal:
    """Return the whole number nearest to u, ties away from 0; slope 0, or 1 with `straight_through`."""
    return node("round", u, flags=STRAIGHT_THROUGH * straight_through)


def int(u: Operand, *, straight_through: bool = False) -> Signal:
    """Return u rounded towards 0; slope 0, or 1 with `straight_through`."""
    return node("truncate", u, flags=STRAIGHT_THROUGH * straight_through)


def fmod(u: Operand, v: Operand) -> Signal:
    """Return u − trunc(u/v)·v, of the sign of u (``%`` on signals has that of v)."""
    return node("fmod", u, v)


def remainder(u: Operand, v: Operand) -> Signal:
    """Return u − rint(u/v)·v, at most half of v from 0 (IEEE 754)."""
    return node("remainder", u, v)


def select2(condition: Operand, if_zero: Operand, otherwise: Operand) -> Signal:
    """Return `if_zero` where `condition` is 0, else `otherwise`, with its partials alone."""
    return node("select", condition, if_zero, otherwise)


def stop_gradient(u: Operand) -> Signal:
    """Return u without its partials: what follows takes it for a constant (JAX's ``lax.stop_gradient``)."""
    return node("stop", u)


def sample_rate() -> Signal:
    """Return the sample rate, in Hz, at which the chain runs."""
    return Signal("sample_rate")


def mem(u: Operand) -> Signal:
    """Return u one sample ago; 0 at the first."""
    return prefix(0.0, u)


def prefix(initial: float, u: Operand) -> Signal:
    """Return u one sample ago; `initial` at the first."""
    if not math.isfinite(initial):
        raise ChainError(f"prefix: the first value must be finite, not {initial}")
    signal = as_signal(u)
    loop = Loop()
    loop.outputs = (signal,)
    return Signal("memory", width=signal.width, constant=float(initial), loop=loop)


def feedback(body: Callable[..., Any], *, signals: builtins.int | None = None) -> Any:
    """Return y with y[n] = body(y[n−1]), y[−1] = 0: recursion, of value and partials alike.

    Parameters
    ----------
    body : callable
        Takes the last value of each signal of the recursion and returns the new ones. Recursions nest.
    signals : int, optional
        How many signals circulate; by default as many as `body` has arguments.

    Returns
    -------
    Signal or tuple of Signal
        What `body` returned: one signal, or a tuple of as many as circulate.

    Raises
    ------
    ChainError
        If `body` returns another number of signals than it takes, or vectors.

    Examples
    --------
    >>> import pyhost as ph
    >>> def one_pole(x):
    ...     pole = ph.param("pole", 0.5)
    ...     return ph.feedback(lambda y1: x + pole * y1)
    """
    if signals is None:
        arguments = inspect.signature(body).parameters.values()
        if any(a.kind is a.VAR_POSITIONAL for a in arguments):
            raise ChainError("feedback: say how many signals circulate, signals=N: the body takes *arguments")
        signals = len([a for a in arguments if a.default is a.empty and a.kind is not a.KEYWORD_ONLY])
    if signals < 1:
        raise ChainError("feedback: the body must take at least one signal, its own last value")
    loop = Loop()
    previous = [Signal("memory", size=i, loop=loop) for i in range(signals)]
    result = body(*previous)
    outputs = tuple(result) if isinstance(result, (tuple, list)) else (result,)
    if len(outputs) != signals:
        raise ChainError(f"feedback: the body takes {signals} signals but returns {len(outputs)}")
    loop.outputs = tuple(as_signal(output) for output in outputs)
    if any(output.width != 1 for output in loop.outputs):
        raise ChainError("feedback: vectors cannot circulate; return their elements one by one")
    return loop.outputs if isinstance(result, (tuple, list)) else loop.outputs[0]


def _depends_on_a_parameter(signal: Signal) -> bool:
    """Whether a parameter can reach a signal."""
    waiting, seen = [signal], set()
    while waiting:
        at = waiting.pop()
        if at.operation == "parameter":
            return True
        if id(at) not in seen:
            seen.add(id(at))
            waiting.extend(at.operands)
            waiting.extend(at.loop.outputs if at.loop else ())
    return False


def _longest_delay(v: Signal, longest: float | None) -> builtins.int:
    """Return the longest delay in whole samples: as asked, else what v itself tells."""
    if longest is None and v.operation == "constant":
        longest = v.constant
    if longest is None and v.spec is not None and math.isfinite(v.spec.maximum):
        longest = v.spec.maximum
    if longest is None:
        raise ChainError("delay: how long can it get? give maximum= in samples")
    if not (math.isfinite(longest) and 0.0 <= longest <= 2**28):
        raise ChainError(f"delay: maximum must be from 0 to {2**28} samples, not {longest:g}")
    return math.ceil(longest)


def delay(u: Operand, v: Operand, maximum: float | None = None, interpolation: Interpolation | None = None) -> Signal:
    """Return u, v samples ago.

    Parameters
    ----------
    u : signal
        What is delayed.
    v : signal
        By how many samples; clipped to 0 … maximum.
    maximum : float, optional
        The longest delay, in samples; known by itself if v is a number or a parameter with a maximum.
    interpolation : {"none", "linear", "lagrange3"}, optional
        How a delay between two samples is read. ``"none"`` takes whole samples, with the slope of the delayed
        signal in time as its partial; the others have the exact partials of the interpolator. By default
        ``"lagrange3"`` if v can be learned or is no whole number, else ``"none"``.

    Raises
    ------
    ChainError
        If the maximum is not known, or the interpolation is not one of these.
    """
    signal, by = as_signal(u), as_signal(v)
    longest = _longest_delay(by, maximum)
    if interpolation is None:
        fractional = by.operation == "constant" and by.constant != math.floor(by.constant)
        interpolation = "lagrange3" if fractional or _depends_on_a_parameter(by) else "none"
    if interpolation not in INTERPOLATIONS:
        raise ChainError(f"delay: unknown interpolation {interpolation!r}{suggestion(interpolation, INTERPOLATIONS)}")
    result = node("delay", signal, by, flags=INTERPOLATIONS[interpolation])
    result.size = longest
    return result


def table(entries: Sequence[float], index: Operand) -> Signal:
    """Return entry `index` of a table of numbers, between two entries by linear interpolation.

    The index counts from 0 and is clipped to the table; the slope is that of the straight line.
    """
    data = np.asarray(entries, dtype=float)
    if data.ndim != 1 or data.size == 0 or not np.isfinite(data).all():
        raise ChainError("table: give a list of at least one finite number")
    result = node("table", index)
    result.data = tuple(data.tolist())
    result.size = data.size
    return result


def stack(signals: Iterable[Operand]) -> Signal:
    """Return a vector made of scalar signals."""
    return as_signal(list(signals))


def sum(*signals: Any) -> Signal:
    """Return the sum of any number of signals: arguments, one list of them, or the elements of a vector."""
    if len(signals) == 1 and not isinstance(signals[0], Signal):
        signals = tuple(signals[0]) if isinstance(signals[0], Iterable) else signals
    parts = [as_signal(signal) for signal in signals]
    if not parts:
        raise ChainError("sum: of no signals at all")
    if len(parts) > 1:
        parts = [as_signal(parts)]
    vector = parts[0]
    return Signal("sum", (vector,)) if vector.width > 1 else vector


def dot(u: Any, v: Any) -> Signal:
    """Return the sum over the elements of u·v, of two vectors of the same width."""
    a, b = as_signal(u), as_signal(v)
    if a.width != b.width:
        raise ChainError(f"dot: vectors of {a.width} and {b.width} elements do not combine")
    return Signal("dot", (a, b)) if a.width > 1 else a * b


def taps(u: Operand, count: builtins.int) -> Signal:
    """Return u and its past as a vector, newest first: u[n], u[n−1] … u[n−count+1]."""
    signal = as_signal(u)
    if signal.width != 1:
        raise ChainError(f"taps: of one signal, not of a vector of {signal.width}")
    if not isinstance(count, (builtins.int, np.integer)) or count < 1:
        raise ChainError(f"taps: how many must be a whole number from 1 on, not {count!r}")
    return Signal("taps", (signal,), width=builtins.int(count)) if count > 1 else signal
