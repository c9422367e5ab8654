"""Which partials the output needs: the others are not printed at all."""

from __future__ import annotations

from dataclasses import replace

from pyhost.compile.lower import Tape
from pyhost.compile.rows import NO_ROWS

__all__ = ["with_needed_rows"]


def with_needed_rows(tape: Tape) -> Tape:
    """Return a tape without the rows that no row of the output is made of.

    Parameters keep theirs, which cost nothing: one that the output does not follow may move all the same, by the decay
    of its weight or by what its optimizer had gathered.
    """
    needed: set[int] = set()
    waiting = [tape.output]
    while waiting:
        at = waiting.pop()
        op = tape.ops[at]
        if at not in needed and op.rows:
            needed.add(at)
            waiting += op.args
    ops = [
        op if at in needed or op.name == "parameter" else replace(op, rows=NO_ROWS) for at, op in enumerate(tape.ops)
    ]
    return replace(tape, ops=ops)
