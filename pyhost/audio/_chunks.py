"""WAV and AIFF: whether all the audio is there that the header promises, in a form that pedalboard reads.

pedalboard 0.9.26 fills what is missing with zeros and says nothing, and dies of a segmentation fault on an
ADPCM WAV; so both are asked here before it sees the file. After the RIFF specification of 1991 and EBU Tech
3306 (RF64), and Apple's AIFF 1.3 and AIFF-C.
"""

from __future__ import annotations

import struct
from mmap import mmap
from typing import NamedTuple

from pyhost.audio._damage import COPY_AGAIN, damaged_header, truncated
from pyhost.errors import AudioError

__all__ = ["aiff_frames", "wav_frames"]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_WAV_SAMPLES = {(_PCM, 8), (_PCM, 16), (_PCM, 24), (_PCM, 32), (_FLOAT, 32), (_FLOAT, 64)}
_AIFC_SAMPLES = {b"NONE", b"twos", b"sowt", b"fl32", b"FL32"}


class _WavFormat(NamedTuple):
    """What a 'fmt ' chunk says: bytes of a frame, over all channels, and the sample rate in Hz."""

    align: int
    rate: int


def wav_frames(data: mmap, name: str) -> int:
    """Return how many frames a WAV really holds.

    Raises
    ------
    AudioError
        If it is truncated, was never finished, or holds samples that pedalboard does not read.
    """
    if data[:4] == b"RIFX":
        raise AudioError(f"{name}: is a big-endian WAV (RIFX); {_convert(name)}")
    form: _WavFormat | None = None
    long_size, at = 0, 12
    while at + 8 <= len(data):
        kind, size = struct.unpack("<4sI", data[at : at + 8])
        body = at + 8
        if kind == b"ds64" and body + 16 <= len(data):
            long_size = struct.unpack("<Q", data[body + 8 : body + 16])[0]
        elif kind == b"fmt ":
            form = _wav_format(data[body : body + min(size, 40)], name)
        elif kind == b"data":
            if form is None:
                raise AudioError(f"{name}: is damaged, it has no 'fmt ' chunk before its samples; {_convert(name)}")
            if data[:4] == b"RF64" and size == 0xFFFFFFFF:
                size = long_size
            return _frames_of_data(data, body, size, form, name)
        at = body + size + size % 2
    raise AudioError(f"{name}: is truncated or damaged, it ends after {len(data)} bytes without audio; {COPY_AGAIN}")


def _wav_format(fmt: bytes, name: str) -> _WavFormat:
    if len(fmt) < 16:
        raise AudioError(damaged_header(name))
    tag, channels, rate, _, align, bits = struct.unpack("<HHIIHH", fmt[:16])
    if tag == _EXTENSIBLE and len(fmt) >= 26:
        tag = struct.unpack("<H", fmt[24:26])[0]
    if (tag, bits) not in _WAV_SAMPLES:
        raise AudioError(
            f"{name}: holds samples of format 0x{tag:04x} with {bits} bits; "
            f"pyhost reads PCM of 8 to 32 bits and floats of 32 or 64; {_convert(name)}"
        )
    if not (channels and rate) or align != channels * bits // 8:
        raise AudioError(
            f"{name}: its header is damaged: {channels} channels, {rate} Hz, {bits} bits, {align} bytes a "
            "frame; export it again"
        )
    return _WavFormat(align, rate)


def _frames_of_data(data: mmap, body: int, size: int, form: _WavFormat, name: str) -> int:
    held = len(data) - body
    if size == 0 and held >= form.align and not _only_chunks(data, body):
        raise AudioError(
            f"{name}: its header announces no audio, but {held} bytes follow: the recorder never finished "
            f"it; repair it with: sox --ignore-length {name} repaired.wav"
        )
    if size > held and not _is_placeholder(size):
        raise AudioError(truncated(name, size // form.align, held // form.align, form.rate))
    return min(size, held) // form.align


def _is_placeholder(size: int) -> bool:
    """Whether a program that wrote into a pipe left this size: ffmpeg 2**32-1, sox and arecord near 2**31."""
    return size >= 0xFFFF0000 or 0x7FFF0000 <= size <= 0x80000000


def _only_chunks(data: mmap, at: int) -> bool:
    """Whether well-formed chunks, and no forgotten audio, fill the file from ``at`` to its end."""
    while at + 8 <= len(data):
        size = struct.unpack("<I", data[at + 4 : at + 8])[0]
        at += 8 + size + size % 2
    return at == len(data)


def aiff_frames(data: mmap, name: str) -> int:
    """Return how many frames an AIFF or AIFF-C holds. Raises AudioError as `wav_frames` does."""
    promised = align = held = 0
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack(">4sI", data[at : at + 8])
        body = at + 8
        if kind == b"COMM" and body + 18 <= len(data):
            promised, align = _aiff_format(data[body : body + 22], data[8:12] == b"AIFC", name)
        elif kind == b"SSND" and body + 8 <= len(data):
            offset = struct.unpack(">I", data[body : body + 4])[0]
            held = min(size, len(data) - body) - 8 - offset
        at = body + size + size % 2
    if not align:
        raise AudioError(f"{name}: is truncated or damaged, its header (COMM) is missing; {COPY_AGAIN}")
    if promised * align > held:
        raise AudioError(truncated(name, promised, max(held, 0) // align))
    return promised


def _aiff_format(comm: bytes, packed: bool, name: str) -> tuple[int, int]:
    """Return the promised frames and the bytes per frame."""
    channels, frames, bits = struct.unpack(">HIH", comm[:8])
    packing = comm[18:22] if packed else b"NONE"
    if packing not in _AIFC_SAMPLES or bits not in (8, 16, 24, 32):
        raise AudioError(f"{name}: holds samples packed as {packing!r} with {bits} bits; {_convert(name)}")
    if not channels:
        raise AudioError(f"{name}: its header is damaged: it says 0 channels; export it again")
    return frames, channels * bits // 8


def _convert(name: str) -> str:
    return f"convert it with: ffmpeg -i {name} -c:a pcm_f32le converted.wav"
