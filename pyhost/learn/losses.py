"""Losses: how far the output is from the target."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pyhost._settings import CoreLoss
from pyhost.errors import InputError
from pyhost.learn.kinds import check_count, check_number, find

__all__ = ["ESR", "KINDS", "MAE", "MSE", "MSLE", "Huber", "LogCosh", "Loss", "Spectral", "by_name"]

WindowOf = Literal["signals", "loss"]

LONGEST_WINDOW = 1 << 24
LONGEST_SPECTRUM = 1 << 16
MOST_SIZES = 8


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
    power: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if not self.kind:
            raise InputError("a Loss is of no kind; use ph.MSE or ph.MAE")
        check_count("window", self.window, 1, LONGEST_WINDOW)
        if self.window_of not in ("signals", "loss"):
            raise InputError(f"window_of must be 'signals' or 'loss', not {self.window_of!r}")

    def decibels(self, loss: float, reference: float) -> float:
        """Return a loss relative to another, in dB; −inf for no loss, NaN if the reference is none.

        Decibels of amplitude where the loss grows as the error does (MAE), else of energy: Huber and log-cosh are
        parabolas near 0.
        """
        if reference <= 0.0:
            return math.nan
        return 20.0 / self.power * math.log10(loss / reference) if loss > 0.0 else -math.inf

    def core(self) -> CoreLoss:
        """Return it as the core sees it."""
        return CoreLoss(self.kind, self.window_of, self.window)


@dataclass(frozen=True, slots=True)
class MAE(Loss):
    """Mean absolute error, |e| (see `Loss`)."""

    kind: ClassVar[str] = "mae"
    power: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class MSE(Loss):
    """Mean squared error, e² (see `Loss`)."""

    kind: ClassVar[str] = "mse"


@dataclass(frozen=True, slots=True)
class MSLE(Loss):
    """Mean squared logarithmic error, (ln(1 + y) − ln(1 + t))² (see `Loss`).

    For what is never negative: envelopes, levels. Where y or t is below −1 + 1e-6, that is taken instead.
    """

    kind: ClassVar[str] = "msle"


@dataclass(frozen=True, slots=True)
class Huber(Loss):
    """e²/2 up to |e| = delta, delta·(|e| − delta/2) beyond: single large errors pull no harder (see `Loss`).

    Attributes
    ----------
    delta : float
        Where the parabola becomes a line, above 0, in full scale.
    """

    delta: float = field(default=0.1, kw_only=True)
    kind: ClassVar[str] = "huber"

    def __post_init__(self) -> None:
        Loss.__post_init__(self)
        check_number("delta", self.delta, 0.0, above=True)

    def core(self) -> CoreLoss:
        """Return it as the core sees it."""
        return CoreLoss(self.kind, self.window_of, self.window, delta=float(self.delta))


@dataclass(frozen=True, slots=True)
class LogCosh(Loss):
    """ln cosh e: e²/2 for small errors, |e| − ln 2 for large ones, smooth in between (see `Loss`)."""

    kind: ClassVar[str] = "log_cosh"


@dataclass(frozen=True, slots=True)
class ESR(Loss):
    """Error-to-signal ratio, S(e²)/(S(t²) + 1e-6), both first through 1 − a·z⁻¹; S is the mean over the window.

    The same at every level, down to a target of −60 dB. There is one windowing only: that of the energies.

    Attributes
    ----------
    window : int
        W, from 2 on, in samples.
    pre_emphasis : float
        a, from 0 (none) to 1; 0.95 gives high frequencies the weight that ears give them.
    """

    window: int = 1024
    window_of: WindowOf = field(default="loss", init=False)
    pre_emphasis: float = 0.0
    kind: ClassVar[str] = "esr"

    def __post_init__(self) -> None:
        check_count("window", self.window, 2, LONGEST_WINDOW)
        check_number("pre_emphasis", self.pre_emphasis, 0.0, 1.0)

    def core(self) -> CoreLoss:
        """Return it as the core sees it."""
        return CoreLoss(self.kind, self.window_of, self.window, pre_emphasis=float(self.pre_emphasis))


@dataclass(frozen=True, slots=True)
class Spectral(Loss):
    """How far the magnitudes of sliding spectra are apart: mean over bins of (|Y| − |T|)², at every sample.

    Deaf to phase and to small delays. The spectra are those of the last `size` samples, without a window function,
    scaled so that the loss is comparable to `MSE`. Time per sample and memory grow with parameters × size.

    Attributes
    ----------
    size : int or tuple of int
        Samples a spectrum spans, 2 to 65536; up to eight sizes at once, of which the mean is taken.
    log : bool or float
        Share, 0 to 1, of the logarithmic form: the squared difference of ½·ln(|Y|² + 1e-8), in which quiet bins count
        as loud ones do.
    """

    window: int = field(default=1, init=False)
    window_of: WindowOf = field(default="signals", init=False)
    size: int | tuple[int, ...] = 1024
    log: bool | float = False
    kind: ClassVar[str] = "spectral"

    def __post_init__(self) -> None:
        if not 1 <= len(self._sizes()) <= MOST_SIZES:
            raise InputError(f"size must be one to {MOST_SIZES} numbers of samples, not {self.size!r}")
        for size in self._sizes():
            check_count("size", size, 2, LONGEST_SPECTRUM)
        check_number("log", float(self.log) if isinstance(self.log, bool) else self.log, 0.0, 1.0)

    def _sizes(self) -> tuple[int, ...]:
        return self.size if isinstance(self.size, tuple) else (self.size,)

    def core(self) -> CoreLoss:
        """Return it as the core sees it."""
        return CoreLoss(self.kind, self.window_of, self.window, sizes=self._sizes(), logarithmic=float(self.log))


KINDS: dict[str, type[Loss]] = {kind.kind: kind for kind in (MAE, MSE, MSLE, Huber, LogCosh, ESR, Spectral)}
"""Every kind by its name."""


def by_name(name: str) -> type[Loss]:
    """Return the kind of a name; see `pyhost.learn.kinds.find`."""
    return find("loss", name, KINDS)
