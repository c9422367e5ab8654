"""What was learned and how, gathered for people: the terminal and the report tell the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from pyhost.audio import AudioSource
from pyhost.learn.learned import LearnedChain
from pyhost.learn.parameters import Parameter, Value
from pyhost.learn.traces import Trace

__all__ = ["ELEMENTS_SHOWN", "Learning", "Row", "bounds", "cell", "difference_percent", "number", "parameter_rows"]

ELEMENTS_SHOWN = 16
"""A vector parameter of more elements is shown by its extremes."""


@dataclass(frozen=True, slots=True)
class Learning:
    """A finished learning.

    Attributes
    ----------
    learned : LearnedChain
        With the best values.
    trace : Trace
        How it went.
    dry, target : AudioSource
        What went in and what should come out, at the same rate.
    trim : bool
        Whether the longer of the two was cut.
    start, last : mapping
        Values by name at which learning began and ended.
    locked : frozenset of str
        Parameters that were not learned.
    hidden : mapping
        The true values by name, where they are known.
    settings : mapping of str to str
        What was chosen, heading and text.
    decibels : float
        Loss of the best values in dB, relative to the loss of silence.
    """

    learned: LearnedChain
    trace: Trace
    dry: AudioSource
    target: AudioSource
    trim: bool
    start: Mapping[str, Value]
    last: Mapping[str, Value]
    locked: frozenset[str]
    hidden: Mapping[str, Value] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    decibels: float = math.nan

    def differences(self) -> dict[str, float]:
        """Return by how much learned and hidden differ, in %, of those parameters whose hidden value is known."""
        found = {}
        for name, hidden in self.hidden.items():
            parameter = self.learned.parameters.get(name)
            if parameter is not None and np.shape(parameter.value) == np.shape(hidden):
                found[name] = difference_percent(parameter.value, hidden)
        return found


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of parameters, as text."""

    parameter: str
    start: str
    learned: str
    hidden: str
    difference: str
    unit: str
    range: str
    locked: str


def number(value: float) -> str:
    """Return a number with six significant digits."""
    return f"{value + 0.0:.6g}"


def difference_percent(learned: ArrayLike, hidden: ArrayLike, scale: float | None = None) -> float:
    """Return the largest difference in % of the largest hidden element, or of a given scale.

    Returns
    -------
    float
        NaN if the scale is 0 and the difference is not.
    """
    found, true = np.asarray(learned, dtype=float), np.asarray(hidden, dtype=float)
    off = float(np.max(np.abs(found - true)))
    whole = float(np.max(np.abs(true))) if scale is None else scale
    if off == 0.0:
        return 0.0
    return 100.0 * off / whole if whole > 0.0 else math.nan


def parameter_rows(learning: Learning) -> list[Row]:
    """Return the table of parameters; a vector of up to 16 elements has a row for each."""
    rows = []
    known = learning.differences()
    for name, parameter in learning.learned.parameters.items():
        found: list[ArrayLike] = [learning.start[name], parameter.value]
        if name in known:
            found.append(learning.hidden[name])
        arrays = [np.asarray(value, dtype=float) for value in found]
        if parameter.spec.shape and parameter.spec.width <= ELEMENTS_SHOWN:
            scale = float(np.max(np.abs(arrays[-1])))
            for k in range(parameter.spec.width):
                rows.append(
                    _row(learning, parameter, [array[k] for array in arrays], label=f"{name}[{k}]", scale=scale)
                )
        else:
            rows.append(_row(learning, parameter, arrays, label=name))
    return rows


def _row(
    learning: Learning, parameter: Parameter, values: Sequence[ArrayLike], *, label: str, scale: float | None = None
) -> Row:
    """Return the row of a parameter, or of one element, from its start, learned, and maybe hidden values."""
    percent = difference_percent(values[1], values[2], scale) if len(values) > 2 else None
    return Row(
        label,
        cell(values[0]),
        cell(values[1]),
        cell(values[2]) if len(values) > 2 else "",
        "" if percent is None else _percent(percent),
        parameter.unit,
        bounds(parameter),
        "locked" if parameter.name in learning.locked else "",
    )


def _percent(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.0f} %" if value >= 10.0 else f"{value:.2g} %"


def cell(value: ArrayLike) -> str:
    """Return a number, or of a vector its size and extremes."""
    array = np.asarray(value)
    if array.ndim == 0:
        return number(float(array))
    return f"{array.size} values, {number(float(array.min()))} … {number(float(array.max()))}"


def bounds(parameter: Parameter) -> str:
    """Return the range of a parameter."""
    if math.isinf(parameter.minimum) and math.isinf(parameter.maximum):
        return "any"
    return f"{number(parameter.minimum)} … {number(parameter.maximum)}"
