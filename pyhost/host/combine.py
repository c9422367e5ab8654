"""Plugins one after the other, and plugins side by side."""

from __future__ import annotations

import json
from abc import abstractmethod
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pyhost.audio import AudioArray
from pyhost.errors import InputError, PluginError, suggestion
from pyhost.host.delay import DelayLine, MidiLine
from pyhost.host.each_channel import close_all, is_mono
from pyhost.host.load import as_plugin
from pyhost.host.parameter import PluginParameters
from pyhost.host.plugin import Channels, HostedPlugin, MidiEvent
from pyhost.host.transport import Transport

__all__ = ["Parallel", "Series"]


class _Group(HostedPlugin):
    """Several plugins that are one."""

    plugins: tuple[HostedPlugin, ...]
    names: tuple[str, ...]

    def __init__(self, plugins: Sequence[Any], name: str) -> None:
        if not plugins:
            raise InputError(f"{type(self).__name__} needs at least one plugin")
        self.plugins = tuple(as_plugin(plugin) for plugin in plugins)
        for place, plugin in enumerate(self.plugins):
            if any(plugin is other for other in self.plugins[:place]):
                raise InputError(f"{plugin.name} is there twice; a plugin remembers what it processed: load it again")
        self.names = _distinct([plugin.name for plugin in self.plugins])
        self.name = name
        self.takes_midi = any(plugin.takes_midi for plugin in self.plugins)
        self.follows_tempo = any(plugin.follows_tempo for plugin in self.plugins)
        self.parameters = PluginParameters(
            [
                parameter.renamed(f"{its}.{parameter.name}")
                for its, plugin in zip(self.names, self.plugins, strict=True)
                for parameter in plugin.parameters.values()
            ]
        )

    @property
    def spec(self) -> dict[str, Any]:
        """Its kind, its name, and which plugins it is made of."""
        kind = type(self).__name__.lower()
        return {"kind": kind, "name": self.name, "plugins": [plugin.spec for plugin in self.plugins]}

    def __getitem__(self, which: int | str) -> HostedPlugin:
        """Return a plugin by place or by name."""
        if isinstance(which, str):
            if which not in self.names:
                raise InputError(f"there is no plugin {which!r}{suggestion(which, self.names)}")
            return self.plugins[self.names.index(which)]
        return self.plugins[which]

    def __len__(self) -> int:
        return len(self.plugins)

    def __iter__(self) -> Iterator[HostedPlugin]:
        return iter(self.plugins)

    @property
    @abstractmethod
    def latency_samples(self) -> int:
        """By how many samples its output comes later."""

    @property
    def state(self) -> bytes:
        """The states of all plugins, as JSON."""
        return json.dumps([b64encode(plugin.state).decode() for plugin in self.plugins]).encode()

    @state.setter
    def state(self, state: bytes) -> None:
        try:
            states = [b64decode(text, validate=True) for text in json.loads(state)]
        except (ValueError, TypeError) as error:
            raise PluginError(f"this is no state of {self.name}: {error}") from None
        if len(states) != len(self.plugins):
            raise PluginError(f"this state has {len(states)} plugins and {self.name} {len(self.plugins)}")
        for plugin, its in zip(self.plugins, states, strict=True):
            plugin.state = its

    def reset(self) -> None:
        """Forget what was processed; parameters stay."""
        super().reset()
        for plugin in self.plugins:
            plugin.reset()

    def close(self) -> None:
        """End the processes of all plugins, if they have some."""
        close_all(self.plugins)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(self.names)}>"


class Series(_Group):
    """Plugins one after the other.

    Parameters
    ----------
    plugins : sequence
        What `as_plugin` takes, in the order of the sound. Their parameters are the series' own, as ``Gain.gain_db``; a
        second plugin of the same name is ``Gain_2``. A side-chain is heard by all that have one, MIDI by all that take
        it, in step with what they are given.
    name : str
        For people.

    Examples
    --------
    >>> from pyhost.host import Effect, Series
    >>> both = Series([Effect("Gain", gain_db=6.0), Effect("Gain", gain_db=-6.0)])
    >>> both["Gain_2"].gain_db
    -6.0
    >>> both.process([0.5, -0.5], 48_000).round(6).tolist()
    [[0.5, -0.5]]
    """

    def __init__(self, plugins: Sequence[Any], name: str = "series") -> None:
        super().__init__(plugins, name)
        sidechain = max(plugin.channels.sidechain for plugin in self.plugins)
        for one, other in pairwise(self.plugins):
            if (
                None not in (one.channels.outputs, other.channels.inputs)
                and one.channels.outputs != other.channels.inputs
            ):
                mono = is_mono(other)
                raise InputError(
                    f"{one.name} gives {one.channels.outputs} channels and {other.name} takes {other.channels.inputs}; "
                    + (f"load it with channels={one.channels.outputs}" if mono else "put something between that fits")
                )
        inputs = next((p.channels.inputs for p in self.plugins if p.channels.inputs is not None), None)
        outputs = next((p.channels.outputs for p in reversed(self.plugins) if p.channels.outputs is not None), None)
        self.channels = Channels(inputs, outputs, sidechain)
        self._lines: list[DelayLine] = []
        self._midi_lines: list[MidiLine] = []

    @property
    def latency_samples(self) -> int:
        """That of all plugins together."""
        return sum(plugin.latency_samples for plugin in self.plugins)

    def _start(self, sample_rate: float, channels: int) -> None:
        self._lines, self._midi_lines, late = [], [], 0
        for plugin in self.plugins:
            self._lines.append(DelayLine(self.channels.sidechain, late))
            self._midi_lines.append(MidiLine(late))
            plugin.prepare(sample_rate, channels)
            channels = plugin.channels.out(channels)
            late += plugin.latency_samples
        if self.transport is not None:
            self._follow(self.transport, sample_rate)

    def _follow(self, transport: Transport | None, sample_rate: float) -> None:
        late = 0
        for plugin in self.plugins:
            plugin.transport = None if transport is None else transport.moved(-late, sample_rate)
            late += plugin.latency_samples

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        for plugin, line, midi_line in zip(self.plugins, self._lines, self._midi_lines, strict=True):
            heard = None if sidechain is None else line.process(sidechain)
            block = _one(plugin, block, heard, midi_line.process(midi, block.shape[1]))
        return block


class Parallel(_Group):
    """Plugins side by side: each hears the input, and their outputs are added, in step.

    Parameters
    ----------
    plugins : sequence
        Branches, of what `as_plugin` takes. `Dry` is one that changes nothing.
    gains : sequence of float, optional
        A factor for each; 1 for all if left out.
    name : str
        For people.

    Examples
    --------
    >>> from pyhost.host import Dry, Parallel
    >>> Parallel([Dry(), "Invert"]).process([0.5, -0.5], 48_000).tolist()
    [[0.0, 0.0]]
    """

    gains: tuple[float, ...]

    def __init__(self, plugins: Sequence[Any], gains: Sequence[float] | None = None, name: str = "parallel") -> None:
        super().__init__(plugins, name)
        self.gains = tuple(1.0 for _ in self.plugins) if gains is None else tuple(float(gain) for gain in gains)
        if len(self.gains) != len(self.plugins) or not np.isfinite(self.gains).all():
            raise InputError(f"gains must be {len(self.plugins)} finite numbers, not {gains!r}")
        inputs = {p.channels.inputs for p in self.plugins} - {None}
        outputs = {p.channels.outputs for p in self.plugins} - {None}
        if len(inputs) > 1 or len(outputs) > 1:
            raise InputError("the branches take or give different numbers of channels; put something before that fits")
        sidechain = max(plugin.channels.sidechain for plugin in self.plugins)
        self.channels = Channels(next(iter(inputs), None), next(iter(outputs), None), sidechain)
        self._lines: list[DelayLine] = []

    @property
    def spec(self) -> dict[str, Any]:
        """As that of a series, and the gains."""
        return super().spec | {"gains": list(self.gains)}

    @property
    def latency_samples(self) -> int:
        """That of the latest branch."""
        return max(plugin.latency_samples for plugin in self.plugins)

    def _start(self, sample_rate: float, channels: int) -> None:
        given = set()
        for plugin in self.plugins:
            plugin.prepare(sample_rate, channels)
            given.add(plugin.channels.out(channels))
        if len(given) > 1:
            raise InputError(f"the branches of {self.name} give {sorted(given)} channels; they must give as many")
        latest = self.latency_samples
        self._lines = [DelayLine(min(given), latest - plugin.latency_samples) for plugin in self.plugins]
        if self.transport is not None:
            self._follow(self.transport, sample_rate)

    def _follow(self, transport: Transport | None, sample_rate: float) -> None:
        for plugin in self.plugins:
            plugin.transport = transport

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        total: AudioArray | None = None
        for plugin, line, gain in zip(self.plugins, self._lines, self.gains, strict=True):
            made = line.process(_one(plugin, block, sidechain, midi)) * gain
            total = made if total is None else total + made
        assert total is not None
        return total


def _one(
    plugin: HostedPlugin, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]
) -> AudioArray:
    """Run one plugin with what it can hear of side-chain and MIDI."""
    wanted = plugin.channels.sidechain
    heard = None if not wanted or sidechain is None else _fitted(sidechain, wanted)
    return plugin.go_on(block, heard, midi if plugin.takes_midi else ())


def _fitted(sidechain: AudioArray, wanted: int) -> AudioArray:
    """Return as many rows as a plugin's side-chain wants, from those of the widest: several are mixed for one."""
    if sidechain.shape[0] == wanted:
        return sidechain
    mixed: AudioArray = sidechain.mean(axis=0, keepdims=True)
    return mixed.repeat(wanted, axis=0)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Return names with a number behind those that came before."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(found)
