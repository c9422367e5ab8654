"""Loaded programs, which are used exactly like the interpreter of the core and its learner."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyhost._binding import Record, check_status, contiguous, ffi, learner_settings, memory_of, pointer_to, view_of
from pyhost._settings import CoreSettings
from pyhost.compile.lower import Tape

__all__ = ["NativeLanes", "NativeLearner", "NativeRunner", "Part"]

Array = NDArray[np.float64]


class _Functions:
    """The functions of a loaded library, by the ends of their names.

    The library is found by its path and stays loaded: that of other code has another path (`pyhost.native.cache`).
    """

    def __init__(self, path: Path, prefix: str) -> None:
        self._library = ctypes.CDLL(str(path))
        self._prefix = prefix

    def get(self, name: str, kind: str) -> Any:
        """Return a function of a C type."""
        function = getattr(self._library, f"{self._prefix}_{name}")
        return ffi.cast(kind, ctypes.cast(function, ctypes.c_void_p).value)


class _Loaded:
    """What runners and learners have in common."""

    def __init__(self, path: Path, tape: Tape, prefix: str) -> None:
        self._functions = _Functions(path, prefix)
        self._lanes, self._inputs, self._scalars = tape.lanes, tape.inputs, tape.parameters
        self.size = self._functions.get("bytes", "size_t(*)(void)")()
        self._block, self._state = memory_of(self.size)
        self._reset = self._functions.get("reset", "void(*)(void *)")

    def reset(self) -> None:
        """Go back to silence; parameters, and what an optimizer has gathered, stay."""
        self._reset(self._state)

    def _audio(self, audio: Array, target: Array | None, output: Array | None) -> Any:
        assert audio.shape[0] == self._inputs * self._lanes
        frames = audio.shape[1]
        assert target is None or target.shape == (self._lanes, frames)
        return ffi.new("DsAudio *", (pointer_to(audio), pointer_to(target), pointer_to(output), frames, frames))


def _record(record: Record) -> tuple[Any, ...]:
    """Return what is written down as the members of a ``DsRecord``."""
    return (*map(pointer_to, (record.loss, record.gradient, record.parameters)), record.every)


class NativeRunner(_Loaded):
    """A compiled program that runs with given parameter values; see `pyhost._binding.Interpreter`.

    Parameters
    ----------
    path : Path
        Of the library.
    tape : Tape
        What it was printed from.
    prefix : str
        In front of the names of its functions.
    """

    def __init__(self, path: Path, tape: Tape, prefix: str = "printed") -> None:
        super().__init__(path, tape, prefix)
        self._process = self._functions.get("process", "void(*)(void *, const DsAudio *, double *)")
        self._functions.get("init", "void(*)(void *)")(self._state)
        self._parameters = self._functions.get("parameters", "double *(*)(void *)")(self._state)

    def set_parameters(self, values: Array) -> None:
        """Set all scalars, (P,)."""
        if self._scalars:
            view_of(self._parameters, self._scalars)[:] = values

    def process(self, audio: Array, *, jacobian: bool = False) -> tuple[Array, Array | None]:
        """Run a block; see `pyhost._binding.Interpreter.process`."""
        audio = contiguous(audio)
        frames = audio.shape[1]
        output = np.empty((self._lanes, frames))
        partials = np.zeros((self._scalars, self._lanes, frames)) if jacobian else None
        self._process(self._state, self._audio(audio, None, output), pointer_to(partials))
        return output, partials


class NativeLearner(_Loaded):
    """A compiled program that runs and learns; see `pyhost._binding.LearnerCore`.

    Parameters
    ----------
    path : Path
        Of the library.
    tape : Tape
        What it was printed from.
    settings : CoreSettings
        Likewise; their numbers may be others.
    prefix : str
        In front of the names of its functions.
    """

    def __init__(self, path: Path, tape: Tape, settings: CoreSettings, prefix: str = "printed") -> None:
        super().__init__(path, tape, prefix)
        get = self._functions.get
        ours = sum(map(ffi.sizeof, ("DsLearnerSettings", "DsParameter", "DsAudio")))
        if get("layout", "size_t(*)(void)")() != ours:
            raise OSError("the headers of the core are not those that it was built with; install pyhost again")
        wanted, self._keep = learner_settings(settings)
        get("init", "void(*)(void *, const DsLearnerSettings *)")(self._state, wanted)
        self._learn = get("learn", "DsStatus(*)(void *, const DsAudio *, const DsRecord *, size_t *)")
        self._set_parameters = get("set_parameters", "void(*)(void *, const double *)")
        self._parameters = get("parameters", "const double *(*)(void *)")(self._state)
        self._get_state = get("state", "const double *(*)(void *, size_t *)")
        self._set_state = get("set_state", "DsStatus(*)(void *, const double *)")
        self._take_means = get("take_means", "void(*)(void *, double *, uint64_t *, double *)")

    @property
    def state(self) -> Any:
        """Its memory, for a program that takes several learners through a block."""
        return self._state

    def get_state(self) -> Array:
        """Return what the optimizer has gathered: the same numbers as of the interpreter."""
        count = ffi.new("size_t *")
        return view_of(self._get_state(self._state, count), count[0]).copy()

    def set_state(self, state: Array) -> None:
        """Set what `get_state` returned, here or in the interpreter."""
        assert state.shape == self.get_state().shape
        check_status(self._set_state(self._state, pointer_to(contiguous(state))))

    def set_parameters(self, values: Array) -> None:
        """Set all scalars, (P,)."""
        self._set_parameters(self._state, pointer_to(contiguous(values)))

    def get_parameters(self) -> Array:
        """Return all scalars, (P,), as they are now."""
        return view_of(self._parameters, self._scalars).copy() if self._scalars else np.zeros(0)

    def process(
        self, audio: Array, target: Array, *, output: Array | None = None, record: Record | None = None
    ) -> int | None:
        """Learn a block; see `pyhost._binding.LearnerCore.process`."""
        audio, target = contiguous(audio), contiguous(target)
        rows = ffi.NULL if record is None else ffi.new("DsRecord *", _record(record))
        done = ffi.new("size_t *")
        status = self._learn(self._state, self._audio(audio, target, output), rows, done)
        if done[0] < audio.shape[1]:
            return int(done[0])
        check_status(status)
        return None

    def take_means(self) -> tuple[float, int, Array]:
        """Return the sum of the loss and over how many samples, and the mean parameters, since the last call."""
        loss, samples = ffi.new("double *"), ffi.new("uint64_t *")
        means = np.zeros(max(self._scalars, 1))
        self._take_means(self._state, loss, samples, pointer_to(means))
        return float(loss[0]), int(samples[0]), means[: self._scalars]


@dataclass(frozen=True, slots=True)
class Part:
    """What one of several learners is to learn in one pass with the others, of which it is in step.

    Attributes
    ----------
    learner : NativeLearner
        From the file of the same program and settings as the others'.
    audio, target : ndarray (1, frames)
        So many frames for all.
    record : Record or None
        Every so many frames, the same for all, or None for all.
    """

    learner: NativeLearner
    audio: Array
    target: Array
    record: Record | None


class NativeLanes:
    """A compiled program that takes several learners through a block in one pass; see `pyhost.native.lanes`.

    Parameters
    ----------
    path : Path
        Of the library.
    width : int
        How many learners it takes at most.
    state : int
        Bytes that a learner of the program keeps.
    prefix : str
        In front of the names of its functions.
    """

    def __init__(self, path: Path, width: int, state: int, prefix: str = "lanes") -> None:
        functions = _Functions(path, prefix)
        if functions.get("layout", "size_t(*)(void)")() != state:
            raise OSError("it was not printed from what its learners were printed from; clear the cache")
        self.width = width
        self._block, self._memory = memory_of(functions.get("bytes", "size_t(*)(void)")())
        kind = "DsStatus(*)(void *, void *const *, size_t, const DsAudio *, const DsRecord *)"
        self._learn = functions.get("learn", kind)

    def learn(self, parts: Sequence[Part]) -> bool:
        """Take so many learners through a block; or none of them, if one were to leave the finite numbers."""
        every = [*parts, *[parts[0]] * (self.width - len(parts))]
        arrays = [(contiguous(part.audio), contiguous(part.target)) for part in every]
        frames = arrays[0][0].shape[1]
        rows = [(pointer_to(x), pointer_to(t), ffi.NULL, frames, frames) for x, t in arrays]
        records = ffi.NULL
        if parts[0].record is not None:
            records = ffi.new("DsRecord[]", [_record(part.record) for part in parts if part.record is not None])
        states = ffi.new("void *[]", [part.learner.state for part in every])
        status: int = self._learn(self._memory, states, len(parts), ffi.new("DsAudio[]", rows), records)
        return status == 0
