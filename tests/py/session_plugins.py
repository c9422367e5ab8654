"""Plugins and sounds for the tests of sessions."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pyhost.audio import AudioArray, read_audio
from pyhost.errors import PluginError
from pyhost.host.delay import DelayLine
from pyhost.host.parameter import ParameterInfo, PluginParameter, PluginParameters
from pyhost.host.plugin import ANY, Channels, HostedPlugin, MidiEvent
from pyhost.host.session import Rendered, Session

RATE = 48_000


class Stateless(HostedPlugin):
    """What the plugins here have in common."""

    def __init__(self, name: str, channels: Channels = ANY, parameters: Sequence[PluginParameter] = ()) -> None:
        self.name = name
        self.channels = channels
        self.parameters = PluginParameters(parameters)

    @property
    def state(self) -> bytes:
        return b""

    @state.setter
    def state(self, state: bytes) -> None:
        if state:
            raise PluginError(f"this is no state of {self.name}")

    def _start(self, sample_rate: float, channels: int) -> None:
        pass

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        return block


class Late(Stateless):
    """Delays by 480 samples and says so."""

    def __init__(self, samples: int = 480) -> None:
        super().__init__("late")
        self._samples = samples

    @property
    def latency_samples(self) -> int:
        return self._samples

    def _start(self, sample_rate: float, channels: int) -> None:
        self._line = DelayLine(channels, self._samples)

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        return self._line.process(block)


class Held(Stateless):
    """Puts out the value of its parameter."""

    def __init__(self, *, integer: bool = False) -> None:
        self._value = 0.0
        info = ParameterInfo("value", 0.0, 100.0, 0.0, integer=integer)
        meter = ParameterInfo("meter")
        super().__init__(
            "held",
            parameters=[
                PluginParameter(info, lambda: self._value, self._set),
                PluginParameter(meter, lambda: self._value, None),
            ],
        )

    def _set(self, value: float) -> None:
        self._value = value

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        return np.full_like(block, self._value)


class Listener(Stateless):
    """Puts out what its side-chain hears."""

    def __init__(self, channels: int = 2) -> None:
        super().__init__("listener", Channels(channels, channels, channels))

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        assert sidechain is not None
        return np.array(sidechain)


class Clicks(Stateless):
    """An instrument: a sample of the height of its velocity for each note."""

    takes_midi = True

    def __init__(self) -> None:
        super().__init__("clicks", Channels(0, 1))

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        out = np.zeros((1, block.shape[1]))
        for frame, message in midi:
            if message[0] & 0xF0 == 0x90:
                out[0, frame] += message[2] / 128.0
            elif message[0] & 0xF0 == 0x80:
                out[0, frame] -= 0.5
        return out


class Mono(Stateless):
    """Takes one channel."""

    def __init__(self) -> None:
        super().__init__("mono", Channels(1, 1))


class Counts(Stateless):
    """Takes one channel and adds to each sample the number of those before it, times its parameter."""

    def __init__(self) -> None:
        self._step = 0.0
        info = ParameterInfo("step", 0.0, 1.0, 0.0)
        super().__init__("counts", Channels(1, 1), [PluginParameter(info, lambda: self._step, self._set)])

    def _set(self, value: float) -> None:
        self._step = value

    def _start(self, sample_rate: float, channels: int) -> None:
        self._seen = 0

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        before = self._seen + np.arange(block.shape[1])
        self._seen += block.shape[1]
        return block + self._step * before


class Waiting(Stateless):
    """Takes its time for every block."""

    def __init__(self, seconds: float) -> None:
        super().__init__("waiting")
        self._seconds = seconds

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        time.sleep(self._seconds)
        return block


class NotANumber(Stateless):
    """Puts out what is no number, from its tenth block on."""

    def __init__(self) -> None:
        super().__init__("nan")
        self._blocks = 0

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        self._blocks += 1
        return block * (np.nan if self._blocks >= 10 else 1.0)


def mono() -> HostedPlugin:
    """Return a plugin for one channel, for a session file."""
    return Mono()


def counts() -> HostedPlugin:
    """Return another, with a parameter and a memory."""
    return Counts()


def listener() -> HostedPlugin:
    """Return one with a side-chain of two channels."""
    return Listener()


def held() -> HostedPlugin:
    """Return one with a parameter."""
    return Held()


def waiting() -> HostedPlugin:
    """Return one that takes a twentieth of a second for a block."""
    return Waiting(0.05)


def six() -> HostedPlugin:
    """Return one for surround sound."""
    return Stateless("six", Channels(6, 6))


def four() -> HostedPlugin:
    """Return one that gives four channels."""
    return Stateless("four", Channels(2, 4))


def children(of: int | None = None) -> set[int]:
    """Return the processes that one, by default this one, has started, but for those of what is forgotten here."""
    gc.collect()
    threads = Path(f"/proc/{of or os.getpid()}/task").iterdir()
    return {int(pid) for thread in threads for pid in (thread / "children").read_text().split()}


def mix_of(description: dict[str, Any], folder: Path, **settings: Any) -> AudioArray:
    """Render a session and return its mix."""
    rendered(description, folder, **settings)
    return read_audio(folder / "mix.wav")


def rendered(description: dict[str, Any], folder: Path, **settings: Any) -> Rendered:
    """Render a session to mix.wav in its folder."""
    return Session(description, folder).render(folder / "mix.wav", **settings)
