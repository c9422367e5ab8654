"""The plugins of a session: loaded, set as the session says, and closed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pyhost.errors import InputError, ParameterError, SessionError
from pyhost.graph.source import load_chain
from pyhost.host.each_channel import EachChannel, close_all, is_mono
from pyhost.host.isolation.process import stop_loading
from pyhost.host.load import URI, as_plugin, is_foreign_file, load_plugin
from pyhost.host.plugin import HostedPlugin
from pyhost.host.session.learning import LearningPlugin
from pyhost.host.session.model import Insert, Learning
from pyhost.learn.learned import freeze

__all__ = ["close_inserts", "load_inserts"]

FILES = (".json", ".vst3")

TICK = 0.05
"""Seconds between looks at whether what was being loaded is over."""


def load_inserts(inserts: Iterable[tuple[Insert, int]]) -> list[HostedPlugin]:
    """Load what is inserted, in order; plugins in processes of their own start side by side, one for each processor.

    Parameters
    ----------
    inserts : iterable of (Insert, int)
        And the channels of a learner, or those that a plugin for one channel is likely to be given.

    Raises
    ------
    SessionError
        If one cannot be loaded, or does not have what is set of it. None is left running.
    """
    wanted = list(inserts)
    _check_once([insert for insert, _ in wanted])
    loaded: dict[int, HostedPlugin] = {}
    threads: list[int] = []
    with ThreadPoolExecutor(
        max(os.cpu_count() or 1, 2), initializer=lambda: threads.append(threading.get_ident())
    ) as pool:
        started = {place: pool.submit(_load, *one) for place, one in enumerate(wanted) if _starts_a_process(one[0])}
        try:
            for place, one in enumerate(wanted):
                loaded[place] = started[place].result() if place in started else _load(*one)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(task.done() for task in started.values()):  # one that hangs would be so until its deadline
                stop_loading(threads)
                time.sleep(TICK)
            done = {at: task.result() for at, task in started.items() if not task.cancelled() and not task.exception()}
            close_inserts((wanted[place][0], plugin) for place, plugin in (done | loaded).items())
            raise
    return [loaded[place] for place in range(len(wanted))]


def close_inserts(loaded: Iterable[tuple[Insert, HostedPlugin]]) -> None:
    """End the processes of what was loaded for inserts; a plugin that Python handed over stays its owner's."""
    for insert, plugin in loaded:
        if insert.plugin is None or isinstance(insert.plugin, str):
            close_all([plugin])
        elif isinstance(plugin, EachChannel) and plugin is not insert.plugin:
            close_all(plugin.plugins[1:])


def _check_once(inserts: list[Insert]) -> None:
    """Raise if Python handed over one plugin for two inserts; a function remembers nothing and may be in several."""
    seen: list[Any] = []
    for insert in inserts:
        if not hasattr(type(insert.plugin), "reset"):
            continue
        if any(insert.plugin is other for other in seen):
            raise insert.place.key("plugin").error(
                f"{insert.plugin!r} is there twice, and a plugin remembers what it processed; load it again"
            )
        seen.append(insert.plugin)


def _starts_a_process(insert: Insert) -> bool:
    """Return whether loading it waits for another process; what runs in this one is loaded on the main thread."""
    if insert.isolate is not None or not isinstance(insert.plugin, str):
        return bool(insert.isolate)
    if insert.plugin.endswith(".json"):
        return is_foreign_file(_from_here(insert.plugin, insert))
    return insert.plugin.endswith(".vst3") or (URI.match(insert.plugin) is not None and ".py:" not in insert.plugin)


def _load(insert: Insert, channels: int) -> HostedPlugin:
    plugin = _loaded(insert, channels)
    try:
        _set(insert, plugin)
        if insert.learning is None and is_mono(plugin):
            plugin = EachChannel(plugin)
            _grow(insert, plugin, channels)
    except BaseException:
        close_inserts([(insert, plugin)])
        raise
    return plugin


def _grow(insert: Insert, plugin: EachChannel, channels: int) -> None:
    """Start the instances for the channels of the strip, as those of other inserts are started at the same time."""
    if not isinstance(insert.plugin, str):  # made by Python, perhaps once and for all; one may be enough
        return
    try:
        plugin.grow(channels)
    except InputError as error:
        raise insert.place.key("plugin").error(str(error)) from None


def _loaded(insert: Insert, channels: int) -> HostedPlugin:
    place = insert.place
    try:
        if insert.chain is not None:
            return _chain(insert, insert.chain, insert.learning, channels)
        if isinstance(insert.plugin, str):
            return load_plugin(_from_here(insert.plugin, insert), isolate=insert.isolate)
        return as_plugin(insert.plugin)
    except SessionError:
        raise
    except InputError as error:
        raise place.key("plugin" if insert.chain is None else "chain").error(str(error)) from None


def _chain(insert: Insert, chain: str, learning: Learning | None, channels: int) -> HostedPlugin:
    text = _from_here(chain, insert)
    if learning is None:
        return as_plugin(freeze(load_chain(text)))
    try:
        return LearningPlugin(text, learning, insert.values, channels)
    except ParameterError as error:
        raise insert.place.key("set").error(str(error)) from None


def _from_here(identifier: str, insert: Insert) -> str:
    """Return an identifier with the file in it, if there is one, taken from the session's folder."""
    if identifier.endswith(FILES) or ".py:" in identifier:
        return str(insert.place.file(identifier))
    return identifier


def _set(insert: Insert, plugin: HostedPlugin) -> None:
    """Set a plugin as the session says."""
    if insert.learning is not None:
        return
    if insert.preset is not None:
        load = getattr(type(plugin), "load_preset", None)
        if load is None:
            raise insert.place.key("preset").error(f"{plugin.name} has no presets; leave it out")
        try:
            load(plugin, insert.preset)
        except InputError as error:
            raise insert.place.key("preset").error(str(error)) from None
    if insert.state is not None:
        place = insert.place.key("state")
        try:
            plugin.state = Path(place.file(insert.state)).read_bytes()
        except OSError as error:
            raise place.error(f"{insert.state!r} cannot be read: {error.strerror}") from None
        except InputError as error:
            raise place.error(f"{insert.state!r}: {error}") from None
    for name, value in insert.values.items():
        try:
            plugin.parameters.set({name: value})
        except InputError as error:
            raise insert.place.key("set", name).error(str(error)) from None
