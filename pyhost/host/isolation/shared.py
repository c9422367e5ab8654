"""Memory that host and worker share, and the words they exchange.

A block of audio is written into the memory and one byte goes through a pipe: the worker runs, writes over it, and a
byte comes back. Everything else is a line of JSON. The memory has no name, so nothing is left behind, however a
process ends.
"""

from __future__ import annotations

import json
import mmap
import os
import select
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANGES", "FRAMES", "MOST_CHANNELS", "MOST_FRAMES", "MOST_PARAMETERS", "PROCESSOR"]
__all__ += ["EndedError", "LateError", "Line", "Shared", "new_memory"]

MOST_FRAMES = 4096
"""Of one block; longer ones are run in pieces."""

MOST_CHANNELS = 128
"""Inputs and side-chain together, and outputs."""

MOST_PARAMETERS = 4096

HEADER = 8
FRAMES, PROCESSOR, CHANGES = 0, 1, 2

MOST_LINE = 1 << 26
"""Bytes of a line; more is no answer but a worker that writes nonsense."""

RUN = b"r"
DONE = b"d"
SPEAK = b"s"


class EndedError(Exception):
    """The other side is gone."""


class LateError(Exception):
    """The other side did not answer in time."""


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


class Line:
    """A pipe each way, for single bytes and lines of JSON.

    Parameters
    ----------
    reading, writing : int
        Descriptors; they are closed with the line.
    """

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._open = True
        self._poll = select.poll()
        self._poll.register(reading, select.POLLIN)

    def send(self, byte: bytes) -> None:
        """Send one byte."""
        if not self._open:  # the numbers may be those of other files by now
            raise EndedError
        try:
            os.write(self._writing, byte)
        except BrokenPipeError:
            raise EndedError from None

    def receive(self, seconds: float | None = None) -> bytes:
        """Return one byte.

        Raises
        ------
        EndedError
            If the other side is gone.
        LateError
            If there is none in so many seconds.
        """
        if seconds is not None and not self._poll.poll(max(seconds, 0.0) * 1000.0):
            raise LateError
        byte = os.read(self._reading, 1)
        if not byte:
            raise EndedError
        return byte

    def exchange(self, byte: bytes, seconds: float) -> bytes:
        """Send one byte and return the one that comes back; see `send` and `receive`."""
        if not self._open:
            raise EndedError
        try:
            os.write(self._writing, byte)
        except BrokenPipeError:
            raise EndedError from None
        if not self._poll.poll(seconds * 1000.0):
            raise LateError
        return os.read(self._reading, 1) or self._ended()

    @staticmethod
    def _ended() -> bytes:
        raise EndedError

    def say(self, message: Any) -> None:
        """Send anything that JSON can hold."""
        if not self._open:
            raise EndedError
        data = json.dumps(message).encode()
        rest = memoryview(SPEAK + len(data).to_bytes(8, "little") + data)
        try:
            while rest:
                rest = rest[os.write(self._writing, rest) :]
        except BrokenPipeError:
            raise EndedError from None

    def hear(self, seconds: float | None = None) -> Any:
        """Return what was said; its first byte was received already."""
        size = int.from_bytes(self._exactly(8, seconds), "little")
        if size > MOST_LINE:
            raise EndedError
        return json.loads(self._exactly(size, seconds))

    def _exactly(self, size: int, seconds: float | None) -> bytes:
        parts = []
        while size:
            if seconds is not None and not self._poll.poll(max(seconds, 0.0) * 1000.0):
                raise LateError
            part = os.read(self._reading, min(size, 1 << 16))
            if not part:
                raise EndedError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Close both pipes; nothing can be said or heard any more."""
        if self._open:
            self._open = False
            os.close(self._reading)
            os.close(self._writing)
