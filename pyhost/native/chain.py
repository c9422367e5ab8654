"""A tape on a sheet: every instruction in its order, what stands still in front of the samples."""

from __future__ import annotations

from collections.abc import Callable

from pyhost.compile.lower import Tape
from pyhost.compile.program import Op
from pyhost.native.elements import ELEMENTS
from pyhost.native.memories import MEMORIES, print_latches
from pyhost.native.products import PRODUCTS
from pyhost.native.registers import FEW, Register, Strip
from pyhost.native.sheet import Sheet, place
from pyhost.native.spelling import spelt_rows
from pyhost.native.text import Index, comment, moved, number
from pyhost.native.vectors import VECTORS
from pyhost.native.windows import WINDOWS

__all__ = ["print_chain", "steady"]

PRINTERS = ELEMENTS | VECTORS | PRODUCTS | MEMORIES | WINDOWS
STATEFUL = frozenset(["input", *MEMORIES, *WINDOWS])


def print_chain(tape: Tape, *, parameters_move: bool) -> Sheet:
    """Print the chain of a tape.

    Parameters
    ----------
    tape : Tape
        The lowered program.
    parameters_move : bool
        Whether parameters with partials change from sample to sample, as they do while they are learned.
    """
    sheet = Sheet(tape, steady(tape.ops, parameters_move=parameters_move), spelt_rows(tape, frozenset(ELEMENTS)))
    for at, op in enumerate(tape.ops):
        register = sheet.new(at)
        sheet.out = sheet.before if at in sheet.steady else sheet.body
        match op.name:
            case "constant":
                register.value = _always(number(op.constant))
            case "parameter":
                _parameter(register)
            case "input":
                _input(sheet, register)
            case _:
                sheet.out.add(comment(_told(op, at)))
                PRINTERS[op.name](sheet, register)
    print_latches(sheet)
    return sheet


def steady(ops: list[Op], *, parameters_move: bool) -> set[int]:
    """Return what stands still within a block: it depends on neither input, memory nor what is learned."""
    found: set[int] = set()
    for at, op in enumerate(ops):
        moves = op.name in STATEFUL or (op.name == "parameter" and parameters_move and bool(op.rows))
        if not moves and all(arg in found for arg in op.args):
            found.add(at)
    return found


def _told(op: Op, at: int) -> str:
    args = "".join(f" %{arg}" for arg in op.args[:8]) + (" ..." if len(op.args) > 8 else "")
    return f"%{at} = {op.name}{args}"


def _always(text: str) -> Callable[[Index], str]:
    return lambda _: text


def _one(_row: Index, _element: Index) -> str:
    return "1.0"


def _parameter(register: Register) -> None:
    """Point a register to the parameters: variables if they are few, else an array."""
    first, width = register.op.size, register.op.width
    if width < FEW:
        register.value = lambda j: f"p{first + int(j)}"
    else:
        name = "p" if register.rows else "s->parameters"
        register.array = f"({name} + {first})"
        register.value = lambda j: f"{name}[{moved(j, first)}]"
    if register.rows:
        register.strips = [Strip(0, 1, _one)]


def _input(sheet: Sheet, register: Register) -> None:
    m, signal = register.elements, register.op.size * register.lanes

    def read(j: Index) -> str:
        row = moved(j, signal)
        return "audio->input[n]" if row == 0 else f"audio->input[({row}) * audio->stride + n]"

    if register.is_small:
        for j in range(m):
            sheet.out.add(f"const double v{place(register.number, j, m)} = {read(j)};")
        register.value = lambda j: f"v{place(register.number, int(j), m)}"
        return
    array = sheet.new_array(register)
    sheet.fill_row(array, m, read)
