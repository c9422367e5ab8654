"""Memory that host and worker share: parameters, and a block of audio each way.

It has no name, so nothing is left behind, however a process ends.
"""

from __future__ import annotations

import mmap
import os
import tempfile

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANGES", "FRAMES", "MOST_CHANNELS", "MOST_FRAMES", "MOST_PARAMETERS", "PROCESSOR"]
__all__ += ["Shared", "new_memory"]

MOST_FRAMES = 16384
"""Of one block; longer ones are run in pieces, each of which costs a hand-over."""

MOST_CHANNELS = 128
"""Inputs and side-chain together, and outputs."""

MOST_PARAMETERS = 4096

HEADER = 8
FRAMES, PROCESSOR, CHANGES = 0, 1, 2


class Shared:
    """The memory: a header, parameters, and one block each way.

    Parameters
    ----------
    descriptor : int
        An open file of `size` bytes.

    Attributes
    ----------
    header : memoryview of 64-bit integers
        At `FRAMES` those of the present block, at `PROCESSOR` the one that the host waits on (−1: unknown), at
        `CHANGES` a number that grows whenever the host changes a parameter.
    parameters : ndarray, (MOST_PARAMETERS,)
        Their values.
    inputs, outputs : ndarray, (MOST_CHANNELS, MOST_FRAMES)
        The block.
    """

    size = 8 * (HEADER + MOST_PARAMETERS + 2 * MOST_CHANNELS * MOST_FRAMES)

    def __init__(self, descriptor: int) -> None:
        self._map = mmap.mmap(descriptor, self.size)
        numbers = np.frombuffer(self._map, np.float64)
        self.header = memoryview(self._map)[: 8 * HEADER].cast("q")
        self.parameters: NDArray[np.float64] = numbers[HEADER : HEADER + MOST_PARAMETERS]
        audio = numbers[HEADER + MOST_PARAMETERS :]
        self.inputs: NDArray[np.float64] = audio[: MOST_CHANNELS * MOST_FRAMES].reshape(MOST_CHANNELS, MOST_FRAMES)
        self.outputs: NDArray[np.float64] = audio[MOST_CHANNELS * MOST_FRAMES :].reshape(MOST_CHANNELS, MOST_FRAMES)


def new_memory() -> int:
    """Return the descriptor of new memory without a name."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("pyhost")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, Shared.size)
    return descriptor
