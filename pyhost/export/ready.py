"""Plugins that are ready to learn: chains that many have a use for, as `export_lv2_learner` writes them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pyhost.errors import ExportError, suggestion
from pyhost.export.bundle import Bundle
from pyhost.export.learner import export_lv2_learner
from pyhost.graph.text import parse
from pyhost.learn.learned import freeze

__all__ = ["READY", "Ready", "install_lv2", "usual_folder"]


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
    """

    chain: str
    about: str
    heard: Literal["learned", "target", "error"] = "learned"


READY = {
    "gain-dc": Ready("gain | dc", "level and offset of the target"),
    "match-eq": Ready("peq(bands=6)", "an equaliser of six bands that makes the input sound like the target"),
    "lowpass": Ready("lowpass", "the cutoff of a low-pass"),
    "fir-matcher-64": Ready("fir(taps=64)", "any linear change, 64 samples long"),
    "fir-matcher-512": Ready("fir(taps=512)", "any linear change, 512 samples long: cabinets, microphones"),
    "echo-canceller": Ready(
        "fir(taps=1024)", "takes the echo of the input out of the target, a microphone", heard="error"
    ),
}
"""By name."""


def usual_folder() -> Path:
    """Return where hosts look for a user's LV2 plugins."""
    return Path("~/.lv2").expanduser()


def install_lv2(folder: str | os.PathLike[str], names: Sequence[str] = ()) -> Iterator[Bundle]:
    """Write ready plugins, mono and stereo, into a folder; yield each when it is there.

    Parameters
    ----------
    folder : path
        Where hosts look, such as `usual_folder`.
    names : sequence of str
        Of `READY`; all by default.

    Raises
    ------
    ExportError
        If a name is unknown, or as `export_lv2_learner`.
    """
    for name in names:
        if name not in READY:
            raise ExportError(f"there is no ready plugin {name!r}{suggestion(name, READY)}")
    for name in names or READY:
        ready = READY[name]
        for channels, suffix in ((1, ""), (2, "-stereo")):
            yield export_lv2_learner(
                freeze(parse(ready.chain), ready.chain),
                folder,
                name=f"pyhost-{name}{suffix}",
                uri=f"urn:pyhost:ready:{name}{suffix}",
                channels=channels,
                heard=ready.heard,
            )
