"""``pyhost info``."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from pyhost.cli.plugins import channels_in_words

if TYPE_CHECKING:
    from pyhost.host.parameter import PluginParameter

__all__ = ["info"]

RATE = 48_000.0


@click.command()
@click.argument("plugin")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def info(plugin: str, *, as_json: bool) -> None:
    """Tell what a PLUGIN is: its channels, latency, presets, and parameters with their ranges.

    PLUGIN is a URI, a path or a name, as `pyhost plugins` lists them, or a learned.json.
    """
    from pyhost.host.load import load_plugin

    loaded = load_plugin(plugin)
    rate = getattr(getattr(loaded, "learned", None), "sample_rate", None) or RATE
    inputs = loaded.channels.inputs
    loaded.prepare(rate, 1 if inputs is None else inputs)
    data = {
        "plugin": plugin,
        "name": loaded.name,
        "channels": asdict(loaded.channels),
        "takes_midi": loaded.takes_midi,
        "sample_rate": rate,
        "latency_samples": loaded.latency_samples,
        "presets": list(getattr(loaded, "presets", ())),
        "parameters": [_row(parameter) for parameter in loaded.parameters.values()],
    }
    if as_json:
        click.echo(json.dumps(data, allow_nan=False))
    else:
        _print(data)


def _row(parameter: PluginParameter) -> dict[str, Any]:
    """Return a parameter as plain data; a bound that there is not is None."""
    row = asdict(parameter.info) | {"value": _finite(parameter.value), "meter": parameter.meter}
    return row | {name: _finite(row[name]) for name in ("minimum", "maximum", "default")}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _print(data: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    click.echo(f"name      {data['name']}")
    click.echo(f"channels  {channels_in_words(data['channels'], midi=data['takes_midi'])}")
    click.echo(f"latency   {data['latency_samples']} samples at {data['sample_rate']:g} Hz")
    if data["presets"]:
        click.echo(f"presets   {', '.join(data['presets'])}")
    if not data["parameters"]:
        return
    table = Table("parameter", "default", "range", "unit", "meaning", box=None, pad_edge=False, header_style="bold")
    for row in data["parameters"]:
        default = "a meter" if row["meter"] else f"{row['default']:g}"
        table.add_row(*(Text(part) for part in (row["name"], default, _range(row), row["unit"], row["label"])))
    click.echo()
    console = Console()
    console.print(table) if console.is_terminal else Console(width=200).print(table)


def _range(row: dict[str, Any]) -> str:
    if row["choices"]:
        return ", ".join(name for name, _ in row["choices"])
    low, high = ("" if row[name] is None else f"{row[name]:g}" for name in ("minimum", "maximum"))
    return f"{low} … {high}{', log' if row['scale'] == 'log' else ''}" if low or high else ""
