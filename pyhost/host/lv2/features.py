"""What this host offers to an LV2 plugin: numbers for URIs, options, bounded blocks, and a worker.

Every feature that is offered is complete: plugins that check nothing have crashed hosts that passed null pointers.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from pyhost.host.lv2.lilv import ffi
from pyhost.host.lv2.names import ATOM, BUF_SIZE, OPTIONS, PARAMETERS, STATE, URID, WORKER

__all__ = ["BLOCK", "SEQUENCE_SIZE", "STEADY", "Features", "Uris"]

BLOCK = 512
"""Frames of the longest run of a plugin; a power of two, for those that ask for one."""

STEADY = frozenset(BUF_SIZE + name for name in ("coarseBlockLength", "fixedBlockLength", "powerOf2BlockLength"))
"""Features that promise something of the length of blocks."""

SEQUENCE_SIZE = 1 << 15
"""Bytes of an event port's buffer, at least."""


class Uris:
    """URIs and the numbers that stand for them, for one process."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._texts: list[Any] = []
        self._map = ffi.callback("uint32_t(void *, const char *)", lambda _, uri: self._number(ffi.string(uri)))
        self._unmap = ffi.callback("const char *(void *, uint32_t)", lambda _, number: self._text(number))
        self.map = ffi.new("LV2_URID_Map *", {"handle": ffi.NULL, "map": self._map})
        self.unmap = ffi.new("LV2_URID_Unmap *", {"handle": ffi.NULL, "unmap": self._unmap})

    def __getitem__(self, uri: str) -> int:
        """Return the number of a URI."""
        return self._number(uri.encode())

    def _number(self, uri: bytes) -> int:
        if uri not in self._numbers:
            self._texts.append(ffi.new("char[]", uri))
            self._numbers[uri] = len(self._texts)
        return self._numbers[uri]

    def _text(self, number: int) -> Any:
        return self._texts[number - 1] if 1 <= number <= len(self._texts) else ffi.NULL


class Features:
    """The features for one instance; they live as long as this object.

    Parameters
    ----------
    uris : Uris
        Of this process.
    sample_rate : float
        In Hz.
    steady : bool
        Whether every run has `BLOCK` frames: a promise that is made to those alone that cannot do without.
    """

    def __init__(self, uris: Uris, sample_rate: float, *, steady: bool) -> None:
        self._kept: list[Any] = []
        self.scheduled: list[bytes] = []
        self._schedule = ffi.callback("int(void *, uint32_t, const void *)", self._take_work)
        schedule = self._keep(ffi.new("LV2_Worker_Schedule *", {"handle": ffi.NULL, "schedule_work": self._schedule}))
        options = self._options(uris, sample_rate)
        offered: Mapping[str, Any] = {
            URID + "map": uris.map,
            URID + "unmap": uris.unmap,
            OPTIONS + "options": options,
            BUF_SIZE + "boundedBlockLength": ffi.NULL,
            **(dict.fromkeys(sorted(STEADY), ffi.NULL) if steady else {}),
            WORKER + "schedule": schedule,
            STATE + "loadDefaultState": ffi.NULL,
        }
        self.offered = frozenset(offered)
        rows = [
            self._keep(ffi.new("LV2_Feature *", {"URI": self._keep(ffi.new("char[]", uri.encode())), "data": data}))
            for uri, data in offered.items()
        ]
        self.array = ffi.new("LV2_Feature *[]", [*rows, ffi.NULL])

    def _keep(self, thing: Any) -> Any:
        self._kept.append(thing)
        return thing

    def _take_work(self, handle: Any, size: int, data: Any) -> int:
        self.scheduled.append(bytes(ffi.buffer(data, size)) if size else b"")
        return 0

    def _options(self, uris: Uris, sample_rate: float) -> Any:
        whole, real = uris[ATOM + "Int"], uris[ATOM + "Float"]
        said = [
            (BUF_SIZE + "minBlockLength", whole, struct.pack("i", 1)),
            (BUF_SIZE + "maxBlockLength", whole, struct.pack("i", BLOCK)),
            (BUF_SIZE + "nominalBlockLength", whole, struct.pack("i", BLOCK)),
            (BUF_SIZE + "sequenceSize", whole, struct.pack("i", SEQUENCE_SIZE)),
            (PARAMETERS + "sampleRate", real, struct.pack("f", sample_rate)),
        ]
        rows = ffi.new("LV2_Options_Option[]", len(said) + 1)
        for row, (key, kind, value) in zip(rows, said, strict=False):
            row.key, row.type, row.size = uris[key], kind, len(value)
            row.value = self._keep(ffi.new("char[]", value))
        return self._keep(rows)
