"""The learner: a chain whose parameters are found from recordings."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pyhost.audio import AudioArray
from pyhost.compile.build import build
from pyhost.compile.program import Program
from pyhost.errors import InputError, suggestion
from pyhost.graph.text import chain_label
from pyhost.graph.trace import Chain, trace
from pyhost.learn.align import Alignment
from pyhost.learn.automatic import MOST_PASSES, Automatic
from pyhost.learn.cores import make_core, restore
from pyhost.learn.hearing import check_files, hearing
from pyhost.learn.learned import LearnedChain
from pyhost.learn.losses import MSE, Loss
from pyhost.learn.optimizers import SGD, Auto, Optimizer
from pyhost.learn.parameters import Parameters, Value
from pyhost.learn.passes import Best, Passes
from pyhost.learn.prepare import check_course, prepare
from pyhost.learn.start import CoarseStart, check_choice, coarse_start
from pyhost.learn.traces import Progress, Recorder, Trace
from pyhost.learn.training import Training
from pyhost.native.engine import ENGINES, LearnerEngine

__all__ = ["Learner"]


class Learner:
    """A chain whose parameters are found from recordings, online: one gradient step per sample.

    Parameters
    ----------
    chain : callable
        A function of one signal, or ``ph.chain("gain | lowpass")``, or a `LearnedChain` to go on from.
    loss : Loss, optional
        ``ph.MSE(window=1)`` by default; of a `LearnedChain`, the one it was learned with.
    optimizer : Optimizer, optional
        ``ph.SGD(1e-2)`` by default; of a `LearnedChain`, the one it was learned with. ``"auto"``, or ``ph.Auto()``,
        chooses by itself and needs no tuning; `Trace.stages` tells what it did.
    engine : {"auto", "native", "interpreter"}
        What runs it: C printed for the chain and compiled, if there is a C compiler, or the interpreter. ``"auto"``
        compiles where that takes less time than it saves. The results are the same.

    Attributes
    ----------
    program : Program
        The compiled chain; ``print`` shows it.
    parameters : Parameters
        By name: value, range, locked. Learning moves the values.
    best : dict
        The best values seen, by the loss over the whole recording with them held still; empty before learning.
    best_loss : float
        Their loss; infinite before learning.
    coarse : CoarseStart
        What the last call of `learn` found before the gradient: how the recordings lie against each other, and
        the frequencies of oscillators.
    resumed : str
        Of a learner of a `LearnedChain`: whether its optimizer goes on with what was gathered, or why it starts over.

    Examples
    --------
    >>> import pyhost as ph
    >>> def chain(x):
    ...     return x * ph.param("gain", 1.0)
    >>> dry = ph.noise(48_000)
    >>> learner = ph.Learner(chain, loss=ph.MSE(window=8), optimizer=ph.SGD(0.1))
    >>> trace = learner.learn(dry, 0.25 * dry, sample_rate=48_000)
    >>> round(learner.parameters["gain"].value, 6)
    0.25
    """

    def __init__(
        self,
        chain: Chain | LearnedChain,
        *,
        loss: Loss | None = None,
        optimizer: Optimizer | Literal["auto"] | None = None,
        engine: str = "auto",
    ) -> None:
        if engine not in ENGINES:
            raise InputError(f"unknown engine {engine!r}{suggestion(engine, ENGINES)}")
        self.engine = engine
        learned = chain if isinstance(chain, LearnedChain) else None
        training = learned.training if learned else None
        wanted: Any = Auto() if optimizer == "auto" else optimizer
        if training is not None:
            loss, wanted = training.defaults(loss, wanted)
        self.loss = MSE() if loss is None else loss
        self.optimizer: Optimizer = SGD(1e-2) if wanted is None else wanted
        if not isinstance(self.loss, Loss):
            raise InputError(f"loss must be a loss such as ph.MSE(window=8), not {loss!r}")
        if not isinstance(self.optimizer, Optimizer):
            raise InputError(f"optimizer must be 'auto' or an optimizer such as ph.SGD(1e-2), not {wanted!r}")
        self.optimizer.check(self.loss)
        self._graph = learned.graph if learned else trace(chain)  # type: ignore[arg-type]
        self._label = learned.label if learned else chain_label(chain)  # type: ignore[arg-type]
        self.program: Program = build(self._graph)
        self.parameters = Parameters(self.program.parameters)
        if learned:
            self.parameters.set_array(learned.parameters.values_array())
        self._start = self.parameters.values_array()
        self._sample_rate: float | None = None
        self._first_offset = learned.offset if learned else 0
        self.coarse = CoarseStart(None, self._first_offset, {})
        self._best = Best(self._start)
        self._last: NDArray[np.float64] | None = None
        self._first_state: NDArray[np.float64] | None = None
        self.resumed = ""
        if training is not None:
            self._first_state, self.resumed = training.resumed(self.loss, self.optimizer)
            for name, parameter in self.parameters.items():
                parameter.locked = name in training.locked
        self._optimizer_state = self._first_state
        self._passes = 0
        self._stages: tuple[str, ...] = ()
        self._reference = math.nan
        self._frozen: LearnedChain | None = None

    @property
    def alignment(self) -> Alignment | None:
        """How the recordings lie against each other; None before learning, or if it was not asked for."""
        return self.coarse.alignment

    @property
    def best(self) -> dict[str, Value]:
        """The best values seen, by name; empty before learning."""
        return self.parameters.named(self._best.values) if math.isfinite(self._best.loss) else {}

    @property
    def best_loss(self) -> float:
        """Mean loss of the best values over the whole recording; infinite before learning."""
        return self._best.loss

    @property
    def best_decibels(self) -> float:
        """The same in dB, relative to the loss of silence; NaN before learning."""
        if not math.isfinite(self._best.loss):
            return math.nan
        return self.loss.decibels(self._best.loss, self._reference)

    def learn(
        self,
        dry: Any,
        target: Any,
        *,
        sample_rate: float | None = None,
        passes: int | None = None,
        tolerance: float = 1e-3,
        evaluate: bool = True,
        record: bool | int = False,
        rows: int | None = None,
        resample: bool = False,
        trim: bool = False,
        align: str = "auto",
        start: str = "auto",
        hear: Mapping[str, str | os.PathLike[str]] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Trace:
        """Learn the parameters from what goes in and what should come out.

        Parameters
        ----------
        dry : array_like (channels, frames) or (frames,), path or AudioSource, or a list of them
            What goes in. Channels run side by side and share the parameters; so do the recordings of a list, a batch
            of examples, which ends with the shortest. Files of any length take the same memory.
        target : the same, a plugin, a chain or a LearnedChain
            What should come out. A plugin or a chain is run on `dry`. Of a list, one for each of `dry`; one
            recording alone is the target of all.
        sample_rate : float, optional
            Of arrays, in Hz; a file has its own.
        passes : int
            How often the recording is learned at most, each time from silence and from where the parameters are; 1 by
            default, 200 with ``optimizer="auto"``.
        tolerance : float
            Learning ends early, converged, when three passes in a row each improve the best loss by no more than
            this share, or when the loss is down to rounding (−240 dB). If nothing better than the start was found,
            it ends, but has not converged.
        evaluate : bool
            Whether to find the best parameters: after every pass the loss of the last ones and of their mean over the
            pass's last quarter, held still over the whole recording. It takes two more runs without gradients; without
            it there is no best and no convergence.
        record : bool or int
            Whether to write down loss, gradients and parameters of every sample, or of every N-th. Memory grows
            with it.
        rows : int, optional
            Bounds that memory: about so many rows at most are written down, evenly over all passes.
        resample : bool
            Whether a target of another rate is resampled to that of `dry`, instead of refused.
        trim : bool
            Whether the longer recording is cut to the shorter, instead of refused.
        align : {"auto", "off"}
            Whether to find first by how much the target comes later or earlier; see `coarse` for what was found. A
            delay in the chain starts there; what the chain cannot make is shifted, while learning and by `process`.
        start : {"auto", "off", "response"}
            Whether the frequency of a chain that is an oscillator starts at that of the target, and a linear chain of
            several filters at what the response between the recordings tells; ``"response"``: every linear chain.
        hear : mapping of str to path, optional
            Audio files to write while learning, by what is heard in them: ``"loss"``, ``"error"``, ``"output"``,
            ``"target"``, a parameter's name, or an element of a vector, ``"taps[3]"``. See `pyhost.learn.hearing` for
            their levels. All passes follow each other, so give few of them.
        progress : callable, optional
            Called with a `Progress` about every 50 ms and at the end of a pass.

        Returns
        -------
        Trace
            How it went. The parameters are in `parameters`, the best in `best`.

        Raises
        ------
        AudioError
            If a recording is missing, damaged, silent, not finite, or the two do not fit.
        DivergedError
            If loss or parameters leave the finite numbers; the last finite parameters are kept.
        """
        source, wanted = prepare(self.program, dry, target, sample_rate, resample=resample, trim=trim)
        if passes is None:
            passes = MOST_PASSES if isinstance(self.optimizer, Auto) else 1
        check_course(passes, tolerance, record, rows)
        if isinstance(self.optimizer, Auto) and not evaluate:
            raise InputError("optimizer='auto' goes by the best parameters; leave evaluate=False out")
        check_choice(align, "align")
        check_choice(start, "start")
        check_files(hear, self.parameters)
        before = self.parameters.values_array()
        self.coarse = coarse_start(
            self.program, self.parameters, source, wanted, align=align, start=start, offset=self.coarse.offset
        )
        best = Best(self.parameters.values_array())
        run = Passes(self.program, self.parameters, self.loss, self.optimizer, source, wanted, trim, best)
        if not isinstance(self.optimizer, Auto):
            run.shift(self.coarse.offset)
        run.progress = progress
        if record:
            every = max(int(record), -(-run.frames // rows) if rows else 1)
            run.recorder = Recorder(every, self.program.scalars, int(rows or 0))
        run.engine = self.engine
        core = None if isinstance(self.optimizer, Auto) else self._core(run, int(passes))
        self._sample_rate = run.dry.sample_rate
        self._best = run.best
        try:
            with hearing(hear, self.parameters, run.dry) as run.hearing:
                if core is None:
                    automatic = Automatic(run, int(passes), tolerance)
                    offsets = dict.fromkeys((self.coarse.offset, 0) if self.coarse.alignment else (self.coarse.offset,))
                    made = automatic.search(tuple(offsets), [before])
                    dismissed = self.coarse.dismissed or made != self.coarse.offset
                    self.coarse = replace(self.coarse, offset=made, dismissed=dismissed)
                    automatic.learn()
                else:
                    run.run(core, int(passes), tolerance, evaluate=evaluate)
        finally:
            self._last = self.parameters.values_array()
            self._optimizer_state = None if core is None else core.get_state()
            self._passes += len(run.results)
            self._stages = tuple(map(str, run.stages))
            self._reference = run.reference
        return run.trace()

    def _core(self, run: Passes, passes: int) -> LearnerEngine:
        """Return a learner of the core, its optimizer where it was."""
        core = make_core(
            self.program,
            self.parameters,
            self.loss,
            self.optimizer,
            sample_rate=run.dry.sample_rate,
            lanes=run.dry.channels,
            engine=self.engine,
            frames=run.frames * passes,
        )
        if self._optimizer_state is not None:
            restore(core, self._optimizer_state)
        return core

    @property
    def optimizer_state(self) -> NDArray[np.float64] | None:
        """What the optimizer has gathered so far, (count,); None before learning.

        Save it with the parameters and set it in a learner of the same chain and optimizer, and learning goes on as if
        it had not been interrupted. None forgets it: the schedule starts over too.
        """
        return None if self._optimizer_state is None else self._optimizer_state.copy()

    @optimizer_state.setter
    def optimizer_state(self, state: ArrayLike | None) -> None:
        self._optimizer_state = None if state is None else np.array(state, dtype=np.float64)

    def use_best(self) -> None:
        """Set the parameters to the best seen."""
        self.parameters.set_array(self._best.values)

    def reset(self) -> None:
        """Start anew: parameters as at first, nothing learned."""
        self.parameters.set_array(self._start)
        self._best = Best(self._start)
        self.coarse = CoarseStart(None, self._first_offset, {})
        self._last = None
        self._optimizer_state = self._first_state
        self._passes = 0
        self._sample_rate = None
        self._frozen = None

    def freeze(self) -> LearnedChain:
        """Return the chain with the parameters as they are now, which no longer follow this learner.

        Its details tell how it was learned; ``last`` holds the values at which learning ended, which are not the best.
        """
        loss = None
        if math.isfinite(self._best.loss) and np.array_equal(self._best.values, self.parameters.values_array()):
            loss = self._best.loss
        values = {name: parameter.value for name, parameter in self.parameters.items()}
        locked = frozenset(self.parameters) - self.parameters.learned()
        training = Training(self.loss, self.optimizer, self._optimizer_state, locked)
        details = training.details() | {"passes": self._passes}
        if isinstance(self.optimizer, Auto):
            details |= {"rate": None, "stages": list(self._stages)}
        if self._last is not None:
            last = self.parameters.named(self._last)
            details["last"] = {name: np.asarray(value).tolist() for name, value in last.items()}
        return LearnedChain(
            self._graph,
            self._label,
            values=values,
            sample_rate=self._sample_rate,
            loss=loss,
            offset=self.coarse.offset,
            details=details,
            training=training,
        )

    def process(self, audio: ArrayLike, sample_rate: float, *, reset: bool = True) -> AudioArray:
        """Apply the chain with the parameters as they are now; see `LearnedChain.process`."""
        frozen = self._frozen
        if frozen is None or (frozen.sample_rate, frozen.offset) != (self._sample_rate, self.coarse.offset):
            frozen = self._frozen = self.freeze()
        frozen.parameters.set_array(self.parameters.values_array())
        return frozen.process(audio, sample_rate, reset=reset)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the chain with the parameters as they are now to a ``learned.json``; see `LearnedChain.save`."""
        self.freeze().save(path)
