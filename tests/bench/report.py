"""The tables of the benchmark, for a terminal or for a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interpreter import Row, Timing

__all__ = ["as_text"]


def _timing(timing: Timing) -> str:
    return f"{timing.median:.1f} ({timing.lower:.1f} … {timing.upper:.1f})"


def _learner_cells(row: Row) -> list[str]:
    aim = "" if row.aim is None else f"≤ {row.aim:g}"
    return [row.name, _timing(row.hand), _timing(row.interpreter), f"{row.ratio:.2f}", aim]


def _growth_cells(row: Row) -> list[str]:
    per_tap = [f"{timing.median / row.taps:.3f}" for timing in (row.hand, row.interpreter)]
    return [str(row.taps), _timing(row.hand), per_tap[0], _timing(row.interpreter), per_tap[1], f"{row.ratio:.2f}"]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool) -> str:
    widths = [max(len(line[i]) for line in (heads, *rows)) for i in range(len(heads))]
    rule = ["-" * (width - 1) + ":" for width in widths] if markdown else ["─" * width for width in widths]
    rule[0] = "-" * widths[0] if markdown else rule[0]
    lines = []
    for first, *others in (heads, rule, *rows):
        cells = [first.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(others, widths[1:], strict=True))]
        lines.append(f"| {' | '.join(cells)} |" if markdown else "  ".join(cells))
    return "\n".join(lines)


def as_text(about: Mapping[str, str], rows: Sequence[Row], growth: Sequence[Row], *, markdown: bool) -> str:
    """Return all that the benchmark has to say.

    Parameters
    ----------
    about : mapping
        What the figures depend on.
    rows, growth : sequence of Row
        The learners, and the FIR filter over its taps.
    markdown : bool
        Whether it is for a document.
    """
    bullet = "* " if markdown else ""
    facts = "\n".join(f"{bullet}{name}: {value}" for name, value in about.items())
    learners = _table(
        ["learner", "by hand, ns/sample", "interpreter, ns/sample", "ratio", "aim"],
        [_learner_cells(row) for row in rows],
        markdown=markdown,
    )
    taps = _table(
        ["taps", "by hand, ns/sample", "ns/tap", "interpreter, ns/sample", "ns/tap", "ratio"],
        [_growth_cells(row) for row in growth],
        markdown=markdown,
    )
    return f"{facts}\n\n{learners}\n\n{taps}\n\nMedians, with quartiles in brackets."
