"""Least squares on a response: several sets of values walk downhill side by side.

The residual is ln H/Ĥ: its real part is a level, what is heard, and its imaginary part a phase, which counts less.
Each step is Levenberg's and Marquardt's,

    (D JᵀJ D + C + μ M) s = −D Jᵀr,   step D s,

in coordinates that shrink near the bounds: D² is the distance to the bound that lies downhill, C = diag(abs(Jᵀr)) its
slope, M the diagonal of what stands before it (T. F. Coleman and Y. Li, An interior trust region approach for nonlinear
minimization subject to bounds, SIAM J. Optimization 6, 1996). So no parameter runs into a bound before its time, from
where a filter seldom comes back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyhost.compile.response_tape import ResponseTape
from pyhost.learn.parameters import Parameters
from pyhost.learn.response_estimate import Estimate

__all__ = ["Fit", "Places", "Walk"]

Array = NDArray[np.float64]

PHASE = 0.3
"""How much a radian counts beside a neper: phases wrap, and make hills of their own."""

DAMPING = 1.0
"""μ at first, relative to the diagonal."""

OWN = 0.9
"""Share of a parameter's own sensitivity in its damping, Marquardt's way; the rest is the mean's, Levenberg's."""

KEPT = 0.05
"""Share of the distance to a bound that a step leaves."""

LEAST_DAMPING, MOST_DAMPING = 1e-12, 1e6


class Places:
    """What is moved of all scalars, and how it stands for values: between two bounds as a share of the way.

    Attributes
    ----------
    free : ndarray of int
        Places of what is moved, among all scalars.
    bounded : ndarray of bool
        Which of these lie between two bounds; the others are moved as they are.
    """

    def __init__(self, parameters: Parameters, free: NDArray[np.intp]) -> None:
        specs = [p.spec for p in parameters.values() for _ in range(p.spec.width)]
        self.free = free
        self.at_rest = parameters.values_array()
        self.low = np.array([specs[i].minimum for i in free])
        self.high = np.array([specs[i].maximum for i in free])
        self.bounded = np.isfinite(self.low) & np.isfinite(self.high)
        self._log = self.bounded & np.array([specs[i].scale == "log" for i in free], dtype=bool)
        self._span = np.where(self.bounded, self.high - self.low, 1.0)
        self._zero = np.where(self.bounded, self.low, 0.0)
        self._ratio = np.zeros(len(free))
        self._ratio[self._log] = np.log(self.high[self._log] / self.low[self._log])

    def values(self, places: Array) -> Array:
        """Return all scalars, (S, P), for places (S, free)."""
        moved = self._zero + places * self._span
        log = self._log
        moved[:, log] = self.low[log] * np.exp(places[:, log] * self._ratio[log])
        values = np.repeat(self.at_rest[None], len(places), axis=0)
        values[:, self.free] = np.clip(moved, self.low, self.high)
        return values

    def place(self, values: Array) -> Array:
        """Return where all scalars (P,) lie, (free,)."""
        own = values[self.free]
        place = (own - self._zero) / self._span
        place[self._log] = np.log(own[self._log] / self.low[self._log]) / self._ratio[self._log]
        return place

    def slopes(self, values: Array) -> Array:
        """Return d value / d place, (S, free)."""
        return np.where(self._log, values[:, self.free] * self._ratio, self._span)


@dataclass(slots=True)
class Walk:
    """Several places on their way downhill: where they are, their costs, and how careful each is."""

    places: Array
    costs: Array
    damping: Array

    def taken(self, which: NDArray[np.intp]) -> Walk:
        """Return some of them."""
        return Walk(self.places[which], self.costs[which], self.damping[which])


class Fit:
    """A chain's response beside an estimate."""

    def __init__(self, tape: ResponseTape, places: Places, estimate: Estimate, sample_rate: float) -> None:
        self.tape, self.places, self.estimate, self.sample_rate = tape, places, estimate, sample_rate
        self.steps = 0
        self._parts = np.tile([1.0, PHASE], estimate.past.size)

    def logarithms(self, places: Array) -> Array:
        """Return ln abs(H/Ĥ), weighted, (S, F)."""
        response, _ = self.tape.evaluate(self.places.values(places), self.estimate.past, self.sample_rate)
        with np.errstate(all="ignore"):
            return np.log(np.abs(response / self.estimate.response)) * self.estimate.weight

    def _linear(self, places: Array) -> tuple[Array, Array, Array]:
        """Return costs rᵀr (S,), gradients Jᵀr (S, free) and JᵀJ (S, free, free)."""
        self.steps += len(places)
        values, weight = self.places.values(places), self.estimate.weight
        response, partials = self.tape.evaluate(values, self.estimate.past, self.sample_rate, partials=True)
        assert partials is not None
        with np.errstate(all="ignore"):
            logarithm = np.log(response / self.estimate.response) * weight
            relative = partials[:, self.places.free] * (weight / response)[:, None, :]
        r = logarithm.view(float) * self._parts
        j = relative.view(float) * self._parts * self.places.slopes(values)[:, :, None]
        cost = np.sum(r * r, axis=1)
        gradient, curvature = (j @ r[:, :, None])[:, :, 0], j @ j.transpose(0, 2, 1)
        bad = ~(np.isfinite(cost) & np.isfinite(curvature).all(axis=(1, 2)))
        cost[bad], gradient[bad], curvature[bad] = np.inf, 0.0, 0.0
        return cost, gradient, curvature

    def walk(self, places: Array) -> Walk:
        """Return places that have not yet moved."""
        inner = np.where(self.places.bounded, np.clip(places, 1e-6, 1.0 - 1e-6), places)
        return Walk(inner, np.full(len(inner), np.inf), np.full(len(inner), DAMPING))

    def descend(self, walk: Walk, steps: int, floor: float) -> Walk:
        """Walk so many steps downhill, or until one of the places costs less than `floor`."""
        at, damping, growth = walk.places, walk.damping.copy(), np.full(len(walk.damping), 2.0)
        cost, gradient, curvature = self._linear(at)
        for _ in range(steps):
            if cost.min() < floor:
                break
            tried = self._step(at, gradient, curvature, damping)
            new_cost, new_gradient, new_curvature = self._linear(tried)
            moved = tried - at
            promise = -np.sum(moved * (2.0 * gradient + (curvature @ moved[:, :, None])[:, :, 0]), axis=1)
            better = new_cost < cost
            with np.errstate(all="ignore"):
                share = (cost - new_cost) / np.maximum(promise, np.finfo(float).tiny)
            factor = np.where(share > 0.75, 0.2, np.where(share < 0.25, 2.0, 0.6))
            damping = np.clip(damping * np.where(better, factor, growth), LEAST_DAMPING, MOST_DAMPING)
            growth = np.where(better, 2.0, 2.0 * growth)
            at = np.where(better[:, None], tried, at)
            gradient = np.where(better[:, None], new_gradient, gradient)
            curvature = np.where(better[:, None, None], new_curvature, curvature)
            cost = np.where(better, new_cost, cost)
        return Walk(at, cost, damping)

    def _step(self, at: Array, gradient: Array, curvature: Array, damping: Array) -> Array:
        """Return where the next step leads, within the bounds."""
        bounded = self.places.bounded
        ahead = np.where(gradient < 0.0, 1.0 - at, at)
        scale = np.where(bounded, np.sqrt(np.maximum(ahead, 0.0)), 1.0)
        matrix = curvature * scale[:, :, None] * scale[:, None, :]
        diagonal = np.einsum("sii->si", matrix)
        level = OWN * diagonal + (1.0 - OWN) * diagonal.mean(axis=1, keepdims=True) + np.finfo(float).tiny
        diagonal += np.where(bounded, np.abs(gradient), 0.0) + damping[:, None] * level + 1e-14
        step = -np.linalg.solve(matrix, (gradient * scale)[:, :, None])[:, :, 0] * scale
        there = at + step
        return np.where(bounded, np.clip(there, KEPT * at, 1.0 - KEPT * (1.0 - at)), there)
