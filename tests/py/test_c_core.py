"""The tests of the C core, built with CMake and run one executable a case."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from needs import give_up

ROOT = Path(__file__).resolve().parents[2]
TESTS = sorted(source.stem for source in (ROOT / "tests" / "c").glob("test_*.c"))


def _missing(what: str, packages: str) -> NoReturn:
    give_up(f"the tests of the C core need {what}: install {packages}")


def _cmake() -> list[str]:
    """How to call CMake: from the path, or from the package `cmake`."""
    found = shutil.which("cmake")
    if found:
        return [found]
    if importlib.util.find_spec("cmake"):
        return [sys.executable, "-m", "cmake"]
    _missing("CMake", "cmake (pip install cmake, or apt-get install cmake)")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built tests: that of PYHOST_C_BUILD, which is kept, or a temporary one."""
    if not any(shutil.which(name) for name in (os.environ.get("CC", "cc"), "gcc", "clang")):
        _missing("a C compiler", "gcc or clang")
    kept = os.environ.get("PYHOST_C_BUILD")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("c_core")
    cmake = _cmake()
    _run([*cmake, "-S", str(ROOT), "-B", str(folder), "-DPYHOST_TESTS=ON", "-DPYHOST_EXTENSION=OFF"])
    _run([*cmake, "--build", str(folder), "--parallel", "2"])
    return folder / "tests" / "c"


def test_there_is_a_c_test_for_every_header_of_primitives() -> None:
    headers = {"arithmetic", "transcendental", "rounding", "logic", "rows", "window", "delay", "table", "mapping"}
    headers |= {"loss", "optimizer", "schedule", "gauss_newton", "spectrum"}
    headers |= {"noise", "program", "interpreter", "learner", "status"}
    assert {f"test_{name}" for name in headers} <= set(TESTS)


@pytest.mark.parametrize("name", TESTS)
def test_the_c_test_passes(name: str, build: Path) -> None:
    done = subprocess.run([build / name], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_clang_proves_that_what_is_marked_real_time_is() -> None:
    if importlib.util.find_spec("ziglang") is None:
        _missing("clang 20", "ziglang (pip install ziglang)")
    _run([sys.executable, str(ROOT / "tests" / "c" / "check_realtime.py")])
