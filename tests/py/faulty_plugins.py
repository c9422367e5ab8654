"""Plugins that misbehave, each in its own way; `test_isolation.py` runs them in processes of their own."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable, Sequence

import numpy as np

from pyhost.audio import AudioArray
from pyhost.errors import PluginError
from pyhost.host.parameter import ParameterInfo, PluginParameter, PluginParameters
from pyhost.host.plugin import ANY, Channels, HostedPlugin, MidiEvent

Deed = Callable[["Counting"], None]


class Counting(HostedPlugin):
    """Adds a number that grows with every sample, so that a lost or repeated block shows; at a block it does a deed."""

    def __init__(self, deed: Deed | None = None, at: int = 3) -> None:
        self.name = "counting"
        self.channels = ANY
        self._step = 1.0
        info = ParameterInfo("step", 0.0, 10.0, 1.0)
        count = ParameterInfo("count", 0.0, 1e9)
        self.parameters = PluginParameters(
            [
                PluginParameter(info, lambda: self._step, self._set_step),
                PluginParameter(count, lambda: self._count, None),
            ]
        )
        self._count = 0.0
        self._blocks = 0
        self._deed, self._at = deed, at

    def _set_step(self, value: float) -> None:
        self._step = value

    @property
    def state(self) -> bytes:
        """The step."""
        return str(self._step).encode()

    @state.setter
    def state(self, state: bytes) -> None:
        try:
            self._step = float(state)
        except ValueError:
            raise PluginError("this is no state of counting") from None

    def _start(self, sample_rate: float, channels: int) -> None:
        self._count = 0.0
        self._blocks = 0

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        self._blocks += 1
        if self._deed is not None and self._blocks == self._at:
            self._deed(self)
        count = self._count + self._step * np.arange(1, block.shape[1] + 1)
        self._count = float(count[-1])
        return block + count


def _segfault(_: object = None) -> None:
    ctypes.string_at(0)


def _hang(_: object = None) -> None:
    while True:
        time.sleep(1)


def _devour(_: object = None) -> None:
    kept = []
    while True:
        kept.append(np.empty(1 << 24))


def _exit(_: object = None) -> None:
    os._exit(0)


def well() -> HostedPlugin:
    """Return one that does as it should."""
    return Counting()


def crashes_in_run() -> HostedPlugin:
    """Return one that reads where nothing is at its third block."""
    return Counting(_segfault)


def crashes_in_load() -> HostedPlugin:
    """Read where nothing is."""
    _segfault()
    return Counting()


def crashes_for_one() -> HostedPlugin:
    """Return one for one channel that reads where nothing is at its third block."""
    plugin = Counting(_segfault)
    plugin.channels = Channels(1, 1)
    return plugin


def talks() -> HostedPlugin:
    """Return one that says a lot on standard error, and more at its third block, where it crashes."""

    def last_words(_: Counting) -> None:
        os.write(2, b"these are my last words\n")
        _segfault()

    for number in range(20_000):
        os.write(2, b"line %d\n" % (number // 2))
    return Counting(last_words)


def faults_in_run() -> HostedPlugin:
    """Return one with a plain fault, of which it says something."""

    def fail(_: Counting) -> None:
        os.write(2, b"dividing by zero\n")
        raise ZeroDivisionError("of its own")

    return Counting(fail)


def hangs_in_run() -> HostedPlugin:
    """Return one that never ends its third block."""
    return Counting(_hang)


def hangs_in_load() -> HostedPlugin:
    """Never return."""
    _hang()
    return Counting()


def ends_in_run() -> HostedPlugin:
    """Return one that ends its process at the third block, without complaint."""
    return Counting(_exit)


def devours_memory() -> HostedPlugin:
    """Return one that takes memory without end."""
    return Counting(_devour)


def raises_in_run() -> HostedPlugin:
    """Return one with a plain fault of its own."""

    def fail(_: Counting) -> None:
        raise ZeroDivisionError("of its own")

    return Counting(fail)
