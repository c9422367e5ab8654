"""Instructions that make vectors of other ones: widening, picking, joining."""

from __future__ import annotations

from collections.abc import Callable

from pyhost.native.products import dense_row, put_terms
from pyhost.native.registers import Piece, Read, Register, Strip, cut, shared
from pyhost.native.sheet import Sheet
from pyhost.native.text import Index, moved

__all__ = ["VECTORS"]


def _broadcast(sheet: Sheet, register: Register) -> None:
    """Print one number in every element, or one lane in every lane."""
    (a,) = sheet.operands(register)
    if a.elements == 1:
        register.value = lambda _: a.value(0)
        if register.has_few_rows or (a.is_memory and a.rows_array):
            sheet.set_rows(register, (a,), lambda rows, _: rows[0] or "0.0", lambda _: 0)
        else:
            register.strips = [Strip(strip.start, strip.count, _of_one(strip)) for strip in a.strips]
        return
    if register.is_small:
        register.value = lambda j: a.value(_source(int(j), register, a))
        sheet.set_rows(register, (a,), lambda rows, _: rows[0] or "0.0", lambda j: _source(int(j), register, a))
        return
    array = sheet.new_array(register)
    _repeat(sheet, register, a, lambda at, j: f"{array}[{at}] = {a.value(j)};")
    if register.rows:
        rows, m = sheet.new_rows_array(register), register.elements
        for strip in a.strips:
            with sheet.out.loop("r", strip.count):
                row = sheet.reader(a, strip.start)
                start = f"({moved('r', strip.start)}) * {m}"
                _repeat(sheet, register, a, _row_line(rows, start, row, "r" if strip.count > 1 else 0))


def _of_one(strip: Strip) -> Read:
    return lambda r, _: strip.read(r, 0)


def _row_line(rows: str, start: str, row: Read, r: Index) -> Callable[[str, Index], str]:
    return lambda at, j: f"{rows}[{start} + {at}] = {row(r, j)};"


def _source(j: int, register: Register, a: Register) -> int:
    """Return the element that element j of a widened register comes from."""
    width, lane = divmod(j, register.lanes)
    return (0 if a.op.width == 1 else width) * a.lanes + (0 if a.lanes == 1 else lane)


def _repeat(sheet: Sheet, register: Register, a: Register, line: Callable[[str, Index], str]) -> None:
    """Print a line for every element of a widened register, from its place and that of the operand's element."""
    lanes, width = register.lanes, register.op.width
    if a.op.width == width:  # one lane for all of them
        if a.is_small:
            for k in range(width):
                with sheet.out.loop("l", lanes):
                    sheet.out.add(line(f"{k * lanes} + l", k))
            return
        with sheet.out.loop("k", width), sheet.out.loop("l", lanes):
            sheet.out.add(line(f"k * {lanes} + l", "k"))
        return
    with sheet.out.loop("k", width):
        if a.is_small:
            for lane in range(lanes):
                sheet.out.add(line(f"k * {lanes} + {lane}", 0 if a.lanes == 1 else lane))
            return
        with sheet.out.loop("l", lanes):
            sheet.out.add(line(f"k * {lanes} + l", "l"))


def _index(sheet: Sheet, register: Register) -> None:
    (a,) = sheet.operands(register)
    by, rows = register.op.size * register.lanes, register.op.rows
    sheet.set_value(register, lambda j: a.value(moved(j, by)))
    places = []
    for first, count in a.op.rows.runs:
        places += [dense_row(rows, first) + k for k in range(count)]
    for base in a.op.rows.bands:
        first = base + register.op.size
        dense = sum(count for _, count in rows.runs)
        places.append(dense_row(rows, first) if register.op.width == 1 else dense + rows.bands.index(first))
    put_terms(sheet, register, list(_runs(a, places, by)))


def _runs(a: Register, places: list[int], by: int) -> list[Piece]:
    """Return where the rows of an operand go, in pieces that are read in one way; elements are moved on."""
    pieces: list[Piece] = []
    for strip in a.strips:
        start = strip.start
        while start < strip.start + strip.count:
            end = start + 1
            while end < strip.start + strip.count and places[end] == places[end - 1] + 1:
                end += 1
            pieces.append(Piece(places[start], end - start, _moved_on(strip, start, by)))
            start = end
    return pieces


def _moved_on(strip: Strip, row: int, by: int) -> Read:
    return lambda r, j: strip.read(moved(r, row), moved(j, by))


def _concatenate(sheet: Sheet, register: Register) -> None:
    parts = sheet.operands(register)
    lanes, m = register.lanes, register.elements
    if register.is_small:
        register.value = lambda j: parts[int(j) // lanes].value(int(j) % lanes)
    else:
        array = sheet.new_array(register)
        for w, part in enumerate(parts):
            sheet.fill_some(array, m, Piece(0, 1, _value_of(part)), (w * lanes, lanes))
    if not register.rows:
        return
    if register.has_few_rows:
        sheet.set_rows(register, parts, lambda rows, j: rows[int(j) // lanes] or "0.0", lambda j: int(j) % lanes)
        return
    array = sheet.new_rows_array(register)
    sheet.out.add(f"memset({array}, 0, {register.rows * m} * sizeof(double));")
    for w, part in enumerate(parts):
        for piece in (bit for whole in shared(register.op.rows, [part.op.rows]) for bit in cut(whole, [part])):
            (at,) = piece.operands
            if at is not None:
                own = Piece(piece.out, piece.count, sheet.reader(part, at))
                sheet.fill_some(array, m, own, (w * lanes, lanes))


def _value_of(part: Register) -> Read:
    return lambda _, lane: part.value(lane)


VECTORS: dict[str, Callable[[Sheet, Register], None]] = {
    "broadcast": _broadcast,
    "index": _index,
    "concatenate": _concatenate,
}
