"""What a learner is handed, checked before the work begins."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyhost.audio import AudioSource, paired_blocks
from pyhost.compile.program import Program
from pyhost.errors import InputError
from pyhost.learn.learned import freeze
from pyhost.learn.sources import Processor, as_source, check_not_silent_source, target_source

__all__ = ["check_course", "prepare"]


def prepare(
    program: Program, dry: Any, target: Any, sample_rate: float | None, *, resample: bool, trim: bool
) -> tuple[AudioSource, AudioSource]:
    """Return the sources of two recordings that fit; see `Learner.learn`.

    Raises
    ------
    AudioError
        If a recording is missing, damaged, silent, not finite, or the two do not fit.
    """
    source = as_source(dry, sample_rate, "dry")
    if callable(target) and not isinstance(target, Processor):
        target = freeze(target)
    wanted = target_source(target, source, resample=resample)
    if any(op.name == "input" for op in program.ops):
        check_not_silent_source(source)
    check_not_silent_source(wanted)
    paired_blocks(source, wanted, 1, trim=trim)
    return source, wanted


def check_course(passes: object, tolerance: object, record: object, rows: object) -> None:
    """Raise InputError unless these are as `Learner.learn` takes them."""
    if isinstance(passes, bool) or not isinstance(passes, (int, np.integer)) or passes < 1:
        raise InputError(f"passes must be a whole number from 1 on, not {passes!r}")
    if not (isinstance(tolerance, (int, float)) and 0.0 <= tolerance < 1.0):
        raise InputError(f"tolerance must be from 0 to below 1, not {tolerance!r}")
    if not isinstance(record, (bool, int, np.integer)) or record < 0:
        raise InputError(f"record must be True, False or a number of samples, not {record!r}")
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, (int, np.integer)) or rows < 1):
        raise InputError(f"rows must be a whole number from 1 on, not {rows!r}")
