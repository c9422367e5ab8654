"""The sheet that a chain is printed on: what it keeps, what runs once per block, what runs for every sample."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from pyhost.compile.lower import Tape
from pyhost.native.registers import FEW, Piece, Read, Register, Shared, Strip, cut, named_rows, shared
from pyhost.native.text import Index, Lines, moved

__all__ = ["Sheet", "flat", "parts", "place"]

_ATOM = re.compile(r"[A-Za-z_]\w*(\.\w+)?|-?\d[\w.]*([+-]\d+)?")

FEW_ROWS = 8
"""Rows of many elements that are spelt out, so that their loops over the elements can be one."""

MOST_LOCAL = 512
"""Doubles from which on an array is kept with the state instead of on the stack."""

Blend = Callable[[Sequence[str | None], Index], str]
"""From the partials of the operands, None where one has none, and the element, to C."""


def place(number: int, element: int, elements: int) -> str:
    """Return the end of the name of one of a register's variables."""
    return f"{number}" if elements == 1 else f"{number}_{element}"


class Sheet:
    """A tape on its way to C.

    Parameters
    ----------
    tape : Tape
        The lowered program.
    steady : set of int
        Registers that stand still within a block.
    spelt : sequence of frozenset of int
        For each register the rows that are variables although the others are in an array (`spelt_rows`).

    Attributes
    ----------
    registers : list of Register
        Those that have been printed.
    members : list of str
        Declarations in the state.
    arrays : list of str
        Declarations of arrays that no sample hands to the next.
    load, store : list of str
        From the state into variables before the samples, and back after them.
    reset : Lines
        What is not 0 in silence.
    before, body, end : Lines
        Once per block, for every sample, at its end.
    later : Lines
        For every sample, when nothing is read any more.
    tables : list of str
        Constant arrays.
    windows : dict
        Signals by the registers whose rows are nothing but a window of their past.
    """

    def __init__(self, tape: Tape, steady: set[int], spelt: Sequence[frozenset[int]] = ()) -> None:
        self.tape = tape
        self.steady = steady
        self._spelt = spelt
        self.registers: list[Register] = []
        self.members: list[str] = []
        self.arrays: list[str] = []
        self.load: list[str] = []
        self.store: list[str] = []
        self.tables: list[str] = []
        self.reset = Lines()
        self.before = Lines()
        self.body = Lines(depth=2)
        self.end = Lines(depth=2)
        self.later = Lines(depth=2)
        self.windows: dict[int, Register] = {}
        self.out = self.body
        self._pieces: dict[tuple[str, int], str] = {}

    def new(self, number: int) -> Register:
        """Return the register of an instruction, not yet filled."""
        op = self.tape.ops[number]
        register = Register(op, number, 1 if op.uniform else self.tape.lanes)
        self.registers.append(register)
        return register

    def operands(self, register: Register) -> list[Register]:
        """Return what an instruction reads."""
        operands = [self.registers[arg] for arg in register.op.args]
        return operands if register.rows else [operand.without_rows() for operand in operands]

    def member(self, name: str, count: int) -> str:
        """Keep an array in the state; return how to read it."""
        self.members.append(f"double {name}[{count}];")
        return f"s->{name}"

    def scratch(self, name: str, count: int) -> str:
        """Return an array for within one sample."""
        if count >= MOST_LOCAL:
            return self.member(name, count)
        self.arrays.append(f"double {name}[{count}];")
        return name

    def keep(self, name: str, initial: str = "0.0") -> str:
        """Keep a number from sample to sample: a variable within the block, a member of the state between two."""
        self.members.append(f"double {name};")
        self.load.append(f"double {name} = s->{name};")
        self.store.append(f"s->{name} = {name};")
        if initial != "0.0":
            self.reset.add(f"s->{name} = {initial};")
        return name

    def keep_position(self, name: str) -> str:
        """Keep a position in a ring."""
        self.members.append(f"size_t {name};")
        self.load.append(f"size_t {name} = s->{name};")
        self.store.append(f"s->{name} = {name};")
        return name

    def named(self, name: str, text: str) -> str:
        """Define a variable, unless the text is one already; return how to read it."""
        if _ATOM.fullmatch(text):
            return text
        self.out.add(f"const double {name} = {text};")
        return name

    def set_value(self, register: Register, text: Callable[[Index], str]) -> None:
        """Print the values of a register."""
        number, m = register.number, register.elements
        if register.is_small:
            names = [self.named(f"v{place(number, j, m)}", text(j)) for j in range(m)]
            register.value = lambda j: names[int(j)]
            return
        self.new_array(register)
        with self.out.loop("j", m):
            self.out.add(f"{register.array}[j] = {text('j')};")

    def new_array(self, register: Register) -> str:
        """Give a register an array for its values."""
        array = register.array = self.scratch(f"v{register.number}", register.elements)
        register.value = lambda j: f"{array}[{j}]"
        return array

    def spelt(self, register: Register) -> frozenset[int]:
        """Return the rows of a register that are variables although the others are in an array."""
        return self._spelt[register.number] if self._spelt else frozenset()

    def strips_beside(self, register: Register, array: str) -> list[Strip]:
        """Return the strips of the rows of a register that are in an array; the others are spelt out."""
        read = self.rows_reader(array, register.elements)
        spelt = self.spelt(register)
        edges = [-1, *sorted(spelt), register.rows]
        return [Strip(a + 1, b - a - 1, read) for a, b in pairwise(edges) if b - a > 1]

    def new_rows_array(self, register: Register) -> str:
        """Give a register an array for its rows."""
        m = register.elements
        array = register.rows_array = self.scratch(f"d{register.number}", register.rows * m)
        register.strips = [Strip(0, register.rows, lambda r, j: f"{array}[{flat(r, j, m)}]")]
        return array

    def set_rows(
        self,
        register: Register,
        operands: Sequence[Register],
        blend: Blend,
        element: Callable[[Index], Index] = lambda j: j,
    ) -> None:
        """Print the rows of a register, each from the rows of the same parameter of the operands.

        `element` tells which element of theirs belongs to an element of the result.
        """
        if not register.rows:
            return

        def read(places: Sequence[int | None]) -> Read:
            readers = [None if at is None else self.reader(o, at) for o, at in zip(operands, places, strict=True)]
            return lambda r, j: blend([None if reader is None else reader(r, element(j)) for reader in readers], j)

        self.put_rows(
            register, [Piece(part.out, part.count, read(part.operands)) for part in parts(register, operands)]
        )

    @staticmethod
    def reader(register: Register, at: int) -> Read:
        """Return how the rows of a register are read that lie in one strip from row `at` on."""
        strip = next(s for s in register.strips if s.start <= at < s.start + s.count)
        return lambda r, j: strip.read(moved(r, at), j)

    @staticmethod
    def rows_reader(array: str, m: int) -> Read:
        """Return how rows of m are read from an array."""
        return lambda r, j: f"{array}[{flat(r, j, m)}]"

    def put_rows(self, register: Register, pieces: Sequence[Piece]) -> None:
        """Print rows piece by piece."""
        m = register.elements
        if register.has_few_rows:
            for piece in pieces:
                for r in range(piece.count):
                    name = f"d{register.number}_{piece.out + r}"
                    names = [self.named(name if m == 1 else f"{name}_{j}", piece.text(r, j)) for j in range(m)]
                    register.strips.append(Strip(piece.out + r, 1, named_rows(names)))
            return
        spelt = self.spelt(register)
        if not spelt:
            array = self.new_rows_array(register)
            for piece in pieces:
                self.fill(array, m, piece)
            return
        array = self.scratch(f"d{register.number}", register.rows)
        strips = self.strips_beside(register, array)
        for piece in pieces:
            if piece.out not in spelt:
                self.fill(array, m, piece)
                continue
            assert piece.count == 1  # no operand has it in an array
            name = self.named(f"d{register.number}_{piece.out}", piece.text(0, 0))
            strips.append(Strip(piece.out, 1, named_rows([name])))
        register.strips = sorted(strips, key=lambda strip: strip.start)

    def fill(self, array: str, m: int, piece: Piece, sign: str = "=") -> None:
        """Write rows of an array of rows of m elements."""
        self.fill_some(array, m, piece, (0, m), sign)

    def fill_some(self, array: str, m: int, piece: Piece, part: tuple[int, int], sign: str = "=") -> None:
        """Write some of the elements in rows of m: a part of so many from a first one on."""
        start, some = part

        def put_row(r: Index) -> None:
            row = moved(r, piece.out)

            def put(j: Index) -> None:
                self.out.add(f"{array}[{flat(row, moved(j, start), m)}] {sign} {piece.text(r, j)};")

            self.each(some, put)

        if piece.count == 1 or (m >= FEW and piece.count <= FEW_ROWS):
            for r in range(piece.count):
                put_row(r)
            return
        with self.out.loop("r", piece.count):
            put_row("r")

    def fill_row(self, array: str, m: int, text: Callable[[Index], str]) -> None:
        """Write an array of m."""
        self.fill(array, m, Piece(0, 1, lambda _, j: text(j)))

    def each(self, m: int, put: Callable[[Index], None]) -> None:
        """Print something for each of m elements: spelt out, or in a loop."""
        if m < FEW:
            for j in range(m):
                put(j)
            return
        with self.out.loop("j", m):
            put("j")

    def in_one_piece(self, register: Register) -> str:
        """Return the values of a register as an array."""
        if register.array is not None:
            return register.array
        if ("v", register.number) not in self._pieces:
            array = self._pieces["v", register.number] = self.scratch(f"w{register.number}", register.elements)
            with self._where_it_belongs(register):
                self.fill_row(array, register.elements, register.value)
        return self._pieces["v", register.number]

    def row_in_one_piece(self, register: Register, row: Index) -> str:
        """Return a row of a register as an array."""
        m = register.elements
        if register.rows_array is None and ("d", register.number) not in self._pieces:
            array = self._pieces["d", register.number] = self.scratch(f"y{register.number}", register.rows * m)
            with self._where_it_belongs(register):
                for strip in register.strips:
                    self.fill(array, m, Piece(strip.start, strip.count, self.reader(register, strip.start)))
        array = register.rows_array or self._pieces["d", register.number]
        return f"{array} + {flat(row, 0, m)}"

    @contextmanager
    def _where_it_belongs(self, register: Register) -> Iterator[None]:
        """Print what belongs to a register that stands still in front of the samples, whoever needs it first."""
        out, self.out = self.out, self.before if register.number in self.steady else self.out
        yield
        self.out = out


def parts(register: Register, operands: Sequence[Register]) -> Iterator[Shared]:
    """Yield the rows of a result in pieces within which every operand is read in one way."""
    for part in shared(register.op.rows, [operand.op.rows for operand in operands]):
        yield from cut(part, operands)


def flat(row: Index, element: Index, m: int) -> str:
    """Return the place of an element in rows of m."""
    if isinstance(row, int) and isinstance(element, int):
        return str(row * m + element)
    if isinstance(row, int):
        return str(moved(element, row * m))
    scaled = row if m == 1 else f"({row}) * {m}"
    return str(moved(scaled, element)) if isinstance(element, int) else f"{scaled} + {element}"
