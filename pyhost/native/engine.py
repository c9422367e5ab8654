"""Which engine runs a program: the compiled one where that pays, else the interpreter, and what is said about it."""

from __future__ import annotations

import contextlib
import hashlib
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from pyhost._binding import Interpreter, LearnerCore, check_learner
from pyhost._settings import CoreSettings
from pyhost.compile import rows
from pyhost.compile.lower import Tape
from pyhost.native.cache import Cache, CacheError, cache_folder, make_key, temporary_cache
from pyhost.native.chain import steady
from pyhost.native.company import Company
from pyhost.native.compiler import (
    CompileError,
    Compiler,
    compile_library,
    find_compiler,
    headers_hash,
    processor,
    read_headers_hash,
)
from pyhost.native.lanes import has_lanes, print_lanes
from pyhost.native.library import NativeLearner, NativeRunner
from pyhost.native.printer import print_program
from pyhost.native.structure import structure_of

__all__ = [
    "ENGINES",
    "EngineWarning",
    "LearnerEngine",
    "RunnerEngine",
    "make_learner",
    "make_runner",
    "most_lanes",
]

ENGINES = ("auto", "native", "interpreter")

RunnerEngine = Interpreter | NativeRunner
"""What runs a program with given parameters."""

LearnerEngine = LearnerCore | NativeLearner
"""What runs a program that learns."""

STEP = 4e-9
"""Seconds that the native engine saves at each instruction and sample, and .."""

PARTIAL = 0.4e-9
""".. at each partial."""

LANE_STEP = 1e-9
"""Seconds that it saves besides, of each learner, where several go through a block in one pass."""

LOAD = 0.02
"""Seconds that a compiled program must save to be loaded, and .."""

COMPILE = 0.2
""".. to be compiled, and .."""

COMPILE_STEP = 1e-3
""".. for each of its instructions, and, if it learns, .."""

COMPILE_PAIR = 2.5e-6
""".. for each two of them: the further back, the more partials go through an instruction."""


class EngineWarning(UserWarning):
    """The interpreter runs what was to be compiled; the result is the same."""


_told: set[str] = set()

_unloadable: set[Path] = set()
"""Libraries that could not be loaded just after they had been compiled."""

Loaded = TypeVar("Loaded")


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


def saving(tape: Tape, settings: CoreSettings | None, frames: int) -> float:
    """Return about how many seconds the native engine saves over so many frames."""
    still = settings is None or all(parameter.locked for parameter in settings.parameters)
    once = steady(tape.ops, parameters_move=False) if still else set()  # by the interpreter in a block, too
    ops = [op for at, op in enumerate(tape.ops) if at not in once]
    partials = sum(op.rows.count() * op.width * (1 if op.uniform else tape.lanes) for op in ops)
    return frames * (STEP * len(ops) + PARTIAL * partials)


def compiling(tape: Tape, settings: CoreSettings | None) -> float:
    """Return about how many seconds it takes to compile a program."""
    count = len(tape.ops)
    return COMPILE + COMPILE_STEP * count + (0.0 if settings is None else COMPILE_PAIR * count**2)


def _library(tape: Tape, settings: CoreSettings | None, engine: str, saved: float, width: int = 1) -> Path | None:
    """Return the compiled program, for several learners at once if it is so wide, or None if there is none.

    `saved` is how many seconds it saves.
    """
    if engine == "interpreter":
        return None
    if engine == "auto" and saved < LOAD:
        return None
    may_compile = engine == "native" or saved > compiling(tape, settings)
    try:
        compiler = find_compiler()
        key = program_key(compiler, tape, settings, width)
        found, cache = _kept(key)
        if found is None and may_compile:
            found = _compiled(compiler, _printed(tape, settings, width), cache, key)
    except (CompileError, CacheError) as error:
        if may_compile:  # else it would hardly have been faster
            instead = "the interpreter is used" if width == 1 else "learners go one by one"
            _tell(f"{instead}, which is slower: {error}")
        return None
    return found


def _printed(tape: Tape, settings: CoreSettings | None, width: int) -> str:
    return print_program(tape, settings) if settings is None or width == 1 else print_lanes(tape, settings, width)


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


def program_key(compiler: Compiler, tape: Tape, settings: CoreSettings | None, width: int = 1) -> str:
    """Return the key of a compiled program: all that its source is printed from, and all that compiles it.

    To print the source itself takes longer than to load what was made of it.
    """
    structure = None if settings is None else structure_of(settings)
    told = "\0".join([*compiler.command, *compiler.flags, compiler.identity, processor()])
    return make_key(repr((tape, structure, width)).encode(), told.encode(), headers_hash(), _PRINTER)


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


def _loaded(find: Callable[[], Path | None], load: Callable[[Path], Loaded]) -> Loaded | None:
    """Return what a library is loaded as, or None if there is none or it cannot be loaded.

    One that was kept and cannot be loaded is removed and looked for, or compiled, once more.
    """
    for is_last in (False, True):
        path = find()
        if path is None:
            return None
        try:
            return load(path)
        except OSError as error:
            if is_last or path in _unloadable:
                _unloadable.add(path)
                _tell(f"the interpreter is used, which is slower: {path} cannot be loaded: {error}")
                return None
            with contextlib.suppress(OSError):
                path.unlink()
    return None


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
    find = partial(_library, tape, None, engine, saving(tape, None, frames))
    return _loaded(find, lambda path: NativeRunner(path, tape)) or Interpreter(tape)


def make_learner(tape: Tape, settings: CoreSettings, *, engine: str = "auto", frames: int = 0) -> LearnerEngine:
    """Return what runs a program that learns; as `make_runner`. It belongs to the company that it is made in.

    Raises
    ------
    EngineError
        If the core refuses the settings, whichever engine is to run.
    """
    if engine != "interpreter":
        check_learner(tape, settings)

    def load(path: Path) -> NativeLearner:
        return _member(path, tape, settings, engine, frames) or NativeLearner(path, tape, settings)

    find = partial(_library, tape, settings, engine, saving(tape, settings, frames))
    return _loaded(find, load) or LearnerCore(tape, settings)


def _member(path: Path, tape: Tape, settings: CoreSettings, engine: str, frames: int) -> NativeLearner | None:
    """Return a learner that can go in one pass with others of its company, or None if it is to run by itself."""
    company = Company.here()
    if company is None:
        return None
    width = lanes_for(company.count)
    if path not in company.libraries:
        saved = LANE_STEP * len(tape.ops) * frames * company.count
        found = _library(tape, settings, engine, saved, width) if has_lanes(tape, settings) else None
        company.libraries[path] = found
    lanes = company.libraries[path]
    if lanes is None:
        return None
    try:
        return company.member(path, tape, settings, lanes, width)
    except OSError as error:
        _tell(f"learners go one by one, which is slower: {lanes} cannot be loaded: {error}")
        return None


def most_lanes() -> int:
    """Return how many doubles a register of this processor holds."""
    known = set(processor().split())
    return next((lanes for feature, lanes in (("avx512dq", 8), ("avx", 4)) if feature in known), 2)


def lanes_for(count: int) -> int:
    """Return in how many lanes so many learners go: a power of 2."""
    return min(1 << max(count - 1, 1).bit_length(), most_lanes())
