"""Plugins that crashed or hung more than once: they are refused until somebody forgives them, or they change.

What is known lies in ``quarantine.json`` in the user's configuration folder. A failure counts against a plugin's file
as it was then; one that was installed anew starts again from none.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pyhost.audio import atomic_path
from pyhost.errors import InputError, PluginError, suggestion
from pyhost.host.isolation.process import CrashedError, WorkerProcess, label_of

__all__ = ["MOST_FAILURES", "Failed", "Quarantine", "stamp_of"]

MOST_FAILURES = 2
"""A plugin that failed so often is refused."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What is known of a plugin that failed.

    Attributes
    ----------
    failures : int
        How often.
    last : str
        How it failed the last time.
    file, stamp : str
        The file or folder of its code, and what tells that from another of the same name.
    """

    failures: int
    last: str
    file: str
    stamp: str

    @property
    def refused(self) -> bool:
        """Whether it is not loaded any more."""
        return self.failures >= MOST_FAILURES and stamp_of(self.file) == self.stamp


class Quarantine:
    """The list of this user: in ``PYHOST_CONFIG_DIR``, or in ``pyhost`` in the platform's configuration folder."""

    def __init__(self) -> None:
        self.path = _config_folder() / "quarantine.json"

    def entries(self) -> dict[str, Failed]:
        """Return all that failed, by identifier.

        Raises
        ------
        InputError
            If the list is damaged.
        """
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            return {str(name): Failed(**row) for name, row in sorted(data.items())}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read: {error.strerror}; check its permissions") from None
        except (ValueError, TypeError, AttributeError):
            raise InputError(f"{self.path}: is damaged; delete it, and every plugin is forgiven") from None

    def check(self, spec: Mapping[str, Any]) -> None:
        """Refuse a plugin that failed too often.

        Raises
        ------
        PluginError
            If it did; the message says how, and how to forgive it.
        """
        name = label_of(spec)
        entry = self.entries().get(name)
        if entry is not None and entry.refused:
            raise PluginError(
                f"{name} is in quarantine: it failed {entry.failures} times, at last: {entry.last}; "
                f"`pyhost plugins --forgive {name}` lets it try again"
            )

    def failed(self, spec: Mapping[str, Any], error: CrashedError) -> None:
        """Count a failure."""
        name = label_of(spec)
        before = self.entries().get(name)
        file = before.file if before is not None else _code_of(spec)
        stamp = stamp_of(file)
        counted = before.failures if before is not None and before.stamp == stamp else 0
        self._write(self.entries() | {name: Failed(counted + 1, error.happened, file, stamp)})

    def forgive(self, name: str) -> None:
        """Forget what a plugin did.

        Raises
        ------
        InputError
            If it is not on the list.
        """
        entries = self.entries()
        if name not in entries:
            raise InputError(f"{name!r} is not in quarantine{suggestion(name, entries)}")
        self._write({key: entry for key, entry in entries.items() if key != name})

    def _write(self, entries: Mapping[str, Failed]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({name: asdict(entry) for name, entry in entries.items()}, indent=1, ensure_ascii=False)
        with atomic_path(self.path) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")


def stamp_of(file: str) -> str:
    """Return what tells a file, or the files of a folder, from others of the same name; "" if there is none."""
    path = Path(file)
    try:
        every = sorted(part for part in path.rglob("*") if part.is_file()) if path.is_dir() else [path]
        found = [part.stat() for part in every] if file else []
    except OSError:
        return ""
    return f"{len(found)} {sum(f.st_size for f in found)} {max(f.st_mtime_ns for f in found)}" if found else ""


def _code_of(spec: Mapping[str, Any]) -> str:
    """Return the file of a plugin's code; "" if it cannot be told."""
    if spec.get("kind") == "vst3":
        return str(spec["path"])
    worker = WorkerProcess()
    try:
        return str(worker.ask("binary", uri=spec["uri"], bundle=spec.get("bundle")))
    except PluginError:
        return ""
    finally:
        worker.kill()


def _config_folder() -> Path:
    if wanted := os.environ.get("PYHOST_CONFIG_DIR"):
        return Path(wanted).expanduser().absolute()
    if sys.platform == "darwin":
        base = Path("~/Library/Application Support").expanduser()
    else:
        given = os.environ.get("XDG_CONFIG_HOME", "")
        base = Path(given) if os.path.isabs(given) else Path("~/.config").expanduser()
    return base / "pyhost"
