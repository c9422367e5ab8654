"""A learned FIR is the Wiener solution: no other filter of its length comes nearer to the target."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost.learn.optimizers import Optimizer

FRAMES = 48_000
TAPS = 16


def delayed(dry: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a column for each tap."""
    padded = np.concatenate([np.zeros(TAPS - 1), dry])
    return np.lib.stride_tricks.sliding_window_view(padded, TAPS)[:, ::-1]


def coloured_task() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coloured noise and what a response three times as long as the filter makes of it, at 20 dB SNR."""
    rng = np.random.default_rng(20_261_123)
    white = rng.standard_normal(FRAMES) / 4
    dry = np.convolve(white, [1.0, 0.6, 0.3])[:FRAMES]
    clean = np.convolve(dry, rng.standard_normal(3 * TAPS) * 0.9 ** np.arange(3 * TAPS))[:FRAMES]
    return dry, clean + rng.standard_normal(FRAMES) * np.std(clean) / 10


@pytest.mark.parametrize(
    ("optimizer", "passes"),
    [(ph.GaussNewton(forgetting=1.0), 1), (ph.GaussNewton(forgetting=0.9999), 1), (ph.NLMS(0.005), 10)],
    ids=["GaussNewton", "GaussNewton that forgets", "NLMS"],
)
def test_a_learned_fir_is_within_a_tenth_of_a_decibel_of_the_wiener_solution(optimizer: Optimizer, passes: int) -> None:
    dry, target = coloured_task()
    wiener, *_ = np.linalg.lstsq(delayed(dry), target, rcond=None)
    least = np.mean((target - delayed(dry) @ wiener) ** 2)
    learner = ph.Learner(lambda x: ph.fir(x, ph.param("taps", shape=(TAPS,))), optimizer=optimizer)
    learner.learn(dry, target, sample_rate=48_000, passes=passes, align="off")
    learner.use_best()
    error = np.mean((target - learner.process(dry, sample_rate=48_000)[0]) ** 2)
    assert 0.0 <= 10 * np.log10(error / least) <= 0.1
