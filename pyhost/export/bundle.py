"""A folder with a plugin in it: its files, the compiled one among them, written wholly or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyhost.errors import ExportError
from pyhost.export.build import build_lv2

__all__ = ["Build", "Bundle", "bundle_name", "put", "write_bundle"]

Build = Callable[[Path, str], str]

OURS = "lv2_abi.h"
"""A file by which a folder is known as one of ours, that may be replaced."""

TAKEN = ("manifest", "presets")
"""Names of files that are in a bundle whatever its plugin is called."""


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
        made = re.sub(r"[^\w.-]+", "-", otherwise, flags=re.ASCII).strip("-.") or "learned"
        return f"{made}-plugin" if made in TAKEN else made
    if name in TAKEN:
        raise ExportError(f"{name!r} is no name for a plugin's files, of which one is {name}.ttl; choose another name")
    if not re.fullmatch(r"\w[\w.-]*", name, re.ASCII):
        raise ExportError(f"{name!r} is no name for a plugin's files; use letters, digits, _ and -")
    return name


def write_bundle(
    folder: str | os.PathLike[str],
    name: str,
    uri: str,
    files: Mapping[str, str],
    *,
    suffix: str = ".lv2",
    build: Build = build_lv2,
) -> Bundle:
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
        Texts by file name.
    suffix : str
        What the bundle's name ends in.
    build : callable
        Compiles a folder, given its name too; returns why not, if it cannot.

    Raises
    ------
    ExportError
        If the folder cannot be written to, or holds something else, or the compiler fails.
    """

    def fill(made: Path) -> str:
        made.mkdir()
        for file, text in files.items():
            (made / file).write_text(text, encoding="utf-8")
        return build(made, name)

    wanted = Path(folder)
    final = (wanted if wanted.suffix == suffix else wanted / f"{name}{suffix}").absolute()
    return Bundle(final, uri, put(final, fill))


def put(final: Path, fill: Callable[[Path], str]) -> str:
    """Make a bundle beside its place and put it there when it is whole; return what `fill` does.

    Parameters
    ----------
    final : Path
        Its place; a bundle of ours that is there is replaced.
    fill : callable
        Makes the folder of the path that it is given, and all that is in it.

    Raises
    ------
    ExportError
        If the place cannot be written to, or holds something else.
    """
    if final.exists() and not (final / OURS).is_file():
        raise ExportError(
            f"{final} is there and was not exported by pyhost; remove it, or choose another folder or name"
        )
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{final.stem}.", dir=final.parent) as work:
            made = Path(work) / final.name
            told = fill(made)
            if final.exists():
                os.replace(final, Path(work) / "before")
            os.replace(made, final)
    except OSError as error:
        raise ExportError(f"{final} cannot be written: {error.strerror or error}; choose another folder") from None
    return told
