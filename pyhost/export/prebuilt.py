"""The ready plugins as they come with the package, compiled for every processor, and their way to where hosts look.

    python -m pyhost.export.prebuilt DIR

builds them all into a folder: so they get into the package (``CMakeLists.txt``).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from pyhost.errors import ExportError
from pyhost.export.build import build_lv2
from pyhost.export.bundle import Build, Bundle, put
from pyhost.export.ready import checked, files_of, install_lv2, uri_of
from pyhost.native.compiler import CompileError, find_compiler

__all__ = ["install", "prebuilt"]


def prebuilt() -> Path | None:
    """Return the folder of the plugins that came with the package; none if it was built without them."""
    folder = Path(__file__).resolve().parents[1] / "lv2"
    return folder if folder.is_dir() else None


def install(
    folder: str | os.PathLike[str], names: Sequence[str] = (), *, as_they_came: bool | None = None
) -> Iterator[Bundle]:
    """Put ready plugins, mono and stereo, into a folder; yield each when it is there.

    Parameters
    ----------
    folder : path
        Where hosts look, such as `pyhost.export.ready.usual_folder`.
    names : sequence of str
        Of `pyhost.export.ready.READY`; all by default.
    as_they_came : bool, optional
        Whether they are copied, compiled for every processor, or compiled anew for this one, on which long filters then
        take about a third less time; by default the latter where there is a compiler.

    Raises
    ------
    ExportError
        If a name is unknown, the folder cannot be written to, a compiler fails, or they did not come with the package
        although they are to be as they came.
    """
    names = checked(names)
    source = prebuilt()
    if as_they_came and source is None:
        raise ExportError(
            "this pyhost was built without the ready plugins; leave out --prebuilt to compile them, or install it "
            "again with a C compiler and numpy there"
        )
    if as_they_came is None:
        as_they_came = source is not None and not _has_compiler()
    if as_they_came and source is not None:
        return (_copied(source, Path(folder), name, channels) for name in names for channels in files_of(name))
    return _built(Path(folder), names, partial(build_lv2, for_this_machine=True))


def _has_compiler() -> bool:
    try:
        find_compiler()
    except CompileError:
        return False
    return True


def _copied(source: Path, folder: Path, name: str, channels: int) -> Bundle:
    files = files_of(name)[channels]
    came, final = source / f"{files}.lv2", (folder / f"{files}.lv2").absolute()
    if not came.is_dir():
        raise ExportError(f"{files} did not come with this pyhost; leave out --prebuilt to compile it")

    def fill(made: Path) -> str:
        shutil.copytree(came, made)
        return ""

    return Bundle(final, uri_of(name, channels), put(final, fill))


def _built(folder: Path, names: Sequence[str], build: Build) -> Iterator[Bundle]:
    """Compile plugins side by side, as many as there are processors."""

    def one(name: str) -> list[Bundle]:
        return list(install_lv2(folder, [name], build=build))

    with ThreadPoolExecutor(os.cpu_count()) as workers:
        for bundles in workers.map(one, names):
            yield from bundles


if __name__ == "__main__":
    for bundle in _built(Path(sys.argv[1]), checked(()), build_lv2):
        if bundle.not_built:
            sys.exit(bundle.not_built)
