"""Batches: examples as lanes that share the parameters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import ArraySource, write_audio

RATE = 48_000


def chain(x: ph.Signal) -> ph.Signal:
    return ph.onepole(x, ph.param("pole", 0.0, maximum=0.99)) * ph.param("gain", 0.0)


def learner() -> ph.Learner:
    return ph.Learner(chain, loss=ph.MSE(8), optimizer=ph.SGD(0.05))


def examples(count: int, frames: int = 4000) -> tuple[list[np.ndarray], list[np.ndarray]]:
    dry = list(ph.noise(count * frames).reshape(count, frames))
    truth = ph.Learner(chain)
    truth.parameters.set({"pole": 0.5, "gain": 0.5})
    return dry, [truth.process(x, RATE) for x in dry]


def test_a_batch_learns_as_the_same_recordings_as_channels() -> None:
    dry, target = examples(3)
    batch, channels = learner(), learner()
    batch.learn(dry, target, sample_rate=RATE)
    channels.learn(np.stack(dry), np.concatenate(target), sample_rate=RATE)
    assert batch.parameters.values_array().tobytes() == channels.parameters.values_array().tobytes()


def test_ten_examples_find_what_is_hidden() -> None:
    dry, target = examples(10)
    made = learner()
    made.learn(dry, target, sample_rate=RATE, passes=50)
    assert made.best["pole"] == pytest.approx(0.5, rel=0.01)
    assert made.best["gain"] == pytest.approx(0.5, rel=0.01)


def test_one_target_serves_all_examples() -> None:
    x = ph.noise(4000)
    made = ph.Learner(lambda u: u * ph.param("gain", 0.0), loss=ph.MSE(1), optimizer=ph.SGD(0.1))
    made.learn([x, 2.0 * x], x, sample_rate=RATE, passes=20)
    assert made.best["gain"] == pytest.approx(0.6, rel=0.05)  # least squares of 1 and 2 against 1: 3/5


def test_a_batch_of_files_ends_with_the_shortest(tmp_path: Path) -> None:
    dry, target = examples(2)
    for number, (x, t) in enumerate(zip(dry, target, strict=True)):
        write_audio(tmp_path / f"dry{number}.wav", x[: 4000 - 500 * number], RATE)
        write_audio(tmp_path / f"target{number}.wav", t[:, : 4000 - 500 * number], RATE)
    made = learner()
    trace = made.learn(
        [tmp_path / "dry0.wav", str(tmp_path / "dry1.wav")], [tmp_path / "target0.wav", str(tmp_path / "target1.wav")]
    )
    assert trace.frames == 3500
    assert made.parameters["gain"].value > 0.1


def test_recordings_that_do_not_fit_are_refused() -> None:
    dry, target = examples(3)
    with pytest.raises(ph.AudioError, match="channel"):
        learner().learn(dry, target[:2], sample_rate=RATE)
    with pytest.raises(ph.AudioError, match=r"dry 1 has 48000 Hz, dry 2 has 44100 Hz"):
        learner().learn([ArraySource(dry[0], RATE, "dry 1"), ArraySource(dry[1], 44_100, "dry 2")], target[:2])
