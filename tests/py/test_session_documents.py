"""The page on sessions names every key, and its example is rendered as it stands."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

import pyhost as ph
from pyhost.audio import audio_info, read_audio, write_audio
from pyhost.host.session import parse, parse_inserts

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sessions.md").read_text(encoding="utf-8")


def test_every_key_is_described() -> None:
    keys = {
        *parse.TOP,
        *parse.OUTPUT,
        *parse.TRACK,
        *parse.CLIP,
        *parse.SEND,
        *parse_inserts.INSERT,
        *parse_inserts.LEARN,
    }
    tables = {"output", "track", "group", "master"}
    missing = [key for key in sorted(keys - tables) if f"`{key}`" not in PAGE]
    assert not missing
    assert all(f"[{table}]" in PAGE for table in tables)


def test_the_example_learns_its_amplifier_and_ends_quietly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["song.py", str(tmp_path / "song")])
    runpy.run_path(str(ROOT / "examples" / "session" / "song.py"), run_name="__main__")
    assert capsys.readouterr().out.splitlines()[1:] == ["gain: 1.8000", "cutoff: 1500.0000"]
    song = audio_info(tmp_path / "song" / "song.flac")
    assert (song.sample_rate, song.channels, song.frames) == (48_000, 2, round((32 * 0.6 + 2) * 48_000))
    mix = read_audio(song.path)
    assert abs(mix).max() == pytest.approx(10 ** (-1 / 20), abs=2e-4)
    assert abs(mix[:, -48_000:]).max() < 0.05
    assert ph.load(tmp_path / "song" / "amplifier.json").sample_rate == 48_000


def test_the_session_in_the_page_is_one(tmp_path: Path) -> None:
    blocks = [block.split("```")[0] for block in PAGE.split("```toml\n")[1:]]
    (tmp_path / "page.toml").write_text(blocks[0])
    write_audio(tmp_path / "pluck.wav", 0.1 * ph.noise(48_000), 48_000)
    found = ph.Session.load(tmp_path / "page.toml").check()
    assert [strip.name for strip in found.strips] == ["pluck", "room", "master"]
