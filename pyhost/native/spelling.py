"""Which partials of an instruction with many are variables: those that a stage of a chain has of its own.

In a chain of stages every stage has few parameters of its own and passes on the partials of all stages before it. Its
own rows come from instructions of few rows, one by one; those passed on come together, from one operand. Kept in one
array they would cut the loops over it into pieces of all lengths, which neither the printer nor a compiler can join.
So what is passed on stays in the array, gone through in loops of one length, and what is the stage's own is spelt out
beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyhost.compile.lower import Tape
from pyhost.compile.program import Op
from pyhost.compile.rows import Rows
from pyhost.native.registers import FEW_PARTIALS

__all__ = ["spelt_rows"]

MOST_BESIDE = 5
"""Rows that are spelt out beside an array, at most."""

Parameters = frozenset[int]


def spelt_rows(tape: Tape, elementwise: frozenset[str]) -> list[frozenset[int]]:
    """Return, for each instruction, which of its rows are variables although the others are in an array.

    Parameters
    ----------
    tape : Tape
        The lowered program.
    elementwise : frozenset of str
        Names of the instructions that read each row of an operand for the same row of the result.
    """
    own = [frozenset(_places(op.rows)) for op in tape.ops]
    arrays = [_passed_on(op, own, at, elementwise) for at, op in enumerate(tape.ops)]
    for at in _in_one_array(tape, elementwise):
        arrays[at] = own[at]
    _spread(tape.ops, own, arrays)
    for at in range(len(tape.ops)):
        if len(own[at] - arrays[at]) > MOST_BESIDE:
            arrays[at] = own[at]
    _spread(tape.ops, own, arrays)
    return [
        frozenset(row for row, place in enumerate(_places(op.rows)) if place not in array)
        if len(places) >= FEW_PARTIALS
        else frozenset()
        for op, places, array in zip(tape.ops, own, arrays, strict=True)
    ]


def _places(rows: Rows) -> list[int]:
    """Return the parameters of the dense rows, in order."""
    return [place for first, count in rows.runs for place in range(first, first + count)]


def _passed_on(op: Op, own: Sequence[Parameters], at: int, elementwise: frozenset[str]) -> Parameters:
    """Return the rows that an instruction passes on from one operand, where others of its operands have more."""
    if op.name not in elementwise or len(own[at]) < FEW_PARTIALS:
        return frozenset()
    parts = [own[arg] for arg in op.args if own[arg] < own[at]]
    most = max(parts, key=len, default=frozenset())
    return most if 2 * len(most) > len(own[at]) else frozenset()


def _in_one_array(tape: Tape, elementwise: frozenset[str]) -> set[int]:
    """Return the instructions whose rows stay together: something reads them so, or there is more than one element."""
    found = {tape.output}
    for at, op in enumerate(tape.ops):
        is_single = op.width * (1 if op.uniform else tape.lanes) == 1
        if not is_single or op.rows.bands or op.name not in elementwise | {"memory"}:
            found.add(at)
        if op.name not in elementwise and not (op.name == "memory" and tape.ops[op.args[0]].name != "memory"):
            found.update([at, *op.args])
    return found


def _spread(ops: Sequence[Op], own: Sequence[Parameters], arrays: list[Parameters]) -> None:
    """Let a row be in an array wherever an operand has it in one, round every recursion."""
    is_moving = True
    while is_moving:
        is_moving = False
        for at, op in enumerate(ops):
            if len(own[at]) < FEW_PARTIALS:
                continue
            held = (arrays[arg] for arg in op.args if len(own[arg]) >= FEW_PARTIALS)
            now = arrays[at].union(*held) & own[at]
            if now != arrays[at]:
                arrays[at], is_moving = now, True
