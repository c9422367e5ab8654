"""Files of plugins: which one it is, and its state."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from pyhost.audio import atomic_path
from pyhost.errors import InputError, PluginError
from pyhost.host.plugin import HostedPlugin

__all__ = ["is_saved_plugin", "read", "restore", "save"]

FORMAT = "pyhost-plugin"
VERSION = 1


def save(plugin: HostedPlugin, path: str | os.PathLike[str]) -> None:
    """Write a plugin to a file; an existing one is replaced only when all is written.

    Raises
    ------
    PluginError
        If the file cannot be written, or the plugin cannot be described.
    """
    data = {
        "format": FORMAT,
        "version": VERSION,
        "name": plugin.name,
        "plugin": plugin.spec,
        "state": b64encode(plugin.state).decode(),
    }
    if not os.fspath(path).endswith(".json"):
        raise PluginError(f"{os.fspath(path)!r}: a plugin is saved as .json; name it so")
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)
    with atomic_path(path, PluginError) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def is_saved_plugin(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is one that `save` wrote, whole or not; anything else that is JSON is another's matter."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(data, dict) and data.get("format") == FORMAT


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], bytes]:
    """Return which plugin a file holds, and its state.

    Raises
    ------
    PluginError
        If it is damaged, or of a version that this pyhost does not read.
    """
    name = os.fspath(path)
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    if data.get("version") != VERSION:
        raise PluginError(
            f"{name!r} is of version {data.get('version')!r}, this pyhost reads version {VERSION}; use the pyhost that "
            "wrote it"
        )
    try:
        spec, state = data["plugin"], b64decode(data["state"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise PluginError(f"{name!r} is damaged: {_reason(error)}; save the plugin again") from None
    if not isinstance(spec, dict):
        raise PluginError(f"{name!r} is damaged: 'plugin' is {spec!r}, not an object; save the plugin again")
    return spec, state


def restore(plugin: HostedPlugin, state: bytes, name: str) -> HostedPlugin:
    """Return the plugin with a state that was read from a file of that name."""
    try:
        plugin.state = state
    except InputError as error:
        raise PluginError(f"{name!r} is damaged: {error}") from None
    return plugin


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else f"its state is no base64 ({error})"
