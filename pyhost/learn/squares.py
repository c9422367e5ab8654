"""Least squares over a whole excerpt: the Levenberg–Marquardt method on the exact partials of a chain.

Learning sample by sample goes by what the last samples have shown; where parameters hide one behind the other for
seconds (the threshold, ratio and gain of a compressor), it takes a wrong turn long before the recording has shown them
all. Here nothing moves until an excerpt has been heard to its end:

    (JᵀJ + μ diag JᵀJ) δ = −Jᵀr,

r the residuals, J their partials with respect to what the learner moves. A step that does not make the sum of squares
smaller is taken back, and μ grows; else μ shrinks by what the step kept of its promise. Bounds are kept by projection:
a parameter that would leave its range stays at the bound, and the others are solved for without it.

Source: J. J. Moré, The Levenberg–Marquardt algorithm, 1978; the rule for μ is H. B. Nielsen's, Damping Parameter in
Marquardt's Method, IMM-REP-1999-05.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyhost.compile.lower import lower
from pyhost.compile.program import Program
from pyhost.learn.often import OftenRun
from pyhost.learn.parameters import Parameters

__all__ = ["Excerpt", "Moved", "Squares", "Sums", "descend"]

Array = NDArray[np.float64]

BLOCK = 1 << 13
"""Frames whose partials are held at a time."""

FIRST_DAMPING = 1e-2
"""μ at the start."""

LEAST_DAMPING, MOST_DAMPING = 1e-12, 1e12
"""Where μ ends: below it changes nothing, beyond it no step is left."""

LEAST_CURVATURE = float(np.finfo(np.float64).tiny)
"""Sum of squared partials below which a parameter counts as without any: its unit would not be finite."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is listened to.

    Attributes
    ----------
    dry, target : ndarray, (channels, frames)
    warm : int
        Frames at its beginning that are run but not compared: the chain does not know what came before.
    """

    dry: Array
    target: Array
    warm: int = 0

    @property
    def compared(self) -> int:
        """Samples that are compared."""
        return int(self.target[:, self.warm :].size)

    @property
    def energy(self) -> float:
        """Sum of the squares of the target, where it is compared."""
        return float(np.sum(np.square(self.target[:, self.warm :])))


class Moved:
    """What a learner moves, and its range: of normalised parameters u in [0, 1], of others the value.

    Attributes
    ----------
    free : ndarray of bool, (P,)
        Which scalars are not locked.
    low, high : ndarray, (P,)
        The range of what is moved.
    """

    def __init__(self, parameters: Parameters) -> None:
        specs = [(p.spec, p.locked) for p in parameters.values() for _ in range(p.spec.width)]
        self.free = np.array([not locked for _, locked in specs])
        self._normalised = np.array([spec.normalised for spec, _ in specs])
        self._log = np.array([spec.scale == "log" for spec, _ in specs])
        self._minimum = np.array([spec.minimum for spec, _ in specs])
        self._maximum = np.array([spec.maximum for spec, _ in specs])
        self.low = np.where(self._normalised, 0.0, self._minimum)
        self.high = np.where(self._normalised, 1.0, self._maximum)
        self._range = np.where(self._normalised & ~self._log, self._maximum - self._minimum, 1.0)
        self._ratio = np.ones(len(specs))
        self._ratio[self._log] = np.log(self._maximum[self._log] / self._minimum[self._log])

    def values(self, moved: Array) -> Array:
        """Return the parameters' values."""
        values = np.where(self._normalised, self._minimum + moved * self._range, moved)
        log = self._log
        values[log] = self._minimum[log] * np.exp(moved[log] * self._ratio[log])
        return np.clip(values, self._minimum, self._maximum)

    def moved(self, values: Array) -> Array:
        """Return where the parameters have these values."""
        moved = np.where(self._normalised, (values - self._minimum) / self._range, values)
        log = self._log
        moved[log] = np.log(values[log] / self._minimum[log]) / self._ratio[log]
        return np.clip(moved, self.low, self.high)

    def slopes(self, values: Array) -> Array:
        """Return d value / d moved."""
        return np.where(self._log, values * self._ratio, self._range)


@dataclass(frozen=True, slots=True)
class Sums:
    """What one hearing of an excerpt leaves: rᵀr, Jᵀr, JᵀJ, with respect to what is moved and free."""

    cost: float
    gradient: Array
    curvature: Array


class Squares:
    """The sum of squared differences between a chain and a target, as a function of what a learner moves.

    Parameters
    ----------
    program : Program
        The chain.
    parameters : Parameters
        Where it is; those that are locked stay there.
    sample_rate : float
        In Hz.
    excerpt : Excerpt
        What is compared.
    engine : {"auto", "native", "interpreter"}
        What runs it; "interpreter" alone makes a difference, and none to the result.
    frames : int
        What is heard each time, if that is more than the excerpt.
    """

    def __init__(
        self,
        program: Program,
        parameters: Parameters,
        sample_rate: float,
        excerpt: Excerpt,
        *,
        engine: str = "auto",
        frames: int = 0,
    ) -> None:
        self.moved = Moved(parameters)
        self.excerpt = excerpt
        self._fixed = parameters.values_array()
        channels = excerpt.dry.shape[0]
        frames = frames or excerpt.dry.shape[1]
        self._plain = OftenRun(lower(program, sample_rate, channels, learned=()), frames, engine)
        self._dual = OftenRun(lower(program, sample_rate, channels, learned=parameters.learned()), frames, engine)

    def values(self, moved: Array) -> Array:
        """Return the values of all parameters; locked ones have theirs to the bit."""
        return np.where(self.moved.free, self.moved.values(moved), self._fixed)

    def cost(self, moved: Array) -> float:
        """Return the sum of squares alone, several times faster; infinite if the output is not finite."""
        plain = self._plain.from_silence()
        plain.set_parameters(self.values(moved))
        output, _ = plain.process(self.excerpt.dry)
        with np.errstate(over="ignore", invalid="ignore"):
            cost = float(np.sum(np.square((output - self.excerpt.target)[:, self.excerpt.warm :])))
        return cost if math.isfinite(cost) else math.inf

    def _blocks(self) -> Iterator[tuple[Array, Array, int]]:
        """Yield dry and target, and how many frames of each block are not compared."""
        dry, target, warm = self.excerpt.dry, self.excerpt.target, self.excerpt.warm
        for at in range(0, dry.shape[1], BLOCK):
            yield dry[:, at : at + BLOCK], target[:, at : at + BLOCK], max(warm - at, 0)

    def sums(self, moved: Array) -> Sums:
        """Return the sum of squares with its partials; an infinite one if something is not finite."""
        free = self.moved.free
        values = self.values(moved)
        slopes = self.moved.slopes(values)[free]
        dual = self._dual.from_silence()
        dual.set_parameters(values)
        count = int(free.sum())
        cost, gradient, curvature = 0.0, np.zeros(count), np.zeros((count, count))
        with np.errstate(over="ignore", invalid="ignore"):
            for dry, target, warm in self._blocks():
                output, partials = dual.process(dry, jacobian=True)
                assert partials is not None
                residuals = (output - target)[:, warm:].ravel()
                rows = partials[free, :, warm:].reshape(count, -1)
                cost += float(residuals @ residuals)
                gradient += rows @ residuals
                curvature += rows @ rows.T
            gradient, curvature = gradient * slopes, curvature * np.outer(slopes, slopes)
        if not (math.isfinite(cost) and np.isfinite(gradient).all() and np.isfinite(curvature).all()):
            return Sums(math.inf, gradient, curvature)
        return Sums(cost, gradient, curvature)


def _step(sums: Sums, at: Array, low: Array, high: Array, damping: float) -> Array:
    """Return δ: none for what is at a bound that it would leave, else the solution for the rest, within the bounds."""
    scale = np.diag(sums.curvature)
    held = (scale < LEAST_CURVATURE) | ((at <= low) & (sums.gradient > 0.0)) | ((at >= high) & (sums.gradient < 0.0))
    delta = np.zeros_like(at)
    rest = np.flatnonzero(~held)
    if rest.size:
        unit = 1.0 / np.sqrt(scale[rest])  # solved in units in which the diagonal is 1
        matrix = sums.curvature[np.ix_(rest, rest)] * np.outer(unit, unit) + damping * np.eye(rest.size)
        delta[rest] = unit * np.linalg.lstsq(matrix, -sums.gradient[rest] * unit)[0]
    return np.clip(at + delta, low, high) - at


def descend(squares: Squares, start: Array, *, hearings: int, tolerance: float, floor: float) -> tuple[Array, float]:
    """Walk downhill from one place.

    Parameters
    ----------
    squares : Squares
        What is to become small.
    start : ndarray, (P,)
        What is moved, at the start.
    hearings : int
        How often the excerpt is run at most.
    tolerance : float
        Ends when two steps in a row are kept and bring less than this share of the cost.
    floor : float
        Cost at which nothing is left to do.

    Returns
    -------
    ndarray, (P,)
        What is moved, at the end.
    float
        Cost there; infinite if the chain's output is not finite even at the start.
    """
    free = squares.moved.free
    low, high = squares.moved.low[free], squares.moved.high[free]
    here, sums = start.copy(), squares.sums(start)
    damping, growth, small = FIRST_DAMPING, 2.0, 0
    for _ in range(hearings - 1):
        if not floor < sums.cost < math.inf or damping > MOST_DAMPING:
            break
        delta = _step(sums, here[free], low, high, damping)
        promised = -float(2.0 * delta @ sums.gradient + delta @ sums.curvature @ delta)
        if promised <= tolerance * tolerance * sums.cost:
            break
        there = here.copy()
        there[free] = here[free] + delta
        reached = squares.sums(there)
        kept = (sums.cost - reached.cost) / promised
        if not kept > 0.0:
            damping, growth = damping * growth, 2.0 * growth
            continue
        damping, growth = max(damping * max(1.0 / 3.0, 1.0 - (2.0 * kept - 1.0) ** 3), LEAST_DAMPING), 2.0
        small = small + 1 if sums.cost - reached.cost <= tolerance * sums.cost else 0
        here, sums = there, reached
        if small == 2:
            break
    return here, sums.cost
