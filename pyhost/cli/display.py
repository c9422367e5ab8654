"""What is shown on a terminal while learning: how far it is, the loss, and the parameters as meters."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

import numpy as np
from numpy.typing import ArrayLike
from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pyhost.learn.parameters import Parameter, Parameters
from pyhost.learn.traces import Progress as Report

__all__ = ["learning_display", "sparkline"]

METER = 30
"""Width of a bargraph, in characters."""

QUIETEST = -120.0
"""Left end of the loss meter, in dB."""

MOST_ROWS = 16
"""Parameters that are shown."""

SEARCHING = "looking for where to start, over the loudest seconds (Ctrl-C now: nothing is saved)"
"""Before the first pass, which alone tells how far it is."""

_LEVELS = "▁▂▃▄▅▆▇█"


def sparkline(values: ArrayLike, width: int = METER) -> str:
    """Return a vector as a line of small bars, scaled to its extremes; a long one by the means of its parts."""
    array = np.asarray(values, dtype=float)
    parts = np.array([part.mean() for part in np.array_split(array, min(width, array.size))])
    low, high = min(float(parts.min()), 0.0), max(float(parts.max()), 0.0)
    if high == low:
        return _LEVELS[0] * len(parts)
    steps = np.rint((parts - low) / (high - low) * (len(_LEVELS) - 1)).astype(int)
    return "".join(_LEVELS[step] for step in steps)


def _share(parameter: Parameter, value: float) -> float:
    """Return where a value lies between its bounds, from 0 to 1."""
    low, high = parameter.minimum, parameter.maximum
    if parameter.scale == "log":
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def _meter(parameter: Parameter, value: float) -> RenderableType:
    """Return a bargraph, or nothing for a parameter without both bounds."""
    if not (math.isfinite(parameter.minimum) and math.isfinite(parameter.maximum)):
        return Text("")
    return Bar(1.0, 0.0, _share(parameter, value), width=METER, color="cyan", bgcolor="grey23")


def _values(
    parameters: Parameters, values: Mapping[str, ArrayLike], names: list[str]
) -> Iterator[tuple[RenderableType, ...]]:
    for name in names:
        parameter, value = parameters[name], np.asarray(values[name])
        locked = " locked" if parameter.locked else ""
        if parameter.spec.shape:
            extremes = f"{value.min():.4g} … {value.max():.4g} {parameter.unit}{locked}"
            yield name, Text(sparkline(value), style="cyan"), extremes
        else:
            yield name, _meter(parameter, float(value)), f"{float(value):.6g} {parameter.unit}{locked}"


def _panel(report: Report, parameters: Parameters) -> Table:
    """Return the meters."""
    table = Table.grid(padding=(0, 2))
    loss = report.decibels if math.isfinite(report.decibels) else QUIETEST
    heard = Bar(
        1.0, 0.0, min(max((loss - QUIETEST) / -QUIETEST, 0.0), 1.0), width=METER, color="yellow", bgcolor="grey23"
    )
    best = "" if math.isnan(report.best_decibels) else f", best {report.best_decibels:z.1f} dB"
    table.add_row("loss", heard, f"{report.decibels:z.1f} dB{best}")
    names = list(parameters)
    for row in _values(parameters, report.parameters, names[:MOST_ROWS]):
        table.add_row(*row)
    if len(names) > MOST_ROWS:
        table.add_row("", "", f"and {len(names) - MOST_ROWS} more parameters")
    return table


@contextmanager
def learning_display(parameters: Parameters, stream: TextIO) -> Iterator[Callable[[Report], None]]:
    """Show how learning goes while the block runs; yield the function to tell it to.

    Parameters
    ----------
    parameters : Parameters
        The learner's, for ranges and units.
    stream : file
        A terminal.
    """
    console = Console(file=stream)
    bar = Progress(
        TextColumn("{task.fields[where]}"),
        BarColumn(METER),
        TextColumn("{task.percentage:3.0f} %"),
        TimeRemainingColumn(),
        TextColumn("left at most"),
        console=console,
    )
    task = bar.add_task("", total=None, where="")
    search = Progress(SpinnerColumn(), TextColumn(SEARCHING), TimeElapsedColumn(), console=console)
    search.add_task("")
    with Live(search, console=console, transient=True, refresh_per_second=10) as live:

        def show(report: Report) -> None:
            done = (report.pass_number - 1) * report.total + report.frames
            total = report.passes * report.total
            where = f"pass {report.pass_number} of at most {report.passes}"
            bar.update(task, completed=done, total=total, where=where)
            live.update(Group(bar, _panel(report, parameters)))

        yield show
