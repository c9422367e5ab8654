"""Recordings in files, read block by block through pedalboard, and only if the whole recording is there.

pedalboard decodes; what it lets pass in silence (truncated files become zeros, an ADPCM WAV kills the
process) is refused before it is asked. What is known of a file after it was opened is checked again while it
is read: that every announced frame comes, that all of them are finite, and that a FLAC has the MD5 it was
made with.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pyhost.audio._chunks import aiff_frames, wav_frames
from pyhost.audio._damage import COPY_AGAIN
from pyhost.audio._streams import FlacInfo, after_id3, check_mp3_end, check_ogg_end, flac_info
from pyhost.audio.arrays import AudioArray, check_finite
from pyhost.audio.resample import resampled
from pyhost.audio.sources import AudioSource, check_block_size
from pyhost.errors import AudioError

if TYPE_CHECKING:
    from pedalboard.io import ReadableAudioFile

__all__ = ["READABLE", "AudioFileInfo", "FileSource", "audio_info", "open_audio", "read_audio"]

READABLE = (".wav", ".flac", ".aiff", ".ogg", ".mp3")
_FULL_SCALE = {16: 32767.0, 24: 8388607.0}  # pedalboard divides by these, so the integers come back exactly


@dataclass(frozen=True, slots=True)
class AudioFileInfo:
    """What a file holds.

    Attributes
    ----------
    path : Path
    sample_rate : float
        In Hz.
    channels : int
    frames : int
    """

    path: Path
    sample_rate: float
    channels: int
    frames: int

    @property
    def duration(self) -> float:
        """In seconds."""
        return self.frames / self.sample_rate


@dataclass(frozen=True, slots=True)
class _Contents:
    """What the bytes say undecoded: frames (None: only the decoder knows), and STREAMINFO."""

    frames: int | None = None
    flac: FlacInfo | None = None


class FileSource:
    """A recording in a file, an `AudioSource`. Made by `open_audio`; keeps no file open between passes.

    Attributes
    ----------
    info : AudioFileInfo
    """

    __slots__ = ("_flac", "channels", "frames", "info", "name", "sample_rate")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        file = Path(path)
        contents = _examine(file)
        with _opened(file) as opened:
            self.frames = opened.frames if contents.frames is None else contents.frames
            self.sample_rate = float(opened.samplerate)
            self.channels = opened.num_channels
        if self.frames < 1:
            raise AudioError(f"{file}: holds no audio, 0 frames; record or export it again")
        self.name = str(file)
        self.info = AudioFileInfo(file, self.sample_rate, self.channels, self.frames)
        self._flac = contents.flac

    def blocks(self, frames: int) -> Iterator[AudioArray]:
        """Yield the recording from its first frame in blocks of ``frames``.

        Yields
        ------
        ndarray of float64, shape (channels, frames); the last one may be shorter

        Raises
        ------
        AudioError
            While reading: if the file ends early or became damaged, for NaN and infinity, and before the
            last block of the first pass if a FLAC does not have the MD5 that it carries.
        """
        return self._read(check_block_size(frames))

    def _read(self, size: int) -> Iterator[AudioArray]:
        digest = _Digest(self._flac)
        with _opened(self.info.path) as file:
            for at in range(0, self.frames, size):
                wanted = min(size, self.frames - at)
                block = _decode(file, wanted, at, self.name).astype(np.float64)
                if block.shape[1] < wanted:
                    raise AudioError(
                        f"{self.name}: is damaged, it ends after {at + block.shape[1]} of {self.frames} "
                        f"frames; {COPY_AGAIN}"
                    )
                check_finite(block, self.name, at)
                digest.add(block)
                # Before the last block, not after it: whoever counts frames never asks for one more.
                if at + wanted == self.frames:
                    self._check(digest)
                yield block

    def _check(self, digest: _Digest) -> None:
        if not digest.matches():
            raise AudioError(
                f"{self.name}: is damaged: its samples do not have the MD5 that it carries, so some were "
                f"lost; {COPY_AGAIN}"
            )
        self._flac = None


class _Digest:
    """The MD5 of the samples as FLAC defines it: signed little-endian integers, channels interleaved."""

    def __init__(self, flac: FlacInfo | None) -> None:
        known = flac is not None and any(flac.md5) and flac.bits in _FULL_SCALE
        self._flac = flac if known else None
        self._md5 = hashlib.md5(usedforsecurity=False)

    def add(self, block: AudioArray) -> None:
        if self._flac is None:
            return
        integers = np.rint(block.T * _FULL_SCALE[self._flac.bits]).astype("<i4", order="C")
        octets = integers.view(np.uint8).reshape(-1, 4)
        self._md5.update(octets[:, : self._flac.bits // 8].tobytes())

    def matches(self) -> bool:
        return self._flac is None or self._md5.digest() == self._flac.md5


def open_audio(path: str | os.PathLike[str], sample_rate: float | None = None) -> AudioSource:
    """Return the recording in a file as a stream of blocks that can be read again and again.

    Parameters
    ----------
    path : str or path
        A .wav (also RF64), .flac, .aiff, .ogg (Vorbis) or .mp3 file; its contents decide, not its name.
    sample_rate : float, optional
        Convert to this rate, in Hz, while reading. See `pyhost.audio.resampled` for the length.

    Raises
    ------
    AudioError
        If the file is missing, a folder, empty, of an unknown format, truncated or without a frame. An MP3
        without a Xing header, and an Ogg or MP3 damaged in its middle, cannot be told from intact ones.
    """
    source = FileSource(path)
    return source if sample_rate is None else resampled(source, sample_rate)


def audio_info(path: str | os.PathLike[str]) -> AudioFileInfo:
    """Return what a file holds, without decoding it. Raises AudioError as `open_audio` does."""
    return FileSource(path).info


def read_audio(path: str | os.PathLike[str], sample_rate: float | None = None) -> AudioArray:
    """Return a whole file as float64, shape (channels, frames). Raises AudioError as `open_audio` does."""
    source = open_audio(path, sample_rate)
    audio = np.empty((source.channels, source.frames))
    at = 0
    for block in source.blocks(65536):
        audio[:, at : at + block.shape[1]] = block
        at += block.shape[1]
    return audio


def _examine(path: Path) -> _Contents:
    """Refuse what is no intact recording."""
    try:
        str(path).encode()
    except UnicodeEncodeError:  # pedalboard takes no such name
        raise AudioError(f"{str(path)!a}: the name of this file is not valid UTF-8; rename it") from None
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{path}: is a folder; name one file in it")
        if not stat.S_ISREG(mode):
            raise AudioError(f"{path}: is not a regular file; copy the recording into a file first")
        with path.open("rb") as file:
            return _examine_bytes(file, path)
    except FileNotFoundError:
        raise AudioError(f"{path}: does not exist{_near(path)}") from None
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror}; check the path and its permissions") from error


def _examine_bytes(file: BinaryIO, path: Path) -> _Contents:
    name = str(path)
    if os.fstat(file.fileno()).st_size == 0:
        raise AudioError(f"{path}: is empty, 0 bytes; copy or record it again")
    with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        start = after_id3(data)
        magic, form = data[start : start + 4], data[8:12]
        if magic in (b"RIFF", b"RF64", b"RIFX") and form == b"WAVE":
            return _Contents(frames=wav_frames(data, name))
        if magic == b"FORM" and form in (b"AIFF", b"AIFC"):
            return _Contents(frames=aiff_frames(data, name))
        if magic == b"fLaC":
            return _Contents(flac=flac_info(data, start, name))
        if magic == b"OggS":
            check_ogg_end(data, name)
        elif magic[:1] == b"\xff" and magic[1:2] >= b"\xe0":
            check_mp3_end(data, start, name)
        elif path.suffix.lower() != ".mp3":  # an MP3 may begin with anything: let the decoder search it
            raise AudioError(_unknown(path))
    return _Contents()


def _unknown(path: Path) -> str:
    return (
        f"{path}: is of no known audio format; pyhost reads {', '.join(READABLE)}; "
        f"convert it with: ffmpeg -i {path} converted.wav"
    )


def _near(path: Path) -> str:
    folder = path.parent
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return f"; there is no folder {folder}"
    near = difflib.get_close_matches(path.name, names, n=3)
    if near:
        return f"; did you mean {' or '.join(repr(name) for name in near)}?"
    recordings = [name for name in names if Path(name).suffix.lower() in READABLE]
    if not recordings:
        return f"; there is no recording in {folder.absolute()}"
    more = f" and {len(recordings) - 5} more" if len(recordings) > 5 else ""
    return f"; in {folder.absolute()} there is {', '.join(recordings[:5])}{more}"


@contextmanager
def _opened(path: Path) -> Iterator[ReadableAudioFile]:
    from pedalboard.io import ReadableAudioFile

    try:
        file = ReadableAudioFile(str(path))
    except (ValueError, RuntimeError) as error:
        reason = _unknown(path) if path.exists() else f"{path}: has gone since it was opened"
        raise AudioError(reason) from error
    with file:
        yield file


def _decode(file: ReadableAudioFile, frames: int, at: int, name: str) -> NDArray[np.float32]:
    try:
        return file.read(frames)
    except RuntimeError as error:
        raise AudioError(f"{name}: is damaged after frame {at}; {COPY_AGAIN} ({error})") from error
