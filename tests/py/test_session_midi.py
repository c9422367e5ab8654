"""MIDI files play instruments, by their own tempo or the session's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
from session_plugins import RATE, Clicks, Late, Stateless, mix_of

from pyhost.audio import AudioArray, write_audio
from pyhost.errors import SessionError
from pyhost.host import Channels
from pyhost.host.plugin import MidiEvent
from pyhost.host.session.tempo import Tempo

TICKS = 480


class Order(Clicks):
    """Remembers what comes when."""

    def __init__(self) -> None:
        super().__init__()
        self._begin = 0
        self._heard: list[MidiEvent] = []

    @property
    def heard(self) -> list[MidiEvent]:
        return self._heard

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        self._heard += [(self._begin + frame, message) for frame, message in midi]
        self._begin += block.shape[1]
        return super()._run(block, sidechain, midi)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with four notes, one a beat; from the third on in another track and twice as fast."""
    file = mido.MidiFile(ticks_per_beat=TICKS)
    one, two = mido.MidiTrack(), mido.MidiTrack()
    one.append(mido.MetaMessage("set_tempo", tempo=500_000))
    for number in range(2):
        one.append(mido.Message("note_on", note=60 + number, velocity=64, time=240 if number else 0))
        one.append(mido.Message("note_off", note=60 + number, time=240))
    one.append(mido.MetaMessage("set_tempo", tempo=250_000, time=240))
    two.append(mido.Message("note_on", note=62, velocity=64, time=960))
    two.append(mido.Message("note_off", note=62, time=240))
    two.append(mido.Message("note_on", note=63, velocity=64, time=240))
    two.append(mido.Message("note_on", note=63, velocity=0, time=240))
    file.tracks += [one, two]
    file.save(tmp_path / "notes.mid")
    return tmp_path


def played(folder: Path, *before: Any, tempo: Any = None, **clip: Any) -> dict[float, float]:
    """Return what is heard and when, in seconds, of clicks that play notes.mid."""
    inserts = [*({"plugin": plugin} for plugin in before), {"plugin": Clicks()}]
    track = {"name": "one", "clips": [{"file": "notes.mid"} | clip], "insert": inserts}
    description = {"track": [track], "channels": 1, "length": 3.0} | ({"tempo": tempo} if tempo else {})
    mix = mix_of(description, folder, block=1000)[0]
    return {round(frame / RATE, 4): float(mix[frame]) for frame in np.flatnonzero(mix)}


def test_a_file_is_played_by_its_own_tempo(folder: Path) -> None:
    on = {0.0: 0.5, 0.5: 0.5, 1.0: 0.5, 1.25: 0.5}
    off = {0.25: -0.5, 0.75: -0.5, 1.125: -0.5}
    assert played(folder) == on | off


def test_or_by_that_of_the_session(folder: Path) -> None:
    assert sorted(played(folder, tempo=60)) == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    changing = played(folder, tempo=[[0, 60], [1, 120]], start="1 beats")
    assert [time for time, value in changing.items() if value > 0] == [1.0, 1.5, 2.0, 2.5]


def test_what_gives_no_sound_is_refused_with_its_place(folder: Path) -> None:
    with pytest.raises(SessionError, match=r"insert\[0\]: transpose gives no sound, and only sound is passed on"):
        played(folder, Stateless("transpose", Channels(0, 0)))


def test_a_clip_begins_and_ends_where_it_is_said_and_ends_what_sounds(folder: Path) -> None:
    assert played(folder, start=0.1, offset=0.5, length=0.2) == {0.1: 0.5, 0.3: -0.5}


def test_what_was_set_before_a_clip_begins_is_set_at_its_beginning(tmp_path: Path) -> None:
    """The latest of each: the program, the pedal, the bend, but no note."""
    file, track = mido.MidiFile(ticks_per_beat=TICKS), mido.MidiTrack()
    track += [
        mido.Message("program_change", program=3),
        mido.Message("control_change", control=64, value=127),
        mido.Message("control_change", control=7, value=90),
        mido.Message("note_on", note=60, velocity=64),
        mido.Message("program_change", program=5),
        mido.Message("note_off", note=60, time=TICKS),
        mido.Message("note_on", note=62, velocity=64, time=TICKS),
    ]
    file.tracks.append(track)
    file.save(tmp_path / "notes.mid")
    order = Order()
    clip = {"file": "notes.mid", "offset": 0.75, "start": 0.1}
    mix_of({"track": [{"name": "one", "clips": [clip], "insert": [{"plugin": order}]}]}, tmp_path)
    assert order.heard == [
        (4800, b"\xc0\x05"),
        (4800, b"\xb0\x40\x7f"),
        (4800, b"\xb0\x07\x5a"),
        (16800, b"\x90\x3e\x40"),
    ]


def test_beats_of_a_clip_are_those_of_where_it_is(folder: Path) -> None:
    """Its length and its offset, in a session that gets faster: at beat 2 a minute has 120 instead of 60."""
    tempo = [[0, 60], [2, 120]]
    assert played(folder, tempo=tempo, start="2 beats", length="1 beats") == {2.0: 0.5, 2.25: -0.5}
    assert [
        time for time, value in played(folder, tempo=tempo, start="3 beats", offset="2 beats").items() if value > 0
    ] == [2.5]


def test_the_end_of_a_note_comes_before_its_next_beginning_however_clips_are_listed(folder: Path) -> None:
    clips = [{"file": "notes.mid", "start": start, "length": 0.2} for start in (0.2, 0.0)]
    order = Order()
    mix_of({"track": [{"name": "one", "clips": clips, "insert": [{"plugin": order}]}], "length": 0.5}, folder)
    assert [message[0] for _, message in order.heard] == [0x90, 0x80, 0x90, 0x80]


def test_an_instrument_behind_something_late_stays_in_step_and_adds_to_what_is_there(folder: Path) -> None:
    assert played(folder, Late(1000)) == played(folder)


def test_an_instrument_adds_to_a_recording_on_its_track(folder: Path) -> None:
    noise = np.stack([0.1 * np.ones(9600), -0.1 * np.ones(9600)])
    write_audio(folder / "dc.wav", noise, RATE)
    track = {"name": "one", "clips": [{"file": "notes.mid"}, {"file": "dc.wav"}], "insert": [{"plugin": Clicks()}]}
    mix = mix_of({"track": [track], "length": 0.2}, folder)
    np.testing.assert_allclose(mix[:, :2], [[0.6, 0.1], [0.4, -0.1]], atol=1e-7)


def test_a_tempo_gives_the_time_of_a_beat_and_the_beat_of_a_time() -> None:
    tempo = Tempo(((0.0, 60.0), (4.0, 120.0), (8.0, 30.0)))
    beats = [0.0, 1.0, 4.0, 6.0, 8.0, 9.0]
    assert [tempo.seconds(beat) for beat in beats] == [0.0, 1.0, 4.0, 5.0, 6.0, 8.0]
    assert [tempo.beats(tempo.seconds(beat)) for beat in beats] == beats
    assert tempo.beats(-1.0) == -1.0
