"""What is shown on a terminal while live sound is processed: levels, load, and what a learner has learned so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import numpy as np
from rich.bar import Bar
from rich.console import Console
from rich.live import Live
from rich.table import Table

from pyhost.cli.display import METER, MOST_ROWS, sparkline

if TYPE_CHECKING:
    from pyhost.host.live import Report
    from pyhost.host.live_learner import LiveLearner

__all__ = ["Meters", "level_text", "live_display"]

QUIETEST = -60.0
"""Left end of a level meter, in dB."""

FALL = 0.8
"""What is left of a peak from one picture to the next, if nothing louder comes."""

PICTURES = 10
"""A second."""


def level_text(peak: float) -> str:
    """Return a peak in dB of full scale."""
    return f"{20.0 * math.log10(peak):z6.1f} dB" if peak > 0.0 else "silent"


def _level(name: str, peak: float) -> tuple[str, Bar, str]:
    """Return a row with a meter; red when it is beyond full scale."""
    share = min(max(1.0 - 20.0 * math.log10(peak) / QUIETEST, 0.0), 1.0) if peak > 0.0 else 0.0
    return (
        name,
        Bar(1.0, 0.0, share, width=METER, color="red" if peak > 1.0 else "green", bgcolor="grey23"),
        level_text(peak),
    )


class Meters:
    """Keeps the latest report, and draws it when a picture is due: blocks come too often to draw each.

    Parameters
    ----------
    learner : LiveLearner or None
        Whose parameters are shown.
    """

    def __init__(self, learner: LiveLearner | None) -> None:
        self._learner = learner
        self._report: Report | None = None
        self._peaks: dict[str, float] = {}

    def tell(self, report: Report) -> None:
        """Take note of how it goes."""
        self._report = report
        for kind, peaks in (("in", report.heard), ("out", report.made)):
            for name, peak in _named(kind, peaks):
                self._peaks[name] = max(peak, self._peaks.get(name, 0.0))

    def draw(self) -> Table:
        """Return the next picture."""
        table = Table.grid(padding=(0, 2))
        report = self._report
        if report is None:
            table.add_row("waiting for the device")
            return table
        for name, peak in list(self._peaks.items()):
            table.add_row(*_level(name, peak))
            self._peaks[name] = peak * FALL
        color = "red" if report.load > 1.0 else "cyan"
        lost = f", {report.dropped} frames lost" if report.dropped else ""
        bar = Bar(1.0, 0.0, min(report.load, 1.0), width=METER, color=color, bgcolor="grey23")
        table.add_row("load", bar, f"{100 * report.load:4.0f} %{lost}")
        if self._learner is not None:
            self._add_learner(table, self._learner)
        table.add_row("time", "", f"{report.seconds:.1f} s, Ctrl-C ends it")
        return table

    def _add_learner(self, table: Table, learner: LiveLearner) -> None:
        table.add_row(
            "error", "", f"{learner.error:z.1f} dB below the target" if learner.error < 0 else "as loud as it"
        )
        for parameter in list(learner.parameters.values())[:MOST_ROWS]:
            value = np.asarray(parameter.value)
            if value.ndim:
                table.add_row(parameter.name, sparkline(value), f"{value.min():.4g} … {value.max():.4g}")
            else:
                table.add_row(parameter.name, "", f"{float(value):.6g} {parameter.unit}")
        if len(learner.parameters) > MOST_ROWS:
            table.add_row("", "", f"and {len(learner.parameters) - MOST_ROWS} more parameters")


def _named(kind: str, peaks: Sequence[float]) -> Iterator[tuple[str, float]]:
    for number, peak in enumerate(peaks[:MOST_ROWS], 1):
        yield (kind if len(peaks) == 1 else f"{kind} {number}"), peak


@contextmanager
def live_display(learner: LiveLearner | None, stream: TextIO) -> Iterator[Callable[[Report], None]]:
    """Show how it goes while the block runs; yield the function to tell it to.

    Parameters
    ----------
    learner : LiveLearner or None
        Whose parameters are shown.
    stream : file
        A terminal.
    """
    meters = Meters(learner)
    with Live(console=Console(file=stream), get_renderable=meters.draw, transient=True, refresh_per_second=PICTURES):
        yield meters.tell
