"""The C compiler: which one there is, what it is told, and what becomes of it when it fails."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = ["CompileError", "Compiler", "compile_library", "find_compiler", "headers", "headers_hash"]

FLAGS = (
    "-std=c11",
    "-O3",
    "-fno-fast-math",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fPIC",
    "-shared",
)
"""Strict floating point, as in the core, whatever ``CC`` says; no flag that would change the host's floating-point mode
when loaded."""

LONGEST = 60.0
"""Seconds after which a compiler is taken for hung: it takes 5 for 32 equaliser bands, on a busy machine twice that."""


class CompileError(Exception):
    """A program could not be compiled; the message says why."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A compiler.

    Attributes
    ----------
    command : tuple of str
        How it is called.
    identity : str
        What tells it from another one, or from another version of it.
    """

    command: tuple[str, ...]
    identity: str

    @property
    def flags(self) -> tuple[str, ...]:
        """What it is told, beside the files."""
        return (*FLAGS, *(("-march=native",) if platform.machine().lower() in ("x86_64", "amd64") else ()))


def find_compiler() -> Compiler:
    """Return the C compiler: ``CC``, else the system's, else the one of the package ``ziglang``.

    Raises
    ------
    CompileError
        If there is none.
    """
    return _find(os.environ.get("CC", ""), os.environ.get("PATH", ""))


@lru_cache(maxsize=8)
def _find(wanted: str, _path: str) -> Compiler:
    for command in _wanted(wanted) if wanted.strip() else [["cc"], ["gcc"], ["clang"]]:
        program = shutil.which(command[0])
        if program:  # absolute: it is called in another folder
            return Compiler((os.path.abspath(program), *command[1:]), _identity(*command))
    if wanted.strip():
        raise CompileError(f"CC names {wanted!r}, which is no program; set CC to a C compiler, or unset it")
    zig = importlib.util.find_spec("ziglang")
    if zig and zig.origin:
        binary = shutil.which("zig", path=str(Path(zig.origin).parent))
        return Compiler((sys.executable, "-m", "ziglang", "cc"), _identity(binary or zig.origin))
    raise CompileError("there is no C compiler; install gcc or clang, or the package pyhost[native]")


def _wanted(wanted: str) -> list[list[str]]:
    """Return what ``CC`` says, in words."""
    try:
        return [shlex.split(wanted)]
    except ValueError as error:
        raise CompileError(f"CC is {wanted!r}, which cannot be read: {error}; set CC to a C compiler") from None


def _identity(*command: str) -> str:
    """Return what changes when a program is replaced: asking it for its version would take longer than a load.

    Every word counts that is one: ``ccache gcc`` is two.
    """
    found = []
    for program in filter(None, map(shutil.which, command)):
        path = Path(program).resolve()
        status = path.stat()
        found.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(found)


@lru_cache(maxsize=1)
def processor() -> str:
    """Return what ``-march=native`` depends on."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            lines = [line for line in file.read(8192).splitlines() if line.startswith(("flags", "model", "cpu family"))]
    except OSError:
        lines = [platform.processor()]
    return "\n".join([platform.machine(), *dict.fromkeys(lines)])


@lru_cache(maxsize=1)
def headers() -> Path:
    """Return the folder of the core's headers: in the installed package, or in the source tree beside it."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "csrc", package.parent / "csrc"):
        if (folder / "ds_printed.h").is_file():
            return folder
    raise CompileError(f"the headers of the core are not in {package / 'csrc'}; install pyhost again")


@lru_cache(maxsize=1)
def headers_hash() -> bytes:
    """Return a digest of all headers, as they were when it was first asked for."""
    return read_headers_hash()


def read_headers_hash() -> bytes:
    """Return a digest of all headers, as they are."""
    digest = hashlib.sha256()
    for path in sorted(headers().glob("ds_*.h")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.digest()


def compile_library(compiler: Compiler, source: str, folder: Path, *more: str) -> Path:
    """Compile a C file into a shared library.

    Parameters
    ----------
    compiler : Compiler
        From `find_compiler`.
    source : str
        The file.
    folder : Path
        Where it may write; the caller's to empty.
    *more : str
        What the compiler is told besides.

    Raises
    ------
    CompileError
        If it fails, is killed, hangs or writes nothing.
    """
    written, library = folder / "printed.c", folder / "printed.so"
    written.write_text(source, encoding="utf-8")
    flags = [*compiler.flags, *more, "-I", str(headers())]
    command = [*compiler.command, *flags, str(written), "-o", str(library), "-lm"]
    try:
        status, told = _run(command, folder)
    except subprocess.TimeoutExpired:
        raise CompileError(
            f"{compiler.command[0]} did not end within {LONGEST:g} s; ask for engine='interpreter', which waits for "
            "none, or for a chain of fewer stages"
        ) from None
    except OSError as error:
        raise CompileError(f"{compiler.command[0]} cannot be run: {error.strerror}") from None
    if status < 0:
        raise CompileError(f"{compiler.command[0]} was killed by signal {-status}")
    if status or not library.is_file():
        reason = next((line for line in told if "error" in line), told[0] if told else "it wrote nothing")
        raise CompileError(f"{compiler.command[0]} failed with status {status}: {reason}")
    return library


def _run(command: list[str], folder: Path) -> tuple[int, list[str]]:
    """Run a compiler; return its status and what it told. What it started ends with it, whatever happens."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=folder,
        start_new_session=True,
    ) as process:
        try:
            _, told = process.communicate(timeout=LONGEST)
        except BaseException:
            _end(process)
            raise
    return process.returncode, told.decode(errors="replace").strip().splitlines()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a compiler and the processes that it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
