"""A plugin for one channel runs once for each of several, with the same parameters, state and place in the song."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from session_plugins import RATE, Clicks, Mono, Stateless, mix_of

import pyhost as ph
from pyhost.audio import AudioArray, write_audio
from pyhost.errors import AudioError, InputError, PluginError, SessionError
from pyhost.host import Channels, EachChannel, Isolated, Series, Transport
from pyhost.host.plugin import MidiEvent

COUNTS = f"{Path(__file__).with_name('session_plugins.py')}:counts"
COMPRESSOR = "urn:zamaudio:ZamComp"
MONO_EQ = "http://gareus.org/oss/lv2/fil4#mono"
STEREO = np.stack([ph.noise(4800), ph.noise(4800)[::-1]])

Installed = Callable[..., None]


def test_each_channel_is_heard_by_an_instance_of_its_own(installed: Installed) -> None:
    installed(MONO_EQ)
    both = ph.load(MONO_EQ, channels=2)
    one = ph.load(MONO_EQ, isolate=False)
    for plugin in (both, one):
        plugin.gain2, plugin.freq2 = 9, 1_000
    assert both.channels == Channels(2, 2)
    assert all(isinstance(plugin, Isolated) for plugin in both.plugins)
    np.testing.assert_array_equal(both.process(STEREO, RATE), [one.process(row, RATE)[0] for row in STEREO])


@pytest.mark.parametrize("block", [7, 64, 4800])
def test_blocks_do_not_matter(block: int) -> None:
    both = ph.load(COUNTS, channels=2)
    both.step = 0.25
    parts = [both.process(STEREO[:, at : at + block], RATE, reset=at == 0) for at in range(0, 4800, block)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), STEREO + 0.25 * np.arange(4800))


def test_a_parameter_is_that_of_all_also_while_they_run() -> None:
    both = ph.load(COUNTS, channels=2)
    both.process(STEREO, RATE)
    both.step = 1.0
    assert [plugin.step for plugin in both.plugins] == [1.0, 1.0]
    np.testing.assert_allclose(both.process(STEREO, RATE, reset=False), STEREO + 4800 + np.arange(4800))


def test_what_was_set_on_the_first_alone_holds_for_all_from_a_reset_on() -> None:
    first = ph.load(COUNTS)
    both = EachChannel(first)
    both.process(STEREO, RATE)
    first.step = 0.5
    np.testing.assert_allclose(both.process(STEREO, RATE), STEREO + 0.5 * np.arange(4800))


def test_it_can_be_saved_and_its_state_is_that_of_all(installed: Installed, tmp_path: Path) -> None:
    installed(MONO_EQ)
    both = ph.load(MONO_EQ, channels=2, isolate=False)
    both.gain2 = 9
    both.save(tmp_path / "both.json")
    again = ph.load(tmp_path / "both.json", isolate=False)
    assert isinstance(again, EachChannel)
    np.testing.assert_array_equal(again.process(STEREO, RATE), both.process(STEREO, RATE))
    again.gain2 = 0
    again.state = both.state
    assert [plugin.gain2 for plugin in again.plugins] == [9.0, 9.0]


class Offset(Mono):
    """Adds what its state says, which is no parameter."""

    _kept = b"0"

    @property
    def state(self) -> bytes:
        return self._kept

    @state.setter
    def state(self, state: bytes) -> None:
        self._kept = state

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        return block + float(self._kept)


def test_what_is_no_parameter_is_the_same_in_all_too() -> None:
    first = Offset()
    first.state = b"2"
    both = EachChannel(first, make=Offset)
    np.testing.assert_array_equal(both.process(STEREO, RATE), STEREO + 2.0)
    both.state = b"3"
    np.testing.assert_array_equal(both.process(STEREO, RATE), STEREO + 3.0)


class Bars(Mono):
    """Puts out which bar of the song it is told to be in."""

    follows_tempo = True

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        return np.full_like(block, -1.0 if self.transport is None else self.transport.bar)


def test_all_are_told_the_place_in_the_song() -> None:
    both = EachChannel(Bars(), make=Bars)
    assert both.follows_tempo
    both.transport = Transport(beat=9.0)
    np.testing.assert_array_equal(both.process(STEREO, RATE), np.full((2, 4800), 2.0))
    both.transport = Transport(beat=13.0)
    np.testing.assert_array_equal(both.process(STEREO, RATE, reset=False), np.full((2, 4800), 3.0))


def test_the_processes_of_all_end_with_it(installed: Installed) -> None:
    installed(MONO_EQ)
    both = ph.load(MONO_EQ, channels=2)
    both.grow(2)
    both.close()
    with pytest.raises(PluginError):
        both.plugins[1].process(STEREO[0], RATE)


def test_its_presets_are_those_of_the_plugin(installed: Installed) -> None:
    installed(COMPRESSOR)
    both = ph.load(COMPRESSOR, channels=2, isolate=False)
    assert "PoppySnare" in both.presets
    both.grow(2)
    both.load_preset("PoppySnare")
    assert both.plugins[0].parameters.named() == both.plugins[1].parameters.named()
    assert both.rat != 4.0
    assert ph.load(COUNTS, channels=2).presets == []


def test_a_series_says_how_to_put_a_mono_plugin_behind_a_stereo_one() -> None:
    wide = Stateless("wide", Channels(2, 2))
    with pytest.raises(InputError, match="wide gives 2 channels and counts takes 1; load it with channels=2"):
        Series([wide, COUNTS])
    series = Series([wide, ph.load(COUNTS, channels=2)])
    series.parameters["counts.step"].value = 1.0
    np.testing.assert_allclose(series.process(STEREO, RATE), STEREO + np.arange(4800))


def test_what_cannot_take_so_many_channels_is_refused() -> None:
    with pytest.raises(AudioError, match="counts takes 1 channels, not 2; load it with channels=2"):
        ph.load(COUNTS).process(STEREO, RATE)
    with pytest.raises(PluginError, match="six takes 6 channels and gives 6, and 2 are asked for; take a plugin for 2"):
        ph.load(COUNTS.replace(":counts", ":six"), channels=2)
    with pytest.raises(PluginError, match="clicks takes 0 channels and gives 1; only a plugin that takes one"):
        EachChannel(Clicks())
    with pytest.raises(InputError, match="channels is 0; give a whole number from 1 on"):
        ph.load(COUNTS, channels=0)
    with pytest.raises(PluginError, match="mono was made by Python code and cannot be described"):
        EachChannel(Mono()).process(STEREO, RATE)
    with pytest.raises(PluginError, match="counts has no presets"):
        ph.load(COUNTS, channels=2).load_preset("loud")
    assert ph.load("Gain", channels=2).name == "Gain"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a recording in stereo."""
    write_audio(tmp_path / "stereo.wav", 0.1 * STEREO, RATE)
    return tmp_path


def session(plugin: Any, **keys: Any) -> dict[str, Any]:
    return {"track": [{"name": "one", "clips": [{"file": "stereo.wav"}], "insert": [{"plugin": plugin, **keys}]}]}


def test_a_session_runs_a_mono_plugin_on_a_stereo_track_once_for_each_channel(folder: Path) -> None:
    mix = mix_of(session(COUNTS, set={"step": 0.0001}), folder)
    np.testing.assert_allclose(mix, 0.1 * STEREO + 0.0001 * np.arange(4800), atol=1e-6)


def test_automation_goes_to_both_instances(folder: Path) -> None:
    description = session(COUNTS)
    description["track"][0]["automate"] = {"counts": {"step": [[0.05, 0], [0.05, 0.0001]]}}
    mix = mix_of(description, folder, block=333)
    n = np.arange(4800)
    np.testing.assert_allclose(mix, 0.1 * STEREO + np.where(n < 2400, 0.0, 0.0001 * n), atol=1e-6)


def test_a_mono_lv2_plugin_in_a_session_leaves_no_process_behind(installed: Installed, folder: Path) -> None:
    installed(MONO_EQ)
    equaliser = ph.load(MONO_EQ, channels=2, isolate=False)
    equaliser.gain2 = 9
    mix = mix_of(session(MONO_EQ, set={"gain2": 9}), folder)
    np.testing.assert_allclose(mix, equaliser.process(np.float32(0.1 * STEREO), RATE), atol=1e-6)


def test_a_mono_plugin_that_cannot_be_made_again_is_refused_with_its_place(folder: Path) -> None:
    with pytest.raises(SessionError, match=r"track\[0\].insert\[0\]: mono was made by Python code"):
        mix_of(session(Mono()), folder)
