"""The chains in JAX: ``step(p, memory, state, x) -> y, memory, state``, and what both are at the start.

The state depends on the parameters and carries partials; the memory does not, and carries none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from workloads import SAMPLE_RATE

__all__ = ["CHAINS"]

Step = Callable[[Any, Any, Any, Any], tuple[Any, Any, Any]]
Chain = tuple[Step, Any, Any]


def _gain(scalars: int) -> Chain:
    return lambda p, memory, state, x: (p[0] * x, memory, state), (), ()


def _gain_dc(scalars: int) -> Chain:
    return lambda p, memory, state, x: (p[0] * x + p[1], memory, state), (), ()


def _one_pole(scalars: int) -> Chain:
    def step(p: Any, memory: Any, y1: Any, x: Any) -> tuple[Any, Any, Any]:
        y = x + p[0] * y1
        return y, memory, y

    return step, (), 0.0


def _lowpass(scalars: int) -> Chain:
    def step(p: Any, x1: Any, y1: Any, x: Any) -> tuple[Any, Any, Any]:
        t = jnp.tan(jnp.pi / SAMPLE_RATE * p[0])
        b, a = t / (1.0 + t), (t - 1.0) / (t + 1.0)
        y = b * (x + x1) - a * y1
        return y, x, y

    return step, 0.0, 0.0


def _fir(scalars: int) -> Chain:
    def step(p: Any, past: Any, state: Any, x: Any) -> tuple[Any, Any, Any]:
        past = jnp.concatenate([x[None], past[:-1]])
        return jnp.dot(p, past), past, state

    return step, jnp.zeros(scalars), ()


def _iir(scalars: int) -> Chain:
    def step(p: Any, memory: Any, state: Any, x: Any) -> tuple[Any, Any, Any]:
        (x1, x2), (y1, y2) = memory, state
        y = p[0] * x + p[1] * x1 + p[2] * x2 + p[3] * y1 + p[4] * y2
        return y, (x, x1), (y, y1)

    return step, (0.0, 0.0), (0.0, 0.0)


def _oscillator(scalars: int) -> Chain:
    def step(p: Any, memory: Any, phase: Any, x: Any) -> tuple[Any, Any, Any]:
        phase = phase + p[0] / SAMPLE_RATE
        phase = phase - jnp.floor(phase)
        return jnp.sin(2.0 * jnp.pi * phase), memory, phase

    return step, (), 0.0


def _dense(scalars: int) -> Chain:
    def step(p: Any, memory: Any, state: Any, x: Any) -> tuple[Any, Any, Any]:
        first = jnp.tanh(p[:2] * x + p[2:4])
        second = jnp.tanh(p[4:10].reshape(3, 2) @ first + p[10:13])
        return jnp.dot(p[13:16], second) + p[16], memory, state

    return step, (), ()


def _peq(scalars: int) -> Chain:
    bands = scalars // 3

    def step(p: Any, memory: Any, states: Any, x: Any) -> tuple[Any, Any, Any]:
        f, q, gain = p[0::3], p[1::3], p[2::3]
        root = jnp.exp(gain * (jnp.log(10.0) / 80.0))
        a, g, k = root * root, jnp.tan(f * (jnp.pi / SAMPLE_RATE)), 1.0 / q
        following = []
        for band, (b, l) in enumerate(states):  # noqa: E741
            low_shelf, high_shelf = band == 0, band == bands - 1
            gg = g[band] / root[band] if low_shelf else g[band] * root[band] if high_shelf else g[band]
            kk = k[band] if low_shelf or high_shelf else k[band] / a[band]
            v = (b + gg * (x - l)) / (1.0 + gg * (gg + kk))
            low = l + gg * v
            following.append((2.0 * v - b, 2.0 * low - l))
            if low_shelf:
                x = x + (a[band] - 1.0) * (kk * v + (a[band] + 1.0) * low)
            elif high_shelf:
                x = a[band] * a[band] * x + (1.0 - a[band]) * (a[band] * kk * v + (1.0 + a[band]) * low)
            else:
                x = x + kk * (a[band] * a[band] - 1.0) * v
        return x, memory, tuple(following)

    return step, (), ((0.0, 0.0),) * bands


CHAINS: dict[str, Callable[[int], Chain]] = {
    "gain": _gain,
    "gain_dc": _gain_dc,
    "one_pole": _one_pole,
    "lowpass": _lowpass,
    "fir": _fir,
    "iir": _iir,
    "oscillator": _oscillator,
    "dense": _dense,
    "peq": _peq,
}
