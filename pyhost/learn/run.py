"""Running a chain with given values: what it puts out, and how that depends on its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pyhost._binding import Interpreter
from pyhost._binding import noise as _noise
from pyhost.audio import AudioArray, as_audio, check_sample_rate
from pyhost.compile.build import compile
from pyhost.compile.lower import lower
from pyhost.compile.program import Program
from pyhost.errors import InputError
from pyhost.graph.trace import Chain
from pyhost.learn.parameters import Parameters
from pyhost.native.engine import RunnerEngine, make_runner

__all__ = ["Runner", "noise", "value_and_jacobian"]

BLOCK = 1 << 16
"""Frames that are handed to the core at a time."""


class Runner:
    """A program without partials, for one sample rate and number of channels: the fast way to apply it.

    Before the program, the audio is delayed by `offset` samples. It is compiled where so much audio is processed, or
    expected, that this pays.

    Attributes
    ----------
    expected : int
        Frames that are to come in all from the next reset on, about, if that is known.
    """

    def __init__(self, program: Program, sample_rate: float, channels: int, offset: int = 0) -> None:
        self.sample_rate = sample_rate
        self.channels = channels
        self._line = np.zeros((channels, offset))
        self._tape = lower(program, sample_rate, channels, learned=())
        self._engine: RunnerEngine = make_runner(self._tape)
        self._heard = self._considered = self.expected = 0

    def process(self, audio: AudioArray, values: NDArray[np.float64], *, reset: bool) -> AudioArray:
        """Run a block with scalars (P,)."""
        self._heard += audio.shape[1]
        if reset:
            self._choose()
            self._engine.reset()
            self._line[:] = 0.0
        self._engine.set_parameters(values)
        output, _ = self._engine.process(self._delayed(audio))
        return output

    def _choose(self) -> None:
        """Choose the engine anew if twice as much is heard or to come as when that was last thought about."""
        frames = max(self._heard, self.expected)
        self.expected = 0
        if isinstance(self._engine, Interpreter) and frames >= 2 * self._considered:
            self._considered = frames
            self._engine = make_runner(self._tape, frames=frames)

    def _delayed(self, audio: AudioArray) -> AudioArray:
        """Pass a block through the delay line."""
        if not self._line.shape[1]:
            return audio
        joined = np.concatenate([self._line, audio], axis=1)
        self._line = joined[:, audio.shape[1] :].copy()
        return joined[:, : audio.shape[1]]


def value_and_jacobian(
    chain: Chain,
    audio: ArrayLike,
    *,
    sample_rate: float,
    parameters: Mapping[str, Any] | None = None,
) -> tuple[AudioArray, NDArray[np.float64]]:
    """Run a chain with given values; return what it puts out and its exact partials.

    Parameters
    ----------
    chain : callable
        A function of one signal.
    audio : array_like, (channels, frames) or (frames,)
        Full scale ±1.
    sample_rate : float
        In Hz.
    parameters : mapping, optional
        Values by name; the others are at their defaults.

    Returns
    -------
    value : ndarray, (channels, frames)
        The output.
    jacobian : ndarray, (P, channels, frames)
        d value / d parameter, with respect to the parameters' own values (Hz, dB …), also of normalised ones; in the
        order in which the chain asks for them, a vector parameter giving one row for each element.

    Raises
    ------
    AudioError, ChainError, ParameterError
        If the audio, the chain or a value is wrong.

    Examples
    --------
    >>> import pyhost as ph
    >>> value, jacobian = ph.value_and_jacobian(
    ...     lambda x: x * ph.param("gain"), [0.5, -0.25], sample_rate=48_000, parameters={"gain": 2.0}
    ... )
    >>> value.tolist(), jacobian.tolist()
    ([[1.0, -0.5]], [[[0.5, -0.25]]])
    """
    program = compile(chain)
    recording = as_audio(audio)
    rate = check_sample_rate(sample_rate, "sample_rate")
    named = Parameters(program.parameters)
    named.set(parameters or {})
    interpreter = Interpreter(lower(program, rate, recording.shape[0]))
    interpreter.set_parameters(named.values_array())
    value, jacobian = interpreter.process(recording, jacobian=True)
    assert jacobian is not None
    return value, jacobian


def noise(frames: int) -> NDArray[np.float64]:
    """Return the test noise: white, uniform, the same everywhere.

    Parameters
    ----------
    frames : int
        How many samples.

    Returns
    -------
    ndarray, (frames,)
        s[n] = (1103515245·s[n−1] + 12345) mod 2³² as a signed integer, over 2³¹ − 1; bit-exact against Faust's
        ``no.noise``.
    """
    if isinstance(frames, bool) or not isinstance(frames, (int, np.integer)) or frames < 0:
        raise InputError(f"noise: frames must be a whole number from 0 on, not {frames!r}")
    return _noise(int(frames))[0]
