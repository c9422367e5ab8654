"""What each learner of a bank learns from: its own recordings, or one that all of them share."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from pyhost.audio import AudioSource
from pyhost.compile.program import Program
from pyhost.errors import AudioError, InputError
from pyhost.learn.prepare import prepare
from pyhost.learn.sources import Processor, as_source

__all__ = ["member_sources"]


def member_sources(
    program: Program,
    dries: Any,
    targets: Any,
    count: int,
    sample_rate: float | None,
    *,
    resample: bool,
    trim: bool,
) -> list[tuple[AudioSource, AudioSource]]:
    """Return dry recording and target of each learner, checked; see `LearnerBank.learn`.

    Raises
    ------
    AudioError
        If one cannot be used; says whose.
    InputError
        If there are not as many as learners, or one processor would have to run for several at once.
    """
    each_dry = _each(dries, count, sample_rate, "dries")
    each_target = _each(targets, count, sample_rate, "targets")
    teachers = [target for target in each_target if _is_processor(target)]
    if len({id(teacher) for teacher in teachers}) < len(teachers):
        raise InputError(
            "targets: one plugin or LearnedChain cannot run for several learners at once; give each its own, or what "
            "it makes of the recordings"
        )
    pairs = []
    for number, (dry, target) in enumerate(zip(each_dry, each_target, strict=True)):
        try:
            pairs.append(prepare(program, dry, target, sample_rate, resample=resample, trim=trim))
        except AudioError as error:
            raise AudioError(f"learners[{number}]: {error}") from None
    return pairs


def _each(given: Any, count: int, sample_rate: float | None, what: str) -> list[Any]:
    """Return one recording for each learner."""
    if _is_processor(given) or callable(given) or isinstance(given, (str, os.PathLike)):
        return [given] * count
    if isinstance(given, AudioSource):
        return [given] * count
    if isinstance(given, (list, tuple)) and not all(isinstance(part, (int, float, np.number)) for part in given):
        return _counted(list(given), count, f"{what}: a list of {len(given)}")
    array = np.asarray(given)
    if array.ndim > 1:
        return _counted(list(array), count, f"{what}: an array of shape {array.shape}")
    return [given if sample_rate is None else as_source(array, sample_rate, what)] * count


def _counted(parts: list[Any], count: int, what: str) -> list[Any]:
    if len(parts) != count:
        raise InputError(
            f"{what} is not one for each of {count} learners; for all of them give (frames,), or [recording] * {count}"
        )
    return parts


def _is_processor(value: Any) -> bool:
    return isinstance(value, Processor) and not isinstance(value, AudioSource)
