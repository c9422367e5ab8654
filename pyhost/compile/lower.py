"""From a program to the plain numbers that the C core takes, for a sample rate and a number of lanes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from pyhost.compile.build import with_rows, with_uniformity, without_dead_ops
from pyhost.compile.program import Op, Program
from pyhost.compile.reverse import reversed_cones

__all__ = ["Tape", "lower"]


@dataclass(slots=True)
class Tape:
    """A lowered program.

    Attributes
    ----------
    ops : list of Op
        With widenings spelt out, no ``sample_rate``, and `uniform` false throughout where there is one lane.
    output : int
        Register of the result, varying where there are several lanes.
    lanes, inputs, parameters : int
        Lanes, input signals, scalar parameters.
    """

    lanes: int
    inputs: int
    parameters: int
    ops: list[Op] = field(default_factory=list)
    output: int = 0


def lower(program: Program, sample_rate: float, lanes: int, learned: Collection[str] | None = None) -> Tape:
    """Return the tape of a program.

    Parameters
    ----------
    program : Program
        What to lower.
    sample_rate : float
        In Hz.
    lanes : int
        Channels, or examples, that run side by side.
    learned : collection of str, optional
        Names of the parameters whose partials are wanted; all by default. The others cost nothing.
    """
    ops, output = _with_gradients(program, learned)
    lowering = _Lowering(Tape(lanes, program.inputs, program.scalars), ops, sample_rate)
    for number in range(len(ops)):
        lowering.add(number)
    lowering.connect_memories()
    lowering.tape.output = lowering.shaped(lowering.number[output], 1, uniform=lanes == 1)
    return lowering.tape


def _with_gradients(program: Program, learned: Collection[str] | None) -> tuple[Sequence[Op], int]:
    """Return the ops and the output, with rows for what is learned, and backwards where that is cheaper."""
    places = None
    if learned is not None:
        places = {program.offset(spec.name) for spec in program.parameters if spec.name in learned}
    ops = with_rows(program.ops, places)
    turned, output = reversed_cones(ops, program.output)
    if len(turned) == len(ops):
        return ops, output
    kept, output = without_dead_ops(turned, output)
    return with_rows(with_uniformity(kept), places), output


class _Lowering:
    """Copies ops to a tape, widening operands on the way."""

    def __init__(self, tape: Tape, ops: Sequence[Op], sample_rate: float) -> None:
        self.tape = tape
        self.source = ops
        self.sample_rate = sample_rate
        self.number: dict[int, int] = {}
        self._widened: dict[tuple[int, int, bool], int] = {}

    def append(self, op: Op) -> int:
        """Write an op and return its register."""
        self.tape.ops.append(op)
        return len(self.tape.ops) - 1

    def shaped(self, register: int, width: int, *, uniform: bool) -> int:
        """Return a register with the same value in this shape, widening it if it has another."""
        op = self.tape.ops[register]
        if (op.width, op.uniform) == (width, uniform):
            return register
        key = (register, width, uniform)
        if key not in self._widened:
            self._widened[key] = self.append(Op("broadcast", (register,), width, uniform=uniform, rows=op.rows))
        return self._widened[key]

    def add(self, number: int) -> None:
        """Copy one op, its operands in the shape that it needs."""
        op = self.source[number]
        uniform = op.uniform or self.tape.lanes == 1
        if op.name == "sample_rate":
            op = replace(op, name="constant", constant=self.sample_rate)
        args = tuple(self.number[arg] for arg in op.args) if op.name != "memory" else op.args
        args = tuple(self._operand(op, i, arg, uniform) for i, arg in enumerate(args))
        self.number[number] = self.append(replace(op, args=args, uniform=uniform))

    def _operand(self, op: Op, place: int, register: int, uniform: bool) -> int:
        """Return an operand in the shape that an op takes it in."""
        if op.name == "memory":
            return register
        own = self.tape.ops[register].width
        if op.name == "convolve" and place == 0:
            return self.shaped(register, own, uniform=True)
        if op.name in ("index", "sum", "dot", "taps", "convolve", "concatenate"):
            return self.shaped(register, own, uniform=uniform)
        return self.shaped(register, op.width, uniform=uniform)

    def connect_memories(self) -> None:
        """Give the memories their registers, which may come after them."""
        for at, op in enumerate(self.tape.ops):
            if op.name == "memory":
                kept = self.shaped(self.number[op.args[0]], op.width, uniform=op.uniform)
                self.tape.ops[at] = replace(op, args=(kept,))
