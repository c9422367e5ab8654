"""``pyhost render``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pyhost.cli.options import FILE

if TYPE_CHECKING:
    from pyhost.host.session import Rendered

__all__ = ["render"]


@click.command()
@click.argument("session", metavar="SESSION.toml", type=FILE)
@click.option(
    "-o", "output", type=FILE, metavar="FILE", help="Where the mix is written, instead of where SESSION says."
)
@click.option("--stems", type=FILE, metavar="DIR", help="Write a file of each strip that goes to the master.")
@click.option(
    "--block",
    type=click.IntRange(1, 1 << 20),
    default=4096,
    show_default=True,
    help="Frames that are run at a time; the result is the same.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
def render(*, session: Path, output: Path | None, stems: Path | None, block: int, as_json: bool, quiet: bool) -> None:
    """Render a SESSION: its tracks, plugins, sends and automation, to the file that it names.

    Files appear whole or not at all. docs/sessions.md describes the session file.
    """
    from contextlib import nullcontext

    from pyhost.cli.mixing import rendering_display
    from pyhost.host.session import Session

    loaded = Session.load(session)
    live = sys.stderr.isatty() and not (as_json or quiet)
    with rendering_display(loaded.arrangement, sys.stderr) if live else nullcontext() as show:
        rendered = loaded.render(output, stems=stems, block=block, progress=show)
    if as_json:
        click.echo(json.dumps(_data(rendered), allow_nan=False))
    elif not quiet:
        click.echo(_text(rendered))


def _data(rendered: Rendered) -> dict[str, Any]:
    """Return what came of it as plain data."""
    mix = rendered.mix
    return {
        "path": str(mix.path),
        "sample_rate": mix.sample_rate,
        "channels": mix.channels,
        "frames": mix.frames,
        "peak": mix.peak,
        "peak_before_normalising": rendered.peak,
        "clipped": mix.clipped,
        "stems": {name: str(written.path) for name, written in rendered.stems.items()},
        "learned": rendered.learned,
        "saved": [str(path) for path in rendered.saved],
        "restarts": rendered.restarts,
        "seconds": rendered.seconds,
    }


def _text(rendered: Rendered) -> str:
    """Return what came of it in words."""
    from pyhost.cli.rendering import written_text

    mix = rendered.mix
    speed = mix.frames / mix.sample_rate / max(rendered.seconds, 1e-9)
    lines = [f"wrote {written_text(mix)}"]
    lines += [f"wrote {written_text(written)}" for written in rendered.stems.values()]
    for learner, values in rendered.learned.items():
        told = ", ".join(f"{name} {value:.6g}" for name, value in values.items() if isinstance(value, float))
        lines.append(f"learned {learner}{': ' if told else ''}{told}")
    lines += [f"wrote {path}" for path in rendered.saved]
    if rendered.restarts:
        lines.append(f"{rendered.restarts} times a plugin crashed and was started again; nothing was lost")
    lines.append(f"in {rendered.seconds:.2f} s, {speed:.3g} times as fast as it plays")
    return "\n".join(lines)
