"""Compiling a plugin's folder, and what it needs to be compiled elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyhost.errors import ExportError
from pyhost.native.compiler import CompileError, find_compiler

__all__ = ["build_lv2", "build_vst3", "dpf_folder", "lv2_makefile", "strict_flags"]

FLAGS = ("-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden")
"""Strict floating point, and no flag that changes the host's when the plugin is loaded."""

WARNINGS = ("-Wall", "-Wextra", "-Werror=implicit-function-declaration")

LONGEST = 300.0
"""Seconds after which a compiler is taken for hung."""

DPF = "/usr/share/dpf"
"""Where Debian's package dpf-source puts the DISTRHO Plugin Framework."""

LV2_MAKEFILE = """# Builds the plugin: make. Puts it where hosts look: make install.
CC ?= cc
CFLAGS ?= -O3
LV2DIR ?= $(HOME)/.lv2
STRICT = {strict}

{name}.so: $(wildcard *.c *.h)
\t$(CC) $(CFLAGS) $(STRICT) -fPIC -shared -o $@ plugin.c -lm

install: {name}.so
\tmkdir -p "$(LV2DIR)/{name}.lv2"
\tcp {name}.so *.ttl "$(LV2DIR)/{name}.lv2"

clean:
\trm -f {name}.so

.PHONY: install clean
"""


def strict_flags() -> str:
    """Return the flags that a Makefile gives whatever ``CFLAGS`` says."""
    return " ".join(flag for flag in FLAGS if flag != "-O3")


def lv2_makefile(name: str) -> str:
    """Return the Makefile of an LV2 bundle."""
    return LV2_MAKEFILE.format(name=name, strict=strict_flags())


def build_lv2(folder: Path, name: str, *, for_this_machine: bool = False) -> str:
    """Compile the plugin of an LV2 bundle.

    Parameters
    ----------
    folder, name
        Of the bundle.
    for_this_machine : bool
        Whether it may use all that this processor can do, and then perhaps run on no other.

    Returns
    -------
    str
        Why it is not compiled: there is no compiler. Empty if it is.

    Raises
    ------
    ExportError
        If the compiler fails.
    """
    try:
        compiler = find_compiler()
    except CompileError as error:
        return str(error)
    own = [flag for flag in compiler.flags if flag.startswith("-march")] if for_this_machine else []
    command = [*compiler.command, *FLAGS, *own, *WARNINGS, "-fPIC", "-shared", "-o", f"{name}.so", "plugin.c", "-lm"]
    _run(command, folder)
    if not (folder / f"{name}.so").is_file():
        raise ExportError(f"{compiler.command[0]} failed with status 0 on the plugin: it wrote nothing")
    return ""


def dpf_folder() -> Path:
    """Return where DPF should be: as the environment's ``DPF`` says, or where Debian puts it."""
    return Path(os.environ.get("DPF") or DPF)


def build_vst3(folder: Path, _name: str) -> str:
    """Compile the plugin of a VST3 bundle with its Makefile; as `build_lv2`.

    It needs make, a compiler for C and C++, and DPF.
    """
    dpf = dpf_folder()
    if not (dpf / "distrho" / "DistrhoPluginMain.cpp").is_file():
        return f"DPF, which makes VST3 plugins, is not in {dpf}; apt-get install dpf-source, or set DPF to where it is"
    try:
        compiler = find_compiler()
    except CompileError as error:
        return str(error)
    cxx = os.environ.get("CXX", "") or next(filter(shutil.which, ("c++", "g++", "clang++")), "")
    if not cxx:
        return "there is no C++ compiler; install g++ or clang, or set CXX"
    if not shutil.which("make"):
        return "there is no make; apt-get install make"
    _run(["make", "-j2", f"DPF={dpf.absolute()}", f"CC={' '.join(compiler.command)}", f"CXX={cxx}"], folder)
    for product in folder.glob("*.o"):
        product.unlink()
    return ""


def _run(command: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST,
            check=False,
            env=_environment(),
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ExportError(f"{command[0]} could not compile the plugin: {error}") from None
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        reason = next((line for line in told if "error" in line.lower()), told[0] if told else "it wrote nothing")
        raise ExportError(f"{command[0]} failed with status {done.returncode} on the plugin: {reason}")


def _environment() -> Mapping[str, str]:
    """Return the environment without the flags that a make above this one left, whose jobs it is not one of."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
