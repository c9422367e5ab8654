"""The parametric equaliser in numba, as in ``hand/peq.c``."""

# ruff: noqa: E741, PLR0917  # b and l are the states of the equations; numba has no structs

from __future__ import annotations

from math import exp, log, pi, tan

import numpy as np
from numba import njit

from competitors.numba_window import Array, advance, held, push

__all__ = ["peq"]

SAMPLE_RATE = 48_000.0


@njit(inline="always")
def section(
    band: int, bands: int, u: Array, g_slope: Array, k_slope: Array, m: Array, m_slope: Array, u_slope: Array
) -> tuple[float, float]:
    """Fill in a band of the equaliser as `make_section` of ``hand/peq.c`` does; return g and k."""
    f, q = 20.0 * exp(u[0] * log(1000.0)), 0.1 * exp(u[1] * log(100.0))
    share = log(10.0) / 80.0
    root = exp(share * (48.0 * u[2] - 24.0))
    a = root * root
    a_slope, square = 2.0 * a * share, 4.0 * a * a * share
    tangent = tan(f * (pi / SAMPLE_RATE))
    if band == 0:
        bend, k, edge, edge_slope, bent, damped = 1.0 / root, 1.0 / q, a - 1.0, a_slope, -share, 0.0
        m[0], m[2], m_slope[2, 0], m_slope[2, 2] = 1.0, a * a - 1.0, 0.0, square
    elif band == bands - 1:
        bend, k, edge, edge_slope, bent, damped = root, 1.0 / q, a - a * a, a_slope * (1.0 - 2.0 * a), share, 0.0
        m[0], m[2], m_slope[2, 0], m_slope[2, 2] = a * a, 1.0 - a * a, square, -square
    else:
        bend, k, edge, edge_slope, bent, damped = 1.0, 1.0 / (a * q), a * a - 1.0, square, 0.0, -2.0 * share
        m[0], m[2], m_slope[2, 0], m_slope[2, 2] = 1.0, 0.0, 0.0, 0.0
    g = tangent * bend
    m[1] = k * edge
    g_slope[0], g_slope[2] = pi / SAMPLE_RATE * (1.0 + tangent * tangent) * bend, bent * g
    k_slope[1], k_slope[2] = -k / q, damped * k
    m_slope[1, 1], m_slope[2, 1] = k_slope[1] * edge, k_slope[2] * edge + k * edge_slope
    u_slope[0], u_slope[1], u_slope[2] = f * log(1000.0), q * log(100.0), 48.0
    return g, k


@njit(cache=True)
def peq(p: Array, x: Array, t: Array, y: Array, rate: float) -> float:
    count = p.size
    bands = count // 3
    ring, sums, turns, at = np.zeros((8, count + 1)), np.zeros(count + 1), np.zeros(count + 1), 0
    d, u_slope = np.zeros(count), np.zeros(count)
    row_b, row_l = np.zeros((bands, count + 1)), np.zeros((bands, count + 1))
    g_slope, k_slope, m, m_slope = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros((3, 3))
    total = 0.0
    for n in range(x.size):
        out = x[n]
        for band in range(bands):
            first = 3 * band
            own = u_slope[first : first + 3]
            g, k = section(band, bands, p[first : first + 3], g_slope, k_slope, m, m_slope, own)
            scale = 1.0 / (1.0 + g * (g + k))
            b, l = row_b[band], row_l[band]
            rest = out - l[count]
            middle = scale * (b[count] + g * rest)
            low = l[count] + g * middle
            b[count] = 2.0 * middle - b[count]
            l[count] = 2.0 * low - l[count]
            for r in range(first):
                of_middle = scale * (b[r] + g * (d[r] - l[r]))
                of_low = l[r] + g * of_middle
                b[r] = 2.0 * of_middle - b[r]
                l[r] = 2.0 * of_low - l[r]
                d[r] = m[0] * d[r] + m[1] * of_middle + m[2] * of_low
            for i in range(3):
                r, moved = first + i, g_slope[i]
                damped = moved * (2.0 * g + k) + g * k_slope[i]
                of_middle = scale * (b[r] - g * l[r] + moved * rest - damped * middle)
                of_low = l[r] + g * of_middle + moved * middle
                b[r] = 2.0 * of_middle - b[r]
                l[r] = 2.0 * of_low - l[r]
                mixed = m_slope[i, 0] * out + m_slope[i, 1] * middle + m_slope[i, 2] * low
                d[r] = mixed + m[1] * of_middle + m[2] * of_low
            out = m[0] * out + m[1] * middle + m[2] * low
        y[n] = out
        e = push(ring, sums, turns, at, count, out - t[n]) / 8.0
        step = rate * 2.0 * e / 8.0
        for i in range(count):
            p[i] = held(p[i] - step * push(ring, sums, turns, at, i, d[i]) * u_slope[i])
        at = advance(ring, sums, turns, at)
        total += e * e
    return total
