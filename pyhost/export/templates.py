"""The files of ``plugin/``: found in the installed package or beside it, and filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pyhost.errors import ExportError
from pyhost.export.headers import core_headers

__all__ = ["core_license", "filled", "template"]

_PLACE = re.compile(r"@([A-Z_]+)@")


@lru_cache(maxsize=1)
def _folder() -> Path:
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "plugin", package.parent / "plugin"):
        if (folder / "chain.c.in").is_file():
            return folder
    raise ExportError(f"the templates of exported files are not in {package / 'plugin'}; install pyhost again")


def template(name: str) -> str:
    """Return a file of ``plugin/``."""
    return (_folder() / name).read_text(encoding="utf-8")


def filled(name: str, values: Mapping[str, str]) -> str:
    """Return a file of ``plugin/`` with ``@NAME@`` replaced by the value of that name."""
    return _PLACE.sub(lambda place: values[place[1]], template(name))


def core_license() -> str:
    """Return the licence of the core as lines of a C comment."""
    text = (core_headers() / "LICENSE").read_text(encoding="utf-8").strip()
    return "\n".join(f" * {line}".rstrip() for line in text.splitlines())
