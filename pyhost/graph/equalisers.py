"""The parametric equaliser: a low shelf, bells, and a high shelf in a row."""

from __future__ import annotations

from collections.abc import Sequence

from pyhost.errors import ChainError
from pyhost.graph.biquads import highshelf, lowshelf, peaking
from pyhost.graph.signal import Operand, Signal, as_signal

__all__ = ["peq", "start_frequencies"]

_LOWEST, _HIGHEST = 60.0, 12000.0  # Hz; about two octaves above and one below the ends of hearing


def start_frequencies(bands: int) -> tuple[float, ...]:
    """Return where the bands of an equaliser start, in Hz: from 60 Hz to 12 kHz by equal ratios, to whole Hz."""
    ratio = _HIGHEST / _LOWEST
    return tuple(float(round(_LOWEST * ratio ** (band / (bands - 1)))) for band in range(bands))


def peq(x: Operand, bands: Sequence[tuple[Operand, Operand, Operand]]) -> Signal:
    """Return a parametric equaliser.

    ``ph.chain("peq(bands=6)")`` is one that asks for all of its parameters by itself.

    Parameters
    ----------
    x : signal
        What is filtered.
    bands : sequence of (frequency, q, gain)
        In Hz, greater than 0, and in dB. The first is a `lowshelf`, the last a `highshelf`, those between are
        `peaking`.

    Raises
    ------
    ChainError
        If there are fewer than two bands.
    """
    if len(bands) < 2:
        raise ChainError(f"peq: needs at least 2 bands, a low and a high shelf, not {len(bands)}")
    result = lowshelf(as_signal(x), *bands[0])
    for band in bands[1:-1]:
        result = peaking(result, *band)
    return highshelf(result, *bands[-1])
