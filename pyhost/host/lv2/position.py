"""A place in a song as LV2 has it: an object of the kind ``time:Position``."""

from __future__ import annotations

import struct

from pyhost.host.lv2.features import Uris
from pyhost.host.lv2.names import ATOM, TIME
from pyhost.host.transport import Transport

__all__ = ["position_body"]


def position_body(transport: Transport, uris: Uris) -> bytes:
    """Return the body of the ``atom:Object``: identity and kind, then each property.

    A property is its key, a context, and size, type and value, which is filled up to eight bytes.
    """
    whole, long, real = uris[ATOM + "Int"], uris[ATOM + "Long"], uris[ATOM + "Float"]
    properties = [
        ("frame", long, struct.pack("q", transport.frame)),
        ("speed", real, struct.pack("f", transport.speed)),
        ("bar", long, struct.pack("q", transport.bar)),
        ("barBeat", real, struct.pack("f", transport.beat_in_bar)),
        ("beatUnit", whole, struct.pack("i", transport.beat_unit)),
        ("beatsPerBar", real, struct.pack("f", transport.beats_per_bar)),
        ("beatsPerMinute", real, struct.pack("f", transport.beats_per_minute)),
    ]
    body = struct.pack("II", 0, uris[TIME + "Position"])
    for name, kind, value in properties:
        body += struct.pack("IIII", uris[TIME + name], 0, len(value), kind) + value.ljust(8, b"\0")
    return body
