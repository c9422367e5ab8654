"""How well equalisers are found: random six-band targets on noise and on music, beside scipy's least squares.

Run it from the root of the project, with what ``tests/bench/requirements.txt`` names installed:
``python tests/bench/equalisers.py --targets 20``. Music: the loops of Debian's sonic-pi-samples.

A target is a low shelf, four bells and a high shelf of the Audio EQ Cookbook, ±20 dB, Q from 0.1 to 6, frequencies
from 20 Hz to 20 kHz, both log-uniform, the six frequencies in ascending order; scipy filters the recording. The error
is the mean of the absolute difference of the responses in dB, over 20 Hz to 20 kHz by equal ratios. All methods
see the same two recordings and take turns; their time is processor time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core each, before numpy is loaded
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

import pyhost as ph
from pyhost.audio import ArraySource, open_audio
from pyhost.learn.parameters import Parameters
from pyhost.learn.start import coarse_start

try:
    from scipy.optimize import least_squares
    from scipy.signal import csd, sosfilt, welch
except ImportError:
    sys.exit("this benchmark needs scipy: pip install -r tests/bench/requirements.txt")

Array = NDArray[np.float64]

BANDS = 6
SECONDS = 5.0
NOISE_RATE = 48_000
LOWEST, HIGHEST = 20.0, 20_000.0
GAIN, NARROWEST, WIDEST = 20.0, 6.0, 0.1
GRID = np.geomspace(LOWEST, HIGHEST, 1000)
GOOD, FAILED = 0.1, 1.0  # dB
MUSIC = Path("/usr/share/sonic-pi/samples")
STARTS = 8
FITTED = 400  # frequencies that scipy fits


@dataclass(frozen=True)
class Equaliser:
    """Frequencies, Qs and gains of a low shelf, bells and a high shelf, (6,) each."""

    frequency: Array
    q: Array
    gain: Array

    def sections(self, rate: float) -> Array:
        """Return the cookbook's coefficients, (6, 6): b0 b1 b2 a0 a1 a2 with a0 = 1."""
        a = 10.0 ** (self.gain / 40.0)
        w = 2.0 * np.pi * np.minimum(self.frequency, 0.499 * rate) / rate
        cos, alpha = np.cos(w), np.sin(w) / (2.0 * self.q)
        rows = np.stack(
            [1.0 + alpha * a, -2.0 * cos, 1.0 - alpha * a, 1.0 + alpha / a, -2.0 * cos, 1.0 - alpha / a], axis=1
        )
        for band, sign in ((0, 1.0), (BANDS - 1, -1.0)):
            up, down, c = a[band] + 1.0, a[band] - 1.0, sign * cos[band]
            slope = 2.0 * np.sqrt(a[band]) * alpha[band]
            rows[band] = [
                a[band] * (up - down * c + slope),
                sign * 2.0 * a[band] * (down - up * c),
                a[band] * (up - down * c - slope),
                up + down * c + slope,
                sign * -2.0 * (down + up * c),
                up + down * c - slope,
            ]
        return rows / rows[:, 3:4]

    def response(self, frequencies: Array, rate: float) -> NDArray[np.complex128]:
        """Return the response at frequencies in Hz."""
        rows = self.sections(rate)
        powers = np.exp(-2j * np.pi * frequencies / rate)[None] ** np.arange(3)[:, None]
        return np.prod((rows[:, :3] @ powers) / (rows[:, 3:] @ powers), axis=0)


def random_equaliser(seed: int) -> Equaliser:
    """Return a target."""
    rng = np.random.default_rng(seed)
    frequency = np.sort(np.exp(rng.uniform(np.log(LOWEST), np.log(HIGHEST), BANDS)))
    return Equaliser(
        frequency, np.exp(rng.uniform(np.log(WIDEST), np.log(NARROWEST), BANDS)), rng.uniform(-GAIN, GAIN, BANDS)
    )


def error(found: Equaliser, wanted: Equaliser, rate: float) -> float:
    """Return the mean absolute difference in dB."""
    ratio = found.response(GRID, rate) / wanted.response(GRID, rate)
    return float(np.mean(np.abs(20.0 * np.log10(np.abs(ratio)))))


def by_start(dry: Array, target: Array, rate: float, seed: int) -> Equaliser:
    """Return what pyhost finds before the gradient: alignment and start alone."""
    program = ph.compile(ph.chain(f"peq(bands={BANDS})"))
    parameters = Parameters(program.parameters)
    sources = ArraySource(dry, rate, "dry"), ArraySource(target, rate, "target")
    coarse_start(program, parameters, *sources, align="auto", start="auto")
    return Equaliser(*parameters.values_array().reshape(BANDS, 3).T)


def by_pyhost(dry: Array, target: Array, rate: float, seed: int) -> Equaliser:
    """Return what pyhost finds: the start, one pass over the recording by Gauss-Newton, and the best of both."""
    learner = ph.Learner(ph.chain(f"peq(bands={BANDS})"), optimizer=ph.GaussNewton(forgetting=1.0, initial=1e-6))
    learner.learn(dry, target, sample_rate=rate)
    learner.use_best()
    values = np.array([parameter.value for parameter in learner.parameters.values()])
    return Equaliser(*values.reshape(BANDS, 3).T)


def by_scipy(dry: Array, target: Array, rate: float, seed: int) -> Equaliser:
    """Return what scipy finds: trust-region least squares on the logarithm of a cross-spectral estimate.

    The estimate is Welch's, Hann windows of 2^15 frames with three quarters of overlap, weighted by its coherence; the
    residual is the logarithm of level and, a third of it, phase. Frequencies and Qs are logarithmic, all are bounded
    and brought to one scale; the eight starts are the even one and seven random ones.
    """
    size = 1 << 15
    settings = {"fs": rate, "window": "hann", "nperseg": size, "noverlap": size * 3 // 4, "detrend": False}
    bins, cross = csd(dry, target, **settings)
    _, own = welch(dry, **settings)
    _, heard = welch(target, **settings)
    chosen = np.unique(np.searchsorted(bins, np.geomspace(LOWEST, min(HIGHEST, bins[-2]), FITTED)))
    frequencies, estimate = bins[chosen], (cross / own)[chosen]
    coherence = (np.abs(cross) ** 2 / (own * heard))[chosen]
    weight = np.sqrt(np.clip(coherence, 1e-3, 1.0) / frequencies.size)
    low = np.repeat([np.log(LOWEST), np.log(WIDEST), -GAIN], BANDS)
    high = np.repeat([np.log(HIGHEST), np.log(NARROWEST), GAIN], BANDS)
    powers = np.exp(-2j * np.pi * frequencies / rate)

    def equaliser(place: Array) -> Equaliser:
        values = (low + place * (high - low)).reshape(3, BANDS)
        return Equaliser(np.exp(values[0]), np.exp(values[1]), values[2])

    def residuals(place: Array) -> Array:
        rows = equaliser(place).sections(rate)
        above = rows[:, 0, None] + powers * (rows[:, 1, None] + powers * rows[:, 2, None])
        below = rows[:, 3, None] + powers * (rows[:, 4, None] + powers * rows[:, 5, None])
        ratio = np.log(np.prod(above / below, axis=0) / estimate) * weight
        return np.concatenate([ratio.real, ratio.imag / 3.0])

    rng = np.random.default_rng(seed)
    found = None
    for number in range(STARTS):
        place = np.concatenate([np.linspace(0.1, 0.9, BANDS), np.full(BANDS, 0.5), np.full(BANDS, 0.5)])
        if number:
            place = np.concatenate([np.sort(rng.uniform(0.02, 0.98, BANDS)), rng.uniform(0.2, 0.8, 2 * BANDS)])
        fit = least_squares(residuals, place, bounds=(0.0, 1.0), x_scale="jac", max_nfev=200, xtol=1e-10, ftol=1e-10)
        if found is None or fit.cost < found.cost:
            found = fit
    return equaliser(found.x)


METHODS: dict[str, Callable[[Array, Array, float, int], Equaliser]] = {
    "start": by_start,
    "pyhost": by_pyhost,
    "scipy": by_scipy,
}


def recordings(kind: str) -> list[tuple[Array, float]]:
    """Return what is filtered, with its rate: one noise, or the first seconds of every loop that is long enough."""
    if kind == "noise":
        return [(ph.noise(int(SECONDS * NOISE_RATE)), NOISE_RATE)]
    found = []
    for path in sorted(MUSIC.glob("loop_*.flac")):
        source = open_audio(path)
        if source.frames >= SECONDS * source.sample_rate:
            audio = np.concatenate(list(source.blocks(1 << 16)), axis=1)[:, : int(SECONDS * source.sample_rate)]
            found.append((audio.mean(axis=0), source.sample_rate))
    if not found:
        sys.exit(f"{MUSIC} holds no loops: apt-get install sonic-pi-samples")
    return found


def measure(kind: str, seeds: Sequence[int], methods: Sequence[str]) -> None:
    """Print the rows of one kind of recording, and what failed."""
    heard = recordings(kind)
    errors: dict[str, list[float]] = {name: [] for name in methods}
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for seed in seeds:
        wanted = random_equaliser(seed)
        dry, rate = heard[seed % len(heard)]
        target = np.asarray(sosfilt(wanted.sections(rate), dry))
        for name in methods:
            began = time.process_time()
            found = METHODS[name](dry, target, rate, seed)
            seconds[name].append(time.process_time() - began)
            errors[name].append(error(found, wanted, rate))
    for name in methods:
        size = np.array(errors[name])
        failed = [f"{seed} ({e:.2f} dB)" for seed, e in zip(seeds, size, strict=True) if not e <= FAILED]
        print(
            f"| {kind}, {name} | {np.median(size):.5f} | {100 * np.mean(size < GOOD):.0f} % | {size.max():.2f} | "
            f"{len(failed)} | {np.median(seconds[name]):.2f} |"
        )
        if failed:
            print(f"    failed, by seed: {', '.join(failed)}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=100, help="how many; seeds are counted from --seed on")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--kind", choices=("noise", "music"), action="append", help="both unless given")
    parser.add_argument("--only", choices=tuple(METHODS), action="append", help="leave out the others")
    options = parser.parse_args()
    print("| recording, method | median error, dB | below 0.1 dB | largest, dB | above 1 dB | seconds a target |")
    print("|---|--:|--:|--:|--:|--:|")
    for kind in options.kind or ("noise", "music"):
        measure(kind, range(options.seed, options.seed + options.targets), options.only or tuple(METHODS))


if __name__ == "__main__":
    main()
