"""What ``optimizer="auto"`` is going to do: a short list of stages, made from what is known beforehand.

That is how many numbers are to be found, what the loss is, and how long the recording is. Nothing is random and nothing
is timed: the same recording gives the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import NLMS, SGD, Adam, GaussNewton, Optimizer

__all__ = ["Material", "Stage", "StageResult", "in_words", "plan"]

WAVEFORMS = frozenset({"mse", "mae", "huber", "log_cosh", "esr"})
"""Losses that are 0 just where output and target are the same, so that least squares is a way to make them small."""

RESIDUALS = frozenset({"mse", "msle", "huber", "log_cosh", "esr"})
"""Losses that `GaussNewton` takes."""

MOST_PRODUCTS = 2e10
"""Products of two partials in one hearing of a recording, beyond which least squares takes too long."""

SOLVING = 8
"""Products, times the cube of the numbers to find, that take as long as solving for a step."""

MOST_LEAST_SQUARES = 100
"""Scalars beyond which `GaussNewton`, which handles their square at every sample, takes too long."""

LEVEL = 0.01
"""Mean square of a target at which the usual `initial` of `GaussNewton` is right; at others it is scaled."""

SILENT = 1e-20
"""Mean square below which a target counts as that."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a plan.

    Attributes
    ----------
    kind : {"search", "squares", "steps"}
        What is done; see `pyhost.learn.automatic`.
    why : str
        What speaks for it, in words.
    optimizers : tuple of Optimizer
        Of a search: what may find a way where going downhill does not. Of steps: what is tried.
    """

    kind: Literal["search", "squares", "steps"]
    why: str
    optimizers: tuple[Optimizer, ...] = ()


@dataclass(frozen=True, slots=True)
class StageResult:
    """What was done at a stage.

    Attributes
    ----------
    what, why : str
        In words.
    passes : int
        Over the whole recording; those that were given up count too.
    decibels : float
        Loss of the best parameters so far, held still, relative to that of silence.
    """

    what: str
    why: str
    passes: int
    decibels: float

    def __str__(self) -> str:
        passes = "" if not self.passes else f", {self.passes} pass{'es' if self.passes > 1 else ''}"
        return f"{self.what}{passes}: {self.decibels:z.1f} dB ({self.why})"


@dataclass(frozen=True, slots=True)
class Material:
    """What is known beforehand.

    Attributes
    ----------
    numbers : int
        Scalars that are to be found.
    samples, loudest : int
        Of the recording and of its loudest seconds, over all channels.
    level : float
        Mean square of the target in its loudest seconds.
    """

    numbers: int
    samples: int
    loudest: int
    level: float


def plan(loss: Loss, material: Material) -> tuple[Stage, ...]:
    """Return the stages for a loss and what is known of chain and recording."""
    squared, scale = material.numbers**2, LEVEL / max(material.level, SILENT)
    fast = GaussNewton(forgetting=0.995, initial=1e4 * scale)
    patient = GaussNewton(forgetting=0.9999, initial=1e4 * scale)
    careful = GaussNewton(forgetting=0.9999, initial=10.0 * scale)
    few = material.numbers <= MOST_LEAST_SQUARES
    numbers = f"{material.numbers} number{'s' if material.numbers > 1 else ''} to find"
    stages: list[Stage] = []
    waveforms = loss.kind in WAVEFORMS
    solving = SOLVING * material.numbers
    whole = waveforms and squared * max(material.samples, solving) <= MOST_PRODUCTS
    if waveforms and squared * max(material.loudest, solving) <= MOST_PRODUCTS:
        stages.append(Stage("search", f"{numbers}, and a loss of waveforms", (fast, careful) if few else ()))
    if whole:
        stages.append(Stage("squares", "now all of the recording counts"))
    if whole and loss.kind == "mse" and loss.window == 1:
        return tuple(stages)
    if whole:
        window = f" over {loss.window} samples" if loss.window > 1 else ""
        why = f"the loss is {type(loss).__name__}{window}"
    elif waveforms:
        why = f"{numbers}, too many for least squares over {material.samples} samples"
    else:
        why = f"{type(loss).__name__} is no loss of waveforms"
    tried: tuple[Optimizer, ...] = (fast, patient) if few and loss.kind in RESIDUALS else ()
    return (*stages, Stage("steps", why, (*tried, *_rates(loss))))


def in_words(optimizer: Optimizer) -> str:
    """Return name and settings of an optimizer that is tried."""
    forgetting = f", forgetting {optimizer.forgetting:g}" if isinstance(optimizer, GaussNewton) else ""
    return f"{type(optimizer).__name__}, rate {optimizer.rate:g}{forgetting}"


def _rates(loss: Loss) -> tuple[Optimizer, ...]:
    """Return first-order optimizers, at rates so far apart that one of them suits."""
    tried: list[Optimizer] = [NLMS(rate) for rate in (0.25, 0.05, 0.01) if loss.window == 1]
    tried += [Adam(rate) for rate in (1e-2, 1e-3, 1e-4, 1e-5)]
    tried += [SGD(rate) for rate in (1e-1, 1e-2, 1e-3)]
    return tuple(tried)
