"""A folder with an LV2 plugin in it: its files, the compiled one among them, written wholly or not at all."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyhost.errors import ExportError
from pyhost.native.compiler import CompileError, find_compiler

__all__ = ["Bundle", "bundle_name", "write_bundle"]

FLAGS = ("-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden")
"""Strict floating point, and no flag that changes the host's when the plugin is loaded."""

WARNINGS = ("-Wall", "-Wextra", "-Werror=implicit-function-declaration")

LONGEST = 300.0
"""Seconds after which a compiler is taken for hung."""

OURS = "lv2_abi.h"
"""A file by which a folder is known as one of ours, that may be replaced."""

MAKEFILE = """# Builds the plugin: make. Puts it where hosts look: make install.
CC ?= cc
CFLAGS ?= -O3
LV2DIR ?= $(HOME)/.lv2
STRICT = {strict}

{name}.so: $(wildcard *.c *.h)
\t$(CC) $(CFLAGS) $(STRICT) -fPIC -shared -o $@ plugin.c -lm

install: {name}.so
\tmkdir -p "$(LV2DIR)/{name}.lv2"
\tcp {name}.so manifest.ttl {name}.ttl "$(LV2DIR)/{name}.lv2"

clean:
\trm -f {name}.so

.PHONY: install clean
"""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was written.

    Attributes
    ----------
    path : Path
        The folder.
    uri : str
        Of its plugin.
    not_built : str
        Why there is no compiled plugin in it; empty if there is.
    """

    path: Path
    uri: str
    not_built: str


def bundle_name(name: str, otherwise: str) -> str:
    """Return the name of a bundle's files, or one made from another text if none is wanted.

    Raises
    ------
    ExportError
        If the name that is wanted cannot be one.
    """
    if not name:
        return re.sub(r"[^\w.-]+", "-", otherwise, flags=re.ASCII).strip("-.") or "learned"
    if not re.fullmatch(r"\w[\w.-]*", name, re.ASCII):
        raise ExportError(f"{name!r} is no name for a plugin's files; use letters, digits, _ and -")
    return name


def write_bundle(folder: str | os.PathLike[str], name: str, uri: str, files: Mapping[str, str]) -> Bundle:
    """Write a bundle and compile it if there is a compiler.

    Parameters
    ----------
    folder : path
        Where ``NAME.lv2`` is to be, or its own path if it ends in ``.lv2``; a bundle that was exported before is
        replaced when all is written.
    name : str
        Of its files.
    uri : str
        Of its plugin.
    files : mapping of str to str
        Texts by file name; a ``Makefile`` is added.

    Raises
    ------
    ExportError
        If the folder cannot be written to, or holds something else, or the compiler fails.
    """
    wanted = Path(folder)
    final = (wanted if wanted.suffix == ".lv2" else wanted / f"{name}.lv2").absolute()
    if final.exists() and not (final / OURS).is_file():
        raise ExportError(
            f"{final} is there and was not exported by pyhost; remove it, or choose another folder or name"
        )
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=final.parent) as work:
            made = Path(work) / final.name
            made.mkdir()
            strict = " ".join(flag for flag in FLAGS if flag != "-O3")
            for file, text in {**files, "Makefile": MAKEFILE.format(name=name, strict=strict)}.items():
                (made / file).write_text(text, encoding="utf-8")
            not_built = _build(made, name)
            if final.exists():
                os.replace(final, Path(work) / "before")
            os.replace(made, final)
    except OSError as error:
        raise ExportError(f"{final} cannot be written: {error.strerror or error}; choose another folder") from None
    return Bundle(final, uri, not_built)


def _build(folder: Path, name: str) -> str:
    """Compile the plugin of a folder; return why not, if there is no compiler."""
    try:
        compiler = find_compiler()
    except CompileError as error:
        return str(error)
    command = [*compiler.command, *FLAGS, *WARNINGS, "-fPIC", "-shared", "-o", f"{name}.so", "plugin.c", "-lm"]
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST, check=False
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ExportError(f"{compiler.command[0]} could not compile the plugin: {error}") from None
    if done.returncode or not (folder / f"{name}.so").is_file():
        told = done.stderr.decode(errors="replace").strip().splitlines()
        reason = next((line for line in told if "error" in line), told[0] if told else "it wrote nothing")
        raise ExportError(f"{compiler.command[0]} failed with status {done.returncode} on the plugin: {reason}")
    return ""
