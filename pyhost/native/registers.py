"""Where the printed program keeps a register: its values, and its rows of partials.

What is small is spelt out, a variable for each number, so that the compiler holds it in the processor's registers from
sample to sample; what is not is an array, gone through in loops. Nothing is ever spelt out for each tap of a filter.

Rows are described by strips: so many rows on end that are read in one way. A row may be an array's, a variable, a
plain ``1.0``, or, for the partials of an FIR filter's taps, the window of past inputs itself, without any copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pyhost.compile.program import Op
from pyhost.compile.rows import NO_ROWS, Rows
from pyhost.native.text import Index

__all__ = ["FEW", "Piece", "Read", "Register", "Shared", "Strip", "cut", "named_rows", "shared", "strips_between"]

FEW = 8
"""Elements from which on a register is an array."""

FEW_PARTIALS = 8
"""Partials from which on they are an array."""

Read = Callable[[Index, Index], str]
"""From row and element to C."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Rows start … start + count − 1 of a register, read in one way."""

    start: int
    count: int
    read: Read


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a result: `count` from `out` on; `text` from the row within the piece and the element to C."""

    out: int
    count: int
    text: Read


def named_rows(names: Sequence[str]) -> Read:
    """Return how a row is read whose elements are variables."""
    return lambda _, element: names[int(element)]


@dataclass(slots=True)
class Register:
    """How a register is read.

    Attributes
    ----------
    op : Op
        The instruction that writes it.
    number : int
        Its own.
    lanes : int
        Lanes that it stores: 1 if it is uniform.
    value : callable
        From an element to C.
    strips : list of Strip
        Its rows, in order.
    array : str or None
        Its values in one piece, if they are.
    rows_array : str or None
        Likewise its rows, one after the other.
    is_memory : bool
        Whether it changes at the end of the sample, in its place.
    """

    op: Op
    number: int
    lanes: int
    value: Callable[[Index], str] = lambda _: ""
    strips: list[Strip] = field(default_factory=list)
    array: str | None = None
    rows_array: str | None = None
    is_memory: bool = False

    @property
    def elements(self) -> int:
        """Width × lanes."""
        return self.op.width * self.lanes

    @property
    def rows(self) -> int:
        """Rows of partials."""
        return self.op.rows.count()

    @property
    def is_small(self) -> bool:
        """Whether its values are variables."""
        return self.elements < FEW

    @property
    def has_few_rows(self) -> bool:
        """Whether its partials are variables."""
        return self.is_small and self.rows * self.elements < FEW_PARTIALS

    def without_rows(self) -> Register:
        """Return its values alone, for an instruction that has no rows although its operands have."""
        return replace(self, op=replace(self.op, rows=NO_ROWS), strips=[], rows_array=None)

    def row(self, row: int, element: Index) -> str:
        """Return one known row."""
        for strip in self.strips:
            if strip.start <= row < strip.start + strip.count:
                return strip.read(row, element)
        raise IndexError(row)


@dataclass(frozen=True, slots=True)
class Shared:
    """Rows of a result from `out` on, and where those of its operands are; None where one has none."""

    out: int
    operands: tuple[int | None, ...]
    count: int


def _dense_place(rows: Rows, parameter: int) -> int | None:
    """Return the row of a parameter among the dense ones."""
    place = 0
    for first, count in rows.runs:
        if first <= parameter < first + count:
            return place + parameter - first
        place += count
    return None


def _band_place(rows: Rows, base: int) -> int | None:
    """Return the row of a band."""
    if base not in rows.bands:
        return None
    return sum(count for _, count in rows.runs) + rows.bands.index(base)


def shared(out: Rows, operands: Sequence[Rows]) -> Iterator[Shared]:
    """Yield the rows of a result in order, in pieces within which no operand begins or ends."""
    edges = sorted({edge for rows in (out, *operands) for first, count in rows.runs for edge in (first, first + count)})
    place = 0
    for first, count in out.runs:
        inside = [first, *(edge for edge in edges if first < edge < first + count), first + count]
        for begin, end in pairwise(inside):
            yield Shared(place, tuple(_dense_place(rows, begin) for rows in operands), end - begin)
            place += end - begin
    for band in out.bands:
        yield Shared(place, tuple(_band_place(rows, band) for rows in operands), 1)
        place += 1


def strips_between(register: Register, start: int, count: int) -> Iterator[Strip]:
    """Yield the strips of some rows of a register, cut to them."""
    for strip in register.strips:
        begin, end = max(strip.start, start), min(strip.start + strip.count, start + count)
        if begin < end:
            yield Strip(begin, end - begin, strip.read)


def cut(part: Shared, operands: Sequence[Register]) -> Iterator[Shared]:
    """Yield a piece again in pieces within which every operand is read in one way."""
    edges = {0, part.count}
    for register, place in zip(operands, part.operands, strict=True):
        if place is not None:
            edges |= {strip.start - place for strip in strips_between(register, place, part.count)}
    inside = sorted(edges)
    for begin, end in pairwise(inside):
        places = tuple(None if place is None else place + begin for place in part.operands)
        yield Shared(part.out + begin, places, end - begin)
