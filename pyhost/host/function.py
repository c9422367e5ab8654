"""A Python function as a plugin, and the simplest of all plugins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from traceback import extract_tb
from typing import Any

import numpy as np

from pyhost.audio import AudioArray
from pyhost.errors import AudioError, PluginError, PyhostError
from pyhost.host.parameter import PluginParameters
from pyhost.host.plugin import ANY, HostedPlugin, MidiEvent

__all__ = ["Dry", "FunctionPlugin"]


class FunctionPlugin(HostedPlugin):
    """A function from audio to audio, block by block; it has no parameters and remembers nothing.

    Parameters
    ----------
    function : callable
        ``function(audio, sample_rate)`` with audio (channels, frames); it returns as many frames.
    name : str, optional
        Its own name if left out.

    Examples
    --------
    >>> import numpy as np
    >>> from pyhost.host.function import FunctionPlugin
    >>> FunctionPlugin(lambda audio, sample_rate: np.tanh(audio)).process([0.0, 0.5], 48_000).round(3).tolist()
    [[0.0, 0.462]]
    """

    function: Callable[[AudioArray, float], Any]

    def __init__(self, function: Callable[[AudioArray, float], Any], name: str = "") -> None:
        self.function = function
        self.name = name or getattr(function, "__name__", "function")
        self.parameters = PluginParameters([])
        self.channels = ANY
        self._sample_rate = 0.0

    @property
    def state(self) -> bytes:
        """Nothing: a function has no state."""
        return b""

    @state.setter
    def state(self, state: bytes) -> None:
        if state:
            raise PluginError(f"{self.name} is a function and has no state; set b''")

    def _start(self, sample_rate: float, channels: int) -> None:
        self._sample_rate = sample_rate

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        try:
            # A copy, for a function may work in place, and others hear the block too.
            made = np.atleast_2d(np.asarray(self.function(block.copy(), self._sample_rate), np.float64))
        except PyhostError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"the function {self.name} failed{self._line_of(error)}: {type(error).__name__}: {error}; correct it"
            ) from error
        if made.shape != block.shape:
            raise AudioError(
                f"the function {self.name} was given {block.shape[0]} channels of {block.shape[1]} frames and returned "
                f"shape {made.shape}; return as many"
            )
        return made

    def _line_of(self, error: BaseException) -> str:
        """Return where in the function's own file an error came up, to stand in a message; nothing if in none."""
        file = getattr(getattr(self.function, "__code__", None), "co_filename", None)
        lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == file]
        return f" in {file}, line {lines[-1]}" if lines else ""


class Dry(HostedPlugin):
    """Changes nothing: the branch of a `Parallel` that stays as it is."""

    def __init__(self) -> None:
        self.name = "Dry"
        self.parameters = PluginParameters([])
        self.channels = ANY
        self._spec = {"kind": "dry"}

    @property
    def state(self) -> bytes:
        """Nothing: it has no state."""
        return b""

    @state.setter
    def state(self, state: bytes) -> None:
        if state:
            raise PluginError("a dry branch has no state; set b''")

    def _start(self, sample_rate: float, channels: int) -> None:
        pass

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        return block
