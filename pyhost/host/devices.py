"""Audio devices: which there are, a stream that runs on them, and waiting for what comes in."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioArray
from pyhost.errors import AudioError, suggestion

__all__ = ["FEWEST_OUTPUTS", "Devices", "Input", "Stream", "asked", "devices", "open_stream"]

FEWEST_OUTPUTS = 2
"""Channels that are played at least: what is mono is heard on both sides."""

PATIENCE = 5.0
"""Seconds without a single frame after which a device is given up."""


class Stream(Protocol):
    """What is needed of an audio device; ``pedalboard.io.AudioStream`` has it."""

    @property
    def dropped_input_frame_count(self) -> int:
        """Frames that came in and were lost since the last call of `read`."""
        ...

    @property
    def buffered_input_sample_count(self) -> int | None:
        """Frames that can be read without waiting; None: not known."""
        ...

    def read(self, num_samples: int) -> NDArray[np.float32]:
        """Wait for so many frames that come in; return them, (channels, frames)."""
        ...

    def write(self, audio: NDArray[np.float32], sample_rate: float) -> None:
        """Play frames, (channels, frames); wait until there is room for them."""
        ...


class Input:
    """What comes in, read without ever waiting in the device: nothing, not even Ctrl-C, could end that.

    Parameters
    ----------
    stream : Stream
        Running.
    sample_rate : float
        In Hz.

    Attributes
    ----------
    dropped : int
        Frames that came in and were lost.
    """

    def __init__(self, stream: Stream, sample_rate: float) -> None:
        self.dropped = 0
        self._stream = stream
        self._rate = sample_rate

    def read(self, frames: int) -> AudioArray:
        """Return the next frames, (channels, frames).

        Raises
        ------
        AudioError
            If the device fails, or gives nothing.
        """
        parts = []
        left, heard_at = frames, time.monotonic()
        while left:
            there = self._stream.buffered_input_sample_count
            now = left if there is None else min(there, left)
            if now:
                self.dropped += self._stream.dropped_input_frame_count
                parts.append(np.asarray(asked(self._stream.read, now), np.float64))
                left, heard_at = left - now, time.monotonic()
            elif time.monotonic() - heard_at > PATIENCE:
                raise AudioError(f"the input device gave no sound in {PATIENCE:g} s; connect it, or choose another")
            else:
                time.sleep(left / self._rate / 4.0)
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def asked(call: Callable[..., Any], *given: Any) -> Any:
    """Return what a device answers; what it reports is an error of ours."""
    try:
        return call(*given)
    except RuntimeError as error:
        raise AudioError(f"the audio device failed: {' '.join(str(error).split())}") from None


@dataclass(frozen=True, slots=True)
class Devices:
    """Audio devices by name.

    Attributes
    ----------
    inputs, outputs : sequence of str
        All of them.
    usual_input, usual_output : str or None
        Those that are taken unless others are named.
    """

    inputs: Sequence[str]
    outputs: Sequence[str]
    usual_input: str | None
    usual_output: str | None

    def input(self, name: str | None) -> str:
        """Return the device of a name, or the usual one.

        Raises
        ------
        AudioError
            If there is none.
        """
        return _chosen("input", name, self.inputs, self.usual_input)

    def output(self, name: str | None) -> str:
        """Return the device of a name, or the usual one; as `input`."""
        return _chosen("output", name, self.outputs, self.usual_output)


def _chosen(kind: str, name: str | None, names: Sequence[str], usual: str | None) -> str:
    if not names:
        raise AudioError(f"there is no audio {kind} device; connect one, or check that this user may use it")
    if name is None:
        return usual if usual is not None and usual in names else names[0]
    if name not in names:
        raise AudioError(
            f"there is no audio {kind} device {name!r}{suggestion(name, names)}; pyhost live --list lists them"
        )
    return name


def devices() -> Devices:
    """Return the audio devices of this machine."""
    from pedalboard.io import AudioStream

    return Devices(
        list(AudioStream.input_device_names),
        list(AudioStream.output_device_names),
        AudioStream.default_input_device_name,
        AudioStream.default_output_device_name,
    )


def open_stream(
    source: str | None, sink: str, *, sample_rate: float | None, block: int, inputs: int, outputs: int
) -> Any:
    """Return a stream of audio devices, a context manager that runs it.

    Parameters
    ----------
    source, sink : str
        Devices; no source: nothing comes in.
    sample_rate : float or None
        In Hz; None: that of the device.
    block : int
        Frames of the device's buffer.
    inputs, outputs : int
        Channels.

    Raises
    ------
    AudioError
        If the devices cannot be opened so.
    """
    from pedalboard.io import AudioStream

    try:
        stream = AudioStream(
            source,
            sink,
            sample_rate=sample_rate,
            buffer_size=block,
            num_input_channels=max(inputs, 1),
            num_output_channels=max(outputs, FEWEST_OUTPUTS),
        )
    except (ValueError, RuntimeError, OSError) as error:
        named = sink if source is None else f"{source} and {sink}"
        raise AudioError(f"the audio device {named} cannot be opened: {' '.join(str(error).split())}") from None
    # What was lost is counted and shown; it is no reason to stop.
    stream.ignore_dropped_input = True
    return stream
