"""Inserts that learn while the session is rendered, and hold still from a given time on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pyhost.audio import AudioArray
from pyhost.compile.build import build
from pyhost.errors import DivergedError, InputError, PluginError
from pyhost.graph.source import load_chain
from pyhost.graph.text import chain_label
from pyhost.graph.trace import trace
from pyhost.host.parameter import PluginParameters
from pyhost.host.plugin import Channels, HostedPlugin, MidiEvent
from pyhost.host.session.model import Learning
from pyhost.learn import losses, optimizers
from pyhost.learn.cores import make_core
from pyhost.learn.kinds import arguments
from pyhost.learn.learned import LearnedChain
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import Optimizer
from pyhost.learn.parameters import Parameters
from pyhost.learn.schedules import Exponential
from pyhost.native.engine import LearnerEngine

__all__ = ["LearningPlugin"]

NEVER = -1000.0
"""Exponent of a rate that is nothing."""


class LearningPlugin(HostedPlugin):
    """A chain whose parameters are learned from the sound that its side-chain hears, one gradient step per sample.

    Parameters
    ----------
    chain : str
        Text, or ``file.py:function``.
    learning : Learning
        Loss, optimizer, and until when.
    values : mapping
        Of parameters, to start with.
    channels : int
        Of input and side-chain.

    Attributes
    ----------
    delay : int
        Frames of each that come before the session's begin, and are no sound to learn from.
    """

    values: Parameters
    delay: int

    def __init__(self, chain: str, learning: Learning, values: Any, channels: int) -> None:
        loaded = load_chain(chain)
        self.name = chain_label(loaded)
        self.channels = Channels(channels, channels, channels)
        self.parameters = PluginParameters([])
        self._graph = trace(loaded)
        self._program = build(self._graph)
        self.values = Parameters(self._program.parameters)
        self.values.set(values)
        self._start_values = self.values.values_array()
        self._learning = learning
        self._loss, self._optimizer = _settings(learning)
        self._core: LearnerEngine
        self._at = 0
        self._freeze = -1
        self.delay = 0

    @property
    def state(self) -> bytes:
        """Nothing that could be given to another; what was learned is saved as a ``learned.json``."""
        return b""

    @state.setter
    def state(self, state: bytes) -> None:
        raise PluginError(f"{self.name} learns and takes no state; set its values instead")

    def learned_values(self) -> dict[str, Any]:
        """Return the values as they are now, as plain data."""
        return {name: np.asarray(parameter.value).tolist() for name, parameter in self.values.items()}

    def learned(self, sample_rate: float) -> LearnedChain:
        """Return the chain with the values as they are now."""
        values = {name: parameter.value for name, parameter in self.values.items()}
        return LearnedChain(self._graph, self.name, values=values, sample_rate=sample_rate)

    def _start(self, sample_rate: float, channels: int) -> None:
        self._at = -self.delay
        optimizer = self._optimizer
        until = self._learning.until
        if until is not None:
            # The core counts its steps: after the last that is to be taken, the rate is nothing.
            self._freeze = max(round(until * sample_rate), 1)
            optimizer = replace(optimizer, schedule=Exponential(every=self._freeze, exponent=NEVER))
        self.values.set_array(self._start_values)
        self._core = make_core(
            self._program, self.values, self._loss, optimizer, sample_rate=sample_rate, lanes=channels
        )

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        assert sidechain is not None
        out = np.zeros_like(block)
        frames = block.shape[1]
        begin = min(max(-self._at, 0), frames)
        cut = min(max(self._freeze - self._at, begin), frames)
        for first, last in ((begin, cut), (cut, frames)):
            if first < last:
                if self._at + first == self._freeze:
                    self._stop_momentum()
                out[:, first:last] = self._learned(block[:, first:last], sidechain[:, first:last], self._at + first)
        self._at += frames
        self.values.set_array(self._core.get_parameters())
        return out

    def _learned(self, block: AudioArray, target: AudioArray, at: int) -> AudioArray:
        out = np.empty(block.shape)
        failed = self._core.process(block, target, output=out)
        if failed is not None:
            raise DivergedError(
                f"{self.name} left the finite numbers while it learned; give it a lower rate", at + failed
            )
        return out

    def _stop_momentum(self) -> None:
        """Forget what an optimizer would still coast on: all that it has gathered but its three counters."""
        state = self._core.get_state()
        state[3:] = 0.0
        self._core.set_state(state)


def _settings(learning: Learning) -> tuple[Loss, Optimizer]:
    """Return loss and optimizer, or raise with the key that is wrong."""
    place = learning.place
    kind = losses.by_name(learning.loss)
    window: dict[str, Any] = {} if learning.window is None else {"window": learning.window}
    if window and "window" not in arguments(kind):
        raise place.key("window").error(f"{kind.__name__} has none; leave it out")
    try:
        loss = kind(**window)
    except InputError as error:
        raise place.key("window").error(str(error)) from None
    try:
        rate: dict[str, Any] = {} if learning.rate is None else {"rate": learning.rate}
        optimizer = optimizers.by_name(learning.optimizer)(**rate)
        optimizer.check(loss)
    except InputError as error:
        raise place.key("optimizer").error(str(error)) from None
    return loss, optimizer
