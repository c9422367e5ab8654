"""Losses: how far the output is from the target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from pyhost.errors import InputError

__all__ = ["MAE", "MSE", "Loss"]

WindowOf = Literal["signals", "loss"]

LONGEST_WINDOW = 1 << 24


@dataclass(frozen=True, slots=True)
class Loss:
    """What losses have in common; use one of its kinds.

    Attributes
    ----------
    window : int
        W, in samples: over how many the mean is taken.
    window_of : {"signals", "loss"}
        ``"signals"``: the loss of the window means of output and target, and its exact gradient. ``"loss"``: the
        window mean of the loss of each sample, and its exact gradient.
    """

    window: int = 1
    window_of: WindowOf = "signals"
    kind: ClassVar[str] = ""
    power: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not self.kind:
            raise InputError("a Loss is of no kind; use ph.MSE or ph.MAE")
        if isinstance(self.window, bool) or not isinstance(self.window, int):
            raise InputError(f"window must be a whole number of samples, not {self.window!r}")
        if not 1 <= self.window <= LONGEST_WINDOW:
            raise InputError(f"window must be from 1 to {LONGEST_WINDOW} samples, not {self.window}")
        if self.window_of not in ("signals", "loss"):
            raise InputError(f"window_of must be 'signals' or 'loss', not {self.window_of!r}")

    def decibels(self, loss: float, reference: float) -> float:
        """Return a loss relative to another, in dB; −inf for no loss, NaN if the reference is none."""
        if reference <= 0.0:
            return math.nan
        return 20.0 / self.power * math.log10(loss / reference) if loss > 0.0 else -math.inf


@dataclass(frozen=True, slots=True)
class MAE(Loss):
    """Mean absolute error, |e| (see `Loss`)."""

    kind: ClassVar[str] = "mae"


@dataclass(frozen=True, slots=True)
class MSE(Loss):
    """Mean squared error, e² (see `Loss`)."""

    kind: ClassVar[str] = "mse"
    power: ClassVar[int] = 2
