"""Optimizers: from a gradient to a step, every sample.

The gradient is taken with respect to what the learner moves: the value of a parameter, or, of a normalised one, its
place between the bounds, 0 to 1. What an optimizer gathers, it keeps over passes and over calls of `Learner.learn`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from pyhost._settings import CoreOptimizer
from pyhost.errors import InputError
from pyhost.learn.kinds import check_number, find
from pyhost.learn.losses import Loss
from pyhost.learn.schedules import Constant, Schedule

__all__ = [
    "KINDS",
    "NLMS",
    "SGD",
    "Adam",
    "AdamW",
    "Auto",
    "GaussNewton",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "by_name",
]


@dataclass(frozen=True, slots=True)
class Optimizer:
    """What optimizers have in common; use one of its kinds.

    Attributes
    ----------
    rate : float
        Learning rate α, from 0 on.
    schedule : Schedule
        How the rate changes with time.
    clip_value : float or None
        Brings each element of the gradient within ± this first.
    clip_norm : float or None
        Then shortens the gradient to this length if it is longer.
    """

    rate: float = 1e-2
    schedule: Schedule = field(default_factory=Constant, kw_only=True)
    clip_value: float | None = field(default=None, kw_only=True)
    clip_norm: float | None = field(default=None, kw_only=True)
    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not self.kind:
            raise InputError("an Optimizer is of no kind; use ph.SGD")
        check_number("the learning rate", self.rate, 0.0)
        if not isinstance(self.schedule, Schedule):
            raise InputError(f"schedule must be a schedule such as ph.Cosine(48_000), not {self.schedule!r}")
        for name, limit in (("clip_value", self.clip_value), ("clip_norm", self.clip_norm)):
            if limit is not None:
                check_number(name, limit, 0.0, above=True)

    def check(self, loss: Loss) -> None:
        """Raise if it cannot make that loss small; only `GaussNewton` is particular."""

    def core(self) -> CoreOptimizer:
        """Return it as the core sees it."""
        return self._core()

    def _core(
        self, *, momentum: float = 0.0, decay: float = 0.0, epsilon: float = 0.0, weight_decay: float = 0.0
    ) -> CoreOptimizer:
        return CoreOptimizer(
            self.kind,
            float(self.rate),
            self.schedule.core(),
            momentum=float(momentum),
            decay=float(decay),
            epsilon=float(epsilon),
            weight_decay=float(weight_decay),
            clip_value=float(self.clip_value or 0.0),
            clip_norm=float(self.clip_norm or 0.0),
        )


@dataclass(frozen=True, slots=True)
class SGD(Optimizer):
    """Stochastic gradient descent: every sample, one step of rate × gradient."""

    kind: ClassVar[str] = "sgd"


@dataclass(frozen=True, slots=True)
class Momentum(Optimizer):
    """The steps gather speed: v = momentum·v + rate·g, step v. In the long run a rate of rate/(1 − momentum).

    Attributes
    ----------
    momentum : float
        From 0 to below 1.
    """

    momentum: float = 0.9
    kind: ClassVar[str] = "momentum"

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        check_number("momentum", self.momentum, 0.0, 1.0, below=True)

    def core(self) -> CoreOptimizer:
        """Return it as the core sees it."""
        return self._core(momentum=self.momentum)


@dataclass(frozen=True, slots=True)
class Nesterov(Momentum):
    """Momentum that looks ahead: v = momentum·v + rate·g, step momentum·v + rate·g."""

    kind: ClassVar[str] = "nesterov"


@dataclass(frozen=True, slots=True)
class RMSProp(Optimizer):
    """A rate of its own for each parameter: v = decay·v + (1 − decay)·g², step rate·g/(√v + epsilon).

    Attributes
    ----------
    decay : float
        From 0 to below 1.
    epsilon : float
        Above 0.
    """

    rate: float = 1e-3
    decay: float = 0.9
    epsilon: float = 2.220446049250313e-16
    kind: ClassVar[str] = "rmsprop"

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        check_number("decay", self.decay, 0.0, 1.0, below=True)
        check_number("epsilon", self.epsilon, 0.0, above=True)

    def core(self) -> CoreOptimizer:
        """Return it as the core sees it."""
        return self._core(decay=self.decay, epsilon=self.epsilon)


@dataclass(frozen=True, slots=True)
class Adam(Optimizer):
    """Mean over root mean square of the gradient, with bias correction: rate·m̂/(√v̂ + epsilon).

    m = beta1·m + (1 − beta1)·g, v = beta2·v + (1 − beta2)·g², m̂ = m/(1 − beta1ᵗ), v̂ = v/(1 − beta2ᵗ).

    Attributes
    ----------
    beta1, beta2 : float
        From 0 to below 1.
    epsilon : float
        Above 0.
    """

    rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    kind: ClassVar[str] = "adam"

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        check_number("beta1", self.beta1, 0.0, 1.0, below=True)
        check_number("beta2", self.beta2, 0.0, 1.0, below=True)
        check_number("epsilon", self.epsilon, 0.0, above=True)

    def core(self) -> CoreOptimizer:
        """Return it as the core sees it."""
        return self._core(momentum=self.beta1, decay=self.beta2, epsilon=self.epsilon)


@dataclass(frozen=True, slots=True)
class AdamW(Adam):
    """Adam, plus rate × weight_decay × value: pulls parameters without bounds towards 0.

    Normalised parameters are not pulled: 0 is their lower bound, no neutral place.

    Attributes
    ----------
    weight_decay : float
        From 0 on.
    """

    weight_decay: float = 1e-2
    kind: ClassVar[str] = "adamw"

    def __post_init__(self) -> None:
        Adam.__post_init__(self)
        check_number("weight_decay", self.weight_decay, 0.0)

    def core(self) -> CoreOptimizer:
        """Return it as the core sees it."""
        return self._core(momentum=self.beta1, decay=self.beta2, epsilon=self.epsilon, weight_decay=self.weight_decay)


@dataclass(frozen=True, slots=True)
class NLMS(Optimizer):
    """Normalised least mean squares: rate·g/(epsilon + Σd²), d the partials of the output.

    The step does not depend on the level. With `MSE`, whose gradient is 2·e·d, a rate of μ/2 is the textbook's μ:
    stable below a rate of 1. Take a window of 1: the mean over a longer one holds errors of parameters that have
    moved on since, and such large steps overshoot.

    Attributes
    ----------
    epsilon : float
        Above 0; keeps steps small in silence.
    """

    rate: float = 0.25
    epsilon: float = 1e-6
    kind: ClassVar[str] = "nlms"

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        check_number("epsilon", self.epsilon, 0.0, above=True)

    def core(self) -> CoreOptimizer:
        """Return it as the core sees it."""
        return self._core(epsilon=self.epsilon)


@dataclass(frozen=True, slots=True)
class GaussNewton(Optimizer):
    """Recursive least squares on the partials of the output: hundreds of samples where descent takes far more.

    With d the partials and e the error: k = S·d/(forgetting + dᵀ·S·d), step rate·k·e, S = (S − k·dᵀ·S)/forgetting.
    Makes the square of the error small, sample by sample whatever the window of the loss; of `Huber` and `LogCosh` by
    weights, of `MSLE` that of the logarithms. Memory and time per sample grow with the square of the number of
    parameters.

    Attributes
    ----------
    forgetting : float
        λ, above 0.9 up to 1: how much a sample's weight shrinks with each that follows. About 1/(1 − λ) samples
        count; with 1 all of them do.
    initial : float
        S at the start, on its diagonal, and the most that it may grow to: how uncertain the start values are. The
        larger, the further the first steps go.
    """

    rate: float = 1.0
    forgetting: float = 0.995
    initial: float = 1e4
    clip_value: None = field(default=None, init=False)
    clip_norm: None = field(default=None, init=False)
    kind: ClassVar[str] = "gauss_newton"

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        check_number("forgetting", self.forgetting, 0.9, 1.0, above=True)
        check_number("initial", self.initial, 0.0, above=True)

    def check(self, loss: Loss) -> None:
        """Raise if the loss has no residual whose square could be made small."""
        if loss.kind not in ("mse", "msle", "huber", "log_cosh", "esr"):
            raise InputError(
                f"ph.GaussNewton cannot make {type(loss).__name__} small; take ph.MSE, or ph.Huber to be robust"
            )

    def core(self) -> CoreOptimizer:
        """Return it as the core sees it."""
        return CoreOptimizer(
            self.kind,
            float(self.rate),
            self.schedule.core(),
            decay=float(self.forgetting),
            initial=float(self.initial),
        )


@dataclass(frozen=True, slots=True)
class Auto(Optimizer):
    """Whatever finds the parameters: least squares over the recording, or optimizers that are tried on a part of it.

    It has no settings, and gathers nothing that could be kept. What it chose and why is in `Trace.stages`.
    """

    rate: float = field(default=1.0, init=False)
    schedule: Schedule = field(default_factory=Constant, init=False)
    clip_value: None = field(default=None, init=False)
    clip_norm: None = field(default=None, init=False)
    kind: ClassVar[str] = "auto"

    def core(self) -> CoreOptimizer:
        """Raise: the core sees the optimizers that it chooses."""
        raise InputError("ph.Auto is not one optimizer but a choice of several; a learner makes it")


KINDS: dict[str, type[Optimizer]] = {
    kind.kind: kind for kind in (Auto, SGD, Momentum, Nesterov, RMSProp, Adam, AdamW, NLMS, GaussNewton)
}
"""Every kind by its name."""


def by_name(name: str) -> type[Optimizer]:
    """Return the kind of a name; see `pyhost.learn.kinds.find`."""
    return find("optimizer", name, KINDS)
