"""The page of a report."""

from __future__ import annotations

import os
from dataclasses import astuple
from html import escape
from pathlib import Path

from pyhost.report.folder import MARK, PAGE, report_folder
from pyhost.report.learning import Learning, parameter_rows
from pyhost.report.measure import Measures, measure

__all__ = ["write_report"]

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
code { font-size: 1.05em; overflow-wrap: anywhere; }
table { border-collapse: collapse; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #8885; overflow-wrap: anywhere; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 1rem 0; } img { max-width: 100%; height: auto; background: #fff; border-radius: 4px; }
audio { width: 100%; max-width: 30rem; vertical-align: middle; }
"""

HEADINGS = ("parameter", "start", "learned", "hidden", "difference", "unit", "range", "")


def write_report(folder: str | os.PathLike[str], learning: Learning) -> Path:
    """Write a report; an earlier one is replaced when the new one is complete.

    Parameters
    ----------
    folder : path
        Missing, empty, or an earlier report.
    learning : Learning
        Its trace must have been recorded (``record=True``).

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        If the folder cannot be written, or holds something else.
    AudioError
        If a recording can no longer be read.
    """
    from pyhost.report.plots import draw_plots

    with report_folder(folder) as path:
        measures = measure(learning, path)
        plots = draw_plots(learning, measures, path)
        (path / PAGE).write_text(_page(learning, measures, plots), encoding="utf-8")
    return Path(folder) / PAGE


def _page(learning: Learning, measures: Measures, plots: list[tuple[str, str]]) -> str:
    chain = escape(learning.learned.label)
    figures = "\n".join(f'<figure><img src="{escape(file)}" alt="{escape(title)}"></figure>' for file, title in plots)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{MARK}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Learned: {chain}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>Learned: <code>{chain}</code></h1>
<h2>Settings and result</h2>
{_settings(learning)}
<h2>Parameters</h2>
{_parameters(learning)}
<h2>Listen</h2>
{_listen(learning, measures)}
<h2>Plots</h2>
{figures}
</body>
</html>
"""


def _settings(learning: Learning) -> str:
    rows = "\n".join(
        f"<tr><th>{escape(heading)}</th><td>{escape(text)}</td></tr>" for heading, text in learning.settings.items()
    )
    return f'<div class="wide"><table>\n{rows}\n</table></div>'


def _parameters(learning: Learning) -> str:
    """Return the table; columns in which nothing stands are left out."""
    rows = [astuple(row) for row in parameter_rows(learning)]
    if not rows:
        return "<p>The chain has no parameters.</p>"
    used = [column for column in range(len(HEADINGS)) if any(row[column] for row in rows)]
    head = "".join(f"<th>{HEADINGS[column]}</th>" for column in used)
    lines = ("".join(f"<td class='number'>{escape(row[column])}</td>" for column in used) for row in rows)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="wide"><table>\n<tr>{head}</tr>\n{body}\n</table></div>'


def _listen(learning: Learning, measures: Measures) -> str:
    whole = min(learning.dry.frames, learning.target.frames) / learning.dry.sample_rate
    note = ""
    if measures.listen_seconds < whole:
        note = f"<p>The first {measures.listen_seconds:g} s of {whole:.1f} s.</p>\n"
    rows = []
    for name, what in (("dry", "Dry"), ("target", "Target"), ("learned", "Learned")):
        cut = measures.clipped[name]
        clipped = f" {cut} samples beyond full scale were cut here." if cut else ""
        player = f'<audio controls preload="none" src="{name}.wav"></audio>'
        rows.append(f"<tr><th>{what}</th><td>{player}{clipped}</td></tr>")
    lines = "\n".join(rows)
    return f"{note}<table>\n{lines}\n</table>"
