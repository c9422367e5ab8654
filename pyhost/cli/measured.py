"""What ``pyhost measure`` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pyhost.audio import AudioSource
from pyhost.cli.summary import columns
from pyhost.cli.wording import loss_in_words, source_in_words
from pyhost.learn.learned import LearnedChain
from pyhost.learn.losses import Loss
from pyhost.learn.measure import Measurement
from pyhost.learn.parameters import Parameter
from pyhost.report.learning import ELEMENTS_SHOWN, bounds, cell

__all__ = ["measured_data", "measured_text"]

HEADINGS = ("parameter", "value", "unit", "range", "∂loss/∂value", "turn", "rms ∂y/∂value")

DOWN, UP, STILL, STOPPED = "down", "up", "-", "at its bound"


def measured_text(
    learned: LearnedChain, sources: tuple[AudioSource, AudioSource | None], loss: Loss, found: Measurement
) -> str:
    """Return what was measured, for people."""
    dry, target = sources
    told = {"chain": learned.label, "dry": source_in_words(dry)}
    if target is not None:
        told["target"] = source_in_words(target)
        if found.frames < max(dry.frames, target.frames):
            told["used"] = f"{found.frames / dry.sample_rate:.2f} s of each"
        if found.found:
            told["found"] = found.found
        told["loss"] = f"{loss_in_words(loss)}: {found.loss:.6g}, {found.decibels:z.1f} dB relative to silence"
    rows = [row for name in learned.parameters for row in _rows(learned.parameters[name], found)]
    blocks = [columns(list(told.items()))]
    if rows:
        used = [k for k in range(len(HEADINGS)) if any(row[k] for row in rows)]
        blocks.append(columns([tuple(row[k] for k in used) for row in (HEADINGS, *rows)]))
    return "\n\n".join(blocks)


def _rows(parameter: Parameter, found: Measurement) -> Iterator[tuple[str, ...]]:
    """Yield the lines of a parameter: of a vector one for each element, or, of a long one, its extremes."""
    name = parameter.name
    value, moves = np.asarray(parameter.value), np.asarray(found.sensitivities[name])
    slope = np.asarray(found.gradients[name]) if name in found.gradients else None
    turns = None if slope is None else _turns(parameter, slope)
    if value.ndim == 0 or value.size > ELEMENTS_SHOWN:
        turn = "" if turns is None else str(turns) if value.ndim == 0 else "each its own way"
        told = "" if slope is None else cell(slope)
        yield name, cell(value), parameter.unit, bounds(parameter), told, turn, cell(moves)
        return
    for k in range(value.size):
        told = "" if slope is None else cell(slope[k])
        turn = "" if turns is None else str(turns[k])
        yield f"{name}[{k}]", cell(value[k]), parameter.unit, bounds(parameter), told, turn, cell(moves[k])


def _turns(parameter: Parameter, slope: ArrayLike) -> NDArray[np.str_]:
    """Return which way to turn a parameter, or each of its elements, for a smaller loss."""
    value, steep = np.asarray(parameter.value), np.asarray(slope)
    stopped = ((steep > 0.0) & (value <= parameter.minimum)) | ((steep < 0.0) & (value >= parameter.maximum))
    ways = np.where(steep > 0.0, DOWN, np.where(steep < 0.0, UP, STILL))
    turned: NDArray[np.str_] = np.where(stopped, STOPPED, ways)
    return turned


def measured_data(learned: LearnedChain, found: Measurement) -> dict[str, Any]:
    """Return what was measured as plain data for ``--json``; without a target there is neither loss nor gradient."""
    parameters = learned.parameters
    turns = {name: _turns(parameters[name], slope) for name, slope in found.gradients.items()}
    return {
        "chain": learned.label,
        "frames": found.frames,
        "found": found.found,
        "loss": _finite(found.loss),
        "loss_db": _finite(found.decibels),
        "parameters": _plain({name: parameter.value for name, parameter in parameters.items()}),
        "units": {name: parameter.unit for name, parameter in parameters.items()},
        "gradients": _plain(found.gradients),
        "turn": _plain(turns),
        "sensitivities": _plain(found.sensitivities),
    }


def _plain(values: Mapping[str, ArrayLike]) -> dict[str, Any]:
    return {name: np.asarray(value).tolist() for name, value in values.items()}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
