"""C written by hand, compiled for this machine by its own compiler and called through ctypes."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import numpy as np
from rival import Array, Competitor, Outcome
from workloads import Workload

from competitors.builds import built, c_compiler, version_of

__all__ = ["hand"]

FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-std=c11")
SOURCES = Path(__file__).with_name("hand")
ALIGNMENT = 64
POINTER = ctypes.c_void_p


class HandRival:
    """One of the learners, with its memory.

    Parameters
    ----------
    library : CDLL
        Of ``hand/*.c``.
    work : Workload
        Which one, for how many taps.
    """

    def __init__(self, library: ctypes.CDLL, work: Workload) -> None:
        self.costs: dict[str, float] = {}
        size = getattr(library, f"hand_{work.function}_doubles")
        size.argtypes, size.restype = [ctypes.c_size_t], ctypes.c_size_t
        self._run = getattr(library, f"hand_{work.function}")
        self._run.argtypes = [POINTER, ctypes.c_size_t, *[POINTER] * 3, ctypes.c_size_t, ctypes.c_double]
        self._run.restype = ctypes.c_double
        count = size(work.scalars)
        room = np.zeros(count + ALIGNMENT // 8)
        offset = -room.ctypes.data % ALIGNMENT // 8
        self._state = room[offset : offset + count]
        self._start = work.start
        self._work = work

    def prepare(self, audio: Array, target: Array) -> None:
        """Take the block to be learned."""
        self._output = np.empty(audio.shape[1])
        self._kept = audio, target
        arrays = audio.ctypes.data, target.ctypes.data, self._output.ctypes.data
        self._arguments = self._state.ctypes.data, self._work.scalars, *arrays, audio.shape[1], self._work.rate

    def reset(self) -> None:
        """Go back to silence and to the first parameters."""
        self._state[:] = 0.0
        self._state[: self._work.scalars] = self._start

    def run(self) -> None:
        """Learn the block."""
        self._loss = float(self._run(*self._arguments))

    def outcome(self) -> Outcome:
        """Return what the last run did."""
        return Outcome(self._output, self._loss, self._work.values(self._state[: self._work.scalars]))


def hand() -> list[Competitor]:
    """Return the column of hand-written C."""
    version = version_of(*c_compiler())
    if not version:
        sys.exit(f"the benchmark needs a C compiler; there is no {c_compiler()[0]}. Install gcc or clang, or set CC")
    sources = sorted(SOURCES.glob("*.c"))
    command = [*c_compiler(), *FLAGS, "-shared", "-fPIC", *map(str, sources), "-o", "{out}", "-lm"]
    path, _ = built("hand", command, [*sources, SOURCES / "hand.h"], limit=60.0)
    library = ctypes.CDLL(str(path))
    about = {"C compiler": version, "flags of the hand-written C": " ".join(FLAGS)}
    return [Competitor("C by hand", lambda work: HandRival(library, work), about)]
