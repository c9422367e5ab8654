"""How a filter with 64 taps is found from coloured sound: music, whose spectrum makes some directions hard to see.

Run it from the root of the project: ``python tests/bench/colour.py``. It needs the recordings of Debian's
sonic-pi-samples. Each learner hears 20 000 samples of a recording, once, and the same through a random decaying
response, alone and with white noise 40 and 60 dB below it. Printed is the largest share of the response's energy that
is still missing, over all recordings and four responses; what least squares over all samples at once misses (numpy)
is the least that can be asked for.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import pyhost as ph
from pyhost.audio import read_audio
from pyhost.learn.optimizers import Optimizer

Array = NDArray[np.float64]

RATE = 44_100
TAPS, FIRST, FRAMES, SEEDS = 64, 4000, 20_000, 4
FOLDER = Path("/usr/share/sonic-pi/samples")
MUSIC = ("loop_amen", "loop_garzul", "loop_mika", "loop_drone_g_97", "guit_em9", "ambi_piano")


def rows_of(x: Array) -> Array:
    """Return the last 64 samples at every sample, the newest first, (frames, 64)."""
    padded = np.concatenate([np.zeros(TAPS - 1), x])
    return np.lib.stride_tricks.sliding_window_view(padded, TAPS)[:, ::-1]


def response(seed: int) -> Array:
    """Return a random response that decays by 53 dB."""
    return np.asarray(np.random.default_rng(100 + seed).normal(size=TAPS) * 0.9 ** np.arange(TAPS))


def with_noise(y: Array, decibels: float | None, seed: int) -> Array:
    """Return y with white noise so far below it; None: as it is."""
    if decibels is None:
        return y
    noise = np.random.default_rng(seed).standard_normal(y.size)
    return y + noise * np.sqrt(np.mean(y**2)) * 10.0 ** (-decibels / 20.0)


def learned(optimizer: Optimizer) -> Callable[[Array, Array], Array]:
    """Return a method: what an optimizer finds in one pass."""

    def find(x: Array, target: Array) -> Array:
        chain = ph.chain(f"fir(taps={TAPS})")
        learner = ph.Learner(chain, loss=ph.MSE(1), optimizer=optimizer)
        learner.learn(x, target, sample_rate=RATE, evaluate=False, align="off")
        return np.asarray(learner.parameters["taps"].value)

    return find


def at_once(x: Array, target: Array) -> Array:
    """Return the least-squares solution of all samples."""
    return np.asarray(np.linalg.lstsq(rows_of(x), target)[0], dtype=np.float64)


METHODS: dict[str, Callable[[Array, Array], Array]] = {
    "`NLMS(0.25)`": learned(ph.NLMS(0.25)),
    "`GaussNewton()`": learned(ph.GaussNewton()),
    "`GaussNewton(forgetting=0.9999)`": learned(ph.GaussNewton(forgetting=0.9999)),
    "`GaussNewton(forgetting=1, initial=1e6)`": learned(ph.GaussNewton(forgetting=1.0, initial=1e6)),
    "`GaussNewton(forgetting=1, initial=1e4)`": learned(ph.GaussNewton(forgetting=1.0, initial=1e4)),
    "numpy, all at once": at_once,
}


def main() -> None:
    """Print the table."""
    missing = [name for name in MUSIC if not (FOLDER / f"{name}.flac").exists()]
    if missing:
        sys.exit(f"{FOLDER} holds no {missing[0]}.flac: apt-get install sonic-pi-samples")
    levels: tuple[float | None, ...] = (None, 60.0, 40.0)
    worst = {name: [0.0] * len(levels) for name in METHODS}
    seconds: dict[str, list[float]] = {name: [] for name in METHODS}
    for name in MUSIC:
        x = read_audio(FOLDER / f"{name}.flac")[0, FIRST : FIRST + FRAMES]
        powers = np.linalg.eigvalsh(rows_of(x).T @ rows_of(x))
        print(f"{name}: the strongest direction has {powers[-1] / powers[0]:.0e} times the power of the weakest")
        for seed in range(SEEDS):
            hidden = response(seed)
            for column, decibels in enumerate(levels):
                target = with_noise(rows_of(x) @ hidden, decibels, seed)
                for method, find in METHODS.items():
                    began = time.perf_counter()
                    left = float(np.sum((find(x, target) - hidden) ** 2) / np.sum(hidden**2))
                    seconds[method].append(time.perf_counter() - began)
                    worst[method][column] = max(worst[method][column], left)
    print("| | no noise | 60 dB | 40 dB | seconds |\n|---|--:|--:|--:|--:|")
    for method, shares in worst.items():
        print(f"| {method} | {' | '.join(f'{share:.1e}' for share in shares)} | {np.median(seconds[method]):.3f} |")


if __name__ == "__main__":
    main()
