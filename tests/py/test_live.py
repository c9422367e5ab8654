"""Live sound, through a device that is played by the test: what comes in, what goes out, how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_tape import BLOCK, NOISE, RATE, Tape
from rich.console import Console
from session_plugins import Stateless

import pyhost as ph
from pyhost.audio import AudioArray, Channels
from pyhost.cli.levels import Meters
from pyhost.errors import AudioError, InputError, PluginError
from pyhost.host import Dry, Effect, FunctionPlugin, Series, as_plugin, devices, live
from pyhost.host.live import Devices, LivePlugin, Report, run_live
from pyhost.host.live_learner import LiveLearner
from pyhost.host.plugin import MidiEvent
from pyhost.learn.learned import freeze


class Three(Stateless):
    """Makes sound of its own, and is interrupted in the fourth block."""

    def __init__(self, tape: Tape) -> None:
        super().__init__("three", Channels(0, 1))
        self._tape = tape

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        if len(self._tape.written) == 3:
            raise KeyboardInterrupt
        return np.full((1, block.shape[1]), 0.5)


def ran(tape: Tape, sound: LivePlugin | LiveLearner, **settings: Any) -> Report:
    sound.prepare(RATE)
    with tape:
        return run_live(tape, sound, sample_rate=RATE, block=BLOCK, **settings)


def test_a_plugin_plays_as_it_does_on_a_recording() -> None:
    plugin = Series([Effect("Reverb", room_size=0.9), "Limiter"])
    tape = Tape(np.stack([NOISE, -NOISE]))
    told = ran(tape, LivePlugin(plugin, 2))
    np.testing.assert_array_equal(tape.heard, plugin.process(tape.audio, RATE).astype(np.float32))
    assert (told.frames, told.seconds) == (8 * BLOCK, 8 * BLOCK / RATE)
    assert told.heard == [float(np.abs(row).max()) for row in tape.audio]


class Trickle(Tape):
    """A device that has 100 frames at a time, and now and then none; it must not be asked for more."""

    def __init__(self, audio: np.ndarray) -> None:
        self._asks = 0
        super().__init__(audio)

    @property
    def buffered_input_sample_count(self) -> int | None:
        self._asks += 1
        return 100 * (self._asks % 2)

    @buffered_input_sample_count.setter
    def buffered_input_sample_count(self, count: int | None) -> None:
        pass

    def read(self, num_samples: int) -> np.ndarray:
        assert num_samples <= 100
        return super().read(num_samples)


def test_frames_that_come_in_drop_by_drop_are_put_together() -> None:
    tape = Trickle(NOISE)
    told = ran(tape, LivePlugin(Dry(), 1))
    assert told.frames == 8 * BLOCK
    np.testing.assert_array_equal(tape.heard[0], NOISE.astype(np.float32))


def test_a_device_that_gives_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "PATIENCE", 0.05)
    tape = Tape(NOISE)
    tape.buffered_input_sample_count = 0
    with pytest.raises(AudioError, match=r"the input device gave no sound in 0\.05 s; connect it, or choose another"):
        ran(tape, LivePlugin(Dry(), 1))


def test_a_mono_plugin_runs_once_for_each_channel_of_a_stereo_input() -> None:
    tape = Tape(np.stack([NOISE, -NOISE]))
    sound = LivePlugin(as_plugin(f"{Path(__file__).with_name('session_plugins.py')}:counts"), 2)
    sound.plugin.step = 0.0001
    ran(tape, sound)
    counted = 0.0001 * np.arange(8 * BLOCK)
    np.testing.assert_allclose(tape.heard, np.stack([NOISE, -NOISE]) + counted, atol=1e-6)


def test_what_is_mono_is_heard_on_both_sides_and_never_beyond_full_scale() -> None:
    tape = Tape(NOISE)
    told = ran(tape, LivePlugin(Effect("Gain", gain_db=20.0), 1))
    assert tape.heard.shape == (2, 8 * BLOCK)
    np.testing.assert_array_equal(tape.heard[0], tape.heard[1])
    assert np.abs(tape.heard).max() == 1.0
    assert told.made[0] > 2.0


def test_every_block_is_told_and_lost_frames_are_counted() -> None:
    tape = Tape(NOISE)
    tape.dropped_input_frame_count = 3
    reports: list[Report] = []
    told = ran(tape, LivePlugin(Dry(), 1), show=reports.append)
    assert [report.frames for report in reports] == [BLOCK * number for number in range(1, 9)]
    assert [report.dropped for report in reports][:2] == [3, 6]
    assert max(report.heard[0] for report in reports) == told.heard[0]
    assert all(report.load > 0.0 for report in reports)


def test_a_device_or_a_plugin_that_fails_is_an_error() -> None:
    tape = Tape(NOISE)
    with pytest.raises(PluginError, match="broken gave nan"):
        ran(tape, LivePlugin(FunctionPlugin(lambda audio, rate: audio * np.nan, "broken"), 1))
    assert not tape.running

    def unplugged(num_samples: int) -> np.ndarray:
        raise RuntimeError("device gone")

    tape.read = unplugged  # type: ignore[method-assign]
    with pytest.raises(AudioError, match="the audio device failed: device gone"):
        ran(tape, LivePlugin(Dry(), 1))


def test_a_device_with_too_few_channels_is_refused() -> None:
    with pytest.raises(AudioError, match="the input device gives 1 channels and 2 are needed; choose another"):
        ran(Tape(NOISE), LivePlugin(Dry(), 2))
    tape = Tape(np.stack([NOISE, NOISE]))
    ran(tape, LivePlugin(FunctionPlugin(lambda audio, rate: 0.5 * audio, "half"), 1))
    np.testing.assert_array_equal(tape.heard[1], 0.5 * tape.audio[0])


def test_an_instrument_plays_though_nothing_comes_in() -> None:
    tape = Tape(NOISE)
    told = ran(tape, LivePlugin(Three(tape), 1))
    assert (told.frames, told.heard) == (3 * BLOCK, [])
    assert (tape.heard == 0.5).all()


def test_a_chain_learns_from_the_channel_that_is_the_target() -> None:
    target = 0.5 * NOISE + 0.1
    learner = LiveLearner(freeze(ph.chain("gain(gain=1) | dc")), 2, optimizer=ph.GaussNewton())
    tape = Tape(np.stack([NOISE, target]))
    ran(tape, learner)
    assert learner.parameters["gain"].value == pytest.approx(0.5, abs=1e-3)
    assert learner.parameters["dc"].value == pytest.approx(0.1, abs=1e-3)
    assert learner.error < -40.0
    np.testing.assert_allclose(tape.heard[0, -BLOCK:], target[-BLOCK:], atol=1e-3)


def test_learning_live_is_learning_from_the_recording_to_the_bit() -> None:
    target = 0.5 * NOISE
    audio = np.stack([target, NOISE]).astype(np.float32).astype(np.float64)
    learner = LiveLearner(freeze(ph.chain("gain(gain=1)")), 1, optimizer=ph.Adam(1e-3))
    ran(Tape(audio), learner)
    offline = ph.Learner(ph.chain("gain(gain=1)"), optimizer=ph.Adam(1e-3))
    offline.learn(audio[1], audio[0], sample_rate=RATE, passes=1, align="off", start="off")
    assert learner.parameters["gain"].value == offline.parameters["gain"].value
    assert learner.parameters["gain"].value != 1.0


def test_a_learner_goes_on_where_it_ended(tmp_path: Path) -> None:
    audio = np.stack([NOISE, 0.5 * NOISE])
    half = audio.shape[1] // 2
    whole = LiveLearner(freeze(ph.chain("gain(gain=1)")), 2, optimizer=ph.Adam(1e-3))
    ran(Tape(audio), whole)
    first = LiveLearner(freeze(ph.chain("gain(gain=1)")), 2, optimizer=ph.Adam(1e-3))
    ran(Tape(audio[:, :half]), first)
    first.learned().save(tmp_path / "half.json")
    second = LiveLearner(ph.load(tmp_path / "half.json"), 2)
    assert second.resumed == f"Adam goes on after {half} steps"
    ran(Tape(audio[:, half:]), second)
    assert second.parameters["gain"].value == whole.parameters["gain"].value


def test_a_learner_that_cannot_be_is_refused() -> None:
    chain = freeze(ph.chain("gain"))
    with pytest.raises(InputError, match="the target is channel 0; channels are counted from 1 on"):
        LiveLearner(chain, 0)
    with pytest.raises(InputError, match="has nothing to learn"):
        LiveLearner(freeze(lambda x: 2.0 * x), 2)
    with pytest.raises(InputError, match="cannot make MAE small"):
        LiveLearner(chain, 2, loss=ph.MAE(), optimizer=ph.GaussNewton())
    learner = LiveLearner(chain, 2)
    learner.prepare(RATE)
    other = LiveLearner(learner.learned(), 2)
    with pytest.raises(AudioError, match="was learned at 48000 Hz and the device runs at 44100 Hz"):
        other.prepare(44_100)


def test_a_device_is_the_one_that_was_named_or_the_usual_one() -> None:
    found = Devices(["microphone", "line"], ["speakers"], "line", None)
    assert (found.input(None), found.input("microphone"), found.output(None)) == ("line", "microphone", "speakers")
    with pytest.raises(AudioError, match="no audio output device 'speaker'; did you mean 'speakers'"):
        found.output("speaker")
    with pytest.raises(AudioError, match="there is no audio input device; connect one"):
        Devices([], [], None, None).input(None)


def test_a_device_that_is_not_there_cannot_be_opened() -> None:
    with pytest.raises(AudioError, match="the audio device none such cannot be opened"):
        live.open_stream(None, "none such", sample_rate=RATE, block=512, inputs=0, outputs=2)


def test_meters_show_levels_load_and_what_is_learned() -> None:
    learner = LiveLearner(freeze(ph.chain("gain(gain=1) | fir(taps=4)")), 2, optimizer=ph.GaussNewton())
    meters = Meters(learner)

    def picture() -> str:
        out = StringIO()
        Console(file=out, width=100).print(meters.draw())
        return out.getvalue()

    assert "waiting for the device" in picture()
    ran(Tape(np.stack([NOISE, 0.5 * NOISE])), learner, show=meters.tell)
    shown = picture()
    for part in ("in 1", "in 2", "out", "-12.0 dB", "load", "error", "dB below the target", "gain", "taps", "Ctrl-C"):
        assert part in shown
    meters.tell(Report(9, 0.1, [0.0], [2.0], 1.5, 7))
    assert "6.0 dB" in picture()
    assert "150 %, 7 frames lost" in picture()
