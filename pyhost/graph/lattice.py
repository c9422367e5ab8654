"""A free second-order filter that cannot become unstable: its poles are given by reflection coefficients.

1 + a₁ z⁻¹ + a₂ z⁻² has both roots within the unit circle where (a₁, a₂) lies in the *stability triangle*
|a₂| < 1, |a₁| < 1 + a₂. With a₂ = k₂ and a₁ = k₁ (1 + k₂) the triangle is the square |k₁| < 1, |k₂| < 1: bounds on two
numbers are all it takes (J. D. Markel and A. H. Gray, Linear Prediction of Speech, 1976, ch. 5).
"""

from __future__ import annotations

from pyhost.graph.functions import feedback, mem, sqrt
from pyhost.graph.signal import Operand, Signal, as_signal

__all__ = ["biquad"]


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
