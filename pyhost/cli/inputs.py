"""What commands are given: chains, recordings, losses and optimizers, checked and opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pyhost.audio import AudioSource, open_audio
from pyhost.cli.batches import batch_files, open_batch
from pyhost.errors import AudioError, InputError
from pyhost.graph.source import load_chain
from pyhost.graph.trace import Chain
from pyhost.learn.kinds import arguments
from pyhost.learn.learned import LearnedChain, freeze, load
from pyhost.learn.sources import TaughtSource, target_source

if TYPE_CHECKING:
    from pyhost.host.plugin import HostedPlugin

__all__ = ["Recordings", "chosen", "file_of", "open_chain"]

LEARNED = ".json"

K = TypeVar("K")


def open_chain(text: str) -> Chain | LearnedChain:
    """Return the chain of a text, of ``file.py:function``, or of a ``learned.json``."""
    return load(text) if text.endswith(LEARNED) else load_chain(text)


def file_of(chain: str | None) -> Path | None:
    """Return the file that a chain comes from, if it comes from one."""
    text = chain or ""
    path, colon, _ = text.rpartition(":")
    if text.endswith(LEARNED):
        return Path(text)
    return Path(path) if colon and path.endswith(".py") else None


@dataclass(frozen=True, slots=True)
class Recordings:
    """Where a command's recordings are.

    Attributes
    ----------
    dry, target : Path
        Files, or folders of a batch; no target: `truth` makes it.
    truth : str or None
        A chain with the hidden values.
    plugin : str or None
        What else may make the target, as `pyhost.load` takes it, with `settings` of ``name=value``.
    batch : bool
        Whether they are folders.
    resample, trim : bool
        As `Learner.learn`.
    """

    dry: Path
    target: Path | None = None
    truth: str | None = None
    batch: bool = False
    resample: bool = False
    trim: bool = False
    plugin: str | None = None
    settings: tuple[str, ...] = ()

    def files(self) -> list[Path | None]:
        """Return every file that will be read."""
        if not self.batch:
            return [self.dry, self.target, file_of(self.truth)]
        dry, target = batch_files(self.dry, self.target)
        return [*dry, *target, file_of(self.truth)]

    def teacher(self) -> LearnedChain | HostedPlugin | None:
        """Return the chain or the plugin that makes the target.

        Raises
        ------
        InputError
            If more than one thing is to be the target, or there is no such plugin.
        """
        if self.plugin is None:
            if self.settings:
                raise InputError("--teacher-set is for a --teacher; name the plugin, or leave it out")
            return None if self.truth is None else freeze(open_chain(self.truth))
        if self.target is not None or self.truth is not None:
            other = "--truth" if self.target is None else "a TARGET"
            raise InputError(f"--teacher makes the target, and {other} is given too; leave one of them out")
        from pyhost.cli.teachers import open_teacher

        return open_teacher(self.plugin, self.settings)

    def open(self, teacher: LearnedChain | HostedPlugin | None) -> tuple[AudioSource, AudioSource | None]:
        """Return dry recording and target, which may be missing.

        Raises
        ------
        AudioError
            If one cannot be read, or the two of a pair do not fit.
        """
        if self.batch:
            names = str(self.dry), str(self.target)
            files = batch_files(self.dry, self.target)
            dry, target = open_batch(names, *files, resample=self.resample, trim=self.trim)
        else:
            self._check_no_folder()
            dry, target = open_audio(self.dry), None if self.target is None else open_audio(self.target)
        if target is not None:
            return dry, target_source(target, dry, resample=self.resample)
        if teacher is None:
            return dry, None
        if not isinstance(teacher, LearnedChain):
            from pyhost.cli.teachers import fitted_teacher

            teacher = fitted_teacher(teacher, dry)
        taught = TaughtSource(dry, teacher)
        taught.name = f"{dry.name} through {teacher.name}"
        return dry, taught

    def _check_no_folder(self) -> None:
        for path in (self.dry, self.target):
            if path is not None and path.is_dir():
                raise AudioError(f"{path} is a folder; name one file in it, or ask for all of them (--batch)")


def chosen(
    option: str, by_name: Callable[[str], type[K]], name: str | None, usual: str, saved: K | None, **given: Any
) -> K | None:
    """Return a loss or an optimizer as the user wants it; None if nothing was said of it.

    Parameters
    ----------
    option : str
        How messages call it.
    by_name : callable
        Finds a kind.
    name : str or None
        The kind that the user named; `usual` if only settings were given, and nothing is saved.
    saved : Loss, Optimizer or None
        The one that a chain was learned with, whose settings are changed where others are given.
    **given
        Settings; None: as they are.

    Raises
    ------
    InputError
        If the kind has no such setting.
    """
    said = {setting: value for setting, value in given.items() if value is not None}
    if name is None and not said:
        return None
    kind = type(saved) if name is None and saved is not None else by_name(name or usual)
    for setting in said:
        if setting not in arguments(kind):
            raise InputError(f"{option} {kind.__name__} has no --{setting.replace('_', '-')}; leave that out")
    return replace(saved, **said) if type(saved) is kind else kind(**said)  # type: ignore[type-var]
