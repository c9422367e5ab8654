"""The frequency response of a linear chain, from its program: at z every memory is a factor of 1/z.

A register that no input reaches is a number, as long as nothing goes round in it. Any other is linear in the input,
and what counts of it is its response, the factor by which it answers z to the power of n; offsets (``dc``) have none.
Within a loop a register is a weighted sum of what comes in from outside and of what the loop's memories hold; the
weights are numbers mostly. Once all of the loop is written so, each memory is an equation, and elimination solves them
exactly.

The result is a `ResponseTape`: it is built once and evaluated for many values and frequencies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyhost.compile.loops import loops
from pyhost.compile.program import Op, Program
from pyhost.compile.response_forms import Form, Place, Writer
from pyhost.compile.response_rules import VALUES
from pyhost.compile.response_tape import ResponseTape
from pyhost.errors import ChainError

__all__ = ["response_tape"]

MOST_MEMORIES = 32
"""Numbers in the memories of one loop; elimination takes the cube of it."""

MOST_ELEMENTS = 256
"""Of a vector whose elements depend on the input."""

SOUND: Place = (-1, 0)
"""The input: a form over it alone is a response."""


@dataclass(frozen=True, slots=True)
class _Number:
    """A register that is the same at all times."""

    node: int
    width: int


_Heard = tuple[Form, ...]
"""A register that depends on the input, element by element."""

_Value = _Number | _Heard


def response_tape(program: Program) -> ResponseTape:
    """Return the response of a chain of one input.

    Raises
    ------
    ChainError
        If the chain is not linear, changes in time by itself, or is too large; with the operation that makes it so.
    """
    if program.inputs != 1:
        raise ChainError(f"{program.name} takes {program.inputs} inputs; only a chain of one input has a response")
    builder = _Builder(program)
    builder.visit(program.output)
    output = builder.values[program.output]
    if isinstance(output, _Number):
        output = builder.silence(1)
    builder.tape.output = builder.resolved(output[0]).get(SOUND, builder.constant(0.0))
    return builder.tape


class _Builder(Writer):
    """Writes the tape, register by register."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.name = program.name
        self.ops = program.ops
        self.values: dict[int, _Value] = {}
        self._solved: dict[Place, Form] = {}  # what stands for a place outside of its loop
        self._loop_of = {number: loop for loop in loops(program.ops) for number in loop}

    def refused(self, why: str) -> ChainError:
        """Return the error to raise."""
        return ChainError(f"{self.name} has no frequency response: {why}; only linear chains that rest have one")

    def visit(self, root: int) -> None:
        """Write what a register needs, loops as a whole, and then itself; no recursion, programs are deep."""
        waiting = [root]
        while waiting:
            at = waiting[-1]
            if at in self.values:
                waiting.pop()
                continue
            unit = self._loop_of.get(at, frozenset((at,)))
            missing = [arg for n in sorted(unit) for arg in self.ops[n].args if arg not in unit]
            missing = [arg for arg in missing if arg not in self.values]
            if missing:
                waiting.extend(reversed(missing))
                continue
            if at in self._loop_of:
                self._solve(sorted(unit))
            else:
                self.values[at] = self._value(at, self.ops[at])
            waiting.pop()

    def _solve(self, loop: Sequence[int]) -> None:
        """Write the registers of a loop: all as sums over its memories and what comes in, then solve for these."""
        ops = self.ops
        if not any(not ops[n].uniform for n in loop):
            raise self.refused("something in it goes round that does not depend on the input, such as a phasor")
        memories = [n for n in loop if ops[n].name == "memory"]
        places = [(n, i) for n in memories for i in range(ops[n].width)]
        if len(places) > MOST_MEMORIES:
            raise self.refused(f"one of its loops holds {len(places)} numbers, more than {MOST_MEMORIES}")
        outside = {arg for n in loop for arg in ops[n].args if arg not in loop}
        kept = {n: self.values[n] for n in outside}
        one = self.constant(1.0)
        for n in outside:
            heard = kept[n]
            if not isinstance(heard, _Number):  # one place each: the weights stay numbers
                self._solved.update({(n, i): self.resolved(form) for i, form in enumerate(heard)})
                self.values[n] = tuple({(n, i): one} if form else {} for i, form in enumerate(heard))
        for n in memories:
            self.values[n] = tuple({(n, i): one} for i in range(ops[n].width))
        for n in loop:
            if n not in memories:
                self.values[n] = self._value(n, ops[n])
        rows = {place: self.scaled(self._element(ops[place[0]].args[0], place[1]), self.past(1)) for place in places}
        self.values.update(kept)
        for place in places:
            rows[place] = self._without_itself(place, rows[place])
            rows = {other: self._put(row, place, rows[place]) if other != place else row for other, row in rows.items()}
        self._solved.update({place: self.resolved(row) for place, row in rows.items()})

    def _without_itself(self, place: Place, row: Form) -> Form:
        """Solve place = row for the place."""
        own = row.get(place)
        if own is None:
            return row
        factor = self.node("inverse", self.node("subtract", self.constant(1.0), own))
        return self.scaled({other: weight for other, weight in row.items() if other != place}, factor)

    def _put(self, row: Form, place: Place, solution: Form) -> Form:
        """Put a solution in the place of a place."""
        if place not in row:
            return row
        rest = {other: weight for other, weight in row.items() if other != place}
        return self.sum(rest, self.scaled(solution, row[place]))

    def resolved(self, form: Form) -> Form:
        """Return a form over the input alone."""
        total: Form = {}
        for place, weight in form.items():
            known = {SOUND: weight} if place == SOUND else self.scaled(self._solved[place], weight)
            total = self.sum(total, known)
        return total

    def silence(self, width: int) -> _Heard:
        """Return a register without response."""
        if width > MOST_ELEMENTS:
            raise self.refused(f"{width} elements of a vector depend on the input, more than {MOST_ELEMENTS}")
        return ({},) * width

    def _element(self, register: int, element: int) -> Form:
        """Return an element of a register, or the only one, as a form."""
        value = self.values[register]
        if isinstance(value, _Number):
            return {}
        return value[element if len(value) > 1 else 0]

    def _number_element(self, number: _Number, element: int) -> int:
        """Return an element of a number, or the only one."""
        return self.node("index", number.node, size=element) if number.width > 1 else number.node

    def _value(self, register: int, op: Op) -> _Value:
        """Return what a register is, its operands being known; a form is resolved where its loop is left."""
        args = [self.values[arg] for arg in op.args]
        if register not in self._loop_of:
            args = [a if isinstance(a, _Number) else tuple(self.resolved(form) for form in a) for a in args]
        numbers = [arg for arg in args if isinstance(arg, _Number)]
        if op.name == "input":
            return ({SOUND: self.constant(1.0)},)
        if len(numbers) == len(args):
            return self._number(op, numbers)
        return self._heard(op, args)

    def _number(self, op: Op, args: Sequence[_Number]) -> _Number:
        """Write an operation on numbers; one that remembers has settled."""
        nodes = tuple(arg.node for arg in args)
        match op.name:
            case "memory" | "delay" | "broadcast":
                return _Number(nodes[0], args[0].width)
            case "taps":
                return _Number(self.node("concatenate", *nodes * op.width, width=op.width), op.width)
            case "convolve":
                return _Number(self.node("multiply", self.node("sum", nodes[0]), nodes[1]), 1)
            case "constant" | "parameter" | "sample_rate" | "index" | "concatenate" | "sum" | "dot":
                pass
            case _ if op.name not in VALUES:
                raise self.refused(f"it makes a coefficient by {op.name}")
        made = self.node(op.name, *nodes, width=op.width, constant=op.constant, size=op.size, flags=op.flags)
        return _Number(made, op.width)

    def _heard(self, op: Op, args: Sequence[_Value]) -> _Heard:
        """Write an operation on what depends on the input."""
        elements = range(len(self.silence(op.width)))

        def form(place: int, i: int) -> Form:
            arg = args[place]
            return {} if isinstance(arg, _Number) else arg[i if len(arg) > 1 else 0]

        heard: _Heard
        match op.name:
            case "add" | "subtract":
                heard = tuple(self.sum(form(0, i), form(1, i), op.name) for i in elements)
            case "negate":
                heard = tuple(self.sum({}, form(0, i), "subtract") for i in elements)
            case "multiply" | "divide" | "dot" | "convolve":
                heard = self._product(op, args, form)
            case "stop" | "broadcast":
                heard = tuple(self._stopped(op, form(0, i)) for i in elements)
            case "memory":
                heard = tuple(self.scaled(form(0, i), self.past(1)) for i in elements)
            case "taps":
                heard = tuple(self.scaled(form(0, 0), self.past(i)) for i in elements)
            case "delay" if isinstance(args[1], _Number):
                heard = tuple(self._delayed(op, form(0, i), args[1], i) for i in elements)
            case "select" if isinstance(args[0], _Number):
                heard = tuple(self._selected(args[0], i, form(1, i), form(2, i)) for i in elements)
            case "index":
                heard = tuple(form(0, op.size + i) for i in elements)
            case "concatenate":
                heard = tuple(form(i, 0) for i in elements)
            case "sum":
                heard = (self.total(form(0, i) for i in range(self._width(args[0]))),)
            case _:
                raise self.refused(f"it takes {op.name} of a signal that depends on the input")
        return heard

    @staticmethod
    def _width(value: _Value) -> int:
        return value.width if isinstance(value, _Number) else len(value)

    def _stopped(self, op: Op, form: Form) -> Form:
        """Return a form whose partials end here; its weights stay what they are."""
        if op.name == "stop" and any(self.tape.nodes[weight].learned for weight in form.values()):
            raise self.refused("it stops the gradient of a signal that depends on the input and on parameters")
        return form

    def _selected(self, condition: _Number, element: int, if_zero: Form, otherwise: Form) -> Form:
        """Return one of two forms by a number: each times 0 or 1."""
        which = (self._number_element(condition, element), self.constant(0.0))
        return self.sum(
            self.scaled(if_zero, self.node("equal", *which)), self.scaled(otherwise, self.node("not_equal", *which))
        )

    def _product(self, op: Op, args: Sequence[_Value], form: Callable[[int, int], Form]) -> _Heard:
        """Write a product of numbers with what depends on the input."""
        place = 1 if isinstance(args[0], _Number) else 0
        number = args[1 - place]
        if not isinstance(number, _Number):
            raise self.refused(f"it takes {op.name} of two signals that depend on the input")
        if op.name == "divide" and place == 1:
            raise self.refused("it divides by a signal that depends on the input")
        if op.name == "convolve":
            return (self.scaled(form(1, 0), self.node("polynomial", number.node, response=True)),)
        count = max(number.width, self._width(args[place]))
        parts = []
        for i in range(count):
            factor = self._number_element(number, i)
            if op.name == "divide":
                factor = self.node("divide", self.constant(1.0), factor)
            parts.append(self.scaled(form(place, i), factor))
        return (self.total(parts),) if op.name == "dot" else tuple(parts)

    def _delayed(self, op: Op, form: Form, by: _Number, element: int) -> Form:
        """Return a form, delayed by a number of samples."""
        samples = self._number_element(by, element)
        return self.scaled(form, self.node("delayed", samples, response=True, size=op.size, flags=op.flags))
