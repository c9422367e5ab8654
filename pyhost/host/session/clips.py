"""Clips of recordings, read as the render goes on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioArray, AudioSource, FileSource, resampled
from pyhost.errors import AudioError
from pyhost.host.session.curve import Gridded, factor
from pyhost.host.session.model import Clip
from pyhost.host.session.tables import Place

__all__ = ["ClipReader", "Stream", "open_recording"]

READ = 8192
"""Frames that are read from a file at a time."""


def open_recording(place: Place, key: str, name: str, sample_rate: float, *, resample: bool) -> AudioSource:
    """Return a recording that a session names, at the session's rate.

    Raises
    ------
    SessionError
        If it cannot be read, or has another rate and is not to be converted.
    """
    try:
        source = FileSource(place.file(name))
    except AudioError as error:
        raise place.key(key).error(str(error)) from None
    if source.sample_rate != sample_rate and not resample:
        raise place.key(key).error(
            f"{name!r} has {source.sample_rate:g} Hz and the session {sample_rate:g} Hz; add resample = true, or set "
            "the session's sample_rate"
        )
    return resampled(source, sample_rate)


class Stream:
    """A recording that is read from the front, as many frames at a time as are wanted; behind its end is silence."""

    def __init__(self, source: AudioSource, skipped: int = 0) -> None:
        self._source = source
        self.rewind(skipped)

    def rewind(self, skipped: int = 0) -> None:
        """Start again from the front."""
        self._skipped = skipped
        self._blocks: Iterator[AudioArray] | None = None
        self._held = np.zeros((self._source.channels, 0))

    def read(self, frames: int) -> AudioArray:
        """Return the next frames."""
        if self._blocks is None:
            self._blocks = self._source.blocks(READ)
        parts, wanted = [], frames + self._skipped
        while wanted > 0:
            if not self._held.shape[1]:
                self._held = next(self._blocks, np.zeros((self._source.channels, wanted)))
            part, self._held = self._held[:, :wanted], self._held[:, wanted:]
            wanted -= part.shape[1]
            if self._skipped:
                dropped = min(self._skipped, part.shape[1])
                part, self._skipped = part[:, dropped:], self._skipped - dropped
            parts.append(part)
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


class ClipReader:
    """One clip of a recording.

    Parameters
    ----------
    clip : Clip
        What is heard of it.
    source : AudioSource
        The recording, at the session's rate.
    channels : int
        Of the track.

    Attributes
    ----------
    first, last : int
        The frames of the session from and to which it is heard.
    """

    def __init__(self, clip: Clip, source: AudioSource, channels: int) -> None:
        rate = source.sample_rate
        self._offset = round(clip.offset * rate)
        left = source.frames - self._offset
        if left < 1:
            raise clip.place.key("offset").error(
                f"{clip.file!r} is {source.frames / rate:g} s long, and this begins at {clip.offset:g} s; begin earlier"
            )
        frames = left if clip.length is None else round(clip.length * rate)
        if frames > left:
            raise clip.place.key("length").error(
                f"{clip.file!r} has {left / rate:g} s from its offset on, not {clip.length:g} s; leave length out"
            )
        if frames < 1:
            raise clip.place.key("length").error("is shorter than one frame; make it longer")
        if source.channels not in (1, channels):
            raise clip.place.key("file").error(
                f"{clip.file!r} has {source.channels} channels and its track {channels}; set channels = "
                f"{source.channels} in the track, or mix the file down"
            )
        if clip.fade_in + clip.fade_out > frames / rate + 1e-9:
            key = "fade_in" if clip.fade_in else "fade_out"
            raise clip.place.key(key).error(
                f"the fades take {clip.fade_in + clip.fade_out:g} s and the clip is {frames / rate:g} s long; "
                "shorten them"
            )
        self.first = round(clip.start * rate)
        self.last = self.first + frames
        self._stream = Stream(source, self._offset)
        self._gain = factor(clip.gain)
        self._fades = [round(clip.fade_in * rate), round(clip.fade_out * rate)]
        self._envelope = Gridded(self._evaluated)

    def rewind(self) -> None:
        """Start again from the front."""
        self._stream.rewind(self._offset)

    def add_to(self, block: AudioArray, first: int) -> None:
        """Add what is heard of it in the frames of the session from `first` on; blocks come in order."""
        begin, end = max(first, self.first), min(first + block.shape[1], self.last)
        if begin >= end:
            return
        audio = self._stream.read(end - begin) * self._gain
        fade_in, fade_out = self._fades
        if begin < self.first + fade_in or end > self.last - fade_out:
            audio *= self._envelope.values(begin - self.first, end - begin)
        block[:, begin - first : end - first] += audio
        if end == self.last:
            self.rewind()  # lets go of the file: a session may have more clips than a process may have files

    def _evaluated(self, frames: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the factor of the fades."""
        fade_in, fade_out = self._fades
        shape = np.ones_like(frames)
        for length, distance in ((fade_in, frames), (fade_out, self.last - self.first - frames)):
            if length:
                shape *= np.sin(0.5 * np.pi * np.clip(distance / length, 0.0, 1.0))
        return shape
