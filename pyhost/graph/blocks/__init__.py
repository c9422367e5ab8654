"""The blocks of the text form, one declaration each.

To add a block, write it down in a module of this folder: the text form, its checks and its help follow from the
declaration.
"""

from __future__ import annotations

from pyhost.errors import ChainError, suggestion
from pyhost.graph.block import Block
from pyhost.graph.blocks.basic import FREE_FILTERS, LEVEL_AND_TIME
from pyhost.graph.blocks.level import DYNAMICS
from pyhost.graph.blocks.tone import TONE
from pyhost.graph.blocks.waves import OSCILLATORS

__all__ = ["blocks", "find_block"]

_BLOCKS: tuple[Block, ...] = (*LEVEL_AND_TIME, *FREE_FILTERS, *TONE, *DYNAMICS, *OSCILLATORS)

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
