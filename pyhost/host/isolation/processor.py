"""Which processor a thread runs on, and how a worker comes to run on the same one.

The host waits while a plugin runs, so the two never want a processor at once. On the same one they hand over within
some 6 µs; waking up another one, which sleeps, was measured to take 40. Left alone, the kernel wakes up the host on a
processor that is idle, the worker follows, and so on: 200 µs for each block. So the host is held where it is while it
waits. Measured on two processors.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["Follower", "Holder", "this_processor"]

HELD_BLOCKS = 256
"""For which a thread is held after it was moved."""

_one_is_held = threading.Lock()


def _found() -> Callable[[], int]:
    """Return the C library's own function; one that knows nothing where there is none."""
    with suppress(AttributeError, OSError):
        function = ctypes.PyDLL(None).sched_getcpu
        function.restype, function.argtypes = ctypes.c_int, ()
        return function
    return lambda: -1


this_processor = _found()
"""Return the number of the processor that this thread runs on, −1 where that is not known."""


class Holder:
    """Holds a thread on its processor while it waits for a worker, if the kernel was seen to move it.

    To hold and to let go takes 5 to 8 µs, and the kernel moves nothing while all processors are busy: so it is done for
    some blocks after one of a move. Of several threads that wait, each for a worker of its own, one is held, and the
    kernel spreads the others over the processors.
    """

    def __init__(self) -> None:
        self._seen: int | None = None
        self._left = 0
        self._allowed: set[int] | None = None

    def hold(self) -> int:
        """Hold this thread if that pays; return which processor it is on, −1 if that is not known."""
        here = this_processor()
        if here != self._seen:
            self._left = 0 if self._seen is None or here < 0 else HELD_BLOCKS
            self._seen = here
        if self._left and _one_is_held.acquire(blocking=False):
            self._left -= 1
            self._allowed = os.sched_getaffinity(0)
            with suppress(OSError):  # it may not run there any more
                os.sched_setaffinity(0, (here,))
        return here

    def let_go(self) -> None:
        """Let this thread run wherever it may."""
        if self._allowed is not None:
            with suppress(OSError):
                os.sched_setaffinity(0, self._allowed)
            self._allowed = None
            _one_is_held.release()


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
