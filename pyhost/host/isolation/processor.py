"""Which processor a thread runs on, and how a worker comes to run on the same one.

The host waits while a plugin runs, so the two never want a processor at once. On the same one they hand over within
some 6 µs; waking up another one, which sleeps, was measured to take 40.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from contextlib import suppress

__all__ = ["Follower", "this_processor"]


def _found() -> Callable[[], int]:
    """Return the C library's own function; one that knows nothing where there is none."""
    with suppress(AttributeError, OSError):
        function = ctypes.PyDLL(None).sched_getcpu
        function.restype, function.argtypes = ctypes.c_int, ()
        return function
    return lambda: -1


this_processor = _found()
"""Return the number of the processor that this thread runs on, −1 where that is not known."""


class Follower:
    """Keeps this thread on the processor that somebody else is on.

    Attributes
    ----------
    processor : int
        Which; −1: none in particular.
    """

    def __init__(self) -> None:
        self.processor = -1
        self._allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()

    def follow(self, processor: int) -> None:
        """Run on that processor, if this thread may."""
        if processor in self._allowed:
            os.sched_setaffinity(0, {processor})
            self.processor = processor

    def release(self) -> None:
        """Run wherever there is room, as threads that a plugin starts then will."""
        if self.processor >= 0:
            os.sched_setaffinity(0, self._allowed)
            self.processor = -1
