"""From a graph to a program: order, common subexpressions, one fusion, and what depends on what."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Container, Sequence
from dataclasses import replace

from pyhost.compile.program import Op, Program
from pyhost.compile.rows import NO_ROWS, Rows, dense, elements, spread, union
from pyhost.graph.functions import STRAIGHT_THROUGH
from pyhost.graph.signal import Signal
from pyhost.graph.trace import Chain, Graph, trace

__all__ = ["build", "compile", "with_rows", "with_uniformity", "without_dead_ops"]

COMPARISONS = frozenset(["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"])
BITS = frozenset(["and", "or", "xor", "shift_left", "shift_right"])
ROUNDING = frozenset(["floor", "ceil", "rint", "round", "truncate"])
WITHOUT_PARTIALS = COMPARISONS | BITS | {"constant", "input", "sample_rate", "stop"}


def compile(chain: Chain, *, inputs: int = 1) -> Program:
    """Return the program of a chain.

    Parameters
    ----------
    chain : callable
        A function of signals.
    inputs : int
        How many signals it takes.

    Returns
    -------
    Program
        ``print`` shows it.

    Raises
    ------
    ChainError, ParameterError
        If the chain is not one.

    Examples
    --------
    >>> import pyhost as ph
    >>> print(ph.compile(lambda x: x * ph.param("gain", 1.0)))
    program <lambda>: 3 registers, 1 input, 1 parameter
      %0 = input 0
      %1 = parameter gain                                ∂ gain
      %2 = multiply %0 %1                                ∂ gain
      return %2
    """
    return build(trace(chain, inputs=inputs))


def build(graph: Graph) -> Program:
    """Return the program of a traced graph."""
    builder = _Builder(graph)
    output = builder.visit(graph.output)
    builder.connect_memories()
    ops, output = without_dead_ops(_fused(builder.ops), output)
    return Program(graph.name, graph.inputs, graph.parameters, with_rows(with_uniformity(ops)), output)


class _Builder:
    """Numbers the signals of a graph, equal ones once."""

    def __init__(self, graph: Graph) -> None:
        self.ops: list[Op] = []
        self._register: dict[int, int] = {}  # id of a signal → register
        self._known: dict[tuple[Op, bytes], int] = {}  # what it computes, and the bits of its numbers → register
        self._memories: list[tuple[int, Signal]] = []
        self._memory_of: dict[tuple[int, int, bytes], int] = {}  # source, width, bits of the first value → register
        self._alive: list[Signal] = []  # so that no id is used twice
        self._offsets: dict[str, int] = {}
        place = 0
        for spec in graph.parameters:
            self._offsets[spec.name] = place
            place += spec.width

    def visit(self, root: Signal) -> int:
        """Return the register of a signal, numbering what it needs before it; no recursion, graphs are deep."""
        waiting = [root]
        while waiting:
            signal = waiting[-1]
            if id(signal) in self._register:
                waiting.pop()
                continue
            missing = [s for s in signal.operands if id(s) not in self._register]
            if missing:
                waiting.extend(reversed(missing))
                continue
            self._register[id(signal)] = self._add(signal)
            self._alive.append(signal)
            waiting.pop()
        return self._register[id(root)]

    def _add(self, signal: Signal) -> int:
        """Give a number to a signal whose operands have their registers."""
        if signal.operation == "memory":
            return self._add_memory(signal)
        size = self._offsets[signal.spec.name] if signal.spec else signal.size
        args = tuple(self._register[id(operand)] for operand in signal.operands)
        op = Op(signal.operation, args, signal.width, signal.constant, size, signal.flags, signal.data)
        key = (op, _bits(op.constant, *op.data))
        if key not in self._known:
            self._known[key] = self._append(op)
        return self._known[key]

    def _add_memory(self, signal: Signal) -> int:
        """Give a number to a memory; what it keeps is known later. Two of the same signal are one."""
        assert signal.loop is not None
        source = signal.loop.outputs[signal.size]
        key = (id(source), signal.width, _bits(signal.constant))
        if key not in self._memory_of:
            register = self._append(Op("memory", (), signal.width, signal.constant))
            self._memories.append((register, source))
            self._memory_of[key] = register
        return self._memory_of[key]

    def _append(self, op: Op) -> int:
        self.ops.append(op)
        return len(self.ops) - 1

    def connect_memories(self) -> None:
        """Give every memory the register it keeps; that may bring in more signals and memories."""
        done = 0
        while done < len(self._memories):
            register, source = self._memories[done]
            kept = self.visit(source)
            self.ops[register] = replace(self.ops[register], args=(kept,))
            done += 1


def _bits(*values: float) -> bytes:
    """Return what tells numbers apart: 0.0 == −0.0, but not to atan2 or a division."""
    return array("d", values).tobytes()


def without_dead_ops(ops: Sequence[Op], output: int) -> tuple[list[Op], int]:
    """Drop what the output does not need, and number anew."""
    needed: set[int] = set()
    waiting = [output]
    while waiting:
        at = waiting.pop()
        if at not in needed:
            needed.add(at)
            waiting.extend(ops[at].args)
    number = {old: new for new, old in enumerate(sorted(needed))}
    kept = [replace(ops[old], args=tuple(number[a] for a in ops[old].args)) for old in sorted(needed)]
    return kept, number[output]


def _fused(ops: list[Op]) -> list[Op]:
    """Turn dot(h, taps(x)) into convolve(h, x) where h is the same in all lanes: the window need not be copied."""
    uniform = _uniformity(ops)
    fused = list(ops)
    for number, op in enumerate(ops):
        if op.name != "dot" or len(op.args) != 2:  # of a damaged file: the core refuses it
            continue
        for h, window in (op.args, op.args[::-1]):
            if ops[window].name == "taps" and uniform[h]:
                fused[number] = replace(op, name="convolve", args=(h, ops[window].args[0]))
                break
    return fused


def _users(ops: Sequence[Op]) -> list[list[int]]:
    """Return, for every register, the registers that read it."""
    users: list[list[int]] = [[] for _ in ops]
    for number, op in enumerate(ops):
        for arg in op.args:
            users[arg].append(number)
    return users


def _uniformity(ops: Sequence[Op]) -> list[bool]:
    """Return, for every register, whether it is the same in all lanes."""
    users = _users(ops)
    uniform = [True] * len(ops)
    waiting = [number for number, op in enumerate(ops) if op.name == "input"]
    while waiting:
        number = waiting.pop()
        if uniform[number]:
            uniform[number] = False
            waiting.extend(users[number])
    return uniform


def with_uniformity(ops: Sequence[Op]) -> list[Op]:
    """Return the ops with their uniformity: whether each is the same in all lanes."""
    return [replace(op, uniform=is_uniform) for op, is_uniform in zip(ops, _uniformity(ops), strict=True)]


def with_rows(ops: Sequence[Op], learned: Container[int] | None = None) -> tuple[Op, ...]:
    """Return the ops with their active sets: from nothing upward until the recursions agree.

    Parameters
    ----------
    ops : sequence of Op
        With any rows, which are replaced.
    learned : container of int, optional
        Places of the parameters that have partials; all by default.
    """
    users = _users(ops)
    rows = [NO_ROWS] * len(ops)
    waiting = deque(range(len(ops)))
    while waiting:
        number = waiting.popleft()
        op = ops[number]
        if op.name == "parameter" and learned is not None and op.size not in learned:
            continue
        found = _rows_of(op, [rows[arg] for arg in op.args], [ops[arg].width for arg in op.args])
        if found != rows[number]:
            rows[number] = found
            waiting.extend(users[number])
    return tuple(replace(op, rows=found) for op, found in zip(ops, rows, strict=True))


def _rows_of(op: Op, args: list[Rows], widths: list[int]) -> Rows:
    """Return the rows of a result from those of its operands."""
    if op.name in WITHOUT_PARTIALS or (op.name in ROUNDING and not op.flags & STRAIGHT_THROUGH):
        return NO_ROWS
    match op.name:
        case "parameter":
            found = dense(op.size) if op.width == 1 else Rows(bands=(op.size,))
        case "select":
            found = union(args[1:])
        case "index":
            found = elements(args[0], op.size, op.width)
        case "sum" | "dot":
            found = union(spread(rows, width) for rows, width in zip(args, widths, strict=True))
        case "convolve":
            found = union((spread(args[0], widths[0]), args[1]))
        case _:
            found = union(args)
    return found
