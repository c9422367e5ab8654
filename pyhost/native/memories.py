"""Instructions that remember: one sample (memory), many (delay), the last ones side by side (taps)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyhost.native.registers import FEW, Piece, Read, Register, Strip, cut, named_rows, shared
from pyhost.native.sheet import Sheet, flat, parts, place
from pyhost.native.text import Index, moved, number

__all__ = ["MEMORIES", "print_latches"]

READERS = ("none", "linear", "lagrange3")


def _memory(sheet: Sheet, register: Register) -> None:
    """Print what stands still between two samples; what it takes at the end is known later (`print_latches`)."""
    n, m = register.number, register.elements
    register.is_memory = True
    initial = number(register.op.constant)
    if register.is_small:
        names = [sheet.keep(f"v{place(n, j, m)}", initial) for j in range(m)]
        register.value = lambda j: names[int(j)]
    else:
        array = register.array = sheet.member(f"v{n}", m)
        register.value = lambda j: f"{array}[{j}]"
        if initial != "0.0":
            with sheet.reset.loop("j", m):
                sheet.reset.add(f"{array}[j] = {initial};")
    if not register.rows:
        return
    if register.has_few_rows:
        for r in range(register.rows):
            kept = [sheet.keep(f"d{n}_{r}{'' if m == 1 else f'_{j}'}") for j in range(m)]
            register.strips.append(Strip(r, 1, named_rows(kept)))
        return
    rows = sheet.member(f"d{n}", register.rows * m)
    spelt = sheet.spelt(register)
    if not spelt:
        register.rows_array = rows
    kept_rows = [Strip(r, 1, named_rows([sheet.keep(f"d{n}_{r}")])) for r in spelt]
    register.strips = sorted([*sheet.strips_beside(register, rows), *kept_rows], key=lambda strip: strip.start)


def print_latches(sheet: Sheet) -> None:
    """Print what all memories take at the end of a sample, at once.

    First all that goes to variables is noted; then arrays are copied, each before another memory overwrites what it
    reads; then the variables are set.
    """
    sheet.out = sheet.end
    memories = {r.number: r for r in sheet.registers if r.is_memory and r.op.args[0] != r.number}
    set_last: list[str] = []
    for register in memories.values():
        set_last += _note_variables(sheet, register)
    waiting = dict(memories)
    stashed: dict[int, Register] = {}
    while waiting:
        read = {r.op.args[0] for r in waiting.values()} - stashed.keys()
        free = [number for number in waiting if number not in read]
        if not free:  # a ring of memories: the others read a copy of one of them
            first = min(waiting)
            stashed[first] = _copied(sheet, waiting[first])
            continue
        taking = waiting.pop(free[0])
        source = taking.op.args[0]
        _take_arrays(sheet, taking, stashed.get(source, sheet.registers[source]))
    for line in set_last:
        sheet.end.add(line)


def _note_variables(sheet: Sheet, register: Register) -> list[str]:
    """Note in constants what the variables of a memory take; return the lines that give it to them."""
    source = sheet.registers[register.op.args[0]]
    m = register.elements
    taken: list[tuple[str, str]] = []
    if register.is_small:
        taken += [(register.value(j), source.value(j)) for j in range(m)]
    spelt = range(register.rows) if register.has_few_rows else sheet.spelt(register)
    for part in shared(register.op.rows, [source.op.rows]) if spelt else ():
        (at,) = part.operands
        if at is not None:
            places = [(r, j) for r in range(part.count) for j in range(m) if part.out + r in spelt]
            taken += [(register.row(part.out + r, j), source.row(at + r, j)) for r, j in places]
    for name, text in taken:
        sheet.end.add(f"const double next_{name} = {text};")
    return [f"{name} = next_{name};" for name, _ in taken]


def _take_arrays(sheet: Sheet, register: Register, source: Register) -> None:
    """Print what the arrays of a memory take."""
    m = register.elements
    if register.array is not None:
        sheet.fill_row(register.array, m, source.value)
    if register.has_few_rows or not register.rows:
        return
    spelt = sheet.spelt(register)
    for part in shared(register.op.rows, [source.op.rows]):
        for piece in cut(part, [source]):
            (at,) = piece.operands
            if at is not None and piece.out not in spelt:
                sheet.fill(f"s->d{register.number}", m, Piece(piece.out, piece.count, sheet.reader(source, at)))


def _copied(sheet: Sheet, register: Register) -> Register:
    """Print a copy of a memory's arrays; return it as a register."""
    m = register.elements
    copy = Register(register.op, register.number, register.lanes, register.value, register.strips)
    if register.array is not None:
        values = sheet.scratch(f"old_v{register.number}", m)
        sheet.end.add(f"memcpy({values}, {register.array}, {m} * sizeof(double));")
        copy.value = lambda j: f"{values}[{j}]"
    if register.rows_array is not None:
        rows = sheet.scratch(f"old_d{register.number}", register.rows * m)
        sheet.end.add(f"memcpy({rows}, {register.rows_array}, {register.rows * m} * sizeof(double));")
        copy.strips = [Strip(0, register.rows, sheet.rows_reader(rows, m))]
    return copy


def _delay(sheet: Sheet, register: Register) -> None:
    """Print a delay line, whose slots hold the operand whole, value and rows."""
    a, b = sheet.operands(register)
    n, m, op = register.number, register.elements, register.op
    stride = m * (1 + a.rows)
    length = op.size + (0, 1, 3)[op.flags] + 1
    line, at = sheet.member(f"line{n}", length * stride), sheet.keep_position(f"at{n}")
    sheet.out.add(f"double *const slot{n} = {line} + {at} * {stride};")
    sheet.fill_row(f"slot{n}", m, a.value)
    for strip in a.strips:
        sheet.fill(f"(slot{n} + {m})", m, Piece(strip.start, strip.count, sheet.reader(a, strip.start)))
    sheet.out.add(f"DsDelayReader reader{n}[{m}];")
    sheet.out.add(f"bool inside{n}[{m}];")

    def read(element: Index, j: Index, weights: str) -> str:
        reader = f"reader{n}[{j}]"
        return f"ds_printed_read({line}, {length}, {stride}, {at}, {element}, &{reader}, {reader}.{weights})"

    def aim(j: Index) -> None:
        clipped = f"ds_delay_clip({b.value(j)}, {number(float(op.size))}, &inside{n}[{j}])"
        sheet.out.add(f"reader{n}[{j}] = ds_delay_{READERS[op.flags]}({clipped});")

    if m < FEW:
        for j in range(m):
            aim(j)
    else:
        with sheet.out.block(f"for (size_t j = 0; j < {m}; ++j)"):
            aim("j")
    sheet.set_value(register, lambda j: read(j, j, "weight"))
    if b.rows:
        slope = _slope_of_delay(sheet, register, read)
    _print_delayed_rows(sheet, register, read, lambda j, row: f"(inside{n}[{j}] ? {slope(j)} * {row} : 0.0)")
    sheet.later.add(f"{at} = {at} + 1 == {length} ? 0 : {at} + 1;")


def _print_delayed_rows(
    sheet: Sheet,
    register: Register,
    read: Callable[[Index, Index, str], str],
    pulled: Callable[[Index, str], str],
) -> None:
    """Print the rows of a delay: those of the signal, read back, and what those of the delay itself pull."""
    a, b = sheet.operands(register)
    m = register.elements

    def delayed(places: Sequence[int | None]) -> Read:
        def text(r: Index, j: Index) -> str:
            terms = []
            if places[0] is not None:
                terms.append(read(flat(moved(r, 1 + places[0]), j, m), j, "weight"))
            if places[1] is not None:
                terms.append(pulled(j, sheet.reader(b, places[1])(r, j)))
            return " + ".join(terms) if terms else "0.0"

        return text

    if register.rows:
        pieces = [Piece(part.out, part.count, delayed(part.operands)) for part in parts(register, (a, b))]
        sheet.put_rows(register, pieces)


def _slope_of_delay(
    sheet: Sheet, register: Register, read: Callable[[Index, Index, str], str]
) -> Callable[[Index], str]:
    """Print by how much the delayed signal changes with the delay; return how to read it."""
    n, m = register.number, register.elements
    slopes = sheet.scratch(f"slope{n}", m)
    if register.op.flags:
        sheet.fill_row(slopes, m, lambda j: read(j, j, "slope"))
    else:
        last = sheet.member(f"last{n}", m)
        sheet.fill_row(slopes, m, lambda j: f"{last}[{j}] - {register.value(j)}")
        sheet.fill_row(last, m, register.value)
    return lambda j: f"{slopes}[{j}]"


def _taps(sheet: Sheet, register: Register) -> None:
    """Print a signal and its past, newest first: all move up by one."""
    (a,) = sheet.operands(register)
    m, lanes = register.elements, register.lanes
    array = sheet.member(f"v{register.number}", m)
    _move_up(sheet, array, m, lanes, a.value)
    register.array = array
    register.value = lambda j: f"{array}[{j}]"
    if not register.rows:
        return
    rows = register.rows_array = sheet.member(f"d{register.number}", register.rows * m)
    register.strips = [Strip(0, register.rows, sheet.rows_reader(rows, m))]
    for strip in a.strips:
        with sheet.out.block(f"for (size_t r = 0; r < {strip.count}; ++r)"):
            row = _of_row(sheet.reader(a, strip.start), "r" if strip.count > 1 else 0)
            _move_up(sheet, f"({rows} + ({moved('r', strip.start)}) * {m})", m, lanes, row)


def _of_row(read: Read, row: Index) -> Callable[[Index], str]:
    return lambda lane: read(row, lane)


def _move_up(sheet: Sheet, array: str, m: int, lanes: int, newest: Callable[[Index], str]) -> None:
    """Print how an array of several samples moves up and takes the newest."""
    if m > lanes:
        sheet.out.add(f"memmove({array} + {lanes}, {array}, {m - lanes} * sizeof(double));")
    sheet.fill_row(array, lanes, newest)


MEMORIES: dict[str, Callable[[Sheet, Register], None]] = {
    "memory": _memory,
    "delay": _delay,
    "taps": _taps,
}
