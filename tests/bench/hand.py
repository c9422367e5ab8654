"""The hand-written C learners, compiled for this machine by its own compiler and called through ctypes."""

from __future__ import annotations

import ctypes
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from workloads import Workload

__all__ = ["FLAGS", "HandLearner", "compile_hand", "compiler_version"]

Array = NDArray[np.float64]

FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-std=c11")
_ALIGNMENT = 64
_POINTER = ctypes.c_void_p


def _compiler() -> list[str]:
    return shlex.split(os.environ.get("CC", "cc"))


def compiler_version() -> str:
    """Return the first line of what the compiler says about itself."""
    told = subprocess.run([*_compiler(), "--version"], check=True, capture_output=True, text=True)
    return told.stdout.splitlines()[0]


def compile_hand() -> ctypes.CDLL:
    """Return ``hand.c``, compiled into a folder that is gone again once it has been loaded."""
    source = Path(__file__).with_name("hand.c")
    with tempfile.TemporaryDirectory(prefix="pyhost-bench-") as folder:
        library = Path(folder) / "hand.so"
        command = [*_compiler(), *FLAGS, "-shared", "-fPIC", str(source), "-o", str(library), "-lm"]
        subprocess.run(command, check=True)
        return ctypes.CDLL(str(library))


class HandLearner:
    """One of the learners, with its memory.

    Parameters
    ----------
    library : CDLL
        From `compile_hand`.
    work : Workload
        Which one, for how many taps.
    """

    def __init__(self, library: ctypes.CDLL, work: Workload) -> None:
        size = getattr(library, f"hand_{work.function}_doubles")
        size.argtypes, size.restype = [ctypes.c_size_t], ctypes.c_size_t
        self._run = getattr(library, f"hand_{work.function}")
        self._run.argtypes = [_POINTER, ctypes.c_size_t, *[_POINTER] * 3, ctypes.c_size_t, ctypes.c_double]
        self._run.restype = ctypes.c_double
        count = size(work.scalars)
        room = np.zeros(count + _ALIGNMENT // 8)
        start = -room.ctypes.data % _ALIGNMENT // 8
        self._state = room[start : start + count]
        self._work = work

    def reset(self) -> None:
        """Go back to silence and to parameters of 0."""
        self._state[:] = 0.0

    def parameters(self) -> Array:
        """Return the parameters, (P,)."""
        return self._state[: self._work.scalars].copy()

    def process(self, audio: Array, target: Array, output: Array | None = None) -> float:
        """Learn a block, each array (1, frames); return the sum of the loss."""
        y = None if output is None else output.ctypes.data
        arrays = self._state.ctypes.data, self._work.scalars, audio.ctypes.data, target.ctypes.data, y
        return float(self._run(*arrays, audio.shape[1], self._work.rate))
