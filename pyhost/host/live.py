"""Sound that is processed as it comes in, block by block, until the user ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioArray
from pyhost.errors import AudioError
from pyhost.host.devices import FEWEST_OUTPUTS, Devices, Input, Stream, asked, devices, open_stream
from pyhost.host.each_channel import EachChannel, is_mono
from pyhost.host.plugin import HostedPlugin

__all__ = ["Devices", "LivePlugin", "Report", "Sound", "Stream", "devices", "open_stream", "run_live"]


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
        That it is given if it takes any number; a plugin for one runs once for each of several.
    """

    def __init__(self, plugin: HostedPlugin, channels: int) -> None:
        self.plugin = EachChannel(plugin, channels) if channels > 1 and is_mono(plugin) else plugin
        plugin = self.plugin
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
    frames, busy = 0, 0.0
    device = Input(stream, sample_rate)
    heard_peaks: Sequence[float] = ()
    made_peaks: Sequence[float] = ()
    silence = np.zeros((0, block))
    try:
        while True:
            heard = _fitted(device.read(block), sound.inputs) if sound.inputs else silence
            begin = time.perf_counter()
            made = sound.process(heard)
            took = time.perf_counter() - begin
            asked(stream.write, _played(made), sample_rate)
            frames, busy = frames + made.shape[1], busy + took
            now = Report(
                frames, frames / sample_rate, _peaks(heard), _peaks(made), took * sample_rate / block, device.dropped
            )
            heard_peaks, made_peaks = _higher(heard_peaks, now.heard), _higher(made_peaks, now.made)
            if show is not None:
                show(now)
    except KeyboardInterrupt:
        seconds = frames / sample_rate
        return Report(frames, seconds, heard_peaks, made_peaks, busy / seconds if frames else 0.0, device.dropped)


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
