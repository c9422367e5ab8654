"""The plots of a report: drawn without a screen, on white, in colours that colour-blind people can tell apart."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from pyhost.learn.losses import by_name
from pyhost.report.learning import Learning
from pyhost.report.measure import FLOOR, Measures

__all__ = ["draw_plots"]

# Okabe and Ito's palette, https://jfly.uni-koeln.de/color/ (2008), without its yellow, which is faint on white, and
# with its black for what is hidden.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
TARGET, LEARNED, ERROR, START, HIDDEN = "#0072B2", "#D55E00", "#009E73", "#999999", "#000000"
CURVES_SHOWN = 16
"""Elements of a vector parameter that get a curve of their own."""

PARAMETERS_SHOWN = 24
"""Parameters that get a plot: the first ones."""

BANDS_PER_OCTAVE = 24
"""Resolution of the spectra: finer lines hide one another at high frequencies."""

Array = NDArray[np.float64]
STYLE: Any = {"font.size": 10, "axes.grid": True, "grid.color": "#e0e0e0", "axes.edgecolor": "#666666"}


def draw_plots(learning: Learning, measures: Measures, folder: Path) -> list[tuple[str, str]]:
    """Draw all plots into a folder.

    Returns
    -------
    list of (str, str)
        File name and what it shows.
    """
    jobs: list[tuple[str, str, Callable[[], Figure]]] = [
        ("parameters.png", "Parameters while learning", lambda: _trajectories(learning)),
        ("loss.png", "Loss while learning", lambda: _loss(learning)),
        ("error.png", "Error of the learned values", lambda: _error(measures)),
        ("spectrum.png", "Spectra of target and learned, and their difference", lambda: _spectra(measures)),
    ]
    for name, parameter in list(learning.learned.parameters.items())[:PARAMETERS_SHOWN]:
        if parameter.spec.shape:
            jobs.append((f"vector-{name}.png", f"Elements of {name}", lambda name=name: _stems(learning, name)))  # type: ignore[misc]
    if not learning.learned.parameters:
        jobs = jobs[1:]
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        for file, _, draw in jobs:
            draw().savefig(folder / file, dpi=110)
    return [(file, title) for file, title, _ in jobs]


def _figure(height: float, rows: int = 1, **settings: Any) -> tuple[Figure, Any]:
    figure = Figure(figsize=(9.0, height), layout="constrained", facecolor="white")
    axes = figure.subplots(rows, 1, squeeze=False, **settings)[:, 0]
    return figure, axes


def _time(learning: Learning) -> Array:
    """Return the seconds of audio learned from, at each row of the trace."""
    return learning.trace.samples / learning.trace.sample_rate


def _mark_passes(axes: Any, learning: Learning) -> None:
    """Draw a line where each pass begins, if they can be told apart."""
    length = learning.trace.frames / learning.trace.sample_rate
    if 1 < len(learning.trace.passes) <= 40:
        for number in range(1, len(learning.trace.passes)):
            axes.axvline(number * length, color="#bbbbbb", linewidth=0.8, linestyle=":", zorder=0)


def _trajectories(learning: Learning) -> Figure:
    parameters = dict(list(learning.learned.parameters.items())[:PARAMETERS_SHOWN])
    figure, all_axes = _figure(0.8 + 1.9 * len(parameters), len(parameters), sharex=True)
    time, hidden = _time(learning), learning.hidden
    for axes, (name, parameter) in zip(all_axes, parameters.items(), strict=True):
        curves = np.atleast_2d(learning.trace.parameters[name].T)
        shown = curves[:CURVES_SHOWN]
        known = name in learning.differences()
        true = np.atleast_1d(np.asarray(hidden[name], dtype=float)) if known else None
        for k, curve in enumerate(shown):
            colour = COLOURS[k % len(COLOURS)]
            axes.plot(time, curve, color=colour, linewidth=1.4, label="while learning" if k == 0 else None)
            if true is not None:
                label = "hidden" if k == 0 else None
                axes.axhline(true[k], color=HIDDEN, linewidth=1.0, linestyle="--", label=label)
        best = np.atleast_1d(np.asarray(parameter.value))
        axes.plot(
            [time[-1]] * len(shown),
            best[: len(shown)],
            "o",
            color=LEARNED,
            markersize=6,
            clip_on=False,
            label="learned (best)",
        )
        # Over less than an octave a logarithmic axis has hardly a number to show.
        if parameter.scale == "log" and shown.max() > 2.0 * shown.min():
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.yaxis.set_minor_formatter(NullFormatter())
        more = f", first {CURVES_SHOWN} of {len(curves)}" if len(curves) > CURVES_SHOWN else ""
        locked = ", locked" if name in learning.locked else ""
        axes.set_title(
            f"{name}{f' in {parameter.unit}' if parameter.unit else ''}{more}{locked}", loc="left", fontsize=10
        )
        axes.margins(x=0.01)
        _mark_passes(axes, learning)
    all_axes[0].legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, frameon=False, fontsize=9)
    all_axes[-1].set_xlabel(_time_label(learning))
    return figure


def _time_label(learning: Learning) -> str:
    passes = len(learning.trace.passes)
    return f"audio learned from, in s ({passes} pass{'es' if passes > 1 else ''} over the recording)"


def _loss(learning: Learning) -> Figure:
    figure, (axes,) = _figure(3.4)
    trace = learning.trace
    power = 20.0 / by_name(learning.learned.details["loss"]).power

    def decibels(loss: Any) -> Array:
        values: Array = np.maximum(np.asarray(loss, dtype=float), 1e-300) / trace.reference_loss
        return np.maximum(power * np.log10(values), -320.0)

    time, instant = _time(learning), decibels(trace.loss)
    axes.plot(time, instant, ",", color="#56B4E9", alpha=0.7)
    axes.plot([], [], "s", color="#56B4E9", label="at single samples")
    ends = (np.arange(len(trace.passes)) + 1) * trace.frames / trace.sample_rate
    axes.plot(ends, decibels([p.loss for p in trace.passes]), "o-", color=TARGET, markersize=4, label="mean of a pass")
    best = decibels([p.best_loss for p in trace.passes])
    axes.plot(ends, best, "s--", color=LEARNED, markersize=4, label="best values, held still")
    axes.axhline(0.0, color=HIDDEN, linewidth=1.0, label="silence")
    seen = instant[instant > -320.0]
    bottom = min(float(best.min()), float(np.percentile(seen, 2.0)) if seen.size else 0.0)
    axes.set_ylim(10.0 * math.floor(bottom / 10.0) - 10.0, max(10.0, float(np.max(instant, initial=0.0)) + 5.0))
    axes.set_xlim(0.0, float(ends[-1]) * 1.02)
    axes.set_xlabel(_time_label(learning))
    axes.set_ylabel("loss in dB, silence 0 dB")
    axes.set_title("Loss while learning", loc="left", fontsize=10)
    _mark_passes(axes, learning)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, frameon=False, fontsize=9)
    return figure


def _error(measures: Measures) -> Figure:
    figure, (axes,) = _figure(3.2)
    axes.plot(measures.seconds, measures.target_level, color=TARGET, linewidth=2.4, label="target")
    heard = measures.error_level.max() > FLOOR
    error = "error: target − learned" if heard else f"error: below {FLOOR:g} dB throughout"
    left = np.where(measures.error_level > FLOOR, measures.error_level, np.nan)
    axes.plot(measures.seconds, left, color=ERROR, linewidth=1.0, label=error)
    everything = np.concatenate([measures.target_level, measures.error_level])
    shown = everything[everything > FLOOR]
    if shown.size:
        axes.set_ylim(max(float(shown.min()) - 6.0, FLOOR), max(float(shown.max()) + 6.0, -30.0))
    axes.set_title("Error of the learned values", loc="left", fontsize=10)
    axes.set_xlabel("time in s")
    axes.set_ylabel("RMS level in dB, full scale 0 dB")
    axes.margins(x=0.01)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=9)
    return figure


def _spectra(measures: Measures) -> Figure:
    figure, (above, below) = _figure(5.2, 2, sharex=True, height_ratios=[2, 1])
    frequency, target, learned = _bands(measures)
    above.semilogx(frequency, target, color=TARGET, linewidth=2.4, label="target")
    above.semilogx(frequency, learned, color=LEARNED, linewidth=1.2, linestyle="--", label="learned")
    above.set_ylim(max(float(min(target.min(), learned.min())), float(target.max()) - 120.0) - 5.0, None)
    above.set_ylabel("dB, full-scale sine 0 dB")
    above.set_title("Spectra", loc="left", fontsize=10)
    above.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=9)
    difference = learned - target
    below.axhline(0.0, color="#666666", linewidth=0.8)
    below.semilogx(frequency, difference, color=ERROR, linewidth=1.2)
    # Where the target is 100 dB below its peak there is nothing but rounding, which would set the scale.
    counted = np.abs(difference[target > target.max() - 100.0])
    reach = max(float(counted.max(initial=0.0)) * 1.15, 0.1)
    below.set_ylim(-reach, reach)
    below.set_ylabel("difference in dB")
    below.set_title("learned − target", loc="left", fontsize=10)
    below.set_xlabel("frequency in Hz")
    below.set_xlim(frequency[0], frequency[-1])
    below.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=20))
    below.xaxis.set_major_formatter(
        FuncFormatter(lambda hertz, _: f"{hertz / 1000:g}k" if hertz >= 1000 else f"{hertz:g}")
    )
    below.xaxis.set_minor_formatter(NullFormatter())
    return figure


def _bands(measures: Measures) -> tuple[Array, Array, Array]:
    """Return frequency in Hz, and the mean power of target and learned in dB, in bands of a fraction of an octave."""
    audible = measures.frequencies >= 20.0
    frequency = measures.frequencies[audible]
    band = np.floor(np.log2(frequency / frequency[0]) * BANDS_PER_OCTAVE).astype(int)
    _, band, count = np.unique(band, return_inverse=True, return_counts=True)

    def mean(values: Array) -> Array:
        return np.bincount(band, values) / count

    spectra = (10.0 ** (spectrum[audible] / 10.0) for spectrum in (measures.target_spectrum, measures.learned_spectrum))
    target, learned = (10.0 * np.log10(mean(power)) for power in spectra)
    return mean(frequency), target, learned


def _stems(learning: Learning, name: str) -> Figure:
    figure, (axes,) = _figure(3.2)
    parameter = learning.learned.parameters[name]
    learned, start = np.asarray(parameter.value), np.asarray(learning.start[name])
    places = np.arange(learned.size)
    axes.axhline(0.0, color="#666666", linewidth=0.8)
    axes.plot(places, start, "_", color=START, markersize=10, markeredgewidth=2, label="start")
    axes.vlines(places, 0.0, learned, color=LEARNED, linewidth=2.0 if learned.size <= 64 else 0.8)
    axes.plot(places, learned, "o", color=LEARNED, markersize=6 if learned.size <= 64 else 2, label="learned")
    if name in learning.differences():
        style: dict[str, Any] = {"markerfacecolor": "none", "markersize": 11 if learned.size <= 64 else 4}
        axes.plot(places, np.asarray(learning.hidden[name]), "o", color=HIDDEN, label="hidden", **style)
    axes.set_title(f"Elements of {name}", loc="left", fontsize=10)
    axes.set_xlabel("element")
    axes.set_ylabel(f"{name}{f' in {parameter.unit}' if parameter.unit else ''}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, frameon=False, fontsize=9)
    return figure
