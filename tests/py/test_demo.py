"""``pyhost demo``: it makes a recording, and finds what it hid."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pyhost.audio import audio_info
from pyhost.cli import main
from pyhost.cli.pluck import SAMPLE_RATE, pluck, plucked_phrase


def test_the_demo_finds_what_it_hid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "some" / "demo"
    assert main(["demo", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "all hidden values found within" in out
    assert str(folder / "report" / "index.html") in out
    rows = {line.split()[0]: line.split() for line in out.splitlines() if line}
    assert [rows[name][2:4] for name in ("gain", "dc", "cutoff")] == [["0.5", "0.5"], ["0.1", "0.1"], ["3000", "3000"]]
    names = {"dry.wav", "target.wav", "learned.json", "learned.wav", "report", "about.txt"}
    assert {path.name for path in folder.iterdir()} == names
    assert "a plucked phrase" in (folder / "about.txt").read_text(encoding="utf-8")
    info = audio_info(folder / "dry.wav")
    assert (info.channels, info.sample_rate) == (2, SAMPLE_RATE)


def test_the_demo_says_so_if_it_did_not_find_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["pyhost.cli.demo"], "MOST_OFF", -1.0)
    assert main(["demo", str(tmp_path), "--quiet"]) == 1
    assert main(["demo", str(tmp_path), "--quiet"]) == 1, "an earlier demo is replaced"
    assert "a learned value is off by" in capsys.readouterr().err


def test_a_folder_with_files_of_ones_own_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dry.wav").write_bytes(b"mine")
    assert main(["demo", str(tmp_path)]) == 2
    assert "holds files that are no demo of pyhost" in capsys.readouterr().err
    assert (tmp_path / "dry.wav").read_bytes() == b"mine"


def test_a_file_in_the_way_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "demo").touch()
    assert main(["demo", str(tmp_path / "demo")]) == 2
    assert "cannot be used: File exists" in capsys.readouterr().err


def test_a_plucked_string_has_its_pitch_and_dies_away() -> None:
    excitation = np.zeros((1, SAMPLE_RATE))
    excitation[0, :100] = np.random.default_rng(3).uniform(-1.0, 1.0, 100)
    string = pluck(excitation, 480.0)[0]
    spectrum = np.abs(np.fft.rfft(string[4800:] * np.hanning(len(string) - 4800)))
    strongest = np.argmax(spectrum) * SAMPLE_RATE / (len(string) - 4800)
    assert strongest / 480.0 == pytest.approx(round(strongest / 480.0), abs=0.02)
    assert np.abs(string[-4800:]).max() < 0.2 * np.abs(string[:4800]).max()


def test_the_phrase_is_the_same_every_time_in_stereo_and_not_too_loud() -> None:
    phrase = plucked_phrase()
    assert np.array_equal(phrase, plucked_phrase())
    assert phrase.shape == (2, 4 * SAMPLE_RATE)
    assert np.abs(phrase).max() == pytest.approx(0.7)
    assert not np.array_equal(phrase[0], phrase[1])
