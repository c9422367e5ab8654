"""A chain that learns from live sound: one channel of what comes in is to become like another."""

from __future__ import annotations

import numpy as np

from pyhost.audio import AudioArray
from pyhost.errors import AudioError, DivergedError, InputError
from pyhost.host.delay import DelayLine
from pyhost.learn.cores import make_core, restore
from pyhost.learn.learned import LearnedChain
from pyhost.learn.losses import MSE, Loss
from pyhost.learn.optimizers import SGD, Auto, Optimizer
from pyhost.learn.parameters import Parameters
from pyhost.learn.training import Training
from pyhost.native.engine import LearnerEngine

__all__ = ["LiveLearner"]

USUAL_MINUTES = 5.0
"""For which the engine is chosen: how long it will run nobody knows."""


class LiveLearner:
    """Learns, one gradient step per sample, while it is heard.

    Parameters
    ----------
    chain : LearnedChain
        With the values to start from; if it was learned before, its loss and optimizer go on.
    target : int
        The channel that it should come to sound like, from 1 on; it is given the first of the others.
    loss : Loss, optional
        Mean squared error if nothing else is said.
    optimizer : Optimizer, optional
        Stochastic gradient descent if nothing else is said; it must take single steps.

    Attributes
    ----------
    inputs, outputs : int
        Channels that it is given, and that it gives: one.
    parameters : Parameters
        As they are now.
    frames : int
        That it has learned from.
    error : float
        Energy of the error in the last block, in dB of that of the target.
    resumed : str
        In words, whether an optimizer that was saved goes on.

    Raises
    ------
    InputError
        If there is no such channel, the optimizer does not fit the loss, or there is nothing to learn.
    """

    def __init__(
        self, chain: LearnedChain, target: int, *, loss: Loss | None = None, optimizer: Optimizer | None = None
    ) -> None:
        if target < 1:
            raise InputError(f"the target is channel {target}; channels are counted from 1 on")
        training = chain.training
        if training is not None:
            loss, optimizer = training.defaults(loss, optimizer)
        self._loss = MSE() if loss is None else loss
        self._optimizer = SGD(1e-2) if optimizer is None or isinstance(optimizer, Auto) else optimizer
        self._optimizer.check(self._loss)
        self._chain = chain
        self.parameters: Parameters = chain.parameters
        self._gathered, self.resumed = None, ""
        if training is not None:
            self._gathered, self.resumed = training.resumed(self._loss, self._optimizer)
            for name, parameter in self.parameters.items():
                parameter.locked = name in training.locked
        if not self.parameters.learned():
            raise InputError(f"{chain.label!r} has nothing to learn: it has no parameter that is not locked")
        self.inputs = max(2, target)
        self.outputs = 1
        self._target = target - 1
        self._dry = 0 if target > 1 else 1
        self.error = 0.0
        self.frames = 0
        self._core: LearnerEngine | None = None
        self._rate = 0.0

    def prepare(self, sample_rate: float) -> None:
        """Make ready, from silence.

        Raises
        ------
        AudioError
            If it was learned at another rate.
        """
        wanted = self._chain.sample_rate
        if wanted is not None and sample_rate != wanted:
            raise AudioError(
                f"{self._chain.label!r} was learned at {wanted:g} Hz and the device runs at {sample_rate:g} Hz; "
                "learn it anew at that rate"
            )
        self._rate = sample_rate
        self._core = make_core(
            self._chain.program,
            self.parameters,
            self._loss,
            self._optimizer,
            sample_rate=sample_rate,
            lanes=1,
            frames=round(USUAL_MINUTES * 60.0 * sample_rate),
        )
        if self._gathered is not None:
            restore(self._core, self._gathered)
        self._dry_line = DelayLine(1, max(self._chain.offset, 0))
        self._target_line = DelayLine(1, max(-self._chain.offset, 0))

    def process(self, block: AudioArray) -> AudioArray:
        """Learn from the next block; return what the chain made of it, with the values of each moment.

        Raises
        ------
        DivergedError
            If it left the finite numbers.
        """
        assert self._core is not None
        dry = self._dry_line.process(np.ascontiguousarray(block[self._dry : self._dry + 1]))
        target = self._target_line.process(np.ascontiguousarray(block[self._target : self._target + 1]))
        made = np.empty(dry.shape)
        failed = self._core.process(dry, target, output=made)
        if failed is not None:
            raise DivergedError(
                f"{self._chain.label} left the finite numbers while it learned; give it a lower rate",
                self.frames + failed,
            )
        self.parameters.set_array(self._core.get_parameters())
        self.frames += block.shape[1]
        self.error = _decibels(made - target, target)
        return made

    @property
    def sample_rate(self) -> float | None:
        """At which the chain was learned before; None: it runs at any."""
        return self._chain.sample_rate

    def learned(self) -> LearnedChain:
        """Return the chain with the values as they are now, and what its optimizer has gathered."""
        locked = frozenset(self.parameters) - self.parameters.learned()
        gathered = None
        if self._core is not None:
            # An interrupt may have come between a block and taking its values over.
            self.parameters.set_array(self._core.get_parameters())
            gathered = self._core.get_state()
        training = Training(self._loss, self._optimizer, gathered, locked)
        return LearnedChain(
            self._chain.graph,
            self._chain.label,
            values={name: parameter.value for name, parameter in self.parameters.items()},
            sample_rate=self._rate or self._chain.sample_rate,
            offset=self._chain.offset,
            details=training.details() | {"live": True},
            training=training,
        )


def _decibels(error: AudioArray, target: AudioArray) -> float:
    """Return the energy of an error in dB of that of the target; of silence 0."""
    power = float(np.square(target).sum())
    return 10.0 * float(np.log10(max(float(np.square(error).sum()) / power, 1e-12))) if power else 0.0
