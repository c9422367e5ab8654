"""The work of ``pyhost learn``: check, learn, save; also what the demo does."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyhost.audio import WRITABLE, AudioSource
from pyhost.cli.finished import Finished
from pyhost.cli.inputs import Recordings, chosen, file_of, open_chain
from pyhost.cli.outputs import check_apart, check_output_file
from pyhost.cli.rendering import render
from pyhost.cli.values import heard_files, set_values
from pyhost.cli.wording import largest_pole_of, settings_in_words
from pyhost.errors import AudioError, DivergedError, InputError, PyhostError
from pyhost.learn import losses, optimizers
from pyhost.learn.automatic import MOST_PASSES
from pyhost.learn.hearing import check_files
from pyhost.learn.learned import LearnedChain
from pyhost.learn.learner import Learner
from pyhost.learn.parameters import Parameters, Value
from pyhost.learn.traces import Progress, Trace
from pyhost.report import Learning, check_report_folder, write_report

__all__ = ["Job", "StoppedError"]

TRACE_ROWS = 4000
"""Points of the curves in a report, at most."""


class StoppedError(PyhostError):
    """Learning was interrupted; the message tells what was saved."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be learned, and how.

    Attributes
    ----------
    dry, target : Path
        Recordings, or folders of a batch; no target: `truth` makes it.
    chain, truth : str
        Text form, ``file.py:function`` or ``learned.json``; the truth has the hidden values.
    teacher, teacher_set : str, tuple of str
        A plugin that makes the target, and ``name=value`` of its settings.
    loss, optimizer : str or None
        Their kinds; None: those of a ``learned.json``, else mean squared error and the automatic choice, or steps of
        SGD where a rate is given or something is to be heard.
    window, window_of, size, rate
        Of loss and optimizer; None, or no size: their usual ones.
    passes, tolerance
        As `Learner.learn`.
    start : tuple of str
        ``name=value``.
    lock, unlock : tuple of str
        Names.
    batch, resample, trim : bool
        As `Recordings`.
    align, coarse : str
        As ``align`` and ``start`` of `Learner.learn`.
    hear : tuple of str
        ``name=file``.
    output, render, report : Path
        What is written.
    """

    dry: Path
    target: Path | None
    chain: str
    output: Path
    truth: str | None = None
    teacher: str | None = None
    teacher_set: tuple[str, ...] = ()
    loss: str | None = None
    window: int | None = None
    window_of: str | None = None
    size: tuple[int, ...] = ()
    optimizer: str | None = None
    rate: float | None = None
    passes: int = MOST_PASSES
    tolerance: float = 1e-3
    start: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    unlock: tuple[str, ...] = ()
    batch: bool = False
    resample: bool = False
    trim: bool = False
    align: str = "auto"
    coarse: str = "auto"
    hear: tuple[str, ...] = ()
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
        recordings = Recordings(
            self.dry, self.target, self.truth, self.batch, self.resample, self.trim, self.teacher, self.teacher_set
        )
        heard = heard_files(self.hear)
        self._check_outputs(recordings, heard)
        learner = self._learner()
        check_files(heard, learner.parameters)
        teacher = recordings.teacher()
        dry, target = recordings.open(teacher)
        if target is None:
            raise InputError(
                "there is no target: name the recording that the dry one should become, or give --truth or --teacher"
            )
        start = _values(learner.parameters)
        trace = self._learn(learner, dry, target, heard, live)
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
            hidden=_values(teacher.parameters) if isinstance(teacher, LearnedChain) else {},
            settings=settings_in_words(
                learner, learned, dry, target, trace, passes=self.passes, tolerance=self.tolerance
            ),
            decibels=decibels,
        )
        finished = Finished(learning, {"learned": self.output})
        for name, written in trace.heard.items():
            finished.add(f"hear {name}", written)
        return self._write(finished)

    def _write(self, finished: Finished) -> Finished:
        """Write what else is wanted, once what was learned is safe."""
        learning = finished.learning
        try:
            if self.render is not None:
                finished.add("render", render(learning.learned, learning.dry, self.render))
            if self.report is not None:
                finished.files["report"] = write_report(self.report, learning)
        except KeyboardInterrupt:
            raise StoppedError(f"interrupted; learning was done, what was learned is saved in {self.output}") from None
        return finished

    def _check_outputs(self, recordings: Recordings, heard: Mapping[str, Path]) -> None:
        check_output_file(self.output, (".json",), "-o")
        if self.render is not None and self.batch:
            raise InputError("--render writes one recording, and a batch has many; use pyhost apply on each of them")
        if self.render is not None:
            check_output_file(self.render, WRITABLE, "--render")
        for path in heard.values():
            check_output_file(path, WRITABLE, "--hear")
        if self.report is not None:
            check_report_folder(self.report)
        outputs = [("-o", self.output), ("--render", self.render), *(("--hear", path) for path in heard.values())]
        check_apart([*outputs, ("--report", self.report)], [*recordings.files(), file_of(self.chain)])

    def _learner(self) -> Learner:
        """Return the learner, with start values set and parameters locked."""
        chain = open_chain(self.chain)
        saved = chain.training if isinstance(chain, LearnedChain) else None
        settings = {"window": self.window, "window_of": self.window_of, "size": self.size or None}
        loss = chosen("--loss", losses.by_name, self.loss, "mse", saved.loss if saved else None, **settings)
        usual = self.optimizer
        if usual is None and (saved is None or isinstance(saved.optimizer, optimizers.Auto)):
            # a rate has a meaning, and a course can be heard, of single steps only
            usual = "sgd" if self.hear or self.rate is not None else "auto"
        optimizer = chosen(
            "--optimizer", optimizers.by_name, usual, "sgd", saved.optimizer if saved else None, rate=self.rate
        )
        learner = Learner(chain, loss=loss, optimizer=optimizer)
        set_values(learner.parameters, self.start)
        for names, locked in ((self.unlock, False), (self.lock, True)):
            for name in names:
                learner.parameters[name].locked = locked
        if not learner.parameters.learned():
            raise InputError(f"the chain {self.chain!r} has nothing to learn: it has no parameter that is not locked")
        return learner

    def _learn(
        self, learner: Learner, dry: AudioSource, target: AudioSource, heard: dict[str, Path], live: bool
    ) -> Trace:
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
                    hear=heard,
                    record=self.report is not None,
                    rows=TRACE_ROWS,
                    progress=progress,
                )
        except KeyboardInterrupt:
            raise StoppedError(f"interrupted: {self._rescue(learner)}") from None
        except DivergedError as error:
            if not learner.freeze().details["passes"]:
                kept = f"what was heard is in {', '.join(map(str, heard.values()))}, nothing else was written"
                told = kept if heard and error.sample else "nothing was written"
                raise DivergedError(f"{error}; {told}", error.sample) from None
            raise DivergedError(f"{error}; {self._rescue(learner)}", error.sample) from None
        except AudioError as error:  # a recording that went bad, a disk that is full
            if not learner.freeze().details["passes"]:
                raise
            raise AudioError(f"{error}; {self._rescue(learner)}") from None

    def _rescue(self, learner: Learner) -> str:
        """Save the best so far, or, before the end of the first pass, what there is; return what was done."""
        passes = learner.freeze().details["passes"]
        if passes:
            learner.use_best()
            done = f"the best parameters of {passes} pass{'es' if passes > 1 else ''}, {learner.best_decibels:z.1f} dB,"
        elif math.isfinite(learner.best_loss) and isinstance(learner.optimizer, optimizers.Auto):
            learner.use_best()
            done = (
                f"the first pass was not finished; the best that was found before it, {learner.best_decibels:z.1f} dB,"
            )
        elif math.isfinite(learner.best_loss):
            done = "the first pass was not finished; the parameters as they were at that moment"
        else:
            return "it was looking for where to start; nothing was learned yet, nothing was written"
        self._save(learner, converged=False)
        return f"{done} are saved in {self.output}"

    def _save(self, learner: Learner, *, converged: bool) -> LearnedChain:
        learned = learner.freeze()
        learned.details |= {
            "converged": converged,
            "locked": sorted(frozenset(learner.parameters) - learner.parameters.learned()),
            "dry": str(self.dry),
            "target": str(self.target or self.truth or self.teacher),
            "largest_pole": largest_pole_of(learned),
        }
        learned.save(self.output)
        return learned


def _display(learner: Learner, live: bool) -> Any:
    """Return a context that yields the function to tell progress to, or None."""
    if not live:
        nothing: Callable[[Progress], None] | None = None
        return nullcontext(nothing)
    from pyhost.cli.display import learning_display

    return learning_display(learner.parameters, sys.stderr)


def _values(parameters: Parameters) -> dict[str, Value]:
    return {name: parameter.value for name, parameter in parameters.items()}
