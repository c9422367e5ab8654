"""The folder of a report: written under a temporary name, then renamed; only an earlier report is ever replaced."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pyhost.errors import InputError

__all__ = ["MARK", "PAGE", "check_report_folder", "report_folder"]

PAGE = "index.html"
MARK = '<meta name="generator" content="pyhost report">'
"""Stands in every page of ours: how an earlier report is known."""


def check_report_folder(folder: str | os.PathLike[str]) -> None:
    """Raise unless a report can be written there: the folder is missing, empty, or an earlier report.

    Raises
    ------
    InputError
        If not.
    """
    path = Path(os.path.realpath(folder))
    if path.exists() and not path.is_dir():
        raise InputError(f"{folder}: is a file; name a folder for the report")
    if not path.parent.is_dir():
        raise InputError(f"{folder}: there is no folder {path.parent}; create it first, or name another one")
    if path.is_dir() and any(path.iterdir()) and not _is_report(path):
        raise InputError(
            f"{folder}: holds files that are no report of pyhost; name a new or empty folder for the report"
        )
    probe = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}")
    try:
        probe.mkdir()
    except OSError as reason:
        raise InputError(f"{folder}: cannot be written: {reason.strerror}; choose another folder") from None
    probe.rmdir()


def _is_report(path: Path) -> bool:
    try:
        return MARK in (path / PAGE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


@contextmanager
def report_folder(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield an empty folder that becomes `folder` if the block ends well, and vanishes if it does not.

    Raises
    ------
    InputError
        As `check_report_folder`.
    """
    check_report_folder(folder)
    final = Path(os.path.realpath(folder))
    temporary = final.with_name(f".{final.name[:100]}.{secrets.token_hex(6)}")
    before = temporary.with_name(f"{temporary.name}.before")
    temporary.mkdir()
    try:
        yield temporary
        with suppress(FileNotFoundError):
            final.rename(before)
        try:
            temporary.rename(final)
        except OSError:
            with suppress(FileNotFoundError):
                before.rename(final)
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if final.exists():
            shutil.rmtree(before, ignore_errors=True)
