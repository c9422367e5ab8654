"""VST3 plugins, through pedalboard."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pedalboard

from pyhost.audio import AudioArray
from pyhost.errors import ParameterError, PluginError
from pyhost.host.floating import kept_floating_point
from pyhost.host.parameter import ParameterInfo, PluginParameter, PluginParameters
from pyhost.host.plugin import Channels, HostedPlugin, MidiEvent
from pyhost.host.queue import LateQueue, Pieces, measured_latency, shaped

__all__ = ["VST3Plugin"]

INVENTED = {"buffer_size", "buffer_size_frames", "sample_rate", "sample_rate_frames", "current_program"}
"""Parameters that the framework between pedalboard and the plugin adds; nobody turns them."""


class VST3Plugin(HostedPlugin):
    """A VST3 plugin, in this process.

    Parameters
    ----------
    path : path
        Of the ``.vst3``.
    plugin : str, optional
        Which, if there are several in it.
    timeout : float
        Seconds pedalboard waits for a plugin that starts slowly; one that hangs is not stopped by it. `Isolated` is.

    Notes
    -----
    pedalboard knows parameters by the text that the plugin shows for them, so a value is kept to about a thousandth of
    its range. It has no side-chain and, on Linux, loads plugins on the main thread only.

    Raises
    ------
    PluginError
        If the file is missing, is no VST3, or refuses.
    """

    vst3: Any

    def __init__(self, path: str | os.PathLike[str], plugin: str | None = None, *, timeout: float = 10.0) -> None:
        name = os.fspath(path)
        if not os.path.exists(name):
            raise PluginError(f"there is no file {name!r}; give the path of a .vst3")
        try:
            with kept_floating_point():
                self.vst3 = pedalboard.load_plugin(  # type: ignore[attr-defined]
                    name, plugin_name=plugin, initialization_timeout=timeout
                )
        except (ImportError, ValueError, RuntimeError) as error:
            raise PluginError(f"{name!r} cannot be loaded as a VST3 plugin: {' '.join(str(error).split())}") from None
        self.name = self.vst3.name
        self._spec = {"kind": "vst3", "path": os.path.abspath(name)} | ({"plugin": plugin} if plugin else {})
        self.parameters = PluginParameters(
            [_parameter(self.vst3, key) for key in self.vst3.parameters if key not in INVENTED]
        )
        self._sample_rate = 48_000.0
        self._latency = 0
        self.channels = self._found_channels()

    @property
    def latency_samples(self) -> int:
        """By how many samples its output comes later, at the rate it last ran at."""
        return self._latency

    @property
    def state(self) -> bytes:
        """What the plugin itself writes, and its parameters: it takes those in with the next block only."""
        known = self.vst3.parameters
        values = {name: known[name].raw_value for name, mine in self.parameters.items() if not mine.meter}
        return json.dumps({"plugin": b64encode(self.vst3.raw_state).decode(), "values": values}).encode()

    @state.setter
    def state(self, state: bytes) -> None:
        try:
            data = json.loads(state)
            raw, values = b64decode(data["plugin"], validate=True), dict(data["values"])
        except (ValueError, TypeError, KeyError):
            raw, values = b"", {}
        # pedalboard takes any bytes and says nothing; a state of JUCE's begins with these.
        known = self.vst3.parameters
        if not raw.startswith(b"VC2!") or not all(_is_raw(name, value, known) for name, value in values.items()):
            raise PluginError(f"this is no state of a VST3 plugin like {self.name}; save it again from the same one")
        self.vst3.raw_state = raw
        # It takes this in with the next block too, and would undo what is set before.
        self._made(np.zeros((self.channels.inputs or 0, 64)))
        for name, value in values.items():
            known[name].raw_value = value

    def _found_channels(self) -> Channels:
        """Return with how many channels it runs; pedalboard tells it by refusing others."""
        refused: Exception | None = None
        for channels in (2, 1):
            try:
                self.vst3.process(np.zeros((channels, 64), np.float32), 48_000.0, reset=True)
            except ValueError as error:
                refused = error
            else:
                return Channels(channels, channels)
        raise PluginError(f"{self.name} takes neither one channel nor two: {refused}")

    def _start(self, sample_rate: float, channels: int) -> None:
        self._sample_rate = sample_rate
        self.vst3.reset()
        self._latency = measured_latency(self._made, self.vst3.reset, channels)
        self._queue = LateQueue(channels, self._latency)
        self.vst3.reset()
        self._pieces = Pieces(self._made, self._tell_channels)

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        return self._queue.pass_on(self._pieces.process(block), block.shape[1])

    def _made(self, block: AudioArray) -> AudioArray:
        return shaped(self.vst3.process(block.astype(np.float32), self._sample_rate, reset=False), block.shape[0])

    def _tell_channels(self, channels: int) -> None:
        # At the next block's rate, which is another one, the plugin starts anew; a reset would forget the channels.
        self.vst3.process(np.zeros((channels, channels + 1), np.float32), 2.0 * self._sample_rate, reset=False)


def _is_raw(name: str, value: Any, known: Mapping[str, Any]) -> bool:
    """Return whether a value of a state is one that a parameter can have."""
    return name in known and isinstance(value, (int, float)) and 0.0 <= value <= 1.0


def _parameter(plugin: Any, name: str) -> PluginParameter:
    """Return one of pedalboard's parameters as one of this host's."""
    theirs = plugin.parameters[name]
    if theirs.type is str:
        return _choice(plugin, name, theirs)
    low, high = (0.0, 1.0) if theirs.type is bool else (theirs.min_value, theirs.max_value)
    info = ParameterInfo(
        name=name,
        minimum=float("-inf") if low is None else float(low),
        maximum=float("inf") if high is None else float(high),
        default=float(_read(plugin, name)),
        unit=theirs.units or theirs.label or "",
        integer=theirs.type is bool,
        label=theirs.name,
    )
    convert = bool if theirs.type is bool else float
    write = None if not theirs.is_automatable else lambda value: _set(plugin, name, convert(value))
    return PluginParameter(info, lambda: float(_read(plugin, name)), write)


def _choice(plugin: Any, name: str, theirs: Any) -> PluginParameter:
    """Return a parameter that is one of several texts."""
    texts = [str(text) for text in theirs.valid_values]
    choices = tuple((text, float(place)) for place, text in enumerate(texts))

    def read() -> float:
        now = str(_read(plugin, name))
        return float(texts.index(now)) if now in texts else 0.0

    info = ParameterInfo(
        name, 0.0, max(len(texts) - 1.0, 0.0), read(), choices=choices, integer=True, label=theirs.name
    )
    write = None if not theirs.is_automatable else lambda value: _set(plugin, name, texts[int(value)])
    return PluginParameter(info, read, write)


def _read(plugin: Any, name: str) -> Any:
    """Return the value of a parameter, also of one called as a method of pedalboard's is, such as ``reset``."""
    return plugin.__getattr__(name)


def _set(plugin: Any, name: str, value: Any) -> None:
    try:
        setattr(plugin, name, value)
    except (ValueError, TypeError) as error:
        raise ParameterError(f"parameter {name!r} of {plugin.name}: {error}") from None
