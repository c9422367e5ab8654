"""What a learner wrote down while it learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["PassResult", "Progress", "Trace"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a learner is; handed to the ``progress`` function from time to time.

    Attributes
    ----------
    pass_number, passes : int
        The pass that is running, from 1 on, and how many there can be.
    frames, total : int
        Frames learned in this pass, and in a whole one.
    loss : float
        Mean loss since the last report.
    decibels : float
        The same in dB, relative to the loss of silence.
    best_decibels : float
        Of the best parameters seen so far, over the whole recording; NaN before the end of the first pass.
    parameters : mapping
        Values by name: floats, or arrays (N,).
    """

    pass_number: int
    passes: int
    frames: int
    total: int
    loss: float
    decibels: float
    best_decibels: float
    parameters: Mapping[str, float | Array]


@dataclass(frozen=True, slots=True)
class PassResult:
    """One pass over the recording.

    Attributes
    ----------
    loss : float
        Mean loss while learning.
    best_loss : float
        Mean loss of the best parameters seen so far, held still, over the whole recording.
    """

    loss: float
    best_loss: float


@dataclass(frozen=True, slots=True)
class Trace:
    """The course of learning.

    Attributes
    ----------
    sample_rate : float
        In Hz.
    every : int
        The arrays below have a row for every so many samples of a pass, beginning with its first; see `samples`.
    loss : ndarray, (rows,)
        Loss at each recorded sample; no rows unless recording was asked for.
    parameters : mapping of str to ndarray, (rows,) or (rows, N)
        Values used at that sample.
    gradients : mapping of str to ndarray, (rows,) or (rows, N)
        dL/dvalue at that sample; 0 for locked parameters.
    passes : tuple of PassResult
        One for each pass that was finished.
    frames : int
        Frames in a pass.
    reference_loss : float
        Mean loss of silence against the target: what 0 dB means.
    converged : bool
        Whether learning ended because more passes would not help (see `Learner.learn`).
    """

    sample_rate: float
    every: int
    loss: Array
    parameters: Mapping[str, Array]
    gradients: Mapping[str, Array]
    passes: tuple[PassResult, ...]
    frames: int
    reference_loss: float
    converged: bool

    @property
    def samples(self) -> NDArray[np.int64]:
        """Which sample each row belongs to, counted over all passes, (rows,)."""
        a_pass = np.arange(0, self.frames, self.every, dtype=np.int64)
        rows = np.arange(len(self.loss))
        return rows // len(a_pass) * self.frames + a_pass[rows % len(a_pass)]


@dataclass(slots=True)
class Recorder:
    """Gathers blocks of a trace; memory grows with what is recorded, so nothing is unless asked for.

    Attributes
    ----------
    every : int
        A row for every so many samples of a pass.
    scalars : int
        Scalar parameters, P.
    most : int
        Rows that are kept at a pass's end; where there are more, every second goes. 0: all are kept.
    """

    every: int
    scalars: int
    most: int = 0
    losses: list[Array] = field(default_factory=list)
    gradients: list[Array] = field(default_factory=list)
    parameters: list[Array] = field(default_factory=list)

    def room(self, frames: int) -> tuple[Array, Array, Array]:
        """Return arrays for the rows of the next block, kept."""
        rows = -(-frames // self.every)
        self.losses.append(np.zeros(rows))
        self.gradients.append(np.zeros((rows, self.scalars)))
        self.parameters.append(np.zeros((rows, self.scalars)))
        return self.losses[-1], self.gradients[-1], self.parameters[-1]

    def end_pass(self, frames: int) -> None:
        """Thin out what was recorded if it is too much: each pass alike, so that `Trace.samples` stays true."""
        while 0 < self.most < sum(map(len, self.losses)) and self.every < frames:
            loss, gradients, parameters = self.joined()
            a_pass = -(-frames // self.every)
            kept = np.arange(len(loss)) % a_pass % 2 == 0
            self.losses, self.gradients, self.parameters = [loss[kept]], [gradients[kept]], [parameters[kept]]
            self.every *= 2

    def joined(self) -> tuple[Array, Array, Array]:
        """Return all rows: loss (rows,), gradients and parameters (rows, P)."""
        empty = np.zeros((0, self.scalars))
        return (
            np.concatenate([np.zeros(0), *self.losses]),
            np.concatenate([empty, *self.gradients]),
            np.concatenate([empty, *self.parameters]),
        )
