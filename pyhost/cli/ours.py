"""``pyhost plugins --ours``."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

__all__ = ["list_ours"]


def list_ours(*, as_json: bool) -> None:
    """Tell of the ready plugins: what each is for, what it takes and puts out, and where it is installed."""
    rows = _rows()
    if as_json:
        click.echo(json.dumps({"ours": rows}))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("plugin", "chain", "what it is for", "puts out", "installed in"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        outputs = ", ".join(f"{name} (at first)" if name == row["heard"] else name for name in row["outputs"])
        table.add_row(*(Text(part) for part in (row["name"], row["chain"], row["about"], outputs, _where(row))))
    console = Console() if sys.stdout.isatty() else Console(width=240)
    console.print(table)
    click.echo(f"\n{len(rows)} plugins, mono and stereo, each with a side-chain; pyhost install-lv2 NAME installs one")


def _rows() -> list[dict[str, Any]]:
    from pyhost.export.panel import HEARD
    from pyhost.export.ready import READY, files_of, installed, uri_of

    return [
        {
            "name": name,
            "chain": one.chain,
            "about": one.about,
            "outputs": list(one.guide.outputs),
            "heard": one.guide.outputs[HEARD.index(one.heard)],
            "plugins": [
                {
                    "uri": uri_of(name, channels),
                    "channels": channels,
                    "installed": [str(path) for path in installed(name, channels)],
                }
                for channels in files_of(name)
            ],
        }
        for name, one in READY.items()
    ]


def _where(row: dict[str, Any]) -> str:
    """Return the folders that hold a plugin, mono or stereo."""
    paths = [path for plugin in row["plugins"] for path in plugin["installed"]]
    return ", ".join(dict.fromkeys(path.rpartition("/")[0] for path in paths)) or "nowhere"
