"""How far a chain can move a sound in time by itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pyhost.compile.loops import loops
from pyhost.compile.program import Op, Program
from pyhost.learn.parameters import Parameter, Parameters

__all__ = ["Reach", "reach"]

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Reach:
    """By how many samples a chain delays what goes in.

    Attributes
    ----------
    least, most : float
        The shortest and the longest way through it, recursions left out.
    delay : Parameter or None
        Of a ``delay`` through which all of the sound goes, the parameter that sets it.
    whole : bool
        Whether that delay reads whole samples only.
    unit : float
        Samples that the unit of that parameter is: 1, or, where it is in seconds, the sample rate.
    """

    least: float
    most: float
    delay: Parameter | None = None
    whole: bool = False
    unit: float = 1.0


def reach(program: Program, parameters: Parameters, sample_rate: float | None = None) -> Reach | None:
    """Return how far a chain delays its input, or None if no input reaches its output.

    Parameters
    ----------
    program, parameters
        The chain.
    sample_rate : float, optional
        In Hz; without it a delay that a parameter sets in seconds can be anything.

    Notes
    -----
    A memory delays by 1, taps by up to their number less 1, a delay by what its second operand says. A delay that
    some of the sound goes round (an echo) does not count as one that can be set to align the whole.
    """
    ops = program.ops
    looped = {n for loop in loops(ops) for n in loop if ops[n].name == "memory"}
    by_place = {program.offset(name): parameter for name, parameter in parameters.items()}
    delays = [n for n, op in enumerate(ops) if op.name == "delay"]
    own = {n: _delay_span(ops, ops[n], by_place, sample_rate) for n in delays}
    if _spans(program, looped, own) is None:
        return None
    through = [n for n in delays if n not in looped and _spans(program, {*looped, n}, own) is None]
    own |= {n: (low, low) for n, (low, _) in own.items() if n not in through}
    span = _spans(program, looped, own)
    assert span is not None
    for n in through:
        control, unit = _control(ops, ops[n], sample_rate)
        if control.name == "parameter" and own[n][0] < own[n][1]:
            return Reach(*span, by_place[control.size], ops[n].flags == 0, unit)
    return Reach(*span)


def _control(ops: tuple[Op, ...], op: Op, sample_rate: float | None) -> tuple[Op, float]:
    """Return what sets a delay, and how many samples its unit is."""
    control = ops[op.args[1]]
    factors = {ops[arg].name: ops[arg] for arg in control.args}
    if sample_rate is not None and control.name == "multiply" and set(factors) == {"parameter", "sample_rate"}:
        return factors["parameter"], sample_rate
    return control, 1.0


def _delay_span(ops: tuple[Op, ...], op: Op, by_place: dict[int, Parameter], sample_rate: float | None) -> Span:
    """Return how far a delay delays."""
    control, unit = _control(ops, op, sample_rate)
    low, high = 0.0, float(op.size)
    if control.name == "constant":
        low = high = control.constant
    elif control.name == "parameter" and control.size in by_place and not by_place[control.size].spec.shape:
        parameter = by_place[control.size]
        low, high = parameter.minimum * unit, parameter.maximum * unit
        if parameter.locked:
            low = high = float(parameter.value) * unit
    return min(max(low, 0.0), op.size), min(max(high, 0.0), op.size)


def _spans(program: Program, cut: Collection[int], delays: dict[int, Span]) -> Span | None:
    """Return the shortest and the longest way to the output round the registers `cut`, or None if there is none."""
    ops = program.ops
    known: dict[int, Span] = {}
    changed = True
    while changed:
        changed = False
        for n, op in enumerate(ops):
            if n in cut:
                continue
            ways = [known[arg] for arg in (op.args[:1] if op.name == "delay" else op.args) if arg in known]
            if op.name == "input":
                ways = [(0.0, 0.0)]
            if not ways:
                continue
            low, high = _span(ops, op, delays.get(n, (0.0, 0.0)))
            span = (min(way[0] for way in ways) + low, max(way[1] for way in ways) + high)
            if known.get(n) != span:
                known[n] = span
                changed = True
    return known.get(program.output)


def _span(ops: tuple[Op, ...], op: Op, delay: Span) -> Span:
    """Return how far one operation delays."""
    match op.name:
        case "memory":
            return 1.0, 1.0
        case "taps":
            return 0.0, op.width - 1.0
        case "convolve":
            return 0.0, ops[op.args[0]].width - 1.0
        case _:
            return delay
