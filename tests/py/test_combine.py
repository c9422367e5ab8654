"""Plugins one after the other and side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import AudioArray
from pyhost.errors import AudioError, InputError, ParameterError, PluginError
from pyhost.host import Channels, Dry, Effect, FunctionPlugin, Isolated, Parallel, Series
from pyhost.host.delay import DelayLine
from pyhost.host.plugin import MidiEvent
from pyhost.learn.learned import freeze

RATE = 48_000
NOISE = ph.noise(4096)


def test_a_series_is_one_plugin_after_the_other() -> None:
    series = Series([Effect("Gain", gain_db=-6.0), Effect("Distortion", drive_db=10.0)])
    first = Effect("Gain", gain_db=-6.0).process(NOISE, RATE)
    np.testing.assert_array_equal(series.process(NOISE, RATE), Effect("Distortion", drive_db=10.0).process(first, RATE))


def test_the_parameters_of_all_are_those_of_the_group() -> None:
    group = Series(["Gain", Parallel(["Gain", Dry()], name="wet"), "Gain"])
    assert list(group.parameters) == ["Gain.gain_db", "wet.Gain.gain_db", "Gain_2.gain_db"]
    group.parameters["Gain_2.gain_db"].value = -12.0
    assert group["Gain_2"].gain_db == -12.0
    with pytest.raises(ParameterError, match=r"did you mean 'Gain_2\.gain_db'"):
        _ = group.parameters["Gain_3.gain_db"]
    with pytest.raises(InputError, match="there is no plugin 'Gian'; did you mean 'Gain'"):
        _ = group["Gian"]


def test_branches_are_added_with_their_gains() -> None:
    both = Parallel([Dry(), FunctionPlugin(lambda x, rate: x * x)], gains=[0.5, -2.0])
    np.testing.assert_array_equal(both.process(NOISE, RATE)[0], 0.5 * NOISE - 2.0 * NOISE * NOISE)


class Late(FunctionPlugin):
    """Gives what it is given, so many samples late, and says so."""

    def __init__(self, samples: int) -> None:
        self._line = DelayLine(1, samples)
        self._samples = samples
        super().__init__(lambda audio, rate: self._line.process(audio), f"late{samples}")

    @property
    def latency_samples(self) -> int:
        """As it was told."""
        return self._samples


def test_branches_with_different_latencies_stay_in_step() -> None:
    both = Series([Parallel([Dry(), Late(480), Series([Late(30), Late(7)])]), Late(3)])
    made = both.process(NOISE, RATE)
    assert both.latency_samples == 483
    assert not made[0, :483].any()
    np.testing.assert_array_equal(made[0, 483:], 3.0 * NOISE[:-483])


@pytest.mark.parametrize("frames", [1, 7, 512])
def test_blocks_of_any_size_give_the_same(frames: int) -> None:
    group = Series([Parallel(["Limiter", Dry()]), "LowpassFilter"])
    whole = group.process(NOISE[:1024], RATE)
    parts = [group.process(NOISE[at : min(at + frames, 1024)], RATE, reset=at == 0) for at in range(0, 1024, frames)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_the_state_of_a_group_is_that_of_all() -> None:
    one = Series([Effect("Gain", gain_db=-3.0), Parallel([Effect("Reverb", room_size=0.9), Dry()])])
    other = Series(["Gain", Parallel(["Reverb", Dry()])])
    other.state = one.state
    np.testing.assert_array_equal(other.process(NOISE, RATE), one.process(NOISE, RATE))
    with pytest.raises(PluginError, match="this state has 2 plugins and series 1"):
        Series(["Gain"]).state = one.state
    with pytest.raises(PluginError, match="this is no state of series"):
        one.state = b"\xff"


def test_a_learned_chain_takes_its_place_in_a_group() -> None:
    group = Series([freeze(ph.chain("gain(gain=0.25)")), "Invert"])
    np.testing.assert_allclose(group.process(NOISE, RATE)[0], -0.25 * NOISE, rtol=1e-6)
    assert group.parameters[f"{group.names[0]}.gain"].value == 0.25


def test_what_cannot_be_joined_is_refused() -> None:
    gain = Effect("Gain")
    with pytest.raises(InputError, match="Gain is there twice"):
        Series([gain, gain])
    with pytest.raises(InputError, match="Parallel needs at least one plugin"):
        Parallel([])
    with pytest.raises(InputError, match="gains must be 2 finite numbers"):
        Parallel([Dry(), Dry()], gains=[1.0])
    with pytest.raises(PluginError, match="there is no plugin 'Gian'; did you mean 'Gain'"):
        Series(["Gian"])
    with pytest.raises(AudioError, match="is given no channels"):
        Dry().prepare(RATE, 0)


class Hears(FunctionPlugin):
    """Puts out what its side-chain hears."""

    def __init__(self, channels: int) -> None:
        super().__init__(lambda audio, rate: audio, f"hears{channels}")
        self.channels = Channels(None, None, channels)

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        assert sidechain is not None
        return np.broadcast_to(sidechain, block.shape)


def test_a_side_chain_of_two_channels_is_mixed_for_what_hears_one() -> None:
    both = Parallel([Hears(1), Hears(2)], gains=[1.0, 0.0])
    made = both.process(np.zeros((2, 3)), RATE, sidechain=[[1.0, 0.0, 0.5], [0.0, 0.5, 0.5]])
    np.testing.assert_array_equal(made, [[0.5, 0.25, 0.5]] * 2)


def test_the_processes_of_all_end_with_the_group() -> None:
    inner = Isolated({"kind": "effect", "name": "Gain"})
    group = Series([Parallel([inner, Dry()])])
    group.process(NOISE, RATE)
    group.close()
    with pytest.raises(PluginError):
        inner.process(NOISE, RATE)


def test_a_part_that_was_reset_by_itself_is_noticed() -> None:
    group = Series(["Delay"])
    group.process(NOISE, RATE)
    group["Delay"].reset()
    with pytest.raises(InputError, match="Delay was reset while what it is part of went on"):
        group.process(NOISE, RATE, reset=False)


class Marks(FunctionPlugin):
    """Adds 1 where a message comes in."""

    takes_midi = True

    def __init__(self) -> None:
        super().__init__(lambda audio, rate: audio, "marks")

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        made = block.copy()
        for frame, _ in midi:
            made[:, frame] += 1.0
        return made


@pytest.mark.parametrize("block", [7, 64, 1000])
def test_midi_stays_in_step_with_the_sound_of_a_series(block: int) -> None:
    series = Series([Late(30), Parallel([Dry(), Marks()]), Late(7), Marks()])
    dry = np.zeros(1000)
    dry[[5, 70]] = 0.25
    notes = [(5, b"\x90\x3c\x40"), (70, b"\x80\x3c\x40")]
    parts = []
    for first in range(0, 1000, block):
        last = min(first + block, 1000)
        due = [(frame - first, message) for frame, message in notes if first <= frame < last]
        parts.append(series.process(dry[first:last], RATE, midi=due, reset=first == 0))
    made = np.concatenate(parts, axis=1)[0]
    assert series.latency_samples == 37
    assert {int(frame): made[frame] for frame in np.flatnonzero(made)} == {42: 2.5, 107: 2.5}
