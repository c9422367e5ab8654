"""Alignment: by how much a target comes later, what is no offset, and how a learner uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost.audio import ArraySource, open_audio
from pyhost.errors import InputError, LearnedFileError
from pyhost.learn.align import Alignment, align

Array = NDArray[np.float64]
RATE = 48_000


def delayed(x: Array, delay: float) -> Array:
    """x[n − delay], band-limited, as long as x."""
    length = 1 << (2 * x.size).bit_length()
    turned = np.fft.rfft(x, length) * np.exp(-2j * np.pi * np.fft.rfftfreq(length) * delay)
    return np.fft.irfft(turned, length)[: x.size]


def with_noise(y: Array, decibels: float, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    return y + rng.standard_normal(y.shape) * np.sqrt(np.mean(y**2)) * 10.0 ** (-decibels / 20.0)


def find(x: Array, y: Array, **options: Any) -> Alignment:
    return align(ArraySource(x, RATE, "dry"), ArraySource(y, RATE, "target"), **options)


def one_pole(x: Array, pole: float) -> Array:
    response = (1.0 - pole) * pole ** np.arange(2048)
    return np.convolve(x, response)[: x.size]


@pytest.fixture(scope="module")
def speech(real_recordings: list[Path]) -> list[Array]:
    paths = [path for path in real_recordings if path.name in ("Front_Center.wav", "Rear_Left.wav", "Side_Right.wav")]
    assert len(paths) == 3
    return [np.concatenate(list(open_audio(path).blocks(1 << 16)), axis=1)[0] for path in paths]


@pytest.mark.parametrize("seed", range(12))
def test_random_delays_of_noise_are_found_to_a_hundredth_of_a_sample(seed: int) -> None:
    delay = np.random.default_rng(seed).uniform(0.0, 1000.0)
    x = ph.noise(24_000)
    found = find(x, with_noise(-0.5 * delayed(x, delay), 40.0, seed))
    assert abs(found.offset - delay) < 0.01
    assert found.polarity == -1
    assert found.level == pytest.approx(0.5, rel=1e-3)
    assert found.confidence > 0.99


@pytest.mark.parametrize("seed", range(6))
def test_random_delays_of_speech_are_found_to_a_hundredth_of_a_sample(seed: int, speech: list[Array]) -> None:
    delay = np.random.default_rng(seed).uniform(0.0, 1000.0)
    x = speech[seed % len(speech)]
    found = find(x, with_noise(0.7 * delayed(x, delay), 40.0, seed))
    assert abs(found.offset - delay) < 0.01
    assert found.polarity == 1


@pytest.mark.parametrize("offset", [RATE, -RATE])
def test_a_whole_second_is_found_either_way(offset: int) -> None:
    x = ph.noise(3 * RATE)
    y = np.zeros_like(x)
    y[max(offset, 0) : x.size + min(offset, 0)] = x[max(-offset, 0) : x.size - max(offset, 0)]
    assert find(x, y).offset == pytest.approx(offset, abs=1e-3)


def test_the_range_that_is_searched_can_be_made_longer() -> None:
    x = ph.noise(4 * RATE)
    y = np.concatenate([np.zeros(2 * RATE), x[: 2 * RATE]])
    assert find(x, y).confidence == 0.0
    assert find(x, y, longest=2.5).offset == pytest.approx(2 * RATE, abs=1e-3)


@pytest.mark.parametrize("pole", [0.3, 0.877, 0.97])
@pytest.mark.parametrize("offset", [0, 25])
def test_the_group_delay_of_a_low_pass_is_no_offset_and_hides_none(pole: float, offset: int) -> None:
    x = ph.noise(RATE)
    y = np.concatenate([np.zeros(offset), one_pole(x, pole)])[: x.size]
    assert find(x, y).offset == offset
    assert find(x, with_noise(y, 40.0, 1)).offset == offset


@pytest.mark.parametrize("pole", [0.3, 0.877, 0.97])
def test_filtered_speech_is_left_where_it_is(pole: float, speech: list[Array]) -> None:
    for x in speech:
        assert find(x, with_noise(one_pole(x, pole), 40.0, 1)).offset == 0.0


def test_a_short_filter_is_no_offset() -> None:
    x = ph.noise(RATE)
    taps = np.random.default_rng(3).standard_normal(8)
    assert find(x, np.convolve(x, taps)[: x.size]).offset == 0.0


def test_the_same_sound_at_another_level_is_aligned_exactly() -> None:
    x = ph.noise(RATE)
    found = find(x, with_noise(0.5 * x, 40.0, 1))
    assert found.offset == 0.0
    assert found.level == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize(
    "target",
    [np.sin(0.05 * np.arange(RATE)), np.random.default_rng(8).standard_normal(RATE)],
    ids=["an oscillator", "another noise"],
)
def test_unrelated_sounds_are_not_moved(target: Array) -> None:
    found = find(ph.noise(RATE), target)
    assert (found.offset, found.confidence) == (0.0, 0.0)


def test_a_periodic_sound_is_moved_by_the_least() -> None:
    x = np.sin(0.05 * np.arange(RATE))
    assert find(x, np.sin(0.05 * (np.arange(RATE) - 25))).offset == pytest.approx(25.0, abs=0.05)
    assert find(x, x).offset == 0.0


@pytest.mark.parametrize("frames", [1, 100, 5000])
def test_silence_dc_and_scraps_are_not_aligned(frames: int) -> None:
    for x, y in ((np.zeros(frames), np.ones(frames)), (np.ones(frames), np.ones(frames))):
        assert find(x, y).confidence == 0.0


def test_dc_does_not_hide_an_offset() -> None:
    x = ph.noise(RATE)
    assert find(x, 3.0 + delayed(x, 40.0)).offset == pytest.approx(40.0, abs=0.01)


def test_all_channels_count() -> None:
    x = np.random.default_rng(1).standard_normal((2, RATE))
    x[0] *= 1e-3
    y = np.concatenate([np.zeros((2, 333)), x[:, :-333]], axis=1)
    assert find(x, with_noise(y, 20.0, 2)).offset == pytest.approx(333.0, abs=0.01)


def gain_dc(x: ph.Signal) -> ph.Signal:
    return x * ph.param("gain", 1.0) + ph.param("dc", 0.0)


def late(x: Array, offset: int) -> Array:
    return np.concatenate([np.zeros(offset), 0.5 * x])[: x.size]


def test_25_samples_of_latency_no_longer_break_a_loss() -> None:
    x = ph.noise(RATE)
    learner = ph.Learner(gain_dc, optimizer=ph.SGD(1e-2))
    learner.learn(x, late(x, 25), sample_rate=RATE)
    assert learner.coarse.offset == 25
    assert learner.best["gain"] == pytest.approx(0.5, rel=1e-6)
    without = ph.Learner(gain_dc, optimizer=ph.SGD(1e-2))
    without.learn(x, late(x, 25), sample_rate=RATE, align="off")
    assert without.alignment is None
    assert abs(without.best["gain"]) < 0.1


def test_what_was_learned_has_the_latency_in_blocks_too_and_after_a_reset(tmp_path: Path) -> None:
    x = ph.noise(RATE)
    learner = ph.Learner(gain_dc, optimizer=ph.SGD(1e-2))
    learner.learn(x, late(x, 25), sample_rate=RATE)
    learner.use_best()
    learner.save(tmp_path / "learned.json")
    learned = ph.load(tmp_path / "learned.json")
    assert learned.offset == 25
    for _ in range(2):
        parts = [learned.process(x[at : at + 7], RATE, reset=at == 0) for at in range(0, 700, 7)]
        np.testing.assert_allclose(np.concatenate(parts, axis=1)[0], late(x, 25)[:700], atol=1e-9)
    np.testing.assert_array_equal(learner.process(x, RATE), learned.process(x, RATE))


def test_a_target_that_comes_earlier_is_learned_and_nothing_is_shifted_when_applied() -> None:
    x = ph.noise(RATE)
    learner = ph.Learner(gain_dc, optimizer=ph.SGD(1e-2))
    learner.learn(x, np.concatenate([0.5 * x[25:], np.zeros(25)]), sample_rate=RATE)
    learner.use_best()
    assert learner.freeze().offset == -25
    assert learner.best["gain"] == pytest.approx(0.5, rel=1e-6)
    np.testing.assert_allclose(learner.process(x, RATE)[0], 0.5 * x, atol=1e-6)


def test_a_delay_in_the_chain_starts_at_the_offset_and_nothing_is_shifted() -> None:
    x = ph.noise(RATE)
    learner = ph.Learner(ph.chain("delay | gain"), optimizer=ph.SGD(1e-2))
    learner.learn(x, late(x, 300), sample_rate=RATE)
    assert learner.coarse.offset == 0
    assert learner.best["delay"] == pytest.approx(300.0, abs=1e-6)
    assert learner.best["gain"] == pytest.approx(0.5, rel=1e-3)


def test_a_delay_that_the_user_has_set_is_not_overruled() -> None:
    x = ph.noise(9600)
    learner = ph.Learner(ph.chain("delay | gain"), optimizer=ph.SGD(1e-9))
    learner.parameters["delay"].value = 20.0
    learner.learn(x, late(x, 300), sample_rate=RATE)
    assert learner.parameters["delay"].value == pytest.approx(20.0, abs=1e-3)


def test_an_echo_is_not_taken_for_the_delay_of_the_whole() -> None:
    def echo(x: ph.Signal) -> ph.Signal:
        return x + 0.5 * ph.delay(x, ph.param("time", 10.0, minimum=0.0, maximum=1000.0, unit="samples"))

    x = ph.noise(9600)
    learner = ph.Learner(echo, optimizer=ph.SGD(1e-9))
    learner.learn(x, late(x, 300), sample_rate=RATE)
    assert learner.parameters["time"].value == pytest.approx(10.0, abs=1.0)
    assert learner.coarse.offset == 300


def test_taps_that_reach_an_offset_are_left_to_make_it() -> None:
    x = ph.noise(RATE)
    taps = np.zeros(16)
    taps[[2, 8]] = 1.0
    learner = ph.Learner(lambda s: ph.fir(s, ph.param("taps", shape=(16,))), optimizer=ph.SGD(1e-2))
    learner.learn(x, np.convolve(x, taps)[: x.size], sample_rate=RATE)
    assert learner.coarse.offset == 0
    np.testing.assert_allclose(learner.best["taps"], taps, atol=1e-6)


def test_where_nothing_is_to_be_moved_learning_is_the_same_to_the_bit() -> None:
    x = ph.noise(9600)
    traces = []
    for setting in ("auto", "off"):
        learner = ph.Learner(gain_dc, optimizer=ph.SGD(1e-2))
        traces.append(learner.learn(x, 0.5 * x + 0.1, sample_rate=RATE, record=True, align=setting))
    np.testing.assert_array_equal(traces[0].loss, traces[1].loss)
    np.testing.assert_array_equal(traces[0].parameters["gain"], traces[1].parameters["gain"])


def test_a_plugin_with_latency_is_learned() -> None:
    x = ph.noise(RATE)
    learner = ph.Learner(gain_dc, optimizer=ph.SGD(1e-2))
    learner.learn(x, lambda s: 0.5 * ph.delay(s, 64), sample_rate=RATE)
    assert learner.coarse.offset == 64
    assert learner.best["gain"] == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize(("name", "choices"), [("align", "'auto' or 'off'"), ("start", "'auto', 'off' or 'response'")])
def test_a_word_that_is_no_choice_is_refused(name: str, choices: str) -> None:
    learner = ph.Learner(gain_dc)
    with pytest.raises(InputError, match=f"{name} must be {choices}, not 'on'"):
        learner.learn(ph.noise(100), ph.noise(100), sample_rate=RATE, **{name: "on"})


@pytest.mark.parametrize("offset", [1.5, True, "25", 1 << 40, None])
def test_a_damaged_offset_is_refused_and_a_missing_one_is_none(offset: Any, tmp_path: Path) -> None:
    path = tmp_path / "learned.json"
    ph.Learner(gain_dc).save(path)
    data = json.loads(path.read_text(encoding="utf-8"))
    data["offset"] = offset
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(LearnedFileError, match="offset must be a whole number"):
        ph.load(path)
    del data["offset"]
    path.write_text(json.dumps(data), encoding="utf-8")
    assert ph.load(path).offset == 0


@pytest.mark.parametrize("delay", [0.5, 2.3, 3.4, 3.5, 7.3, 8.5, 20.4])
def test_a_short_delay_between_samples_is_found_in_speech(delay: float, real_recordings: list[Path]) -> None:
    speech = next(path for path in real_recordings if path.name == "Front_Center.wav")
    truth = ph.chain(f"delay(delay={delay}, maximum=200) | gain(gain=0.7)")
    learner = ph.Learner(ph.chain("delay(maximum=200) | gain"), loss=ph.MSE(1), optimizer=ph.SGD(0.01))
    learner.learn(speech, truth, passes=20)
    assert learner.best["delay"] == pytest.approx(delay, abs=0.25)
