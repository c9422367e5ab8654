"""``pyhost render`` and ``pyhost check``."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

import pyhost as ph
from pyhost.audio import read_audio, write_audio
from pyhost.cli import main
from pyhost.cli.mixing import rendering_display
from pyhost.host.session import Progress, Session

SESSION = """
tail = 0.1
[output]
file = "mix.wav"
[[track]]
name = "drums"
clips = [{ file = "dry.wav" }]
[[track.insert]]
chain = "gain"
learn = { target = "dry.wav", save = "learned.json" }
[[track.send]]
to = "verb"
level = -6
[[group]]
name = "verb"
[[group.insert]]
plugin = "Reverb"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a session."""
    write_audio(tmp_path / "dry.wav", 0.5 * ph.noise(4800), 48_000)
    (tmp_path / "s.toml").write_text(SESSION)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_check_tells_what_is_there_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "s.toml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0.20 s, 2 channels, 48000 Hz; latency 0 samples, made up for"
    assert lines[1:] == ["track  drums › gain → master", "group  verb › Reverb → master", "master master"]
    assert not Path("mix.wav").exists()
    assert main(["check", "s.toml", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["check", "s.toml", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["frames"] == 9600
    assert [strip["name"] for strip in data["strips"]] == ["drums", "verb", "master"]


@pytest.mark.usefixtures("folder")
def test_render_writes_the_mix_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "s.toml"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    lines = captured.out.splitlines()
    assert lines[0].startswith("wrote mix.wav (0.20 s, peak -")
    assert lines[1] == "learned drums.gain: gain 1"
    assert lines[2] == "wrote learned.json"
    assert lines[3].endswith("times as fast as it plays")
    assert read_audio("mix.wav").shape == (2, 9600)


@pytest.mark.usefixtures("folder")
def test_options_say_where_and_how(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["render", "s.toml", "-o", "other.flac", "--stems", "parts", "--block", "100", "--json"]
    assert main(arguments) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["path"] == "other.flac"
    assert data["stems"] == {"drums": "parts/drums.wav", "verb": "parts/verb.wav"}
    assert data["learned"] == {"drums.gain": {"gain": 1.0}}
    assert data["frames"] == 9600
    assert Path("parts/verb.wav").exists()
    assert main(["render", "s.toml", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


class Terminal(io.StringIO):
    """Takes down what a terminal would show."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_far_it_is_and_a_meter_for_each_strip(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    stream = Terminal()
    with rendering_display(Session.load(folder / "s.toml").arrangement, stream) as show:
        show(Progress(4800, 9600, 0.01, {"drums": 0.5, "verb": 0.0, "master": 2.0}))
    shown = stream.getvalue()
    for part in ("rendering", "50 %", "10 × real time", "drums", "-6.0 dB", "silent", "6.0 dB"):
        assert part in shown
