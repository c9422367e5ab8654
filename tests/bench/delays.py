"""How exactly delays are found: 200 random ones on noise and on speech, by the estimate alone and after the gradient.

Run it from the root of the project: ``python tests/bench/delays.py``. Speech: the recordings of
Debian's alsa-utils. The target is the recording, delayed by a band-limited kernel, with white noise 40 dB below it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import pyhost as ph
from pyhost.audio import ArraySource, open_audio
from pyhost.learn.align import align

Array = NDArray[np.float64]

RATE = 48_000
LONGEST = 1000.0
DELAYS = 200
SNR = 40.0
SPEECH = Path("/usr/share/sounds/alsa")


def delayed(x: Array, delay: float) -> Array:
    """Return x[n − delay], band-limited, as long as x."""
    length = 1 << (2 * x.size).bit_length()
    turned = np.fft.rfft(x, length) * np.exp(-2j * np.pi * np.fft.rfftfreq(length) * delay)
    return np.fft.irfft(turned, length)[: x.size]


def with_noise(y: Array, decibels: float, rng: np.random.Generator) -> Array:
    """Return y with white noise so far below it."""
    return y + rng.standard_normal(y.size) * np.sqrt(np.mean(y**2)) * 10.0 ** (-decibels / 20.0)


def speech() -> list[Array]:
    """Return the first channel of every spoken recording."""
    paths = [path for path in sorted(SPEECH.glob("*.wav")) if path.stem != "Noise"]
    return [np.concatenate(list(open_audio(path).blocks(1 << 16)), axis=1)[0] for path in paths]


def learned(x: Array, y: Array) -> float:
    """Return the delay that a chain learns, from the estimate on, by Gauss–Newton on its exact partials."""
    learner = ph.Learner(ph.chain("delay | gain"), optimizer=ph.GaussNewton(forgetting=0.9999))
    learner.learn(x, y, sample_rate=RATE)
    learner.use_best()
    return float(learner.parameters["delay"].value)


def measure(recordings: list[Array], seed: int) -> tuple[Array, Array]:
    """Return the errors, in samples, of the estimates and of what is learned from there."""
    rng = np.random.default_rng(seed)
    errors = []
    for number in range(DELAYS):
        x = recordings[number % len(recordings)]
        delay = rng.uniform(0.0, LONGEST)
        y = with_noise(0.5 * delayed(x, delay), SNR, rng)
        found = align(ArraySource(x, RATE, "dry"), ArraySource(y, RATE, "target"))
        errors.append((found.offset - delay, learned(x, y) - delay))
    return np.array(errors)[:, 0], np.array(errors)[:, 1]


def row(name: str, errors: Array) -> str:
    """Return a line of the table."""
    size = np.abs(errors)
    within = f"{np.sum(size < 0.5)} of {size.size}"
    fine = f"{np.sum(size <= 0.01)} of {size.size}"
    return f"| {name} | {within} | {fine} | {np.median(size):.5f} | {size.max():.5f} |"


def main() -> None:
    """Print the table."""
    print("| signal, method | within half a sample | within .01 sample | median error | largest error |")
    print("|---|--:|--:|--:|--:|")
    for name, recordings in (("noise", [ph.noise(RATE)]), ("speech", speech())):
        if not recordings:
            sys.exit(f"{SPEECH} holds no recordings: apt-get install alsa-utils")
        estimate, after = measure(recordings, seed=3)
        print(row(f"{name}, estimate", estimate))
        print(row(f"{name}, after the gradient", after))


if __name__ == "__main__":
    main()
