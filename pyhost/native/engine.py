"""Which engine runs a program: the compiled one where that pays, else the interpreter, and what is said about it."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

from pyhost._binding import Interpreter, LearnerCore
from pyhost._settings import CoreSettings
from pyhost.compile import rows
from pyhost.compile.lower import Tape
from pyhost.native.cache import Cache, CacheError, cache_folder, make_key, temporary_cache
from pyhost.native.compiler import (
    CompileError,
    Compiler,
    compile_library,
    find_compiler,
    headers_hash,
    processor,
    read_headers_hash,
)
from pyhost.native.library import NativeLearner, NativeRunner
from pyhost.native.printer import print_program
from pyhost.native.structure import structure_of

__all__ = ["ENGINES", "EngineWarning", "LearnerEngine", "RunnerEngine", "make_learner", "make_runner"]

ENGINES = ("auto", "native", "interpreter")

RunnerEngine = Interpreter | NativeRunner
"""What runs a program with given parameters."""

LearnerEngine = LearnerCore | NativeLearner
"""What runs a program that learns."""

STEP = 4e-9
"""Seconds that the native engine saves at each instruction and sample, and .."""

PARTIAL = 0.4e-9
""".. at each partial."""

LOAD = 0.02
"""Seconds that a compiled program must save to be loaded, and .."""

COMPILE = 0.4
""".. to be compiled, and .."""

COMPILE_STEP = 2e-3
""".. for each of its instructions, and, if it learns, .."""

COMPILE_PAIR = 1e-5
""".. for each two of them: the further back, the more partials go through an instruction."""


class EngineWarning(UserWarning):
    """The interpreter runs what was to be compiled; the result is the same."""


_told: set[str] = set()


def _printer_hash() -> bytes:
    """Return a digest of the printer."""
    digest = hashlib.sha256()
    for path in [Path(rows.__file__), *sorted(Path(__file__).parent.glob("*.py"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.digest()


_PRINTER = _printer_hash()  # now: what the files hold when it is asked for may be newer than what is running


def _tell(reason: str) -> None:
    """Say something once."""
    if reason not in _told:
        _told.add(reason)
        warnings.warn(reason, EngineWarning, stacklevel=2)


def saving(tape: Tape, frames: int) -> float:
    """Return about how many seconds the native engine saves over so many frames."""
    partials = sum(op.rows.count() * op.width * (1 if op.uniform else tape.lanes) for op in tape.ops)
    return frames * (STEP * len(tape.ops) + PARTIAL * partials)


def compiling(tape: Tape, settings: CoreSettings | None) -> float:
    """Return about how many seconds it takes to compile a program."""
    count = len(tape.ops)
    return COMPILE + COMPILE_STEP * count + (0.0 if settings is None else COMPILE_PAIR * count**2)


def _library(tape: Tape, settings: CoreSettings | None, engine: str, frames: int) -> Path | None:
    """Return the compiled program, or None if the interpreter is to run it."""
    if engine == "interpreter":
        return None
    saved = saving(tape, frames)
    if engine == "auto" and saved < LOAD:
        return None
    may_compile = engine == "native" or saved > compiling(tape, settings)
    try:
        compiler = find_compiler()
        key = program_key(compiler, tape, settings)
        found, cache = _kept(key)
        if found is None and may_compile:
            found = _compiled(compiler, print_program(tape, settings), cache, key)
    except (CompileError, CacheError) as error:
        if may_compile:  # else it would hardly have been faster
            _tell(f"the interpreter is used, which is slower: {error}")
        return None
    return found


def _kept(key: str) -> tuple[Path | None, Cache]:
    """Return the library of a key if there is one, and where to keep it: for the user, or for this process alone.

    Raises
    ------
    CacheError
        If there is no such place.
    """
    try:
        cache = Cache(cache_folder())
        return cache.find(key), cache
    except CacheError as error:
        cache = temporary_cache()
        _tell(f"compiled programs are not kept: {error}")
        return cache.find(key), cache


def program_key(compiler: Compiler, tape: Tape, settings: CoreSettings | None) -> str:
    """Return the key of a compiled program: all that its source is printed from, and all that compiles it.

    To print the source itself takes longer than to load what was made of it.
    """
    structure = None if settings is None else structure_of(settings)
    told = "\0".join([*compiler.command, *compiler.flags, compiler.identity, processor()])
    return make_key(repr((tape, structure)).encode(), told.encode(), headers_hash(), _PRINTER)


def _compiled(compiler: Compiler, source: str, cache: Cache, key: str) -> Path:
    """Return the library after compiling it: in the cache, or, where that cannot be, in a temporary folder."""

    def build(folder: Path) -> Path:
        library = compile_library(compiler, source, folder)
        if read_headers_hash() != headers_hash():
            raise CompileError("pyhost was installed anew while this process runs; start it again")
        return library

    try:
        return cache.make(key, build)
    except CacheError as error:
        temporary = temporary_cache()
        found = temporary.find(key) or temporary.make(key, build)
        _tell(f"compiled programs are not kept: {error}")
        return found


def make_runner(tape: Tape, *, engine: str = "auto", frames: int = 0) -> RunnerEngine:
    """Return what runs a program with given parameters.

    Parameters
    ----------
    tape : Tape
        The lowered program.
    engine : {"auto", "native", "interpreter"}
        ``"auto"`` compiles it if that is worth the while for so many frames.
    frames : int
        How many are to be run, about.
    """
    path = _library(tape, None, engine, frames)
    if path is not None:
        try:
            return NativeRunner(path, tape)
        except OSError as error:
            _tell(f"the interpreter is used, which is slower: {path} cannot be loaded: {error}")
    return Interpreter(tape)


def make_learner(tape: Tape, settings: CoreSettings, *, engine: str = "auto", frames: int = 0) -> LearnerEngine:
    """Return what runs a program that learns; as `make_runner`."""
    path = _library(tape, settings, engine, frames)
    if path is not None:
        try:
            return NativeLearner(path, tape, settings)
        except OSError as error:
            _tell(f"the interpreter is used, which is slower: {path} cannot be loaded: {error}")
    return LearnerCore(tape, settings)
