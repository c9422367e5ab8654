"""Measuring: the loss of a chain with its parameters held still, and which way each of them should be turned."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyhost._binding import Record
from pyhost.audio import AudioArray, AudioSource
from pyhost.compile.lower import lower
from pyhost.compile.program import Program
from pyhost.errors import AudioError, InputError, ParameterError
from pyhost.graph.trace import Chain
from pyhost.learn.cores import make_core
from pyhost.learn.learned import LearnedChain, freeze
from pyhost.learn.losses import MSE, Loss
from pyhost.learn.optimizers import SGD
from pyhost.learn.parameters import Parameters, Value
from pyhost.learn.passes import Best, Passes
from pyhost.learn.prepare import prepare
from pyhost.learn.run import BLOCK
from pyhost.learn.sources import as_source
from pyhost.learn.start import check_choice, coarse_start
from pyhost.native.engine import LearnerEngine, make_runner

__all__ = ["Measurement", "measure"]

ROOM = 1 << 16
"""Partials that are kept at a time: few enough for the cache of a processor, in which they are summed up."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a chain makes of a recording, its parameters held still.

    Attributes
    ----------
    loss : float
        L, the mean loss over the recording; NaN without a target.
    decibels : float
        The same in dB, relative to the loss of silence; NaN without a target.
    gradients : mapping of str to float or ndarray, (N,)
        dL/dvalue, exact: where it is above 0, a lower value makes the loss smaller. Per unit of the parameter (Hz,
        dB …), also of normalised and of locked ones. Empty without a target.
    sensitivities : mapping of str to float or ndarray, (N,)
        By how much the parameter moves the output: the root mean square of dy/dvalue, over all channels.
    frames : int
        Over how many it was taken.
    found : str
        How the recordings lie against each other, in words; nothing if it was not asked for.
    """

    loss: float
    decibels: float
    gradients: Mapping[str, Value]
    sensitivities: Mapping[str, Value]
    frames: int
    found: str = ""


def measure(
    chain: Chain | LearnedChain,
    dry: Any,
    target: Any = None,
    *,
    sample_rate: float | None = None,
    parameters: Mapping[str, Any] | None = None,
    loss: Loss | None = None,
    resample: bool = False,
    trim: bool = False,
    align: str = "auto",
) -> Measurement:
    """Run a chain with given values over whole recordings; return its loss, and which way to turn its parameters.

    Parameters
    ----------
    chain : callable
        A function of one signal, ``ph.chain("gain | lowpass")``, or a `LearnedChain`, with its values and its loss.
    dry, target, sample_rate, resample, trim
        As `Learner.learn`; files of any length take the same memory. No target: sensitivities alone are measured.
    parameters : mapping, optional
        Values by name; the others are as the chain has them.
    loss : Loss, optional
        ``ph.MSE()`` by default.
    align : {"auto", "off"}
        Whether to find by how much the target comes later or earlier, and to make up for what the chain cannot. No
        parameter is set by it.

    Returns
    -------
    Measurement

    Raises
    ------
    AudioError, ChainError, ParameterError
        If a recording, the chain or a value is wrong, or the output is not finite.

    Examples
    --------
    >>> import pyhost as ph
    >>> dry = ph.noise(48_000)
    >>> at = ph.measure(
    ...     lambda x: x * ph.param("gain"), dry, 0.5 * dry, sample_rate=48_000, parameters={"gain": 0.75}
    ... )
    >>> round(at.loss, 4), round(at.gradients["gain"], 4)  # with m the mean of x²: m/16, and m/2
    (0.0209, 0.1674)
    """
    check_choice(align, "align")
    learned = freeze(chain)
    if loss is None:
        loss = MSE() if learned.training is None else learned.training.loss
    if not isinstance(loss, Loss):
        raise InputError(f"loss must be a loss such as ph.MSE(window=8), not {loss!r}")
    program = learned.program
    values = Parameters(program.parameters)
    values.set_array(learned.parameters.values_array())
    values.set(parameters or {})
    if target is None:
        source = as_source(dry, sample_rate, "dry")
        _check_rate(learned, source)
        blocks = ((block, None) for block in source.blocks(BLOCK))
        meter = _measured(program, values, None, source, blocks, frames=source.frames)
        return Measurement(math.nan, math.nan, {}, values.named(meter.sensitivities()), meter.frames)
    source, wanted = prepare(program, dry, target, sample_rate, resample=resample, trim=trim)
    _check_rate(learned, source)
    run = Passes(program, values, loss, SGD(0.0), source, wanted, trim, Best(values.values_array()))
    searched = Parameters(program.parameters)
    searched.set_array(values.values_array())
    coarse = coarse_start(program, searched, source, wanted, align=align, start="off", offset=learned.offset)
    run.shift(coarse.offset)
    meter = _measured(program, values, loss, source, run.pairs(), frames=run.frames)
    return Measurement(
        meter.loss(),
        loss.decibels(meter.loss(), run.loss_of_silence()),
        values.named(meter.gradients()),
        values.named(meter.sensitivities()),
        meter.frames,
        str(coarse),
    )


def _check_rate(learned: LearnedChain, source: AudioSource) -> None:
    """Raise AudioError if a chain was learned at another rate: its values would mean something else."""
    if learned.sample_rate not in (None, source.sample_rate):
        raise AudioError(
            f"{learned.label!r} was learned at {learned.sample_rate:g} Hz and {source.name} has "
            f"{source.sample_rate:g} Hz; measure with recordings of that rate, or resample these first"
        )


class Meter:
    """Sums up loss, gradients and sensitivities, block after block.

    Parameters
    ----------
    program, parameters
        A chain and its values.
    loss : Loss or None
        None: there is no target.
    sample_rate : float
        In Hz.
    lanes : int
        Channels.
    frames : int
        How many are to come, about: where it pays, the chain is compiled.
    """

    def __init__(
        self,
        program: Program,
        parameters: Parameters,
        loss: Loss | None,
        *,
        sample_rate: float,
        lanes: int,
        frames: int = 0,
    ) -> None:
        self._rate, self._scalars = sample_rate, program.scalars
        self._size = max(ROOM // max(program.scalars * lanes, 1), 1)
        free = Parameters(program.parameters)
        free.set_array(parameters.values_array())
        for parameter in free.values():
            parameter.locked = False
        self._engine = make_runner(lower(program, sample_rate, lanes), frames=frames)
        self._engine.set_parameters(free.values_array())
        self._core: LearnerEngine | None = None
        if loss is not None:  # with a rate of 0 nothing moves, and the gradient is that of the mean loss
            self._core = make_core(program, free, loss, SGD(0.0), sample_rate=sample_rate, lanes=lanes, frames=frames)
        self.frames = self._values = 0
        self._loss = 0.0
        self._gradient = np.zeros(program.scalars)
        self._squares = np.zeros(program.scalars)

    def add(self, dry: AudioArray, target: AudioArray | None = None) -> None:
        """Take the next block; a target if there is a loss.

        Raises
        ------
        ParameterError
            If loss or partials are not finite.
        """
        for at in range(0, dry.shape[1], self._size):
            part = slice(at, at + self._size)
            good = self._add_partials(dry[:, part])
            if self._core is not None and target is not None:
                good &= self._add_loss(self._core, dry[:, part], target[:, part])
            if not good:
                raise ParameterError(
                    f"with these values output, loss or partials are not finite within {self._size} samples from "
                    f"{self.frames / self._rate:.3f} s on; choose others"
                )
            self.frames += dry[:, part].shape[1]

    def _add_partials(self, dry: AudioArray) -> bool:
        output, partials = self._engine.process(dry, jacobian=True)
        assert partials is not None
        self._squares += np.einsum("plf,plf->p", partials, partials)
        self._values += output.size
        return bool(np.isfinite(output).all() and np.isfinite(self._squares).all())

    def _add_loss(self, core: LearnerEngine, dry: AudioArray, target: AudioArray) -> bool:
        rows = dry.shape[1], self._scalars
        record = Record(np.zeros(rows[0]), np.zeros(rows), np.zeros(rows), 1)
        failed = core.process(dry, target, record=record)
        self._loss += float(record.loss.sum())
        self._gradient += record.gradient.sum(axis=0)
        return failed is None

    def loss(self) -> float:
        """Return the mean loss."""
        return self._loss / self.frames

    def gradients(self) -> Array:
        """Return the partials of the mean loss, (P,)."""
        return self._gradient / self.frames

    def sensitivities(self) -> Array:
        """Return the root mean square of the partials of the output, (P,)."""
        root: Array = np.sqrt(self._squares / self._values)
        return root


def _measured(
    program: Program,
    parameters: Parameters,
    loss: Loss | None,
    source: AudioSource,
    blocks: Iterable[tuple[AudioArray, AudioArray | None]],
    *,
    frames: int,
) -> Meter:
    """Return what was measured over all blocks, dry and target."""
    rate, lanes = source.sample_rate, source.channels
    meter = Meter(program, parameters, loss, sample_rate=rate, lanes=lanes, frames=frames)
    for dry, target in blocks:
        meter.add(dry, target)
    return meter
