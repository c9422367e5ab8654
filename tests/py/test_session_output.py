"""What is written: level, dither and format as asked, wholly or not at all."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from session_plugins import RATE, rendered

import pyhost as ph
from pyhost.audio import audio_info, read_audio, write_audio
from pyhost.errors import InputError, SessionError
from pyhost.host.session import Session

DRY = np.asarray(0.25 * ph.noise(9600), np.float32).astype(np.float64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a recording of 0.2 s."""
    write_audio(tmp_path / "dry.wav", DRY, RATE)
    return tmp_path


def session(**output: Any) -> dict[str, Any]:
    return {"channels": 1, "output": output, "track": [{"name": "one", "clips": [{"file": "dry.wav"}]}]}


def test_the_peak_is_brought_to_what_is_asked(folder: Path) -> None:
    done = rendered(session(normalise=-1), folder)
    mix = read_audio(folder / "mix.wav")
    assert np.abs(mix).max() == pytest.approx(10 ** (-1 / 20), rel=1e-6)
    np.testing.assert_allclose(mix[0], DRY * (10 ** (-1 / 20) / np.abs(DRY).max()), atol=1e-7)
    assert done.peak == np.abs(DRY).max()
    assert sorted(os.listdir(folder)) == ["dry.wav", "mix.wav"]


def test_silence_cannot_be_normalised(folder: Path) -> None:
    description = session(normalise=0) | {"master": {"gain": float("-inf")}}
    with pytest.raises(SessionError, match=r"output.normalise: the mix is silent"):
        rendered(description, folder)
    with pytest.raises(SessionError, match=r"output.normalise: the mix is silent"):
        Session(description, folder).render(folder / "mix.wav", stems=folder / "of" / "one" / "stems")
    assert sorted(os.listdir(folder)) == ["dry.wav"]


@pytest.mark.parametrize("bits", [16, 24])
def test_dither_makes_the_error_of_rounding_independent_of_the_sound(folder: Path, bits: int) -> None:
    """Noise of triangular distribution two steps wide: a variance of 1/6 of a step², and 1/12 more of the rounding."""
    description = session(bits=bits, dither=True)
    rendered(description, folder)
    error = (read_audio(folder / "mix.wav")[0] - DRY) * (2 ** (bits - 1) - 1)
    assert np.abs(error).max() <= 1.5
    assert np.var(error) == pytest.approx(3 / 12, rel=0.05)
    plain = rendered(session(bits=bits), folder).mix
    error = (read_audio(plain.path)[0] - DRY) * (2 ** (bits - 1) - 1)
    assert np.abs(error).max() <= 0.5 + 1e-6


def test_dither_is_the_same_for_every_block_size_and_another_for_another_seed(folder: Path) -> None:
    description = session(bits=16, dither=True, seed=3, normalise=-6)
    rendered(description, folder)
    first = (folder / "mix.wav").read_bytes()
    rendered(description, folder, block=77)
    assert (folder / "mix.wav").read_bytes() == first
    rendered(session(bits=16, dither=True, seed=4, normalise=-6), folder)
    assert (folder / "mix.wav").read_bytes() != first


@pytest.mark.parametrize(("name", "bits"), [("mix.flac", 16), ("mix.aiff", 24), ("mix.ogg", None), ("mix.mp3", None)])
def test_every_format_can_be_written(folder: Path, name: str, bits: int | None) -> None:
    Session(session(file=name) | ({"output": {"file": name, "bits": bits}} if bits else {}), folder).render()
    assert audio_info(folder / name).sample_rate == RATE


def test_paths_in_a_session_are_those_of_its_folder_and_those_of_a_render_are_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (folder / "s.toml").write_text(
        '[output]\nfile = "said.wav"\nstems = "parts"\n[[track]]\nname = "one"\nclips = [{ file = "dry.wav" }]\n'
    )
    done = Session.load(folder / "s.toml").render()
    assert done.mix.path == folder / "said.wav"
    assert done.stems["one"].path == folder / "parts" / "one.wav"
    Session.load(folder / "s.toml").render("asked.wav", stems="stems")
    assert sorted(os.listdir(elsewhere)) == ["asked.wav", "stems"]


def test_a_render_without_a_file_is_refused(folder: Path) -> None:
    with pytest.raises(SessionError, match=r"output: no file is named"):
        Session(session(), folder).render()


def test_a_render_told_to_write_over_what_it_reads_is_refused_without_blaming_the_session(folder: Path) -> None:
    piece = Session({"track": [{"name": "dry", "clips": [{"file": "dry.wav"}]}]}, folder)
    before = (folder / "dry.wav").read_bytes()
    with pytest.raises(SessionError, match=r"^\S*dry\.wav would overwrite what 'dry' reads; name another$"):
        piece.render(folder / "dry.wav")
    with pytest.raises(SessionError, match=r"^\S*dry\.wav would overwrite what 'dry' reads; name another$"):
        piece.render(folder / "mix.wav", stems=folder)
    with pytest.raises(SessionError, match=r"^\S*x\.xyz: cannot write '\.xyz' files"):
        piece.render(folder / "x.xyz")
    assert (folder / "dry.wav").read_bytes() == before
    assert not (folder / "mix.wav").exists()


def test_a_folder_that_is_not_there_is_an_error(folder: Path) -> None:
    with pytest.raises(SessionError, match="there is no folder"):
        Session(session(), folder).render(folder / "none" / "mix.wav")
    with pytest.raises(SessionError, match="cannot be made for the stems"):
        Session(session(), folder).render(folder / "mix.wav", stems=folder / "dry.wav" / "stems")
    assert os.listdir(folder) == ["dry.wav"]


@pytest.mark.parametrize("block", [0, -1, True, 1.5, 1 << 21])
def test_a_block_that_cannot_be_is_refused(folder: Path, block: Any) -> None:
    with pytest.raises(InputError, match="block must be a whole number"):
        Session(session(), folder).render(folder / "mix.wav", block=block)


@pytest.mark.parametrize("threads", [0, -1, True, 1.5])
def test_threads_that_cannot_be_are_refused(folder: Path, threads: Any) -> None:
    with pytest.raises(InputError, match="threads must be a whole number"):
        Session(session(), folder).render(folder / "mix.wav", threads=threads)


FULL = """
import resource, signal, sys
from pyhost.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("normalise", ["", "normalise = -1\n"])
def test_a_full_disk_is_one_error_and_leaves_nothing(folder: Path, normalise: str) -> None:
    (folder / "s.toml").write_text(
        f'[output]\nfile = "mix.wav"\n{normalise}[[track]]\nname = "one"\nclips = [{{ file = "dry.wav" }}]\n'
    )
    command = [sys.executable, "-c", FULL, "render", "s.toml", "--stems", "stems"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("pyhost: error: ")
    assert "cannot be written: File too large" in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(os.listdir(folder)) == ["dry.wav", "s.toml"]


def test_a_long_session_takes_no_more_memory_than_a_short_one(folder: Path) -> None:
    """Files are read and written as the render goes on: of four minutes not even one is held."""
    description = session() | {"length": 240.0, "sample_rate": 48_000}
    Session(session(), folder).render(folder / "mix.flac")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Session(description, folder).render(folder / "mix.flac", block=8192)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 60 * RATE * 8
