"""Sums over the elements of vectors: sum and dot product, and what their partials are put together from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pyhost.compile.rows import Rows
from pyhost.native.registers import Piece, Read, Register
from pyhost.native.sheet import Sheet
from pyhost.native.text import Index, moved, product

__all__ = ["PRODUCTS", "Dot", "dense_row", "dot_text", "put_terms", "spelt", "terms_of"]

ODD = {1: 0, 2: 1, 3: 1, 4: 3, 5: 3, 6: 3, 7: 3}
"""Of a dot product of so many elements, one that nothing waits for."""

FromRow = Callable[[int], Read]
"""From a row of an operand to how its share is read: by the row after it, or the element, and the lane."""


def dense_row(rows: Rows, parameter: int) -> int:
    """Return the dense row of a parameter."""
    place = 0
    for first, count in rows.runs:
        if first <= parameter < first + count:
            return place + parameter - first
        place += count
    raise AssertionError(f"parameter {parameter} has no row")


def terms_of(out: Rows, rows: Rows, width: int, *, dense: FromRow, band: FromRow) -> Iterator[Piece]:
    """Yield the shares of an operand in the dense rows of a sum over its elements."""
    row = 0
    for first, count in rows.runs:
        yield Piece(dense_row(out, first), count, dense(row))
        row += count
    for base in rows.bands:
        yield Piece(dense_row(out, base), width, band(row))
        row += 1


def _overlap(terms: Sequence[Piece]) -> bool:
    return any(a.out < b.out + b.count and b.out < a.out + a.count for i, a in enumerate(terms) for b in terms[:i])


def put_terms(sheet: Sheet, register: Register, terms: Sequence[Piece]) -> None:
    """Print the rows of a sum from its shares; where two meet in a row they are added."""
    if not register.rows:
        return
    if not _overlap(terms):
        sheet.put_rows(register, sorted(terms, key=lambda term: term.out))
        return
    if register.has_few_rows:
        sheet.put_rows(register, [Piece(row, 1, _added_up(row, terms)) for row in range(register.rows)])
        return
    array = sheet.new_rows_array(register)
    m = register.elements
    sheet.out.add(f"memset({array}, 0, {register.rows * m} * sizeof(double));")
    for term in terms:
        sheet.fill(array, m, term, "+=")


def _added_up(row: int, terms: Sequence[Piece]) -> Read:
    """Return the sum of the shares in a row."""
    found = [term for term in terms if term.out <= row < term.out + term.count]
    return lambda _, lane: " + ".join(["0.0", *(term.text(row - term.out, lane) for term in found)])


def spelt(terms: Sequence[Piece], *operands: Register) -> list[Piece]:
    """Return the shares row by row where an operand is small, so that no loop runs over variables."""
    if not any(operand.is_small for operand in operands):
        return list(terms)
    return [Piece(term.out + r, 1, _of_row(term, r)) for term in terms for r in range(term.count)]


def _of_row(term: Piece, row: int) -> Read:
    return lambda _, lane: term.text(row, lane)


def dot_text(a: Sequence[str], b: Sequence[str]) -> str:
    """Return a dot product of fewer than 8 elements, in the order of ``ds_dot_few``.

    There every product is added to 0 first, so that no sum is −0. One such addition is enough, and it is taken where
    nothing waits for it.
    """
    parts = [product(x, y) for x, y in zip(a, b, strict=True)]
    last = ODD[len(parts)]
    parts[last] = f"(0.0 + {parts[last]})"
    quarters = [_bracketed(parts[i::4]) for i in range(4)]
    even, odd = _bracketed([*quarters[0], *quarters[2]]), _bracketed([*quarters[1], *quarters[3]])
    return _bracketed([*even, *odd])[0]


def _bracketed(parts: list[str]) -> list[str]:
    """Return a sum of no, one or two parts as one part, if there is any."""
    return [f"({' + '.join(parts)})"] if len(parts) > 1 else parts


class Dot:
    """Dot products of arrays of n elements in so many lanes, of which the first may have one lane for all."""

    def __init__(self, sheet: Sheet, n: int, lanes: int, a_lanes: int) -> None:
        self.sheet, self.n, self.lanes, self.a_lanes = sheet, n, lanes, a_lanes

    def of_values(self, name: str, a: str, b: str) -> Callable[[Index], str]:
        """Print it for all lanes at once; return how to read it."""
        if self.lanes == 1:
            return lambda _: self.of_lane(a, b, 0)
        array = self.sheet.scratch(name, self.lanes)
        self.sheet.out.add(f"ds_printed_dot({array}, {a}, {self.a_lanes}, {b}, {self.n}, {self.lanes});")
        return lambda lane: f"{array}[{lane}]"

    def of_lane(self, a: str, b: str, lane: Index) -> str:
        """Return it for one lane."""
        if self.lanes == 1:
            return f"ds_dot({a}, {b}, {self.n})"
        return f"ds_printed_dot_lane({a}, {self.a_lanes}, {b}, {self.n}, {self.lanes}, {lane})"


def _at(k: Index, lanes: int, lane: Index) -> Index:
    """Return the place of element k in a lane."""
    if isinstance(k, int) and isinstance(lane, int):
        return k * lanes + lane
    if lanes == 1:
        return k
    return f"({k}) * {lanes} + {lane}"


def _sum(sheet: Sheet, register: Register) -> None:
    (a,) = sheet.operands(register)
    lanes, n = register.lanes, a.op.width

    def total(read: Callable[[Index], str], lane: Index) -> str:
        return " + ".join(["0.0", *(read(k * lanes + int(lane)) for k in range(n))])

    def of_row(row: int) -> Read:
        def text(r: Index, lane: Index) -> str:
            if a.is_small:
                return total(lambda j: a.row(row + int(r), j), lane)
            return f"ds_printed_sum({sheet.row_in_one_piece(a, moved(r, row))} + {lane}, {n}, {lanes})"

        return text

    if a.is_small:
        sheet.set_value(register, lambda lane: total(a.value, lane))
    else:
        values = sheet.in_one_piece(a)
        sheet.set_value(register, lambda lane: f"ds_printed_sum({values} + {lane}, {n}, {lanes})")
        if a.rows:
            sheet.row_in_one_piece(a, 0)
    terms = terms_of(register.op.rows, a.op.rows, n, dense=of_row, band=_elements_of(a, lanes))
    put_terms(sheet, register, spelt(list(terms), a))


def _elements_of(a: Register, lanes: int) -> FromRow:
    """Return how the elements of a band are read."""
    return lambda row: lambda k, lane: a.row(row, _at(k, lanes, lane))


def _dot(sheet: Sheet, register: Register) -> None:
    a, b = sheet.operands(register)
    lanes, n = register.lanes, a.op.width
    rows = register.op.rows
    if a.is_small:
        sheet.set_value(register, lambda lane: _small(a.value, b.value, n, (lanes, int(lane))))
        sides = [
            term
            for this, other in ((a, b), (b, a))
            for term in terms_of(
                rows, this.op.rows, n, dense=_small_of_row(this, other, n, lanes), band=_band(this, other, lanes)
            )
        ]
        put_terms(sheet, register, spelt(sides, a))
        return
    dot = Dot(sheet, n, lanes, lanes)
    arrays = [sheet.in_one_piece(operand) for operand in (a, b)]
    sheet.set_value(register, dot.of_values(f"q{register.number}", *arrays))
    terms: list[Piece] = []
    for this, other, array in ((a, b, arrays[1]), (b, a, arrays[0])):
        if this.op.rows.runs:
            sheet.row_in_one_piece(this, 0)
        dense = _dot_of_row(dot, this, array)
        terms += terms_of(rows, this.op.rows, n, dense=dense, band=_band(this, other, lanes))
    put_terms(sheet, register, terms)


def _small(a: Callable[[Index], str], b: Callable[[Index], str], n: int, lane: tuple[int, int]) -> str:
    """Return a dot product that is spelt out, in one lane of so many."""
    lanes, at = lane
    places = [k * lanes + at for k in range(n)]
    return dot_text([a(j) for j in places], [b(j) for j in places])


def _small_of_row(this: Register, other: Register, n: int, lanes: int) -> FromRow:
    def of_row(row: int) -> Read:
        return lambda r, lane: _small(lambda j: this.row(row + int(r), j), other.value, n, (lanes, int(lane)))

    return of_row


def _dot_of_row(dot: Dot, this: Register, array: str) -> FromRow:
    def of_row(row: int) -> Read:
        return lambda r, lane: dot.of_lane(dot.sheet.row_in_one_piece(this, moved(r, row)), array, lane)

    return of_row


def _band(this: Register, other: Register, lanes: int) -> FromRow:
    """Return how the elements of a band, each times that of the other operand, are read."""

    def of_band(row: int) -> Read:
        return lambda k, lane: product(this.row(row, _at(k, lanes, lane)), other.value(_at(k, lanes, lane)))

    return of_band


PRODUCTS: dict[str, Callable[[Sheet, Register], None]] = {"sum": _sum, "dot": _dot}
