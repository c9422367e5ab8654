"""``pyhost check``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pyhost.cli.options import FILE

if TYPE_CHECKING:
    from pyhost.host.session import Summary

__all__ = ["check"]


@click.command()
@click.argument("session", metavar="SESSION.toml", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
def check(*, session: Path, as_json: bool, quiet: bool) -> None:
    """Tell whether a SESSION can be rendered: open its files and load its plugins, but write nothing.

    What is wrong is told with its line and key.
    """
    from pyhost.host.session import Session

    found = Session.load(session).check()
    if as_json:
        click.echo(json.dumps(asdict(found)))
    elif not quiet:
        click.echo(_text(found))


def _text(found: Summary) -> str:
    """Return what is known in words."""
    rate = found.sample_rate
    channels = f"{found.channels} channel{'s' if found.channels > 1 else ''}"
    lines = [f"{found.frames / rate:.2f} s, {channels}, {rate} Hz; latency {found.latency} samples, made up for"]
    for strip in found.strips:
        inserts = "".join(f" › {name}{f' ({late} samples)' if late else ''}" for name, _, late in strip.inserts)
        lines.append(f"{strip.kind:7}{strip.name}{inserts}{f' → {strip.to}' if strip.to else ''}")
    return "\n".join(lines)
