"""The only user of the C core: plain numbers in, numpy arrays out, statuses turned into exceptions once.

Memory of the core is numpy's; an object here owns it, so that nothing outlives its memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    from pyhost._core import ffi, lib
except ModuleNotFoundError as error:
    raise ImportError(
        "this is the source tree of pyhost, which has no compiled core; start Python in another folder, where the "
        "installed package is found (or, in this one, as python -P)"
    ) from error
from pyhost._settings import CoreParameter, CoreSettings
from pyhost.compile.lower import Tape
from pyhost.errors import EngineError

__all__ = [
    "Interpreter",
    "LearnerCore",
    "Record",
    "check_learner",
    "check_status",
    "contiguous",
    "ffi",
    "learner_settings",
    "memory_of",
    "noise",
    "pointer_to",
    "view_of",
]

Array = NDArray[np.float64]


def _opcodes() -> dict[str, int]:
    """Return the numbers of the opcodes by name, from the core itself."""
    names: dict[str, int] = {}
    while (name := lib.ds_opcode_name(len(names))) != ffi.NULL:
        names[ffi.string(name).decode().lower()] = len(names)
    return names


_OPCODE = _opcodes()


def check_status(status: int) -> None:
    """Raise what a status means."""
    if status != lib.DS_OK:
        raise EngineError(f"the C core says: {ffi.string(lib.ds_status_text(status)).decode()}")


class _Program:
    """A tape as the core's `DsProgram`, with the arrays it points to."""

    def __init__(self, tape: Tape) -> None:
        runs: list[tuple[int, int]] = []
        operands: list[int] = []
        data: list[float] = []
        registers, instructions = [], []
        for op in tape.ops:
            bands = [(base, op.width) for base in op.rows.bands]
            registers.append(
                (op.width, int(not op.uniform), len(runs), len(op.rows.runs), len(runs) + len(op.rows.runs), len(bands))
            )
            runs += [*op.rows.runs, *bands]
            listed = op.name == "concatenate"
            args = [] if listed else list(op.args)
            offset = len(operands) if listed else len(data)
            size = len(op.args) if listed else op.size
            operands += op.args if listed else ()
            data += op.data
            args += [lib.DS_NONE] * (3 - len(args))
            if op.name not in _OPCODE:
                raise EngineError(f"the C core has no operation {op.name!r}")
            instructions.append((_OPCODE[op.name], args, size, offset, op.flags, op.constant))
        self._keep = (
            ffi.new("DsRegister[]", registers),
            ffi.new("DsInstruction[]", instructions),
            ffi.new("DsRun[]", runs),
            ffi.new("uint32_t[]", operands),
            ffi.new("double[]", data),
        )
        shape = (tape.lanes, tape.inputs, tape.parameters, tape.output)
        counts = (len(tape.ops), len(runs), len(operands), len(data))
        self.pointer = ffi.new("DsProgram *", (*shape, *counts, *self._keep))

    def check(self) -> None:
        """Raise if the core does not take the program, with the instruction that is at fault."""
        where = ffi.new("uint32_t *")
        status = lib.ds_program_check(self.pointer, where)
        if status != lib.DS_OK:
            at = "" if where[0] == lib.DS_NONE else f" (instruction {where[0]})"
            raise EngineError(f"the C core refuses the program{at}: {ffi.string(lib.ds_status_text(status)).decode()}")


def memory_of(size: int) -> tuple[NDArray[np.uint8], Any]:
    """Return `size` bytes aligned for the core, and a pointer to them."""
    room = np.zeros(size + lib.DS_ALIGNMENT, dtype=np.uint8)
    offset = -room.ctypes.data % lib.DS_ALIGNMENT
    block = room[offset : offset + size]
    return block, ffi.from_buffer("unsigned char[]", block)


def pointer_to(array: Array | None) -> Any:
    """Return a pointer to a contiguous array, or NULL."""
    return ffi.NULL if array is None else ffi.from_buffer("double[]", array)


def view_of(pointer: Any, count: int) -> Array:
    """Return `count` doubles of the core's as an array, which is borrowed."""
    return np.frombuffer(ffi.buffer(pointer, count * 8), dtype=np.float64)


def contiguous(audio: Array) -> Array:
    """Return the doubles of an array in one piece."""
    return np.ascontiguousarray(audio, dtype=np.float64)


class Interpreter:
    """A program that runs, with given parameter values.

    Parameters
    ----------
    tape : Tape
        The lowered program.
    """

    def __init__(self, tape: Tape) -> None:
        program = _Program(tape)
        program.check()
        size = ffi.new("size_t *")
        check_status(lib.ds_interpreter_size(program.pointer, size))
        self._block, memory = memory_of(size[0])
        made = ffi.new("DsInterpreter **")
        check_status(lib.ds_interpreter_init(program.pointer, memory, size[0], made))
        self._made = made[0]
        self._lanes, self._inputs, self._scalars = tape.lanes, tape.inputs, tape.parameters

    @property
    def variant(self) -> str:
        """Which copy of the per-sample code runs: ``portable``, ``v3`` or ``v4``."""
        return str(ffi.string(lib.ds_interpreter_variant(self._made)).decode())

    def reset(self) -> None:
        """Go back to silence."""
        lib.ds_interpreter_reset(self._made)

    def set_parameters(self, values: Array) -> None:
        """Set all scalars, (P,)."""
        if self._scalars:
            view_of(lib.ds_interpreter_parameters(self._made), self._scalars)[:] = values

    def process(self, audio: Array, *, jacobian: bool = False) -> tuple[Array, Array | None]:
        """Run a block.

        Parameters
        ----------
        audio : ndarray, (inputs × lanes, frames)
            Input i of lane l in row i × lanes + l.
        jacobian : bool
            Whether the partials are wanted.

        Returns
        -------
        ndarray, (lanes, frames)
            The output.
        ndarray, (P, lanes, frames), or None
            Its partials with respect to the parameters' own values.
        """
        audio = contiguous(audio)
        frames = audio.shape[1]
        assert audio.shape[0] == self._inputs * self._lanes
        output = np.empty((self._lanes, frames))
        partials = np.zeros((self._scalars, self._lanes, frames)) if jacobian else None
        block = ffi.new("DsAudio *", (pointer_to(audio), ffi.NULL, pointer_to(output), frames, frames))
        lib.ds_interpreter_process(self._made, block, pointer_to(partials))
        return output, partials


_LOSS = {
    name: getattr(lib, f"DS_LOSS_{name.upper()}")
    for name in ("mae", "mse", "msle", "huber", "log_cosh", "esr", "spectral")
}
_WINDOW_OF = {"signals": lib.DS_WINDOW_OF_SIGNALS, "loss": lib.DS_WINDOW_OF_LOSS}
_OPTIMIZER = {
    name: getattr(lib, f"DS_OPTIMIZER_{name.upper()}")
    for name in ("sgd", "momentum", "nesterov", "rmsprop", "adam", "nlms", "gauss_newton")
}
_OPTIMIZER["adamw"] = lib.DS_OPTIMIZER_ADAM
_SCHEDULE = {
    name: getattr(lib, f"DS_SCHEDULE_{name.upper()}") for name in ("constant", "exponential", "cosine", "oscillating")
}


def _core_settings(settings: CoreSettings, parameters: Any) -> Any:
    """Return settings as the core's `DsLearnerSettings`."""
    loss, optimizer, schedule = settings.loss, settings.optimizer, settings.optimizer.schedule
    return ffi.new(
        "DsLearnerSettings *",
        {
            "loss": _LOSS[loss.kind],
            "window_of": _WINDOW_OF[loss.window_of],
            "window": loss.window,
            "delta": loss.delta,
            "pre_emphasis": loss.pre_emphasis,
            "size_count": len(loss.sizes),
            "sizes": loss.sizes,
            "logarithmic": loss.logarithmic,
            "rate": optimizer.rate,
            "optimizer": {
                "kind": _OPTIMIZER[optimizer.kind],
                "momentum": optimizer.momentum,
                "decay": optimizer.decay,
                "epsilon": optimizer.epsilon,
                "weight_decay": optimizer.weight_decay,
                "initial": optimizer.initial,
                "clip_value": optimizer.clip_value,
                "clip_norm": optimizer.clip_norm,
            },
            "schedule": {
                "kind": _SCHEDULE[schedule.kind],
                "warm_up": schedule.warm_up,
                "samples": schedule.samples,
                "amount": schedule.amount,
            },
            "parameter_count": len(settings.parameters),
            "parameters": parameters,
        },
    )


def learner_settings(settings: CoreSettings) -> tuple[Any, Any]:
    """Return settings as the core's `DsLearnerSettings`, and what must live as long as they do."""
    specs = ffi.new("DsParameter[]", [_core_parameter(p) for p in settings.parameters])
    return _core_settings(settings, specs), specs


@dataclass(slots=True)
class Record:
    """What is written down while learning; row n belongs to sample n × every."""

    loss: Array
    gradient: Array
    parameters: Array
    every: int


def check_learner(tape: Tape, settings: CoreSettings) -> None:
    """Raise the error of `LearnerCore` if the core refuses a program or settings, without making a learner.

    Raises
    ------
    EngineError
        If it refuses them.
    """
    program = _Program(tape)
    program.check()
    wanted, _specs = learner_settings(settings)
    check_status(lib.ds_learner_size(program.pointer, wanted, ffi.new("size_t *")))


class LearnerCore:
    """A program that runs and learns.

    Parameters
    ----------
    tape : Tape
        The lowered program.
    settings : CoreSettings
        Loss, optimizer, parameters.
    """

    def __init__(self, tape: Tape, settings: CoreSettings) -> None:
        program = _Program(tape)
        program.check()
        wanted, _specs = learner_settings(settings)
        size = ffi.new("size_t *")
        check_status(lib.ds_learner_size(program.pointer, wanted, size))
        self._block, memory = memory_of(size[0])
        made = ffi.new("DsLearner **")
        check_status(lib.ds_learner_init(program.pointer, wanted, memory, size[0], made))
        self._made = made[0]
        self._lanes, self._inputs, self._scalars = tape.lanes, tape.inputs, tape.parameters

    def reset(self) -> None:
        """Go back to silence; the parameters and what the optimizer has gathered stay."""
        lib.ds_learner_reset(self._made)

    def get_state(self) -> Array:
        """Return what the optimizer has gathered, to be set again in a core of the same settings."""
        count = ffi.new("size_t *")
        return view_of(lib.ds_learner_state(self._made, count), count[0]).copy()

    def set_state(self, state: Array) -> None:
        """Set what `get_state` returned."""
        assert state.shape == self.get_state().shape
        check_status(lib.ds_learner_set_state(self._made, pointer_to(contiguous(state))))

    def set_parameters(self, values: Array) -> None:
        """Set all scalars, (P,)."""
        lib.ds_learner_set_parameters(self._made, pointer_to(contiguous(values)))

    def get_parameters(self) -> Array:
        """Return all scalars, (P,), as they are now."""
        if not self._scalars:
            return np.zeros(0)
        return view_of(lib.ds_learner_parameters(self._made), self._scalars).copy()

    def process(
        self, audio: Array, target: Array, *, output: Array | None = None, record: Record | None = None
    ) -> int | None:
        """Learn a block.

        Parameters
        ----------
        audio : ndarray, (inputs × lanes, frames)
            What goes in.
        target : ndarray, (lanes, frames)
            What should come out.
        output : contiguous ndarray, (lanes, frames), optional
            Takes what comes out.
        record : Record, optional
            Takes loss, gradient and parameters.

        Returns
        -------
        int or None
            None if all went well, else the frame at which loss or parameters were no longer finite.
        """
        audio, target = contiguous(audio), contiguous(target)
        frames = audio.shape[1]
        assert audio.shape[0] == self._inputs * self._lanes
        assert target.shape == (self._lanes, frames)
        block = ffi.new("DsAudio *", (pointer_to(audio), pointer_to(target), pointer_to(output), frames, frames))
        rows = ffi.NULL
        if record is not None:
            rows = ffi.new(
                "DsRecord *",
                (pointer_to(record.loss), pointer_to(record.gradient), pointer_to(record.parameters), record.every),
            )
        done = ffi.new("size_t *")
        status = lib.ds_learner_process(self._made, block, rows, done)
        if status == lib.DS_DIVERGED:
            return int(done[0])
        check_status(status)
        return None

    def take_means(self) -> tuple[float, int, Array]:
        """Return the sum of the loss and over how many samples, and the mean parameters, since the last call."""
        loss, samples = ffi.new("double *"), ffi.new("uint64_t *")
        means = np.zeros(max(self._scalars, 1))
        lib.ds_learner_take_means(self._made, loss, samples, pointer_to(means))
        return float(loss[0]), int(samples[0]), means[: self._scalars]


def _core_parameter(p: CoreParameter) -> Iterable[float]:
    flags = (int(p.normalised), int(p.logarithmic), int(p.locked))
    return (p.first, p.count, *flags, p.minimum, p.maximum, int(p.recursive))


def noise(frames: int, state: int = 0) -> tuple[Array, int]:
    """Return `frames` samples of the test noise, (frames,), and the generator's state behind them."""
    out = np.empty(frames)
    carried = ffi.new("uint32_t *", state)
    lib.ds_noise(pointer_to(out), frames, carried)
    return out, int(carried[0])
