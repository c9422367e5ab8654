"""Which plugin it is, as plain data: what a worker process and a session file are told."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyhost.errors import ChainError, PluginError, PyhostError, suggestion
from pyhost.host.plugin import HostedPlugin

__all__ = ["KINDS", "names_of_effects", "plugin_of"]

KINDS = ("dry", "effect", "learned", "lv2", "python", "vst3")


def plugin_of(spec: Mapping[str, Any]) -> HostedPlugin:
    """Return a new plugin, in this process.

    Parameters
    ----------
    spec : mapping
        ``kind`` and what it needs: ``dry``; ``effect`` with ``name`` and perhaps ``settings``; ``learned`` with the
        data of a ``learned.json``; ``lv2`` with ``uri`` and perhaps ``bundle``; ``vst3`` with
        ``path`` and perhaps ``plugin``; ``python`` with ``file`` and ``name``, a function without arguments
        that returns a plugin, or one from audio and sample rate to audio.

    Raises
    ------
    PluginError
        If there is no such kind, or the plugin cannot be loaded.
    """
    kind = spec.get("kind")
    if kind == "effect":
        from pyhost.host.effects import Effect

        return Effect(spec["name"], **spec.get("settings", {}))
    if kind == "dry":
        from pyhost.host.function import Dry

        return Dry()
    if kind == "learned":
        from pyhost.host.learned import LearnedPlugin
        from pyhost.learn.learned import learned_from_data

        return LearnedPlugin(learned_from_data(spec["learned"], "the learned chain"))
    if kind == "lv2":
        from pyhost.host.lv2 import LV2Plugin

        return LV2Plugin(spec["uri"], spec.get("bundle"))
    if kind == "vst3":
        from pyhost.host.vst3 import VST3Plugin

        return VST3Plugin(spec["path"], spec.get("plugin"))
    if kind == "python":
        plugin = _from_file(spec["file"], spec["name"])
        plugin._spec = {"kind": "python", "file": spec["file"], "name": spec["name"]}
        return plugin
    raise PluginError(f"there is no kind of plugin {kind!r}{suggestion(str(kind), KINDS)}")


def names_of_effects() -> list[str]:
    """Return the names of the effects that pedalboard brings along."""
    from pyhost.host.effects import effect_names

    return effect_names()


def _from_file(file: str, name: str) -> HostedPlugin:
    """Return what a function in a Python file returns."""
    from pyhost.graph.source import run_file

    try:
        module = run_file(Path(file))
    except ChainError as error:
        raise PluginError(str(error)) from None
    if not hasattr(module, name):
        raise PluginError(f"{file!r} has no {name!r}{suggestion(name, vars(module))}")
    function = getattr(module, name)
    if not callable(function):
        raise PluginError(f"{name!r} of {file!r} is {function!r}; name a function")
    if inspect.signature(function).parameters:
        from pyhost.host.function import FunctionPlugin

        return FunctionPlugin(function)
    try:
        made = function()
    except PyhostError:
        raise
    except Exception as error:
        raise PluginError(f"{name!r} of {file!r} failed: {type(error).__name__}: {error}; correct it") from error
    if not isinstance(made, HostedPlugin):
        raise PluginError(f"{name!r} of {file!r} returned {made!r}, which is no plugin")
    return made
