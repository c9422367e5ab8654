"""Whatever is wrong with a session file is told in one line: file, line, key, and what to do."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pedalboard
import pytest

import pyhost as ph
from pyhost.audio import write_audio
from pyhost.cli import main
from pyhost.errors import InputError, SessionError
from pyhost.host import Effect
from pyhost.host.session import Session
from pyhost.learn.learned import freeze

PLUGINS = Path(__file__).with_name("session_plugins.py")

ONE = '[[track]]\nname = "one"\n'  # two lines; what follows begins in the third
CLIP = ONE + 'clips = [{ file = "a.wav" }]\n'  # three lines
COMPRESSOR = CLIP + '[[track.insert]]\nplugin = "Compressor"\n'  # five lines
GROUPS = '[[group]]\nname = "a"\nto = "b"\n[[group]]\nname = "b"\n'

WRONG: dict[str, tuple[str, int, str, str]] = {
    # What is wrong: the text, the line, the key, a part of what is said.
    "nothing at all": ("", 1, "", "has no track; begin one with"),
    "an unknown key at the top": ("sample_rat = 1\n" + CLIP, 1, "sample_rat", "did you mean 'sample_rate'?"),
    "an unknown key of a track": (CLIP + "gian = 1\n", 4, "track.gian", "did you mean 'gain'?"),
    "an unknown key of a clip": (ONE + 'clips = [{ file = "a.wav", strat = 1 }]', 3, "track.clips.strat", "'start'"),
    "an unknown table": (CLIP + '[[track.inserts]]\nplugin = "Gain"\n', 4, "track.inserts", "did you mean 'insert'?"),
    "an unknown key of the output": ('[output]\nfiles = "x.wav"\n' + CLIP, 2, "output.files", "did you mean 'file'?"),
    "an unknown key of the master": (CLIP + '[master]\nto = "x"\n', 5, "master.to", "there is no key 'to' here"),
    "clips of a group": (CLIP + '[[group]]\nname = "g"\nclips = []\n', 6, "group.clips", "there is no key 'clips'"),
    "no TOML": (CLIP + "gain = = 3\n", 4, "", "is no TOML"),
    "a text that does not end": (CLIP + 'to = "x\n', 4, "", "is no TOML"),
    "a key that is there twice": (CLIP + "gain = 1\ngain = 2\n", 5, "", "is no TOML"),
    "a text for a number": (CLIP + 'gain = "loud"\n', 4, "track.gain", "must be a number of dB, not 'loud'"),
    "a number for a text": ("[[track]]\nname = 3\n", 2, "track.name", "must be a text, not 3"),
    "a text for a switch": (CLIP + 'mute = "yes"\n', 4, "track.mute", "must be true or false, not 'yes'"),
    "a table for an array": (ONE + 'clips = { file = "a.wav" }\n', 3, "track.clips", "must be an array"),
    "an array for a table": ("output = []\n" + CLIP, 1, "output", "must be a table"),
    "a switch for a number": (CLIP + "pan = true\n", 4, "track.pan", "must be a number, not true"),
    "no number": (CLIP + "gain = nan\n", 4, "track.gain", "must be a finite number"),
    "too loud": (CLIP + "gain = 1e3\n", 4, "track.gain", "1000 dB is out of range; it must be from -200 to 60 dB"),
    "too far to the left": (CLIP + "pan = -2\n", 4, "track.pan", "-2 is out of range"),
    "a sample rate that cannot be": ("sample_rate = 3\n" + CLIP, 1, "sample_rate", "whole number from 1000"),
    "three channels": ("channels = 3\n" + CLIP, 1, "channels", "from 1 to 2"),
    "a track without a name": ("[[track]]\ngain = 1\n", 1, "track", "'name' is missing"),
    "a name that is there twice": (CLIP + '[[track]]\nname = "one"\n', 5, "track.name", "'one' is taken"),
    "a track called master": ('[[track]]\nname = "master"\n', 2, "track.name", "the master is called so"),
    "a name that is a path": ('[[track]]\nname = "a/b"\n', 2, "track.name", "'/'"),
    "a group that is not there": (CLIP + 'to = "gruop"\n[[group]]\nname = "group"\n', 4, "track.to", "'group'?"),
    "routed to a track": (CLIP + 'to = "two"\n[[track]]\nname = "two"\n', 4, "track.to", "'two' is no group"),
    "a send to nowhere": (CLIP + '[[track.send]]\nto = "x"\n', 5, "track.send.to", "there is no group 'x'"),
    "two sends to one group": (
        CLIP + '[[track.send]]\nto = "g"\n[[track.send]]\nto = "g"\n[[group]]\nname = "g"\n',
        5,
        "track.send.to",
        "two sends to 'g'",
    ),
    "groups in a circle": (CLIP + GROUPS + 'to = "a"\n', 9, "group.to", "goes round in a circle: a → b → a"),
    "a send in a circle": (
        CLIP + GROUPS + '[[group.send]]\nto = "a"\n',
        10,
        "group.send.to",
        "goes round in a circle: a → b → a",
    ),
    "side-chains in a circle": (
        COMPRESSOR + 'sidechain = "two"\n[[track]]\nname = "two"\n[[track.insert]]\nplugin = "Gain"\n'
        'sidechain = "one"\n',
        6,
        "track.insert.sidechain",
        "goes round in a circle: one → two → one",
    ),
    "a side-chain from itself": (COMPRESSOR + 'sidechain = "one"\n', 6, "track.insert.sidechain", "the strip itself"),
    "a side-chain from nowhere": (COMPRESSOR + 'sidechain = "on"\n', 6, "track.insert.sidechain", "no track or group"),
    "a plugin without a side-chain": (
        COMPRESSOR + 'sidechain = "two"\n[[track]]\nname = "two"\n',
        6,
        "track.insert.sidechain",
        "Compressor has no side-chain",
    ),
    "a missing recording": (ONE + 'clips = [{ file = "b.wav" }]\n', 3, "track.clips.file", "did you mean 'a.wav'"),
    "a recording that is none": (ONE + 'clips = [{ file = "text.wav" }]\n', 3, "track.clips.file", "no known audio"),
    "a recording of another rate": (
        ONE + 'clips = [{ file = "slow.wav" }]\n',
        3,
        "track.clips.file",
        "'slow.wav' has 44100 Hz and the session 48000 Hz; add resample = true",
    ),
    "a recording with too many channels": (
        ONE + 'clips = [{ file = "stereo.wav" }]\nchannels = 1\n',
        3,
        "track.clips.file",
        "'stereo.wav' has 2 channels and its track 1",
    ),
    "a stereo track in a mono session": (
        "channels = 1\n" + ONE + 'clips = [{ file = "stereo.wav" }]\n',
        2,
        "track",
        "ends with 2 channels and the session has 1; set channels = 2 at the top",
    ),
    "a negative time": (
        ONE + 'clips = [\n  { file = "a.wav" },\n  { file = "a.wav", start = -1 },\n]\n',
        5,
        "track.clips.start",
        "-1 s is out of range; it must be from 0",
    ),
    "a text that is no time": (ONE + 'clips = [{ file = "a.wav", start = "1:30" }]', 3, "track.clips.start", "no time"),
    "beats without a tempo": (
        ONE + 'clips = [{ file = "a.wav", start = "4 beats" }]',
        3,
        "track.clips.start",
        "states no tempo",
    ),
    "a tempo that stands still": ("tempo = 0\n" + CLIP, 1, "tempo", "0 bpm is out of range"),
    "changes of tempo out of order": ("tempo = [[0, 120],\n [8, 90],\n [4, 100]]\n" + CLIP, 3, "tempo", "in order"),
    "an offset behind the end": (
        ONE + 'clips = [{ file = "a.wav", offset = 2 }]',
        3,
        "track.clips.offset",
        "is 0.1 s long, and this begins at 2 s",
    ),
    "a clip longer than its file": (
        ONE + 'clips = [{ file = "a.wav", length = 2 }]',
        3,
        "track.clips.length",
        "has 0.1 s from its offset on, not 2 s",
    ),
    "a clip without length": (ONE + 'clips = [{ file = "a.wav", length = 0 }]', 3, "track.clips.length", "is 0"),
    "fades longer than the clip": (
        ONE + 'clips = [{ file = "a.wav", fade_in = 0.06, fade_out = 0.06 }]',
        3,
        "track.clips.fade_in",
        "the fades take 0.12 s and the clip is 0.1 s long",
    ),
    "a missing effect": (
        CLIP + '[[track.insert]]\nplugin = "Compresor"\n',
        5,
        "track.insert.plugin",
        "did you mean 'Compressor'?",
    ),
    "a missing LV2 plugin": (
        CLIP + '[[track.insert]]\nplugin = "http://example.org/none"\nisolate = false\n',
        5,
        "track.insert.plugin",
        "http://example.org/none",
    ),
    "a missing VST3": (
        CLIP + '[[track.insert]]\nplugin = "none.vst3"\nisolate = false\n',
        5,
        "track.insert.plugin",
        "there is no file",
    ),
    "a missing learned chain": (
        CLIP + '[[track.insert]]\nplugin = "learned.json"\n',
        5,
        "track.insert.plugin",
        "learned.json",
    ),
    "a missing function": (
        CLIP + f'[[track.insert]]\nplugin = "{PLUGINS}:monoo"\n',
        5,
        "track.insert.plugin",
        "did you mean 'mono'?",
    ),
    "neither plugin nor chain": (CLIP + '[[track.insert]]\nname = "x"\n', 4, "track.insert", "either a plugin or a"),
    "two inserts of one name": (
        COMPRESSOR + 'name = "x"\n[[track.insert]]\nplugin = "Gain"\nname = "x"\n',
        9,
        "track.insert.name",
        "'x' is taken",
    ),
    "an unknown parameter": (COMPRESSOR + "set = { ration = 3 }\n", 6, "track.insert.set.ration", "'ratio'?"),
    "a parameter out of range": (
        COMPRESSOR + "set.threshold_db = 3\n",
        6,
        "track.insert.set.threshold_db",
        "3 is out of range; choose from -120 to 0 dB",
    ),
    "a preset of what has none": (COMPRESSOR + 'preset = "x"\n', 6, "track.insert.preset", "has no presets"),
    "a missing state": (COMPRESSOR + 'state = "x.state"\n', 6, "track.insert.state", "cannot be read"),
    "a state of something else": (COMPRESSOR + 'state = "text.wav"\n', 6, "track.insert.state", "no state of"),
    "a plugin for six channels on two": (
        ONE + f'clips = [{{ file = "stereo.wav" }}]\n[[track.insert]]\nplugin = "{PLUGINS}:six"\n',
        4,
        "track.insert",
        "six takes 6 channels and gets 2; use a plugin that takes 2, or one: that runs once for each",
    ),
    "four channels at the end of a track": (
        ONE + f'clips = [{{ file = "stereo.wav" }}]\n[[track.insert]]\nplugin = "{PLUGINS}:four"\n',
        4,
        "track.insert",
        "ends with 4 channels and the session has 2; use one that gives 2",
    ),
    "automation of what is not there": (
        CLIP + "[track.automate]\ngian = [[0, 1]]\n",
        5,
        "track.automate.gian",
        "'gain'",
    ),
    "automation of an unknown parameter": (
        COMPRESSOR + "[track.automate]\nCompressor.treshold_db = [[0, -3]]\n",
        7,
        "track.automate.Compressor.treshold_db",
        "did you mean 'threshold_db'?",
    ),
    "automation out of range": (
        COMPRESSOR + "[track.automate]\nCompressor.ratio = [[0, 2],\n  [1, 0.5]]\n",
        8,
        "track.automate.Compressor.ratio",
        "0.5 is out of range",
    ),
    "automation of a meter": (
        CLIP + f'[[track.insert]]\nplugin = "{PLUGINS}:held"\n[track.automate]\nheld.meter = [[0, 1]]\n',
        7,
        "track.automate.held.meter",
        "is a meter",
    ),
    "automation out of order": (
        CLIP + "[track.automate]\ngain = [\n  [0, 1],\n  [2, 1],\n  [1, 0],\n]\n",
        8,
        "track.automate.gain",
        "the point at 1 s comes after the one at 2 s",
    ),
    "automation without points": (CLIP + "automate.gain = []\n", 4, "track.automate.gain", "must be points"),
    "a point without a value": (CLIP + "automate.gain = [[0]]\n", 4, "track.automate.gain", "a point is"),
    "a shape that is none": (CLIP + 'automate.gain = [[0, 1, "lin"]]', 4, "track.automate.gain", "'linear'?"),
    "a log segment from silence": (
        CLIP + 'automate.gain = [[0, -inf], [1, 0, "log"]]\n',
        4,
        "track.automate.gain",
        "never gets past -inf dB",
    ),
    "a log segment through 0": (
        COMPRESSOR + '[track.automate]\nCompressor.threshold_db = [[0, -9], [1, 0, "log"]]\n',
        7,
        "track.automate.Compressor.threshold_db",
        "never gets past 0",
    ),
    "pan automated beyond the side": (CLIP + "automate.pan = [[0, 2]]\n", 4, "track.automate.pan", "2 is out of range"),
    "automation of a send that is not there": (
        CLIP + "automate.send.verb = [[0, 1]]\n",
        4,
        "track.automate.send",
        "there is no key 'send' here",
    ),
    "a plugin that shall learn": (
        COMPRESSOR + 'learn = { target = "a.wav" }\n',
        6,
        "track.insert.learn",
        "a plugin does not learn",
    ),
    "a chain that is none": (CLIP + '[[track.insert]]\nchain = "gian"\n', 5, "track.insert.chain", "'gain'"),
    "a learner without a target": (
        CLIP + '[[track.insert]]\nchain = "gain"\nlearn = { rate = 1 }\n',
        6,
        "track.insert.learn",
        "one target",
    ),
    "a target that is not there": (
        CLIP + '[[track.insert]]\nchain = "gain"\nlearn = { target = "b.wav" }\n',
        6,
        "track.insert.learn.target",
        "does not exist",
    ),
    "an unknown loss": (
        CLIP + '[[track.insert]]\nchain = "gain"\nlearn = { target = "a.wav", loss = "mes" }\n',
        6,
        "track.insert.learn.loss",
        "'mse'",
    ),
    "an unknown optimizer": (
        CLIP + '[[track.insert]]\nchain = "gain"\nlearn = { target = "a.wav", optimizer = "adm" }\n',
        6,
        "track.insert.learn.optimizer",
        "'adam'",
    ),
    "a learner that is automated": (
        CLIP + '[[track.insert]]\nname = "x"\nchain = "gain"\nlearn.target = "a.wav"\n[track.automate]\nx.gain = []\n',
        9,
        "track.automate.x",
        "what learns cannot be automated",
    ),
    "a learner that has no time to learn": (
        CLIP + '[[track.insert]]\nchain = "gain"\nlearn = { target = "a.wav", until = 0 }\n',
        6,
        "track.insert.learn.until",
        "nothing is learned by then",
    ),
    "a start that a learner cannot have": (
        CLIP + '[[track.insert]]\nchain = "gain"\nset = { gian = 1 }\nlearn = { target = "a.wav" }\n',
        6,
        "track.insert.set",
        "did you mean 'gain'?",
    ),
    "an optimizer that does not fit the loss": (
        CLIP
        + '[[track.insert]]\nchain = "gain"\nlearn = { target = "a.wav", loss = "mae", optimizer = "gauss_newton" }\n',
        6,
        "track.insert.learn.optimizer",
        "cannot make MAE small",
    ),
    "an optimizer that goes over a recording again": (
        CLIP + '[[track.insert]]\nchain = "gain"\nlearn = { target = "a.wav", optimizer = "auto" }\n',
        6,
        "track.insert.learn.optimizer",
        "auto goes through a recording again and again",
    ),
    "a window that a loss cannot have": (
        CLIP + '[[track.insert]]\nchain = "gain"\nlearn = { target = "a.wav", window = 0 }\n',
        6,
        "track.insert.learn.window",
        "a whole number from 1",
    ),
    "a side-chain of a chain": (
        CLIP + '[[track.insert]]\nchain = "gain"\nsidechain = "two"\n[[track]]\nname = "two"\n',
        6,
        "track.insert.sidechain",
        "a chain has none",
    ),
    "MIDI without an instrument": (
        ONE + 'clips = [{ file = "notes.mid" }]\n',
        3,
        "track.clips.file",
        "no insert of 'one' takes MIDI",
    ),
    "a missing MIDI file": (ONE + 'clips = [{ file = "none.mid" }]\n', 3, "track.clips.file", "does not exist"),
    "a MIDI file that is none": (ONE + 'clips = [{ file = "bad.mid" }]\n', 3, "track.clips.file", "MIDI"),
    "a MIDI file that is empty": (ONE + 'clips = [{ file = "empty.mid" }]\n', 3, "track.clips.file", "it ends early"),
    "a window of a loss that has none": (
        CLIP + '[[track.insert]]\nchain = "gain"\nlearn = { target = "a.wav", loss = "spectral", window = 8 }\n',
        6,
        "track.insert.learn.window",
        "Spectral has none; leave it out",
    ),
    "a name of two lines": ('[[track]]\nname = "a\\nb"\n', 2, "track.name", "control characters"),
    "a fade of MIDI": (ONE + 'clips = [{ file = "notes.mid", fade_in = 1 }]\n', 3, "track.clips.fade_in", "MIDI clip"),
    "a recording of six channels": (ONE + 'clips = [{ file = "six.wav" }]\n', 1, "track", "mix its clips down"),
    "a target of six channels": (
        CLIP + 'channels = 2\n[[track.insert]]\nchain = "gain"\nlearn = { target = "six.wav" }\n',
        7,
        "track.insert.learn",
        "gain listens to 2 channels, not 6; mix",
    ),
    "nothing that sounds": (ONE, 1, "", "nothing is played"),
    "a format that cannot be": ('[output]\nfile = "x.xyz"\n' + CLIP, 2, "output.file", "cannot write '.xyz'"),
    "bits that cannot be": ('[output]\nfile = "x.flac"\nbits = 32\n' + CLIP, 3, "output.bits", "choose 24 or 16"),
    "dither of what is not rounded": (
        '[output]\nfile = "x.wav"\ndither = true\n' + CLIP,
        3,
        "output.dither",
        "nothing to dither in x.wav",
    ),
    "a folder for the mix that is not there": (
        '[output]\nfile = "no/x.wav"\n' + CLIP,
        2,
        "output.file",
        "no; create it first",
    ),
    "a mix that is a folder": ('[output]\nfile = "."\n' + CLIP, 2, "output.file", "is a folder"),
    "a rate that the format does not have": (
        'sample_rate = 96000\n[output]\nfile = "x.mp3"\n' + CLIP,
        3,
        "output.file",
        "96000",
    ),
    "a folder of stems that is a file": (
        '[output]\nstems = "a.wav"\n' + CLIP,
        2,
        "output.stems",
        "a.wav: is no folder",
    ),
    "a mix over a recording": ('[output]\nfile = "a.wav"\n' + CLIP, 2, "output.file", "would overwrite what 'one'"),
    "a stem over a recording": (
        '[output]\nstems = "."\n[[track]]\nname = "a"\nclips = [{ file = "a.wav" }]\n',
        2,
        "output.stems",
        "a.wav would overwrite what 'a' reads",
    ),
    "a mix that is a stem": (
        '[output]\nfile = "one.wav"\nstems = "."\n' + CLIP,
        3,
        "output.stems",
        "one.wav would overwrite the mix",
    ),
    "what was learned in place of a recording": (
        CLIP + '[[track.insert]]\nchain = "gain"\nlearn = { target = "a.wav", save = "a.wav" }\n',
        6,
        "track.insert.learn.save",
        "'a.wav' is no name of a learned.json; end it in .json",
    ),
    "what was learned in place of a plugin": (
        CLIP + '[[track.insert]]\nplugin = "a.json"\n'
        '[[track.insert]]\nchain = "gain"\nlearn = { target = "a.wav", save = "a.json" }\n',
        8,
        "track.insert.learn.save",
        "a.json would overwrite what 'one' reads",
    ),
    "a folder for what was learned that is not there": (
        CLIP + '[[track.insert]]\nchain = "gain"\nlearn = { target = "a.wav", save = "no/a.json" }\n',
        6,
        "track.insert.learn.save",
        "there is no folder",
    ),
    "normalised above full scale": ("[output]\nnormalise = 1\n" + CLIP, 2, "output.normalise", "1 dB is out of range"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few recordings."""
    made = tmp_path_factory.mktemp("wrong")
    noise = ph.noise(4800)
    write_audio(made / "a.wav", noise, 48_000)
    write_audio(made / "slow.wav", noise, 44_100)
    write_audio(made / "stereo.wav", np.stack([noise, noise]), 48_000)
    write_audio(made / "six.wav", np.stack([noise] * 6), 48_000)
    (made / "text.wav").write_text("this is no recording")
    (made / "empty.mid").touch()
    (made / "bad.mid").write_text("this is no MIDI file")
    file = mido.MidiFile()
    file.tracks.append(mido.MidiTrack([mido.Message("note_on", note=60)]))
    file.save(made / "notes.mid")
    return made


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_line_and_key(name: str, folder: Path) -> None:
    text, line, key, said = WRONG[name]
    path = folder / "session.toml"
    path.write_text(text)
    with pytest.raises(SessionError) as raised:
        Session.load(path).check()
    message = str(raised.value)
    assert message.startswith(f"{path}, line {line}")
    assert f", {key}: " in message if key else f": {said}" in message
    assert said in message
    assert "\n" not in message


def test_there_are_enough_of_them() -> None:
    assert len(WRONG) >= 40


def test_the_command_line_tells_it_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "session.toml"
    path.write_text(CLIP + "gian = 1\n")
    for command in ("check", "render"):
        assert main([command, str(path)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err == (
            f"pyhost: error: {path}, line 4, track.gian: there is no key 'gian' here; did you mean 'gain'?\n"
        )


def test_a_session_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=r"none.toml: cannot be read: No such file"):
        Session.load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SessionError, match="not UTF-8"):
        Session.load(tmp_path / "bytes.toml")


@pytest.mark.parametrize("load", [lambda: Effect("Delay"), pedalboard.Delay, lambda: freeze(ph.chain("onepole"))])
def test_one_plugin_in_two_places_is_refused_and_a_function_is_not(load: Any) -> None:
    def session(plugin: Any) -> Session:
        tracks = [{"name": name, "insert": [{"plugin": plugin}]} for name in ("one", "two")]
        return Session({"track": tracks, "length": 0.1})

    with pytest.raises(SessionError, match=r"track\[1\].insert\[0\].plugin: .* is there twice"):
        session(load()).check()
    assert session(lambda audio, rate: audio).check().frames == 4800


def test_a_mark_of_byte_order_is_no_mistake(folder: Path) -> None:
    """Some editors put it in front of every text."""
    path = folder / "session.toml"
    path.write_text(CLIP, encoding="utf-8-sig")
    assert Session.load(path).check().frames == 4800


def test_a_session_from_python_is_told_by_its_keys() -> None:
    with pytest.raises(SessionError, match=r"^session, track\[0\].gian: there is no key 'gian' here"):
        Session({"track": [{"name": "one", "gian": 3}]})


WHOLE = """
sample_rate = 48000
tempo = [[0, 90], [4, 120]]
time_signature = [[0, "4/4"], [8, "3/4"]]
[output]
bits = 16
dither = true
stems = "stems"
[[track]]
name = "one"
channels = 2
clips = [{ file = "a.wav", start = "1 beats", offset = 0.01, length = 0.05, fade_in = 0.01, resample = true }]
send = [{ to = "bus", level = -6, pre = true }]
automate = { gain = [[0, -60], [1, 0, "log"]], send.bus = [[0, -3]], Compressor.ratio = [[0, 2], ["2 beats", 3]] }
[[track.insert]]
plugin = "Compressor"
set = { attack_ms = 3 }
bypass = false
[[group]]
name = "bus"
pan = -0.5
mute = false
[[group.insert]]
chain = "gain"
learn = { target = "a.wav", loss = "mse", window = 3, optimizer = "sgd", rate = 0.1, until = 0.05 }
"""

STRANGE = [
    -1,
    10**30,
    1e300,
    "",
    "x",
    "\0",
    "1 beats",
    True,
    [],
    {},
    [[]],
    [{}],
    {"a": 1},
    float("nan"),
    date(2020, 1, 1),
]


def everywhere(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in plain data."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from everywhere(inner, (*path, key))


def test_whatever_stands_wherever_is_taken_or_refused_and_never_a_traceback(folder: Path) -> None:
    whole = tomllib.loads(WHOLE)
    Session(whole, folder).check()
    refused = []
    for path in everywhere(whole):
        for strange in STRANGE:
            changed = copy.deepcopy(whole)
            place = changed
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = strange
            try:
                Session(changed, folder).check()
            except InputError as error:
                refused.append(str(error))
    assert len(refused) > 600
    assert not any("\n" in message for message in refused)
