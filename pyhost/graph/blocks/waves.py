"""Oscillators as blocks: what comes in goes no further."""

from __future__ import annotations

from collections.abc import Callable

from pyhost.graph.block import Block, BlockOption, BlockParameter
from pyhost.graph.oscillators import EDGES, osc, saw, square
from pyhost.graph.signal import Signal

__all__ = ["OSCILLATORS"]

_PARAMETERS = (
    BlockParameter("frequency", "how often a second", 440.0, 20.0, 20000.0, "Hz", scale="log", normalised=True),
    BlockParameter("phase", "where a period begins", 0.0, -1.0, 1.0, "periods", normalised=True),
)
_SHARP = (BlockOption("edges", "how it jumps", "smooth", choices=EDGES),)


def _instead(wave: Callable[..., Signal]) -> Callable[..., Signal]:
    """Return a wave that takes the place of a signal."""
    return lambda _, *arguments: wave(*arguments)


OSCILLATORS = (
    Block("osc", "a sine in place of what comes in", _PARAMETERS, (), _instead(osc)),
    Block("saw", "a sawtooth in place of what comes in", _PARAMETERS, _SHARP, _instead(saw)),
    Block("square", "a square wave in place of what comes in", _PARAMETERS, _SHARP, _instead(square)),
)
