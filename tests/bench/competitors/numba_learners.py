"""The learners in numba: ``learner(p, x, t, y, rate)`` moves p, writes the output to y, returns the sum of the loss.

The same loops, state and arithmetic as in ``hand/``, with arrays where C has structs.
"""

from __future__ import annotations

from math import cos, floor, pi, sin, tan, tanh
from typing import Any

import numpy as np
from numba import njit

from competitors.numba_peq import peq
from competitors.numba_window import Array, advance, held, push, sign

__all__ = ["LEARNERS"]

SAMPLE_RATE = 48_000.0


@njit(cache=True)
def gain(p: Array, x: Array, t: Array, y: Array, rate: float) -> float:
    ring, sums, turns, at = np.zeros((32, 2)), np.zeros(2), np.zeros(2), 0
    value, total = p[0], 0.0
    for n in range(x.size):
        y[n] = value * x[n]
        e = push(ring, sums, turns, at, 0, y[n] - t[n]) / 32.0
        d = push(ring, sums, turns, at, 1, x[n]) / 32.0
        at = advance(ring, sums, turns, at)
        total += abs(e)
        value -= rate * sign(e) * d
    p[0] = value
    return total


@njit(cache=True)
def gain_dc(p: Array, x: Array, t: Array, y: Array, rate: float) -> float:
    ring, sums, turns, at = np.zeros((32, 2)), np.zeros(2), np.zeros(2), 0
    value, dc, filled, total = p[0], p[1], 0, 0.0
    for n in range(x.size):
        y[n] = value * x[n] + dc
        e = push(ring, sums, turns, at, 0, y[n] - t[n]) / 32.0
        d = push(ring, sums, turns, at, 1, x[n]) / 32.0
        at = advance(ring, sums, turns, at)
        filled = min(filled + 1, 32)
        total += e * e
        value -= rate * 2.0 * e * d
        dc -= rate * 2.0 * e * (filled / 32.0)
    p[0], p[1] = value, dc
    return total


@njit(cache=True)
def one_pole(p: Array, x: Array, t: Array, y: Array, rate: float) -> float:
    ring, sums, turns, at = np.zeros((16, 2)), np.zeros(2), np.zeros(2), 0
    pole, y1, d1, total = p[0], 0.0, 0.0, 0.0
    for n in range(x.size):
        d1 = y1 + pole * d1
        y1 = x[n] + pole * y1
        y[n] = y1
        e = push(ring, sums, turns, at, 0, y1 - t[n]) / 16.0
        d = push(ring, sums, turns, at, 1, d1) / 16.0
        at = advance(ring, sums, turns, at)
        total += e * e
        pole -= rate * 2.0 * e * d
    p[0] = pole
    return total


@njit(cache=True)
def lowpass(p: Array, x: Array, t: Array, y: Array, rate: float) -> float:
    u, x1, y1, d1, total = p[0], 0.0, 0.0, 0.0, 0.0
    for n in range(x.size):
        tangent = tan(pi / SAMPLE_RATE * (50.0 + 20050.0 * u))
        share = 1.0 / (1.0 + tangent)
        b, a = tangent * share, (tangent - 1.0) * share
        slope = pi / SAMPLE_RATE * (1.0 + tangent * tangent) * share * share
        both = x[n] + x1
        d1 = slope * (both - 2.0 * y1) - a * d1
        y1 = b * both - a * y1
        x1 = x[n]
        y[n] = y1
        e = y1 - t[n]
        total += abs(e)
        u = held(u - rate * sign(e) * d1 * 20050.0)
    p[0] = u
    return total


@njit(cache=True, fastmath={"reassoc", "nsz"})  # the sum in vectors
def dot(a: Array, b: Array) -> Any:
    total = 0.0
    for k in range(a.size):
        total += a[k] * b[k]
    return total


@njit(cache=True)
def fir(p: Array, x: Array, t: Array, y: Array, rate: float) -> float:
    taps = p.size
    ring, sums, turns, at = np.zeros((8, 2)), np.zeros(2), np.zeros(2), 0
    past, means = np.zeros(2 * taps), np.zeros(2 * taps)
    newest, total = 0, 0.0
    for n in range(x.size):
        newest = taps - 1 if newest == 0 else newest - 1
        past[newest] = past[newest + taps] = x[n]
        means[newest] = means[newest + taps] = push(ring, sums, turns, at, 1, x[n]) / 8.0
        y[n] = dot(p, past[newest : newest + taps])
        e = push(ring, sums, turns, at, 0, y[n] - t[n]) / 8.0
        at = advance(ring, sums, turns, at)
        step, rows = rate * 2.0 * e, means[newest : newest + taps]
        for k in range(taps):
            p[k] -= step * rows[k]
        total += e * e
    return total


@njit(cache=True)
def iir(p: Array, x: Array, t: Array, y: Array, rate: float) -> float:
    ring, sums, turns, at = np.zeros((8, 6)), np.zeros(6), np.zeros(6), 0
    own, d1, d2 = np.zeros(5), np.zeros(5), np.zeros(5)
    total = 0.0
    for n in range(x.size):
        own[2], own[1], own[0] = own[1], own[0], x[n]
        out = 0.0
        for i in range(5):
            out += p[i] * own[i]
        y[n] = out
        e = push(ring, sums, turns, at, 5, out - t[n]) / 8.0
        step = rate * 2.0 * e / 8.0
        a1, a2 = p[3], p[4]
        for i in range(5):
            d = own[i] + a1 * d1[i] + a2 * d2[i]
            d2[i] = d1[i]
            d1[i] = d
            p[i] -= step * push(ring, sums, turns, at, i, d)
        own[4], own[3] = own[3], out
        at = advance(ring, sums, turns, at)
        total += e * e
    return total


@njit(cache=True)
def oscillator(p: Array, x: Array, t: Array, y: Array, rate: float) -> float:
    ring, sums, turns, at = np.zeros((8, 2)), np.zeros(2), np.zeros(2), 0
    f, phase, slope, total = p[0], 0.0, 0.0, 0.0
    for n in range(x.size):
        phase += f * (1.0 / SAMPLE_RATE)
        phase -= floor(phase)
        slope += 2.0 * pi / SAMPLE_RATE
        y[n] = sin(2.0 * pi * phase)
        e = push(ring, sums, turns, at, 0, y[n] - t[n]) / 8.0
        d = push(ring, sums, turns, at, 1, cos(2.0 * pi * phase) * slope) / 8.0
        at = advance(ring, sums, turns, at)
        total += e * e
        f -= rate * 2.0 * e * d
    p[0] = f
    return total


@njit(cache=True)
def dense(p: Array, x: Array, t: Array, y: Array, rate: float) -> float:
    ring, sums, turns, at = np.zeros((8, 18)), np.zeros(18), np.zeros(18), 0
    h, pull, d = np.zeros(2), np.zeros(2), np.zeros(17)
    total = 0.0
    for n in range(x.size):
        out = p[16]
        for i in range(2):
            h[i] = tanh(p[i] * x[n] + p[2 + i])
            pull[i] = 0.0
        for j in range(3):
            k = tanh(p[4 + 2 * j] * h[0] + p[5 + 2 * j] * h[1] + p[10 + j])
            g = p[13 + j] * (1.0 - k * k)
            out += p[13 + j] * k
            d[13 + j] = k
            d[10 + j] = g
            for i in range(2):
                d[4 + 2 * j + i] = g * h[i]
                pull[i] += g * p[4 + 2 * j + i]
        d[16] = 1.0
        for i in range(2):
            d[2 + i] = pull[i] * (1.0 - h[i] * h[i])
            d[i] = d[2 + i] * x[n]
        y[n] = out
        e = push(ring, sums, turns, at, 17, out - t[n]) / 8.0
        step = rate * 2.0 * e / 8.0
        for i in range(17):
            p[i] -= step * push(ring, sums, turns, at, i, d[i])
        at = advance(ring, sums, turns, at)
        total += e * e
    return total


LEARNERS = {
    learner.__name__: learner for learner in (gain, gain_dc, one_pole, lowpass, fir, iir, oscillator, dense, peq)
}
