"""A program that is run over the same recording again and again."""

from __future__ import annotations

from pyhost._binding import Interpreter
from pyhost.compile.lower import Tape
from pyhost.native.engine import RunnerEngine, make_runner

__all__ = ["OftenRun"]

OFTEN = 4
"""Runs after which it is likely that there will be many more."""

EXPECTED = 40
"""How many more, about."""


class OftenRun:
    """Interpreted at first and, when it has been run often enough to expect that it pays, compiled: the same bits.

    Parameters
    ----------
    tape : Tape
        The lowered program.
    frames : int
        Of the recording.
    engine : {"auto", "native", "interpreter"}
        ``"interpreter"``: it stays interpreted.
    """

    def __init__(self, tape: Tape, frames: int, engine: str) -> None:
        self._tape, self._frames, self._engine = tape, frames, engine
        self._runs = 0
        self._running: RunnerEngine = Interpreter(tape)

    def from_silence(self) -> RunnerEngine:
        """Return what runs it, reset, for one more run."""
        self._runs += 1
        if self._runs == OFTEN and self._engine != "interpreter":
            self._running = make_runner(self._tape, frames=EXPECTED * self._frames)
        self._running.reset()
        return self._running
