"""The process that a plugin lives in, whose arguments are the bytes it may have and descriptors: memory, life, line."""

from __future__ import annotations

import fcntl
import os
import resource
import select
import signal
import sys
import traceback
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from pyhost.audio import AudioArray
from pyhost.errors import PluginError, PyhostError
from pyhost.host.each_channel import EachChannel, is_mono
from pyhost.host.isolation.line import BLOCK, EndedError, Line, LineEnds
from pyhost.host.isolation.processor import Follower
from pyhost.host.isolation.shared import CHANGES, FRAMES, MOST_PARAMETERS, PROCESSOR, Shared
from pyhost.host.plugin import HostedPlugin, MidiEvent
from pyhost.host.spec import plugin_of
from pyhost.host.transport import Transport

__all__ = ["main"]


class Worker:
    """One plugin, or its instances for each channel, and what the host asks of it."""

    def __init__(self, shared: Shared, line: Line) -> None:
        self._shared = shared
        self._line = line
        self._plugin: HostedPlugin
        self._spec: dict[str, Any] = {}
        self._follower = Follower()
        self._views: dict[int, tuple[AudioArray, AudioArray | None, AudioArray]] = {}
        self._changes = -1
        self._channels = 0
        self._set: list[Any] = []
        self._meters: list[tuple[int, Any]] = []
        self._known = np.zeros(0)
        self._writer: Any = None
        self._midi: list[tuple[int, bytes]] = []

    def serve(self) -> None:
        """Answer until the host is gone."""
        header, wait, followed = self._shared.header, self._line.wait, self._follower
        while True:
            if wait() == BLOCK:
                if header[PROCESSOR] != followed.processor:
                    followed.follow(header[PROCESSOR])
                self._answer_run()
            else:
                followed.release()
                self._answer(self._line.hear())
                _listen_for_the_end()  # whatever the plugin has made of signals

    def _answer_run(self) -> None:
        try:
            written = self._run()
        except Exception as error:
            self._line.say({"error": _said(error)})
        else:
            if written:
                self._line.say({"answer": [(frame, message.hex()) for frame, message in written]})
            else:
                self._line.ring(BLOCK)

    def _run(self) -> list[MidiEvent]:
        """Run the plugin on the block in the shared memory; return the MIDI that it wrote."""
        plugin = self._plugin
        if self._changes != self._shared.header[CHANGES]:
            self._apply()
        frames = self._shared.header[FRAMES]
        views = self._views.get(frames)
        if views is None:
            views = self._views[frames] = self._parts(frames)
        inputs, heard, outputs = views
        # The host has checked what goes in, and will check what comes out.
        outputs[:] = plugin._run(inputs, heard, self._midi)
        if self._midi:
            self._midi = []
        return self._writer.midi_out if self._writer is not None else []

    def _parts(self, frames: int) -> tuple[AudioArray, AudioArray | None, AudioArray]:
        """Return what of the shared memory holds a block of so many frames, its side-chain, and what becomes of it."""
        shared, rows, channels = self._shared, self._channels, self._plugin.channels
        side = shared.inputs[rows : rows + channels.sidechain, :frames] if channels.sidechain else None
        return shared.inputs[:rows, :frames], side, shared.outputs[: channels.out(rows), :frames]

    def _answer(self, question: dict[str, Any]) -> None:
        try:
            answer = getattr(self, "_do_" + question.pop("do"))(**question)
        except Exception as error:
            self._line.say({"error": _said(error)})
        else:
            self._line.say({"answer": answer})

    def _do_load(self, spec: dict[str, Any]) -> dict[str, Any]:
        self._spec = spec
        plugin = plugin_of(spec)
        # Asked once: to be told that an attribute is missing, and what else was meant, takes 25 µs.
        self._writer = plugin if hasattr(plugin, "midi_out") else None
        parameters = list(plugin.parameters.values())
        if len(parameters) > MOST_PARAMETERS:
            raise PluginError(f"{plugin.name} has more than {MOST_PARAMETERS} parameters; load it with isolate=False")
        self._known = np.zeros(len(parameters))
        self._take(plugin)
        self._tell()
        return {
            "name": plugin.name,
            "channels": asdict(plugin.channels),
            "takes_midi": plugin.takes_midi,
            "follows_tempo": plugin.follows_tempo,
            "parameters": [asdict(parameter.info) | {"meter": parameter.meter} for parameter in parameters],
            "presets": list(getattr(plugin, "presets", ())),
        }

    def _take(self, plugin: HostedPlugin) -> None:
        """Run a plugin from now on."""
        parameters = list(plugin.parameters.values())
        self._plugin = plugin
        self._set = [None if parameter.meter else parameter for parameter in parameters]
        self._meters = [(place, parameter) for place, parameter in enumerate(parameters) if parameter.meter]

    def _do_grow(self, channels: int) -> None:
        self._apply()
        if is_mono(self._plugin):
            self._take(EachChannel(self._plugin, make=partial(plugin_of, self._spec)))
        if isinstance(self._plugin, EachChannel):
            self._plugin.grow(channels)

    def _do_catalogue(self) -> list[dict[str, Any]]:
        from pyhost.host.lv2.catalogue import catalogue_of

        return catalogue_of().rows()

    def _do_binary(self, uri: str, bundle: str | None) -> str:
        from pyhost.host.lv2.catalogue import catalogue_of

        return catalogue_of(bundle).binary(uri)

    def _tell(self) -> None:
        """Write the plugin's own values where the host reads them."""
        for place, parameter in enumerate(self._plugin.parameters.values()):
            self._shared.parameters[place] = self._known[place] = parameter.value

    def _do_prepare(self, sample_rate: float, channels: int) -> int:
        self._apply()
        if channels > 1 and is_mono(self._plugin):
            self._do_grow(channels)
        self._channels = channels
        self._views.clear()
        self._plugin.prepare(sample_rate, channels)
        return self._plugin.latency_samples

    def _do_meters(self) -> None:
        for place, meter in self._meters:
            self._shared.parameters[place] = self._known[place] = meter.value

    def _apply(self) -> None:
        """Give the plugin the parameters that the host has changed."""
        self._changes = self._shared.header[CHANGES]
        now = self._shared.parameters[: len(self._known)].copy()
        for place in np.flatnonzero(now != self._known).tolist():
            if self._set[place] is not None:
                self._set[place].value = float(now[place])
        self._known[:] = now

    def _do_reset(self) -> None:
        self._plugin.reset()

    def _do_midi(self, events: list[tuple[int, str]]) -> None:
        self._midi = [(frame, bytes.fromhex(message)) for frame, message in events]

    def _do_transport(self, place: dict[str, Any] | None) -> None:
        self._plugin.transport = None if place is None else Transport(**place)

    def _do_state(self) -> str:
        self._apply()
        return b64encode(self._plugin.state).decode()

    def _do_set_state(self, state: str) -> None:
        self._apply()
        self._plugin.state = b64decode(state)
        self._tell()

    def _do_preset(self, name: str) -> None:
        load = getattr(self._plugin, "load_preset", None)
        if load is None:
            raise PyhostError(f"{self._plugin.name} has no presets")
        load(name)
        self._tell()


def _said(error: Exception) -> dict[str, str]:
    """Return an error as the host will raise it."""
    if isinstance(error, PyhostError):
        return {"kind": type(error).__name__, "message": str(error)}
    traceback.print_exc()
    return {"kind": "", "message": f"{type(error).__name__}: {error}"}


def _end_with(life: int) -> None:
    """Let the kernel end this process when the other end of a pipe is closed, whatever a plugin is doing then."""
    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
    _listen_for_the_end()
    if select.select([life], [], [], 0.0)[0]:  # it was closed before anybody looked
        os._exit(0)


def _listen_for_the_end() -> None:
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGIO])


def main() -> None:
    """Serve the host that started this process."""
    bytes_, memory, life, *ends = (int(number) for number in sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with(life)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if bytes_:
        resource.setrlimit(resource.RLIMIT_AS, (bytes_, bytes_))
    shared = Shared(memory)
    os.close(memory)
    with suppress(EndedError):
        Worker(shared, Line(LineEnds(*ends))).serve()
    # What a plugin does when it is unloaded is not waited for.
    os._exit(0)
