"""Hearing a chain learn: loss, error, or the course of a parameter as audio files, in constant memory.

What is heard is what happens while learning, sample by sample, all passes one after the other. Output, target and error
are at their level, full scale ±1. The loss is not scaled. A parameter between two bounds is heard by its place between
them, −1 at the minimum and 1 at the maximum, in octaves if its scale is logarithmic; one without bounds in its own
unit. A .wav keeps what goes beyond full scale, other formats cut and count it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import numpy as np
from numpy.typing import NDArray

from pyhost._binding import Record
from pyhost.audio import AudioArray, AudioSource, AudioWriter, WrittenAudio
from pyhost.errors import DivergedError, InputError, suggestion
from pyhost.learn.parameters import Parameter, Parameters
from pyhost.native.engine import LearnerEngine

__all__ = ["SIGNALS", "Hearing", "check_files", "hearing"]

SIGNALS = ("loss", "output", "target", "error")
"""What can be heard beside parameters; error is output − target."""

LOUDEST = 1e6
"""What goes beyond, as when a learner diverges, is cut to this."""

MOST_CHANNELS = 64
"""Elements of a vector parameter that can be heard side by side."""

ROOM = 1 << 20
"""Numbers that are kept at a time of all parameters."""

Array = NDArray[np.float64]


def check_files(files: object, parameters: Parameters) -> None:
    """Raise InputError unless this is None, or a file for each of some things that can be heard."""
    if files is None:
        return
    if not isinstance(files, Mapping):
        raise InputError(f"hear must be a file for each of what is heard, as in {{'loss': 'loss.wav'}}, not {files!r}")
    names: dict[str, str] = {}
    for name, path in files.items():
        if name not in SIGNALS:
            _Course(name, parameters)
        if not isinstance(path, (str, os.PathLike)):
            raise InputError(f"hear {name!r}: {path!r} is no path of a file; give e.g. '{name}.wav'")
        real = os.path.realpath(path)
        if real in names:
            raise InputError(f"{names[real]} and {name} would be written to the same file {path}; name another")
        names[real] = name


@contextmanager
def hearing(
    files: Mapping[str, str | os.PathLike[str]] | None, parameters: Parameters, source: AudioSource
) -> Iterator[Hearing | None]:
    """Yield what a learner's blocks go through to be heard, or None if nothing is to be.

    The files appear when the block ends, also when it ends by divergence or Ctrl-C: the sound of it is kept.

    Parameters
    ----------
    files : mapping, optional
        File by what is heard, as `check_files` takes it: one of `SIGNALS`, a parameter, or an element of a vector.
    parameters : Parameters
        The learner's.
    source : AudioSource
        The recording that it learns from.

    Raises
    ------
    AudioError
        If a file cannot be written.
    """
    if not files:
        yield None
        return
    stopped: BaseException | None = None
    with ExitStack() as stack:
        heard = Hearing(files, parameters, source)
        for writer in heard.writers.values():
            stack.enter_context(writer)
        try:
            yield heard
        except (DivergedError, KeyboardInterrupt) as error:
            if any(writer.result.frames == 0 for writer in heard.writers.values()):
                raise
            stopped = error
    if stopped is not None:
        raise stopped


class _Course:
    """The course of a parameter, or of an element of a vector, as audio."""

    def __init__(self, name: object, parameters: Parameters) -> None:
        name = str(name)
        match = re.fullmatch(r"(\w+)\[(\d+)\]", name)
        base = match[1] if match else name
        if base not in parameters:
            known = [*SIGNALS, *parameters]
            raise InputError(f"there is no {name!r} to hear{suggestion(name, known)}")
        self._parameter: Parameter = parameters[base]
        width = self._parameter.spec.width
        if match and not (self._parameter.spec.shape and int(match[2]) < width):
            raise InputError(f"there is no {name!r} to hear: {base} has {width} element{'s' if width > 1 else ''}")
        if not match and width > MOST_CHANNELS:
            raise InputError(
                f"{base} has {width} elements, and {MOST_CHANNELS} are the most that are heard side by side; "
                f"choose one of them, as in '{base}[0]'"
            )
        names = list(parameters)
        before = sum(parameters[other].spec.width for other in names[: names.index(base)])
        first = before + int(match[2]) if match else before
        self.places = slice(first, first + 1 if match else first + width)

    @property
    def channels(self) -> int:
        return self.places.stop - self.places.start

    def audio(self, values: Array) -> AudioArray:
        """Return (frames, P) values as (channels, frames)."""
        heard = values[:, self.places].T
        low, high = self._parameter.minimum, self._parameter.maximum
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            return heard
        if self._parameter.scale == "log":
            return 2.0 * np.log(heard / low) / np.log(high / low) - 1.0  # type: ignore[no-any-return]
        return 2.0 * (heard - low) / (high - low) - 1.0


class Hearing:
    """Learns block after block as the core does, and writes what can be heard of it."""

    def __init__(
        self, files: Mapping[str, str | os.PathLike[str]], parameters: Parameters, source: AudioSource
    ) -> None:
        self._courses = {name: _Course(name, parameters) for name in files if name not in SIGNALS}
        channels = {"loss": 1} | {name: course.channels for name, course in self._courses.items()}
        self.writers = {
            name: AudioWriter(path, source.sample_rate, channels.get(name, source.channels))
            for name, path in files.items()
        }
        self._scalars = len(parameters.values_array())
        self._size = max(ROOM // max(self._scalars, 1), 1)

    def learn(self, core: LearnerEngine, dry: AudioArray, target: AudioArray, record: Record | None) -> int | None:
        """Learn a block; as `LearnerCore.process`."""
        for at in range(0, dry.shape[1], self._size):
            part = slice(at, at + self._size)
            rows, failed = self._learn(core, dry[:, part], target[:, part])
            if failed is not None:
                return at + failed
            if record is not None:
                first = -at % record.every
                to = slice((at + first) // record.every, -(-(at + len(rows.loss)) // record.every))
                record.loss[to] = rows.loss[first :: record.every]
                record.gradient[to] = rows.gradient[first :: record.every]
                record.parameters[to] = rows.parameters[first :: record.every]
        return None

    def _learn(self, core: LearnerEngine, dry: AudioArray, target: AudioArray) -> tuple[Record, int | None]:
        """Learn a part of a block and write what is heard of it; return all rows and where it failed."""
        frames = dry.shape[1]
        rows = Record(np.zeros(frames), np.zeros((frames, self._scalars)), np.zeros((frames, self._scalars)), 1)
        output = np.zeros_like(target, order="C")
        failed = core.process(dry, target, output=output, record=rows)
        good = slice(0, failed)
        if failed != 0:
            heard = {"loss": rows.loss[None, good], "output": output[:, good], "target": target[:, good]}
            heard["error"] = heard["output"] - heard["target"]
            heard |= {name: course.audio(rows.parameters[good]) for name, course in self._courses.items()}
            for name, writer in self.writers.items():
                writer.write(np.clip(heard[name], -LOUDEST, LOUDEST))
        return rows, failed

    def written(self) -> dict[str, WrittenAudio]:
        """Return what was written, by name."""
        return {name: writer.result for name, writer in self.writers.items()}
