"""The `Program`: one vector-level list of instructions that every engine is made from."""

from __future__ import annotations

from dataclasses import dataclass

from pyhost.compile.rows import NO_ROWS, Rows
from pyhost.graph.parameter import ParameterSpec

__all__ = ["Op", "Program"]


@dataclass(frozen=True, slots=True)
class Op:
    """One instruction; it writes the register of its own number.

    Attributes
    ----------
    name : str
        Primitive, as in ``csrc/ds_program.h`` in lower case; ``sample_rate`` besides.
    args : tuple of int
        Registers it reads. Only a memory reads one that is written after it.
    width : int
        Elements of the result.
    constant, size, flags, data
        As in `pyhost.graph.signal.Signal`; `size` of a parameter is its place among all scalars.
    uniform : bool
        Whether it is the same in all lanes: it depends on no input.
    rows : Rows
        The parameters that can reach it.
    """

    name: str
    args: tuple[int, ...] = ()
    width: int = 1
    constant: float = 0.0
    size: int = 0
    flags: int = 0
    data: tuple[float, ...] = ()
    uniform: bool = False
    rows: Rows = NO_ROWS


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled chain.

    Attributes
    ----------
    name : str
        The chain's.
    inputs : int
        Signals it takes.
    parameters : tuple of ParameterSpec
        In the order in which the chain asks for them.
    ops : tuple of Op
        Instructions in order; number i writes register i.
    output : int
        Register of the result.

    Notes
    -----
    ``print(program)`` shows it in readable form, with the active parameters of every register behind ``∂``.
    """

    name: str
    inputs: int
    parameters: tuple[ParameterSpec, ...]
    ops: tuple[Op, ...]
    output: int

    @property
    def scalars(self) -> int:
        """Number of scalar parameters, P."""
        return sum(spec.width for spec in self.parameters)

    def offset(self, name: str) -> int:
        """Return the place of a parameter's first scalar among all scalars."""
        place = 0
        for spec in self.parameters:
            if spec.name == name:
                return place
            place += spec.width
        raise KeyError(name)

    def __str__(self) -> str:
        names = [
            spec.name if not spec.shape else f"{spec.name}[{i}]" for spec in self.parameters for i in range(spec.width)
        ]
        counts = (
            f"{len(self.ops)} registers, {self.inputs} input{'s' * (self.inputs != 1)}, "
            f"{self.scalars} parameter{'s' * (self.scalars != 1)}"
        )
        lines = [f"program {self.name}: {counts}"]
        for number, op in enumerate(self.ops):
            text = f"  %{number} = {_instruction(op, names)}"
            active = _active(op, names)
            lines.append(f"{text:<52} ∂ {active}" if active else text)
        lines.append(f"  return %{self.output}")
        return "\n".join(lines)


def _instruction(op: Op, names: list[str]) -> str:
    """Return what an instruction does as text."""
    detail = ""
    match op.name:
        case "constant":
            detail = f" {op.constant:.17g}"
        case "input" | "index":
            detail = f" {op.size}"
        case "parameter":
            detail = f" {names[op.size].partition('[')[0]}"
        case "memory":
            detail = f" starting at {op.constant:g}" if op.constant else ""
        case "delay":
            detail = f" at most {op.size}, {('whole samples', 'linear', 'lagrange3')[op.flags]}"
        case "table":
            detail = f" of {op.size}"
        case _ if op.flags:
            detail = " straight through"
    args = "".join(f" %{arg}" for arg in op.args)
    width = f" [{op.width}]" if op.width > 1 else ""
    return f"{op.name}{width}{args}{detail}"


def _active(op: Op, names: list[str]) -> str:
    """Return the parameters that can reach a register as text."""

    def span(first: int, count: int) -> str:
        if count == 1:
            return names[first]
        return f"{names[first]}…{names[first + count - 1]}"

    dense = [span(first, count) for first, count in op.rows.runs]
    bands = [f"diag({span(base, op.width)})" for base in op.rows.bands]
    return ", ".join(dense + bands)
