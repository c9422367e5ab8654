"""``--batch``: the recordings of two folders, paired by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyhost.audio import READABLE, AudioSource, open_audio, paired_blocks
from pyhost.errors import AudioError
from pyhost.learn.batch import Batch

__all__ = ["batch_files", "open_batch"]

ENDINGS = (*READABLE, ".aif")
NAMED = 3
"""Names that a message lists."""


def batch_files(dry: Path, target: Path | None) -> tuple[list[Path], list[Path]]:
    """Return the recordings of two folders, in the order of their names, those of a pair at the same place.

    Parameters
    ----------
    dry : Path
        A folder.
    target : Path or None
        A folder, or one file, the target of all; None: there is no target.

    Raises
    ------
    AudioError
        If there is no such folder, or a recording has no partner or more than one.
    """
    sources = _recordings(dry, "DRY")
    if target is None:
        return list(sources.values()), []
    if target.is_file():
        return list(sources.values()), [target]
    targets = _recordings(target, "TARGET")
    for names, folder, others in ((sources, target, targets), (targets, dry, sources)):
        alone = [str(path) for name, path in names.items() if name not in others]
        if alone:
            more = f" and {len(alone) - NAMED} more" if len(alone) > NAMED else ""
            raise AudioError(
                f"--batch: there is no recording in {folder} for {', '.join(alone[:NAMED])}{more}; the two of a pair "
                "have the same name, whatever their format"
            )
    return list(sources.values()), [targets[name] for name in sources]


def _recordings(folder: Path, what: str) -> dict[str, Path]:
    """Return the recordings in a folder by their names without ending."""
    if not folder.is_dir():
        kind = "is a file" if folder.exists() else "does not exist"
        raise AudioError(f"--batch: {what} must be a folder of recordings, and {folder} {kind}")
    try:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS and not p.name.startswith("."))
    except OSError as error:
        raise AudioError(f"--batch: {folder} cannot be read: {error.strerror}; check its permissions") from None
    found: dict[str, Path] = {}
    for path in paths:
        if path.stem in found:
            raise AudioError(f"--batch: {found[path.stem]} and {path} have the same name; leave one of them out")
        found[path.stem] = path
    if not found:
        raise AudioError(f"--batch: there is no recording in {folder}; pyhost reads {', '.join(READABLE)}")
    return found


def open_batch(
    names: tuple[str, str], dry: Sequence[Path], target: Sequence[Path], *, resample: bool, trim: bool
) -> tuple[AudioSource, AudioSource | None]:
    """Return the sources of a batch and of its targets; one target alone is as it is in the file.

    Parameters
    ----------
    names : (str, str)
        How messages call the two.
    dry, target : sequence of Path
        As `batch_files` returned them.
    resample, trim : bool
        Whether rates are converted to that of the first, and the longer of a pair is cut.

    Raises
    ------
    AudioError
        If a recording cannot be read, rates differ, or two of a pair have different channels or lengths.
    """
    first = open_audio(dry[0])
    rate = first.sample_rate if resample else None
    sources, targets = ([open_audio(path, rate) for path in paths] for paths in (dry, target))
    for source in (*sources, *targets):
        if source.sample_rate != first.sample_rate:
            raise AudioError(
                f"{first.name} has {first.sample_rate:g} Hz, {source.name} has {source.sample_rate:g} Hz; a batch has "
                "one sample rate: resample one of them first, or ask for it (--resample)"
            )
    batch = Batch(sources, names[0])
    if len(targets) < 2 <= len(sources) or not targets:
        if len(sources) > 1 and targets:
            _check_lengths(sources, targets[0], trim=trim)
        return batch, targets[0] if targets else None
    for one, other in zip(sources, targets, strict=True):
        paired_blocks(one, other, 1, trim=trim)
    return batch, Batch(targets, names[1])


def _check_lengths(sources: Sequence[AudioSource], target: AudioSource, *, trim: bool) -> None:
    """Raise unless the one target of all is as long as the shortest, to which a batch is cut, or is to be cut too."""
    shortest = min(sources, key=lambda source: source.frames)
    if shortest.frames != target.frames and not trim:
        raise AudioError(
            f"--batch: {target.name} is to be the target of all, and has {target.frames} frames where the shortest of "
            f"them, {shortest.name}, has {shortest.frames}; give a folder with a target for each, or ask for --trim, "
            "which cuts all to the shortest"
        )
