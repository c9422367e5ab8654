"""The work of ``pyhost learn``: check, learn, save; also what the demo does."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pyhost.audio import WRITABLE, AudioSource, open_audio
from pyhost.cli.finished import Finished
from pyhost.cli.outputs import check_apart, check_output_file
from pyhost.cli.rendering import render
from pyhost.cli.values import set_values
from pyhost.cli.wording import largest_pole_of, settings_in_words
from pyhost.errors import DivergedError, InputError, PyhostError
from pyhost.graph.source import load_chain
from pyhost.learn import losses, optimizers
from pyhost.learn.kinds import arguments
from pyhost.learn.learned import LearnedChain, freeze
from pyhost.learn.learner import Learner
from pyhost.learn.parameters import Parameters, Value
from pyhost.learn.sources import TaughtSource, target_source
from pyhost.learn.traces import Progress, Trace
from pyhost.report import Learning, check_report_folder, write_report

__all__ = ["MOST_PASSES", "Job", "StoppedError"]

MOST_PASSES = 200
"""Passes at most, if the user does not say how many."""

TRACE_ROWS = 4000
"""Points of the curves in a report, at most."""


K = TypeVar("K")


class StoppedError(PyhostError):
    """Learning was interrupted; the message tells what was saved."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be learned, and how.

    Attributes
    ----------
    dry, target : Path
        Recordings; no target: `truth` makes it.
    chain, truth : str
        Text form or ``file.py:function``; the truth has the hidden values.
    loss, optimizer : str
        Their kinds.
    window, window_of, size, rate
        Of loss and optimizer; None, or no size: their usual ones.
    passes, tolerance
        As `Learner.learn`.
    start : tuple of str
        ``name=value``.
    lock : tuple of str
        Names.
    resample, trim : bool
        As `Learner.learn`.
    align, coarse : {"auto", "off"}
        As ``align`` and ``start`` of `Learner.learn`.
    output, render, report : Path
        What is written.
    """

    dry: Path
    target: Path | None
    chain: str
    output: Path
    truth: str | None = None
    loss: str = "mse"
    window: int | None = None
    window_of: str | None = None
    size: tuple[int, ...] = ()
    optimizer: str = "sgd"
    rate: float | None = None
    passes: int = MOST_PASSES
    tolerance: float = 1e-3
    start: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    resample: bool = False
    trim: bool = False
    align: str = "auto"
    coarse: str = "auto"
    render: Path | None = None
    report: Path | None = None

    def run(self, *, live: bool) -> Finished:
        """Do it.

        Parameters
        ----------
        live : bool
            Whether to show on stderr, a terminal, how it goes.

        Raises
        ------
        InputError
            If anything that was given is wrong; nothing was written.
        StoppedError
            After an interrupt; what was found until then is saved.
        DivergedError
            If learning left the finite numbers; if a pass was finished before, its best values are saved.
        """
        self._check_outputs()
        learner = self._learner()
        teacher = None if self.truth is None else freeze(load_chain(self.truth))
        dry = open_audio(self.dry)
        target = self._target(dry, teacher)
        start = _values(learner.parameters)
        trace = self._learn(learner, dry, target, live)
        last = _values(learner.parameters)
        learner.use_best()
        learned = self._save(learner, converged=trace.converged)
        decibels = learner.best_decibels
        learning = Learning(
            learned=learned,
            trace=trace,
            dry=dry,
            target=target,
            trim=self.trim,
            start=start,
            last=last,
            locked=frozenset(learner.parameters) - learner.parameters.learned(),
            hidden={} if teacher is None else _values(teacher.parameters),
            settings=settings_in_words(
                learner, learned, dry, target, trace, passes=self.passes, tolerance=self.tolerance
            ),
            decibels=decibels,
        )
        return self._write(Finished(learning, {"learned": self.output}))

    def _write(self, finished: Finished) -> Finished:
        """Write what else is wanted, once what was learned is safe."""
        learning = finished.learning
        try:
            if self.render is not None:
                finished.rendered = render(learning.learned, learning.dry, self.render)
                finished.files["render"] = self.render
            if self.report is not None:
                finished.files["report"] = write_report(self.report, learning)
        except KeyboardInterrupt:
            raise StoppedError(f"interrupted; learning was done, what was learned is saved in {self.output}") from None
        return finished

    def _check_outputs(self) -> None:
        check_output_file(self.output, (".json",), "-o")
        if self.render is not None:
            check_output_file(self.render, WRITABLE, "--render")
        if self.report is not None:
            check_report_folder(self.report)
        outputs = (("-o", self.output), ("--render", self.render), ("--report", self.report))
        check_apart(outputs, (self.dry, self.target, *map(_file_of, (self.chain, self.truth))))

    def _learner(self) -> Learner:
        """Return the learner, with start values set and parameters locked."""
        loss = _made(
            "--loss", losses.by_name(self.loss), window=self.window, window_of=self.window_of, size=self.size or None
        )
        optimizer = _made("--optimizer", optimizers.by_name(self.optimizer), rate=self.rate)
        learner = Learner(load_chain(self.chain), loss=loss, optimizer=optimizer)
        set_values(learner.parameters, self.start)
        for name in self.lock:
            learner.parameters[name].locked = True
        if not learner.parameters.learned():
            raise InputError(f"the chain {self.chain!r} has nothing to learn: it has no parameter that is not locked")
        return learner

    def _target(self, dry: AudioSource, teacher: LearnedChain | None) -> AudioSource:
        if self.target is not None:
            return target_source(self.target, dry, resample=self.resample)
        if teacher is None:
            raise InputError("there is no target: name the recording that the dry one should become, or give --truth")
        taught = TaughtSource(dry, teacher)
        taught.name = f"{dry.name} through {teacher.label}"
        return taught

    def _learn(self, learner: Learner, dry: AudioSource, target: AudioSource, live: bool) -> Trace:
        """Learn, and save what there is if it ends early."""
        try:
            with _display(learner, live) as progress:
                return learner.learn(
                    dry,
                    target,
                    passes=self.passes,
                    tolerance=self.tolerance,
                    trim=self.trim,
                    align=self.align,
                    start=self.coarse,
                    record=self.report is not None,
                    rows=TRACE_ROWS,
                    progress=progress,
                )
        except KeyboardInterrupt:
            raise StoppedError(f"interrupted: {self._rescue(learner)}") from None
        except DivergedError as error:
            if not learner.freeze().details["passes"]:
                raise DivergedError(f"{error}; nothing was written", error.sample) from None
            raise DivergedError(f"{error}; {self._rescue(learner)}", error.sample) from None

    def _rescue(self, learner: Learner) -> str:
        """Save the best so far, or, before the end of the first pass, what there is; return what was done."""
        passes = learner.freeze().details["passes"]
        if passes:
            learner.use_best()
            done = f"the best parameters of {passes} pass{'es' if passes > 1 else ''}, {learner.best_decibels:.1f} dB,"
        elif math.isfinite(learner.best_loss):
            done = "the first pass was not finished; the parameters as they were at that moment"
        else:
            return "nothing was learned yet, nothing was written"
        self._save(learner, converged=False)
        return f"{done} are saved in {self.output}"

    def _save(self, learner: Learner, *, converged: bool) -> LearnedChain:
        learned = learner.freeze()
        learned.details |= {
            "converged": converged,
            "locked": sorted(frozenset(learner.parameters) - learner.parameters.learned()),
            "dry": str(self.dry),
            "target": str(self.target or self.truth),
            "largest_pole": largest_pole_of(learned),
        }
        learned.save(self.output)
        return learned


def _made(option: str, kind: type[K], **given: Any) -> K:
    """Return a loss or an optimizer, given what the user said of it.

    Raises
    ------
    InputError
        If it has no such setting.
    """
    said = {name: value for name, value in given.items() if value is not None}
    for name in said:
        if name not in arguments(kind):
            raise InputError(f"{option} {kind.__name__} has no --{name.replace('_', '-')}; leave that out")
    return kind(**said)


def _display(learner: Learner, live: bool) -> Any:
    """Return a context that yields the function to tell progress to, or None."""
    if not live:
        nothing: Callable[[Progress], None] | None = None
        return nullcontext(nothing)
    from pyhost.cli.display import learning_display

    return learning_display(learner.parameters, sys.stderr)


def _file_of(chain: str | None) -> Path | None:
    """Return the file of ``file.py:function``."""
    path, colon, _ = (chain or "").rpartition(":")
    return Path(path) if colon and path.endswith(".py") else None


def _values(parameters: Parameters) -> dict[str, Value]:
    return {name: parameter.value for name, parameter in parameters.items()}
