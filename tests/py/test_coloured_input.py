"""Long filters learned from sound whose spectrum is not white: what is found, and that the recursion stays in order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost.audio import read_audio

Array = NDArray[np.float64]

RATE = 44_100
TAPS, FRAMES = 64, 20_000
MUSIC = ["loop_amen", "loop_garzul", "loop_drone_g_97", "guit_em9", "ambi_piano"]
PATIENT = ph.GaussNewton(forgetting=1.0, initial=1e6)


def rows_of(x: Array) -> Array:
    padded = np.concatenate([np.zeros(TAPS - 1), x])
    return np.lib.stride_tricks.sliding_window_view(padded, TAPS)[:, ::-1]


def response(seed: int) -> Array:
    return np.asarray(np.random.default_rng(seed).normal(size=TAPS) * 0.9 ** np.arange(TAPS))


def with_noise(y: Array, decibels: float, seed: int) -> Array:
    noise = np.random.default_rng(seed).standard_normal(y.size)
    return np.asarray(y + noise * np.sqrt(np.mean(y**2)) * 10.0 ** (-decibels / 20.0))


def rumble(frames: int, seed: int) -> Array:
    """Return noise through two poles at 0.97: 60 dB between its strongest and its weakest frequency."""
    chain = ph.chain("onepole(pole=0.97) | onepole(pole=0.97)")
    x = np.random.default_rng(seed).uniform(-1.0, 1.0, frames)
    return np.asarray(0.01 * ph.value_and_jacobian(chain, x, sample_rate=RATE)[0][0])


def learned(x: Array, target: Array, passes: int = 1) -> ph.Learner:
    learner = ph.Learner(ph.chain(f"fir(taps={TAPS})"), loss=ph.MSE(1), optimizer=PATIENT)
    learner.learn(x, target, sample_rate=RATE, passes=passes, tolerance=0.0, evaluate=False, align="off")
    return learner


def missing(learner: ph.Learner, hidden: Array) -> float:
    """Return the share of the response's energy that was not found."""
    return float(np.sum((learner.parameters["taps"].value - hidden) ** 2) / np.sum(hidden**2))


@pytest.mark.parametrize("name", MUSIC)
def test_sixty_four_taps_are_found_from_music_to_a_hundredth_of_their_energy(
    name: str, real_recordings: list[Path]
) -> None:
    path = next(path for path in real_recordings if path.stem == name)
    x, hidden = read_audio(path)[0, 4000 : 4000 + FRAMES], response(1)
    target = rows_of(x) @ hidden
    assert missing(learned(x, target), hidden) < 1e-5
    assert missing(learned(x, with_noise(target, 60.0, seed=2)), hidden) < 0.01


def test_what_is_found_from_coloured_noise_is_what_least_squares_finds_over_all_samples_at_once() -> None:
    x, hidden = rumble(FRAMES, 3), response(4)
    target = with_noise(rows_of(x) @ hidden, 40.0, seed=5)
    rows = np.concatenate([rows_of(x), np.eye(TAPS) * 1e-3])
    wanted = np.linalg.lstsq(rows, np.concatenate([target, np.zeros(TAPS)]))[0]
    start = ph.Learner(ph.chain(f"fir(taps={TAPS})")).parameters["taps"].value
    assert np.array_equal(start, np.zeros(TAPS))
    np.testing.assert_allclose(learned(x, target).parameters["taps"].value, wanted, rtol=0, atol=1e-6)


def test_pass_after_pass_of_it_only_makes_what_is_known_more_certain() -> None:
    x, hidden = rumble(FRAMES, 6), response(7)
    target = rows_of(x) @ hidden
    left, certainty = [], []
    for passes in (1, 8):
        learner = learned(x, target, passes)
        state = learner.optimizer_state
        assert state is not None
        s = state[3:].reshape(TAPS, TAPS)
        np.testing.assert_array_equal(s, s.T)
        certainty.append(np.linalg.eigvalsh(s))
        left.append(missing(learner, hidden))
    assert left[1] < left[0] < 1e-6
    assert certainty[1].min() > 0.0
    np.testing.assert_allclose(certainty[1][-1], certainty[0][-1] / 8.0, rtol=0.05)
