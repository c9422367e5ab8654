"""``--batch``: folders of recordings that share the parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import read_audio, write_audio
from pyhost.cli import main
from pyhost.learn.learner import Learner

RATE = 48_000
NOISE = 0.9 * ph.noise(12_000).reshape(3, 4000)


def hidden(x: Any) -> Any:
    return 0.5 * x + 0.25


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with three pairs, one of them longer and one in stereo, and files that are no recordings."""
    for name in ("dry", "wet"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes.txt").write_text("none of these is a recording\n")
        (tmp_path / name / "._a.wav").write_text("nor is what another system left behind\n")
    longer = np.concatenate([NOISE[1], NOISE[0]])
    for name, x in {"a": NOISE[0], "b": longer, "c": np.stack([NOISE[2], -NOISE[2]])}.items():
        write_audio(tmp_path / "dry" / f"{name}.wav", x, RATE)
        write_audio(tmp_path / "wet" / f"{name}.flac", hidden(x), RATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def learn(*arguments: str, dry: str = "dry", target: str = "wet") -> int:
    return main(["learn", "--batch", dry, target, "--chain", "gain | dc", "-o", "learned.json", *arguments])


@pytest.mark.usefixtures("folder")
def test_folders_are_learned_as_lists_are_in_python(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--json", "--passes", "2", "--optimizer", "sgd") == 0
    data = json.loads(capsys.readouterr().out)
    learner = ph.Learner(ph.chain("gain | dc"), optimizer=ph.SGD())
    learner.learn(*([f"{f}/{n}.{e}" for n in "abc"] for f, e in (("dry", "wav"), ("wet", "flac"))), passes=2)
    assert data["last"] == {name: p.value for name, p in learner.parameters.items()}
    assert data["parameters"] == pytest.approx({"gain": 0.5, "dc": 0.25}, abs=1e-3)


@pytest.mark.usefixtures("folder")
def test_it_tells_how_many_recordings_and_how_much_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--passes", "1") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "dry dry (3 recordings, 4 channels, 0.08 s, 48000 Hz)" in told
    assert "target wet (3 recordings, 4 channels, 0.08 s, 48000 Hz)" in told


@pytest.mark.usefixtures("folder")
def test_one_file_is_the_target_of_all_and_a_truth_makes_them(capsys: pytest.CaptureFixture[str]) -> None:
    Path("dry/c.wav").unlink()
    Path("dry/b.wav").unlink()
    write_audio("dry/b.wav", 2.0 * NOISE[0], RATE)
    write_audio("one.wav", NOISE[0], RATE)
    assert learn("--json", "--optimizer", "gauss-newton", target="one.wav") == 0
    assert json.loads(capsys.readouterr().out)["parameters"]["gain"] == pytest.approx(0.6, rel=0.02)
    arguments = ["learn", "--batch", "dry", "--chain", "gain", "--truth", "gain(gain=0.3)", "-o", "l.json", "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["parameters"]["gain"] == pytest.approx(0.3, rel=1e-3)


@pytest.mark.usefixtures("folder")
def test_a_batch_can_be_measured_reported_and_heard(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", "--batch", "dry", "wet", "--chain", "gain(gain=0.5) | dc", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["gradients"]["dc"] == pytest.approx(-0.5, abs=0.02)
    assert learn("--passes", "1", "--report", "report", "--hear", "error=error.wav", "--quiet") == 0
    assert Path("report/index.html").is_file()
    assert read_audio("error.wav").shape == (4, 4000)


@pytest.mark.usefixtures("folder")
def test_rates_are_refused_or_converted(capsys: pytest.CaptureFixture[str]) -> None:
    for place in ("wet/b.flac", "dry/b.wav"):
        write_audio(place, read_audio(place, 44_100), 44_100)
        assert learn() == 2
        assert f"dry/a.wav has 48000 Hz, {place} has 44100 Hz; a batch has one sample rate" in capsys.readouterr().err
    assert learn("--resample", "--passes", "3", "--json") == 0
    assert json.loads(capsys.readouterr().out)["sample_rate"] == RATE


def remove(path: str) -> None:
    Path(path).unlink()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (lambda: remove("wet/b.flac"), {}, "there is no recording in wet for dry/b.wav; the two of a pair"),
        (lambda: remove("dry/a.wav"), {}, "there is no recording in dry for wet/a.flac"),
        (lambda: [remove(f"wet/{n}.flac") for n in "ab"], {}, "in wet for dry/a.wav, dry/b.wav; the two"),
        (lambda: write_audio("dry/a.flac", NOISE[0], RATE), {}, "dry/a.flac and dry/a.wav have the same name"),
        (lambda: Path("empty").mkdir(), {"target": "empty"}, "there is no recording in empty; pyhost reads .wav"),
        (lambda: None, {"dry": "dry/a.wav"}, "DRY must be a folder of recordings, and dry/a.wav is a file"),
        (lambda: None, {"target": "wat"}, "TARGET must be a folder of recordings, and wat does not exist"),
        (lambda: write_audio("wet/a.flac", np.stack([NOISE[0]] * 2), RATE), {}, "wet/a.flac has 2 channels"),
        (lambda: write_audio("wet/b.flac", NOISE[1], RATE), {}, "wet/b.flac has 4000 frames"),
        (lambda: write_audio("one.wav", np.stack([NOISE[0]] * 3), RATE), {"target": "one.wav"}, "has 3 channels"),
        (
            lambda: write_audio("one.wav", NOISE[0, :3000], RATE),
            {"target": "one.wav"},
            "one.wav is to be the target of all, and has 3000 frames where the shortest of them, dry/a.wav, has 4000",
        ),
    ],
)
def test_what_does_not_pair_is_refused_before_learning(
    change: Any, arguments: dict[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change()
    before = sorted(Path().rglob("*"))
    assert learn(**arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert sorted(Path().rglob("*")) == before


@pytest.mark.usefixtures("folder")
def test_trim_cuts_within_a_pair(capsys: pytest.CaptureFixture[str]) -> None:
    write_audio("wet/b.flac", hidden(NOISE[1][:3000]), RATE)
    assert learn("--trim", "--passes", "1") == 0
    assert "the first 0.06 s" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_no_recording_of_a_batch_is_overwritten_and_render_wants_one_recording(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Learner, "learn", lambda *_, **__: pytest.fail("it learned"))
    assert learn("--hear", "loss=wet/b.flac") == 2
    assert "--hear: wet/b.flac would overwrite the input wet/b.flac" in capsys.readouterr().err
    assert learn("--render", "out.wav") == 2
    assert "--render writes one recording, and a batch has many; use pyhost apply" in capsys.readouterr().err
