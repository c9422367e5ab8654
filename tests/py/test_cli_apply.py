"""``pyhost apply``: a learned chain on another recording."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import audio_info, read_audio, write_audio
from pyhost.cli import main

RATE = 48_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a learned gain of about 0.5 and a recording in stereo."""
    noise = 0.9 * ph.noise(4800)
    learner = ph.Learner(ph.chain("gain | lowpass"), optimizer=ph.SGD(0.1))
    learner.learn(noise, 0.5 * noise, sample_rate=RATE)
    learner.save(tmp_path / "learned.json")
    write_audio(tmp_path / "in.wav", np.stack([noise, -noise]), RATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the one line on stderr of input that is wrong."""
    assert main(["apply", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("pyhost: error: ")
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.usefixtures("folder")
def test_it_writes_what_the_chain_makes_of_a_recording(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "learned.json", "in.wav", "out.wav"]) == 0
    assert capsys.readouterr().out.startswith("wrote out.wav (0.10 s, peak -")
    expected = ph.load("learned.json").process(read_audio("in.wav"), RATE)
    np.testing.assert_allclose(read_audio("out.wav"), expected, atol=1e-6)


@pytest.mark.usefixtures("folder")
def test_it_goes_block_by_block_without_a_seam() -> None:
    long = np.tile(read_audio("in.wav"), 20)
    write_audio("long.wav", long, RATE)
    assert main(["apply", "learned.json", "long.wav", "out.wav", "--quiet"]) == 0
    expected = ph.load("learned.json").process(read_audio("long.wav"), RATE)
    np.testing.assert_allclose(read_audio("out.wav"), expected, atol=1e-6)


@pytest.mark.usefixtures("folder")
def test_set_changes_a_value_and_what_clips_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["apply", "learned.json", "in.wav", "out.flac", "--set", "gain=4", "--set", "cutoff=20000"]
    assert main([*arguments, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["channels"], data["frames"], data["sample_rate"]) == (2, 4800, RATE)
    assert data["peak"] > 1.0
    assert data["clipped"] > 0
    assert main(arguments) == 0
    assert f"{data['clipped']} samples beyond full scale were cut" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_another_rate_is_refused_or_resampled(capsys: pytest.CaptureFixture[str]) -> None:
    write_audio("other.wav", read_audio("in.wav", 44_100), 44_100)
    assert "learned at 48000 Hz and the audio has 44100 Hz" in refused(capsys, "learned.json", "other.wav", "out.wav")
    assert not Path("out.wav").exists()
    assert main(["apply", "learned.json", "other.wav", "out.wav", "--resample", "--quiet"]) == 0
    assert audio_info("out.wav").sample_rate == RATE


@pytest.mark.usefixtures("folder")
def test_a_damaged_learned_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("learned.json").read_text(encoding="utf-8")
    Path("cut.json").write_text(text[: len(text) // 2], encoding="utf-8")
    assert "'cut.json' is damaged" in refused(capsys, "cut.json", "in.wav", "out.wav")
    Path("newer.json").write_text(text.replace('"version": 1', '"version": 99'), encoding="utf-8")
    assert "is of version 99, this pyhost reads version 1" in refused(capsys, "newer.json", "in.wav", "out.wav")
    Path("other.json").write_text("[1]", encoding="utf-8")
    assert "is not a learned.json of pyhost" in refused(capsys, "other.json", "in.wav", "out.wav")
    assert "cannot read 'none.json'" in refused(capsys, "none.json", "in.wav", "out.wav")
    assert not Path("out.wav").exists()


@pytest.mark.usefixtures("folder")
def test_an_unknown_parameter_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("learned.json", "in.wav", "out.wav", "--set")
    assert "there is no parameter 'cutof'; did you mean 'cutoff'?" in refused(capsys, *arguments, "cutof=100")
    assert "choose from 20 to 20000 Hz" in refused(capsys, *arguments, "cutoff=5")


@pytest.mark.usefixtures("folder")
def test_an_input_is_never_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("in.wav").read_bytes()
    Path("link.wav").symlink_to("in.wav")
    for output in ("in.wav", "./in.wav", "link.wav"):
        assert "would overwrite the input in.wav" in refused(capsys, "learned.json", "in.wav", output)
    assert Path("in.wav").read_bytes() == before


@pytest.mark.usefixtures("folder")
def test_an_output_that_cannot_be_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "must end in .wav or .flac" in refused(capsys, "learned.json", "in.wav", "out.txt")
    assert "there is no folder" in refused(capsys, "learned.json", "in.wav", "nowhere/out.wav")
    Path("folder.wav").mkdir()
    assert "is a folder; name a file in it" in refused(capsys, "learned.json", "in.wav", "folder.wav")
