"""What a learner wrote down while it learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pyhost.audio import WrittenAudio
from pyhost.errors import InputError, ParameterError, suggestion
from pyhost.learn.kinds import check_count, check_number
from pyhost.learn.plan import StageResult

__all__ = ["PassResult", "Progress", "Trace"]

Array = NDArray[np.float64]

MOST_AVERAGED = 1 << 32
"""Samples that `Trace.settled` averages at most."""


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
    heard : mapping of str to WrittenAudio
        The audio files that were asked for, by what is heard in them.
    stages : tuple of StageResult
        What ``optimizer="auto"`` did, in order, and why; empty with any other.
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
    heard: Mapping[str, WrittenAudio] = field(default_factory=dict)
    stages: tuple[StageResult, ...] = ()

    @property
    def samples(self) -> NDArray[np.int64]:
        """Which sample each row belongs to, counted over all passes, (rows,)."""
        a_pass = np.arange(0, self.frames, self.every, dtype=np.int64)
        rows = np.arange(len(self.loss))
        return rows // len(a_pass) * self.frames + a_pass[rows % len(a_pass)]

    def settled(self, name: str, value: ArrayLike, *, within: float = 0.01, mean: int = 1) -> int | None:
        """Return the sample from which on a parameter stays near a value.

        Parameters
        ----------
        name : str
            Of the parameter.
        value : float or array_like, (N,)
            What it should be near, in its own unit. All elements of a vector must be.
        within : float
            How near, as a share of the value's magnitude. An element that is 0 must be as near as the largest one
            of its vector; where all are 0, this is no share but a number in the parameter's unit.
        mean : int
            Samples over which the parameter is averaged first. A constant rate leaves some losses chattering around
            the goal; this asks where that chatter has its middle. It is the mean over any so many samples in a row,
            from the one that is returned on.

        Returns
        -------
        int or None
            A sample, counted over all passes as `samples` are; None if it never comes to stay, or if less than
            `mean` was recorded. Samples between the recorded ones are not looked at.

        Raises
        ------
        InputError
            If nothing was recorded, or an argument is wrong; a ParameterError if name or value are.

        Examples
        --------
        >>> import pyhost as ph
        >>> learner = ph.Learner(lambda x: x * ph.param("gain"), loss=ph.MSE(window=8), optimizer=ph.SGD(0.1))
        >>> dry = ph.noise(4_800)
        >>> trace = learner.learn(dry, 0.5 * dry, sample_rate=48_000, record=True)
        >>> trace.settled("gain", 0.5), trace.settled("gain", 0.6)
        (482, None)
        """
        check_number("within", within, 0.0, above=True)
        check_count("mean", mean, 1, MOST_AVERAGED)
        goal = self._goal(name, value)
        size = np.where(goal == 0.0, np.abs(goal).max() or 1.0, np.abs(goal))
        rows = self.parameters[name].reshape(-1, goal.size)
        averaged = -(-mean // self.every)
        if averaged > len(rows):
            return None
        means = _sliding_means(rows, averaged)
        far = np.flatnonzero(~(np.abs(means - goal) <= within * size).all(axis=1))
        first = int(far[-1]) + 1 if far.size else 0
        return int(self.samples[first]) if first < len(means) else None

    def _goal(self, name: str, value: ArrayLike) -> Array:
        """Return what a recorded parameter should be near, (N,), checked."""
        if name not in self.parameters:
            raise ParameterError(f"there is no parameter {name!r}{suggestion(name, self.parameters)}")
        if not len(self.loss):
            raise InputError("no parameter was written down; learn with record=True")
        goal, shape = np.asarray(value), self.parameters[name].shape[1:]
        if goal.dtype.kind not in "iuf" or goal.shape != shape or not np.isfinite(goal).all():
            wanted = f"{shape[0]} finite numbers" if shape else "a finite number"
            raise ParameterError(f"parameter {name!r} can be near {wanted}, not {value!r}")
        return np.atleast_1d(goal).astype(np.float64)


def _sliding_means(rows: Array, count: int) -> Array:
    """Return the means of any so many rows that follow each other, (rows − count + 1, N)."""
    if count == 1:
        return rows
    sums = np.cumsum(rows, axis=0)
    return np.concatenate([sums[count - 1 : count], sums[count:] - sums[:-count]]) / count


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
    whole : int
        Blocks of the passes that are finished.
    """

    every: int
    scalars: int
    most: int = 0
    whole: int = field(default=0, init=False)
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
        self.whole = len(self.losses)

    def undo_pass(self) -> None:
        """Forget the rows of a pass that was not finished."""
        for blocks in (self.losses, self.gradients, self.parameters):
            del blocks[self.whole :]

    def joined(self) -> tuple[Array, Array, Array]:
        """Return all rows: loss (rows,), gradients and parameters (rows, P)."""
        empty = np.zeros((0, self.scalars))
        return (
            np.concatenate([np.zeros(0), *self.losses]),
            np.concatenate([empty, *self.gradients]),
            np.concatenate([empty, *self.parameters]),
        )
