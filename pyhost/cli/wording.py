"""What was chosen, what came of it and why it ended, in words."""

from __future__ import annotations

from pyhost.audio import AudioSource
from pyhost.errors import ChainError
from pyhost.learn.batch import Batch
from pyhost.learn.certificate import largest_pole
from pyhost.learn.learned import LearnedChain
from pyhost.learn.learner import Learner
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import Auto, Optimizer
from pyhost.learn.traces import Trace

__all__ = ["largest_pole_of", "loss_in_words", "settings_in_words", "source_in_words"]

PERFECT_DECIBELS = -240.0

HARDLY = -3.0
"""Decibels: what leaves more has explained less than half of the target."""


def settings_in_words(
    learner: Learner,
    learned: LearnedChain,
    dry: AudioSource,
    target: AudioSource,
    trace: Trace,
    *,
    passes: int,
    tolerance: float,
) -> dict[str, str]:
    """Return what was chosen and what came out, by heading; `passes` and `tolerance` as they were asked for."""
    decibels = learner.best_decibels
    told = {"chain": learned.label, "dry": source_in_words(dry), "target": source_in_words(target)}
    if dry.frames != target.frames:
        told["used"] = f"the first {trace.frames / dry.sample_rate:.2f} s"
    if str(learner.coarse):
        told["found first"] = str(learner.coarse)
    told["loss"] = loss_in_words(learner.loss)
    told["optimizer"] = _optimizer(learner.optimizer)
    for number, stage in enumerate(trace.stages, 1):
        told[f"stage {number}"] = str(stage)
    if learner.resumed:
        told["resumed"] = learner.resumed
    told["passes"] = f"{len(trace.passes)} of at most {passes}: {_why(trace, decibels, passes, tolerance)}"
    told["remaining"] = f"{decibels:z.1f} dB relative to silence"
    radius = learned.details.get("largest_pole")
    if radius:
        stable = "stable" if radius < 1.0 else "does not die away"
        told["poles"] = f"largest radius {radius:.6f}, {stable}"
    return told


def largest_pole_of(learned: LearnedChain) -> float | None:
    """Return the largest pole radius of a chain; None if it cannot be told (a very long loop, no slope in silence)."""
    try:
        return largest_pole(learned)
    except ChainError:
        return None


def source_in_words(source: AudioSource) -> str:
    """Return the name, channels, length and rate of a recording or a batch."""
    many = f"{source.recordings} recordings, " if isinstance(source, Batch) else ""
    channels = f"{source.channels} channel{'s' if source.channels > 1 else ''}"
    return f"{source.name} ({many}{channels}, {source.frames / source.sample_rate:.2f} s, {source.sample_rate:g} Hz)"


def loss_in_words(loss: Loss) -> str:
    """Return the kind of a loss, and its window."""
    window = f", window of {loss.window_of}: {loss.window} samples" if loss.window > 1 else ""
    return f"{type(loss).__name__}{window}"


def _optimizer(optimizer: Optimizer) -> str:
    name = type(optimizer).__name__
    return name if isinstance(optimizer, Auto) else f"{name}, rate {optimizer.rate:g}"


def _why(trace: Trace, decibels: float, passes: int, tolerance: float) -> str:
    """Return why learning ended."""
    if not trace.converged and len(trace.passes) < passes:
        tried = "whatever was tried" if trace.stages else "three in a row"
        return f"stopped, {tried} found nothing better than the start values"
    if not trace.converged:
        return "not converged, more passes would improve it"
    if decibels <= PERFECT_DECIBELS:
        return "converged, nothing is left but rounding"
    if trace.stages and decibels > HARDLY:
        return "converged, nothing that was tried explains more: the chain may not be what made the target"
    if trace.stages:
        return "converged, nothing else that was tried improves it"
    return f"converged, three in a row improved the loss by no more than {100 * tolerance:g} %"
