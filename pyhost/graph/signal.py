"""Signals: the expressions that a chain is made of.

A `Signal` is a node of a graph: what it computes from which other signals. Nothing runs here; `pyhost.compile`
turns the graph into a program.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pyhost.errors import ChainError
from pyhost.graph.parameter import ParameterSpec

__all__ = ["Loop", "Operand", "Signal", "as_signal", "constant", "node"]

type_error = (
    "{what} is not a signal or a number. A chain is a function of signals: build it from its argument, "
    "ph.param and the functions of pyhost"
)

numpy_error = "numpy cannot compute with signals: use ph.sin, ph.exp … in place of np.sin, np.exp …"

_ARITHMETIC: dict[Any, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.floor_divide: operator.floordiv,
    np.remainder: operator.mod,
    np.power: operator.pow,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
}
"""What numpy calls when its numbers stand on the left of an operator."""


class Loop:
    """A recursion while it is being built: what its previous values will be known when its body is."""

    __slots__ = ("outputs",)

    def __init__(self) -> None:
        self.outputs: tuple[Signal, ...] = ()


class Signal:
    """A signal: one number (or a vector of `width` numbers) per sample, and how it comes about.

    Signals are combined with ``+ - * / // % **``, comparisons, ``& | ^ << >>`` and the functions of pyhost.
    A number stands for a constant signal. A scalar and a vector combine element by element.

    Attributes
    ----------
    operation : str
        Name of the primitive.
    operands : tuple of Signal
        What it is computed from.
    width : int
        Numbers per sample: 1 for ordinary audio.
    constant : float
        Of a constant, its value; of a memory, what it shows at the first sample.
    size : int
        Of an input, its number; of a delay, its maximum; of an index, the element.
    flags : int
        Interpolation of a delay; 1 for a rounding that lets partials through.
    data : tuple of float
        Of a table, its entries.
    spec : ParameterSpec or None
        Of a parameter, what is known of it.
    loop : Loop or None
        Of the previous value in a recursion, which one.
    """

    __slots__ = ("constant", "data", "flags", "loop", "operands", "operation", "size", "spec", "width")

    def __init__(
        self,
        operation: str,
        operands: tuple[Signal, ...] = (),
        width: int = 1,
        *,
        constant: float = 0.0,
        size: int = 0,
        flags: int = 0,
        data: tuple[float, ...] = (),
        spec: ParameterSpec | None = None,
        loop: Loop | None = None,
    ) -> None:
        self.operation = operation
        self.operands = operands
        self.width = width
        self.constant = constant
        self.size = size
        self.flags = flags
        self.data = data
        self.spec = spec
        self.loop = loop

    def __repr__(self) -> str:
        of = f" of width {self.width}" if self.width > 1 else ""
        return f"<Signal {self.operation}{of}>"

    def __bool__(self) -> bool:
        raise ChainError(
            "a signal is neither true nor false while the chain is built: it has another value at every sample; "
            "use ph.select2(condition, if_zero, otherwise) in place of if, and & | in place of and, or"
        )

    def __len__(self) -> int:
        return self.width

    def __iter__(self) -> Iterator[Signal]:
        return (self[i] for i in range(self.width))

    def __getitem__(self, index: int | slice) -> Signal:
        if isinstance(index, slice):
            return self._slice(index)
        if not isinstance(index, (int, np.integer)):
            raise ChainError(f"a signal is indexed by a whole number or a slice, not by {index!r}")
        if not -self.width <= index < self.width:
            raise ChainError(f"element {index} of a signal of width {self.width} is not there")
        return Signal("index", (self,), size=int(index) % self.width) if self.width > 1 else self

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise ChainError(numpy_error)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Do arithmetic with numpy's numbers and arrays; refuse everything else."""
        if ufunc not in _ARITHMETIC or method != "__call__" or kwargs:
            raise ChainError(numpy_error)
        return _ARITHMETIC[ufunc](*(as_signal(value) for value in inputs))

    def _slice(self, index: slice) -> Signal:
        """Return some neighbouring elements as a vector."""
        first, end, step = index.indices(self.width)
        if step != 1 or first >= end:
            raise ChainError(f"elements {first}:{end}:{step} of a signal of {self.width} are no run of neighbours")
        return Signal("index", (self,), end - first, size=first) if end - first < self.width else self

    def __add__(self, other: Operand) -> Signal:
        return node("add", self, other)

    def __radd__(self, other: Operand) -> Signal:
        return node("add", other, self)

    def __sub__(self, other: Operand) -> Signal:
        return node("subtract", self, other)

    def __rsub__(self, other: Operand) -> Signal:
        return node("subtract", other, self)

    def __mul__(self, other: Operand) -> Signal:
        return node("multiply", self, other)

    def __rmul__(self, other: Operand) -> Signal:
        return node("multiply", other, self)

    def __truediv__(self, other: Operand) -> Signal:
        return node("divide", self, other)

    def __rtruediv__(self, other: Operand) -> Signal:
        return node("divide", other, self)

    def __floordiv__(self, other: Operand) -> Signal:
        return node("floor", node("divide", self, other))

    def __rfloordiv__(self, other: Operand) -> Signal:
        return node("floor", node("divide", other, self))

    def __mod__(self, other: Operand) -> Signal:
        return self - self // other * other

    def __rmod__(self, other: Operand) -> Signal:
        return as_signal(other) % self

    def __pow__(self, other: Operand) -> Signal:
        return node("power", self, other)

    def __rpow__(self, other: Operand) -> Signal:
        return node("power", other, self)

    def __neg__(self) -> Signal:
        return node("negate", self)

    def __pos__(self) -> Signal:
        return self

    def __abs__(self) -> Signal:
        return node("absolute", self)

    def __lt__(self, other: Operand) -> Signal:
        return node("less", self, other)

    def __le__(self, other: Operand) -> Signal:
        return node("less_equal", self, other)

    def __gt__(self, other: Operand) -> Signal:
        return node("greater", self, other)

    def __ge__(self, other: Operand) -> Signal:
        return node("greater_equal", self, other)

    def __eq__(self, other: Operand) -> Signal:  # type: ignore[override]  # a signal, as in numpy
        return node("equal", self, other)

    def __ne__(self, other: Operand) -> Signal:  # type: ignore[override]
        return node("not_equal", self, other)

    __hash__ = object.__hash__

    def __and__(self, other: Operand) -> Signal:
        return node("and", self, other)

    def __rand__(self, other: Operand) -> Signal:
        return node("and", other, self)

    def __or__(self, other: Operand) -> Signal:
        return node("or", self, other)

    def __ror__(self, other: Operand) -> Signal:
        return node("or", other, self)

    def __xor__(self, other: Operand) -> Signal:
        return node("xor", self, other)

    def __rxor__(self, other: Operand) -> Signal:
        return node("xor", other, self)

    def __lshift__(self, other: Operand) -> Signal:
        return node("shift_left", self, other)

    def __rlshift__(self, other: Operand) -> Signal:
        return node("shift_left", other, self)

    def __rshift__(self, other: Operand) -> Signal:
        return node("shift_right", self, other)

    def __rrshift__(self, other: Operand) -> Signal:
        return node("shift_right", other, self)


Operand = Signal | float | int
"""What arithmetic takes: a signal, or a number for a constant one."""


def constant(value: float) -> Signal:
    """Return a signal that is the same number at every sample."""
    if not math.isfinite(value):
        raise ChainError(f"a constant in a chain must be finite, not {value}")
    return Signal("constant", constant=float(value))


def as_signal(value: Any) -> Signal:
    """Return a signal for a signal, a number, or a one-dimensional sequence of either (a vector).

    Raises
    ------
    ChainError
        If it is none of these.
    """
    if isinstance(value, Signal):
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (int, float, np.integer, np.floating)):
        return constant(float(value))
    if isinstance(value, (list, tuple, np.ndarray)) and len(value) > 0:
        if isinstance(value, np.ndarray) and value.ndim != 1:
            raise ChainError(f"an array in a chain must have one dimension, not {value.ndim}")
        parts = tuple(as_signal(part) for part in value)
        if any(part.width != 1 for part in parts):
            raise ChainError("a vector is made of scalar signals; one of the parts is a vector itself")
        return Signal("concatenate", parts, len(parts)) if len(parts) > 1 else parts[0]
    raise ChainError(type_error.format(what=repr(value)))


def node(operation: str, *operands: Any, flags: int = 0) -> Signal:
    """Return the signal of an operation that works element by element; scalars widen to the vectors' width."""
    signals = tuple(as_signal(operand) for operand in operands)
    widths = sorted({signal.width for signal in signals} - {1})
    if len(widths) > 1:
        raise ChainError(f"{operation}: vectors of {widths[0]} and {widths[1]} elements do not combine")
    return Signal(operation, signals, widths[0] if widths else 1, flags=flags)
