"""Compilers, and what they have built: kept in a folder, by a hash of all that it was made from."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from rival import UnavailableError

__all__ = ["BUILDS", "built", "c_compiler", "version_of"]

BUILDS = Path(__file__).parents[3] / "build" / "bench"


def c_compiler() -> list[str]:
    """Return the command of the C compiler."""
    return shlex.split(os.environ.get("CC", "cc"))


def version_of(*command: str) -> str:
    """Return the first line of what a program says about itself; empty if there is no such program."""
    if shutil.which(command[0]) is None:
        return ""
    told = subprocess.run([*command, "--version"], check=True, capture_output=True, text=True)
    return told.stdout.splitlines()[0]


def built(
    name: str, command: Sequence[str], sources: Sequence[Path], limit: float, product: str = "learner.so"
) -> tuple[Path, float]:
    """Return a file, built by a command unless it was before, and the processor time in seconds that it took.

    Parameters
    ----------
    name : str
        Of the folder that it goes to.
    command : sequence of str
        ``{out}`` in it is where the file goes.
    sources : sequence of path
        What it reads.
    limit : float
        Seconds that it may take.
    product : str
        Name of the file.

    Raises
    ------
    UnavailableError
        If it took longer, or failed. That is remembered, too.
    """
    texts = [source.read_text(encoding="utf-8") for source in sources]
    made_of = repr((command, version_of(command[0]), texts, _processor_features()))
    folder = BUILDS / f"{name}-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"
    path, cost, failure = folder / product, folder / "seconds", folder / "failure"
    if path.exists():
        return path, float(cost.read_text())
    if failure.exists():
        tried, reason = failure.read_text().split("\n", 1)
        if float(tried) >= limit:
            raise UnavailableError(reason)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{os.getpid()}-{product}"
    try:
        seconds = _run([part.format(out=unfinished) for part in command], limit)
    except subprocess.TimeoutExpired:
        reason = f"not compiled in {limit:.0f} s"
        failure.write_text(f"{limit}\n{reason}")
        raise UnavailableError(reason) from None
    except subprocess.CalledProcessError as error:
        reason = _reason(command[0], error)
        failure.write_text(f"inf\n{reason}")
        raise UnavailableError(reason) from error
    cost.write_text(str(seconds))
    unfinished.replace(path)
    return path, seconds


def _run(command: Sequence[str], limit: float) -> float:
    """Run a command, return the processor time that it took."""
    before = os.times()
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=limit)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def _reason(program: str, error: subprocess.CalledProcessError) -> str:
    """Return why there is nothing."""
    if error.returncode < 0:
        return f"{program} crashes"
    return f"not compiled: {(error.stderr.strip().splitlines() or ['no message'])[-1]}"


def _processor_features() -> str:
    """Return the features that ``-march=native`` depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith("flags")), "")
