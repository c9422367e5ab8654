"""Files written wholly or not at all: under a temporary name beside the final one, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pyhost.errors import InputError

__all__ = ["atomic_path"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def atomic_path(path: str | os.PathLike[str], error: type[InputError] = InputError) -> Iterator[Path]:
    """Yield a temporary path that becomes ``path`` if the block ends well, and vanishes if it does not.

    A file of the final name is replaced in one step, or stays as it was; it keeps its permissions.

    Parameters
    ----------
    path : str or path
        The final name. A symbolic link is followed.
    error : type
        What to raise.

    Yields
    ------
    Path
        In the same folder and with the same extension; an empty file.

    Raises
    ------
    InputError
        If the folder is missing or cannot be written to, if ``path`` is a folder, or if the disk is full.
    """
    final = Path(os.path.realpath(path))
    if final.is_dir():
        raise error(f"{path}: is a folder; name a file in it")
    temporary = final.with_name(f".{final.stem[:100]}.{secrets.token_hex(6)}{final.suffix}")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as reason:
        if not final.parent.is_dir():
            raise error(f"{path}: there is no folder {final.parent}; create it first, or name another one") from None
        raise error(f"{path}: cannot be written: {reason.strerror}; choose another folder") from reason
    try:
        yield temporary
        _sync(temporary)
        if final.exists():
            shutil.copymode(final, temporary)
        os.replace(temporary, final)
    except OSError as reason:
        if reason.errno in _FULL:
            raise error(
                f"{path}: cannot be written: {reason.strerror}; make room or choose another folder; nothing was changed"
            ) from reason
        raise
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _sync(path: Path) -> None:
    """Have the bytes on the disk before the name is: else a power cut leaves an empty file of that name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
