"""How long a chain takes on this machine, to play and to learn, by each engine."""

from __future__ import annotations

import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pyhost._binding import Interpreter, LearnerCore, noise
from pyhost._settings import CoreSettings
from pyhost.compile.lower import Tape, lower
from pyhost.errors import InputError
from pyhost.learn.cores import learning
from pyhost.learn.learned import LearnedChain
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import Auto, Optimizer
from pyhost.native.compiler import CompileError, compile_library, find_compiler
from pyhost.native.engine import LearnerEngine, RunnerEngine
from pyhost.native.library import NativeLearner, NativeRunner
from pyhost.native.printer import print_program

__all__ = ["Speed", "measure_speed"]

REPEATS = 15
BUDGET = 0.02
"""Seconds that a run takes, about."""

FRAMES = 16_384
"""Of a run at most: more would no longer fit into the cache of a processor."""

FEWEST = 256
LEVEL = 0.25

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Speed:
    """What an engine takes for a chain.

    Attributes
    ----------
    engine : {"native", "interpreter"}
    play, learn : float
        Nanoseconds of processor time per sample and channel, without and with learning: medians. NaN if there is
        nothing to be learned.
    compile : float
        Seconds of processor time to print and compile both, with nothing kept; 0 for the interpreter.
    """

    engine: str
    play: float
    learn: float
    compile: float


_Pair = tuple[RunnerEngine, LearnerEngine]
_Block = tuple[Array, Array]
_Run = Callable[[Array, Array], None]


def measure_speed(
    chain: LearnedChain,
    *,
    loss: Loss,
    optimizer: Optimizer,
    sample_rate: float = 48_000.0,
    channels: int = 1,
) -> tuple[tuple[Speed, ...], str]:
    """Measure how long a chain takes on this machine, to play and to learn.

    The engines take turns over blocks of noise, so that what else the machine does slows all of them. The target is
    what the chain makes with the parameters where they are: they stay there, and every step of learning is taken.

    Parameters
    ----------
    chain : LearnedChain
        With its parameters; those that are locked by its training are not learned.
    loss, optimizer : Loss, Optimizer
        Not `Auto`, which is several.
    sample_rate : float
        In Hz.
    channels : int
        Side by side, sharing the parameters.

    Returns
    -------
    speeds : tuple of Speed
        The native engine first, if the chain can be compiled and loaded.
    missing : str
        Why there is no native engine; empty if there is.

    Raises
    ------
    InputError
        If the optimizer is automatic, or the chain's output is not finite.
    """
    if isinstance(optimizer, Auto):
        raise InputError("optimizer 'auto' is several, one after the other; name one of them")
    optimizer.check(loss)
    tapes = _Tapes(
        lower(chain.program, sample_rate, channels, learned=()),
        *learning(chain.program, chain.parameters, loss, optimizer, sample_rate=sample_rate, lanes=channels),
    )
    audio = LEVEL * np.reshape(noise(channels * FRAMES)[0], (channels, FRAMES))
    timers, missing = [], ""
    try:
        begin = _seconds_of_all()
        native = _native(tapes)
        timers.append(_Timer("native", native, chain, audio, _seconds_of_all() - begin))
    except (CompileError, OSError) as error:
        missing = str(error)
    interpreter = Interpreter(tapes.plain), LearnerCore(tapes.learning, tapes.settings)
    timers.append(_Timer("interpreter", interpreter, chain, audio, 0.0))
    for _ in range(REPEATS):
        for timer in timers:
            timer.take_turn()
    return tuple(timer.speed() for timer in timers), missing


@dataclass(frozen=True, slots=True)
class _Tapes:
    """A chain without partials, the same with them, and how it learns."""

    plain: Tape
    learning: Tape
    settings: CoreSettings


def _native(tapes: _Tapes) -> _Pair:
    """Return a chain as it is played and as it learns, compiled from nothing."""
    compiler = find_compiler()
    with tempfile.TemporaryDirectory(prefix="pyhost-bench-") as folder:
        learner, runner = Path(folder, "learner"), Path(folder, "runner")
        learner.mkdir()
        runner.mkdir()
        source = print_program(tapes.learning, tapes.settings)
        compiled = compile_library(compiler, source, learner)
        played = compile_library(compiler, print_program(tapes.plain), runner)
        return NativeRunner(played, tapes.plain), NativeLearner(compiled, tapes.learning, tapes.settings)


class _Timer:
    """One engine, timed in turns with others."""

    def __init__(self, engine: str, pair: _Pair, chain: LearnedChain, audio: Array, compile_seconds: float) -> None:
        self._engine, self._compile = engine, compile_seconds
        self._runner, self._learner = pair
        self._values = chain.parameters.values_array()
        self._runner.set_parameters(self._values)
        self._audio, self._target = audio, self._runner.process(audio)[0]
        if not np.isfinite(self._target).all():
            raise InputError("the chain's output is not finite with its parameters where they are; set other values")
        runs = (self._play, self._learn) if chain.parameters.learned() else (self._play,)
        self._runs = [(run, self._block_for(run)) for run in runs]
        self._times: list[list[float]] = [[] for _ in runs]

    def _play(self, audio: Array, target: Array) -> None:
        self._runner.process(audio)

    def _learn(self, audio: Array, target: Array) -> None:
        self._learner.process(audio, target)

    def _timed(self, run: _Run, block: _Block) -> float:
        """Return the nanoseconds of processor time per sample and channel of a run from silence."""
        self._runner.reset()
        self._learner.reset()
        self._learner.set_parameters(self._values)
        begin = time.thread_time_ns()
        run(*block)
        return (time.thread_time_ns() - begin) / block[0].size

    def _block_for(self, run: _Run) -> _Block:
        """Return a block that is run within the budget; the run that tells also warms up."""
        frames = BUDGET * 1e9 / max(1.0, self._timed(run, self._first(FEWEST)) * len(self._audio))
        return self._first(int(np.clip(frames, FEWEST, FRAMES)))

    def _first(self, frames: int) -> _Block:
        return np.ascontiguousarray(self._audio[:, :frames]), np.ascontiguousarray(self._target[:, :frames])

    def take_turn(self) -> None:
        """Time each run once."""
        for (run, block), times in zip(self._runs, self._times, strict=True):
            times.append(self._timed(run, block))

    def speed(self) -> Speed:
        """Return the medians of all turns."""
        play, learn = (*map(statistics.median, self._times), math.nan)[:2]
        return Speed(self._engine, play, learn, self._compile)


def _seconds_of_all() -> float:
    """Return the processor time of this process and of those that it waited for."""
    spent = os.times()
    return time.process_time() + spent.children_user + spent.children_system
