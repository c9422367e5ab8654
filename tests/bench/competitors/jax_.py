"""JAX: the chain as a function of parameters and state, `jax.jvp` along every parameter, `jax.lax.scan` over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from rival import Array, Competitor, Outcome
from workloads import Workload

from competitors.jax_chains import CHAINS

__all__ = ["competitor"]

jax.config.update("jax_enable_x64", True)


def competitor() -> Competitor:
    """Return the column of JAX."""
    return Competitor("JAX", JaxRival, {"JAX": jax.__version__}, clock="process")


class JaxRival:
    """A learner in JAX, compiled at its first run.

    Parameters
    ----------
    work : Workload
        Which one.
    """

    def __init__(self, work: Workload) -> None:
        self.costs: dict[str, float] = {}
        self._learn = jax.jit(learner_of(work))
        self._start = jnp.asarray(work.start)
        self._work = work

    def prepare(self, audio: Array, target: Array) -> None:
        """Take the block to be learned."""
        self._signals = jnp.asarray(audio[0]), jnp.asarray(target[0])

    def reset(self) -> None:
        """Do nothing: every run starts anew."""

    def run(self) -> None:
        """Learn the block."""
        self._result = jax.block_until_ready(self._learn(self._start, *self._signals))

    def outcome(self) -> Outcome:
        """Return what the last run did."""
        moved, output, loss = map(np.asarray, self._result)
        return Outcome(output, float(loss), self._work.values(moved))


def learner_of(work: Workload) -> Callable[..., Any]:
    """Return the learner of a workload: start, x, t -> what is moved at the end, output, sum of the loss."""
    step, memory, state = CHAINS[work.function](work.scalars)
    bounded = any(spec.normalised for spec in work.bounds)
    logarithmic = np.array([spec.scale == "log" for spec in work.bounds])
    low = np.array([spec.minimum for spec in work.bounds])
    span = np.array([spec.maximum for spec in work.bounds]) - low
    ratio = np.log1p(np.divide(span, low, out=np.zeros_like(low), where=logarithmic))

    def values_and_slopes(moved: Any) -> tuple[Any, Any]:
        if not bounded:
            return moved, jnp.ones_like(moved)
        by_ratio = low * jnp.exp(moved * ratio)
        value = jnp.where(logarithmic, by_ratio, low + moved * span)
        return value, jnp.where(logarithmic, by_ratio * ratio, span)

    def loss(e: Any) -> tuple[Any, Any]:
        if work.loss == "mse":
            return e * e, 2.0 * e
        return jnp.abs(e), jnp.where(jnp.abs(e) < 1e-10, e * 1e10, jnp.sign(e))

    def sample(carry: Any, signals: Any) -> tuple[Any, Any]:
        moved, memory, state, rows, ring, sums = carry
        x, t = signals
        p, slopes = values_and_slopes(moved)

        def chain(p: Any, state: Any) -> Any:
            y, kept, following = step(p, memory, state, x)
            return (y, following), kept

        def along(direction: Any, row: Any) -> Any:
            return jax.jvp(chain, (p, state), (direction, row), has_aux=True)

        (y, state), (partials, rows), memory = jax.vmap(along, out_axes=(None, 0, None))(jnp.eye(work.scalars), rows)
        latest = jnp.append(partials, y - t)
        sums = sums + (latest - ring[-1])
        ring = jnp.concatenate([latest[None], ring[:-1]])
        means = sums / work.window
        value, slope = loss(means[-1])
        moved = moved - work.rate * slope * means[:-1] * slopes
        moved = jnp.clip(moved, 0.0, 1.0) if bounded else moved
        return (moved, memory, state, rows, ring, sums), (y, value)

    def learn(start: Any, x: Any, t: Any) -> Any:
        count = work.scalars + 1
        rows = jax.tree.map(lambda leaf: jnp.zeros((work.scalars, *jnp.shape(leaf))), state)
        first = (start, memory, state, rows, jnp.zeros((work.window, count)), jnp.zeros(count))
        (moved, *_), (output, losses) = jax.lax.scan(sample, first, (x, t))
        return moved, output, jnp.sum(losses)

    return learn
