"""A plugin for one channel runs once for each of several, with the same parameters, state and place in the song."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from session_plugins import RATE, Clicks, Mono, Stateless, children, mix_of

import pyhost as ph
from pyhost.audio import AudioArray, write_audio
from pyhost.errors import AudioError, InputError, PluginError, SessionError
from pyhost.host import Channels, CrashedError, Dry, EachChannel, Isolated, Series, Transport
from pyhost.host.each_channel import close_all
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
    assert len(both.plugins) == 1
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


def test_all_instances_are_in_one_process_which_ends_with_it() -> None:
    before = children()
    both = ph.load(COUNTS, channels=2, isolate=True)
    both.grow(2)
    both.process(STEREO, RATE)
    assert len(children() - before) == 1
    both.close()
    assert children() == before
    with pytest.raises(PluginError, match="was ended; load the plugin again"):
        both.process(STEREO, RATE)


def test_instances_can_be_made_before_they_run_also_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(
        "from pathlib import Path\nfrom pyhost.host import Channels, Dry\n"
        "def make():\n  with Path(__file__).with_name('made').open('a') as file:\n    file.write('x')\n"
        "  plugin = Dry()\n  plugin.channels = Channels(1, 1)\n  return plugin\n"
    )
    both = ph.load(f"{tmp_path / 'plugin.py'}:make", channels=2, isolate=True)
    assert (tmp_path / "made").read_text() == "x"
    both.grow(2)
    assert (tmp_path / "made").read_text() == "xx"
    both.process(STEREO, RATE)
    assert (tmp_path / "made").read_text() == "xx"
    both.close()


def test_in_a_process_of_its_own_parameters_states_and_blocks_are_as_in_this_one() -> None:
    made = []
    for isolate in (False, True):
        both = ph.load(COUNTS, channels=2, isolate=isolate)
        both.step = 0.25
        first = both.process(STEREO[:, :1000], RATE)
        both.step = 0.5
        second = both.process(STEREO[:, 1000:], RATE, reset=False)
        made.append(np.concatenate([first, second], axis=1))
        assert EachChannel(both.plugins[0]).process(np.ones((3, 2)), RATE).tolist() == [[1.0, 1.5]] * 3
        close_all([both])
    np.testing.assert_array_equal(*made)


def test_a_process_that_is_killed_is_brought_back_with_all_instances() -> None:
    both = ph.load(COUNTS, channels=2, isolate=True, recover=True)
    both.step = 0.25
    first = both.process(STEREO[:, :1000], RATE)
    os.kill(both.plugins[0].pid, signal.SIGKILL)
    second = both.process(STEREO[:, 1000:], RATE, reset=False)
    np.testing.assert_array_equal(np.concatenate([first, second], axis=1), STEREO + 0.25 * np.arange(4800))
    assert both.plugins[0].restarts == 1
    both.close()


def test_a_plugin_that_ran_for_each_channel_is_still_one_for_one_channel() -> None:
    mono = ph.load(COUNTS, isolate=True)
    both = EachChannel(mono)
    both.process(STEREO, RATE)
    mono.step = 0.5
    np.testing.assert_array_equal(mono.process(STEREO[0], RATE)[0], STEREO[0] + 0.5 * np.arange(4800))
    with pytest.raises(AudioError, match="counts takes 1 channels, not 2"):
        mono.process(STEREO, RATE)
    with pytest.raises(InputError, match="made ready for other channels while what it is part of went on"):
        both.process(STEREO, RATE, reset=False)
    np.testing.assert_array_equal(both.process(STEREO, RATE), STEREO + 0.5 * np.arange(4800))
    mono.close()


def test_what_an_instance_says_is_wrong_is_told_from_its_process_too() -> None:
    both = ph.load(f"{Path(__file__).with_name('faulty_plugins.py')}:crashes_for_one", channels=2, isolate=True)
    for at in (0, 480):
        both.process(STEREO[:, at : at + 480], RATE, reset=at == 0)
    with pytest.raises(CrashedError, match=r"crashed \(SIGSEGV\) while it processed a block"):
        both.process(STEREO[:, 960:], RATE, reset=False)


def test_a_chain_of_what_lives_apart_is_made_again_in_processes_of_its_own() -> None:
    chain = Series([ph.load(COUNTS, isolate=True), Dry()])
    both = EachChannel(chain)
    both.grow(2)
    assert [isinstance(plugin[0], Isolated) for plugin in both.plugins] == [True, True]
    both.close()


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
