"""What will be written is checked before the work begins, so that nothing is lost at its end."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

from pyhost.errors import InputError

__all__ = ["check_apart", "check_output_file"]


def check_output_file(path: Path, extensions: Sequence[str], what: str) -> None:
    """Raise unless a file can be written.

    Parameters
    ----------
    path : Path
        Its final name.
    extensions : sequence of str
        Those that are possible.
    what : str
        How messages call it, e.g. the option.

    Raises
    ------
    InputError
        If the extension is another, the folder is missing or cannot be written to, or the name is a folder's.
    """
    if path.is_dir():
        raise InputError(f"{what}: {path} is a folder; name a file in it")
    if path.suffix.lower() not in extensions:
        raise InputError(f"{what}: {path} must end in {' or '.join(extensions)}")
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise InputError(f"{what}: there is no folder {folder}; create it first, or name another one")
    probe = folder / f".{secrets.token_hex(8)}"
    try:
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as reason:
        raise InputError(f"{what}: {path} cannot be written: {reason.strerror}; choose another folder") from None
    probe.unlink()


def check_apart(outputs: Iterable[tuple[str, Path | None]], inputs: Iterable[Path | None]) -> None:
    """Raise if an output would overwrite an input or another output.

    Parameters
    ----------
    outputs : iterable of (str, Path or None)
        How messages call each, and where it goes; folders last. A folder stands for all that is in it.
    inputs : iterable of Path or None
        What is read.

    Raises
    ------
    InputError
        With both.
    """
    taken = [(f"the input {path}", _real(path)) for path in inputs if path is not None]
    for what, path in outputs:
        if path is None:
            continue
        real = _real(path)
        for other, place in taken:
            if real == place or real in place.parents:
                raise InputError(f"{what}: {path} would overwrite {other}; name another")
        taken.append((f"what {what} writes", real))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
