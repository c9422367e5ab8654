"""The machine that the figures are of."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

__all__ = ["facts", "pin"]


def pin() -> None:
    """Stay on one core, where the system lets us choose."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def facts() -> dict[str, str]:
    """Return the processor, and the versions of what always takes part."""
    try:
        ours = version("pyhost")
    except PackageNotFoundError:
        ours = "source tree"
    return {
        "processor": _processor(),
        "system": platform.system(),
        "pyhost": ours,
        "Python": platform.python_version(),
        "numpy": np.__version__,
    }


def _processor() -> str:
    """Return the processor's name as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
