"""FLAC, Ogg and MP3: whether the end of the recording lies in the file.

pedalboard 0.9.26 decodes what is missing of a FLAC or MP3 as zeros and says nothing; of an Ogg it makes a
shorter recording. After RFC 9639 (FLAC), RFC 3533 (Ogg) and the Xing header that LAME writes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

from pyhost.audio._damage import COPY_AGAIN, damaged_header, truncated
from pyhost.errors import AudioError

__all__ = ["FlacInfo", "after_id3", "check_mp3_end", "check_ogg_end", "flac_info"]


@dataclass(frozen=True, slots=True)
class FlacInfo:
    """What STREAMINFO says: frames (0: unknown), bits of a sample, MD5 of all samples (zeros: unknown)."""

    frames: int
    bits: int
    md5: bytes


def flac_info(data: mmap, start: int, name: str) -> FlacInfo:
    """Return STREAMINFO of a FLAC that is there to its last frame.

    The last FLAC frame carries its own position and two checksums, so its presence is certain without
    decoding anything, and digital silence at the end of a recording is not mistaken for a missing end.

    Parameters
    ----------
    data : mmap
    start : int
        Where ``fLaC`` stands, in bytes.
    name : str

    Raises
    ------
    AudioError
        If the last frame is missing or incomplete.
    """
    info = data[start + 8 : start + 42]
    if len(info) < 34 or data[start + 4] & 0x7F != 0:
        raise AudioError(damaged_header(name))
    block = struct.unpack(">H", info[2:4])[0]
    packed = int.from_bytes(info[10:18], "big")
    rate, bits, frames = packed >> 44, (packed >> 36 & 31) + 1, packed & (1 << 36) - 1
    if frames:
        held = 0
        for at, first, size in _frames_from_the_end(data, start + 42, block):
            if first + size == frames:
                if _is_complete(data, at):
                    return FlacInfo(frames, bits, info[18:])
                held = first
                break
            if not held and first + size < frames:
                held = first + size
        raise AudioError(truncated(name, frames, held, rate))
    return FlacInfo(frames, bits, info[18:])


def _frames_from_the_end(data: mmap, start: int, block: int) -> Iterator[tuple[int, int, int]]:
    """Yield (position in bytes, first sample, samples) of what looks like a FLAC frame, the last first."""
    at = data.rfind(b"\xff", start)
    while at >= 0:
        header = _frame_header(data[at : at + 16], block)
        if header:
            yield at, *header
        at = data.rfind(b"\xff", start, at)


def _frame_header(head: bytes, block: int) -> tuple[int, int] | None:
    """Return (first sample, samples) of a FLAC frame header (RFC 9639 section 9.1), or None if it is none."""
    if len(head) < 6 or head[1] & 0xFE != 0xF8 or head[3] & 1:
        return None
    size_code, rate_code = head[2] >> 4, head[2] & 15
    length = 1 if head[4] < 0x80 else 8 - (head[4] ^ 0xFF).bit_length()
    number = head[4] if length == 1 else head[4] & (0x7F >> length)
    for byte in head[5 : 4 + length]:
        number = number << 6 | byte & 0x3F
    at = 4 + length
    after = at + {6: 1, 7: 2}.get(size_code, 0)
    end = after + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if not size_code or rate_code == 15 or len(head) <= end or _crc8(head[:end]) != head[end]:
        return None
    if size_code in (6, 7):
        samples = int.from_bytes(head[at:after], "big") + 1
    else:
        samples = 192 if size_code == 1 else 144 << size_code if size_code < 6 else 1 << size_code
    return (number if head[1] & 1 else number * block), samples


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc


def _crc16_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x8005) & 0xFFFF if crc & 0x8000 else crc << 1
        table.append(crc)
    return tuple(table)


_CRC16 = _crc16_table()


def _is_complete(data: mmap, at: int) -> bool:
    """Whether the frame at ``at`` ends with its CRC-16 anywhere: tags may follow the last frame.

    By chance a cut frame passes with a probability of its length / 65536; the MD5 of the samples, compared
    while the file is read, then still finds it.
    """
    crc = 0
    for byte in data[at:]:
        crc = (crc << 8 & 0xFFFF) ^ _CRC16[crc >> 8 ^ byte]
        if not crc:
            return True
    return False


def check_ogg_end(data: mmap, name: str) -> None:
    """Raise AudioError unless the last Ogg page is complete and says that it is the last (RFC 3533, 6)."""
    at = data.rfind(b"OggS")
    head = data[at : at + 27]
    if len(head) == 27:
        laces = data[at + 27 : at + 27 + head[26]]
        if head[5] & 4 and len(laces) == head[26] and at + 27 + head[26] + sum(laces) <= len(data):
            return
    raise AudioError(
        f"{name}: is truncated: its last Ogg page is incomplete or not marked as the end; {COPY_AGAIN}, "
        f"or, if nothing is missing, repair it with: ffmpeg -i {name} -c copy repaired.ogg"
    )


def after_id3(data: mmap) -> int:
    """Return where the audio begins, in bytes: after an ID3v2 tag if there is one."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if data[5] & 0x10 else 0)


def check_mp3_end(data: mmap, start: int, name: str) -> None:
    """Raise AudioError if an MP3 is shorter than its Xing header says. Without that header nobody can know.

    One MP3 frame may be missing unnoticed: encoders differ in whether the frame of the header itself counts.
    """
    one_frame = 2881
    head = data[start : start + 200]
    found = max(head.find(b"Xing"), head.find(b"Info"))
    if found < 0 or len(head) < found + 16 or not head[found + 7] & 2:
        return
    at = found + 8 + (4 if head[found + 7] & 1 else 0)
    promised, held = struct.unpack(">I", head[at : at + 4])[0], len(data) - start
    if promised > held + one_frame:
        raise AudioError(
            f"{name}: is truncated: its header promises {promised} bytes of audio, the file holds {held}; "
            f"{promised - held} bytes are missing; {COPY_AGAIN}"
        )
