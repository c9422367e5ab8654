"""The blocks of the text form, one declaration each.

To add a block, write it down in `_BLOCKS`: the text form, its checks and its help follow from the declaration.
"""

from __future__ import annotations

import operator

from pyhost.errors import ChainError, suggestion
from pyhost.graph.block import Block, BlockOption, BlockParameter
from pyhost.graph.filters import fir, lowpass, onepole
from pyhost.graph.functions import INTERPOLATIONS, delay

__all__ = ["blocks", "find_block"]

_LONGEST_DELAY = 2.0**24  # samples; nearly six minutes at 48 kHz, 128 MiB

_BLOCKS = (
    Block(
        "gain",
        "multiplies by a number",
        (BlockParameter("gain", "factor, 1 changes nothing", 1.0, 0.0, 4.0),),
        (),
        operator.mul,
    ),
    Block(
        "dc",
        "adds a number",
        (BlockParameter("dc", "what is added", 0.0, -1.0, 1.0),),
        (),
        operator.add,
    ),
    Block(
        "fir",
        "finite impulse response filter",
        (BlockParameter("taps", "coefficients, that of the newest sample first: a count or a list", count=8),),
        (),
        fir,
    ),
    Block(
        "onepole",
        "recursive filter of first order, y[n] = x[n] + pole y[n-1]",
        (BlockParameter("pole", "feedback coefficient", 0.0, -0.999, 0.999),),
        (),
        onepole,
    ),
    Block(
        "lowpass",
        "Butterworth low-pass filter of first order",
        (BlockParameter("cutoff", "frequency at -3 dB", 1000.0, 20.0, 20000.0, "Hz", scale="log", normalised=True),),
        (),
        lowpass,
    ),
    Block(
        "delay",
        "delays by a number of samples, whole or not",
        (BlockParameter("delay", "by how much", 0.0, 0.0, "maximum", "samples"),),
        (
            BlockOption("maximum", "longest delay", 1000.0, minimum=1.0, maximum=_LONGEST_DELAY, unit="samples"),
            BlockOption("interpolation", "how it reads between samples", "lagrange3", choices=tuple(INTERPOLATIONS)),
        ),
        delay,
    ),
)

_BY_NAME = {block.name: block for block in _BLOCKS}


def blocks() -> tuple[Block, ...]:
    """Return all blocks of the text form, in the order in which a help text should show them.

    Examples
    --------
    >>> from pyhost.graph.blocks import blocks
    >>> [p.range_text for block in blocks() if block.name == "lowpass" for p in block.parameters]
    ['20 to 20000 Hz']
    """
    return _BLOCKS


def find_block(name: str) -> Block:
    """Return a block by its name.

    Raises
    ------
    ChainError
        If there is none, with the nearest name.
    """
    if name not in _BY_NAME:
        raise ChainError(f"unknown block {name[:60]!r}{suggestion(name[:60], _BY_NAME)}")
    return _BY_NAME[name]
