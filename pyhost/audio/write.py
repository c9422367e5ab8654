"""Recordings written to files, wholly or not at all.

pedalboard 0.9.26 writes to a full disk without a word (FLAC, Ogg and MP3 come out short, with status 0).
Given a Python file instead of a path it lets the operating system's error through, so it is given one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO, FileIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from numpy.typing import ArrayLike

from pyhost.audio.arrays import AudioArray, as_audio, check_finite, check_sample_rate
from pyhost.audio.atomic import atomic_path
from pyhost.audio.sources import AudioSource
from pyhost.errors import AudioError

if TYPE_CHECKING:
    from pedalboard.io import WriteableAudioFile

__all__ = ["WRITABLE", "AudioWriter", "WrittenAudio", "write_audio"]

WRITABLE = (".wav", ".flac", ".aiff", ".ogg", ".mp3")
# The first is the default; 32 are floats.
_BIT_DEPTHS = {".wav": (32, 24, 16), ".flac": (24, 16), ".aiff": (24, 16)}
_BLOCK = 65536  # frames at a time
_MOST_CHANNELS = {".flac": 8, ".mp3": 2}


@dataclass(frozen=True, slots=True)
class WrittenAudio:
    """What was written.

    Attributes
    ----------
    path : Path
    sample_rate : float
        In Hz.
    channels, frames : int
    peak : float
        The largest magnitude that was handed over; full scale is 1.
    clipped : int
        Samples, over all channels, that the format could not hold and that were cut to full scale.
    """

    path: Path
    sample_rate: float
    channels: int
    frames: int
    peak: float
    clipped: int


class _Disk(FileIO):
    """A file that writes everything or raises; pedalboard ignores how much was written."""

    def write(self, data: Any) -> int:
        octets = memoryview(data).cast("B")
        total = len(octets)
        while octets:
            octets = octets[super().write(octets) :]
        return total


class AudioWriter:
    """A recording being written, block by block; a context manager. The file appears when it ends well.

    Parameters
    ----------
    path : str or path
        Its extension chooses the format: .wav, .flac, .aiff, .ogg or .mp3.
    sample_rate : float
        In Hz, a whole number; .mp3 and .ogg take fewer rates than the others.
    channels : int
    bit_depth : int, optional
        .wav: 32 (floats, the default: nothing clips), 24 or 16; .flac and .aiff: 24 (the default) or 16.

    Raises
    ------
    AudioError
        For a format, rate, bit depth or number of channels that cannot be, and as `atomic_path`; on leaving
        the block also if no frame was written.
    """

    def __init__(
        self, path: str | os.PathLike[str], sample_rate: float, channels: int, *, bit_depth: int | None = None
    ) -> None:
        self.path = Path(path)
        self._suffix = {".aif": ".aiff"}.get(self.path.suffix.lower(), self.path.suffix.lower())
        if self._suffix not in WRITABLE:
            raise AudioError(f"{path}: cannot write {self.path.suffix!r} files; choose one of {', '.join(WRITABLE)}")
        self._rate = check_sample_rate(sample_rate, f"{path}: sample rate")
        if not self._rate.is_integer():
            raise AudioError(
                f"{path}: sample rate: {sample_rate!r} Hz is no whole number, which files need; resample it"
            )
        self._channels = _check_channels(path, channels, _MOST_CHANNELS.get(self._suffix))
        self._bits = _check_bit_depth(path, bit_depth, self._suffix)
        self._stack = ExitStack()
        self._file: WriteableAudioFile | None = None
        self._frames = self._clipped = 0
        self._peak = 0.0
        self._encoding(BytesIO()).close()  # what the format refuses is told before there is anything to write

    def __enter__(self) -> AudioWriter:
        with ExitStack() as stack:
            temporary = stack.enter_context(atomic_path(self.path, AudioError))
            self._file = stack.enter_context(self._encoder(temporary))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file = None
        self._stack.__exit__(kind, error, trace)

    def write(self, block: ArrayLike) -> None:
        """Append a block.

        Parameters
        ----------
        block : array_like of real floats, shape (channels, frames) or (frames,)
            Full scale is ±1. Samples outside are counted and cut, except in a .wav of 32 bits.

        Raises
        ------
        AudioError
            As `as_audio` (so NaN and infinity are never written), and for another number of channels.
        """
        if self._file is None:
            raise AudioError(f"{self.path}: is not open for writing; write inside the 'with AudioWriter(...)' block")
        audio = as_audio(block, f"{self.path}: block after frame {self._frames}")
        if audio.shape[0] != self._channels:
            raise AudioError(f"{self.path}: was opened for {self._channels} channels, the block has {audio.shape[0]}")
        encodable = self._encodable(audio)
        # pedalboard guesses which axis is which, and gives up on a square: hand that over frame by frame.
        square = audio.shape[0] == audio.shape[1]
        for part in np.split(encodable, audio.shape[1], axis=1) if square else [encodable]:
            self._file.write(part)
        self._frames += audio.shape[1]
        self._peak = max(self._peak, float(np.max(np.abs(audio))))

    @property
    def result(self) -> WrittenAudio:
        """What was written so far; after the block, what the file holds."""
        return WrittenAudio(self.path, self._rate, self._channels, self._frames, self._peak, self._clipped)

    def _encodable(self, audio: AudioArray) -> Any:
        if self._bits == 32:
            with np.errstate(over="ignore"):
                single = audio.astype(np.float32)
            check_finite(single.astype(np.float64), f"{self.path}: as 32-bit floats", self._frames)
            return single
        if not self._bits:
            self._clipped += int(np.count_nonzero(np.abs(audio) > 1.0))
            return np.clip(audio, -1.0, 1.0).astype(np.float32)
        # pedalboard reads n as n / top but writes x as floor(x * (top + 1)): given integers, what it wrote it
        # reads.
        top = 2.0 ** (self._bits - 1) - 1.0
        integers = np.rint(audio * top)
        self._clipped += int(np.count_nonzero((integers > top) | (integers < -top - 1.0)))
        integers = np.clip(integers, -top - 1.0, top)
        return integers.astype(np.int16) if self._bits == 16 else integers.astype(np.int32) << 8

    @contextmanager
    def _encoder(self, temporary: Path) -> Iterator[WriteableAudioFile]:
        with _Disk(temporary, "w") as disk:
            with self._encoding(cast(BinaryIO, disk)) as file:
                yield file
            if not self._frames:
                raise AudioError(f"{self.path}: no frame was written; hand over at least one block")

    def _encoding(self, file: BinaryIO) -> WriteableAudioFile:
        from pedalboard.io import WriteableAudioFile

        try:
            return WriteableAudioFile(
                file,
                samplerate=int(self._rate),
                num_channels=self._channels,
                bit_depth=self._bits or 16,
                format=self._suffix[1:],
            )
        except (ValueError, RuntimeError) as error:
            raise AudioError(f"{self.path}: cannot be written: {error}") from error


def write_audio(
    path: str | os.PathLike[str],
    audio: ArrayLike | AudioSource | Iterable[AudioArray],
    sample_rate: float,
    channels: int | None = None,
    *,
    bit_depth: int | None = None,
) -> WrittenAudio:
    """Write a recording; the file appears whole or not at all.

    Parameters
    ----------
    path, sample_rate, bit_depth
        As `AudioWriter`.
    audio : array_like, AudioSource, or iterable of (channels, frames) blocks
        A list or tuple of numbers or channels is an array; blocks come from any other iterable, e.g. a
        generator.
    channels : int, optional
        Of an iterable of blocks: needed. Of an array or source: known, and checked if given.

    Raises
    ------
    AudioError
        As `AudioWriter` and `AudioWriter.write`, and if a source has another rate than the one given. What an iterable
        raises comes through, and leaves no file.
    """
    if isinstance(audio, AudioSource) and audio.sample_rate != sample_rate:
        raise AudioError(
            f"{path}: {audio.name} has {audio.sample_rate:g} Hz and would be written as {sample_rate:g} Hz; give its "
            "own rate, or resample it first"
        )
    blocks, known = _as_blocks(audio, path)
    width = known if channels is None else channels
    if width is None:
        raise AudioError(f"{path}: how many channels the blocks have is not known; give channels=")
    with AudioWriter(path, sample_rate, width, bit_depth=bit_depth) as writer:
        for block in blocks:
            writer.write(block)
    return writer.result


def _as_blocks(
    audio: ArrayLike | AudioSource | Iterable[AudioArray], path: str | os.PathLike[str]
) -> tuple[Iterable[AudioArray], int | None]:
    """Return the blocks, none of which is made yet, and the number of channels if it is known."""
    if isinstance(audio, AudioSource):
        return audio.blocks(_BLOCK), audio.channels
    if isinstance(audio, Iterable) and not isinstance(audio, (np.ndarray, list, tuple)):
        return cast(Iterable[AudioArray], audio), None
    array = as_audio(audio, f"{path}: audio")
    return (array[:, at : at + _BLOCK] for at in range(0, array.shape[1], _BLOCK)), array.shape[0]


def _check_channels(path: str | os.PathLike[str], channels: object, most: int | None) -> int:
    if isinstance(channels, bool) or not isinstance(channels, (int, np.integer)) or channels < 1:
        raise AudioError(f"{path}: {channels!r} is not a number of channels; give a whole number above 0")
    if most is not None and channels > most:
        raise AudioError(
            f"{path}: {channels} channels are more than the {most} of this format; write a .wav, or mix down"
        )
    return int(channels)


def _check_bit_depth(path: str | os.PathLike[str], bit_depth: int | None, suffix: str) -> int:
    """Return the bit depth, 0 for formats without one."""
    depths = _BIT_DEPTHS.get(suffix, ())
    if bit_depth is None:
        return depths[0] if depths else 0
    if bit_depth not in depths:
        choice = " or ".join(str(depth) for depth in depths) if depths else "none, leave it out"
        raise AudioError(f"{path}: a bit depth of {bit_depth!r} is impossible for {suffix}; choose {choice}")
    return bit_depth
