"""Pedalboard's effects as plugins."""

from __future__ import annotations

import numpy as np
import pedalboard
import pytest

import pyhost as ph
from pyhost.errors import InputError, ParameterError, PluginError
from pyhost.host import Effect
from pyhost.host.effects import effect_names

RATE = 48_000
NOISE = 0.5 * ph.noise(8192)
PLAIN = sorted(set(effect_names()) - {"Convolution"})


@pytest.mark.parametrize("name", PLAIN)
def test_every_effect_runs_in_blocks_and_gives_its_state_to_another(name: str) -> None:
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
    parts = [plugin.process(NOISE[at : at + 512], RATE, reset=at == 0) for at in range(0, 8192, 512)]
    assert np.concatenate(parts, axis=1).shape == whole.shape


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
    with pytest.raises(ParameterError, match=r"pedalboard.Convolution refuses these settings"):
        Effect("Convolution")
    with pytest.raises(PluginError, match="this is no state of Reverb"):
        Effect("Reverb").state = b"{"
