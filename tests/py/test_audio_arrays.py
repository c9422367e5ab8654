"""Recordings as arrays and as sources in memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from pyhost.audio import (
    ArraySource,
    AudioSource,
    as_audio,
    check_finite,
    check_not_silent,
    check_pair,
    check_sample_rate,
    paired_blocks,
    resampled,
)
from pyhost.errors import AudioError


def test_one_dimension_becomes_one_channel() -> None:
    audio = as_audio([0.5, -0.25])
    assert audio.dtype == np.float64
    assert audio.tolist() == [[0.5, -0.25]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_every_real_float_type_becomes_float64(dtype: type) -> None:
    audio = as_audio(np.array([[0.5, 1.5], [-2.0, 0.0]], dtype))
    assert audio.dtype == np.float64
    assert audio.tolist() == [[0.5, 1.5], [-2.0, 0.0]]


def test_a_transposed_view_becomes_contiguous() -> None:
    audio = as_audio(np.ones((100, 2)).T)
    assert audio.shape == (2, 100)
    assert audio.flags.c_contiguous


@pytest.mark.parametrize(
    ("dtype", "advice"),
    [
        ("int8", "divide by 128$"),
        ("uint8", "subtract 128 and divide by 128$"),
        ("int16", "int16.*divide by 32768$"),
        ("int32", "divide by 2147483648 .by 8388608"),
        ("int64", "by 32768 for 16-bit samples"),
        ("uint16", "by 32768 for 16-bit samples"),
    ],
)
def test_integers_are_refused_with_how_to_scale_them(dtype: str, advice: str) -> None:
    with pytest.raises(AudioError, match=advice):
        as_audio(np.zeros((1, 4), dtype), "dry")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros(3, bool), "dry: holds bools"),
        (np.zeros(3, complex), "holds complex numbers .complex128."),
        (np.array([None, 1.0]), "holds no numbers .object."),
        (["a", "b"], "holds no numbers"),
        ([[0.0, 1.0], [2.0]], "rows differ in length"),
        (np.zeros(0), r"is empty, shape \(0,\)"),
        (np.zeros((0, 5)), r"is empty, shape \(0, 5\)"),
        (np.zeros((2, 0)), "is empty"),
        (np.float64(1.0), r"0 dimensions, shape \(\)"),
        (np.zeros((1, 2, 3)), r"3 dimensions, shape \(1, 2, 3\)"),
        (np.zeros((65, 64)), r"shape \(65, 64\) looks like \(frames, channels\).*\.T"),
    ],
)
def test_what_is_no_recording_is_refused(value: object, message: str) -> None:
    with pytest.raises(AudioError, match=message):
        as_audio(value, "dry")  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(64, 64), (65, 65), (64, 2)])
def test_a_shape_that_may_be_channels_and_frames_is_accepted(shape: tuple[int, int]) -> None:
    assert as_audio(np.zeros(shape)).shape == shape


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_earliest_sample_that_is_not_finite_is_named(bad: float) -> None:
    audio = np.zeros((2, 9))
    audio[0, 7] = np.nan
    audio[1, 4] = bad
    with pytest.raises(AudioError, match=f"target: channel 1, frame 4 is {bad};.*repair or cut"):
        as_audio(audio, "target")
    with pytest.raises(AudioError, match="channel 1, frame 1004"):
        check_finite(audio, "target", first_frame=1000)


@pytest.mark.parametrize("rate", [48000, 44100.0, np.float32(8000), np.int64(96000), 1e6])
def test_a_sample_rate_comes_back_as_a_float(rate: float) -> None:
    assert check_sample_rate(rate) == float(rate)
    assert type(check_sample_rate(rate)) is float


@pytest.mark.parametrize("rate", [0, -1, 0.0, np.nan, np.inf, -np.inf, 1e6 + 1, 10**400])
def test_a_sample_rate_out_of_range_is_refused(rate: float) -> None:
    with pytest.raises(AudioError, match=r"rate of x: .*out of range.*e\.g\. 48000"):
        check_sample_rate(rate, "rate of x")


@pytest.mark.parametrize("rate", ["48000", None, True, 1j, [48000]])
def test_a_sample_rate_that_is_no_number_is_refused(rate: object) -> None:
    with pytest.raises(AudioError, match="is not a number; give it in Hz"):
        check_sample_rate(rate)


def test_a_silent_recording_is_refused_and_a_nearly_silent_one_is_not() -> None:
    with pytest.raises(AudioError, match="dry: is silent, all 7 frames are zero"):
        check_not_silent(np.zeros((2, 7)), "dry")
    check_not_silent(np.array([[0.0, 5e-324]]))


def test_a_pair_of_equal_shape_is_returned() -> None:
    dry, target = np.zeros((2, 5)), np.ones((2, 5))
    assert [part.shape for part in check_pair(dry, target, 48000.0)] == [(2, 5), (2, 5)]


def test_a_pair_of_different_channels_is_refused_with_what_to_do() -> None:
    message = "dry has 1 channel, target has 2 channels; .*mix the wider one down, or pick"
    with pytest.raises(AudioError, match=message):
        check_pair(np.zeros((1, 5)), np.zeros((2, 5)), 48000.0, trim=True)


def test_a_pair_of_different_lengths_is_refused_in_frames_and_seconds_or_trimmed() -> None:
    dry, target = np.zeros((1, 48000)), np.arange(24000.0)[None]
    message = r"dry has 48000 frames \(1\.000 s\), target has 24000 frames \(0\.500 s\).*--trim"
    with pytest.raises(AudioError, match=message):
        check_pair(dry, target, 48000.0)
    short, same = check_pair(dry, target, 48000.0, trim=True)
    assert short.shape == (1, 24000)
    assert np.array_equal(same, target)


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_an_array_source_yields_every_frame_once_and_again(size: int) -> None:
    audio = np.arange(130.0).reshape(2, 65)
    source = ArraySource(audio, 48000, "x")
    assert isinstance(source, AudioSource)
    assert (source.channels, source.frames, source.sample_rate, source.name) == (2, 65, 48000.0, "x")
    for _ in range(2):
        blocks = list(source.blocks(size))
        assert all(block.shape[1] == size for block in blocks[:-1])
        assert np.array_equal(np.concatenate(blocks, axis=1), audio)


def test_writing_into_a_block_does_not_change_the_source() -> None:
    source = ArraySource(np.ones(10), 48000)
    next(source.blocks(4))[:] = 9.0
    assert np.array_equal(next(source.blocks(10)), np.ones((1, 10)))


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "8", None])
def test_a_block_size_that_is_no_whole_number_is_refused_at_once(size: object) -> None:
    source = ArraySource(np.ones(10), 48000)
    for each in (source, resampled(source, 44100)):
        with pytest.raises(AudioError, match=r"block size: .*whole number of frames above 0"):
            each.blocks(size)  # type: ignore[arg-type]


@pytest.mark.parametrize("frames", [1, 2, 10, 80, 1000, 48000, 48001])
@pytest.mark.parametrize("rate", [44100, 96000, 8000, 48000.5, 192000])
def test_a_resampled_source_has_the_length_that_it_announces(frames: int, rate: float) -> None:
    source = resampled(ArraySource(np.ones((2, frames)), 48000), rate)
    assert source.frames == max(1, round(frames * rate / 48000))
    assert sum(block.shape[1] for block in source.blocks(777)) == source.frames


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
def test_a_resampled_source_does_not_depend_on_the_block_size(size: int) -> None:
    source = resampled(ArraySource(np.sin(np.arange(1000) * 0.05), 48000), 44100)
    whole = next(source.blocks(source.frames))
    assert np.array_equal(np.concatenate(list(source.blocks(size)), axis=1), whole)


@pytest.mark.parametrize("frames", [1, 80, 1000])
@pytest.mark.parametrize("rate", [44100, 8000, 96000])
def test_a_resampled_source_is_surrounded_by_silence(frames: int, rate: float) -> None:
    audio = np.cos(np.arange(frames) * 0.05)
    alone = resampled(ArraySource(audio, 48000), rate)
    followed = resampled(ArraySource(np.append(audio, np.zeros(500)), 48000), rate)
    assert np.array_equal(next(alone.blocks(2000)), next(followed.blocks(alone.frames)))


@pytest.mark.parametrize(
    ("before", "after", "tolerance"),
    [
        (48000, 44100, 1e-7),
        (44100, 48000, 1e-7),
        (48000, 8000, 1e-7),
        (44100, 96000, 1e-7),
        (8000, 96000.5, 5e-5),
    ],
)
@pytest.mark.parametrize("frequency", [0.0, 440.0, 3000.0])
def test_a_resampled_sine_is_that_sine_at_the_new_rate(
    before: int, after: float, tolerance: float, frequency: float
) -> None:
    source = ArraySource(np.cos(2 * np.pi * frequency * np.arange(before // 2) / before), before)
    changed = resampled(source, after)
    audio = np.concatenate(list(changed.blocks(1000)), axis=1)[0]
    expected = np.cos(2 * np.pi * frequency * np.arange(changed.frames) / after)
    edge = int(0.05 * after)
    assert np.max(np.abs(audio - expected)[edge:-edge]) < tolerance


def test_what_the_new_rate_cannot_hold_is_removed() -> None:
    source = ArraySource(np.sin(2 * np.pi * 5000 * np.arange(24000) / 48000), 48000)
    audio = np.concatenate(list(resampled(source, 8000).blocks(1000)), axis=1)[0]
    assert np.max(np.abs(audio[400:-400])) < 1e-7


def test_resampling_to_the_same_rate_is_the_source_itself() -> None:
    source = ArraySource(np.ones(10), 48000)
    assert resampled(source, 48000.0) is source
    with pytest.raises(AudioError, match="out of range"):
        resampled(source, 0)


@pytest.mark.parametrize(("before", "after"), [(48000, 47), (1, 1e6), (1e6, 1)])
def test_rates_too_far_apart_are_refused_at_once(before: float, after: float) -> None:
    with pytest.raises(AudioError, match=r"take: cannot be converted .* a ratio of more than 1000; give"):
        resampled(ArraySource(np.ones(10), before, "take"), after)


@pytest.mark.parametrize(("before", "after"), [(1, 1000), (1000, 1)])
def test_rates_as_far_apart_as_may_be_are_converted(before: float, after: float) -> None:
    source = resampled(ArraySource(np.ones(3000), before), after)
    assert sum(block.shape[1] for block in source.blocks(65536)) == source.frames == 3000 * after // before


def test_two_sources_are_read_in_step_and_trimmed_on_request() -> None:
    dry, target = ArraySource(np.arange(10.0), 48000, "dry"), ArraySource(-np.arange(7.0), 48000, "wet")
    with pytest.raises(AudioError, match=r"dry has 10 frames.*wet has 7 frames"):
        paired_blocks(dry, target, 4)
    pairs = list(paired_blocks(dry, target, 4, trim=True))
    assert [(a.shape, b.shape) for a, b in pairs] == [((1, 4), (1, 4)), ((1, 3), (1, 3))]
    assert all(np.array_equal(a, -b) for a, b in pairs)


def test_two_sources_of_different_rates_are_refused() -> None:
    dry, target = ArraySource(np.ones(4), 48000, "dry"), ArraySource(np.ones(4), 44100, "wet")
    with pytest.raises(AudioError, match="dry has 48000 Hz, wet has 44100 Hz; open one of them at the rate"):
        paired_blocks(dry, target, 4)


@pytest.mark.parametrize("library", ["pedalboard", "soxr"])
def test_importing_the_package_does_not_import_what_only_files_or_rates_need(library: str) -> None:
    code = f"import sys, pyhost.audio; sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
