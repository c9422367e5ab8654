"""Pedalboard's effects as plugins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pedalboard
import pytest

import pyhost as ph
from pyhost.errors import InputError, ParameterError, PluginError, SessionError
from pyhost.host import Effect
from pyhost.host.effects import effect_names
from pyhost.host.session import Session

RATE = 48_000
NOISE = 0.5 * ph.noise(8192)
PLAIN = sorted(set(effect_names()) - {"Convolution"})
WHOLE = ["GSMFullRateCompressor", "PitchShift"]
STREAMED = sorted(set(PLAIN) - set(WHOLE))
LATE = ["BrickwallLimiter", "MP3Compressor", "Resample"]


def in_blocks(plugin: Effect, audio: np.ndarray, frames: int) -> np.ndarray:
    """Return what a plugin makes of audio in blocks of so many frames."""
    parts = [plugin.process(audio[:, at : at + frames], RATE, reset=at == 0) for at in range(0, audio.shape[1], frames)]
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("name", PLAIN)
def test_every_effect_gives_its_state_to_another(name: str) -> None:
    plugin, other = Effect(name), Effect(name)
    for parameter in plugin.parameters.values():
        low, high = max(parameter.minimum, -100.0), min(parameter.maximum, 1000.0)
        value = low + 0.4 * (high - low)
        parameter.value = round(value) if parameter.info.integer else value
        assert parameter.value == pytest.approx(round(value) if parameter.info.integer else value, rel=1e-6)
    other.state = plugin.state
    whole = plugin.process(NOISE, RATE)
    assert whole.shape == (1, 8192)
    np.testing.assert_array_equal(other.process(NOISE, RATE), whole)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", STREAMED)
def test_the_output_of_an_effect_does_not_depend_on_the_size_of_blocks(name: str, channels: int) -> None:
    audio = np.stack([NOISE, NOISE[::-1]])[:channels, :2048]
    plugin = Effect(name)
    whole = plugin.process(audio, RATE)
    for frames in (64, 512):
        np.testing.assert_array_equal(in_blocks(plugin, audio, frames), whole)
    for frames in (1, 2, 3):
        np.testing.assert_array_equal(in_blocks(plugin, audio[:, :300], frames), whole[:, :300])


@pytest.mark.parametrize("name", LATE)
def test_what_comes_late_comes_whole_also_if_the_first_block_is_shorter_than_the_channels(name: str) -> None:
    plugin = Effect(name)
    audio = np.stack([NOISE, NOISE[::-1]])
    plugin.prepare(RATE, 2)
    latency = plugin.latency_samples
    frames = latency + 1000
    audio = np.tile(audio, (1, -(-frames // audio.shape[1])))[:, :frames]
    whole = Effect(name).process(audio, RATE)
    assert whole[:, latency:].any()
    begun = plugin.process(audio[:, :1], RATE)
    assert plugin.latency_samples == latency > 0
    rest = [plugin.process(audio[:, at : at + 512], RATE, reset=False) for at in range(1, frames, 512)]
    np.testing.assert_array_equal(np.concatenate([begun, *rest], axis=1), whole)


@pytest.mark.parametrize("frames", [1, 2, 64])
def test_a_convolution_may_begin_with_a_block_of_fewer_frames_than_channels(frames: int) -> None:
    response = np.array([1.0, 0.5, 0.25], np.float32)
    plugin = Effect(pedalboard.Convolution(response, 1.0, sample_rate=RATE))
    audio = np.stack([NOISE, NOISE[::-1]])[:, :256]
    whole = plugin.process(audio, RATE)
    np.testing.assert_allclose(in_blocks(plugin, audio, frames), whole, atol=1e-6)


@pytest.mark.parametrize("name", WHOLE)
def test_an_effect_that_cannot_be_streamed_says_so_and_takes_all_at_once(name: str) -> None:
    plugin = Effect(name)
    plugin.prepare(RATE, 1)
    sine = 0.3 * np.sin(2.0 * np.pi * 440.0 / RATE * np.arange(plugin.latency_samples + 24_000))
    whole = plugin.process(sine, RATE)[0, -12_000:]
    assert np.std(whole) == pytest.approx(np.std(sine), rel=0.1)
    with pytest.raises(PluginError, match=r"loses sound wherever a block ends.*; give it all audio in one call"):
        plugin.process(sine, RATE, reset=False)
    np.testing.assert_array_equal(plugin.process(sine, RATE)[0, -12_000:], whole)


def test_it_gives_what_pedalboard_gives() -> None:
    expected = pedalboard.Reverb(room_size=0.8).process(NOISE.astype(np.float32), RATE)
    np.testing.assert_array_equal(Effect("Reverb", room_size=0.8).process(NOISE, RATE)[0], expected.astype(float))


def test_one_made_with_pedalboard_is_taken_as_it_is() -> None:
    made = pedalboard.Gain(gain_db=-6.0)
    plugin = Effect(made)
    plugin.gain_db = -12.0
    assert made.gain_db == -12.0


def test_a_choice_is_a_name() -> None:
    ladder = Effect("LadderFilter", mode="HPF24")
    assert ladder.parameters["mode"].choice == "HPF24"


def test_latency_is_told_and_as_many_frames_come_out_as_go_in() -> None:
    shift = Effect("PitchShift", semitones=5.0)
    assert shift.process(NOISE, RATE).shape == (1, 8192)
    assert shift.latency_samples > 1000
    assert Effect("Gain").latency_samples == 0


def test_wrong_names_and_settings_are_errors_that_help() -> None:
    with pytest.raises(InputError, match="pedalboard has no effect 'Revreb'; did you mean 'Reverb'"):
        Effect("Revreb")
    with pytest.raises(ParameterError, match="there is no parameter 'rom_size'; did you mean 'room_size'"):
        Effect("Reverb", rom_size=0.5)
    with pytest.raises(ParameterError, match=r"parameter 'room_size': 2 is out of range; choose from 0 to 1"):
        Effect("Reverb", room_size=2.0)
    with pytest.raises(PluginError, match="this is no state of Reverb"):
        Effect("Reverb").state = b"{"


def test_a_convolution_without_an_impulse_response_says_how_it_is_given_one(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"needs an impulse response.*\.save\('room.json'\), and load 'room.json'"):
        ph.load("Convolution")
    with pytest.raises(SessionError, match=r"track\[0\].insert\[0\].plugin: Convolution needs an impulse response"):
        Session({"length": 1, "track": [{"name": "one", "insert": [{"plugin": "Convolution"}]}]}, tmp_path).check()
    with pytest.raises(ParameterError, match=r"Unable to load impulse response: gone\.wav; name an audio file that is"):
        Effect("Convolution", impulse_response_filename="gone.wav")
    with pytest.raises(ParameterError, match=r"a mix from 0 to 1 and a sample rate, not .*'much'"):
        Effect("Convolution", impulse_response_filename="gone.wav", mix="much")
    with pytest.raises(ParameterError, match="no setting 'mixed'; did you mean 'mix'"):
        Effect("Convolution", impulse_response_filename="gone.wav", mixed=0.5)
