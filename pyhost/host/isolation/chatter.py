"""What plugins write on standard error: kept from the terminal where that is asked for, the last of it, in memory.

A pipe takes it, which one thread empties for all workers, so that none of them ever waits for it to be read.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

__all__ = ["Chatter", "Ear", "Heard", "overhearing", "who_listens"]

MOST_CHATTER = 1 << 16
"""Bytes that are kept of each worker; as many as a pipe holds."""


@dataclass(frozen=True, slots=True)
class Chatter:
    """What a worker wrote on standard error.

    Attributes
    ----------
    who : str
        The plugin, or what else was looked at.
    text : str
        The end of it.
    failed : bool
        Whether the plugin crashed, hung or could not be loaded after it.
    """

    who: str
    text: str
    failed: bool


Heard = Callable[[Chatter], None]
"""Is told what was written, from any thread: when a plugin fails, and when its process ends."""

_listening: list[Heard] = []


@contextmanager
def overhearing(heard: Heard) -> Iterator[None]:
    """Keep what workers write that are started meanwhile from standard error, and tell it instead.

    Parameters
    ----------
    heard : callable
        Is told, as long as such a worker lives.
    """
    _listening.append(heard)
    try:
        yield
    finally:
        _listening.remove(heard)


def who_listens() -> Heard | None:
    """Return who is told at present; None: nobody, and what is written goes where the host's own goes."""
    return _listening[-1] if _listening else None


class Ear:
    """What one process writes.

    Attributes
    ----------
    reading, writing : int
        Both ends of its pipe; the process is given the second, which is then closed here.
    """

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)
        self._kept = b""
        self._lock = threading.Lock()
        self._open = True
        _LISTENER.add(self)

    def listen(self) -> bool:
        """Take what is in the pipe; return whether there may be more to come."""
        with self._lock:
            if not self._open:
                return False
            try:
                part = os.read(self.reading, MOST_CHATTER)
            except BlockingIOError:
                return True
            self._kept = (self._kept + part)[-MOST_CHATTER:]
            return bool(part)

    def take(self) -> str:
        """Return the end of what was written since the last call."""
        self.listen()
        with self._lock:
            kept, self._kept = self._kept, b""
        return kept.decode(errors="replace").strip()

    def close(self) -> None:
        """Hear nothing any more."""
        with self._lock:
            if self._open:
                self._open = False
                _LISTENER.remove(self)
                os.close(self.reading)


class _Listener:
    """The thread, which runs once there is anything to hear."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Listen to nothing: in a process that was forked, where the thread is not."""
        self._lock = threading.Lock()
        self._ears: dict[int, Ear] = {}
        self._ready: select.epoll | None = None

    def add(self, ear: Ear) -> None:
        """Listen to it."""
        with self._lock:
            if self._ready is None:
                self._ready = select.epoll()
                threading.Thread(target=self._run, args=(self._ready,), name="pyhost-chatter", daemon=True).start()
            self._ears[ear.reading] = ear
            self._ready.register(ear.reading, select.EPOLLIN)

    def remove(self, ear: Ear) -> None:
        """Do so no more; its pipe can be closed afterwards."""
        with self._lock:
            if self._ears.get(ear.reading) is ear:
                del self._ears[ear.reading]
                self._forget(ear)

    def _forget(self, ear: Ear) -> None:
        assert self._ready is not None
        with suppress(FileNotFoundError):  # forgotten before, when it had ended
            self._ready.unregister(ear.reading)

    def _run(self, ready: select.epoll) -> None:
        while True:
            for descriptor, _ in ready.poll():
                ear = self._ears.get(descriptor)
                if ear is None or ear.listen():
                    continue
                with self._lock:
                    if self._ears.get(descriptor) is ear:  # meanwhile the number may have become another one's
                        self._forget(ear)


_LISTENER = _Listener()
os.register_at_fork(after_in_child=_LISTENER.begin_anew)
