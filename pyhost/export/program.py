"""What is exported of a learned chain: its program for any sample rate, and its parameters one by one."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from pyhost.compile.lower import Tape, lower
from pyhost.compile.program import Program
from pyhost.errors import ExportError
from pyhost.graph.parameter import ParameterSpec
from pyhost.learn.learned import LearnedChain

__all__ = ["Scalar", "check_printable", "scalars", "tape_for_any_rate"]

RATE = ParameterSpec("sample rate", (48_000.0,), -math.inf, math.inf, "Hz", "linear", False, True, ())
"""The sample rate as one more parameter, the last one: what is printed then runs at every rate."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A parameter, or one element of a vector.

    Attributes
    ----------
    name : str
        ``"cutoff"``, ``"taps[3]"``.
    value, minimum, maximum : float
        In `unit`; what was learned, and bounds, infinite where there is none.
    unit : str
        ``"Hz"``, ``"dB"``, or nothing.
    logarithmic : bool
        Whether it is spread so between its bounds.
    element : bool
        Whether it is one of a vector.
    """

    name: str
    value: float
    minimum: float
    maximum: float
    unit: str
    logarithmic: bool
    element: bool


def scalars(learned: LearnedChain) -> list[Scalar]:
    """Return all scalars of a learned chain, in their order."""
    return [
        Scalar(
            f"{p.name}[{k}]" if p.spec.shape else p.name,
            float(value),
            p.minimum,
            p.maximum,
            p.unit,
            p.scale == "log",
            bool(p.spec.shape),
        )
        for p in learned.parameters.values()
        for k, value in enumerate(np.atleast_1d(p.value))
    ]


def tape_for_any_rate(program: Program, lanes: int, learned: Collection[str] = (), *, has_rate: bool = True) -> Tape:
    """Return the tape of a program whose last parameter is the sample rate.

    Parameters
    ----------
    program : Program
        Of the chain.
    lanes : int
        Channels side by side.
    learned : collection of str
        Parameters whose partials are wanted.
    has_rate : bool
        Whether there is to be such a parameter; a program that never asks for the rate can do without.
    """
    if not has_rate:
        return lower(program, RATE.default[0], lanes, learned)
    place = program.scalars
    ops = tuple(replace(op, name="parameter", size=place) if op.name == "sample_rate" else op for op in program.ops)
    return lower(replace(program, ops=ops, parameters=(*program.parameters, RATE)), RATE.default[0], lanes, learned)


def check_printable(learned: LearnedChain) -> None:
    """Raise if a chain cannot be exported.

    Raises
    ------
    ExportError
        If it takes more than one signal, or a value of it is not finite.
    """
    if learned.program.inputs > 1:
        raise ExportError(
            f"{learned.label!r} takes {learned.program.inputs} signals; only chains of one signal can be exported"
        )
    for scalar in scalars(learned):
        if not math.isfinite(scalar.value):
            raise ExportError(f"{learned.label!r}: {scalar.name} is {scalar.value}, not a number; learn it again")
