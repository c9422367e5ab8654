"""Faust: the programs of ``faust/``, translated by the Faust compiler and compiled by g++ and clang++.

Each learner is written twice. *Dual signals* (``duals*.lib``) is what any chain can have: an arithmetic of signals with
their partials, and a loss as it is defined. *By hand* (``hand*.lib``) is what somebody makes of one chain who derives
its partials and knows that windows of delayed signals are delayed windows.
"""

from __future__ import annotations

import ctypes
import itertools
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rival import Array, Competitor, Outcome, Rival
from workloads import SAMPLE_RATE, Workload

from competitors.builds import BUILDS, built, version_of

__all__ = ["faust"]

SOURCES = Path(__file__).with_name("faust")
STYLES = {"dual signals": ("duals", "error_of_means"), "by hand": ("hand", "error_of")}
OPTIONS = {"": (), ", -mcd 0": ("-mcd", "0")}
COMPILERS = ("g++", "clang++")
FLAGS = ("-O3", "-march=native")
POINTER = ctypes.c_void_p


def program_of(work: Workload, style: str) -> str:
    """Return the program of a workload: its chain, in one of the `STYLES`, and how it is learned."""
    name, error = STYLES[style]
    library = f"{name}_{work.function}.lib" if work.function == "peq" else f"{name}.lib"
    size = f"{work.scalars}, " if work.function == "fir" else ""
    keep = "unit" if any(spec.normalised for spec in work.bounds) else "anywhere"
    starts = ", ".join(f"{start:.17g}" for start in work.start)
    start = f"ba.take(i + 1, ({starts}))" if work.start.any() else "0.0"
    settings = f"{work.scalars}, start, {keep}, {error}({work.window}), {work.loss}, {work.rate:.17g}"
    return (
        f'import("{library}");\nimport("learner.lib");\n'
        f"start(i) = {start};\nprocess = learner({settings}, {work.function}({size}{work.window}));\n"
    )


class FaustRival:
    """A program of Faust's, compiled.

    Parameters
    ----------
    library : CDLL
        With the functions of ``faust/host.cpp``.
    costs : dict
        What it took to build.
    """

    def __init__(self, library: ctypes.CDLL, costs: dict[str, float]) -> None:
        self.costs = costs
        self._library = library
        library.faust_new.argtypes, library.faust_new.restype = [ctypes.c_int], POINTER
        library.faust_reset.argtypes, library.faust_reset.restype = [POINTER], None
        library.faust_run.argtypes, library.faust_run.restype = [POINTER, ctypes.c_int, POINTER, POINTER], None
        library.faust_delete.argtypes, library.faust_delete.restype = [POINTER], None
        self._made = library.faust_new(SAMPLE_RATE)

    def __del__(self) -> None:
        self._library.faust_delete(self._made)

    def prepare(self, audio: Array, target: Array) -> None:
        """Take the block to be learned."""
        self._kept = audio, target
        self._output, self._loss = np.empty(audio.shape[1]), np.empty(audio.shape[1])
        self._inputs = (POINTER * 2)(audio.ctypes.data, target.ctypes.data)
        self._outputs = (POINTER * 2)(self._output.ctypes.data, self._loss.ctypes.data)
        self._arguments = self._made, audio.shape[1], self._inputs, self._outputs

    def reset(self) -> None:
        """Go back to silence and to the first parameters."""
        self._library.faust_reset(self._made)

    def run(self) -> None:
        """Learn the block."""
        self._library.faust_run(*self._arguments)

    def outcome(self) -> Outcome:
        """Return what the last run did; the parameters stay inside, but every sample of the output shows them."""
        return Outcome(self._output, float(np.sum(self._loss)), None)


@dataclass(frozen=True, slots=True)
class _Build:
    """One way to make programs."""

    style: str
    compiler: str
    flags: str
    limit: float

    @property
    def name(self) -> str:
        """What stands over its column."""
        return f"Faust, {self.style}, {self.compiler}{self.flags}"

    def __call__(self, work: Workload) -> Rival:
        """Return the learner of a workload."""
        sources = BUILDS / "faust"
        sources.mkdir(parents=True, exist_ok=True)
        program = sources / f"{work.key}-{STYLES[self.style][0]}.dsp"
        program.write_text(program_of(work, self.style), encoding="utf-8")
        host = SOURCES / "host.cpp"
        where = ["-I", str(SOURCES), "-a", str(host), "-o", "{out}"]
        translate = ["faust", "-double", *OPTIONS[self.flags], "-cn", "Learner", *where, str(program)]
        read = [program, host, *sorted(SOURCES.glob("*.lib"))]
        text, translating = built(f"{program.stem}-faust", translate, read, self.limit, "learner.cpp")
        command = [self.compiler, *FLAGS, "-shared", "-fPIC", str(text), "-o", "{out}"]
        path, compiling = built(f"{program.stem}-{self.compiler}", command, [text], self.limit)
        return FaustRival(ctypes.CDLL(str(path)), {self.name: translating + compiling})


def faust(limit: float) -> list[Competitor]:
    """Return a column for each style, C++ compiler that is installed, and kind of delay lines.

    Parameters
    ----------
    limit : float
        Seconds that translating a program may take, and compiling it.
    """
    if shutil.which("faust") is None:
        return []
    found = []
    for style, compiler, flags in itertools.product(STYLES, COMPILERS, OPTIONS):
        if version := version_of(compiler):
            about = {"Faust": version_of("faust"), compiler: version, "flags of Faust's C++": " ".join(FLAGS)}
            build = _Build(style, compiler, flags, limit)
            found.append(Competitor(build.name, build, about))
    return found
