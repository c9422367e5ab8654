"""Learners of the core: made for a program, gone on with, and used to hear a recording with values held still."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from pyhost._settings import CoreParameter, CoreSettings
from pyhost.audio import AudioArray
from pyhost.compile.lower import Tape, lower
from pyhost.compile.program import Program
from pyhost.errors import InputError
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import SGD, Optimizer
from pyhost.learn.parameters import Parameters
from pyhost.native.engine import LearnerEngine, make_learner

__all__ = ["held", "learning", "make_core", "mean_loss", "restore"]

Array = NDArray[np.float64]

_MAKING = Lock()  # learners that begin at once compile one program once: the others find it in the cache


def make_core(
    program: Program,
    parameters: Parameters,
    loss: Loss,
    optimizer: Optimizer,
    *,
    sample_rate: float,
    lanes: int,
    engine: str = "auto",
    frames: int = 0,
) -> LearnerEngine:
    """Return a learner of the core for a program, with the parameters where they are now.

    `engine` may compile it, ``"auto"`` only if that pays for about so many frames.
    """
    tape, settings = learning(program, parameters, loss, optimizer, sample_rate=sample_rate, lanes=lanes)
    with _MAKING:
        core = make_learner(tape, settings, engine=engine, frames=frames)
    core.set_parameters(parameters.values_array())
    return core


def learning(
    program: Program,
    parameters: Parameters,
    loss: Loss,
    optimizer: Optimizer,
    *,
    sample_rate: float,
    lanes: int,
) -> tuple[Tape, CoreSettings]:
    """Return what every engine makes a learner of: the lowered program, and how it learns."""
    specs = []
    place = 0
    for parameter in parameters.values():
        spec = parameter.spec
        specs.append(
            CoreParameter(
                place,
                spec.width,
                spec.normalised,
                spec.scale == "log",
                parameter.locked,
                spec.minimum,
                spec.maximum,
                spec.stable,
            )
        )
        place += spec.width
    settings = CoreSettings(loss.core(), optimizer.core(), tuple(specs))
    return lower(program, sample_rate, lanes, learned=parameters.learned()), settings


def restore(core: LearnerEngine, state: Array) -> None:
    """Set what the optimizer of a core had gathered, or raise if it is of another one."""
    wanted = core.get_state().shape
    if state.shape != wanted or not np.isfinite(state).all():
        raise InputError(
            f"optimizer_state must be {wanted[0]} finite numbers for this chain and optimizer, not an array of shape "
            f"{state.shape}; take it from a learner of the same chain and optimizer, or set None to start over"
        )
    core.set_state(state)


def held(program: Program, values: Array, free: Collection[str] = ()) -> Parameters:
    """Return the parameters of a program at `values`, locked but for those named."""
    parameters = Parameters(program.parameters)
    for name, parameter in parameters.items():
        parameter.locked = name not in free
    parameters.set_array(values)
    return parameters


def mean_loss(
    program: Program,
    values: Array,
    loss: Loss,
    sample_rate: float,
    pairs: Iterator[tuple[AudioArray, AudioArray]],
    *,
    engine: str = "auto",
    frames: int = 0,
) -> float:
    """Return the mean loss of a program with its parameters held at `values`, over a whole recording.

    Engine and frames as for `make_core`; all recordings count that it will be asked for.

    Returns
    -------
    float
        Infinite if the output is not finite.
    """
    parameters = held(program, values)
    core: LearnerEngine | None = None
    for dry, target in pairs:
        core = core or make_core(
            program,
            parameters,
            loss,
            SGD(0.0),
            sample_rate=sample_rate,
            lanes=dry.shape[0],
            engine=engine,
            frames=frames,
        )
        if core.process(dry, target) is not None:
            return math.inf
    if core is None:
        return math.inf
    total, samples, _ = core.take_means()
    return total / samples
