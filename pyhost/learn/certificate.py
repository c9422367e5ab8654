"""A certificate of stability: the poles of a chain, from its program.

What goes round in a program goes round in its loops, the strongly connected parts of its graph: whatever lies between
two loops passes each sample on and forgets it in the end, and adds no pole but 0. A loop's state is what its memories
and delay lines hold. One sample takes it to the next state; the Jacobian of that step is exact, from the same
partials that learning uses, when each thing held is made a parameter. Its eigenvalues are the loop's poles.

Loop by loop is not only cheaper: equal filters in a row have multiple poles, which the eigenvalues of the whole would
show to half the digits only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pyhost._binding import Interpreter
from pyhost.audio import check_sample_rate
from pyhost.compile.build import compile, with_rows
from pyhost.compile.loops import loops
from pyhost.compile.lower import lower
from pyhost.compile.program import Op, Program
from pyhost.errors import ChainError, InputError
from pyhost.graph.parameter import make_spec
from pyhost.graph.trace import Chain
from pyhost.learn.parameters import Parameters

__all__ = ["largest_pole", "poles"]

MOST_STATES = 2000
"""Of one loop; eigenvalues take the cube of it."""


class WithValues(Protocol):
    """A chain with values: a learner, or what it learned."""

    program: Program
    parameters: Parameters


def largest_pole(
    chain: Chain | WithValues, *, sample_rate: float | None = None, parameters: Mapping[str, Any] | None = None
) -> float:
    """Return the largest distance of a pole of a chain from 0: below 1 it is stable.

    Takes and raises what `poles` does. 0 where nothing goes round.

    Examples
    --------
    >>> import pyhost as ph
    >>> def chain(x):
    ...     return ph.onepole(x, ph.param("pole", 0.5))
    >>> ph.largest_pole(chain, sample_rate=48_000, parameters={"pole": -0.75})
    0.75
    """
    found = poles(chain, sample_rate=sample_rate, parameters=parameters)
    return float(abs(found[0])) if found.size else 0.0


def poles(
    chain: Chain | WithValues, *, sample_rate: float | None = None, parameters: Mapping[str, Any] | None = None
) -> NDArray[np.complex128]:
    """Return the poles of a chain with given values, the largest first.

    Parameters
    ----------
    chain : callable, Learner or LearnedChain
        A function of signals, or what has values already.
    sample_rate : float, optional
        In Hz; of a `LearnedChain` the one it was learned at.
    parameters : mapping, optional
        Values by name; the others are at their defaults, or as learned.

    Returns
    -------
    ndarray, complex
        One for each number that a loop holds. Of a linear chain they are exact up to rounding (a pole of
        multiplicity m in one loop to an m-th of the digits). Any other chain is linearised as it starts, in silence:
        that tells how it comes to rest, not what loud signals do. A phasor counts as 1: it keeps its phase for ever.

    Raises
    ------
    ChainError, ParameterError
        If the chain or a value is wrong, a loop holds more than 2000 numbers, or has no finite slope in silence.
    InputError
        If the sample rate is not known.

    Examples
    --------
    >>> import pyhost as ph
    >>> ph.poles(lambda x: ph.iir(x, [1.0], [0.0, 0.25]), sample_rate=48_000).round(6).real.tolist()
    [0.5, -0.5]
    """
    held: Parameters | None = getattr(chain, "parameters", None)
    program: Program = chain.program if held is not None else compile(chain)  # type: ignore[union-attr, arg-type]
    rate = sample_rate if sample_rate is not None else getattr(chain, "sample_rate", None)
    if rate is None:
        raise InputError("the poles of a chain depend on the sample rate; give sample_rate= in Hz")
    named = Parameters(program.parameters)
    if held is not None:
        named.set_array(held.values_array())
    named.set(parameters or {})
    at_rest = _AtRest(program.ops, check_sample_rate(rate, "sample_rate"), named.values_array())
    found = [_poles_of_loop(at_rest, loop) for loop in loops(program.ops)]
    every = np.concatenate([*found, np.zeros(0)]).astype(complex)
    return every[np.lexsort((-every.imag, -every.real, -abs(every)))]


@dataclass(frozen=True, slots=True)
class _Line:
    """What one register of a loop holds of the past of one element of another.

    `weights` say how the past, newest first, adds up where it is heard; None: each is heard on its own.
    """

    source: int
    element: int
    length: int
    weights: NDArray[np.float64] | None = None

    @property
    def heard(self) -> int:
        """How many parameters stand for it."""
        return self.length if self.weights is None else 1


class _AtRest:
    """A program in silence, where it starts: single registers of it can be looked at, and loops cut open."""

    def __init__(self, ops: Sequence[Op], sample_rate: float, values: NDArray[np.float64]) -> None:
        self.ops = ops
        self.sample_rate = sample_rate
        self.values = values

    def look(self, register: int, element: int, lines: Mapping[int, list[_Line]]) -> tuple[float, NDArray[np.float64]]:
        """Return an element of a register at the first sample, and its slopes by what `lines` hold."""
        cut = _Cut(self, lines)
        place = cut.element(cut.copy(register), element)
        specs = tuple(make_spec(f"state{number}") for number in range(cut.states))
        program = Program("loop", 0, specs, with_rows(cut.ops), place)
        interpreter = Interpreter(lower(program, self.sample_rate, 1))
        interpreter.set_parameters(np.array(cut.start))
        value, slopes = interpreter.process(np.zeros((0, 1)), jacobian=True)
        assert slopes is not None
        return float(value[0, 0]), slopes[:, 0, 0]

    def lines_of(self, number: int) -> list[_Line]:
        """Return what a register of a loop holds, element by element."""
        op = self.ops[number]
        if op.name == "memory":
            return [_Line(op.args[0], element, 1) for element in range(op.width)]
        if op.name == "taps":
            return [_Line(op.args[0], 0, op.width - 1)]
        if op.name == "convolve":
            return [_Line(op.args[1], 0, self.ops[op.args[0]].width - 1)]
        if op.name == "delay":
            source, by = op.args
            return [_Line(source, i, *self._weights(op, self.look(by, i, {})[0])) for i in range(op.width)]
        return []

    def _weights(self, op: Op, by: float) -> tuple[int, NDArray[np.float64]]:
        """Return how far back a delay reaches, and the weights of all samples from the present one on."""
        ops = (Op("input"), Op("constant", constant=by), Op("delay", (0, 1), size=op.size, flags=op.flags))
        impulse = np.zeros((1, op.size + 4))
        impulse[0, 0] = 1.0
        weights, _ = Interpreter(lower(Program("delay", 1, (), ops, 2), self.sample_rate, 1)).process(impulse)
        reach = int(np.flatnonzero(weights[0])[-1])
        return reach, weights[0, : reach + 1]


class _Cut:
    """A copy of what a register needs, in which parameters stand for what is held."""

    def __init__(self, at_rest: _AtRest, lines: Mapping[int, list[_Line]]) -> None:
        self.at_rest = at_rest
        self.lines = lines
        self.ops: list[Op] = []
        self.start: list[float] = []
        self.first: dict[int, int] = {}  # register → its first parameter
        for number, held in lines.items():
            self.first[number] = len(self.start)
            op = at_rest.ops[number]
            self.start += [op.constant if op.name == "memory" else 0.0] * sum(line.heard for line in held)
        self.states = len(self.start)

    def append(self, name: str, args: tuple[int, ...] = (), width: int = 1, **rest: Any) -> int:
        """Write an op and return its register."""
        self.ops.append(Op(name, args, width, **rest))
        return len(self.ops) - 1

    def element(self, register: int, element: int) -> int:
        """Return one element of a register as one."""
        return self.append("index", (register,), size=element) if self.ops[register].width > 1 else register

    def vector(self, parts: Sequence[int]) -> int:
        """Return scalar registers side by side as one."""
        return self.append("concatenate", tuple(parts), len(parts)) if len(parts) > 1 else parts[0]

    def constants(self, values: Iterable[float]) -> int:
        """Return numbers as one register."""
        return self.vector([self.append("constant", constant=float(value)) for value in values])

    def copy(self, register: int) -> int:
        """Copy all that a register needs at the first sample, and return where it is now."""
        ops, needed, waiting = self.at_rest.ops, set[int](), [register]
        while waiting:
            at = waiting.pop()
            if at not in needed:
                needed.add(at)
                waiting.extend(() if ops[at].name == "memory" else ops[at].args)
        number: dict[int, int] = {}
        for at in sorted(needed):
            number[at] = self._copied(at, ops[at], number)
        return number[register]

    def _copied(self, at: int, op: Op, number: Mapping[int, int]) -> int:
        """Copy one op, whose operands are copied."""
        if op.name == "input":
            return self.append("constant")
        if op.name == "parameter":
            return self.constants(self.at_rest.values[op.size : op.size + op.width])
        if at in self.lines:
            return self._opened(at, op, number)
        if op.name == "memory":
            return self.append("constant", width=op.width, constant=op.constant)
        rest = {"constant": op.constant, "size": op.size, "flags": op.flags, "data": op.data}
        return self.append(op.name, tuple(number[arg] for arg in op.args), op.width, **rest)

    def _opened(self, at: int, op: Op, number: Mapping[int, int]) -> int:
        """Copy an op that holds something, which is now told by parameters."""
        heard = sum(line.heard for line in self.lines[at])
        states = [self.append("parameter", size=self.first[at] + k) for k in range(heard)]
        if op.name == "memory":
            return self.vector(states)
        if op.name == "delay":
            present = self.constants([line.weights[0] for line in self.lines[at] if line.weights is not None])
            now = self.append("multiply", (present, number[op.args[0]]), op.width)
            return self.append("add", (now, self.vector(states)), op.width)
        window = self.vector([number[op.args[-1]], *states])
        if op.name == "taps":
            return window
        return self.append("dot" if states else "multiply", (number[op.args[0]], window))


def _poles_of_loop(at_rest: _AtRest, loop: frozenset[int]) -> NDArray[np.complex128]:
    """Return the poles of one loop."""
    lines: dict[int, list[_Line]] = {}
    for number in sorted(loop):
        held = at_rest.lines_of(number)
        if any(line.source in loop for line in held):
            lines[number] = held
    each = [line for held in lines.values() for line in held]
    size = sum(line.length for line in each)
    if size > MOST_STATES:
        raise ChainError(
            f"a loop of the chain holds {size} numbers; poles are computed of {MOST_STATES} at most: "
            "measure its response, or shorten the delay in it"
        )
    step = np.zeros((size, size))
    row = 0
    for line in each:
        if line.length:
            _, slopes = at_rest.look(line.source, line.element, lines)
            step[row] = _spread(slopes, each)
            step[np.arange(row + 1, row + line.length), np.arange(row, row + line.length - 1)] = 1.0
            row += line.length
    if not np.isfinite(step).all():
        raise ChainError("a loop of the chain has no finite slope in silence, so it has no poles there")
    return np.linalg.eigvals(step).astype(complex)


def _spread(slopes: NDArray[np.float64], each: Sequence[_Line]) -> NDArray[np.float64]:
    """Return slopes by the parameters that stand for lines as slopes by all that the lines hold."""
    parts, place = [np.zeros(0)], 0
    for line in each:
        by = slopes[place : place + line.heard]
        parts.append(by if line.weights is None else by[0] * line.weights[1:])
        place += line.heard
    return np.concatenate(parts)
