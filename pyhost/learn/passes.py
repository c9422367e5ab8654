"""Passes over a recording: the loop around the C learner, in constant memory, safe to interrupt."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pyhost._binding import LearnerCore, Record
from pyhost._settings import CoreParameter, CoreSettings
from pyhost.audio import AudioArray, AudioSource, paired_blocks
from pyhost.compile.build import compile
from pyhost.compile.lower import lower
from pyhost.compile.program import Program
from pyhost.errors import DivergedError, InputError
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import SGD, Optimizer
from pyhost.learn.parameters import Parameters
from pyhost.learn.run import BLOCK
from pyhost.learn.sources import Skipped
from pyhost.learn.traces import PassResult, Progress, Recorder

__all__ = ["Best", "Passes", "make_core", "mean_loss", "restore"]

REPORT_EVERY = 0.05
"""Seconds between two calls of the progress function."""

SMALLEST_BLOCK = 256
"""Frames below which a recording is not cut further."""

PATIENCE = 3
"""Passes in a row that may bring less than the tolerance before learning ends."""

PERFECT = 1e-24
"""Power ratio (−240 dB) below which a loss counts as none: rounding is all that is left."""

Array = NDArray[np.float64]


def make_core(
    program: Program, parameters: Parameters, loss: Loss, optimizer: Optimizer, *, sample_rate: float, lanes: int
) -> LearnerCore:
    """Return a learner of the core for a program, with the parameters where they are now."""
    specs = []
    place = 0
    for parameter in parameters.values():
        spec = parameter.spec
        specs.append(
            CoreParameter(
                place, spec.width, spec.normalised, spec.scale == "log", parameter.locked, spec.minimum, spec.maximum
            )
        )
        place += spec.width
    settings = CoreSettings(loss.core(), optimizer.core(), tuple(specs))
    core = LearnerCore(lower(program, sample_rate, lanes, learned=parameters.learned()), settings)
    core.set_parameters(parameters.values_array())
    return core


def restore(core: LearnerCore, state: Array) -> None:
    """Set what the optimizer of a core had gathered, or raise if it is of another one."""
    wanted = core.get_state().shape
    if state.shape != wanted or not np.isfinite(state).all():
        raise InputError(
            f"optimizer_state must be {wanted[0]} finite numbers for this chain and optimizer, not an array of shape "
            f"{state.shape}; take it from a learner of the same chain and optimizer, or set None to start over"
        )
    core.set_state(state)


def mean_loss(
    program: Program, values: Array, loss: Loss, sample_rate: float, pairs: Iterator[tuple[AudioArray, AudioArray]]
) -> float:
    """Return the mean loss of a program with its parameters held at `values`, over a whole recording.

    Returns
    -------
    float
        Infinite if the output is not finite.
    """
    parameters = Parameters(program.parameters)
    for parameter in parameters.values():
        parameter.locked = True
    parameters.set_array(values)
    core: LearnerCore | None = None
    for dry, target in pairs:
        core = core or make_core(program, parameters, loss, SGD(0.0), sample_rate=sample_rate, lanes=dry.shape[0])
        if core.process(dry, target) is not None:
            return math.inf
    if core is None:
        return math.inf
    total, samples, _ = core.take_means()
    return total / samples


@dataclass(slots=True)
class Best:
    """The best parameters seen, by the loss over the whole recording with them held still."""

    values: Array
    loss: float = math.inf

    def offer(self, values: Array, loss: float) -> None:
        """Take these if they are better."""
        if loss < self.loss:
            self.values, self.loss = values, loss


@dataclass(slots=True)
class Passes:
    """One call of `Learner.learn`.

    Attributes
    ----------
    program, parameters, loss, optimizer
        The learner's.
    dry, target : AudioSource
        At the same rate, of the same shape.
    trim : bool
        Whether the longer is cut to the shorter.
    best : Best
        Improved on the way.
    progress : callable or None
        Told where learning is, every 50 ms.
    recorder : Recorder or None
        Takes the trace.
    """

    program: Program
    parameters: Parameters
    loss: Loss
    optimizer: Optimizer
    dry: AudioSource
    target: AudioSource
    trim: bool
    best: Best
    progress: Callable[[Progress], None] | None = None
    recorder: Recorder | None = None
    results: list[PassResult] = field(default_factory=list)
    reference: float = math.nan
    converged: bool = False
    _passes: int = 0
    _reported: float = 0.0

    @property
    def frames(self) -> int:
        """Frames in a pass."""
        return min(self.dry.frames, self.target.frames)

    def shift(self, offset: int) -> None:
        """Learn from a target that comes `offset` samples later, or earlier; what only one has is left out."""
        if offset > 0:
            self.target = Skipped(self.target, offset)
        elif offset < 0:
            self.dry = Skipped(self.dry, -offset)
        self.trim = self.trim or offset != 0

    def pairs(self) -> Iterator[tuple[AudioArray, AudioArray]]:
        """Yield the recording from its start, in 16 blocks at least, each a whole number of recorded rows."""
        every = self.recorder.every if self.recorder else 1
        size = min(BLOCK, max(self.frames // 16, SMALLEST_BLOCK))
        return paired_blocks(self.dry, self.target, -(-size // every) * every, trim=self.trim)

    def evaluate(self, values: Array) -> float:
        """Return the mean loss of values held still."""
        return mean_loss(self.program, values, self.loss, self.dry.sample_rate, self.pairs())

    def run(self, core: LearnerCore, passes: int, tolerance: float, *, evaluate: bool) -> None:
        """Learn, pass after pass, until done, converged or stopped by an exception.

        Whatever ends it, the parameters are those of the last finite sample.
        """
        self._passes = passes
        if evaluate:
            silence = compile(lambda x: x * 0.0)
            self.reference = mean_loss(silence, np.zeros(0), self.loss, self.dry.sample_rate, self.pairs())
            self.best.offer(self.parameters.values_array(), self.evaluate(self.parameters.values_array()))
        stalled, start_loss, ended = 0, self.best.loss, False
        while len(self.results) < passes and not ended:
            before = self.best.loss
            try:
                loss, late = self._one_pass(core)
            finally:
                self.parameters.set_array(core.get_parameters())
            if self.recorder:
                self.recorder.end_pass(self.frames)
            if evaluate:
                self.best.offer(self.parameters.values_array(), self.evaluate(self.parameters.values_array()))
                self.best.offer(late, self.evaluate(late))
            self.results.append(PassResult(loss, self.best.loss))
            stalled = stalled + 1 if before - self.best.loss <= tolerance * before else 0
            floor = PERFECT ** (self.loss.power / 2) * self.reference
            ended = evaluate and (stalled >= PATIENCE or self.best.loss <= floor)
            self.converged = ended and (self.best.loss < start_loss or self.best.loss <= floor)

    def _one_pass(self, core: LearnerCore) -> tuple[float, Array]:
        """Learn the recording once, from silence; return the mean loss, and the mean parameters of its last quarter."""
        core.reset()
        core.take_means()
        done, loss = 0, 0.0
        late, weight = np.zeros(self.program.scalars), 0
        for dry, target in self.pairs():
            self._learn(core, dry, target, done)
            part, samples, means = core.take_means()
            if done + samples > self.frames * 3 // 4:
                late += means * samples
                weight += samples
            done += samples
            loss += part
            self._report(core, done, part / samples)
        return loss / done, late / weight

    def _learn(self, core: LearnerCore, dry: AudioArray, target: AudioArray, done: int) -> None:
        """Learn one block, or raise where it diverges."""
        record = None
        if self.recorder:
            loss, gradient, parameters = self.recorder.room(dry.shape[1])
            record = Record(loss, gradient, parameters, self.recorder.every)
        failed = core.process(dry, target, record=record)
        if failed is not None:
            sample = done + failed
            raise DivergedError(
                f"the learner diverged at sample {sample} of pass {len(self.results) + 1} "
                f"({sample / self.dry.sample_rate:.3f} s): loss or parameters are no longer finite; lower "
                f"the learning rate (now {self.optimizer.rate:g})",
                sample,
            )

    def _report(self, core: LearnerCore, done: int, loss: float) -> None:
        """Tell the progress function, not too often but always at the end of a pass."""
        now = time.monotonic()
        if self.progress is None or (now - self._reported < REPORT_EVERY and done < self.frames):
            return
        self._reported = now
        self.progress(
            Progress(
                len(self.results) + 1,
                self._passes,
                done,
                self.frames,
                loss,
                self.loss.decibels(loss, self.reference),
                self.loss.decibels(self.best.loss, self.reference) if self.results else math.nan,
                self.parameters.named(core.get_parameters()),
            )
        )
