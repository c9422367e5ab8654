"""What tests need that a machine may lack: they fail for want of it in CI, and are skipped elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

DPF = Path("/usr/share/dpf")
"""Where Debian puts the framework that makes VST3 plugins."""


def give_up(message: str) -> NoReturn:
    """End a test for want of something; the message says of what, and how to get it."""
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def tool(name: str) -> str:
    """Return a program of Debian's."""
    found = shutil.which(name)
    return found or give_up(f"{name} is missing: apt-get install lv2-dev sordi lilv-utils jalv jackd2 valgrind make")


def zam_plugin(name: str) -> Path:
    """Return a VST3 plugin of zam-plugins."""
    path = Path("/usr/lib/vst3") / f"{name}.vst3"
    return path if path.exists() else give_up(f"{path} is not there: apt-get install zam-plugins")


def vst3_compiler() -> None:
    """Need what VST3 plugins are compiled with."""
    if not (DPF / "distrho").is_dir() or not shutil.which("g++"):
        give_up("there is no DPF or no C++ compiler: apt-get install dpf-source g++")
