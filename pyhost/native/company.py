"""Learners in threads of their own that go through their blocks together, as long as they are in step.

Each learner of a bank runs its passes by itself. Where its program can take several learners through a block in one
pass (`pyhost.native.lanes`), it waits with its block until all others of its company wait too, or have gone. Then those
who are in step, the most of them first, learn as many samples as all of their blocks have: of recordings of unequal
length the rest follows, and who has come to the end of a pass waits there for the others.

In step are learners of the same program and settings that have gone equally far since silence, for then all that is
not a number of its own, positions in delay lines and windows, is equal. How blocks are cut changes no bit, and neither
does how many learners go in one pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray

from pyhost._binding import Record
from pyhost._settings import CoreSettings
from pyhost.compile.lower import Tape
from pyhost.native.library import NativeLanes, NativeLearner, Part

__all__ = ["Company", "Member"]

Array = NDArray[np.float64]


class Member(NativeLearner):
    """A compiled learner that may learn its blocks together with others; see `NativeLearner`.

    Parameters
    ----------
    path, tape, settings
        As of `NativeLearner`.
    company : Company
        Whom it belongs to.
    lanes : NativeLanes
        What takes several of its kind through a block: the same for all.

    Attributes
    ----------
    kind : tuple
        What those that can go in one pass with it have in common.
    position : int
        Samples since silence, or −1 once it has left the finite numbers.
    """

    def __init__(self, path: Path, tape: Tape, settings: CoreSettings, company: Company, lanes: NativeLanes) -> None:
        super().__init__(path, tape, settings)
        self._company = company
        self.lanes = lanes
        self.kind = (id(lanes), settings)
        self.position = 0

    def reset(self) -> None:
        """Go back to silence; parameters, and what an optimizer has gathered, stay."""
        super().reset()
        self.position = 0

    def process(
        self, audio: Array, target: Array, *, output: Array | None = None, record: Record | None = None
    ) -> int | None:
        """Learn a block; see `pyhost._binding.LearnerCore.process`."""
        if output is not None:
            return self.alone(audio, target, output, record)
        return self._company.learn(self, audio, target, record)

    def alone(self, audio: Array, target: Array, output: Array | None, record: Record | None) -> int | None:
        """Learn a block by itself."""
        failed = super().process(audio, target, output=output, record=record)
        self.position = self.position + audio.shape[1] if failed is None and self.position >= 0 else -1
        return failed


@dataclass(slots=True)
class _Block:
    """What a member waits with."""

    member: Member
    audio: Array
    target: Array
    record: Record | None
    learned: int = 0
    failed: int | None = None
    error: BaseException | None = None
    is_done: Event = field(default_factory=Event)

    @property
    def left(self) -> int:
        """How many frames are still to be learned."""
        return int(self.audio.shape[1]) - self.learned

    @property
    def is_over(self) -> bool:
        """Whether its thread can go on."""
        return self.left == 0 or self.failed is not None or self.error is not None

    @property
    def step(self) -> tuple[object, ...]:
        """What those in step with it have in common; what is written down is not cut."""
        member = self.member
        rows = None if self.record is None else (self.record.every, self.left)
        return (*member.kind, member.position, member if member.position < 0 else None, rows)

    def part(self, frames: int) -> Part:
        """Return so many of the frames that are left."""
        some = slice(self.learned, self.learned + frames)
        return Part(self.member, self.audio[:, some], self.target[:, some], self.record)


class Company:
    """So many threads whose learners go together.

    Parameters
    ----------
    count : int
        Of threads. Each must end with `leave`.

    Attributes
    ----------
    libraries : dict
        By the library of a learner that of several of its kind, or None if there is none: who looks it up fills it.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.libraries: dict[Path, Path | None] = {}
        self._at_work = count
        self._waiting: list[_Block] = []
        self._lock = Lock()
        self._lanes: dict[Path, NativeLanes] = {}

    @contextmanager
    def present(self) -> Iterator[None]:
        """Let the learners that this thread makes belong to the company."""
        token = _COMPANY.set(self)
        try:
            yield
        finally:
            _COMPANY.reset(token)

    @staticmethod
    def here() -> Company | None:
        """Return the company that a learner made in this thread belongs to, if there is one."""
        return _COMPANY.get()

    def member(self, path: Path, tape: Tape, settings: CoreSettings, lanes: Path, width: int) -> Member:
        """Return a learner that belongs to the company; `lanes` is the library for several of its kind."""
        learner = NativeLearner(path, tape, settings)
        with self._lock:
            if lanes not in self._lanes:
                self._lanes[lanes] = NativeLanes(lanes, width, learner.size)
            return Member(path, tape, settings, self, self._lanes[lanes])

    def leave(self) -> None:
        """End a thread's part: nobody waits for it any longer."""
        with self._lock:
            self._at_work -= 1
            all_wait = self._at_work == 0 and bool(self._waiting)
        if all_wait:
            self._learn_some()

    def learn(self, member: Member, audio: Array, target: Array, record: Record | None) -> int | None:
        """Learn a block, with the others where they are in step; see `Member.process`."""
        block = _Block(member, audio, target, record)
        with self._lock:
            self._waiting.append(block)
            self._at_work -= 1
            all_wait = self._at_work == 0
        if all_wait:
            self._learn_some()
        block.is_done.wait()
        if block.error is not None:
            raise block.error
        return block.failed

    def _learn_some(self) -> None:
        """Learn for those who are in step, the most of them first; called where all wait, so at once by one alone."""
        groups: dict[tuple[object, ...], list[_Block]] = {}
        for block in self._waiting:
            groups.setdefault(block.step, []).append(block)
        chosen = max(groups.values(), key=len)
        frames, width = min(block.left for block in chosen), chosen[0].member.lanes.width
        try:
            for at in range(0, len(chosen), width):
                _learn_together(chosen[at : at + width], frames)
        except BaseException as error:  # it belongs to their threads
            for block in chosen:
                block.error = error
        ended = [block for block in chosen if block.is_over]
        with self._lock:
            self._waiting = [block for block in self._waiting if not block.is_over]
            self._at_work += len(ended)
        for block in ended:
            block.is_done.set()


def _learn_together(blocks: Sequence[_Block], frames: int) -> None:
    """Learn so many frames of several blocks: in one pass, or, where one of them diverges, each by itself."""
    parts = [block.part(frames) for block in blocks]
    if len(parts) > 1 and blocks[0].member.lanes.learn(parts):
        for block in blocks:
            block.member.position += frames
            block.learned += frames
        return
    for block, part in zip(blocks, parts, strict=True):
        failed = block.member.alone(part.audio, part.target, None, part.record)
        block.failed = None if failed is None else block.learned + failed
        block.learned += frames


_COMPANY: ContextVar[Company | None] = ContextVar("company", default=None)
