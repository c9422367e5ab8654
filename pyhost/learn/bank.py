"""A bank: several learners of one chain, each with parameters and recordings of its own, on all cores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pyhost.errors import InputError
from pyhost.graph.trace import Chain
from pyhost.learn.learned import LearnedChain
from pyhost.learn.learner import Learner
from pyhost.learn.losses import Loss
from pyhost.learn.members import member_sources
from pyhost.learn.optimizers import Optimizer
from pyhost.learn.parameters import Parameters, Value
from pyhost.learn.together import all_of, learn_together
from pyhost.learn.traces import Progress, Trace

__all__ = ["LearnerBank"]


class LearnerBank:
    """Several independent learners of one chain, which learn at once, on all cores.

    Each gives, to the bit, what a `Learner` of its own would give: users, bands or channels with parameters of their
    own. Channels that share the parameters are one learner with several lanes instead.

    Compiled learners that are in step, recordings of one channel with an optimizer that goes scalar by scalar, go
    through their blocks in one pass, each in a lane of the processor's vectors: several for about the time of one.
    All others learn each in a thread.

    Parameters
    ----------
    chain : callable or LearnedChain
        As of `Learner`; so are loss, optimizer and engine, which all learners share.
    count : int
        How many learners.

    Attributes
    ----------
    learners : tuple of Learner
        To set, lock, save, freeze or use one of them.
    traces : tuple of Trace or None
        Of the last call of `learn`; None for a learner that did not finish.

    Examples
    --------
    >>> import pyhost as ph
    >>> bank = ph.LearnerBank(lambda x: x * ph.param("gain"), count=3, loss=ph.MSE(window=8), optimizer=ph.SGD(0.1))
    >>> dry = ph.noise(48_000)
    >>> traces = bank.learn(dry, [0.25 * dry, 0.5 * dry, 2.0 * dry], sample_rate=48_000)
    >>> [round(parameters["gain"].value, 6) for parameters in bank.parameters]
    [0.25, 0.5, 2.0]
    """

    def __init__(
        self,
        chain: Chain | LearnedChain,
        *,
        count: int,
        loss: Loss | None = None,
        optimizer: Optimizer | Literal["auto"] | None = None,
        engine: str = "auto",
    ) -> None:
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
            raise InputError(f"count must be a whole number of learners from 1 on, not {count!r}")
        self.learners = tuple(Learner(chain, loss=loss, optimizer=optimizer, engine=engine) for _ in range(count))
        self.traces: tuple[Trace | None, ...] = (None,) * int(count)

    @property
    def parameters(self) -> tuple[Parameters, ...]:
        """The parameters of each learner."""
        return tuple(learner.parameters for learner in self.learners)

    @property
    def best(self) -> tuple[dict[str, Value], ...]:
        """The best values that each has seen; see `Learner`."""
        return tuple(learner.best for learner in self.learners)

    @property
    def best_loss(self) -> NDArray[np.float64]:
        """Their losses, (count,)."""
        return np.array([learner.best_loss for learner in self.learners])

    @property
    def best_decibels(self) -> NDArray[np.float64]:
        """The same in dB, (count,), each relative to the loss of silence."""
        return np.array([learner.best_decibels for learner in self.learners])

    def use_best(self) -> None:
        """Set the parameters of each to the best that it has seen."""
        for learner in self.learners:
            learner.use_best()

    def reset(self) -> None:
        """Start all of them anew."""
        for learner in self.learners:
            learner.reset()

    def learn(
        self,
        dries: Any,
        targets: Any,
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
        progress: Callable[[int, Progress], None] | None = None,
    ) -> tuple[Trace, ...]:
        """Learn all of them: as many at once as there are cores, or lanes on all cores.

        Parameters
        ----------
        dries : list, ndarray (count, frames) or (count, channels, frames)
            What goes in: one for each learner, anything that `Learner.learn` takes. A single recording, (frames,), a
            path or an AudioSource, is that of all.
        targets : the same
            What should come out. A chain may be that of all; a plugin or a LearnedChain runs for one learner.
        sample_rate, passes, tolerance, evaluate, record, rows, resample, trim, align, start
            As of `Learner.learn`, for each.
        progress : callable, optional
            Called in this thread with the number of a learner, from 0 on, and its `Progress`.

        Returns
        -------
        tuple of Trace
            One for each learner; also in `traces`.

        Raises
        ------
        AudioError
            If a recording cannot be used; says whose. Nothing has been learned then.
        DivergedError
            If some left the finite numbers; says which. The others have finished.
        KeyboardInterrupt
            As for each learner: parameters and best stay where they are.
        """
        pairs = member_sources(
            self.learners[0].program,
            dries,
            targets,
            len(self.learners),
            sample_rate,
            resample=resample,
            trim=trim,
        )
        self.traces = (None,) * len(pairs)
        ended = learn_together(
            self.learners,
            pairs,
            progress,
            passes=passes,
            tolerance=tolerance,
            evaluate=evaluate,
            record=record,
            rows=rows,
            trim=trim,
            align=align,
            start=start,
        )
        self.traces = tuple(end if isinstance(end, Trace) else None for end in ended)
        return all_of(ended)
