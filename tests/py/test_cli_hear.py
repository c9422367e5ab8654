"""``pyhost learn --hear``, and ``--chain learned.json`` to go on: what stays of learning beside the values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import audio_info, read_audio, write_audio
from pyhost.cli import main
from pyhost.learn.learner import Learner

RATE = 48_000
FRAMES = 6000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a dry recording and what a gain of 0.5 and an offset of 0.25 make of it."""
    noise = 0.9 * ph.noise(FRAMES)
    write_audio(tmp_path / "dry.wav", noise, RATE)
    write_audio(tmp_path / "target.wav", 0.5 * noise + 0.25, RATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def learn(*arguments: str, chain: str = "gain | dc", output: str = "learned.json") -> int:
    return main(["learn", "dry.wav", "target.wav", "--chain", chain, "-o", output, *arguments])


HEAR = ("--hear", "loss=loss.wav", "--hear", "gain=gain.wav", "--hear", "error=error.flac")


@pytest.mark.usefixtures("folder")
def test_loss_error_and_parameters_are_heard(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--passes", "2", *HEAR) == 0
    told = capsys.readouterr().out
    assert "wrote loss.wav (0.25 s, peak -" in told
    assert "wrote gain.wav (0.25 s, peak -" in told
    learner = ph.Learner(ph.chain("gain | dc"), optimizer=ph.SGD())
    trace = learner.learn("dry.wav", "target.wav", passes=2, record=True)
    np.testing.assert_allclose(read_audio("loss.wav"), [trace.loss], atol=1e-7)
    np.testing.assert_allclose(read_audio("gain.wav"), [trace.parameters["gain"] / 2.0 - 1.0], atol=1e-6)
    np.testing.assert_allclose(np.square(read_audio("error.flac")), [trace.loss], atol=1e-6)
    assert learn("--passes", "1", *HEAR, "--json") == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert files["hear loss"] == "loss.wav"
    assert set(files) == {"learned", "hear loss", "hear gain", "hear error"}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("wish", [("--hear", "loss=loss.wav"), ("--rate", "0.1")])
def test_what_auto_has_learned_goes_on_in_single_steps_if_they_are_asked_for(
    capsys: pytest.CaptureFixture[str], wish: tuple[str, str]
) -> None:
    assert learn() == 0
    assert "Auto" in capsys.readouterr().out
    assert learn("--passes", "1", *wish, chain="learned.json", output="more.json") == 0
    assert "SGD, rate" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("hear", "message"),
    [
        ("loss", "--hear 'loss': write what is heard and a file, as in loss=loss.wav"),
        ("=a.wav", "write what is heard and a file"),
        ("gian=a.wav", "there is no 'gian' to hear; did you mean 'gain'?"),
        ("loss=a.txt", "--hear: a.txt must end in .wav or .flac"),
        ("loss=no/a.wav", "--hear: there is no folder"),
        ("loss=dry.wav", "--hear: dry.wav would overwrite the input dry.wav"),
        ("gain=x.wav", "--hear: x.wav would overwrite what --hear writes"),
        ("error=y.wav", "--hear error is given twice"),
    ],
)
def test_what_cannot_be_heard_is_refused_before_learning(
    hear: str, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Learner, "learn", lambda *_, **__: pytest.fail("it learned"))
    assert learn("--hear", "error=x.wav", "--hear", hear) == 2
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_the_sound_of_a_divergence_is_all_that_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--window", "1", "--rate", "100", "--hear", "error=error.wav")
    assert learn(*arguments, chain="fir(taps=8)") == 1
    assert capsys.readouterr().err.endswith("; what was heard is in error.wav, nothing else was written\n")
    assert audio_info("error.wav").frames > 0
    assert not Path("learned.json").exists()


@pytest.mark.usefixtures("folder")
def test_a_disk_that_fills_up_does_not_cost_what_was_learned(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Learner.learn

    def failing(self: Learner, *arguments: object, **settings: object) -> object:
        whole(self, *arguments, **(settings | {"passes": 2}))  # type: ignore[arg-type]
        raise ph.AudioError("loss.wav: cannot be written: No space left on device")

    monkeypatch.setattr(Learner, "learn", failing)
    assert learn("--hear", "loss=loss.wav") == 2
    error = capsys.readouterr().err
    assert "No space left on device; the best parameters of 2 passes, -" in error
    assert error.endswith("are saved in learned.json\n")
    assert ph.load("learned.json").parameters["gain"].value < 1.0


@pytest.mark.usefixtures("folder")
def test_a_learned_chain_is_learned_on_with_its_optimizer_and_what_that_had_gathered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert learn("--optimizer", "adam", "--loss", "huber", "--window", "4", "--passes", "2", "--lock", "dc") == 0
    capsys.readouterr()
    first = ph.load("learned.json")
    assert learn("--passes", "1", "--json", "--align", "off", chain="learned.json", output="more.json") == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert data["resumed"] == "Adam goes on after 12000 steps"
    assert data["locked"] == ["dc"]
    learner = ph.Learner(first)
    assert (learner.loss, learner.optimizer) == (ph.Huber(4), ph.Adam())
    learner.learn("dry.wav", "target.wav", align="off")
    assert data["last"]["gain"] == learner.parameters["gain"].value
    more = ph.Learner(ph.load("more.json"))
    np.testing.assert_array_equal(more.optimizer_state, learner.optimizer_state)


@pytest.mark.usefixtures("folder")
def test_what_was_locked_can_be_unlocked(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--lock", "dc", "--set", "dc=0.1", "--passes", "1", "--quiet") == 0
    assert learn("--unlock", "dc", "--json", chain="learned.json", output="more.json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["start"]["dc"] == 0.1
    assert data["locked"] == []
    assert data["parameters"]["dc"] == pytest.approx(0.25, abs=1e-3)


@pytest.mark.usefixtures("folder")
def test_settings_change_what_was_saved_and_another_optimizer_starts_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--optimizer", "adam", "--loss", "huber", "--window", "4", "--passes", "1", "--quiet") == 0
    arguments = {"chain": "learned.json", "output": "more.json"}
    assert learn("--rate", "1e-4", "--passes", "1", **arguments) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "loss Huber, window of signals: 4 samples" in told
    assert "optimizer Adam, rate 0.0001" in told
    assert "resumed Adam goes on after 6000 steps" in told
    assert learn("--optimizer", "sgd", "--passes", "1", **arguments) == 0
    assert "SGD starts over: what was saved is of Adam" in capsys.readouterr().out
    assert learn("--window", "8", "--passes", "1", **arguments) == 0
    assert "Adam starts over: what was saved is of the loss Huber(window=4" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_a_learned_chain_that_is_learned_on_is_not_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--passes", "1", "--quiet") == 0
    assert learn(chain="learned.json") == 2
    assert "-o: learned.json would overwrite the input learned.json" in capsys.readouterr().err
