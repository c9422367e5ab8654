"""How exactly frequencies are found: 200 targets over the whole range, and the error beside the Cramér–Rao bound.

Run it from the root of the project: ``python tests/bench/frequencies.py``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

import pyhost as ph
from pyhost.learn.frequency import partials

Array = NDArray[np.float64]

RATE = 48_000
FRAMES = 91_200  # 1.9 s
TARGETS = 200
SHORT = 8192
RUNS = 200


def chain(x: ph.Signal) -> ph.Signal:
    """Return a sine of unknown frequency."""
    return ph.osc(ph.param("frequency", 440.0, minimum=20.0, maximum=20_000.0, unit="Hz", scale="log"))


def tone(frequency: float, frames: int, phase: float) -> Array:
    """Return a sine of amplitude 1."""
    return np.sin(2.0 * np.pi * (frequency / RATE * np.arange(1, frames + 1) + phase))


def chosen(y: Array) -> float:
    """Return the frequency by the estimator of pyhost."""
    return partials(y[None], RATE)[0].frequency


def _bins(y: Array, window: Array) -> tuple[Array, int]:
    spectrum = np.fft.rfft(y * window)
    return spectrum, int(np.argmax(np.abs(spectrum[2:-2]))) + 2


def parabola(y: Array) -> float:
    """Return the vertex of a parabola through the decibels of a Hann-windowed spectrum (QIFFT)."""
    window = np.hanning(y.size + 1)[:-1]
    spectrum, k = _bins(y, window)
    low, middle, high = np.log(np.abs(spectrum[k - 1 : k + 2]))
    return (k + 0.5 * (low - high) / (low - 2.0 * middle + high)) * RATE / y.size


def quinn(y: Array) -> float:
    """Return Quinn's second estimator, from the phases of three bins (IEEE Trans. SP 45, 1997)."""
    spectrum, k = _bins(y, np.ones(y.size))

    def tau(x: float) -> float:
        root = np.sqrt(2.0 / 3.0)
        return 0.25 * np.log(3 * x * x + 6 * x + 1) - np.sqrt(6) / 24 * np.log((x + 1 - root) / (x + 1 + root))

    before, behind = ((spectrum[k + s] / spectrum[k]).real for s in (-1, 1))
    down, up = before / (1.0 - before), -behind / (1.0 - behind)
    return (k + 0.5 * (down + up) + tau(up * up) - tau(down * down)) * RATE / y.size


def macleod(y: Array) -> float:
    """Return Macleod's estimator, from the phases of three bins (IEEE Trans. SP 46, 1998)."""
    spectrum, k = _bins(y, np.ones(y.size))
    low, middle, high = (spectrum[k - 1 : k + 2] * spectrum[k].conjugate()).real
    gamma = (low - high) / (2.0 * middle + low + high)
    return (k + (np.sqrt(1.0 + 8.0 * gamma * gamma) - 1.0) / (4.0 * gamma)) * RATE / y.size


ESTIMATORS: dict[str, Callable[[Array], float]] = {
    "pyhost: Hann, Newton": chosen,
    "Hann, parabola": parabola,
    "Quinn": quinn,
    "Macleod": macleod,
}


def bound(decibels: float) -> float:
    """Return the Cramér–Rao bound, in Hz, for a real sine in white noise (Rife and Boorstyn 1974)."""
    ratio = 10.0 ** (decibels / 10.0)
    return float(np.sqrt(12.0 / (ratio * SHORT * (SHORT**2 - 1.0))) * RATE / (2.0 * np.pi))


def errors_at(decibels: float, seed: int) -> dict[str, float]:
    """Return the root-mean-square error of every estimator over the bound; frequencies from 100 Hz to 20 kHz."""
    rng = np.random.default_rng(seed)
    errors: dict[str, list[float]] = {name: [] for name in ESTIMATORS}
    for _ in range(RUNS):
        frequency = 100.0 * 200.0 ** rng.random()
        y = tone(frequency, SHORT, rng.random())
        y += rng.standard_normal(SHORT) * np.sqrt(0.5) * 10.0 ** (-decibels / 20.0)
        for name, estimator in ESTIMATORS.items():
            errors[name].append(estimator(y) - frequency)
    return {name: float(np.sqrt(np.mean(np.square(found)))) / bound(decibels) for name, found in errors.items()}


def learned(seed: int) -> Array:
    """Return the relative errors of 200 frequencies, learned from 440 Hz on."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(TARGETS):
        frequency = 20.0 * 1000.0 ** rng.random()
        learner = ph.Learner(chain, optimizer=ph.SGD(1e-3))
        learner.learn(np.zeros(FRAMES), tone(frequency, FRAMES, 0.0), sample_rate=RATE)
        found.append(learner.best["frequency"] / frequency - 1.0)
    return np.abs(np.array(found))


def main() -> None:
    """Print both tables."""
    errors = learned(seed=5)
    print(f"{np.sum(errors <= 1e-3)} of {TARGETS} within 0.1 %; largest relative error {errors.max():.1e}\n")
    print(f"| SNR | bound, Hz | {' | '.join(ESTIMATORS)} |")
    print(f"|--:|--:|{'--:|' * len(ESTIMATORS)}")
    for decibels in (0, 10, 20, 30, 40):
        row = errors_at(decibels, seed=7)
        print(f"| {decibels} dB | {bound(decibels):.5f} | {' | '.join(f'{value:.2f}' for value in row.values())} |")


if __name__ == "__main__":
    main()
