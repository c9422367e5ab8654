"""What is shown on a terminal while a session is rendered: how far it is, how fast, and the level of each strip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.bar import Bar
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from pyhost.cli.display import METER, MOST_ROWS
from pyhost.host.session import Progress as Report
from pyhost.host.session.model import Arrangement

__all__ = ["rendering_display"]

QUIETEST = -60.0
"""Left end of a level meter, in dB."""


def _decibels(peak: float) -> float:
    return 20.0 * math.log10(peak) if peak > 0.0 else -math.inf


def _meters(report: Report) -> Table:
    """Return a meter for each strip; red when it is beyond full scale."""
    table = Table.grid(padding=(0, 2))
    names = list(report.peaks)
    for name in [*names[:-1][: MOST_ROWS - 1], *names[-1:]]:
        level = _decibels(report.peaks[name])
        share = min(max(1.0 - level / QUIETEST, 0.0), 1.0)
        color = "red" if level > 0.0 else "green"
        text = f"{level:z6.1f} dB" if math.isfinite(level) else "silent"
        table.add_row(name, Bar(1.0, 0.0, share, width=METER, color=color, bgcolor="grey23"), text)
    return table


@contextmanager
def rendering_display(arrangement: Arrangement, stream: TextIO) -> Iterator[Callable[[Report], None]]:
    """Show how a render goes while the block runs; yield the function to tell it to.

    Parameters
    ----------
    arrangement : Arrangement
        For the sample rate.
    stream : file
        A terminal.
    """
    console = Console(file=stream)
    bar = Progress(
        TextColumn("rendering"),
        BarColumn(METER),
        TextColumn("{task.percentage:3.0f} %"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=console,
    )
    task = bar.add_task("", total=None, speed="")
    with Live(bar, console=console, transient=True, refresh_per_second=10) as live:

        def show(report: Report) -> None:
            speed = report.frames / arrangement.sample_rate / max(report.seconds, 1e-9)
            bar.update(task, completed=report.frames, total=report.total, speed=f"{speed:.3g} × real time")
            live.update(Group(bar, _meters(report)))

        yield show
