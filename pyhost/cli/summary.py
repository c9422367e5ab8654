"""What ``pyhost learn`` prints at its end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import astuple

import numpy as np

from pyhost.cli.finished import Finished
from pyhost.cli.rendering import written_text
from pyhost.learn.losses import by_name
from pyhost.report import Learning, parameter_rows

__all__ = ["columns", "summary"]

HEADINGS = ("parameter", "start", "learned", "hidden", "difference", "unit", "range", "")

POOR = -20.0
"""Loss, in dB, above which there is some advice."""

FINE = -120.0
"""Loss, in dB, below which there is none."""

SWINGING = 10.0
"""By how much, in dB, the mean loss of the last pass must be above the best for the advice to lower the rate."""


def summary(finished: Finished) -> str:
    """Return settings, parameters, files, and advice if the loss stayed high."""
    learning = finished.learning
    blocks = [
        columns([(heading, text) for heading, text in learning.settings.items()]),
        columns(_table(learning)),
        "\n".join(_files(finished)),
        "\n".join(_advice(learning)),
    ]
    return "\n\n".join(block for block in blocks if block)


def _table(learning: Learning) -> list[tuple[str, ...]]:
    """Return the table of parameters without the columns in which nothing stands."""
    rows = [HEADINGS, *(astuple(row) for row in parameter_rows(learning))]
    used = [column for column in range(len(HEADINGS)) if any(row[column] for row in rows[1:])]
    return [tuple(row[column] for column in used) for row in rows]


def columns(rows: list[tuple[str, ...]]) -> str:
    """Return rows as aligned text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _files(finished: Finished) -> Iterator[str]:
    for kind, path in finished.files.items():
        yield f"wrote {written_text(finished.audio[kind])}" if kind in finished.audio else f"wrote {path}"


def _advice(learning: Learning) -> Iterator[str]:
    """Yield what to try where the result is poor."""
    free = [name for name in learning.start if name not in learning.locked]
    if learning.decibels > POOR and all(np.array_equal(learning.start[n], learning.last[n]) for n in free):
        yield "note: no parameter moved: every gradient is 0 at these start values. Give others with --set."
        return
    last = learning.trace.passes[-1]
    above = by_name(learning.learned.details["loss"])().decibels(last.loss, last.best_loss)
    automatic = bool(learning.trace.stages)
    if learning.trace.converged and learning.decibels > FINE and above > SWINGING and not automatic:
        yield (
            "note: while learning the loss stayed far above that of the best parameters: they swing. A lower --rate "
            "may find better ones."
        )
    if not learning.decibels > POOR:
        return
    at_bound = [
        name
        for name, parameter in learning.learned.parameters.items()
        if not parameter.spec.shape
        and parameter.value in (parameter.minimum, parameter.maximum)
        and math.isfinite(float(parameter.value))
        and name not in learning.locked
    ]
    otherwise = "the chain cannot make this sound, or target and dry recording do not begin at the same moment."
    if automatic:
        yield f"note: {learning.decibels:z.1f} dB is a poor match. Other start values may help (--set); or {otherwise}"
    else:
        yield (
            f"note: {learning.decibels:z.1f} dB is a poor match. Try a lower --rate if the parameters jumped about, a "
            f"higher one or more --passes if they crept, --window 1 for bright sounds; or {otherwise}"
        )
    if at_bound:
        yield f"note: {', '.join(at_bound)} ended at a bound."
