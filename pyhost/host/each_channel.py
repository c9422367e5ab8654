"""A plugin for one channel on several: an instance of it for each, as DAWs have it (dual mono).

Those of a plugin in a process of its own are all in that process, made there by an `EachChannel` too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pyhost.audio import AudioArray
from pyhost.errors import PluginError
from pyhost.host.parameter import PluginParameter, PluginParameters
from pyhost.host.plugin import Channels, HostedPlugin, MidiEvent
from pyhost.host.transport import Transport

if TYPE_CHECKING:
    from pyhost.host.isolation import Isolated

__all__ = ["EachChannel", "close_all", "for_channels", "is_mono"]


def is_mono(plugin: HostedPlugin) -> bool:
    """Return whether a plugin takes one channel and gives one."""
    return plugin.channels.inputs == plugin.channels.outputs == 1


def close_all(plugins: Iterable[HostedPlugin]) -> None:
    """End the processes of plugins, if they have some."""
    for plugin in plugins:
        end = getattr(type(plugin), "close", None)
        if end is not None:
            end(plugin)


class EachChannel(HostedPlugin):
    """A plugin for one channel that takes several: each is heard by an instance of its own.

    Parameters, state and place in the song are those of all instances, and are set here; meters are those of the first.
    All hear the same side-chain and the same MIDI.

    Parameters
    ----------
    plugin : HostedPlugin
        The first instance. The others are made as soon as they are needed, in the process of the first, and given its
        state and its values.
    channels : int, optional
        How many it takes; as many as it is given if left out.
    make : callable, optional
        Returns another instance; by default one of the same `spec`. A plugin in a process of its own needs none.

    Attributes
    ----------
    plugins : list of HostedPlugin
        The instances in this process, or the plugin in a process of its own that is all of them.

    Raises
    ------
    PluginError
        If the plugin is for more channels than one.

    Examples
    --------
    >>> import pyhost as ph
    >>> from pyhost.host import EachChannel
    >>> equaliser = EachChannel(ph.load("http://gareus.org/oss/lv2/fil4#mono"))  # doctest: +SKIP
    >>> equaliser.process(stereo, 48_000).shape  # doctest: +SKIP
    (2, 48000)
    """

    plugins: list[HostedPlugin]

    def __init__(
        self, plugin: HostedPlugin, channels: int | None = None, make: Callable[[], HostedPlugin] | None = None
    ) -> None:
        if not is_mono(plugin):
            raise PluginError(
                f"{plugin.name} takes {plugin.channels.inputs} channels and gives {plugin.channels.outputs}; only a "
                "plugin that takes one and gives one can run for each channel"
            )
        self.plugins = [plugin]
        self.name = plugin.name
        self.channels = Channels(channels, channels, plugin.channels.sidechain)
        self.takes_midi = plugin.takes_midi
        self.follows_tempo = plugin.follows_tempo
        self.parameters = PluginParameters([self._of_all(parameter) for parameter in plugin.parameters.values()])
        self._make = make
        # Asked so because a worker has no need of the module that `Isolated` is in.
        self._apart = cast("Isolated", plugin) if hasattr(type(plugin), "prepare_for_each") else None

    @property
    def spec(self) -> dict[str, Any]:
        """Which plugin it runs, and for how many channels."""
        return {"kind": "each_channel", "plugin": self.plugins[0].spec, "channels": self.channels.inputs}

    @property
    def latency_samples(self) -> int:
        """That of the plugin."""
        return self.plugins[0].latency_samples

    @property
    def state(self) -> bytes:
        """That of the plugin."""
        return self.plugins[0].state

    @state.setter
    def state(self, state: bytes) -> None:
        for plugin in self.plugins:
            plugin.state = state

    @property
    def presets(self) -> list[str]:
        """Names of the plugin's presets."""
        first = self.plugins[0]
        return list(first.presets) if hasattr(type(first), "presets") else []

    def load_preset(self, name: str) -> None:
        """Set all instances as a preset says.

        Raises
        ------
        PluginError
            If the plugin has none of that name.
        """
        for plugin in self.plugins:
            load = getattr(type(plugin), "load_preset", None)
            if load is None:
                raise PluginError(f"{self.name} has no presets; set its parameters one by one")
            load(plugin, name)

    def grow(self, channels: int) -> None:
        """Make the instances for so many channels, if they are not there yet.

        Raises
        ------
        PluginError
            If the plugin was made by Python code that no file tells, or cannot be loaded again.
        """
        if self._apart is not None:
            self._apart.grow(channels)
            return
        first = self.plugins[0]
        while len(self.plugins) < channels:
            other = self._make() if self._make is not None else _made_like(first)
            self.plugins.append(other)
            other.state = first.state

    def reset(self) -> None:
        """Forget what was processed; parameters stay."""
        super().reset()
        for plugin in self.plugins:
            plugin.reset()

    def close(self) -> None:
        """End the processes of all instances, if they have some."""
        close_all(self.plugins)

    def _of_all(self, parameter: PluginParameter) -> PluginParameter:
        """Return a parameter of the first instance as that of all."""

        def write(value: float) -> None:
            for plugin in self.plugins:
                plugin.parameters[parameter.name].value = value

        return PluginParameter(parameter.info, lambda: parameter.value, None if parameter.meter else write)

    def _start(self, sample_rate: float, channels: int) -> None:
        if self._apart is not None:
            self._apart.prepare_for_each(sample_rate, channels)
        else:
            self.grow(channels)
            for plugin in self.plugins[:channels]:
                self._give_values(plugin)
                plugin.prepare(sample_rate, 1)
        if self.transport is not None:
            self._follow(self.transport, sample_rate)

    def _give_values(self, other: HostedPlugin) -> None:
        """Set an instance as the first is, also where that was set behind our back."""
        first = self.plugins[0]
        if other is first:
            return
        for name, value in first.parameters.named().items():
            if other.parameters[name].value != value:
                other.parameters[name].value = value

    def _follow(self, transport: Transport | None, sample_rate: float) -> None:
        for plugin in self.plugins:
            plugin.transport = transport

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        if self._apart is not None:
            return self._apart.go_on(block, sidechain, midi)
        made = [
            plugin.go_on(block[channel : channel + 1], sidechain, midi)
            for channel, plugin in enumerate(self.plugins[: block.shape[0]])
        ]
        return made[0] if len(made) == 1 else np.concatenate(made)


def _made_like(first: HostedPlugin) -> HostedPlugin:
    """Return another instance of a plugin; those in it live apart if one of its own does."""
    from pyhost.host.load import made_of

    return made_of(first.spec, isolate=_lives_apart(first))


def _lives_apart(plugin: HostedPlugin) -> bool:
    """Return whether a plugin, or one that it is made of, is in a process of its own."""
    return hasattr(type(plugin), "prepare_for_each") or any(map(_lives_apart, getattr(plugin, "plugins", ())))


def for_channels(plugin: HostedPlugin, channels: int, make: Callable[[], HostedPlugin] | None = None) -> HostedPlugin:
    """Return a plugin so that it takes a number of channels: itself, or for one channel an instance for each.

    Raises
    ------
    PluginError
        If it is for another number.
    """
    taken = plugin.channels.inputs
    if taken in (None, channels):
        return plugin
    if channels > 1 and is_mono(plugin):
        return EachChannel(plugin, channels, make)
    raise PluginError(
        f"{plugin.name} takes {taken} channels and gives {plugin.channels.outputs}, and {channels} are asked for; take "
        f"a plugin for {channels}, or mix the sound to fit"
    )
