"""A running LV2 plugin: its ports connected, its worker at hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from pyhost.audio import AudioArray
from pyhost.errors import PluginError
from pyhost.host.floating import kept_floating_point
from pyhost.host.lv2.atoms import EventBuffer
from pyhost.host.lv2.catalogue import Catalogue, Description
from pyhost.host.lv2.features import BLOCK, STEADY, Features, Uris
from pyhost.host.lv2.lilv import ffi, library
from pyhost.host.lv2.names import STATE, WORKER
from pyhost.host.lv2.ports import Port, PortKind
from pyhost.host.plugin import MidiEvent
from pyhost.host.transport import Transport

__all__ = ["Instance"]


class Instance:
    """One instance of a plugin at one sample rate.

    Parameters
    ----------
    catalogue : Catalogue
        Where it was found.
    description : Description
        What it is.
    uris : Uris
        Of this process.
    sample_rate : float
        In Hz.
    controls : ndarray, (ports,), float32
        Values of all control ports by index; the plugin reads and writes this memory.

    Raises
    ------
    PluginError
        If it needs a feature that this host has not, or refuses.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        description: Description,
        uris: Uris,
        sample_rate: float,
        controls: np.ndarray[Any, np.dtype[np.float32]],
    ) -> None:
        self.features = Features(uris, sample_rate, steady=bool(STEADY & description.required))
        self.description = description
        missing = sorted(description.required - self.features.offered)
        if missing:
            raise PluginError(f"{description.name} needs what this host does not offer: {', '.join(missing)}")
        lilv = library()
        with kept_floating_point():
            made = lilv.lilv_plugin_instantiate(catalogue.plugin(description.uri), sample_rate, self.features.array)
        if not made:
            raise PluginError(
                f"{description.name} ({description.uri}) refuses to be instantiated at {sample_rate:g} Hz; "
                "its messages on stderr may say why"
            )
        # What it was given must be there until it is gone: plugins use features while they are cleaned up. And the
        # function is looked up now: cffi does that under a lock, which the collector of garbage may come to hold.
        self.handle = ffi.gc(made, partial(_freed, lilv.lilv_instance_free, (self.features, controls, uris)))
        self._descriptor = made.lv2_descriptor
        self._plugin = made.lv2_handle
        self._controls = controls
        self._inputs = np.zeros((len(description.audio(output=False)), BLOCK), np.float32)
        self._heard = np.zeros((len(description.audio(output=False, sidechain=True)), BLOCK), np.float32)
        self._outputs = np.zeros((len(description.audio(output=True)), BLOCK), np.float32)
        self._spare = np.zeros((len(description.audio(output=True, sidechain=True)), BLOCK), np.float32)
        self._event_inputs: list[tuple[Port, EventBuffer]] = []
        self._event_outputs: list[EventBuffer] = []
        self._midi_outputs: list[EventBuffer] = []
        self._connect(uris)
        self._worker = self._extension(WORKER + "interface", "LV2_Worker_Interface *")
        self.has_state = self._extension(STATE + "interface", "void *") is not None
        self._responses: list[bytes] = []
        self._respond = ffi.callback("LV2_Worker_Respond", self._take_response)
        self._active = False

    def _extension(self, uri: str, kind: str) -> Any:
        if not self._descriptor.extension_data:
            return None
        found = self._descriptor.extension_data(uri.encode())
        return ffi.cast(kind, found) if found else None

    def _connect(self, uris: Uris) -> None:
        rows = {
            (False, False): iter(self._inputs),
            (False, True): iter(self._heard),
            (True, False): iter(self._outputs),
            (True, True): iter(self._spare),
        }
        for port in self.description.ports:
            if port.kind in (PortKind.AUDIO, PortKind.CV):
                pointer = _pointer(next(rows[port.output, port.sidechain]))
            elif port.kind is PortKind.CONTROL:
                pointer = _pointer(self._controls[port.index :])
            elif port.kind is PortKind.ATOM:
                pointer = self._event_buffer(port, uris).pointer
            elif port.optional:
                pointer = ffi.NULL
            else:
                raise PluginError(
                    f"{self.description.name} has a port {port.symbol!r} of a kind that this host does not know"
                )
            self._descriptor.connect_port(self._plugin, port.index, pointer)

    def _event_buffer(self, port: Port, uris: Uris) -> EventBuffer:
        """Return a new buffer for an atom port, which is kept by what `run` does with it."""
        buffer = EventBuffer(uris, port.minimum_size)
        if port.output:
            self._event_outputs.append(buffer)
            if port.midi:
                self._midi_outputs.append(buffer)
        else:
            self._event_inputs.append((port, buffer))
        return buffer

    def activate(self) -> None:
        """Start it, from silence."""
        if self._descriptor.activate:
            self._descriptor.activate(self._plugin)
        self._active = True

    def close(self) -> None:
        """Stop it and free it; it cannot be used any more."""
        if self._active and self._descriptor.deactivate:
            self._descriptor.deactivate(self._plugin)
        self._active = False
        ffi.release(self.handle)

    def run(
        self,
        block: AudioArray,
        sidechain: AudioArray | None,
        midi: Sequence[MidiEvent],
        transport: Transport | None = None,
    ) -> tuple[AudioArray, list[MidiEvent]]:
        """Run at most `BLOCK` frames; return its audio, (outputs, frames), and its MIDI.

        Where in a song the first of them is, is told to what listens if it is given.
        """
        frames = block.shape[1]
        self._inputs[:, :frames] = block
        if sidechain is not None:
            self._heard[:, :frames] = sidechain
        for buffer in self._event_outputs:
            buffer.clear_output()
        for port, buffer in self._event_inputs:
            if not buffer.write_input(midi if port.midi else (), transport if port.time else None):
                raise PluginError(
                    f"{len(midi)} MIDI messages in one block are more than {self.description.name} can take"
                )
        self._descriptor.run(self._plugin, frames)
        if self._worker is not None:
            self._work()
        written = [event for buffer in self._midi_outputs for event in buffer.midi()]
        return self._outputs[:, :frames].astype(np.float64), written

    def _work(self) -> None:
        """Do what the plugin put off, as its worker thread would between two blocks."""
        work, self.features.scheduled[:] = list(self.features.scheduled), []
        for data in work:
            self._worker.work(self._plugin, self._respond, ffi.NULL, len(data), ffi.from_buffer(data))
        for response in self._responses:
            if self._worker.work_response:
                self._worker.work_response(self._plugin, len(response), ffi.from_buffer(response))
        self._responses.clear()
        if self._worker.end_run:
            self._worker.end_run(self._plugin)

    def _take_response(self, handle: Any, size: int, data: Any) -> int:
        self._responses.append(bytes(ffi.buffer(data, size)) if size else b"")
        return 0


def _freed(free: Any, kept: tuple[Any, ...], instance: Any) -> None:
    """Free an instance, while what it was given is still there."""
    free(instance)


def _pointer(row: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
    """Return a pointer to the memory of an array that outlives the plugin."""
    return ffi.cast("void *", row.ctypes.data)
