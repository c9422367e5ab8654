"""Files written whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pyhost.audio import (
    WRITABLE,
    ArraySource,
    AudioWriter,
    atomic_path,
    audio_info,
    open_audio,
    read_audio,
    write_audio,
)
from pyhost.errors import AudioError, InputError

RATE = 48000
NOISE = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 9000))


# In a process of its own, in which no file can grow beyond 3000 bytes: the nearest to a full disk that needs no root.
ON_A_SMALL_DISK = """
import resource, signal, sys
import numpy as np
from pyhost.audio import write_audio
from pyhost.errors import AudioError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
try:
    write_audio(sys.argv[1], np.random.default_rng(1).uniform(-0.5, 0.5, (2, 9000)), 48000)
except AudioError as error:
    print(error)
"""


def test_a_float_wav_comes_back_exactly_and_clips_nothing(tmp_path: Path) -> None:
    audio = np.array([[0.0, 1.0, -1.0, 3.5, -2.25]])
    written = write_audio(tmp_path / "x.wav", audio, RATE)
    assert (written.path, written.sample_rate, written.channels) == (tmp_path / "x.wav", 48000.0, 1)
    assert (written.frames, written.peak, written.clipped) == (5, 3.5, 0)
    assert np.array_equal(read_audio(tmp_path / "x.wav"), audio)


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff", ".aif"])
def test_an_integer_file_read_and_written_again_does_not_change(tmp_path: Path, suffix: str, bits: int) -> None:
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_audio(first, NOISE, RATE, bit_depth=bits)
    half_a_step = 0.501 / (2 ** (bits - 1) - 1)
    assert np.max(np.abs(read_audio(first) - NOISE)) < half_a_step + 2**-25  # pedalboard reads 32-bit floats
    write_audio(second, open_audio(first), RATE, bit_depth=bits)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(("suffix", "bits"), [(".wav", 16), (".wav", 24), (".flac", None), (".aiff", 16)])
def test_samples_over_full_scale_are_counted(tmp_path: Path, suffix: str, bits: int | None) -> None:
    path = tmp_path / f"x{suffix}"
    audio = [[1.0, -1.0, 1.01, -1.01, 5.0, 0.0]]
    assert write_audio(path, audio, RATE, bit_depth=bits).clipped == 3
    assert np.allclose(read_audio(path), np.clip(audio, -1, 1), atol=4e-5)


@pytest.mark.parametrize("suffix", [".ogg", ".mp3"])
def test_a_lossy_file_is_near_and_its_clipped_samples_are_counted(tmp_path: Path, suffix: str) -> None:
    sine = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    sine[100:103] = 2.0
    assert write_audio(tmp_path / f"x{suffix}", sine, RATE).clipped == 3
    back = read_audio(tmp_path / f"x{suffix}")
    assert back.shape[1] >= RATE
    assert 0.3 < np.std(back) < 0.4


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_blocks_of_any_size_are_written_in_order(tmp_path: Path, channels: int, size: int) -> None:
    audio = np.arange(channels * 130.0).reshape(channels, 130)
    write_audio(tmp_path / "x.wav", ArraySource(audio, RATE).blocks(size), RATE, channels)
    assert np.array_equal(read_audio(tmp_path / "x.wav"), audio)


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, MemoryError])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, failure: type[BaseException]) -> None:
    path = tmp_path / "x.wav"
    path.write_text("old")

    def blocks() -> Iterator[np.ndarray]:
        yield NOISE
        assert len(list(tmp_path.iterdir())) == 2
        raise failure

    with pytest.raises(failure):
        write_audio(path, blocks(), RATE, 2)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", WRITABLE)
def test_a_full_disk_is_an_error_and_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_text("old")
    command = [sys.executable, "-c", ON_A_SMALL_DISK, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert re.search(r"cannot be written: .*make room.*nothing was changed", done.stdout)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_no_room_for_text_is_an_input_error_too(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No space left on device; make room"), atomic_path(tmp_path / "x"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e39])
def test_a_sample_that_is_not_finite_is_never_written(tmp_path: Path, bad: float) -> None:
    audio = NOISE.copy()
    audio[1, 70] = bad
    with pytest.raises(AudioError, match=r"channel 1, frame .*70 is"):
        write_audio(tmp_path / "x.wav", audio, RATE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("x.xyz", {}, r"cannot write '\.xyz' files; choose one of \.wav, \.flac"),
        ("x", {}, "cannot write '' files"),
        ("no/x.wav", {}, "there is no folder .*no; create it"),
        ("x.wav", {"sample_rate": 44100.5}, "44100.5 Hz is no whole number"),
        ("x.wav", {"sample_rate": 0}, "sample rate: 0 Hz is out of range"),
        ("x.mp3", {"sample_rate": 12345}, "Supported sample rates: 32000, 44100, 48000"),
        ("x.wav", {"bit_depth": 12}, r"bit depth of 12 is impossible for \.wav; choose 32 or 24 or 16"),
        ("x.ogg", {"bit_depth": 16}, "choose none, leave it out"),
        ("x.wav", {"channels": 3}, "opened for 3 channels, the block has 2"),
        ("x.wav", {"channels": 0}, "0 is not a number of channels"),
        ("x.mp3", {"audio": np.zeros((3, 9))}, "3 channels are more than the 2 of this format"),
        ("x.wav", {"audio": np.zeros((1, 9), np.int16)}, "divide by 32768"),
        ("x.wav", {"audio": iter([NOISE])}, "give channels="),
        ("x.wav", {"audio": iter([]), "channels": 1}, "no frame was written"),
        (".", {}, "cannot write"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(
    tmp_path: Path, name: str, arguments: dict[str, object], message: str
) -> None:
    given: dict[str, object] = {"audio": NOISE, "sample_rate": RATE} | arguments
    with pytest.raises(AudioError, match=message):
        write_audio(tmp_path / name, **given)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_folder_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.wav").mkdir()
    with pytest.raises(AudioError, match="is a folder; name a file in it"):
        write_audio(tmp_path / "x.wav", NOISE, RATE)


def test_a_folder_that_cannot_be_written_to_is_refused() -> None:
    with pytest.raises(AudioError, match=r"cannot be written: .*; choose another folder"):
        write_audio("/sys/x.wav", NOISE, RATE)


def test_a_writer_counts_as_it_goes_and_refuses_blocks_outside_its_context(tmp_path: Path) -> None:
    writer = AudioWriter(tmp_path / "x.WAV", RATE, 2)
    with pytest.raises(AudioError, match="is not open for writing"):
        writer.write(NOISE)
    with writer:
        writer.write(NOISE)
        assert writer.result.frames == 9000
        assert not (tmp_path / "x.WAV").exists()
        writer.write(NOISE)
    with pytest.raises(AudioError, match="is not open"):
        writer.write(NOISE)
    assert audio_info(tmp_path / "x.WAV").frames == writer.result.frames == 18000


def test_an_atomic_path_replaces_in_one_step_and_keeps_permissions_and_links(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    with atomic_path(link) as temporary:
        temporary.write_text("new")
        assert (temporary.parent, temporary.suffix, real.read_text()) == (tmp_path, ".json", "old")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(tmp_path.iterdir()) == [link, real]


def test_an_atomic_path_in_no_folder_is_an_input_error_but_no_audio_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder") as caught, atomic_path(tmp_path / "no" / "x"):
        pass
    assert not isinstance(caught.value, AudioError)


def test_a_source_is_not_written_at_another_rate_than_its_own(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"noise has 48000 Hz and would be written as 44100 Hz.*resample it"):
        write_audio(tmp_path / "x.wav", ArraySource(NOISE, RATE, "noise"), 44_100)
    assert not list(tmp_path.iterdir())
