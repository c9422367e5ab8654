"""``pyhost install-lv2``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pyhost.cli.options import FILE

__all__ = ["install_lv2"]


@click.command("install-lv2")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--to", "folder", type=FILE, metavar="DIR", help="Where hosts look for plugins; by default ~/.lv2.")
@click.option(
    "--prebuilt",
    is_flag=True,
    help="Copy them as they came with pyhost, for any processor; else they are compiled for this one, where there is a "
    "C compiler, and take less time.",
)
@click.option("--list", "only_list", is_flag=True, help="Tell which there are, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
def install_lv2(
    *, names: tuple[str, ...], folder: Path | None, prebuilt: bool, only_list: bool, as_json: bool, quiet: bool
) -> None:
    """Put LV2 plugins that learn live from their side-chain where hosts look."""
    from pyhost.export import prebuilt as came
    from pyhost.export import ready

    if only_list:
        about = {name: {"chain": one.chain, "about": one.about} for name, one in ready.READY.items()}
        width = max(map(len, about))
        lines = (f"{name:<{width}}  {one['chain']:<16} {one['about']}" for name, one in about.items())
        click.echo(json.dumps(about) if as_json else "\n".join(lines))
        return
    written = []
    for bundle in came.install(folder or ready.usual_folder(), names, as_they_came=prebuilt or None):
        written.append({"path": str(bundle.path), "uri": bundle.uri, "built": not bundle.not_built})
        if not (as_json or quiet):
            why = f"; it is not built: {bundle.not_built}; then run make in it" if bundle.not_built else ""
            click.echo(f"wrote {bundle.path}, the plugin {bundle.uri}{why}")
    if as_json:
        click.echo(json.dumps({"plugins": written}))
