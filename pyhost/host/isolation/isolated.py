"""A plugin in a process of its own, which behaves like one in the host's."""

from __future__ import annotations

import weakref
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioArray
from pyhost.errors import AudioError, InputError
from pyhost.host.each_channel import is_mono
from pyhost.host.isolation.process import MEMORY, CrashedError, Deadlines, WorkerProcess
from pyhost.host.isolation.replay import Block, Record
from pyhost.host.isolation.shared import CHANGES, FRAMES, MOST_CHANNELS, MOST_FRAMES
from pyhost.host.parameter import ParameterInfo, PluginParameter, PluginParameters
from pyhost.host.plugin import Channels, HostedPlugin, MidiEvent
from pyhost.host.transport import Transport

__all__ = ["CrashedError", "Deadlines", "Isolated"]


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
    on_crash : callable, optional
        Is told of every crash that is the plugin's fault, also of those that it is recovered from.

    Attributes
    ----------
    restarts : int
        How often it was started again.
    midi_out : list of (frame, bytes)
        MIDI that it wrote in the last call of `process`.

    Raises
    ------
    CrashedError
        If it crashes or hangs.
    PluginError
        If it cannot be loaded.
    """

    restarts: int
    midi_out: list[MidiEvent]

    def __init__(
        self,
        spec: Mapping[str, Any],
        *,
        deadlines: Deadlines | None = None,
        memory: int = MEMORY,
        recover: bool = False,
        on_crash: Callable[[CrashedError], None] | None = None,
    ) -> None:
        self._spec = dict(spec)
        self.restarts = 0
        self.midi_out = []
        self._settings = (deadlines, memory, on_crash)
        described = self._begin()
        self.name = described["name"]
        self.channels = Channels(**described["channels"])
        self.takes_midi = described["takes_midi"]
        self.follows_tempo = described["follows_tempo"]
        self._presets: list[str] = described["presets"]
        self.parameters = PluginParameters([self._parameter(*row) for row in enumerate(described["parameters"])])
        self._latency = 0
        self._views: dict[tuple[int, int], tuple[AudioArray, AudioArray]] = {}
        self._record = Record() if recover else None

    def _begin(self) -> dict[str, Any]:
        """Start a process and load the plugin in it; return what it says of itself."""
        self._worker = WorkerProcess(*self._settings)
        self._finalizer = weakref.finalize(self, self._worker.kill)
        try:
            return self._worker.load(self.spec)
        except BaseException:
            self._finalizer()
            raise

    def _parameter(self, place: int, row: dict[str, Any]) -> PluginParameter:
        choices = tuple((str(name), float(value)) for name, value in row.pop("choices"))
        if row.pop("meter"):
            return PluginParameter(ParameterInfo(**row, choices=choices), lambda: self._read_meter(place), None)
        info = ParameterInfo(**row, choices=choices)
        return PluginParameter(info, lambda: float(self._values[place]), lambda value: self._write(place, value))

    @property
    def _values(self) -> NDArray[np.float64]:
        return self._worker.shared.parameters

    def _write(self, place: int, value: float) -> None:
        self._values[place] = value
        self._worker.shared.header[CHANGES] += 1

    def _write_all(self, values: NDArray[np.float64]) -> None:
        self._values[: len(values)] = values
        self._worker.shared.header[CHANGES] += 1

    def _read_meter(self, place: int) -> float:
        self._worker.ask("meters")
        return float(self._values[place])

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
        """Set it as a preset says.

        Raises
        ------
        PluginError
            If it has none of that name.
        """
        self._wish("preset", name=name)

    @property
    def state(self) -> bytes:
        """What the plugin gives as its state."""
        return b64decode(self._worker.ask("state"))

    @state.setter
    def state(self, state: bytes) -> None:
        self._wish("set_state", state=b64encode(state).decode())

    def _wish(self, do: str, **given: Any) -> None:
        """Ask the plugin for something that changes it."""
        self._worker.ask(do, **given)
        if self._record is not None and self._running is not None:
            self._record.append_wish(do, given)

    def grow(self, channels: int) -> None:
        """Make instances of a plugin for one channel, all in its process, for so many channels; for `EachChannel`."""
        self._worker.ask("grow", channels=channels)

    def prepare_for_each(self, sample_rate: float, channels: int) -> None:
        """Make ready as `prepare` does, for a block of which each channel is heard by an instance of its own."""
        self._start(sample_rate, channels)
        self._running = (sample_rate, channels)

    def reset(self) -> None:
        """Forget what was processed; parameters stay."""
        super().reset()
        self._worker.ask("reset")

    def close(self) -> None:
        """End its process; nothing can be asked of it afterwards."""
        self._finalizer()

    def _start(self, sample_rate: float, channels: int) -> None:
        # Inputs with side-chain, and outputs.
        self._rows = channels + self.channels.sidechain, channels if is_mono(self) else self.channels.out(channels)
        if max(self._rows) > MOST_CHANNELS:
            raise AudioError(
                f"{self.name} is to run with more than {MOST_CHANNELS} channels; load it with isolate=False"
            )
        self._views.clear()
        self._latency = self._worker.ask("prepare", sample_rate=sample_rate, channels=channels)
        if self._record is not None:
            self._record.begin(self.state, self._values[: len(self.parameters)].copy(), sample_rate, channels)
        if self.transport is not None:
            self._follow(self.transport, sample_rate)
        elif self.follows_tempo:
            self._worker.ask("transport", place=None)

    def _follow(self, transport: Transport | None, sample_rate: float) -> None:
        if self.follows_tempo:
            place = None if transport is None else asdict(transport)
            self._worker.ask("transport", place=place)
            if self._record is not None:
                self._record.append_wish("transport", {"place": place})

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        inputs = block if sidechain is None else np.concatenate([block, sidechain])
        if inputs.shape[1] <= MOST_FRAMES:
            run = self._run_block if self._record is None else self._run_recovering
            made, written = run(inputs, midi)
            if written or self.midi_out:
                self.midi_out = written
            return made.copy()
        parts, all_written = [], []
        for first in range(0, inputs.shape[1], MOST_FRAMES):
            last = first + MOST_FRAMES
            events = [(frame - first, message) for frame, message in midi if first <= frame < last]
            made, written = self._run_recovering(inputs[:, first:last], events)
            parts.append(made.copy())
            all_written += [(frame + first, message) for frame, message in written]
        self.midi_out = all_written
        return np.concatenate(parts, axis=1)

    def _run_recovering(self, inputs: AudioArray, midi: Sequence[MidiEvent]) -> tuple[AudioArray, list[MidiEvent]]:
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

    def _run_block(self, inputs: AudioArray, midi: Sequence[MidiEvent]) -> tuple[AudioArray, list[MidiEvent]]:
        """Run one block that fits the shared memory; return a view of it, and the MIDI that came with it."""
        worker = self._worker
        if midi:
            worker.ask("midi", events=[(frame, message.hex()) for frame, message in midi])
        shape = inputs.shape
        if shape not in self._views:
            shared, (rows, outputs) = worker.shared, self._rows
            if shape[0] != rows:
                raise InputError(
                    f"{self.name} was made ready for other channels while what it is part of went on; start that with "
                    "reset=True"
                )
            self._views[shape] = shared.inputs[:rows, : shape[1]], shared.outputs[:outputs, : shape[1]]
        given, made = self._views[shape]
        given[:] = inputs
        worker.shared.header[FRAMES] = shape[1]
        written = worker.run()
        return made, [(frame, bytes.fromhex(message)) for frame, message in written] if written else []

    def _replay(self, values: NDArray[np.float64]) -> None:
        """Start again, and bring a new process to where the last one failed."""
        record = self._record
        assert record is not None
        self.restarts += 1
        self._finalizer.detach()
        self._views.clear()
        self._begin()
        self._worker.ask("set_state", state=b64encode(record.state).decode())
        self._write_all(record.values)
        self._worker.ask("prepare", sample_rate=record.sample_rate, channels=record.channels)
        for deed in record.deeds():
            if isinstance(deed, Block):
                self._write_all(deed.values)
                self._run_block(deed.inputs, deed.midi)
            else:
                self._worker.ask(**deed)
        self._write_all(values)
