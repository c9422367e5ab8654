"""Sequences of events in the buffers of atom ports."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from pyhost.host.lv2.features import SEQUENCE_SIZE, Uris
from pyhost.host.lv2.lilv import ffi
from pyhost.host.lv2.names import ATOM, MIDI
from pyhost.host.lv2.position import position_body
from pyhost.host.plugin import MidiEvent
from pyhost.host.transport import Transport

__all__ = ["EventBuffer"]

HEADER = ffi.sizeof("LV2_Atom_Sequence")
EVENT = ffi.sizeof("LV2_Atom_Event")


def _padded(size: int) -> int:
    """Return a size rounded up to 64 bits, as events are aligned."""
    return -(-size // 8) * 8


class EventBuffer:
    """The buffer of one atom port.

    Parameters
    ----------
    uris : Uris
        Of this process.
    size : int
        Bytes that the port needs at least.
    """

    def __init__(self, uris: Uris, size: int) -> None:
        self.size = max(_padded(size), SEQUENCE_SIZE)
        self._words = ffi.new("uint64_t[]", self.size // 8)
        self.pointer = ffi.cast("void *", self._words)
        self._sequence = ffi.cast("LV2_Atom_Sequence *", self._words)
        self._bytes: Any = ffi.buffer(self._words)
        self._sequence_type = uris[ATOM + "Sequence"]
        self._chunk_type = uris[ATOM + "Chunk"]
        self._midi_type = uris[MIDI + "MidiEvent"]
        self._object_type = uris[ATOM + "Object"]
        self._uris = uris

    def clear_input(self) -> None:
        """Hold no events, for the plugin to read."""
        self._sequence.atom.type = self._sequence_type
        self._sequence.atom.size = HEADER - ffi.sizeof("LV2_Atom")
        self._sequence.unit = 0
        self._sequence.pad = 0

    def clear_output(self) -> None:
        """Be a chunk of all the room there is, for the plugin to fill."""
        self._sequence.atom.type = self._chunk_type
        self._sequence.atom.size = self.size - HEADER

    def write(self, events: Sequence[tuple[int, int, bytes]]) -> bool:
        """Hold events (frame, type, body) in order; return whether all fitted."""
        self.clear_input()
        place = HEADER
        for frame, kind, body in events:
            if place + EVENT + _padded(len(body)) > self.size:
                return False
            self._bytes[place : place + EVENT + len(body)] = struct.pack("qII", frame, len(body), kind) + body
            place += EVENT + _padded(len(body))
        self._sequence.atom.size = place - ffi.sizeof("LV2_Atom")
        return True

    def write_input(self, midi: Sequence[MidiEvent], transport: Transport | None) -> bool:
        """Hold MIDI messages, in order, and before them where the song is; return whether all fitted."""
        events = [(frame, self._midi_type, message) for frame, message in midi]
        if transport is not None:
            events.insert(0, (0, self._object_type, position_body(transport, self._uris)))
        return self.write(events)

    def midi(self) -> list[MidiEvent]:
        """Return the MIDI messages that the plugin wrote."""
        if self._sequence.atom.type != self._sequence_type:
            return []
        end = min(ffi.sizeof("LV2_Atom") + self._sequence.atom.size, self.size)
        place, found = HEADER, []
        while place + EVENT <= end:
            frame, size, kind = struct.unpack("qII", self._bytes[place : place + EVENT])
            if place + EVENT + size > end:
                break
            if kind == self._midi_type:
                found.append((frame, bytes(self._bytes[place + EVENT : place + EVENT + size])))
            place += EVENT + _padded(size)
        return found
