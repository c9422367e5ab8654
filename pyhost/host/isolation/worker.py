"""The process that a plugin lives in: ``python -m pyhost.host.isolation.worker MEMORY READING WRITING``."""

from __future__ import annotations

import os
import resource
import signal
import sys
import traceback
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import numpy as np

from pyhost.errors import PyhostError
from pyhost.host.isolation.shared import DONE, RUN, SPEAK, EndedError, Line, Shared
from pyhost.host.plugin import HostedPlugin
from pyhost.host.spec import plugin_of

__all__ = ["main"]


class Worker:
    """One plugin, and what the host asks of it."""

    def __init__(self, shared: Shared, line: Line) -> None:
        self._shared = shared
        self._line = line
        self._plugin: HostedPlugin
        self._channels = 0
        self._set: list[Any] = []
        self._meters: list[tuple[int, Any]] = []
        self._known = np.zeros(0)
        self._midi: list[tuple[int, bytes]] = []

    def serve(self) -> None:
        """Answer until the host is gone."""
        while True:
            byte = self._line.receive()
            if byte == RUN:
                self._answer_run()
            elif byte == SPEAK:
                self._answer(self._line.hear())

    def _answer_run(self) -> None:
        try:
            self._run()
        except Exception as error:
            self._line.say({"error": _said(error)})
        else:
            self._line.send(DONE)

    def _run(self) -> None:
        shared, plugin = self._shared, self._plugin
        self._apply()
        inputs, heard = plugin.channels.inputs, plugin.channels.sidechain
        rows = self._channels if inputs is None else inputs
        frames = shared.frames
        side = shared.inputs[rows : rows + heard, :frames] if heard else None
        made = plugin._run(shared.inputs[:rows, :frames], side, self._midi)
        self._midi = []
        shared.outputs[: made.shape[0], :frames] = made
        for place, meter in self._meters:
            shared.parameters[place] = self._known[place] = meter.value

    def _answer(self, question: dict[str, Any]) -> None:
        try:
            answer = getattr(self, "_do_" + question.pop("do"))(**question)
        except Exception as error:
            self._line.say({"error": _said(error)})
        else:
            self._line.say({"answer": answer})

    def _do_load(self, spec: dict[str, Any]) -> dict[str, Any]:
        self._plugin = plugin = plugin_of(spec)
        parameters = list(plugin.parameters.values())
        self._set = [None if parameter.meter else parameter for parameter in parameters]
        self._meters = [(place, parameter) for place, parameter in enumerate(parameters) if parameter.meter]
        self._known = np.zeros(len(parameters))
        self._tell()
        return {
            "name": plugin.name,
            "channels": asdict(plugin.channels),
            "takes_midi": plugin.takes_midi,
            "parameters": [asdict(parameter.info) | {"meter": parameter.meter} for parameter in parameters],
            "presets": list(getattr(plugin, "presets", ())),
        }

    def _tell(self) -> None:
        """Write the plugin's own values where the host reads them."""
        for place, parameter in enumerate(self._plugin.parameters.values()):
            self._shared.parameters[place] = self._known[place] = parameter.value

    def _do_prepare(self, sample_rate: float, channels: int) -> int:
        self._apply()
        self._channels = channels
        self._plugin.prepare(sample_rate, channels)
        return self._plugin.latency_samples

    def _apply(self) -> None:
        now = self._shared.parameters[: len(self._known)].copy()
        for place in np.flatnonzero(now != self._known).tolist():
            if self._set[place] is not None:
                self._set[place].value = float(now[place])
        self._known[:] = now

    def _do_reset(self) -> None:
        self._plugin.reset()

    def _do_midi(self, events: list[tuple[int, str]]) -> None:
        self._midi = [(frame, bytes.fromhex(message)) for frame, message in events]

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


def main() -> None:
    """Serve the host that started this process."""
    memory, reading, writing, bytes_ = (int(number) for number in sys.argv[1:5])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if bytes_:
        resource.setrlimit(resource.RLIMIT_AS, (bytes_, bytes_))
    shared = Shared(memory)
    os.close(memory)
    with suppress(EndedError):
        Worker(shared, Line(reading, writing)).serve()
    # What a plugin does when it is unloaded is not waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
