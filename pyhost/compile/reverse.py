"""Reverse mode within a sample: where nothing remembers, gradients are taken backwards.

Forward mode carries a row for every parameter through every operation. Through a network of P weights that costs P
times the operations; backwards it costs a few times the operations, whatever P is. But backwards needs the whole way
from parameter to result to lie within one sample. So the compiler looks for *cones*: a scalar result, and all
operations that serve nothing but it and have no memory. In a cone:

1. the leaves, parameters and signals with partials that come in from outside, are taken without them (``stop``);
2. the cone is computed on them as it was, now without rows;
3. backwards through it, each operation's adjoint, the derivative of the result with respect to that operation, is
   added up from the adjoints of its users times their slopes: ordinary operations, again without rows;
4. each leaf's adjoint meets the leaf's own partials in a dot product, of which only the partials are kept:
   d − stop(d), with d = dot(adjoint, leaf), is 0 and has the partials adjoint · leaf′.

The slopes are those of ``csrc/``, clamps included. A cone is turned round only where that is cheaper.

Source: A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd ed., SIAM 2008, sections 3.2 and 3.3.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence

from pyhost.compile.program import Op
from pyhost.compile.rows import NO_ROWS

__all__ = ["reversed_cones"]

OVERHEAD = 4
"""What running any operation costs, in elements of a row."""

ADVANTAGE = 1.5
"""How much cheaper the way back must be by the estimate below."""

SQUARE = 1e-10
ROOT = 1e-10
LN10 = 2.302585092994046


def reversed_cones(ops: Sequence[Op], output: int) -> tuple[list[Op], int]:
    """Return the ops, with their rows known, in which cones are turned round where that pays; and the new output."""
    users: dict[int, set[int]] = defaultdict(set)
    for number, op in enumerate(ops):
        for arg in op.args:
            users[arg].add(number)
    cones: dict[int, set[int]] = {}
    taken: set[int] = set()
    for root in reversed(range(len(ops))):
        if root in taken or ops[root].width != 1 or not _can_turn(ops, root):
            continue
        cone = _cone(ops, users, root, output)
        taken |= cone
        if _pays(ops, cone):
            cones[root] = cone
    return _Rebuild(ops, cones).run(output) if cones else (list(ops), output)


def _can_turn(ops: Sequence[Op], at: int) -> bool:
    """Whether an operation has partials, no memory, and a way back.

    A slice of a parameter is left outside, as a leaf: its partials are a short band, while backwards it would have to
    be spread over the whole parameter. A choice between two operands with partials is left outside too: backwards, the
    one that is not chosen gets the adjoint 0, which times an infinite slope is no longer 0.
    """
    op = ops[at]
    if op.name == "index" and ops[op.args[0]].name == "parameter":
        return False
    if op.name in CHOICES and sum(bool(ops[arg].rows) for arg in op.args[-2:]) > 1:
        return False
    return bool(op.rows) and (op.name in UNARY or op.name in OTHERS)


def _cone(ops: Sequence[Op], users: dict[int, set[int]], root: int, output: int) -> set[int]:
    """Return the operations that serve nothing but `root`, with it."""
    cone = {root}
    waiting = [-arg for arg in set(ops[root].args)]
    heapq.heapify(waiting)
    seen = set(waiting)
    while waiting:
        at = -heapq.heappop(waiting)
        if at == output or not _can_turn(ops, at) or not users[at] <= cone:
            continue
        cone.add(at)
        for arg in ops[at].args:
            if -arg not in seen:
                seen.add(-arg)
                heapq.heappush(waiting, -arg)
    return cone


def _leaves(ops: Sequence[Op], cone: set[int]) -> list[int]:
    """Return what comes into a cone with partials, in order."""
    return sorted({arg for at in cone for arg in ops[at].args if arg not in cone and ops[arg].rows})


def _pays(ops: Sequence[Op], cone: set[int]) -> bool:
    """Whether a cone is cheaper backwards, by counting elements."""
    forward = back = 0
    for at in cone:
        op = ops[at]
        size = max([op.width, *(ops[arg].width for arg in op.args)])
        forward += OVERHEAD + sum(ops[arg].rows.count() * ops[arg].width for arg in op.args if ops[arg].rows)
        back += 3 * (OVERHEAD + size)
    for leaf in _leaves(ops, cone):
        dense = sum(count for _, count in ops[leaf].rows.runs)
        rows = dense * ops[leaf].width + len(ops[leaf].rows.bands) * ops[leaf].width
        back += 4 * OVERHEAD + ops[leaf].width + 4 * rows
    return forward > ADVANTAGE * back


class _Rebuild:
    """Writes the ops anew, cones turned round."""

    def __init__(self, ops: Sequence[Op], cones: dict[int, set[int]]) -> None:
        self.source = ops
        self.cones = cones
        self.root_of = {at: root for root, cone in cones.items() for at in cone}
        self.ops: list[Op] = []
        self.number: dict[int, int] = {}
        self.inner: dict[int, int] = {}  # of a cone: old number → register without partials
        self.adjoint: dict[int, list[int]] = {}
        self._constants: dict[float, int] = {}

    def run(self, output: int) -> tuple[list[Op], int]:
        """Return all ops and the new output."""
        memories = []
        for at, op in enumerate(self.source):
            if at in self.root_of:
                if at == self.root_of[at]:
                    self.number[at] = self._turn(at)
                continue
            if op.name == "memory":
                memories.append((len(self.ops), op.args[0]))
                self.number[at] = self._append(op)
            else:
                self.number[at] = self._append(_with(op, tuple(self.number[arg] for arg in op.args)))
        for register, kept in memories:
            self.ops[register] = _with(self.ops[register], (self.number[kept],))
        return self.ops, self.number[output]

    def _append(self, op: Op) -> int:
        self.ops.append(op)
        return len(self.ops) - 1

    def emit(self, name: str, *args: int, width: int | None = None, size: int = 0) -> int:
        """Write an operation; its width is that of its widest operand unless said otherwise."""
        wide = max((self.ops[arg].width for arg in args), default=1) if width is None else width
        return self._append(Op(name, args, wide, size=size))

    def constant(self, value: float) -> int:
        """Return the register of a number."""
        if value not in self._constants:
            self._constants[value] = self._append(Op("constant", constant=value))
        return self._constants[value]

    def _turn(self, root: int) -> int:
        """Write a cone without partials, its way back, and the result with its partials put together."""
        cone = self.cones[root]
        leaves = _leaves(self.source, cone)
        self.inner, self.adjoint = {}, defaultdict(list)
        for leaf in leaves:
            self.inner[leaf] = self.emit("stop", self.number[leaf])
        for at in sorted(cone):
            args = tuple(self._inner(arg) for arg in self.source[at].args)
            self.inner[at] = self._append(_with(self.source[at], args))
        self.adjoint[root].append(self.constant(1.0))
        for at in sorted(cone, reverse=True):
            self._back(at)
        parts = [self._partials_of(leaf) for leaf in leaves if self.adjoint[leaf]]
        return self.emit("add", self.inner[root], self._joined(parts))

    def _joined(self, parts: list[int]) -> int:
        """Return the sum of partials, in pairs of pairs: a row is then copied log(parts) times, not parts times."""
        while len(parts) > 1:
            pairs = [self.emit("add", *parts[i : i + 2]) for i in range(0, len(parts) - 1, 2)]
            parts = pairs + parts[len(pairs) * 2 :]
        return parts[0]

    def _inner(self, at: int) -> int:
        """Return an operand's register within the cone: without partials."""
        return self.inner[at] if at in self.inner else self.number[at]

    def _partials_of(self, leaf: int) -> int:
        """Return 0 with the partials that a leaf brings."""
        adjoint = self._shaped(self._sum(leaf), self.source[leaf].width)
        name = "dot" if self.source[leaf].width > 1 else "multiply"
        product = self.emit(name, adjoint, self.number[leaf], width=1)
        return self.emit("subtract", product, self.emit("stop", product))

    def _sum(self, at: int) -> int:
        """Return the sum of an operation's adjoints."""
        first, *others = self.adjoint[at]
        for other in others:
            first = self.emit("add", first, other)
        return first

    def _shaped(self, register: int, width: int) -> int:
        """Return an adjoint in the width of what it belongs to: summed where a scalar was widened, else widened."""
        own = self.ops[register].width
        if own == width:
            return register
        if width == 1:
            return self.emit("sum", register, width=1)
        return self.emit("multiply", register, self._ones(width))

    def _ones(self, width: int) -> int:
        return self._append(Op("concatenate", (self.constant(1.0),) * width, width))

    def _give(self, at: int, place: int, adjoint: int) -> None:
        """Add to the adjoint of an operand, if it has partials at all."""
        arg = self.source[at].args[place]
        if self.source[arg].rows:
            self.adjoint[arg].append(self._shaped(adjoint, self.source[arg].width))

    def _back(self, at: int) -> None:
        """Hand an operation's adjoint on to its operands."""
        if not self.adjoint[at]:
            return
        op = self.source[at]
        adjoint = self._shaped(self._sum(at), op.width)
        values = [self._inner(arg) for arg in op.args]
        if op.name in UNARY:
            self._give(at, 0, UNARY[op.name](self, adjoint, values[0], self.inner[at]))
            return
        for place, given in enumerate(OTHERS[op.name](self, op, adjoint, values, self.inner[at])):
            if given is not None and place < len(op.args):
                self._give(at, place, given)


def _with(op: Op, args: tuple[int, ...]) -> Op:
    """Return an op with other operands, its rows to be found anew."""
    return Op(op.name, args, op.width, op.constant, op.size, op.flags, op.data, False, NO_ROWS)


Back = list[int | None]


def _arc(b: _Rebuild, adjoint: int, u: int, *, sign: float) -> int:
    """1/max(√((1−u)(1+u)), 1e-10), as in ds_transcendental.h."""
    one = b.constant(1.0)
    root = b.emit("sqrt", b.emit("multiply", b.emit("subtract", one, u), b.emit("add", one, u)))
    slope = b.emit("divide", b.constant(sign), b.emit("maximum", root, b.constant(ROOT)))
    return b.emit("multiply", adjoint, slope)


def _absolute(b: _Rebuild, adjoint: int, u: int, value: int) -> int:
    zero = b.constant(0.0)
    sign = b.emit("subtract", b.emit("greater", u, zero), b.emit("less", u, zero))
    return b.emit("multiply", adjoint, sign)


def _tan(b: _Rebuild, adjoint: int, u: int, value: int) -> int:
    cosine = b.emit("cos", u)
    return b.emit("divide", adjoint, b.emit("maximum", b.emit("multiply", cosine, cosine), b.constant(SQUARE)))


def _atan(b: _Rebuild, adjoint: int, u: int, value: int) -> int:
    return b.emit("divide", adjoint, b.emit("add", b.constant(1.0), b.emit("multiply", u, u)))


def _log(b: _Rebuild, adjoint: int, u: int, value: int, scale: float = 1.0) -> int:
    slope = b.emit("divide", b.constant(1.0), b.emit("multiply", u, b.constant(scale)))
    return b.emit("multiply", adjoint, b.emit("select", b.emit("greater", u, b.constant(0.0)), b.constant(0.0), slope))


def _sqrt(b: _Rebuild, adjoint: int, u: int, value: int) -> int:
    slope = b.emit("divide", b.constant(0.5), b.emit("maximum", value, b.constant(ROOT)))
    return b.emit("multiply", adjoint, slope)


def _tanh(b: _Rebuild, adjoint: int, u: int, value: int) -> int:
    one = b.constant(1.0)
    slope = b.emit("multiply", b.emit("subtract", one, value), b.emit("add", one, value))
    return b.emit("multiply", adjoint, slope)


UNARY: dict[str, Callable[[_Rebuild, int, int, int], int]] = {
    "negate": lambda b, a, u, v: b.emit("negate", a),
    "absolute": _absolute,
    "sin": lambda b, a, u, v: b.emit("multiply", a, b.emit("cos", u)),
    "cos": lambda b, a, u, v: b.emit("negate", b.emit("multiply", a, b.emit("sin", u))),
    "tan": _tan,
    "asin": lambda b, a, u, v: _arc(b, a, u, sign=1.0),
    "acos": lambda b, a, u, v: _arc(b, a, u, sign=-1.0),
    "atan": _atan,
    "exp": lambda b, a, u, v: b.emit("multiply", a, v),
    "log": _log,
    "log10": lambda b, a, u, v: _log(b, a, u, v, LN10),
    "sqrt": _sqrt,
    "tanh": _tanh,
    "floor": lambda b, a, u, v: a,  # it has partials only where they are let straight through
    "ceil": lambda b, a, u, v: a,
    "rint": lambda b, a, u, v: a,
    "round": lambda b, a, u, v: a,
    "truncate": lambda b, a, u, v: a,
}


def _add(b: _Rebuild, op: Op, a: int, args: list[int], value: int) -> Back:
    return [a, a]


def _subtract(b: _Rebuild, op: Op, a: int, args: list[int], value: int) -> Back:
    return [a, b.emit("negate", a)]


def _multiply(b: _Rebuild, op: Op, a: int, args: list[int], value: int) -> Back:
    return [b.emit("multiply", a, args[1]), b.emit("multiply", a, args[0])]


def _divide(b: _Rebuild, op: Op, a: int, args: list[int], value: int) -> Back:
    """1/v and −(u/v)/v, for v² ≤ 1e-10 as v/1e-10 and −u/1e-10."""
    u, v = args
    far = b.emit("greater", b.emit("multiply", v, v), b.constant(SQUARE))
    near_u, near_v = b.emit("divide", v, b.constant(SQUARE)), b.emit("divide", u, b.constant(-SQUARE))
    slope_u = b.emit("select", far, near_u, b.emit("divide", b.constant(1.0), v))
    slope_v = b.emit("select", far, near_v, b.emit("negate", b.emit("divide", value, v)))
    return [b.emit("multiply", a, slope_u), b.emit("multiply", a, slope_v)]


def _power(b: _Rebuild, op: Op, a: int, args: list[int], value: int) -> Back:
    """Slopes v u^(v−1), 0 at v = 0; and u^v ln u, 0 for u ≤ 0."""
    u, v = args
    zero = b.constant(0.0)
    slope_u = b.emit("multiply", v, b.emit("power", u, b.emit("subtract", v, b.constant(1.0))))
    slope_v = b.emit("multiply", value, b.emit("log", u))
    return [
        b.emit("multiply", a, b.emit("select", v, zero, slope_u)),
        b.emit("multiply", a, b.emit("select", b.emit("greater", u, zero), zero, slope_v)),
    ]


def _choice(comparison: str) -> Callable[[_Rebuild, Op, int, list[int], int], Back]:
    def back(b: _Rebuild, op: Op, a: int, args: list[int], value: int) -> Back:
        is_second = b.emit(comparison, args[1], args[0])
        zero = b.constant(0.0)
        return [b.emit("select", is_second, a, zero), b.emit("select", is_second, zero, a)]

    return back


def _select(b: _Rebuild, op: Op, a: int, args: list[int], value: int) -> Back:
    zero = b.constant(0.0)
    return [None, b.emit("select", args[0], a, zero), b.emit("select", args[0], zero, a)]


def _dot(b: _Rebuild, op: Op, a: int, args: list[int], value: int) -> Back:
    return [b.emit("multiply", a, args[1]), b.emit("multiply", a, args[0])]


def _sum(b: _Rebuild, op: Op, a: int, args: list[int], value: int) -> Back:
    return [a]


def _index(b: _Rebuild, op: Op, a: int, args: list[int], value: int) -> Back:
    """Give the adjoint to the elements picked, 0 in the others."""
    width = b.ops[args[0]].width
    zero = b.constant(0.0)
    picked = [a] if op.width == 1 else [b.emit("index", a, width=1, size=k) for k in range(op.width)]
    parts = [zero] * op.size + picked + [zero] * (width - op.size - op.width)
    return [b._append(Op("concatenate", tuple(parts), width))]


def _concatenate(b: _Rebuild, op: Op, a: int, args: list[int], value: int) -> Back:
    return [b.emit("index", a, width=1, size=k) for k in range(op.width)]


CHOICES = frozenset({"minimum", "maximum", "select"})

OTHERS: dict[str, Callable[[_Rebuild, Op, int, list[int], int], Back]] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "power": _power,
    "minimum": _choice("less"),
    "maximum": _choice("greater"),
    "select": _select,
    "dot": _dot,
    "sum": _sum,
    "index": _index,
    "concatenate": _concatenate,
}
