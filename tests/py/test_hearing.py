"""Hearing a chain learn: what is in the files, at which level, and that they are there when learning ends badly."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import AudioArray, audio_info, read_audio
from pyhost.learn import hearing

RATE = 48_000
X = 0.5 * ph.noise(3000)


def chain(x: ph.Signal) -> ph.Signal:
    y = ph.lowpass(x, ph.param("cutoff", 500.0, minimum=20.0, maximum=20_480.0, scale="log"))
    return y * ph.param("gain", 0.5, minimum=-1.0, maximum=4.0) + ph.fir(x, ph.param("taps", [0.5, 0.0, 0.0]))


def learner(optimizer: Any = None) -> ph.Learner:
    return ph.Learner(chain, loss=ph.MSE(4), optimizer=optimizer or ph.SGD(0.05))


def heard(folder: Path, *names: str, **settings: Any) -> tuple[dict[str, AudioArray], ph.Trace]:
    files = {name: folder / f"{number}.wav" for number, name in enumerate(names)}
    trace = learner().learn(X, 0.8 * X, sample_rate=RATE, align="off", evaluate=False, hear=files, **settings)
    assert set(trace.heard) == set(names)
    return {name: read_audio(path) for name, path in files.items()}, trace


def test_what_is_heard_is_what_the_trace_has_in_units_that_are_said(tmp_path: Path) -> None:
    audio, trace = heard(tmp_path, "loss", "gain", "cutoff", "taps", "taps[1]", record=True, passes=2)
    expected = {
        "loss": trace.loss,
        "gain": (trace.parameters["gain"] + 1.0) / 2.5 - 1.0,
        "cutoff": np.log2(trace.parameters["cutoff"] / 20.0) / 5.0 - 1.0,
        "taps": trace.parameters["taps"].T,
        "taps[1]": trace.parameters["taps"][:, 1],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(audio[name], np.atleast_2d(values), rtol=1e-6, atol=1e-7, err_msg=name)
    assert audio["taps"].shape == (3, 2 * len(X))


def test_error_is_output_less_target_and_its_square_is_the_loss(tmp_path: Path) -> None:
    audio, trace = heard(tmp_path, "error", "output", "target", record=True)
    np.testing.assert_allclose(audio["target"], [0.8 * X], atol=1e-7)
    np.testing.assert_allclose(audio["error"], audio["output"] - audio["target"], atol=1e-6)
    means = np.convolve(audio["error"][0], np.full(4, 0.25))[: len(X)]
    np.testing.assert_allclose(means**2, trace.loss, atol=1e-6)


def test_channels_stay_channels_and_the_loss_is_one(tmp_path: Path) -> None:
    files = {"loss": tmp_path / "loss.flac", "error": tmp_path / "error.flac"}
    x = X.reshape(2, -1)
    learner().learn(x, 0.8 * x, sample_rate=44_100, align="off", hear=files)
    assert [(audio_info(path).channels, audio_info(path).frames) for path in files.values()] == [(1, 1500), (2, 1500)]
    assert audio_info(files["loss"]).sample_rate == 44_100


@pytest.mark.parametrize("every", [1, 7, 100])
def test_listening_changes_neither_what_is_learned_nor_what_is_recorded(
    every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "ROOM", 5 * 11)  # parts of 11 samples, at which no row of a record need begin
    runs = []
    for files in (None, {"loss": tmp_path / "loss.wav", "gain": str(tmp_path / "gain.wav")}):
        made = learner(ph.Adam(1e-2))
        trace = made.learn(X, 0.8 * X, sample_rate=RATE, passes=3, record=every, align="off", hear=files)
        runs.append((trace, made))
    (plain, first), (listened, second) = runs
    assert first.parameters.values_array().tobytes() == second.parameters.values_array().tobytes()
    assert (first.best_loss, plain.passes) == (second.best_loss, listened.passes)
    np.testing.assert_array_equal(plain.loss, listened.loss)
    for name in plain.parameters:
        np.testing.assert_array_equal(plain.parameters[name], listened.parameters[name])
        np.testing.assert_array_equal(plain.gradients[name], listened.gradients[name])


def test_the_sound_of_a_divergence_is_kept_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "error.wav"
    made = ph.Learner(lambda x: ph.fir(x, ph.param("taps", shape=(8,))), optimizer=ph.SGD(50.0))
    with pytest.raises(ph.DivergedError) as stopped:
        made.learn(X, 0.8 * X, sample_rate=RATE, align="off", hear={"error": path, "taps": tmp_path / "taps.wav"})
    error = read_audio(path)
    assert error.shape == (1, stopped.value.sample)
    assert np.abs(error).max() == hearing.LOUDEST


def test_after_an_interrupt_what_was_heard_is_there(tmp_path: Path) -> None:
    def interrupt(progress: ph.Progress) -> None:
        if progress.pass_number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learner().learn(
            X, 0.8 * X, sample_rate=RATE, passes=5, align="off", hear={"loss": tmp_path / "l.wav"}, progress=interrupt
        )
    assert len(X) < audio_info(tmp_path / "l.wav").frames <= 2 * len(X)


def test_any_other_failure_and_one_before_the_first_sample_leave_no_file(tmp_path: Path) -> None:
    def fail(progress: ph.Progress) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        learner().learn(X, 0.8 * X, sample_rate=RATE, align="off", hear={"loss": tmp_path / "l.wav"}, progress=fail)
    log = ph.Learner(lambda x: x * ph.log(ph.param("gain", 0.0)))
    with pytest.raises(ph.DivergedError):
        log.learn(X, 0.8 * X, sample_rate=RATE, align="off", evaluate=False, hear={"loss": tmp_path / "l.wav"})
    assert os.listdir(tmp_path) == []


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    class Long:
        """A minute that is never in memory at once."""

        sample_rate, channels, frames, name = float(RATE), 1, 60 * RATE, "long"

        def blocks(self, frames: int) -> Iterator[AudioArray]:
            for at in range(0, self.frames, frames):
                yield np.resize(X, (1, min(frames, self.frames - at)))

    files = {name: tmp_path / f"{name}.flac" for name in ("loss", "taps", "error")}
    tracemalloc.start()
    learner().learn(Long(), Long(), hear=files, align="off", evaluate=False)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert audio_info(files["taps"]).frames == Long.frames
    assert most < Long.frames * 8  # less than one of the five signals


@pytest.mark.parametrize(
    ("hear", "message"),
    [
        ({"gian": "a.wav"}, "there is no 'gian' to hear; did you mean 'gain'?"),
        ({"lost": "a.wav"}, "there is no 'lost' to hear; did you mean 'loss'?"),
        ({"taps[3]": "a.wav"}, r"there is no 'taps\[3\]' to hear: taps has 3 elements"),
        ({"gain[0]": "a.wav"}, r"there is no 'gain\[0\]' to hear: gain has 1 element"),
        ({"loss": 3}, "hear 'loss': 3 is no path of a file; give e.g. 'loss.wav'"),
        (["loss"], "hear must be a file for each of what is heard"),
        ({"loss": "a.wav", "gain": "./a.wav"}, "loss and gain would be written to the same file"),
        ({"loss": "a.txt"}, "a.txt: cannot write '.txt' files"),
        ({"loss": "no/folder/a.wav"}, "there is no folder"),
    ],
)
def test_what_cannot_be_heard_is_refused(hear: Any, message: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ph.InputError, match=message):
        learner().learn(X, 0.8 * X, sample_rate=RATE, hear=hear)
    assert os.listdir(tmp_path) == []


def test_of_many_elements_one_can_be_heard(tmp_path: Path) -> None:
    made = ph.Learner(lambda x: ph.fir(x, ph.param("taps", shape=(65,))))
    with pytest.raises(ph.InputError, match=r"taps has 65 elements, and 64 are the most .* as in 'taps\[0\]'"):
        made.learn(X, X, sample_rate=RATE, hear={"taps": tmp_path / "taps.wav"})
    made.learn(X, X, sample_rate=RATE, hear={"taps[64]": tmp_path / "tap.wav"})
    assert audio_info(tmp_path / "tap.wav").channels == 1
    made = ph.Learner(lambda x: ph.fir(x, ph.param("taps", shape=(64,))))
    made.learn(X, X, sample_rate=RATE, hear={"taps": tmp_path / "taps.wav"})
    assert audio_info(tmp_path / "taps.wav").channels == 64
