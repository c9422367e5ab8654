"""Loading a plugin by what a person would call it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from pyhost.errors import PluginError, suggestion
from pyhost.host.spec import names_of_effects, plugin_of
from pyhost.learn.learned import LearnedChain
from pyhost.learn.learned import load as load_learned

if TYPE_CHECKING:
    from pyhost.host.plugin import HostedPlugin

__all__ = ["as_plugin", "load", "load_plugin", "spec_of"]

URI = re.compile(r"[a-z][a-z0-9+.-]*:(//|[^\\/])", re.IGNORECASE)


def load(identifier: str | os.PathLike[str], *, isolate: bool | None = None, recover: bool = False) -> Any:
    """Load a plugin.

    Parameters
    ----------
    identifier : str or path
        A ``learned.json``, the URI of an LV2 plugin, the path of a ``.vst3``, the name of one of pedalboard's effects,
        or ``file.py:function``, a function from audio to audio.
    isolate : bool, optional
        Whether it runs in a process of its own, where it cannot harm this one; by default LV2 and VST3 do.
    recover : bool
        Whether an isolated plugin that crashes is started again and brought to where it was.

    Returns
    -------
    Plugin
        A `LearnedChain` for a ``learned.json``.

    Raises
    ------
    LearnedFileError
        If a ``learned.json`` is missing or damaged.
    PluginError
        If there is no such plugin, or it cannot be loaded.

    Examples
    --------
    >>> import pyhost as ph
    >>> reverb = ph.load("Reverb")
    >>> reverb.room_size = 0.9
    >>> reverb.process([1.0, 0.0, 0.0], 48_000).shape
    (1, 3)
    """
    name = os.fspath(identifier)
    if name.endswith(".json") or not (isinstance(identifier, str) or name.endswith(".vst3")):
        return load_learned(identifier)
    return load_plugin(name, isolate=isolate, recover=recover)


def load_plugin(identifier: str, *, isolate: bool | None = None, recover: bool = False) -> HostedPlugin:
    """Load a plugin as a host needs it; as `load`, and a ``learned.json`` becomes a plugin too."""
    if identifier.endswith(".json"):
        return as_plugin(load_learned(identifier))
    spec = spec_of(identifier)
    if isolate if isolate is not None else spec["kind"] in ("lv2", "vst3"):
        from pyhost.host.isolation import Isolated

        return Isolated(spec, recover=recover)
    return plugin_of(spec)


def spec_of(identifier: str) -> dict[str, Any]:
    """Return which plugin a name means, as plain data.

    Raises
    ------
    PluginError
        If it means none.
    """
    if identifier.endswith((".vst3", ".vst3/")):
        return {"kind": "vst3", "path": os.path.abspath(identifier)}
    file, colon, function = identifier.rpartition(":")
    if colon and file.endswith(".py"):
        return {"kind": "python", "file": os.path.abspath(file), "name": function}
    if URI.match(identifier):
        return {"kind": "lv2", "uri": identifier}
    if identifier in names_of_effects():
        return {"kind": "effect", "name": identifier}
    raise PluginError(
        f"there is no plugin {identifier!r}{suggestion(identifier, names_of_effects())}; a plugin is one of these "
        "effects, the URI of an LV2 plugin, the path of a .vst3, a learned.json, or file.py:function"
    )


def as_plugin(thing: Any) -> HostedPlugin:
    """Return anything that processes audio as a plugin of this host.

    Parameters
    ----------
    thing : Plugin, LearnedChain, pedalboard.Plugin, callable or str
        A string is loaded; a callable is a function from audio to audio, ``function(audio, sample_rate)``.

    Raises
    ------
    PluginError
        If it is none of these.
    """
    from pyhost.host.plugin import HostedPlugin

    if isinstance(thing, HostedPlugin):
        return thing
    if isinstance(thing, str):
        return load_plugin(thing)
    if isinstance(thing, LearnedChain):
        from pyhost.host.learned import LearnedPlugin

        return LearnedPlugin(thing)
    import pedalboard

    if isinstance(thing, pedalboard.Plugin):
        from pyhost.host.effects import Effect

        return Effect(thing)
    if callable(thing):
        from pyhost.host.function import FunctionPlugin

        return FunctionPlugin(thing)
    raise PluginError(f"{thing!r} is no plugin; give one, a learned chain, a function, or the name of a plugin")
