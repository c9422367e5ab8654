"""Convolution: a dot product with a window of the past, which is kept as it is needed."""

from __future__ import annotations

from collections.abc import Callable

from pyhost.native.products import Dot, FromRow, dot_text, put_terms, spelt, terms_of
from pyhost.native.registers import FEW, FEW_PARTIALS, Read, Register, Strip
from pyhost.native.sheet import Sheet
from pyhost.native.text import Index, moved, product

__all__ = ["WINDOWS"]


class _Window:
    """The last n samples of a signal and of its rows, newest first."""

    def __init__(self, sheet: Sheet, register: Register) -> None:
        h, source = sheet.operands(register)
        self.n, self.lanes, self.number = h.op.width, register.lanes, register.number
        size = self.n * self.lanes
        self.is_small = size < FEW and (1 + source.rows) * size < 2 * FEW_PARTIALS
        if self.is_small:
            self._shift(sheet, source)
        else:
            self._push(sheet, source)

    def _shift(self, sheet: Sheet, source: Register) -> None:
        """Keep each sample in a variable; at the end of the sample they move on."""
        for row in range(1 + source.rows):
            for lane in range(self.lanes):
                newest = source.value(lane) if row == 0 else source.row(row - 1, lane)
                sheet.out.add(f"const double {self.element(row, 0, lane)} = {newest};")
                for k in range(1, self.n):
                    sheet.keep(self.element(row, k, lane))
                for k in range(self.n - 1, 0, -1):
                    sheet.later.add(f"{self.element(row, k, lane)} = {self.element(row, k - 1, lane)};")

    def _push(self, sheet: Sheet, source: Register) -> None:
        """Keep the window twice, one copy behind the other, so that it lies in one piece at `at`."""
        n, lanes, number = self.n, self.lanes, self.number
        self.line = 2 * n * lanes
        array = sheet.member(f"line{number}", self.line * (1 + source.rows))
        at = sheet.keep_position(f"at{number}")
        self.name = f"past{number}"
        sheet.out.add(f"{at} = {at} == 0 ? {n - 1} : {at} - 1;")
        sheet.out.add(f"double *const {self.name} = {array} + {at} * {lanes};")
        for slot in (self.name, f"({self.name} + {n * lanes})"):
            sheet.fill_row(slot, lanes, source.value)
        for strip in source.strips:
            row = _newest(sheet.reader(source, strip.start), "r" if strip.count > 1 else 0)
            with sheet.out.block(f"for (size_t r = 0; r < {strip.count}; ++r)"):
                for copy in (0, n * lanes):
                    start = f"({moved('r', 1 + strip.start)}) * {self.line} + {copy}"
                    sheet.fill_row(f"({self.name} + {start})", lanes, row)

    def element(self, row: Index, k: Index, lane: Index) -> str:
        """Return one number: of the signal in row 0, of its partials in the rows after it."""
        if self.is_small:
            return f"past{self.number}_{row}_{k}_{lane}"
        start = "" if row == 0 else f"({row}) * {self.line} + "
        element = f"{k}" if self.lanes == 1 else f"({k}) * {self.lanes} + {lane}"
        return f"{self.name}[{start}{element}]"

    def of_signal(self, k: Index, lane: Index) -> str:
        """Return one number of the signal."""
        return self.element(0, k, lane)

    def piece(self, row: Index) -> str:
        """Return a row in one piece."""
        return self.name if row == 0 else f"{self.name} + ({row}) * {self.line}"


def _newest(read: Read, row: Index) -> Callable[[Index], str]:
    return lambda lane: read(row, lane)


def _convolve(sheet: Sheet, register: Register) -> None:
    """Print the dot product of h with the window of a signal; the partials of h's own taps are the window itself."""
    h, u = sheet.operands(register)
    window = _Window(sheet, register)
    if window.is_small:
        _convolve_few(sheet, register, window)
        return
    dot = Dot(sheet, window.n, window.lanes, 1)
    taps = sheet.in_one_piece(h)
    sheet.set_value(register, dot.of_values(f"q{register.number}", taps, window.piece(0)))
    if h.op.name == "parameter" and not u.rows and register.rows and not register.has_few_rows:
        register.strips = [Strip(0, register.rows, window.of_signal)]
        sheet.windows[register.number] = u
        return
    if h.op.rows.runs:
        sheet.row_in_one_piece(h, 0)

    def of_h(row: int) -> Read:
        return lambda r, lane: dot.of_lane(sheet.row_in_one_piece(h, moved(r, row)), window.piece(0), lane)

    def of_u(row: int) -> Read:
        return lambda r, lane: dot.of_lane(taps, window.piece(moved(r, row + 1)), lane)

    rows = register.op.rows
    terms = spelt(list(terms_of(rows, h.op.rows, window.n, dense=of_h, band=_taps_of(h, window))), h)
    put_terms(sheet, register, [*terms, *terms_of(rows, u.op.rows, 1, dense=of_u, band=of_u)])


def _convolve_few(sheet: Sheet, register: Register, window: _Window) -> None:
    """Print the same for a window in variables."""
    h, u = sheet.operands(register)

    def dot(taps: Callable[[int], str], row: int, lane: Index) -> str:
        places = range(window.n)
        return dot_text([taps(k) for k in places], [window.element(row, k, lane) for k in places])

    def of_h(row: int) -> Read:
        return lambda r, lane: dot(lambda k: h.row(row + int(r), k), 0, lane)

    def of_u(row: int) -> Read:
        return lambda r, lane: dot(h.value, row + int(r) + 1, lane)

    sheet.set_value(register, lambda lane: dot(h.value, 0, lane))
    rows = register.op.rows
    terms = [
        *terms_of(rows, h.op.rows, window.n, dense=of_h, band=_taps_of(h, window)),
        *terms_of(rows, u.op.rows, 1, dense=of_u, band=of_u),
    ]
    put_terms(sheet, register, spelt(terms, register))


def _taps_of(h: Register, window: _Window) -> FromRow:
    """Return how the elements of a band of h, each times the window's, are read."""

    def of_band(row: int) -> Read:
        return lambda k, lane: product(h.row(row, k), window.of_signal(k, lane))

    return of_band


WINDOWS: dict[str, Callable[[Sheet, Register], None]] = {"convolve": _convolve}
