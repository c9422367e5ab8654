"""Passes over a recording: the loop around the C learner, in constant memory, safe to interrupt."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pyhost._binding import Record
from pyhost.audio import AudioArray, AudioSource, paired_blocks
from pyhost.compile.build import compile
from pyhost.compile.program import Program
from pyhost.errors import DivergedError
from pyhost.learn.cores import held, make_core, mean_loss
from pyhost.learn.hearing import Hearing
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import SGD, Optimizer
from pyhost.learn.parameters import Parameters
from pyhost.learn.plan import StageResult
from pyhost.learn.run import BLOCK
from pyhost.learn.sources import Skipped
from pyhost.learn.traces import PassResult, Progress, Recorder, Trace
from pyhost.native.engine import LearnerEngine

__all__ = ["PERFECT", "Best", "Passes"]

REPORT_EVERY = 0.05
"""Seconds between two calls of the progress function."""

SMALLEST_BLOCK = 256
"""Frames below which a recording is not cut further."""

PATIENCE = 3
"""Passes in a row that may bring less than the tolerance before learning ends."""

PERFECT = 1e-24
"""Power ratio (−240 dB) below which a loss counts as none: rounding is all that is left."""

Array = NDArray[np.float64]


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
    hearing : Hearing or None
        Writes what is heard.
    engine : str
        What hears the recording with values held still.
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
    hearing: Hearing | None = None
    results: list[PassResult] = field(default_factory=list)
    stages: list[StageResult] = field(default_factory=list)
    reference: float = math.nan
    converged: bool = False
    engine: str = "auto"
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
        frames = self.frames * (1 + 2 * self._passes)
        rate = self.dry.sample_rate
        return mean_loss(self.program, values, self.loss, rate, self.pairs(), engine=self.engine, frames=frames)

    def loss_of_silence(self) -> float:
        """Return the mean loss of silence against the target: what 0 dB means."""
        silence = compile(lambda x: x * 0.0)
        rate, pairs = self.dry.sample_rate, self.pairs()
        return mean_loss(silence, np.zeros(0), self.loss, rate, pairs, engine=self.engine, frames=self.frames)

    def run(self, core: LearnerEngine, passes: int, tolerance: float, *, evaluate: bool) -> None:
        """Learn, pass after pass, until done, converged or stopped by an exception.

        Whatever ends it, the parameters are those of the last finite sample.
        """
        self.begin(passes, evaluate=evaluate)
        stalled, start_loss, ended = 0, self.best.loss, False
        while len(self.results) < passes and not ended:
            before = self.best.loss
            self.once(core, evaluate=evaluate)
            stalled = stalled + 1 if before - self.best.loss <= tolerance * before else 0
            ended = evaluate and (stalled >= PATIENCE or self.perfect)
            self.converged = ended and (self.best.loss < start_loss or self.perfect)

    @property
    def perfect(self) -> bool:
        """Whether rounding is all that is left."""
        return bool(self.best.loss <= PERFECT ** (self.loss.power / 2) * self.reference)

    def begin(self, passes: int, *, evaluate: bool = True) -> None:
        """Measure silence and the start; there will be so many passes at most."""
        self._passes = passes
        if evaluate:
            self.reference = self.loss_of_silence()
            self.best.offer(self.parameters.values_array(), self.evaluate(self.parameters.values_array()))

    def once(self, core: LearnerEngine, *, evaluate: bool = True) -> None:
        """Learn the recording once; the values at its end and their mean over its last quarter may be the best."""
        try:
            loss, late = self._one_pass(core)
        finally:
            self.parameters.set_array(core.get_parameters())
        if evaluate:
            self.best.offer(self.parameters.values_array(), self.evaluate(self.parameters.values_array()))
            self.best.offer(late, self.evaluate(late))
        self._end_pass(loss)

    def hold(self, values: Array) -> float:
        """Hear the recording once with values held still; return their mean loss, infinite if it is not finite."""
        parameters = held(self.program, values, self.parameters.learned() if self.recorder else ())
        rate, lanes = self.dry.sample_rate, self.dry.channels
        core = make_core(
            self.program,
            parameters,
            self.loss,
            SGD(0.0),
            sample_rate=rate,
            lanes=lanes,
            engine=self.engine,
            frames=self.frames,
        )
        try:
            loss, _ = self._one_pass(core)
        except DivergedError:
            self.undo()
            return math.inf
        self.best.offer(values, loss)
        self._end_pass(loss)
        return loss

    def undo(self) -> None:
        """Forget what was written down of a pass that was given up."""
        if self.recorder:
            self.recorder.undo_pass()

    def _end_pass(self, loss: float) -> None:
        if self.recorder:
            self.recorder.end_pass(self.frames)
        self.results.append(PassResult(loss, self.best.loss))

    def trace(self) -> Trace:
        """Return what was written down, by name."""
        recorder = self.recorder or Recorder(1, self.program.scalars)
        loss, gradients, parameters = recorder.joined()
        return Trace(
            self.dry.sample_rate,
            recorder.every,
            loss,
            self.parameters.columns(parameters),
            self.parameters.columns(gradients),
            tuple(self.results),
            self.frames,
            self.reference,
            self.converged,
            {} if self.hearing is None else self.hearing.written(),
            tuple(self.stages),
        )

    def _one_pass(self, core: LearnerEngine) -> tuple[float, Array]:
        """Learn the recording once, from silence; return the mean loss, and the mean parameters of its last quarter."""
        core.reset()
        # A place between bounds is mapped from the value anew, as in a learner that goes on from a file: the same bits.
        core.set_parameters(core.get_parameters())
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
        locked = self.parameters.locked_array()
        return loss / done, np.where(locked, core.get_parameters(), late / weight)  # a mean of equals is rounded

    def _learn(self, core: LearnerEngine, dry: AudioArray, target: AudioArray, done: int) -> None:
        """Learn one block, or raise where it diverges."""
        record = None
        if self.recorder:
            loss, gradient, parameters = self.recorder.room(dry.shape[1])
            record = Record(loss, gradient, parameters, self.recorder.every)
        if self.hearing is None:
            failed = core.process(dry, target, record=record)
        else:
            failed = self.hearing.learn(core, dry, target, record)
        if failed is not None:
            sample = done + failed
            raise DivergedError(
                f"the learner diverged at sample {sample} of pass {len(self.results) + 1} "
                f"({sample / self.dry.sample_rate:.3f} s): loss or parameters are no longer finite; lower "
                f"the learning rate (now {self.optimizer.rate:g})",
                sample,
            )

    def _report(self, core: LearnerEngine, done: int, loss: float) -> None:
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
