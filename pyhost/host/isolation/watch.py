"""One thread that looks after all workers, so that to wait for one is a single system call.

A wait that knows of deadlines and of the end of a process was measured to cost 2 to 3 µs more for each block. This one
knows of neither: the thread here rings when there is news, and whoever waits looks what it is.
"""

from __future__ import annotations

import os
import select
import threading
import time
from typing import Protocol

__all__ = ["WATCH", "Watched"]

TICK = 0.25
"""Seconds between looks at deadlines; the end of a process is seen at once."""


class Watched(Protocol):
    """What is looked after.

    Attributes
    ----------
    reading : int
        A pipe that the process closes when it ends.
    until : float
        By `time.monotonic`, when it is late; infinite while nobody waits.
    ended : bool
        Whether the process has ended; set before `ring_news`.
    """

    reading: int
    until: float
    ended: bool

    def ring_news(self) -> None:
        """Wake up whoever waits for it."""
        ...


class Watch:
    """The thread, which runs while there is anything to look after."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Look after nothing: in a process that was forked, where the thread is not."""
        self._lock = threading.Lock()
        self._watched: dict[int, Watched] = {}
        self._thread: threading.Thread | None = None

    def add(self, one: Watched) -> None:
        """Look after it."""
        with self._lock:
            self._watched[one.reading] = one
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="pyhost-watch", daemon=True)
                self._thread.start()

    def remove(self, one: Watched) -> None:
        """Do so no more; its descriptors can be closed afterwards."""
        with self._lock:
            if self._watched.get(one.reading) is one:
                del self._watched[one.reading]

    def _look(self) -> None:
        while present := self._present():
            poll = select.poll()
            for descriptor in present:
                poll.register(descriptor, 0)
            over = [descriptor for descriptor, _ in poll.poll(1000.0 * TICK)]
            now = time.monotonic()
            with self._lock:
                for descriptor in over:
                    # Meanwhile the number may have become that of another one.
                    if self._watched.get(descriptor) is present[descriptor]:
                        one = self._watched.pop(descriptor)
                        one.ended = True
                        one.ring_news()
                for one in self._watched.values():
                    if now >= one.until:
                        one.ring_news()

    def _present(self) -> dict[int, Watched]:
        """Return what there is to look after; if nothing, this thread is over."""
        with self._lock:
            if not self._watched:
                self._thread = None
            return dict(self._watched)


WATCH = Watch()
os.register_at_fork(after_in_child=WATCH.begin_anew)
