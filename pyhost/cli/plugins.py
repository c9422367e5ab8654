"""``pyhost plugins``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from pyhost.cli.chatter import SHOWN, quoted

if TYPE_CHECKING:
    from pyhost.host.quarantine import Failed
    from pyhost.host.scan import Chatter, Scanned

__all__ = ["channels_in_words", "plugins"]

FORMATS = ["all", "effect", "lv2", "vst3"]


@click.command()
@click.option("--format", "wanted", type=click.Choice(FORMATS), default="all", show_default=True, help="Which to list.")
@click.option("--ours", is_flag=True, help="List the ready plugins, which learn live, and where they are installed.")
@click.option("--quarantine", is_flag=True, help="List those that crashed or hung instead; twice, and one is refused.")
@click.option("--forgive", metavar="ID", help="Let one of these try again.")
@click.option("-v", "--verbose", is_flag=True, envvar=SHOWN, help="Show what plugins write while they are looked at.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def plugins(*, wanted: str, ours: bool, quarantine: bool, forgive: str | None, verbose: bool, as_json: bool) -> None:
    """List the plugins that are installed. The first column is what other commands and ph.load(…) take.

    None of their code runs in this process: what must be loaded to be known is loaded elsewhere, with a deadline, and
    not again until its file changes. What a plugin that cannot be loaded has written is shown in any case.
    """
    from pyhost.cli.ours import list_ours
    from pyhost.host.quarantine import Quarantine
    from pyhost.host.scan import scan

    if ours:
        list_ours(as_json=as_json)
        return
    if forgive is not None:
        Quarantine().forgive(forgive)
        if not as_json:
            click.echo(f"{forgive} may try again")
        quarantine = quarantine or as_json
        if not quarantine:
            return
    if quarantine:
        entries = Quarantine().entries()
        rows = {name: asdict(entry) | {"refused": entry.refused} for name, entry in entries.items()}
        click.echo(json.dumps({"quarantine": rows}, allow_nan=False) if as_json else _quarantined(entries))
        return
    told = _say if sys.stderr.isatty() and not as_json else lambda text: None
    heard: list[Chatter] = []
    found = scan(FORMATS[1:] if wanted == "all" else [wanted], told, heard.append)
    told("")
    for chatter in heard:
        if verbose or (chatter.failed and not as_json):
            click.echo(quoted(chatter), err=True)
    if as_json:
        click.echo(json.dumps({"plugins": [asdict(one) for one in found]}, allow_nan=False))
    else:
        _print_table(found)


def _say(text: str) -> None:
    """Show on one line of a terminal what is being looked at."""
    click.echo(f"\r\x1b[K{text}", err=True, nl=False)


def _quarantined(entries: dict[str, Failed]) -> str:
    if not entries:
        return "no plugin has crashed or hung"
    return "\n".join(
        f"{name}: {'refused' if entry.refused else 'may try again'}, "
        f"{entry.failures} failure{'s' if entry.failures > 1 else ''}, at last: {entry.last}"
        for name, entry in entries.items()
    )


def _print_table(found: list[Scanned]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("plugin", overflow="fold")
    for heading in ("name", "format", "channels", "problem"):
        table.add_column(heading)
    for one in found:
        channels = "" if one.problem else channels_in_words(asdict(one.channels), midi=one.takes_midi)
        table.add_row(*(Text(part) for part in (one.identifier, one.name, one.format, channels, one.problem)))
    # A list that goes into a file or a pipe must not be folded at the width of a terminal that is not there.
    console = Console() if sys.stdout.isatty() else Console(width=240)
    console.print(table)
    click.echo(f"\n{len(found)} plugins")


def channels_in_words(channels: dict[str, int | None], *, midi: bool) -> str:
    """Return how many channels go in and come out, as ``2 → 2, side-chain 1, MIDI``."""
    inputs, outputs = channels["inputs"], channels["outputs"]
    text = "any" if inputs is None else f"{inputs} → {'as many' if outputs is None else outputs}"
    if channels["sidechain"]:
        text += f", side-chain {channels['sidechain']}"
    return f"{text}, MIDI" if midi else text
