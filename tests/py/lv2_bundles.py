"""Exported LV2 plugins: compiled in no time or not at all, loaded, and examined by programs that others wrote."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from needs import tool

from pyhost.export import Bundle
from pyhost.export.bundle import write_bundle
from pyhost.export.described import Described
from pyhost.host.lv2 import LV2Plugin
from pyhost.native.compiler import find_compiler

HERE = Path(__file__).parent
HEAP = ("malloc", "calloc", "realloc", "free")


def build_quickly(folder: Path, name: str) -> str:
    """Compile a plugin to the same numbers as always, in less time."""
    flags = ["-std=c11", "-O1", "-ffp-contract=off", "-fPIC", "-shared", "-o", f"{name}.so", "plugin.c", "-lm"]
    subprocess.run([*find_compiler().command, *flags], cwd=folder, check=True)
    return ""


def sources(plugin: Described, folder: Path) -> Path:
    """Write a plugin that is not compiled, and return where it is."""
    files, about = plugin.lv2_files(), plugin.about
    return write_bundle(folder, about.files, about.uri, files, build=lambda *_: "it was not asked for").path


def hosted(bundle: Bundle) -> LV2Plugin:
    """Return a plugin as pyhost loads it."""
    return LV2Plugin(bundle.uri, bundle.path)


def seeing(bundle: Bundle, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment in which hosts find a plugin."""
    return {**environment, "LV2_PATH": str(bundle.path.parent)}


def assert_valid(bundle: Bundle) -> None:
    """Fail if lv2_validate finds anything wrong in a bundle."""
    files = sorted(map(str, bundle.path.glob("*.ttl")))
    done = subprocess.run([tool("lv2_validate"), *files], capture_output=True, text=True, check=False)
    told = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("Skipping file /usr")]
    assert done.returncode == 0
    assert len(told) == 1, told
    assert told[0].startswith("Found 0 errors")


def assert_clean(bundle: Bundle, work: Path) -> None:
    """Fail if valgrind finds anything wrong while lv2bench runs a plugin, built anew for no processor in particular."""
    folder = shutil.copytree(bundle.path, work / bundle.path.name)
    subprocess.run([tool("make"), "-B", "CFLAGS=-O1 -g"], cwd=folder, check=True, capture_output=True)
    command = [
        tool("valgrind"),
        "--quiet",
        "--error-exitcode=9",
        tool("lv2bench"),
        "-b",
        "512",
        "-n",
        "4800",
        bundle.uri,
    ]
    environment = {**os.environ, "LV2_PATH": str(work)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[0]) > 0.0


def driven(folder: Path, driver: str, wrapped: tuple[str, ...], work: Path) -> int:
    """Return how a program in C beside this file ends that a plugin is linked into, with calls of libc wrapped."""
    wraps = [f"-Wl,{','.join(f'--wrap={name}' for name in wrapped)}", *(f"-fno-builtin-{name}" for name in wrapped)]
    files = [str(folder / "plugin.c"), str(HERE / driver), "-o", str(work / "drive"), "-lm"]
    subprocess.run([*find_compiler().command, "-std=c11", "-O1", *wraps, "-I", str(folder), *files], check=True)
    return subprocess.run([work / "drive"], check=False, timeout=60).returncode


def heap_is_called(folder: Path, work: Path) -> bool:
    """Return whether a plugin calls the heap while it runs."""
    status = driven(folder, "lv2_heap.c", HEAP, work)
    assert status in {0, 1}
    return status == 1


def what_may_wait(folder: Path, work: Path) -> str:
    """Return what clang finds in a plugin that could make real-time code wait; empty if there is nothing."""
    flags = ["-std=c11", "-Wfunction-effects", "-Werror=function-effects", "-c", "plugin.c"]
    command = [sys.executable, "-m", "ziglang", "cc", *flags, "-o", str(work / "it.o")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or done.stderr
    return done.stderr if done.returncode else ""


def calling_the_heap(folder: Path, mark: str, size: str, work: Path) -> Path:
    """Return a copy of a plugin that calls the heap behind a mark in its C, of which there is one."""
    copy = work / "calling the heap"
    copy.mkdir()
    texts = {path.name: path.read_text() for pattern in ("*.c", "*.h") for path in folder.glob(pattern)}
    (marked,) = (name for name, text in texts.items() if mark in text)
    texts[marked] = "#include <stdlib.h>\n" + texts[marked].replace(mark, f"{mark}\n    free(malloc((size_t){size}));")
    for name, text in texts.items():
        (copy / name).write_text(text)
    return copy
