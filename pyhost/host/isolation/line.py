"""What host and worker say to each other.

A number is rung: there is a block in the shared memory, or a line of JSON in a pipe. An event descriptor carries it,
which wakes up the other side some 2 µs sooner than a byte in a pipe does. The pipes tell besides when the other side
is gone.
"""

from __future__ import annotations

import json
import math
import os
import select
import time
from typing import Any, NamedTuple

from pyhost.host.isolation.watch import WATCH

__all__ = ["BLOCK", "SPEAK", "EndedError", "LateError", "Line", "LineEnds", "new_line"]

BLOCK = 1
SPEAK = 2
NEWS = 4
"""Rung by the watch, any number of times: what is rung adds up until it is heard."""

MOST_LINE = 1 << 26
"""Bytes of a line; more is no answer but a worker that writes nonsense."""


class EndedError(Exception):
    """The other side is gone."""


class LateError(Exception):
    """The other side did not answer in time."""


class LineEnds(NamedTuple):
    """Descriptors of one side: pipes to read and to write, and what rings for it and for the other."""

    reading: int
    writing: int
    hears: int
    rings: int


def new_line() -> tuple[LineEnds, LineEnds]:
    """Return both sides of a new line."""
    ours, theirs = os.pipe(), os.pipe()
    ring, answer = os.eventfd(0), os.eventfd(0)
    # Each side has event descriptors of its own, so that each can close what it holds.
    return (
        LineEnds(ours[0], theirs[1], answer, ring),
        LineEnds(theirs[0], ours[1], os.dup(ring), os.dup(answer)),
    )


class Line:
    """One side of it.

    Parameters
    ----------
    ends : LineEnds
        They are closed with the line.

    Attributes
    ----------
    reading, until, ended
        What the watch looks at; see `pyhost.host.isolation.watch.Watched`.
    """

    def __init__(self, ends: LineEnds) -> None:
        self.reading = ends.reading
        self.until = math.inf
        self.ended = False
        self._ends = ends
        self._hears, self._rings = ends.hears, ends.rings
        self._open = True
        self._watched = False
        self._data = select.poll()
        self._data.register(ends.reading, select.POLLIN)
        self._bell = select.poll()
        # In this order: what was rung before the other side ended comes first.
        self._bell.register(ends.hears, select.POLLIN)
        self._bell.register(ends.reading, 0)

    def ring(self, number: int) -> None:
        """Wake up the other side."""
        if not self._open:  # the descriptors may be those of other files by now
            raise EndedError
        os.eventfd_write(self._rings, number)

    def ring_news(self) -> None:
        """Wake up this side."""
        os.eventfd_write(self._hears, NEWS)

    def wait(self) -> int:
        """Return what the other side rings, if it takes for ever; for a process that ends with its host."""
        return os.eventfd_read(self._hears)

    def await_ring(self, seconds: float) -> int:
        """Return what the other side rings.

        Raises
        ------
        EndedError
            If the other side is gone.
        LateError
            If nothing is rung in so many seconds.
        """
        until = time.monotonic() + seconds
        while events := self._bell.poll(max(until - time.monotonic(), 0.0) * 1000.0):
            if events[0][0] != self._hears:
                raise EndedError
            if rung := os.eventfd_read(self._hears) % NEWS:
                return rung
        raise LateError

    def exchange(self, number: int, seconds: float) -> int:
        """Ring and return what is rung back; as `ring` and `await_ring`, but faster, and a deadline is a tick late."""
        if not self._watched:
            self._watched = True
            WATCH.add(self)
        self.until = until = time.monotonic() + seconds
        try:
            self.ring(number)
            while not (rung := os.eventfd_read(self._hears) % NEWS):
                if self.ended:
                    raise EndedError
                if time.monotonic() >= until:
                    raise LateError
        finally:
            self.until = math.inf
        return rung

    def say(self, message: Any) -> None:
        """Send anything that JSON can hold."""
        data = json.dumps(message).encode()
        rest = memoryview(len(data).to_bytes(8, "little") + data)
        self.ring(SPEAK)
        try:
            while rest:
                rest = rest[os.write(self._ends.writing, rest) :]
        except BrokenPipeError:
            raise EndedError from None

    def hear(self, seconds: float | None = None) -> Any:
        """Return what was said; it was rung for already."""
        size = int.from_bytes(self._exactly(8, seconds), "little")
        if size > MOST_LINE:
            raise EndedError
        return json.loads(self._exactly(size, seconds))

    def _exactly(self, size: int, seconds: float | None) -> bytes:
        parts = []
        while size:
            if seconds is not None and not self._data.poll(max(seconds, 0.0) * 1000.0):
                raise LateError
            part = os.read(self._ends.reading, min(size, 1 << 16))
            if not part:
                raise EndedError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Close all of this side; nothing can be said or heard any more."""
        if self._open:
            self._open = False
            WATCH.remove(self)
            for descriptor in self._ends:
                os.close(descriptor)
