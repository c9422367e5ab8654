"""``pyhost apply``."""

from __future__ import annotations

import json
from pathlib import Path

import click

__all__ = ["apply"]

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("learned", type=FILE)
@click.argument("source", metavar="IN", type=FILE)
@click.argument("output", metavar="OUT", type=FILE)
@click.option("--resample", is_flag=True, help="Convert IN to the sample rate at which the chain was learned.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Another value; of a vector name=1,2,3.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
def apply(
    *, learned: Path, source: Path, output: Path, resample: bool, values: tuple[str, ...], as_json: bool, quiet: bool
) -> None:
    """Write to OUT what a LEARNED chain makes of IN."""
    from pyhost.audio import WRITABLE, open_audio
    from pyhost.cli.outputs import check_apart, check_output_file
    from pyhost.cli.rendering import render, written_text
    from pyhost.cli.values import set_values
    from pyhost.learn.learned import load

    check_output_file(output, WRITABLE, "OUT")
    check_apart([("OUT", output)], [learned, source])
    chain = load(learned)
    set_values(chain.parameters, values)
    written = render(chain, open_audio(source, chain.sample_rate if resample else None), output)
    if as_json:
        report = {
            "chain": chain.label,
            "path": str(written.path),
            "sample_rate": written.sample_rate,
            "channels": written.channels,
            "frames": written.frames,
            "peak": written.peak,
            "clipped": written.clipped,
        }
        click.echo(json.dumps(report, allow_nan=False))
    elif not quiet:
        click.echo(f"wrote {written_text(written)}")
