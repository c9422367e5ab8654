"""The figures as a document: a page of Markdown, and the same as JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contest import Row, Timing

__all__ = ["Figures", "as_json", "as_markdown"]

OURS = ("native", "interpreter")
HAND, JAX, NUMBA = "C by hand", "JAX", "numba"
STYLES = ("dual signals", "by hand")


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that was measured.

    Attributes
    ----------
    about : mapping
        What the figures depend on.
    learners, growth, lanes : list of Row
        The workloads; the FIR filter over its taps; several learners side by side.
    """

    about: Mapping[str, str]
    learners: Sequence[Row]
    growth: Sequence[Row]
    lanes: Sequence[Row]


def as_json(figures: Figures) -> dict[str, Any]:
    """Return all figures as plain data: quartiles in ns per sample."""

    def plain(row: Row) -> dict[str, Any]:
        cells = {
            name: [cell.lower, cell.median, cell.upper] if isinstance(cell, Timing) else cell
            for name, cell in row.cells.items()
        }
        return {"learner": row.work.name, "scalars": row.work.scalars, "ns": cells, "build_seconds": row.costs}

    parts = {"learners": figures.learners, "growth": figures.growth, "lanes": figures.lanes}
    return {"about": dict(figures.about)} | {name: [plain(row) for row in rows] for name, rows in parts.items()}


def as_markdown(figures: Figures) -> str:
    """Return the page."""
    rows = figures.learners
    ours = next((name for name in OURS if any(name in row.cells for row in rows)), OURS[-1])
    facts = "\n".join(f"* {name}: {value}" for name, value in figures.about.items())
    sections = {
        "Nanoseconds per sample": _times(rows),
        f"How many times as long as {ours}": _ratios(rows, ours),
        "Faust, every build": _faust(rows),
        "The FIR filter over its taps": _growth(figures.growth),
        "Side by side": _lanes(figures.lanes),
        "Compiling": _builds(rows),
        "Spread": _spread(rows),
        "The learners": _learners(rows),
    }
    tables = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items() if text)
    return f"{HEAD}\n{facts}\n\n{tables}\n"


HEAD = """# Benchmarks

Written by `make benchmarks`, which anybody can run; `tests/bench` holds every program. All competitors learn the same,
from the same noise towards the same hidden chain, by one step of stochastic gradient descent per sample, in double
precision. Before they are timed, outputs, losses and parameters must agree to 1e-9 over some thousand samples. Then
they take turns on one core; a figure is the median of the processor time per sample. Neighbours on the same machine
still move single cells by a fifth: compare within one table only.

* *C by hand*: each learner as a careful C programmer would write it, partials derived by hand (`competitors/hand/`).
* *Faust, dual signals*: what any chain can have in Faust, an arithmetic of signals that carry their partials
  (`competitors/faust/duals.lib`). That is what pyhost does, too: nothing is known of a chain but its operations.
* *Faust, by hand*: the partials of each chain derived by hand, its windows merged (`competitors/faust/hand.lib`).
  *Default* is without flags, by g++; *best* the best of g++ and clang++, with and without `-mcd 0`.
* *JAX*: `lax.scan` over `vmap` of `jvp`, compiled; processor time of the process.
* *numba*: the loops of the hand-written C, in Python.
"""


def _learners(rows: Sequence[Row]) -> str:
    works = [row.work for row in rows]
    body = [[w.name, str(w.scalars), w.loss.upper(), str(w.window), f"{w.rate:g}", str(w.checked)] for w in works]
    return _table(["learner", "parameters", "loss", "window", "rate", "samples compared"], body)


def _faust_name(style: str, build: str = "g++") -> str:
    return f"Faust, {style}, {build}"


def _best_of_faust(row: Row, style: str) -> float:
    """Return the least median over the builds of a style; NaN if there is none."""
    found = [row.median(name) for name in row.cells if name.startswith(_faust_name(style, ""))]
    return min((median for median in found if not math.isnan(median)), default=math.nan)


def _columns(rows: Sequence[Row]) -> dict[str, Callable[[Row], float]]:
    """Return the columns of the main tables: those of which there is a figure."""
    columns: dict[str, Callable[[Row], float]] = {name: _median_of(name) for name in (*OURS, HAND)}
    for style in STYLES:
        columns[f"Faust, {style}: default"] = _median_of(_faust_name(style))
        columns["best" + " " * len(columns)] = _best_of(style)
    columns |= {name: _median_of(name) for name in (JAX, NUMBA)}
    return {name: take for name, take in columns.items() if any(not math.isnan(take(row)) for row in rows)}


def _median_of(name: str) -> Callable[[Row], float]:
    return lambda row: row.median(name)


def _best_of(style: str) -> Callable[[Row], float]:
    return lambda row: _best_of_faust(row, style)


def _times(rows: Sequence[Row]) -> str:
    columns = _columns(rows)
    body = [[row.work.name, *(_number(take(row)) for take in columns.values())] for row in rows]
    return _table(["learner", *(name.strip() for name in columns)], body)


def _ratios(rows: Sequence[Row], ours: str) -> str:
    columns = {name: take for name, take in _columns(rows).items() if name != ours}
    body = [[row.work.name, *(_number(take(row) / row.median(ours)) for take in columns.values())] for row in rows]
    return _table(["learner", *(name.strip() for name in columns)], body)


def _faust(rows: Sequence[Row]) -> str:
    names = [name for name in rows[0].cells if name.startswith("Faust")]
    if not names:
        return ""
    body = [[row.work.name, *(_cell(row.cells[name]) for name in names)] for row in rows]
    return _table(["learner", *(name.removeprefix("Faust, ") for name in names)], body)


def _growth(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    names = [name for name in (*OURS, HAND) if any(name in row.cells for row in rows)]
    heads = [text for name in names for text in (f"{name}, ns", "per tap")]
    body = [
        [str(row.work.scalars), *(text for name in names for text in _per_tap(row.median(name), row.work.scalars))]
        for row in rows
    ]
    return _table(["taps", *heads], body)


def _per_tap(median: float, taps: int) -> tuple[str, str]:
    return _number(median), f"{median / taps:.3f}"


def _lanes(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    names = list(rows[0].cells)
    body = [[row.work.name, *(_cell(row.cells[name]) for name in names)] for row in rows]
    return f"Nanoseconds per sample and learner.\n\n{_table(['learner', *names], body)}"


def _builds(rows: Sequence[Row]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row.costs if "-mcd" not in name))
    if not names:
        return ""
    body = [[row.work.name, *(_seconds(row, name) for name in names)] for row in rows]
    return f"Seconds of processor time from nothing.\n\n{_table(['learner', *names], body)}"


def _seconds(row: Row, name: str) -> str:
    if name in row.costs:
        return f"{row.costs[name]:.2g}"
    cell = row.cells.get(name, "")
    return cell if isinstance(cell, str) else ""


def _spread(rows: Sequence[Row]) -> str:
    names = [name for name in rows[0].cells if not name.startswith("Faust")]
    body = [[row.work.name, *(_quartiles(row.cells[name]) for name in names)] for row in rows]
    return f"Quartiles, in nanoseconds per sample.\n\n{_table(['learner', *names], body)}"


def _cell(cell: Timing | str) -> str:
    return cell if isinstance(cell, str) else _number(cell.median)


def _quartiles(cell: Timing | str) -> str:
    return cell if isinstance(cell, str) else f"{_number(cell.lower)} … {_number(cell.upper)}"


def _number(value: float) -> str:
    """Return a number to three digits; nothing for NaN."""
    if math.isnan(value):
        return "–"
    return f"{value:.0f}" if value >= 100.0 else f"{value:.3g}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[i]) for line in (heads, *rows)) for i in range(len(heads))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for first, *others in (heads, rule, *rows):
        cells = [first.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(others, widths[1:], strict=True))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
