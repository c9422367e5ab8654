"""Coarse starts: what is found before the gradient, where the gradient alone would not find it.

Three things: by how much the target comes later (see `pyhost.learn.align`), the frequency of a chain that is an
oscillator, and all parameters of a chain of filters (see `pyhost.learn.response_start`). Whoever has set such a
parameter by hand, or locked it, is not overruled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pyhost._binding import Interpreter
from pyhost.audio import AudioSource
from pyhost.compile.loops import loops
from pyhost.compile.lower import lower
from pyhost.compile.program import Program
from pyhost.errors import InputError
from pyhost.learn.align import Alignment
from pyhost.learn.align import align as estimate
from pyhost.learn.frequency import beginning, partials
from pyhost.learn.parameters import Parameter, Parameters, Value
from pyhost.learn.reach import reach
from pyhost.learn.response_start import start_by_response

__all__ = ["CHOICES", "CoarseStart", "check_choice", "coarse_start", "place_offset", "start_frequencies"]

CHOICES = {"align": ("auto", "off"), "start": ("auto", "off", "response")}

Array = NDArray[np.float64]

PROBED = 1 << 14
"""Frames of a chain's output that are looked at to see what a parameter does."""

LOWEST, HIGHEST = 20.0, 0.4
"""Frequencies at which a chain is probed: from so many Hz to so much of the sample rate."""

UNCERTAIN = 0.05
"""Samples by which an estimated offset may lie below a whole one that it stands for."""

ALIKE = 1e-3
"""Relative difference up to which two measured ratios are the same."""


REMEMBERS = frozenset({"memory", "taps", "convolve"})
"""Operations, beside a delay, that make a filter."""


def check_choice(value: object, what: str) -> None:
    """Raise InputError unless ``align`` or ``start`` is one of its choices."""
    choices = CHOICES[what]
    if value not in choices:
        raise InputError(f"{what} must be {', '.join(map(repr, choices[:-1]))} or {choices[-1]!r}, not {value!r}")


@dataclass(frozen=True, slots=True)
class CoarseStart:
    """What was found before the gradient.

    Attributes
    ----------
    alignment : Alignment or None
        How the target lies against the dry recording; None: not asked, or the chain does not hear its input.
    offset : int
        Samples by which the dry recording must be delayed before the chain; negative: it was learned from a target
        that came so much earlier.
    frequencies : dict
        Those of oscillators that were set, by name.
    response : dict
        What was set to explain the response between the recordings, by name.
    dismissed : bool
        Whether the alignment's offset was given up because the chain explains more of the target without it.
    """

    alignment: Alignment | None
    offset: int
    frequencies: dict[str, float]
    response: dict[str, Value] = field(default_factory=dict)
    dismissed: bool = False

    def __str__(self) -> str:
        parts = [] if self.alignment is None else [str(self.alignment)]
        if self.dismissed:
            parts.append("not delayed, since the chain explains more without that")
        elif self.offset:
            moved = "dry recording" if self.offset > 0 else "target"
            parts.append(f"{moved} delayed by {abs(self.offset)} samples")
        parts += [f"{name} starts at {frequency:.6g}" for name, frequency in self.frequencies.items()]
        if self.response:
            parts.append(f"{', '.join(self.response)} found in the response")
        return "; ".join(parts)


def coarse_start(
    program: Program,
    parameters: Parameters,
    dry: AudioSource,
    target: AudioSource,
    *,
    align: str,
    start: str,
    offset: int = 0,
) -> CoarseStart:
    """Set the parameters that only a search finds, and return what was found.

    Parameters
    ----------
    program, parameters
        The chain.
    dry, target : AudioSource
        What it learns from.
    align : {"auto", "off"}
        Whether to look for the offset.
    start : {"auto", "off", "response"}
        Whether to look for frequencies, and for the parameters of filters; with ``"auto"`` the latter only where there
        are several bands, with ``"response"`` in every linear chain.
    offset : int
        The offset to keep if it is not looked for.
    """
    alignment = None
    if align == "auto" and reach(program, parameters) is not None:
        alignment = estimate(dry, target)
        offset = place_offset(program, parameters, alignment, dry.sample_rate)
    if start == "off":
        return CoarseStart(alignment, offset, {})
    frequencies = start_frequencies(program, parameters, target)
    asked = start == "response"
    response, made = start_by_response(program, parameters, dry, target, offset=offset, asked=asked)
    return CoarseStart(alignment, made, frequencies, response, dismissed=made != offset)


def place_offset(
    program: Program, parameters: Parameters, alignment: Alignment, sample_rate: float | None = None
) -> int:
    """Give an offset to the chain if the chain can make it, and return what is left.

    Parameters
    ----------
    program, parameters
        The chain; the parameter of its delay is set if the offset is within its range and it is at its default.
    alignment : Alignment
        What was found.
    sample_rate : float, optional
        In Hz, for a delay in seconds.

    Returns
    -------
    int
        Samples by which the dry recording must be delayed before the chain; negative: the target.
    """
    way = reach(program, parameters, sample_rate)
    if way is None:
        return 0
    offset = alignment.offset
    if offset == 0.0 and way.delay is not None and not any(op.name in REMEMBERS for op in program.ops):
        offset = alignment.lag  # nothing else in the chain can be the filter that explains the target
    if offset == 0.0:
        return 0
    if way.least - 0.5 <= offset <= way.most + 0.5:
        if way.delay is not None and _untouched(way.delay):
            wanted = way.delay.minimum * way.unit + offset - way.least
            if way.whole:
                wanted = math.floor(wanted + 0.5)
            way.delay.value = min(max(wanted / way.unit, way.delay.minimum), way.delay.maximum)
        return 0
    left = offset - way.least
    if abs(left) < 1.0 - UNCERTAIN:
        return 0
    # A chain that can only delay more takes the fraction, unless that is the error of the estimate.
    return math.floor(left + (0.5 if way.least == way.most else UNCERTAIN))


def _untouched(parameter: Parameter) -> bool:
    """Whether a parameter may be started elsewhere: scalar, not locked, at its default."""
    return not parameter.locked and not parameter.spec.shape and parameter.value == parameter.default


def start_frequencies(program: Program, parameters: Parameters, target: AudioSource) -> dict[str, float]:
    """Set the frequencies of a chain of oscillators to the strongest partials of the target.

    Parameters
    ----------
    program, parameters
        The chain; parameters that are locked, or not at their default, are left alone.
    target : AudioSource
        What it should become; 2.7 s of it at most are read.

    Returns
    -------
    dict
        What was set, by name; empty if the chain is no oscillator.

    Notes
    -----
    A parameter is a frequency if no input reaches the chain's output, the parameter reaches a recursion, and
    when the chain is run at two of its values, one of the strongest partials is the same multiple of it both times.
    The multiple is measured, so it does not matter what the oscillator is made of. Several frequencies are given
    the strongest partials in ascending order, as their starts ascend.
    """
    if reach(program, parameters) is not None:
        return {}
    candidates = _candidates(program, parameters)
    ratios = {p.name: _ratio(program, parameters, p, target.sample_rate, len(candidates)) for p in candidates}
    wanted = sorted((p for p in candidates if ratios[p.name] is not None), key=lambda p: float(p.value))
    if not wanted:
        return {}
    heard = partials(beginning(target), target.sample_rate, len(wanted))
    if len(heard) < len(wanted):
        return {}
    found: dict[str, float] = {}
    for parameter, partial in zip(wanted, sorted(heard, key=lambda h: h.frequency), strict=True):
        ratio = ratios[parameter.name]
        assert ratio is not None
        frequency = partial.frequency / ratio
        if parameter.minimum <= frequency <= parameter.maximum:
            parameter.value = found[parameter.name] = frequency
    return found


def _candidates(program: Program, parameters: Parameters) -> list[Parameter]:
    """Return the parameters that reach a recursion and may be started elsewhere."""
    looped = [program.ops[n].rows for loop in loops(program.ops) for n in loop]
    places = {place for rows in looped for first, count in rows.runs for place in range(first, first + count)}
    return [p for name, p in parameters.items() if program.offset(name) in places and _untouched(p)]


def _ratio(
    program: Program, parameters: Parameters, parameter: Parameter, sample_rate: float, count: int
) -> float | None:
    """Return which multiple of a parameter one of the strongest partials is, or None if none is."""
    low, high = max(parameter.minimum, LOWEST), min(parameter.maximum, HIGHEST * sample_rate)
    if not low < high:
        return None
    probes = [low * (high / low) ** share for share in (0.5, 0.55)]
    engine = Interpreter(lower(program, sample_rate, 1, learned=()))
    heard = []
    for probe in probes:
        values = parameters.values_array()
        values[program.offset(parameter.name)] = probe
        engine.reset()
        engine.set_parameters(values)
        output, _ = engine.process(np.zeros((program.inputs, PROBED)))
        heard.append(partials(output, sample_rate, count))
    first, second = heard
    for a in first:
        for b in second:
            ratio = a.frequency / probes[0]
            if abs(b.frequency / probes[1] - ratio) <= ALIKE * ratio:
                return float(round(ratio)) if abs(ratio - round(ratio)) <= ALIKE * ratio else ratio
    return None
