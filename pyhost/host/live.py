"""Sound that is processed as it comes in, block by block, until the user ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioArray
from pyhost.errors import AudioError, suggestion
from pyhost.host.plugin import HostedPlugin

__all__ = ["Devices", "LivePlugin", "Report", "Sound", "Stream", "devices", "open_stream", "run_live"]

FEWEST_OUTPUTS = 2
"""Channels that are played at least: what is mono is heard on both sides."""


class Stream(Protocol):
    """What is needed of an audio device; ``pedalboard.io.AudioStream`` has it."""

    @property
    def dropped_input_frame_count(self) -> int:
        """Frames that came in and were lost since the last call of `read`."""
        ...

    def read(self, num_samples: int) -> NDArray[np.float32]:
        """Wait for so many frames that come in; return them, (channels, frames)."""
        ...

    def write(self, audio: NDArray[np.float32], sample_rate: float) -> None:
        """Play frames, (channels, frames); wait until there is room for them."""
        ...


class Sound(Protocol):
    """What processes live sound."""

    @property
    def inputs(self) -> int:
        """Channels that it is given; 0: it makes sound of its own."""
        ...

    @property
    def outputs(self) -> int:
        """Channels that it gives."""
        ...

    def prepare(self, sample_rate: float) -> None:
        """Make ready, from silence."""
        ...

    def process(self, block: AudioArray) -> AudioArray:
        """Return what becomes of the next block."""
        ...


class LivePlugin:
    """A plugin for live sound; what listens to a side-chain hears silence there.

    Parameters
    ----------
    plugin : HostedPlugin
        Any.
    channels : int
        That it is given if it takes any number.
    """

    def __init__(self, plugin: HostedPlugin, channels: int) -> None:
        self.plugin = plugin
        self.inputs = channels if plugin.channels.inputs is None else plugin.channels.inputs
        self.outputs = plugin.channels.out(self.inputs)
        self._rate = 0.0

    def prepare(self, sample_rate: float) -> None:
        """Make ready, from silence."""
        self._rate = sample_rate
        self.plugin.prepare(sample_rate, self.inputs)

    def process(self, block: AudioArray) -> AudioArray:
        """Return what becomes of the next block."""
        return self.plugin.process(block, self._rate, reset=False)


@dataclass(frozen=True, slots=True)
class Report:
    """How it goes.

    Attributes
    ----------
    frames : int
        That were played.
    seconds : float
        The same in time.
    heard, made : sequence of float
        Peaks of the last block, by channel, of what came in and of what was played; full scale is 1.
    load : float
        Part of the last block's time that the work on it took; beyond 1 it is too slow.
    dropped : int
        Frames that came in and were lost, for the work took too long.
    """

    frames: int
    seconds: float
    heard: Sequence[float]
    made: Sequence[float]
    load: float
    dropped: int


def run_live(
    stream: Stream,
    sound: Sound,
    *,
    sample_rate: float,
    block: int,
    show: Callable[[Report], None] | None = None,
) -> Report:
    """Process what comes in until Ctrl-C.

    Parameters
    ----------
    stream : Stream
        Running.
    sound : Sound
        Ready for `sample_rate`.
    sample_rate : float
        In Hz.
    block : int
        Frames that are processed at a time.
    show : callable, optional
        Is told how it goes after every block.

    Returns
    -------
    Report
        Of the whole: the highest peaks, and the mean load.

    Raises
    ------
    AudioError
        If the device fails.
    PyhostError
        If the plugin or the learner does.
    """
    frames, dropped, busy = 0, 0, 0.0
    heard_peaks: Sequence[float] = ()
    made_peaks: Sequence[float] = ()
    silence = np.zeros((0, block))
    try:
        while True:
            if sound.inputs:
                dropped += stream.dropped_input_frame_count
                heard = _fitted(np.asarray(_asked(stream.read, block), np.float64), sound.inputs)
            else:
                heard = silence
            begin = time.perf_counter()
            made = sound.process(heard)
            took = time.perf_counter() - begin
            _asked(stream.write, _played(made), sample_rate)
            frames, busy = frames + made.shape[1], busy + took
            now = Report(frames, frames / sample_rate, _peaks(heard), _peaks(made), took * sample_rate / block, dropped)
            heard_peaks, made_peaks = _higher(heard_peaks, now.heard), _higher(made_peaks, now.made)
            if show is not None:
                show(now)
    except KeyboardInterrupt:
        seconds = frames / sample_rate
        return Report(frames, seconds, heard_peaks, made_peaks, busy / seconds if frames else 0.0, dropped)


def _asked(call: Callable[..., Any], *given: Any) -> Any:
    """Return what a device answers; what it reports is an error of ours."""
    try:
        return call(*given)
    except RuntimeError as error:
        raise AudioError(f"the audio device failed: {' '.join(str(error).split())}") from None


def _fitted(heard: AudioArray, channels: int) -> AudioArray:
    """Return the first channels of what comes in."""
    if heard.shape[0] < channels:
        raise AudioError(f"the input device gives {heard.shape[0]} channels and {channels} are needed; choose another")
    return heard[:channels]


def _played(made: AudioArray) -> NDArray[np.float32]:
    """Return what a device is given: at least two channels, nothing beyond full scale."""
    if made.shape[0] < FEWEST_OUTPUTS:
        made = np.resize(made, (FEWEST_OUTPUTS, made.shape[1]))
    return np.ascontiguousarray(made.clip(-1.0, 1.0), np.float32)


def _peaks(block: AudioArray) -> Sequence[float]:
    return [float(peak) for peak in np.abs(block).max(axis=1, initial=0.0)]


def _higher(peaks: Sequence[float], others: Sequence[float]) -> Sequence[float]:
    return [max(pair) for pair in zip(peaks, others, strict=True)] if peaks else others


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
