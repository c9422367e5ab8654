"""Plugins that are ready to learn: chains that many have a use for, as `export_lv2_learner` writes them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pyhost.errors import ExportError, suggestion
from pyhost.export.build import build_lv2
from pyhost.export.bundle import Build, Bundle
from pyhost.export.guides import ALIGNER, TRACKER, UNGUIDED, Guide
from pyhost.export.learner import export_lv2_learner
from pyhost.graph.text import parse
from pyhost.learn.learned import freeze
from pyhost.learn.optimizers import GaussNewton, Optimizer

__all__ = ["READY", "Ready", "checked", "files_of", "install_lv2", "installed", "uri_of", "usual_folder"]


@dataclass(frozen=True, slots=True)
class Ready:
    """A ready plugin.

    Attributes
    ----------
    chain : str
        In text form.
    about : str
        What it is good for, in a line.
    heard : {"learned", "target", "error"}
        What it puts out at first.
    optimizer : Optimizer, optional
        How it learns, unless as `export_lv2_learner` usually does.
    guide : Guide
        What finds for it what gradients alone cannot find.
    """

    chain: str
    about: str
    heard: Literal["learned", "target", "error"] = "learned"
    optimizer: Optimizer | None = None
    guide: Guide = UNGUIDED


READY = {
    "gain-dc": Ready("gain | dc", "level and offset of the target"),
    "match-eq": Ready("peq(bands=6)", "an equaliser of six bands that makes the input sound like the target"),
    "lowpass": Ready("lowpass", "the cutoff of a low-pass"),
    "fir-matcher-64": Ready("fir(taps=64)", "any linear change, 64 samples long"),
    "fir-matcher-512": Ready("fir(taps=512)", "any linear change, 512 samples long: cabinets, microphones"),
    "echo-canceller": Ready(
        "fir(taps=1024)", "takes the echo of the input out of the target, a microphone", heard="error"
    ),
    "delay-aligner": Ready(
        "path",
        "the input, delayed by up to 50 ms so that it comes when the target does",
        optimizer=GaussNewton(forgetting=0.9998),
        guide=ALIGNER,
    ),
    "tone-tracker": Ready(
        "tone",
        "follows a hum, whistle or carrier in the input, and takes it out",
        heard="error",
        optimizer=GaussNewton(forgetting=0.9995),
        guide=TRACKER,
    ),
}
"""By name."""


USUAL_FOLDERS = ("~/.lv2", "/usr/local/lib/lv2", "/usr/lib/lv2")
"""Where hosts look, first for a user's own."""


def usual_folder() -> Path:
    """Return where hosts look for a user's LV2 plugins."""
    return Path(USUAL_FOLDERS[0]).expanduser()


def installed(name: str, channels: int) -> list[Path]:
    """Return the bundles of a ready plugin in the folders of ``LV2_PATH``, or those where hosts look without it."""
    folders = os.environ.get("LV2_PATH") or os.pathsep.join(USUAL_FOLDERS)
    bundles = (Path(folder).expanduser() / f"{files_of(name)[channels]}.lv2" for folder in folders.split(os.pathsep))
    return [bundle for bundle in bundles if bundle.is_dir()]


def checked(names: Sequence[str]) -> Sequence[str]:
    """Return names of ready plugins, all if there are none.

    Raises
    ------
    ExportError
        If there is no such plugin.
    """
    for name in names:
        if name not in READY:
            raise ExportError(f"there is no ready plugin {name!r}{suggestion(name, READY)}")
    return names or tuple(READY)


def files_of(name: str) -> dict[int, str]:
    """Return what the files of a ready plugin are called, by its number of channels."""
    return {1: f"pyhost-{name}", 2: f"pyhost-{name}-stereo"}


def uri_of(name: str, channels: int) -> str:
    """Return the URI of a ready plugin."""
    return f"urn:pyhost:ready:{name}{'-stereo' if channels == 2 else ''}"


def install_lv2(
    folder: str | os.PathLike[str], names: Sequence[str] = (), *, build: Build = build_lv2
) -> Iterator[Bundle]:
    """Write ready plugins, mono and stereo, into a folder; yield each when it is there.

    Parameters
    ----------
    folder : path
        Where hosts look, such as `usual_folder`.
    names : sequence of str
        Of `READY`; all by default.
    build : callable
        Compiles them, as `pyhost.export.bundle.write_bundle` takes it.

    Raises
    ------
    ExportError
        If a name is unknown, or as `export_lv2_learner`.
    """
    for name in checked(names):
        ready = READY[name]
        for channels, files in files_of(name).items():
            yield export_lv2_learner(
                freeze(parse(ready.chain), ready.chain),
                folder,
                name=files,
                uri=uri_of(name, channels),
                channels=channels,
                heard=ready.heard,
                optimizer=ready.optimizer,
                guide=ready.guide,
                build=build,
            )
