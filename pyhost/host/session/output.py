"""What becomes of a mix: trimmed, normalised, dithered and written, wholly or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from pyhost.audio import AudioArray, AudioWriter, WrittenAudio
from pyhost.errors import AudioError, SessionError
from pyhost.host.session.curve import factor
from pyhost.host.session.model import Arrangement, Output

__all__ = ["Dither", "MixWriter", "Trimmed", "check_output"]

DITHERED = (16, 24)
"""Bits of the samples that are rounded."""

USUAL_BITS = {".wav": 32, ".flac": 24, ".aiff": 24, ".aif": 24}
COPY = 1 << 16
"""Frames that are copied at a time."""


class Dither:
    """Noise of triangular distribution, one step wide to either side: rounding no longer follows the sound.

    After S. P. Lipshitz, R. A. Wannamaker and J. Vanderkooy, "Quantization and dither: A theoretical survey", JAES 40
    (1992).

    Parameters
    ----------
    bits : int
        Of a sample.
    channels : int
        Of every block.
    seed : int
        The same gives the same noise, however the sound is cut into blocks.
    """

    def __init__(self, bits: int, channels: int, seed: int) -> None:
        self._step = 1.0 / (2.0 ** (bits - 1) - 1.0)
        self._channels = channels
        self._random = np.random.Generator(np.random.PCG64(seed))

    def add(self, block: AudioArray) -> AudioArray:
        """Return a block with noise."""
        uniform = self._random.random((block.shape[1], self._channels, 2))
        noise: AudioArray = (uniform[:, :, 0] - uniform[:, :, 1]).T
        return block + self._step * noise


class Trimmed:
    """Leaves out the first frames: those in which nothing of the session could have come through yet."""

    def __init__(self, late: int, frames: int) -> None:
        self._skipped = late
        self._left = frames

    def cut(self, block: AudioArray) -> AudioArray:
        """Return what belongs to the mix."""
        skipped = min(self._skipped, block.shape[1])
        self._skipped -= skipped
        kept = block[:, skipped : skipped + self._left]
        self._left -= kept.shape[1]
        return kept


def check_output(arrangement: Arrangement, file: Path) -> None:
    """Raise unless a mix can be written to a file.

    Raises
    ------
    SessionError
        If its folder is not there, the format cannot be, or dither was asked for and nothing is rounded.
    """
    output = arrangement.output
    named = output.file is not None and output.place.file(output.file) == file
    told = output.place.key("file").error if named else SessionError
    if file.is_dir():
        raise told(f"{file}: is a folder; name a file in it")
    if not file.parent.is_dir():
        raise told(f"{file}: there is no folder {file.parent}; create it first, or name another one")
    try:
        AudioWriter(file, arrangement.sample_rate, arrangement.channels, bit_depth=output.bits)
    except AudioError as error:
        if "bit depth" in str(error):
            raise output.place.key("bits").error(str(error)) from None
        raise told(str(error)) from None
    bits = output.bits or USUAL_BITS.get(file.suffix.lower(), 0)
    if output.dither and bits not in DITHERED:
        raise output.place.key("dither").error(
            f"there is nothing to dither in {file.name}, whose samples are not rounded; set bits = 16 or 24, or leave "
            "dither out"
        )


class MixWriter:
    """Writes a mix, block by block; a context manager. The file appears when all is written.

    Parameters
    ----------
    output : Output
        Format, level and dither.
    file : Path
        What is written.
    sample_rate, channels : int
        Of the mix.
    """

    def __init__(self, output: Output, file: Path, sample_rate: int, channels: int) -> None:
        self._output = output
        self._writer = AudioWriter(file, sample_rate, channels, bit_depth=output.bits)
        self._channels = channels
        bits = output.bits or USUAL_BITS.get(file.suffix.lower(), 0)
        self._dither = Dither(bits, channels, output.seed) if output.dither else None
        self._spool: IO[bytes] | None = None
        self._folder = Path(os.path.realpath(file)).parent
        self._stack = ExitStack()
        self.peak = 0.0

    def __enter__(self) -> MixWriter:
        with ExitStack() as stack:
            stack.enter_context(self._writer)
            if self._output.normalise is not None:
                # On the same disk as the mix, which is sure to have room for it at the end.
                self._spool = stack.enter_context(tempfile.TemporaryFile(dir=self._folder))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._spool is not None:
            try:
                self._normalise(self._spool)
            except BaseException as failed:
                self._stack.__exit__(type(failed), failed, failed.__traceback__)
                raise
        self._stack.__exit__(kind, error, trace)

    def write(self, block: AudioArray) -> None:
        """Append a block."""
        if not block.shape[1]:
            return
        self.peak = max(self.peak, float(np.max(np.abs(block))))
        if self._spool is None:
            self._write(block)
            return
        try:
            self._spool.write(np.ascontiguousarray(block.T).tobytes())
        except OSError as error:
            raise AudioError(f"{self._writer.path}: cannot be written: {error.strerror}; make room") from None

    @property
    def result(self) -> WrittenAudio:
        """What was written."""
        return self._writer.result

    def _write(self, block: AudioArray) -> None:
        self._writer.write(block if self._dither is None else self._dither.add(block))

    def _normalise(self, spool: IO[bytes]) -> None:
        """Write what was kept, at the level that was asked for."""
        assert self._output.normalise is not None
        if self.peak == 0.0:
            raise SessionError(f"{self._output.place.key('normalise')}: the mix is silent; leave normalise out")
        gain = factor(self._output.normalise) / self.peak
        spool.flush()
        spool.seek(0)
        for block in self._kept(spool):
            self._write(block * gain)

    def _kept(self, spool: IO[bytes]) -> Iterator[AudioArray]:
        while data := spool.read(8 * self._channels * COPY):
            yield np.frombuffer(data).reshape(-1, self._channels).T
