"""Optimizers: from a gradient to a step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from pyhost.errors import InputError

__all__ = ["SGD", "Optimizer"]


@dataclass(frozen=True, slots=True)
class Optimizer:
    """What optimizers have in common; use one of its kinds.

    Attributes
    ----------
    rate : float
        Learning rate α, from 0 on.
    """

    rate: float = 1e-2
    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not self.kind:
            raise InputError("an Optimizer is of no kind; use ph.SGD")
        if isinstance(self.rate, bool) or not isinstance(self.rate, (int, float)):
            raise InputError(f"the learning rate must be a number, not {self.rate!r}")
        if not (math.isfinite(self.rate) and self.rate >= 0.0):
            raise InputError(f"the learning rate must be finite and not negative, not {self.rate}")


@dataclass(frozen=True, slots=True)
class SGD(Optimizer):
    """Stochastic gradient descent: every sample, one step of rate × gradient."""

    kind: ClassVar[str] = "sgd"
