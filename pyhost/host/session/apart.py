"""What a render writes lies apart from what it reads, and every file of it from the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from pyhost.errors import SessionError
from pyhost.host.session.model import MASTER, Arrangement, Strip

__all__ = ["check_apart", "stem_file"]

STEM_SUFFIX = ".wav"
SAVED_SUFFIX = ".json"


def stem_file(folder: Path, strip: str) -> Path:
    """Return where the stem of a strip goes."""
    return folder / f"{strip}{STEM_SUFFIX}"


def check_apart(arrangement: Arrangement, mix: Path | None, stems: Path | None) -> None:
    """Raise if a render would overwrite what the session reads, or something else that it writes.

    Parameters
    ----------
    arrangement : Arrangement
        What is rendered.
    mix, stems : Path or None
        The file and the folder that are written, whether the session names them or whoever renders it.

    Raises
    ------
    SessionError
        With both; also if the stems' folder is a file, or a ``save`` is no learned.json or in no folder.
    """
    taken = {_real(name): f"what {strip.name!r} reads" for strip in arrangement.strips for name in _read(strip)}
    for path, what, error in _written(arrangement, mix, stems):
        real = _real(path)
        if real in taken:
            raise error(f"{path} would overwrite {taken[real]}; name another")
        taken[real] = what


def _written(
    arrangement: Arrangement, mix: Path | None, stems: Path | None
) -> Iterator[tuple[Path, str, Callable[[str], SessionError]]]:
    """Yield every file that is written, what messages call it, and what makes an error of a message."""
    output = arrangement.output
    if mix is not None:
        named = output.file is not None and output.place.file(output.file) == mix
        yield mix, "the mix", output.place.key("file").error if named else SessionError
    if stems is not None:
        named = output.stems is not None and output.place.file(output.stems) == stems
        error = output.place.key("stems").error if named else SessionError
        if stems.exists() and not stems.is_dir():
            raise error(f"{stems}: is no folder; name one for the stems")
        for strip in arrangement.strips:
            if strip.to == MASTER and not strip.mute:
                yield stem_file(stems, strip.name), f"the stem of {strip.name!r}", error
    for strip in arrangement.strips:
        for insert in strip.inserts:
            learning = insert.learning
            if learning is not None and learning.save is not None and not insert.bypass:
                path = learning.place.file(learning.save)
                error = learning.place.key("save").error
                if path.suffix.lower() != SAVED_SUFFIX:
                    raise error(f"{learning.save!r} is no name of a learned.json; end it in {SAVED_SUFFIX}")
                if not path.parent.is_dir():
                    raise error(f"{path}: there is no folder {path.parent}; create it first, or name another one")
                yield path, f"what {strip.name!r} saves", error


def _read(strip: Strip) -> Iterator[Path]:
    """Yield the files that a strip names to be read."""
    for clip in strip.clips:
        yield clip.place.file(clip.file)
    for insert in strip.inserts:
        if insert.state is not None:
            yield insert.place.file(insert.state)
        if isinstance(insert.plugin, str) and insert.plugin.endswith(SAVED_SUFFIX):
            yield insert.place.file(insert.plugin)
        if insert.learning is not None and insert.learning.file is not None:
            yield insert.learning.place.file(insert.learning.file)


def _real(path: Path) -> str:
    return os.path.realpath(path)
