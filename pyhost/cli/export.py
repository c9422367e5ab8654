"""``pyhost export``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pyhost.cli.options import FILE, Kind
from pyhost.learn import optimizers

if TYPE_CHECKING:
    from pyhost.export import Bundle

__all__ = ["export"]


@click.command()
@click.argument("learned", type=FILE)
@click.option("--c", "c_file", type=FILE, metavar="FILE.c", help="One C file that needs nothing but libc and libm.")
@click.option("--lv2", "lv2_folder", type=FILE, metavar="DIR", help="An LV2 plugin, in a folder NAME.lv2 in DIR.")
@click.option(
    "--lv2-learner",
    "learner_folder",
    type=FILE,
    metavar="DIR",
    help="An LV2 plugin that learns live, from its input and a side-chain; it starts with what was learned.",
)
@click.option("--name", default="", help="Of the plugin and its files, or what the names in the C file begin with.")
@click.option("--uri", default="", help="Of the plugin; by default urn:pyhost:NAME.")
@click.option("--channels", type=click.IntRange(1, 2), default=1, show_default=True, help="Of the plugin, in and out.")
@click.option(
    "--any-rate",
    is_flag=True,
    help="Let it run at other sample rates than the one it was learned at. What is told in Hz, dB and seconds stays; "
    "what counts in samples, such as the taps of a filter, sounds different.",
)
@click.option(
    "--optimizer",
    type=Kind([kind for kind in optimizers.KINDS if kind != "auto"]),
    default=None,
    help="Of the plugin that learns; as LEARNED has it, else gauss-newton, or nlms beyond 100 numbers.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.0, min_open=True),
    default=None,
    help="Where its knob starts; the optimizer's usual one if it is left out.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
def export(
    *,
    learned: Path,
    c_file: Path | None,
    lv2_folder: Path | None,
    name: str,
    uri: str,
    channels: int,
    any_rate: bool,
    learner_folder: Path | None,
    optimizer: str | None,
    rate: float | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a LEARNED chain as C or as an LV2 plugin; neither needs pyhost to build or to run."""
    from pyhost.errors import ExportError
    from pyhost.export import export_c, export_lv2, export_lv2_learner
    from pyhost.export.bundle import bundle_name
    from pyhost.learn.learned import load

    if c_file is None and lv2_folder is None and learner_folder is None:
        raise ExportError("nothing to write; ask for --c FILE.c, --lv2 DIR or --lv2-learner DIR")
    if learner_folder is None and (optimizer is not None or rate is not None):
        raise ExportError("--optimizer and --rate are those of a plugin that learns; ask for --lv2-learner DIR")
    if rate is not None and optimizer is None:
        raise ExportError("--rate is that of an optimizer; name it with --optimizer")
    if uri and lv2_folder is not None and learner_folder is not None:
        raise ExportError("--uri names one plugin; write --lv2 and --lv2-learner apart, each with its own")
    chain = load(learned)
    files = name or bundle_name("", learned.stem)
    told = Told(quiet=quiet or as_json)
    if c_file is not None:
        told.file("c", export_c(chain, c_file, name=name, any_rate=any_rate))
    if lv2_folder is not None:
        told.bundle("lv2", export_lv2(chain, lv2_folder, name=files, uri=uri, channels=channels, any_rate=any_rate))
    if learner_folder is not None:
        apart = f"{files}-learner" if lv2_folder is not None else files
        how = None if optimizer is None else _optimizer(optimizer, rate)
        told.bundle(
            "lv2_learner",
            export_lv2_learner(chain, learner_folder, name=apart, uri=uri, channels=channels, optimizer=how),
        )
    if as_json:
        click.echo(json.dumps({"chain": chain.label, **told.written}))


def _optimizer(name: str, rate: float | None) -> optimizers.Optimizer:
    kind = optimizers.by_name(name.replace("-", "_"))
    return kind() if rate is None else kind(rate)


class Told:
    """What was written, as JSON and, unless it is to be quiet, in words."""

    def __init__(self, *, quiet: bool) -> None:
        self.written: dict[str, object] = {}
        self._quiet = quiet

    def file(self, what: str, path: Path) -> None:
        """Tell of a file."""
        self.written[what] = {"path": str(path)}
        self._say(f"wrote {path}")

    def bundle(self, what: str, bundle: Bundle) -> None:
        """Tell of a bundle."""
        self.written[what] = {"path": str(bundle.path), "uri": bundle.uri, "built": not bundle.not_built}
        self._say(f"wrote {bundle.path}, the plugin {bundle.uri}")
        if bundle.not_built:
            self._say(f"it is not built: {bundle.not_built}; then run make in it")

    def _say(self, text: str) -> None:
        if not self._quiet:
            click.echo(text)
