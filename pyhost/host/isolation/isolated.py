"""A plugin in a process of its own, which behaves like one in the host's."""

from __future__ import annotations

import weakref
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioArray
from pyhost.errors import PluginError
from pyhost.host.isolation.process import CrashedError, Deadlines, WorkerProcess
from pyhost.host.isolation.replay import Record
from pyhost.host.isolation.shared import MOST_CHANNELS, MOST_FRAMES
from pyhost.host.parameter import ParameterInfo, PluginParameter, PluginParameters
from pyhost.host.plugin import Channels, HostedPlugin, MidiEvent

__all__ = ["CrashedError", "Deadlines", "Isolated"]

MEMORY = 1 << 33
"""Bytes of address space for a plugin, if nothing else is said."""


class Isolated(HostedPlugin):
    """A plugin in a process of its own: if it crashes or hangs, the host is told and goes on.

    Parameters
    ----------
    spec : mapping
        Which plugin; see `pyhost.host.spec.plugin_of`.
    deadlines : Deadlines, optional
        How long it may take.
    memory : int
        Bytes of address space it may have; 0: no limit.
    recover : bool
        Whether a plugin that crashed or hung while processing is started again, given all that it was given since the
        last reset, and asked once more; a second failure in a row is an error. What it was given is kept in a temporary
        file.

    Raises
    ------
    CrashedError
        If it crashes or hangs.
    PluginError
        If it cannot be loaded.
    """

    spec: dict[str, Any]
    restarts: int

    def __init__(
        self,
        spec: Mapping[str, Any],
        *,
        deadlines: Deadlines | None = None,
        memory: int = MEMORY,
        recover: bool = False,
    ) -> None:
        self.spec = dict(spec)
        self.restarts = 0
        self._settings = (deadlines or Deadlines(), memory)
        self._worker = self._new_worker()
        described = self._worker.description
        self.name = described["name"]
        self.channels = Channels(**described["channels"])
        self.takes_midi = described["takes_midi"]
        self._presets: list[str] = described["presets"]
        if max((self.channels.inputs or 0) + self.channels.sidechain, self.channels.outputs or 0) > MOST_CHANNELS:
            raise PluginError(f"{self.name} has more than {MOST_CHANNELS} channels; load it with isolate=False")
        self.parameters = PluginParameters([self._parameter(*row) for row in enumerate(described["parameters"])])
        self._latency = 0
        self._given = 0
        self._record = Record() if recover else None

    def _new_worker(self) -> WorkerProcess:
        worker = WorkerProcess(self.spec, *self._settings)
        self._finalizer = weakref.finalize(self, worker.kill)
        return worker

    def _parameter(self, place: int, row: dict[str, Any]) -> PluginParameter:
        meter = row.pop("meter")
        choices = tuple((str(name), float(value)) for name, value in row.pop("choices"))
        info = ParameterInfo(**row, choices=choices)
        write = None if meter else lambda value: self._write(place, value)
        return PluginParameter(info, lambda: float(self._values[place]), write)

    @property
    def _values(self) -> NDArray[np.float64]:
        return self._worker.shared.parameters

    def _write(self, place: int, value: float) -> None:
        self._values[place] = value

    @property
    def pid(self) -> int:
        """Of the process it lives in."""
        return self._worker.pid

    @property
    def latency_samples(self) -> int:
        """By how many samples its output comes later, at the rate it last ran at."""
        return self._latency

    @property
    def presets(self) -> list[str]:
        """Names of its presets."""
        return list(self._presets)

    def load_preset(self, name: str) -> None:
        """Set it as a preset says."""
        self._worker.ask("preset", name=name)

    @property
    def state(self) -> bytes:
        """What the plugin gives as its state."""
        return b64decode(self._worker.ask("state"))

    @state.setter
    def state(self, state: bytes) -> None:
        self._worker.ask("set_state", state=b64encode(state).decode())

    def reset(self) -> None:
        """Forget what was processed; parameters stay."""
        super().reset()
        self._worker.ask("reset")

    def close(self) -> None:
        """End its process; nothing can be asked of it afterwards."""
        self._finalizer()

    def _start(self, sample_rate: float, channels: int) -> None:
        self._given = channels
        self._latency = self._worker.ask("prepare", sample_rate=sample_rate, channels=channels)
        if self._record is not None:
            self._record.begin(self.state, self._values[: len(self.parameters)].copy(), sample_rate, channels)

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        inputs = block if sidechain is None else np.concatenate([block, sidechain])
        out = np.empty((self.channels.out(block.shape[0]), block.shape[1]))
        for first in range(0, block.shape[1], MOST_FRAMES):
            last = min(first + MOST_FRAMES, block.shape[1])
            events = [(frame - first, message) for frame, message in midi if first <= frame < last]
            out[:, first:last] = self._run_recovering(inputs[:, first:last], events)
        return out

    def _run_recovering(self, inputs: AudioArray, midi: Sequence[MidiEvent]) -> AudioArray:
        if self._record is None:
            return self._run_block(inputs, midi)
        values = self._values[: len(self.parameters)].copy()
        try:
            made = self._run_block(inputs, midi)
        except CrashedError:
            self._replay(values)
            made = self._run_block(inputs, midi)
        self._record.append(inputs, values, midi)
        return made

    def _run_block(self, inputs: AudioArray, midi: Sequence[MidiEvent]) -> AudioArray:
        """Run one block that fits the shared memory; return a view of it."""
        shared = self._worker.shared
        frames = inputs.shape[1]
        if midi:
            self._worker.ask("midi", events=[(frame, message.hex()) for frame, message in midi])
        shared.inputs[: inputs.shape[0], :frames] = inputs
        shared.frames = frames
        self._worker.run()
        return shared.outputs[: self.channels.out(self._given), :frames]

    def _replay(self, values: NDArray[np.float64]) -> None:
        """Start again, and bring a new process to where the last one failed."""
        assert self._record is not None
        self.restarts += 1
        self._worker = self._new_worker()
        self.state = self._record.state
        self._values[: len(values)] = self._record.values
        self._worker.ask("prepare", sample_rate=self._record.sample_rate, channels=self._record.channels)
        for inputs, then, midi in self._record.blocks():
            self._values[: len(then)] = then
            self._run_block(inputs, midi)
        self._values[: len(values)] = values
