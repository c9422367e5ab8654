"""Plugins that follow a tempo are told where in the song they are, wherever they run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from session_plugins import Late, mix_of

import pyhost as ph
from pyhost.errors import InputError
from pyhost.host import HostedPlugin, Isolated, LV2Plugin, Parallel, Series, Transport
from pyhost.host.delay import MidiLine
from pyhost.host.session.tempo import Tempo

RATE = 48_000

METRONOME = "http://lv2plug.in/plugins/eg-metro"
DELAY = "urn:zamaudio:ZamDelay"

Installed = Callable[..., None]


@pytest.fixture(params=[False, True], ids=["in process", "isolated"])
def metronome(installed: Installed, request: pytest.FixtureRequest) -> HostedPlugin:
    """LV2's example of a plugin that follows a tempo: a click at every beat."""
    installed(METRONOME)
    plugin = ph.load(METRONOME, isolate=request.param)
    assert isinstance(plugin, HostedPlugin)
    return plugin


def clicks(made: np.ndarray) -> list[int]:
    """Return where sound begins after silence."""
    loud = np.flatnonzero(np.abs(made[0]) > 1e-6)
    return [int(frame) for frame, before in zip(loud, [-RATE, *loud], strict=False) if frame - before > 1000]


def played(plugin: HostedPlugin, frames: int, block: int) -> np.ndarray:
    parts = [
        plugin.process(np.zeros((0, min(block, frames - at))), RATE, reset=at == 0) for at in range(0, frames, block)
    ]
    return np.concatenate(parts, axis=1)


def test_a_plugin_hears_the_tempo_and_the_place(metronome: HostedPlugin) -> None:
    assert metronome.follows_tempo
    metronome.transport = Transport(beats_per_minute=120.0)
    half = clicks(played(metronome, RATE, 512))
    metronome.transport = Transport(beats_per_minute=240.0)
    quarter = clicks(played(metronome, RATE, 512))
    metronome.transport = Transport(beats_per_minute=120.0, beat=7.75, frame=186_000)
    later = clicks(played(metronome, RATE, 512))
    assert half == pytest.approx([0, 24_000], abs=8)
    assert quarter == pytest.approx([0, 12_000, 24_000, 36_000], abs=8)
    assert later == pytest.approx([6_000, 30_000], abs=8)


def test_a_plugin_that_is_told_nothing_does_not_play(metronome: HostedPlugin) -> None:
    metronome.transport = Transport(speed=0.0)
    assert clicks(played(metronome, RATE, 512)) == []


def test_blocks_do_not_matter(metronome: HostedPlugin) -> None:
    metronome.transport = Transport(beats_per_minute=133.0)
    whole = played(metronome, RATE, RATE)
    assert clicks(whole)
    np.testing.assert_array_equal(played(metronome, RATE, 777), whole)


def test_a_new_tempo_holds_from_the_next_sample_on(metronome: HostedPlugin) -> None:
    metronome.transport = Transport(beats_per_minute=60.0)
    silence = np.zeros((0, 24_000))
    parts = [metronome.process(silence, RATE)]
    metronome.transport = Transport(beats_per_minute=240.0, beat=0.5, frame=24_000)
    parts.append(metronome.process(silence, RATE, reset=False))
    assert clicks(np.concatenate(parts, axis=1)) == pytest.approx([0, 30_000, 42_000], abs=8)


def test_a_plugin_that_crashed_is_told_again(installed: Installed) -> None:
    installed(METRONOME)
    made = []
    for crash in (False, True):
        plugin = ph.load(METRONOME, recover=True)
        assert isinstance(plugin, Isolated)
        plugin.transport = Transport(beats_per_minute=90.0)
        parts = [plugin.process(np.zeros((0, 30_000)), RATE)]
        plugin.transport = Transport(beats_per_minute=300.0)
        parts.append(plugin.process(np.zeros((0, 30_000)), RATE, reset=False))
        if crash:
            plugin._worker.kill()
        parts.append(plugin.process(np.zeros((0, 30_000)), RATE, reset=False))
        assert plugin.restarts == crash
        made.append(np.concatenate(parts, axis=1))
    np.testing.assert_array_equal(made[0], made[1])


def test_a_delay_that_follows_the_tempo_repeats_in_its_time(installed: Installed) -> None:
    installed(DELAY)
    delay = ph.load(DELAY)
    assert isinstance(delay, HostedPlugin)
    delay.parameters["sync"].value = 1.0
    dry = np.zeros(RATE)
    dry[0] = 0.5
    made = []
    for bpm in (120.0, 180.0):
        delay.transport = Transport(beats_per_minute=bpm)
        made.append(delay.process(dry, RATE))
    assert np.abs(made[0] - made[1]).max() > 0.01


def test_a_chain_tells_each_plugin_where_its_own_sound_is(installed: Installed) -> None:
    installed(DELAY)
    first, second = LV2Plugin(DELAY), LV2Plugin(DELAY)
    chain = Series([first, Late(4_800), Parallel([second, "Gain"])])
    assert chain.follows_tempo
    chain.transport = Transport(beats_per_minute=60.0, beat=1.0, frame=RATE)
    chain.process(np.zeros((1, 16)), RATE)
    assert first.transport == chain.transport
    assert second.transport is not None
    assert (second.transport.beat, second.transport.frame) == (pytest.approx(0.9), RATE - 4_800)


def test_a_session_tells_its_tempo_to_inserts(installed: Installed, tmp_path: Path) -> None:
    installed(METRONOME)

    def made(tempo: object, *, block: int = 4096, late: int = 0) -> np.ndarray:
        inserts = [{"plugin": METRONOME}, *([{"plugin": Late(late)}] if late else [])]
        track = {"name": "click", "insert": inserts}
        return mix_of({"track": [track], "channels": 1, "length": 2.0, "tempo": tempo}, tmp_path, block=block)

    assert clicks(made(120)) == pytest.approx([0, 24_000, 48_000, 72_000], abs=8)
    turns = made([[0, 120], [2, 240]])
    assert clicks(turns) == pytest.approx([0, 24_000, 48_000, 60_000, 72_000, 84_000], abs=8)
    np.testing.assert_array_equal(made([[0, 120], [2, 240]], block=1000, late=480), turns)


def test_changes_of_tempo_are_at_the_nearest_sample() -> None:
    places = Tempo(((0.0, 120.0), (1.0, 90.0), (4.0, 100.0))).transports(44_100)
    assert list(places) == [0, 22_050, 110_250]
    assert [place.beats_per_minute for place in places.values()] == [120.0, 90.0, 100.0]
    assert [place.beat for place in places.values()] == pytest.approx([0.0, 1.0, 4.0])


def test_a_place_is_told_in_bars() -> None:
    place = Transport(beats_per_minute=60.0, beats_per_bar=3.0, beat=7.5)
    assert (place.bar, place.beat_in_bar) == (2, 1.5)
    before = place.moved(-8 * RATE, RATE)
    assert (before.bar, before.beat_in_bar, before.frame) == (-1, 2.5, -8 * RATE)
    assert place.moved(0, RATE) == place


@pytest.mark.parametrize("wrong", [{"beats_per_minute": 0.0}, {"beats_per_bar": float("nan")}, {"beat_unit": -4}])
def test_a_tempo_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(wrong))} is .*; give a number above 0"):
        Transport(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"frame": 0.5}, {"beat_unit": 4.0}])
def test_a_place_between_samples_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(wrong))} is .*; give a whole number"):
        Transport(**wrong)  # type: ignore[arg-type]


def test_midi_that_is_due_later_is_kept() -> None:
    line = MidiLine(100)
    assert line.process([(0, b"\x90"), (50, b"\x80")], 64) == []
    assert line.process([(10, b"\xb0")], 64) == [(36, b"\x90")]
    assert line.process([], 64) == [(22, b"\x80"), (46, b"\xb0")]
    assert line.process([], 64) == []


def test_what_is_no_transport_is_refused() -> None:
    plugin = Late(0)
    with pytest.raises(InputError, match=r"transport must be a pyhost.host.Transport or None, not 3"):
        plugin.transport = 3  # type: ignore[assignment]
