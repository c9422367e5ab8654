"""Compiled programs, kept in the user's cache folder.

A file's name is the key of what it was made from, and the digest of what it holds. So a file that was damaged is known
as such before it is loaded, and no path ever stands for two things: a process that has loaded one of them would
otherwise be given the old code again.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cache", "CacheError", "cache_folder", "make_key"]

MOST_BYTES = 256 << 20
"""What the folder may hold; beyond it, what was used longest ago is removed."""

ABANDONED = 3600.0
"""Seconds after which a folder that a compiler worked in belongs to no one any more."""

_WORK = "work-"


class CacheError(Exception):
    """Nothing can be kept; the message says why."""


def cache_folder() -> Path:
    """Return the folder of this user: ``PYHOST_CACHE_DIR``, or ``pyhost`` in the platform's cache folder.

    Links are followed here, once: who is trusted is the owner of what is then read.

    Raises
    ------
    CacheError
        If the user has no home folder.
    """
    try:
        return _cache_folder().resolve()
    except (RuntimeError, OSError) as error:
        raise CacheError(f"the cache folder is unknown: {error}; set PYHOST_CACHE_DIR to a folder") from None


def _cache_folder() -> Path:
    if wanted := os.environ.get("PYHOST_CACHE_DIR"):
        return Path(wanted).expanduser()
    if sys.platform == "darwin":
        base = Path("~/Library/Caches").expanduser()
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or "~/AppData/Local").expanduser()
    else:
        given = os.environ.get("XDG_CACHE_HOME", "")
        base = Path(given) if os.path.isabs(given) else Path("~/.cache").expanduser()
    return base / "pyhost"


def make_key(*parts: bytes) -> str:
    """Return what tells apart all that a library is made from."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:32]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of libraries.

    Attributes
    ----------
    folder : Path
        Which need not exist yet.
    """

    folder: Path

    def find(self, key: str) -> Path | None:
        """Return the library of a key if it is there and whole; one that is not is removed.

        Raises
        ------
        CacheError
            If others could have put code into the folder.
        """
        if self.folder.exists():
            self._check_owner()
        try:
            names = [name for name in os.listdir(self.folder) if name.startswith(f"{key}-")]
        except OSError:
            return None
        for name in names:
            path = self.folder / name
            try:
                if path.stem == f"{key}-{_digest(path)}":
                    with contextlib.suppress(OSError):  # of a folder that can only be read
                        os.utime(path)
                    return path
                path.unlink()
            except OSError:
                continue
        return None

    def make(self, key: str, build: Callable[[Path], Path]) -> Path:
        """Return the library of a key after building it in a folder of its own.

        Raises
        ------
        CacheError
            If the folder is not the user's own, or cannot be written to.
        """
        try:
            self._prepare()
            with tempfile.TemporaryDirectory(prefix=_WORK, dir=self.folder, ignore_cleanup_errors=True) as work:
                built = build(Path(work))
                path = self.folder / f"{key}-{_digest(built)}.so"
                os.replace(built, path)
        except OSError as error:
            raise CacheError(f"{self.folder}: {error.strerror or error}") from None
        self.trim(keep=path)
        return path

    def _prepare(self) -> None:
        """Make the folder for the user alone, or raise if another one could put code there."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_owner()

    def _check_owner(self) -> None:
        """Raise if anyone could put code into the folder but the user and the administrator."""
        try:
            status = self.folder.stat()
        except OSError as error:
            raise CacheError(f"{self.folder}: {error.strerror or error}") from None
        if hasattr(os, "getuid"):
            others = stat.S_IMODE(status.st_mode) & 0o022
            if status.st_uid not in (0, os.getuid()) or others:
                raise CacheError(f"{self.folder}: others may write there; chmod go-w it, or set PYHOST_CACHE_DIR")

    def files(self) -> list[tuple[float, int, Path]]:
        """Return when each library was last used, its bytes, and its path; the oldest first."""
        found = []
        with contextlib.suppress(OSError):
            for entry in os.scandir(self.folder):
                with contextlib.suppress(OSError):
                    if entry.name.endswith(".so"):
                        status = entry.stat()
                        found.append((status.st_mtime, status.st_size, Path(entry.path)))
        return sorted(found)

    def trim(self, most: int = MOST_BYTES, keep: Path | None = None) -> None:
        """Remove what was used longest ago until the rest fits, and what was left by processes that died."""
        files = self.files()
        held = sum(size for _, size, _ in files)
        for _, size, path in files:
            if held <= most:
                break
            if path != keep:
                with contextlib.suppress(OSError):
                    path.unlink()
                    held -= size
        with contextlib.suppress(OSError):
            for entry in os.scandir(self.folder):
                if entry.name.startswith(_WORK) and time.time() - entry.stat().st_mtime > ABANDONED:
                    shutil.rmtree(entry.path, ignore_errors=True)

    def clear(self) -> int:
        """Remove all libraries; return how many there were."""
        files = self.files()
        for _, _, path in files:
            with contextlib.suppress(OSError):
                path.unlink()
        self.trim()
        return len(files)


_temporary: list[Cache] = []


def temporary_cache() -> Cache:
    """Return a folder that is gone when the process ends.

    Raises
    ------
    CacheError
        If none can be made.
    """
    if not _temporary:
        try:
            folder = tempfile.mkdtemp(prefix="pyhost-")
        except OSError as error:
            raise CacheError(f"no temporary folder can be made: {error.strerror or error}") from None
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _temporary.append(Cache(Path(folder)))
    return _temporary[0]
