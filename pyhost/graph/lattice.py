"""Free filters that cannot become unstable: the poles of second-order sections, given by reflection coefficients.

1 + a₁ z⁻¹ + a₂ z⁻² has both roots within the unit circle where (a₁, a₂) lies in the *stability triangle*
|a₂| < 1, |a₁| < 1 + a₂. With a₂ = k₂ and a₁ = k₁ (1 + k₂) the triangle is the square |k₁| < 1, |k₂| < 1: bounds on two
numbers are all it takes (J. D. Markel and A. H. Gray, Linear Prediction of Speech, 1976, ch. 5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pyhost.errors import ChainError
from pyhost.graph.functions import feedback, mem, sqrt
from pyhost.graph.signal import Operand, Signal, as_signal

__all__ = ["biquad", "cascade", "start_sections"]

_START_RADIUS = 0.5


def biquad(  # noqa: PLR0917  # in the order in which a block hands them over
    x: Operand, b0: Operand, b1: Operand, b2: Operand, k1: Operand, k2: Operand
) -> Signal:
    """Return y[n] = b0 x[n] + b1 x[n−1] + b2 x[n−2] − k1 (1 + k2) y[n−1] − k2 y[n−2], made as a lattice.

    Parameters
    ----------
    x : signal
        What is filtered.
    b0, b1, b2 : signal
        Any numbers: the zeros.
    k1, k2 : signal
        Between −1 and 1: the poles. A pair of poles r e^{±jw} has k2 = r², k1 = −2 r cos(w)/(1 + r²).

    Notes
    -----
    With c = √(1 − k1²), w the sum over b, and states s and t: f = w − k2 t, s ← c f − k1 s, t ← k1 f + c s, y = s/c
    (the second stage is that of the *normalised* lattice, A. H. Gray and J. D. Markel, IEEE Trans. ASSP 23, 1975).
    That stage is a rotation, so without input s² + t² becomes s² + k2² t²: it never grows, also while the
    coefficients jump, where the difference equation itself can run away.
    """
    signal, first, second = as_signal(x), as_signal(k1), as_signal(k2)
    last = mem(signal)
    driven = b0 * signal + b1 * last + b2 * mem(last)
    c = sqrt((1.0 - first) * (1.0 + first))

    def advance(s: Signal, t: Signal) -> tuple[Signal, Signal]:
        f = driven - second * t
        return c * f - first * s, first * f + c * s

    s: Signal = feedback(advance)[0]
    return s / c


def cascade(x: Operand, sections: Sequence[tuple[Operand, Operand, Operand, Operand]]) -> Signal:
    """Return sections of second order one after the other: any recursive filter of even order, in stable parts.

    Parameters
    ----------
    x : signal
        What is filtered.
    sections : sequence of (b1, b2, k1, k2)
        Each a `biquad` whose b0 is 1.

    Raises
    ------
    ChainError
        If there is no section.

    Notes
    -----
    Sections that are alike have the same partials and stay alike: let them start at different places. The text form,
    ``ph.chain("cascade(sections=3)")``, does.
    """
    if not sections:
        raise ChainError("cascade: needs at least one section of (b1, b2, k1, k2), not an empty list")
    result = as_signal(x)
    for b1, b2, k1, k2 in sections:
        result = biquad(result, 1.0, b1, b2, k1, k2)
    return result


def start_sections(count: int) -> tuple[tuple[float, float, float, float], ...]:
    """Return where the sections of a cascade start, (b1, b2, k1, k2) each.

    Their poles have radius 0.5 and angles that are spread evenly over the frequencies; zeros on top of them cancel
    them, so that the cascade changes nothing yet.
    """
    square = _START_RADIUS * _START_RADIUS
    found = []
    for number in range(count):
        cosine = math.cos(math.pi * (number + 0.5) / count)
        k1 = round(-2.0 * _START_RADIUS * cosine / (1.0 + square), 4) + 0.0  # no -0 in texts
        found.append((k1 * (1.0 + square), square, k1, square))
    return tuple(found)
