"""Host and worker hand over without losing a word, a deadline or the end of the other; held threads are let go."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterator

import pytest

from pyhost.host.isolation import processor
from pyhost.host.isolation.line import BLOCK, SPEAK, EndedError, LateError, Line, new_line
from pyhost.host.isolation.processor import HELD_BLOCKS, Holder
from pyhost.host.isolation.watch import Watch

Pair = tuple[Line, Line]


@pytest.fixture
def pair() -> Iterator[Pair]:
    host, worker = (Line(ends) for ends in new_line())
    yield host, worker
    host.close()
    worker.close()


def answering(worker: Line, number: int) -> threading.Thread:
    """Let a thread answer one ring."""

    def answer() -> None:
        assert worker.wait() == BLOCK
        worker.ring(number)

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def test_what_is_rung_comes_back_and_what_is_said_is_heard(pair: Pair) -> None:
    host, worker = pair
    thread = answering(worker, SPEAK)
    assert host.exchange(BLOCK, 5.0) == SPEAK
    thread.join()
    worker.say({"answer": "x" * 1000})
    assert host.await_ring(5.0) == SPEAK
    assert host.hear(5.0) == {"answer": "x" * 1000}


def test_an_answer_that_does_not_come_is_late_whether_there_was_news_or_not(pair: Pair) -> None:
    host, _ = pair
    for exchanged in (True, False):
        host.ring_news()
        begin = time.monotonic()
        with pytest.raises(LateError):
            host.exchange(BLOCK, 0.1) if exchanged else host.await_ring(0.1)
        assert 0.1 <= time.monotonic() - begin < 5.0
    assert host.until == math.inf


def test_old_news_does_not_hide_an_answer(pair: Pair) -> None:
    host, worker = pair
    for _ in range(3):
        host.ring_news()
    thread = answering(worker, BLOCK)
    assert host.exchange(BLOCK, 5.0) == BLOCK
    thread.join()
    worker.ring(SPEAK)
    host.ring_news()
    assert host.await_ring(5.0) == SPEAK


def test_the_end_of_the_other_side_is_seen_long_before_the_deadline() -> None:
    for exchanged in (True, False):
        host, worker = (Line(ends) for ends in new_line())
        threading.Timer(0.05, worker.close).start()
        begin = time.monotonic()
        with pytest.raises(EndedError):
            host.exchange(BLOCK, 60.0) if exchanged else host.await_ring(60.0)
        assert time.monotonic() - begin < 10.0
        host.close()
        with pytest.raises(EndedError):
            host.ring(BLOCK)


def test_what_was_rung_before_the_end_still_counts(pair: Pair) -> None:
    host, worker = pair
    worker.ring(BLOCK)
    worker.close()
    assert host.await_ring(5.0) == BLOCK


class Waiting:
    """Somebody who waits, for a watch."""

    def __init__(self, until: float) -> None:
        self.reading, self.writing = os.pipe()
        self.until = until
        self.ended = False
        self.rung = threading.Event()

    def ring_news(self) -> None:
        self.rung.set()


def test_a_watch_rings_for_the_late_and_the_ended_and_its_thread_ends_with_the_last() -> None:
    watch = Watch()
    calm, late, ended = Waiting(math.inf), Waiting(time.monotonic()), Waiting(math.inf)
    for one in (calm, late, ended):
        watch.add(one)
    os.close(ended.writing)
    assert late.rung.wait(10.0)
    assert ended.rung.wait(10.0)
    assert (late.ended, ended.ended, calm.rung.is_set()) == (False, True, False)
    thread = watch._thread
    assert thread is not None
    for one in (calm, late, ended):
        watch.remove(one)
    thread.join(10.0)
    assert not thread.is_alive()
    again = Waiting(time.monotonic())
    watch.add(again)
    assert again.rung.wait(10.0)
    watch.remove(again)
    for descriptor in (calm.reading, calm.writing, late.reading, late.writing, ended.reading):
        os.close(descriptor)
    os.close(again.reading)
    os.close(again.writing)


@pytest.fixture
def affinities(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Have four processors, of which this thread is on another from the third look on; list where it is told to run."""
    told: list[set[int]] = []
    looks = iter(range(10**6))
    monkeypatch.setattr(processor, "this_processor", lambda: int(next(looks) >= 2))
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3})
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, allowed: told.append(set(allowed)))
    return told


def test_a_thread_is_held_for_some_blocks_after_it_was_moved_and_let_go_after_each(affinities: list[set[int]]) -> None:
    holder = Holder()
    for _ in range(HELD_BLOCKS + 10):
        holder.hold()
        holder.let_go()
    assert affinities == [{1}, {0, 1, 2, 3}] * HELD_BLOCKS


def test_of_two_threads_that_wait_one_is_held(affinities: list[set[int]]) -> None:
    one, other = Holder(), Holder()
    for holder in (one, other, one):
        holder.hold()
    assert affinities == [{1}]
    other.hold()
    other.let_go()
    assert affinities == [{1}]
    one.let_go()
    assert affinities == [{1}, {0, 1, 2, 3}]
