"""Loading a plugin by what a person would call it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pyhost.errors import InputError, PluginError, suggestion
from pyhost.host.quarantine import Quarantine
from pyhost.host.saved import is_saved_plugin, read, restore
from pyhost.host.spec import names_of_effects, plugin_of
from pyhost.learn.learned import LearnedChain
from pyhost.learn.learned import load as load_learned

if TYPE_CHECKING:
    from pyhost.host.plugin import HostedPlugin

__all__ = ["as_plugin", "is_foreign_file", "is_plugin_name", "load", "load_plugin", "made_of", "spec_of"]

FOREIGN = ("lv2", "vst3")
"""Kinds of plugins that others wrote."""

URI = re.compile(r"[a-z][a-z0-9+.-]*:(//|[^\\/])", re.IGNORECASE)


def load(
    identifier: str | os.PathLike[str],
    *,
    isolate: bool | None = None,
    recover: bool = False,
    channels: int | None = None,
) -> Any:
    """Load a plugin.

    Parameters
    ----------
    identifier : str or path
        A ``learned.json``, what a plugin's `save` wrote, the URI of an LV2 plugin, the path of a ``.vst3``, the name of
        one of pedalboard's effects, or ``file.py:function``, a function from audio to audio.
    isolate : bool, optional
        Whether it runs in a process of its own, where it cannot harm this one; by default LV2 and VST3 do.
    recover : bool
        Whether an isolated plugin that crashes is started again and brought to where it was.
    channels : int, optional
        How many it is to take. A plugin for one runs once for each of them, with the same parameters and state; what is
        for another number is refused. Left out: as many as the plugin takes.

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
    if not isinstance(identifier, (str, os.PathLike)):
        raise PluginError(f"{identifier!r} is no name of a plugin; give one as text, or the path of a file")
    name = os.fspath(identifier)
    if _is_file(identifier) and not is_saved_plugin(name):
        return load_learned(identifier)
    plugin = load_plugin(name, isolate=isolate, recover=recover)
    if channels is None:
        return plugin
    if isinstance(channels, bool) or not isinstance(channels, int) or channels < 1:
        raise InputError(f"channels is {channels!r}; give a whole number from 1 on, or leave it out")
    from pyhost.host.each_channel import for_channels

    return for_channels(plugin, channels, partial(load_plugin, name, isolate=isolate, recover=recover))


def load_plugin(identifier: str, *, isolate: bool | None = None, recover: bool = False) -> HostedPlugin:
    """Load a plugin as a host needs it; as `load`, and a ``learned.json`` becomes a plugin too."""
    if not _is_file(identifier):
        return made_of(spec_of(identifier), isolate=isolate, recover=recover)
    if not is_saved_plugin(identifier):
        return as_plugin(load_learned(identifier))
    spec, state = read(identifier)
    return restore(made_of(spec, isolate=isolate, recover=recover), state, identifier)


def is_foreign_file(path: str) -> bool:
    """Return whether a file is what `save` wrote of a plugin that others wrote, or of one for each channel."""
    if not is_saved_plugin(path):
        return False
    try:
        spec, _ = read(path)
    except PluginError:
        return False
    inner = spec.get("plugin") if spec.get("kind") == "each_channel" else spec
    return isinstance(inner, dict) and inner.get("kind") in FOREIGN


def _is_file(identifier: str | os.PathLike[str]) -> bool:
    """Return whether it names a file of pyhost's own; a path object that is no .vst3 cannot be anything else."""
    name = os.fspath(identifier)
    return name.endswith(".json") or not (isinstance(identifier, str) or name.endswith(".vst3"))


def made_of(spec: Mapping[str, Any], *, isolate: bool | None = None, recover: bool = False) -> HostedPlugin:
    """Return a new plugin of a description, those of others in processes of their own; see `load`.

    Raises
    ------
    PluginError
        If the description is damaged, or the plugin cannot be loaded.
    """
    try:
        if spec.get("kind") in ("series", "parallel"):
            return _group(spec, isolate=isolate, recover=recover)
        if spec.get("kind") == "each_channel":
            return _each_channel(spec, isolate=isolate, recover=recover)
        foreign = spec.get("kind") in FOREIGN
        quarantine = Quarantine() if foreign else None
        if quarantine is not None:
            quarantine.check(spec)
        if foreign if isolate is None else isolate:
            from pyhost.host.isolation import Isolated

            on_crash = None if quarantine is None else partial(quarantine.failed, dict(spec))
            return Isolated(spec, recover=recover, on_crash=on_crash)
        return plugin_of(spec)
    except KeyError as error:
        raise PluginError(f"this is no description of a plugin: {error} is missing") from None


def _group(spec: Mapping[str, Any], *, isolate: bool | None, recover: bool) -> HostedPlugin:
    from pyhost.host.combine import Parallel, Series

    plugins = [made_of(its, isolate=isolate, recover=recover) for its in spec["plugins"]]
    if spec["kind"] == "series":
        return Series(plugins, spec["name"])
    return Parallel(plugins, spec["gains"], spec["name"])


def _each_channel(spec: Mapping[str, Any], *, isolate: bool | None, recover: bool) -> HostedPlugin:
    from pyhost.host.each_channel import EachChannel

    make = partial(made_of, spec["plugin"], isolate=isolate, recover=recover)
    return EachChannel(make(), spec["channels"], make)


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
        f"there is no plugin {identifier!r}{_meant(identifier)}; a plugin is "
        "an effect of pedalboard's, the URI of an LV2 plugin (pyhost plugins lists both), the path of a .vst3, a .json "
        "that pyhost wrote, or file.py:function"
    )


def _meant(identifier: str) -> str:
    """Return which plugin may have been meant, to go behind a complaint; of LV2 plugins by a part of the URI."""
    near = suggestion(identifier, names_of_effects())
    if near.endswith("?"):
        return near
    from pyhost.host.lv2.catalogue import catalogue_of

    try:
        uris = [uri for uri in catalogue_of().uris if identifier.lower() in uri.lower()]
    except PluginError:  # this machine has no LV2
        uris = []
    return f"; did you mean {min(uris, key=len)!r}?" if uris else near


def is_plugin_name(identifier: str) -> bool:
    """Return whether a text has the form of what `load` takes; otherwise it may be that of a chain."""
    file, colon, _ = identifier.rpartition(":")
    return (
        identifier.endswith((".json", ".vst3", ".vst3/"))
        or bool(colon and file.endswith(".py"))
        or URI.match(identifier) is not None
        or identifier in names_of_effects()
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
