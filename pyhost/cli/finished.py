"""What comes of learning: for ``--json``, and for what is printed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pyhost.audio import WrittenAudio
from pyhost.learn.parameters import Value
from pyhost.report import Learning

__all__ = ["Finished"]


@dataclass(slots=True)
class Finished:
    """What came of a job.

    Attributes
    ----------
    learning : Learning
        What was learned.
    files : dict
        What was written, by kind: learned, render, report, and what was heard.
    audio : dict
        What is known of those that are audio, by kind.
    """

    learning: Learning
    files: dict[str, Path]
    audio: dict[str, WrittenAudio] = field(default_factory=dict)

    def add(self, kind: str, written: WrittenAudio) -> None:
        """Count an audio file among what was written."""
        self.files[kind] = written.path
        self.audio[kind] = written

    def data(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``; a loss of nothing at all has no decibels."""
        learning = self.learning
        loss = learning.learned.loss
        return {
            "chain": learning.learned.label,
            "sample_rate": learning.learned.sample_rate,
            "start": _plain(learning.start),
            "parameters": _plain({name: p.value for name, p in learning.learned.parameters.items()}),
            "last": _plain(learning.last),
            "locked": sorted(learning.locked),
            "offset": learning.learned.offset,
            "hidden": _plain(learning.hidden) or None,
            "difference_percent": {n: _finite(d) for n, d in learning.differences().items()} or None,
            "loss": loss,
            "loss_db": _finite(learning.decibels),
            "largest_pole": learning.learned.details.get("largest_pole"),
            "passes": len(learning.trace.passes),
            "converged": learning.trace.converged,
            "stages": [str(stage) for stage in learning.trace.stages],
            "resumed": learning.settings.get("resumed"),
            "files": {kind: str(path) for kind, path in self.files.items()},
        }


def _plain(values: Mapping[str, Value]) -> dict[str, Any]:
    return {name: np.asarray(value).tolist() for name, value in values.items()}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
