"""``pyhost export``."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
@click.option(
    "--vst3",
    "vst3_folder",
    type=FILE,
    metavar="DIR",
    help="A VST3 plugin, in a folder NAME.vst3 in DIR. It wants DPF, Debian's dpf-source; the environment's DPF says "
    "where it is, if not in /usr/share/dpf.",
)
@click.option(
    "--vst3-learner",
    "vst3_learner_folder",
    type=FILE,
    metavar="DIR",
    help="A VST3 plugin that learns live: its first input is heard, its second one is the target; it puts out what it "
    "made of the first, and the error.",
)
@click.option(
    "--name",
    default="",
    help="Of the plugin and its files, those of one that learns with -learner behind it; or what the names in the C "
    "file begin with.",
)
@click.option("--uri", default="", help="Of the plugin; by default urn:pyhost:NAME.")
@click.option("--channels", type=click.IntRange(1, 2), default=1, show_default=True, help="Of the plugin, in and out.")
@click.option(
    "--any-rate",
    is_flag=True,
    help="Let it run at other sample rates than the one it was learned at. What is told in Hz, dB and seconds stays; "
    "what counts in samples, such as the taps of a filter, sounds different.",
)
@click.option(
    "--preset",
    "presets",
    multiple=True,
    metavar="NAME=FILE",
    help="Of the plugin of --lv2: what was learned with the same chain, as a preset; more than once for more.",
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
    help="Its learning rate, at which the knob Rate stands at 1; the usual one if it is left out.",
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
    vst3_folder: Path | None,
    vst3_learner_folder: Path | None,
    presets: tuple[str, ...],
    optimizer: str | None,
    rate: float | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a LEARNED chain as C or as an LV2 or VST3 plugin; none needs pyhost to build or to run."""
    from pyhost.errors import ExportError
    from pyhost.export import export_c, export_lv2, export_lv2_learner, export_vst3, export_vst3_learner
    from pyhost.export.bundle import bundle_name
    from pyhost.export.lv2 import default_uri
    from pyhost.learn.learned import load

    asked = [
        path for path in (c_file, lv2_folder, learner_folder, vst3_folder, vst3_learner_folder) if path is not None
    ]
    learns = learner_folder is not None or vst3_learner_folder is not None
    if not asked:
        raise ExportError(
            "nothing to write; ask for --c FILE.c, --lv2 DIR, --lv2-learner DIR, --vst3 DIR or --vst3-learner DIR"
        )
    if not learns and (optimizer is not None or rate is not None):
        raise ExportError(
            "--optimizer and --rate are those of a plugin that learns; ask for --lv2-learner DIR or --vst3-learner DIR"
        )
    if rate is not None and optimizer is None:
        raise ExportError("--rate is that of an optimizer; name it with --optimizer")
    if vst3_learner_folder is not None and channels != 1:
        raise ExportError("--vst3-learner has one channel, beside its target; leave out --channels")
    _check_two(lv2_folder, learner_folder, ".lv2")
    _check_two(vst3_folder, vst3_learner_folder, ".vst3")
    if uri and len(asked) - (c_file is not None) > 1:
        raise ExportError("--uri names one plugin; write each plugin apart, with its own")
    if presets and lv2_folder is None:
        raise ExportError("--preset is one of an LV2 plugin with the learned values; ask for --lv2 DIR")
    named = _presets(presets)
    chain = load(learned)
    files = name or bundle_name("", learned.stem)
    told = Told(quiet=quiet or as_json)
    if c_file is not None:
        told.file("c", export_c(chain, c_file, name=name, any_rate=any_rate))
    if lv2_folder is not None:
        others = {each: load(path) for each, path in named.items()}
        told.bundle(
            "lv2",
            export_lv2(chain, lv2_folder, name=files, uri=uri, channels=channels, any_rate=any_rate, presets=others),
        )
    how = None if optimizer is None else _optimizer(optimizer, rate)
    # Never the files of what --lv2 writes, which it would replace.
    apart, whose = f"{files}-learner", uri or f"{default_uri(files, channels)}:learner"
    if learner_folder is not None:
        told.bundle(
            "lv2_learner",
            export_lv2_learner(chain, learner_folder, name=apart, uri=whose, channels=channels, optimizer=how),
        )
    if vst3_folder is not None:
        told.bundle("vst3", export_vst3(chain, vst3_folder, name=files, uri=uri, channels=channels, any_rate=any_rate))
    if vst3_learner_folder is not None:
        told.bundle(
            "vst3_learner", export_vst3_learner(chain, vst3_learner_folder, name=apart, uri=whose, optimizer=how)
        )
    if as_json:
        click.echo(json.dumps({"chain": chain.label, **told.written}))


def _check_two(one: Path | None, other: Path | None, suffix: str) -> None:
    """Raise if two plugins are to be one bundle."""
    from pyhost.errors import ExportError

    if one is not None and one == other and one.suffix == suffix:
        raise ExportError(f"{one} cannot be two plugins; name a folder in which both are put")


def _presets(texts: Sequence[str]) -> dict[str, Path]:
    """Return the files of presets by their names."""
    found: dict[str, Path] = {}
    for text in texts:
        name, _, file = (part.strip() for part in text.partition("="))
        if not (name and file):
            raise click.UsageError(f"--preset {text!r} names no preset; write NAME=FILE, as in Bright=bright.json")
        if name in found:
            raise click.UsageError(f"--preset: {name!r} names two presets; give each its own name")
        found[name] = Path(file)
    return found


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
