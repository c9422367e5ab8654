"""A learned chain as a plugin of this host."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pyhost.audio import AudioArray
from pyhost.errors import AudioError
from pyhost.host.parameter import ParameterInfo, PluginParameter, PluginParameters
from pyhost.host.plugin import ANY, HostedPlugin, MidiEvent
from pyhost.learn.learned import LearnedChain
from pyhost.learn.parameters import Parameter

__all__ = ["LearnedPlugin"]


class LearnedPlugin(HostedPlugin):
    """A learned chain among other plugins.

    Elements of a vector are parameters too: ``taps[0]``, ``taps[1]``, and so on.

    Parameters
    ----------
    learned : LearnedChain
        It is not copied: its values are those of the plugin.
    """

    learned: LearnedChain

    def __init__(self, learned: LearnedChain) -> None:
        self.learned = learned
        self.name = learned.label
        self.channels = ANY
        self.parameters = PluginParameters([one for p in learned.parameters.values() for one in _scalars(p)])
        self._sample_rate = 0.0
        self._is_silent = True

    @property
    def state(self) -> bytes:
        """Its values, as JSON."""
        return self.learned.state

    @state.setter
    def state(self, state: bytes) -> None:
        self.learned.state = state

    @property
    def spec(self) -> dict[str, Any]:
        """The whole of it, as in a ``learned.json``."""
        return {"kind": "learned", "learned": self.learned.to_data()}

    @property
    def latency_samples(self) -> int:
        """By how many samples its output comes later than the sound it was learned from."""
        return self.learned.latency_samples

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``learned.json``."""
        self.learned.save(path)

    def expect(self, frames: int) -> None:
        """Tell that from the next start on about so many frames will come: where it pays, the chain is compiled."""
        self.learned.expect(frames)

    def _start(self, sample_rate: float, channels: int) -> None:
        wanted = self.learned.sample_rate
        if wanted is not None and sample_rate != wanted:
            raise AudioError(
                f"{self.name!r} was learned at {wanted:g} Hz and is to run at {sample_rate:g} Hz; "
                "learn it again at that rate"
            )
        self._sample_rate = sample_rate
        self.learned.reset()
        self._is_silent = True

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        reset, self._is_silent = self._is_silent, False
        return self.learned.process(block, self._sample_rate, reset=reset)


def _scalars(parameter: Parameter) -> Iterator[PluginParameter]:
    """Yield the parameter of a chain, or each of its elements."""
    vector = bool(parameter.spec.shape)
    for place, default in enumerate(np.atleast_1d(parameter.default)):
        info = ParameterInfo(
            name=f"{parameter.name}[{place}]" if vector else parameter.name,
            minimum=parameter.minimum,
            maximum=parameter.maximum,
            default=float(default),
            unit=parameter.unit,
            scale=parameter.scale,
        )
        yield PluginParameter(info, _Element(parameter, place).read, _Element(parameter, place).write)


class _Element:
    """One number of a parameter."""

    def __init__(self, parameter: Parameter, place: int) -> None:
        self._parameter, self._place = parameter, place

    def read(self) -> float:
        return float(np.atleast_1d(self._parameter.value)[self._place])

    def write(self, value: float) -> None:
        if not self._parameter.spec.shape:
            self._parameter.value = value
            return
        values = np.array(self._parameter.value)
        values[self._place] = value
        self._parameter.value = values
