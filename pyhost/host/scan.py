"""What plugins there are. None of their code runs in this process.

LV2 plugins say who they are in Turtle, which a worker process reads. A VST3 must be loaded to be known: each in a
worker of its own, with a deadline. What was found is kept until the file changes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pyhost.audio import ANY, Channels, atomic_path
from pyhost.errors import InputError, PluginError, suggestion
from pyhost.host.isolation.chatter import Chatter, Heard
from pyhost.host.isolation.process import CrashedError, Deadlines, WorkerProcess
from pyhost.host.quarantine import Quarantine, stamp_of
from pyhost.host.spec import names_of_effects
from pyhost.native.cache import cache_folder

__all__ = ["FORMATS", "Chatter", "Scanned", "scan"]

FORMATS = ("effect", "lv2", "vst3")

PATIENCE = Deadlines(load=10.0)
"""Of a scan, with a plugin that hangs."""

AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Scanned:
    """A plugin that is there.

    Attributes
    ----------
    identifier : str
        What `pyhost.load` takes.
    name, format, kind : str
        What it calls itself, one of `FORMATS`, and what sort of effect it is.
    channels : Channels
        How many go in and come out.
    takes_midi : bool
        Whether it listens to MIDI.
    problem : str
        Why it cannot be used; "" if nothing is known against it.
    """

    identifier: str
    name: str
    format: str
    kind: str = ""
    channels: Channels = ANY
    takes_midi: bool = False
    problem: str = ""

    @classmethod
    def of(cls, row: dict[str, Any]) -> Scanned:
        """Return one from plain data."""
        return cls(**row | {"channels": Channels(**row["channels"])})


def scan(
    formats: Iterable[str] = FORMATS,
    told: Callable[[str], None] = lambda text: None,
    heard: Heard = lambda chatter: None,
) -> list[Scanned]:
    """Return the plugins that are there, by format and identifier.

    Parameters
    ----------
    formats : iterable of str
        Which of `FORMATS`.
    told : callable, optional
        Is told what is being looked at.
    heard : callable, optional
        Is told what plugins, and what reads their descriptions, write meanwhile; from several threads.

    Raises
    ------
    InputError
        If there is no such format.
    PluginError
        If LV2 is asked for and lilv is not installed.
    """
    wanted = sorted(set(formats))
    for name in wanted:
        if name not in FORMATS:
            raise InputError(f"there is no format {name!r}{suggestion(name, FORMATS)}")
    found = []
    if "effect" in wanted:
        found += [Scanned(name, name, "effect") for name in names_of_effects()]
    if "lv2" in wanted:
        found += _lv2(told, heard)
    if "vst3" in wanted:
        found += _vst3(told, heard)
    return found


def _lv2(told: Callable[[str], None], heard: Heard) -> list[Scanned]:
    told("LV2 plugins")
    worker = WorkerProcess(PATIENCE, heard=lambda chatter: heard(replace(chatter, who="LV2 plugins")))
    try:
        rows = worker.ask("catalogue", when="while the LV2 plugins were listed")
    finally:
        worker.kill()
    refused = {name for name, entry in Quarantine().entries().items() if entry.refused}
    return [Scanned.of(row | {"problem": "in quarantine" if row["identifier"] in refused else ""}) for row in rows]


def _vst3(told: Callable[[str], None], heard: Heard) -> list[Scanned]:
    known = _Known()
    paths = sorted({str(path) for folder in _vst3_folders() for path in folder.glob("**/*.vst3")})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(partial(_one_vst3, known, told, heard), paths))
    known.save()
    return found


def _one_vst3(known: _Known, told: Callable[[str], None], heard: Heard, path: str) -> Scanned:
    spec = {"kind": "vst3", "path": path}
    quarantine = Quarantine()
    try:
        quarantine.check(spec)
    except PluginError:
        return Scanned(path, Path(path).stem, "vst3", problem="in quarantine")
    before = known.get(path)
    if before is not None:
        return before
    told(path)
    try:
        worker = WorkerProcess(PATIENCE, on_crash=partial(quarantine.failed, spec), heard=heard)
        try:
            row = worker.load(spec)
        finally:
            worker.kill()
    except PluginError as error:
        problem = error.happened if isinstance(error, CrashedError) else str(error)
        return Scanned(path, Path(path).stem, "vst3", problem=problem)
    found = Scanned(path, row["name"], "vst3", "", Channels(**row["channels"]), row["takes_midi"])
    known.put(found)
    return found


def _vst3_folders() -> list[Path]:
    given = [Path(entry) for entry in os.environ.get("VST3_PATH", "").split(os.pathsep) if entry]
    usual = ["~/.vst3", "/usr/lib/vst3", "/usr/local/lib/vst3"]
    return given or [Path(entry).expanduser() for entry in usual]


class _Known:
    """What earlier scans found, in the user's cache folder; only good ones, since a bad one may be better next time."""

    def __init__(self) -> None:
        self._path = cache_folder() / "vst3.json"
        self._rows: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            data = json.loads(self._path.read_text(encoding="utf-8"))
            self._rows = data if isinstance(data, dict) else {}

    def get(self, path: str) -> Scanned | None:
        """Return what was found in a file that is still the same."""
        try:
            row = self._rows[path]
            return Scanned.of(row["plugin"]) if row["stamp"] == stamp_of(path) else None
        except (KeyError, TypeError):
            return None

    def put(self, found: Scanned) -> None:
        """Keep what was found."""
        self._rows[found.identifier] = {"stamp": stamp_of(found.identifier), "plugin": asdict(found)}

    def save(self) -> None:
        """Write it; where that is not possible the next scan takes longer."""
        with suppress(OSError, InputError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with atomic_path(self._path) as temporary:
                temporary.write_text(json.dumps(self._rows), encoding="utf-8")
