"""Recordings read from files: what is intact is read, what is not is refused with what to do."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from pyhost.audio import ArraySource, AudioSource, audio_info, open_audio, read_audio, resampled, write_audio
from pyhost.errors import AudioError

RATE = 48000
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 20000))
FLOATS = np.arange(1, 1001, dtype="<f4") / 1001
FMT = struct.pack("<HHIIHH", 3, 1, RATE, 4 * RATE, 4, 32)


def chunk(kind: bytes, body: bytes, size: int | None = None) -> bytes:
    return kind + struct.pack("<I", len(body) if size is None else size) + body + b"\0" * (len(body) % 2)


def riff(*chunks: bytes, kind: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return kind + struct.pack("<I", len(body)) + body


def put(folder: Path, data: bytes, name: str = "x.wav") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def made(folder: Path, suffix: str, audio: np.ndarray = NOISE) -> Path:
    path = folder / f"made{suffix}"
    write_audio(path, audio, RATE)
    return path


def cut(path: Path, fraction: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    return path


DATA = chunk(b"data", FLOATS.tobytes())
DS64 = chunk(b"ds64", struct.pack("<QQQI", 4072, 4000, 1000, 0))
EXTENSIBLE = struct.pack("<HHIIHH", 0xFFFE, 1, RATE, 4 * RATE, 4, 32) + struct.pack("<HHIH", 22, 32, 0, 3)
EXTENSIBLE += b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"


@pytest.mark.parametrize(
    "data",
    [
        riff(chunk(b"fmt ", FMT), DATA),
        riff(chunk(b"JUNK", b"abc"), chunk(b"fmt ", FMT), chunk(b"LIST", b"INFO12345"), DATA),
        riff(chunk(b"fmt ", EXTENSIBLE), DATA),
        riff(DS64, chunk(b"fmt ", FMT), chunk(b"data", FLOATS.tobytes(), 0xFFFFFFFF), kind=b"RF64"),
        riff(chunk(b"fmt ", FMT), DATA, chunk(b"LIST", b"INFO")),
        riff(chunk(b"fmt ", FMT), DATA) + b"junk",
        riff(chunk(b"fmt ", FMT), chunk(b"data", FLOATS.tobytes(), 0xFFFFFFFF)),
        riff(chunk(b"fmt ", FMT), chunk(b"data", FLOATS.tobytes(), 0x7FFFF000)),
    ],
    ids=["plain", "odd chunks", "extensible", "RF64", "chunk after", "junk after", "ffmpeg pipe", "sox pipe"],
)
def test_every_kind_of_wav_header_is_read_to_its_true_length(tmp_path: Path, data: bytes) -> None:
    path = put(tmp_path, data)
    assert audio_info(path).frames == 1000
    assert np.array_equal(read_audio(path)[0], FLOATS.astype(np.float64))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty, 0 bytes; copy or record"),
        (b"hello world" * 99, r"no known audio format; pyhost reads \.wav, \.flac, \.aiff, \.ogg, \.mp3"),
        (riff(chunk(b"fmt ", FMT)), "is truncated or damaged, it ends after 36 bytes"),
        (riff(chunk(b"fmt ", FMT), chunk(b"data", b"")), "holds no audio, 0 frames"),
        (riff(chunk(b"fmt ", FMT), chunk(b"data", b""), chunk(b"LIST", b"INFO")), "holds no audio"),
        (riff(DATA), "has no 'fmt ' chunk"),
        (riff(chunk(b"fmt ", FMT), chunk(b"data", FLOATS.tobytes(), 0)), "4000 bytes follow.*sox"),
        (riff(chunk(b"fmt ", FMT[:8]), DATA), "within its header"),
        (riff(chunk(b"fmt ", FMT), DATA, kind=b"RIFX"), "big-endian.*ffmpeg"),
        (riff(chunk(b"fmt ", b"\x11\0" + FMT[2:14] + b"\4\0"), DATA), "format 0x0011 with 4 bits.*ffmpeg"),
        (riff(chunk(b"fmt ", FMT[:2] + b"\0\0" + FMT[4:]), DATA), "its header is damaged: 0 channels"),
        (
            riff(DS64, chunk(b"fmt ", FMT), chunk(b"data", bytes(2000), 0xFFFFFFFF), kind=b"RF64"),
            "promises 1000 frames, the file holds 500",
        ),
        (b"FORM\0\0\0\x04AIFF", r"header \(COMM\) is missing"),
        (b"fLaC\0\0\0\x22abc", "within its header"),
        (b"OggS" + bytes(60), "last Ogg page"),
    ],
)
def test_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(AudioError, match=message) as caught:
        open_audio(put(tmp_path, data))
    assert str(tmp_path / "x.wav") in str(caught.value)


def test_a_truncated_wav_is_refused_with_the_missing_amount(tmp_path: Path) -> None:
    path = put(tmp_path, riff(chunk(b"fmt ", FMT), DATA)[: 44 + 1000])
    with pytest.raises(AudioError, match=r"1000 frames, the file holds 250; 750 frames \(0\.016 s\) are missing"):
        open_audio(path)


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff", ".ogg"])
def test_a_truncated_file_is_refused(tmp_path: Path, suffix: str, fraction: float) -> None:
    with pytest.raises(AudioError, match=r"truncated.*again"):
        read_audio(cut(made(tmp_path, suffix), fraction))


def test_a_truncated_flac_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"promises 20000 frames, the file holds (4096|8192|12288); "):
        open_audio(cut(made(tmp_path, ".flac"), 0.5))


def test_an_mp3_shorter_than_its_header_says_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"truncated: its header promises .* bytes are missing"):
        open_audio(cut(made(tmp_path, ".mp3"), 0.5))


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff"])
def test_a_recording_that_ends_in_silence_is_not_taken_for_truncated(tmp_path: Path, suffix: str) -> None:
    quiet = NOISE.copy()
    quiet[:, 3000:] = 0.0
    assert not read_audio(made(tmp_path, suffix, quiet))[:, 3000:].any()
    assert not read_audio(made(tmp_path, suffix, np.zeros((1, 50000)))).any()


@pytest.mark.parametrize("tags", [(b"", b"TAG" + b"x" * 125), (b"ID3\4\0\0\0\0\0\x0a" + bytes(10), b"")])
@pytest.mark.parametrize("suffix", [".flac", ".mp3"])
def test_tags_around_a_recording_are_skipped(tmp_path: Path, suffix: str, tags: tuple[bytes, bytes]) -> None:
    path = made(tmp_path, suffix)
    expected = read_audio(path)
    path.write_bytes(tags[0] + path.read_bytes() + tags[1])
    assert np.array_equal(read_audio(path), expected)


def test_a_flac_damaged_in_its_middle_is_refused_in_the_first_pass(tmp_path: Path) -> None:
    path = made(tmp_path, ".flac")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 100] = bytes(100)
    path.write_bytes(data)
    for source in (open_audio(path), open_audio(path, 44100)):
        with pytest.raises(AudioError, match=r"do not have the MD5|damaged after frame"):
            list(source.blocks(4096))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_sample_that_is_not_finite_is_refused_with_its_frame(tmp_path: Path, bad: float) -> None:
    samples = FLOATS.copy()
    samples[700] = bad
    path = put(tmp_path, riff(chunk(b"fmt ", FMT), chunk(b"data", samples.tobytes())))
    with pytest.raises(AudioError, match=f"channel 0, frame 700 is {bad}"):
        list(open_audio(path).blocks(64))


def test_a_missing_file_is_refused_with_near_names(tmp_path: Path) -> None:
    put(tmp_path, b"x", "guitar_dry.wav")
    with pytest.raises(AudioError, match=r"does not exist; did you mean 'guitar_dry\.wav'\?"):
        open_audio(tmp_path / "guitar_dri.wav")
    with pytest.raises(AudioError, match=r"does not exist; in .* there is guitar_dry\.wav"):
        open_audio(tmp_path / "zzzzzzzzzz")
    with pytest.raises(AudioError, match="does not exist; there is no folder"):
        open_audio(tmp_path / "no" / "x.wav")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="is a folder; name one file"):
        open_audio(tmp_path)
    with pytest.raises(AudioError, match="not a regular file"):
        open_audio("/dev/null")
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    with pytest.raises(AudioError, match=r"cannot be read: .*permissions"):
        open_audio(tmp_path / "loop.wav")


def test_the_contents_decide_and_not_the_name(tmp_path: Path) -> None:
    path = put(tmp_path, riff(chunk(b"fmt ", FMT), DATA), "x.mp3")
    assert audio_info(path).frames == 1000
    with pytest.raises(AudioError, match="no known audio format"):
        open_audio(put(tmp_path, b"hello world" * 99, "text.mp3"))


@pytest.mark.parametrize("size", [1, 7, 64, 4096, 10**6])
def test_a_file_is_read_in_blocks_as_often_as_one_likes(tmp_path: Path, size: int) -> None:
    path = made(tmp_path, ".wav", NOISE[:, :2000])
    source = open_audio(path)
    assert isinstance(source, AudioSource)
    assert (source.channels, source.frames, source.sample_rate) == (2, 2000, 48000.0)
    assert audio_info(path).duration == 2000 / 48000
    for _ in range(2):
        blocks = list(source.blocks(size))
        assert all(block.shape == (2, size) for block in blocks[:-1])
        assert np.array_equal(np.concatenate(blocks, axis=1), NOISE[:, :2000].astype(np.float32))


def test_a_file_that_went_away_after_opening_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path, ".wav")
    source = open_audio(path)
    path.unlink()
    with pytest.raises(AudioError, match="has gone since it was opened"):
        next(source.blocks(64))


def test_a_file_that_shrank_after_opening_is_refused(tmp_path: Path) -> None:
    source = open_audio(made(tmp_path, ".wav"))
    made(tmp_path, ".wav", NOISE[:, :5000])
    with pytest.raises(AudioError, match="ends after 5000 of 20000 frames"):
        list(source.blocks(4096))


def test_a_file_opened_at_another_rate_is_the_resampled_array(tmp_path: Path) -> None:
    source = open_audio(made(tmp_path, ".wav"), 44100)
    expected = resampled(ArraySource(NOISE.astype(np.float32), RATE), 44100)
    assert source.frames == 18375
    read, wanted = (np.concatenate(list(each.blocks(999)), axis=1) for each in (source, expected))
    assert np.array_equal(read, wanted)


def test_memory_does_not_grow_with_the_length_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    write_audio(path, (np.zeros((1, 65536)) for _ in range(64)), RATE, 1)
    tracemalloc.start()
    frames = sum(block.shape[1] for block in open_audio(path).blocks(4096))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert frames == 64 * 65536
    assert peak < 4_000_000


def test_every_real_recording_is_read_and_its_first_half_is_not(real_recordings: list[Path], tmp_path: Path) -> None:
    for path in real_recordings:
        source = open_audio(path)
        assert sum(block.shape[1] for block in source.blocks(65536)) == source.frames, path
        half = put(tmp_path, path.read_bytes()[: path.stat().st_size // 2], path.name)
        with pytest.raises(AudioError, match="truncated"):
            open_audio(half)
