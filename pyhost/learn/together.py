"""Learners that learn at once, each in a thread: the core lets go of Python while it runs a block.

How many threads there are, and whose learners go through their blocks in one pass, is said in `pyhost.learn.crews`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

from pyhost.audio import AudioArray, AudioSource
from pyhost.errors import DivergedError
from pyhost.learn.crews import Crew, crews_for
from pyhost.learn.learner import Learner
from pyhost.learn.traces import Progress, Trace

__all__ = ["End", "all_of", "learn_together"]

WAKE = 0.1
"""Seconds after which the caller's thread looks up: where waiting cannot be interrupted, Ctrl-C is noticed then."""

End = Trace | BaseException
"""How learning ended."""

_Tell = Callable[[int, Progress], None]
_News = SimpleQueue[tuple[int, Progress] | None]  # progress, and None when a learner ends


class _Guarded:
    """A recording that, once told to stop, interrupts whoever reads it as Ctrl-C would."""

    def __init__(self, source: AudioSource, stop: Event) -> None:
        self._source, self._stop = source, stop
        self.sample_rate, self.channels = source.sample_rate, source.channels
        self.frames, self.name = source.frames, source.name

    def blocks(self, frames: int) -> Iterator[AudioArray]:
        """Yield the blocks of the recording."""
        for block in self._source.blocks(frames):
            if self._stop.is_set():
                raise KeyboardInterrupt
            yield block


def learn_together(
    learners: Sequence[Learner],
    pairs: Sequence[tuple[AudioSource, AudioSource]],
    progress: _Tell | None,
    **options: Any,
) -> list[End]:
    """Let each learner learn from its recordings, as many at once as there are cores, or lanes on all cores.

    Parameters
    ----------
    learners : sequence of Learner
    pairs : sequence of pairs of AudioSource
        Dry recording and target of each.
    progress : callable or None
        Called in this thread with the number of a learner and its progress. What it raises ends them all.
    **options
        Of `Learner.learn`.

    Returns
    -------
    list of Trace or exception
        What each returned or raised.
    """
    ready, stop, news = Event(), Event(), _News()
    ends: list[End] = [KeyboardInterrupt()] * len(learners)

    def learn(number: int) -> Trace:
        dry, target = (_Guarded(source, stop) for source in pairs[number])
        tell = None if progress is None else lambda seen: news.put((number, seen))
        return learners[number].learn(dry, target, progress=tell, **options)

    def work(crew: Crew) -> None:
        ready.wait()  # an interrupt finds either no learner at work or all threads known to the pool
        with crew.at_work():  # even if it is to stop: who is ahead may wait for it
            for number in crew.numbers():
                if stop.is_set():
                    return
                try:
                    ends[number] = learn(number)
                except BaseException as error:
                    ends[number] = error
                finally:
                    news.put(None)

    crews = crews_for(learners, pairs)
    with ThreadPoolExecutor(sum(crew.threads for crew in crews), "pyhost-learner") as pool:
        try:
            for crew in crews:
                for _ in range(crew.threads):
                    pool.submit(work, crew)
            ready.set()
            _listen(news, len(learners), progress)
        except BaseException:
            stop.set()
            ready.set()
            pool.shutdown(wait=False)
            raise
    return ends


def _listen(news: _News, count: int, progress: _Tell | None) -> None:
    """Hand on what is told until so many learners have ended."""
    while count:
        try:
            told = news.get(timeout=WAKE)
        except Empty:
            continue
        if told is None:
            count -= 1
        elif progress is not None:
            progress(*told)


def all_of(ends: Sequence[End]) -> tuple[Trace, ...]:
    """Return all traces, or raise what the first that failed raised; if some diverged, say which."""
    diverged = {}
    for number, end in enumerate(ends):
        if isinstance(end, DivergedError):
            diverged[number] = end
        elif isinstance(end, BaseException):
            end.add_note(f"It was learners[{number}] of the bank.")
            raise end
    if diverged:
        first, error = next(iter(diverged.items()))
        which = ", ".join(f"learners[{number}]" for number in diverged)
        raise DivergedError(
            f"of {len(ends)} learners, {which} diverged, and the others finished; learners[{first}]: {error}",
            error.sample,
        ) from error
    return tuple(end for end in ends if isinstance(end, Trace))
