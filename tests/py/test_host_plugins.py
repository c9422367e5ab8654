"""What all plugins of the host have in common: parameters, blocks, checks."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import AudioArray, Channels
from pyhost.errors import AudioError, InputError, ParameterError, PluginError
from pyhost.host import Dry, Effect, FunctionPlugin, HostedPlugin, LearnedPlugin, Parallel, Plugin, as_plugin
from pyhost.host.parameter import ParameterInfo, PluginParameter, PluginParameters
from pyhost.learn.learned import freeze

RATE = 48_000
NOISE = ph.noise(4096)


class Spoilt(HostedPlugin):
    """Gives what it was told, whatever goes in."""

    def __init__(self, value: float = math.nan) -> None:
        self.name = "spoilt"
        self.channels = Channels(1, 1, 2)
        self._value = value
        knob = ParameterInfo("knob", 0.0, 10.0, 1.0, "dB")
        mode = ParameterInfo("mode", 0.0, 2.0, 0.0, choices=(("Low", 0.0), ("High", 2.0)), integer=True)
        self._knobs = {"knob": 1.0, "mode": 0.0}
        self.parameters = PluginParameters([self._parameter(knob), self._parameter(mode)])

    def _parameter(self, info: ParameterInfo) -> PluginParameter:
        def write(value: float) -> None:
            self._knobs[info.name] = value

        return PluginParameter(info, lambda: self._knobs[info.name], write)

    @property
    def state(self) -> bytes:
        """Nothing."""
        return b""

    @state.setter
    def state(self, state: bytes) -> None: ...

    def _start(self, sample_rate: float, channels: int) -> None: ...

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[Any]) -> AudioArray:
        made = block.copy()
        made[0, 3:4] = self._value
        return made


def test_a_parameter_is_an_attribute() -> None:
    plugin = Spoilt()
    plugin.knob = 3
    assert plugin.knob == 3.0
    assert plugin.parameters["knob"].value == 3.0
    assert {"knob", "mode", "process"} <= set(dir(plugin))
    assert repr(plugin) == "<Spoilt 'spoilt': knob = 3, mode = 0>"
    assert repr(plugin.parameters["knob"]) == "<PluginParameter knob = 3 dB, 0 … 10>"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("knob", 10.5, "parameter 'knob': 10.5 is out of range; choose from 0 to 10 dB"),
        ("knob", math.nan, "parameter 'knob' must be finite, not nan"),
        ("knob", "loud", "parameter 'knob' takes a number, not 'loud'"),
        ("knob", [1.0], r"parameter 'knob' takes a number, not \[1.0\]"),
        ("mode", 0.5, "parameter 'mode' takes whole numbers, not 0.5"),
        ("mode", "Hihg", "parameter 'mode' has no choice 'Hihg'; did you mean 'High'"),
        ("knop", 1.0, "spoilt has no attribute or parameter 'knop'; did you mean 'knob'"),
    ],
)
def test_a_wrong_name_or_value_is_an_error_that_helps(name: str, value: Any, message: str) -> None:
    plugin = Spoilt()
    with pytest.raises(ParameterError, match=message):
        setattr(plugin, name, value)
    assert plugin.parameters.named() == {"knob": 1.0, "mode": 0.0}


def test_reading_an_unknown_name_is_an_attribute_error_that_suggests() -> None:
    with pytest.raises(AttributeError, match="did you mean 'knob'"):
        _ = Spoilt().knobb
    with pytest.raises(KeyError, match="there is no parameter 'knobb'; did you mean 'knob'"):
        _ = Spoilt().parameters["knobb"]
    assert not hasattr(Spoilt(), "_nothing")


def test_a_choice_is_set_by_name_whatever_its_case() -> None:
    plugin = Spoilt()
    plugin.mode = "high"
    assert (plugin.mode, plugin.parameters["mode"].choice) == (2.0, "High")


def test_setting_several_sets_none_if_one_is_wrong() -> None:
    plugin = Spoilt()
    with pytest.raises(ParameterError, match="out of range"):
        plugin.parameters.set({"knob": 2.0, "mode": 9.0})
    assert plugin.knob == 1.0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_output_that_is_not_finite_is_an_error_that_names_the_plugin(value: float) -> None:
    plugin = Spoilt(value)
    with pytest.raises(PluginError, match=f"spoilt gave {value} in channel 0 at frame 3 of the block"):
        plugin.process(np.zeros(8), RATE)
    with pytest.raises(PluginError, match="spoilt gave"):
        ph.host.Series([plugin, Dry()]).process(np.zeros(8), RATE)


def test_audio_that_does_not_fit_is_refused() -> None:
    plugin = Spoilt(0.0)
    with pytest.raises(AudioError, match="spoilt takes 1 channels, not 2; load it with channels=2"):
        plugin.process(np.zeros((2, 8)), RATE)
    with pytest.raises(AudioError, match="the side-chain of spoilt takes 2 channels, not 3"):
        plugin.process(np.zeros(8), RATE, sidechain=np.zeros((3, 8)))
    with pytest.raises(AudioError, match="sample_rate"):
        plugin.process(np.zeros(8), 0.0)
    with pytest.raises(InputError, match="takes no MIDI"):
        plugin.process(np.zeros(8), RATE, midi=[(0, b"\x90\x40\x40")])
    plugin.process(np.zeros(8), RATE)
    with pytest.raises(AudioError, match="reset=False goes on from the last call, which had 1 channels at 48000 Hz"):
        plugin.process(np.zeros(8), 44_100, reset=False)


def test_all_that_is_loaded_is_a_plugin_and_so_is_a_learned_chain() -> None:
    learned = freeze(ph.chain("gain(gain=0.5) | dc"))
    for thing in (Dry(), Effect("Gain"), FunctionPlugin(np.tanh), learned, LearnedPlugin(learned)):
        assert isinstance(thing, Plugin)


def test_a_learned_chain_has_what_a_host_needs() -> None:
    learned = freeze(ph.chain("gain(gain=0.5) | dc"))
    other = freeze(ph.chain("gain | dc"))
    other.state = learned.state
    assert other.parameters["gain"].value == 0.5
    assert (learned.name, learned.channels, learned.latency_samples) == (learned.label, Channels(), 0)
    with pytest.raises(PluginError, match="this is no state of"):
        other.state = b"[1"
    with pytest.raises(PluginError, match="there is no parameter 'level'"):
        other.state = b'{"level": 1}'
    with pytest.raises(AudioError, match="has no side-chain"):
        learned.process(NOISE, RATE, sidechain=NOISE)


def test_a_learned_plugin_gives_what_its_chain_gives_and_shows_elements_of_vectors() -> None:
    chain = freeze(ph.chain("fir(taps=3)"))
    plugin = as_plugin(chain)
    assert list(plugin.parameters) == ["taps[0]", "taps[1]", "taps[2]"]
    plugin.parameters["taps[1]"].value = -0.5
    assert chain.parameters["taps"].value[1] == -0.5
    np.testing.assert_array_equal(plugin.process(NOISE, RATE), chain.process(NOISE, RATE))


def test_a_function_is_a_plugin_if_it_returns_what_it_is_given() -> None:
    np.testing.assert_array_equal(as_plugin(lambda x, rate: -x).process(NOISE, RATE)[0], -NOISE)
    with pytest.raises(AudioError, match=r"was given 1 channels of 8 frames and returned shape \(1, 4\)"):
        FunctionPlugin(lambda x, rate: x[:, :4]).process(np.zeros(8), RATE)
    with pytest.raises(PluginError, match="half gave nan"):
        FunctionPlugin(lambda x, rate: x * math.nan, "half").process(np.zeros(8), RATE)


def test_a_function_that_fails_is_told_with_its_name_and_line() -> None:
    def broken(audio: Any, sample_rate: float) -> Any:
        raise KeyError("no such thing")

    line = broken.__code__.co_firstlineno + 1
    told = rf"the function broken failed in .*test_host_plugins\.py, line {line}: KeyError: 'no such thing'; correct it"
    with pytest.raises(PluginError, match=told) as raised:
        FunctionPlugin(broken).process(np.zeros(8), RATE)
    assert isinstance(raised.value.__cause__, KeyError)


def test_a_function_that_ends_the_program_does_not() -> None:
    with pytest.raises(PluginError, match=r"the function over failed.*: SystemExit: 3"):
        FunctionPlugin(lambda audio, rate: sys.exit(3), "over").process(np.zeros(8), RATE)


def test_a_function_that_works_in_place_changes_nothing_for_others() -> None:
    given = np.ones((1, 4))
    halved = FunctionPlugin(lambda audio, rate: np.multiply(audio, 0.5, out=audio))
    np.testing.assert_array_equal(Parallel([halved, Dry()]).process(given, RATE), [[1.5] * 4])
    np.testing.assert_array_equal(given, [[1.0] * 4])


def test_what_is_no_plugin_is_refused() -> None:
    with pytest.raises(PluginError, match="3 is no plugin"):
        as_plugin(3)
