"""Sessions are rendered exactly: gains, pans and fades by the sample, every path in step, whatever the block size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from session_plugins import RATE, Held, Late, Listener, mix_of, rendered

import pyhost as ph
from pyhost.audio import ArraySource, AudioArray, read_audio, write_audio
from pyhost.host.session import Session
from pyhost.host.session.clips import ClipReader
from pyhost.host.session.model import Clip
from pyhost.host.session.tables import Document, Place

DRY = np.asarray(0.9 * ph.noise(9600), np.float32).astype(np.float64)
AUTOMATED = {"gain": [[0, float("-inf")], [0.1, 0], [0.2, -20, "log"]], "pan": [[0, -1], [0.2, 1]]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a recording in mono and one in stereo, 0.2 s each."""
    write_audio(tmp_path / "mono.wav", DRY, RATE)
    write_audio(tmp_path / "stereo.wav", np.stack([DRY, DRY[::-1]]), RATE)
    return tmp_path


def track(name: str = "one", file: str = "mono.wav", **keys: Any) -> dict[str, Any]:
    return {"name": name, "clips": [{"file": file}], **keys}


def insert(plugin: Any, **keys: Any) -> dict[str, Any]:
    return {"plugin": plugin, **keys}


def test_a_clip_comes_through_unchanged(folder: Path) -> None:
    assert np.array_equal(mix_of({"track": [track()]}, folder), [DRY, DRY])
    assert np.array_equal(mix_of({"track": [track(file="stereo.wav")]}, folder), [DRY, DRY[::-1]])
    assert np.array_equal(mix_of({"track": [track()], "channels": 1}, folder), [DRY])


def test_clips_lie_where_they_are_put(folder: Path) -> None:
    clip = {"file": "mono.wav", "start": 0.05, "offset": 0.1, "length": 0.025, "gain": -20}
    mix = mix_of({"track": [{"name": "one", "clips": [clip, clip | {"start": "0.2 beats"}]}], "tempo": 60}, folder)
    expected = np.zeros(10800)
    expected[2400:3600] = 0.1 * DRY[4800:6000]
    expected[9600:10800] = 0.1 * DRY[4800:6000]
    np.testing.assert_allclose(mix[0], expected, atol=1e-7)


def test_fades_follow_a_quarter_of_a_sine(folder: Path) -> None:
    clip = {"file": "mono.wav", "start": 0.01, "fade_in": 0.02, "fade_out": 0.05}
    mix = mix_of({"track": [{"name": "one", "clips": [clip]}]}, folder, block=100)
    n = np.arange(9600)
    shape = np.sin(np.pi / 2 * np.minimum(n / 960, 1)) * np.sin(np.pi / 2 * np.minimum((9600 - n) / 2400, 1))
    np.testing.assert_allclose(mix[0, 480:], DRY * shape, atol=1e-7)


def test_a_recording_of_another_rate_is_converted_if_asked(folder: Path) -> None:
    write_audio(folder / "slow.wav", np.sin(np.arange(4410) * 0.05), 44_100)
    clips = [{"file": "slow.wav", "resample": True}]
    mix = mix_of({"track": [{"name": "one", "clips": clips}]}, folder)
    np.testing.assert_allclose(mix[0, 100:4700], np.sin(np.arange(100, 4700) * 0.05 * 44.1 / 48), atol=1e-5)


def test_a_gain_ramp_is_exact_for_every_sample(folder: Path) -> None:
    """A linear segment is a straight line of the factor, a log segment one of the decibels."""
    mix = mix_of({"track": [track(automate={"gain": AUTOMATED["gain"]})]}, folder, block=333)
    n = np.arange(9600)
    ramp = np.where(n < 4800, n / 4800, 10 ** (-(n - 4800) / 4800))
    np.testing.assert_allclose(mix[0], DRY * ramp, rtol=0, atol=2.0**-25)


def test_a_step_jumps_at_its_sample_and_the_ends_hold(folder: Path) -> None:
    steps = [[0.05, -20], [0.05, 0], [0.1, float("-inf"), "step"]]
    mix = mix_of({"track": [track(automate={"gain": steps})]}, folder)
    assert np.allclose(mix[0, :2400], 0.1 * DRY[:2400], atol=1e-7)
    assert np.array_equal(mix[0, 2400:4800], DRY[2400:4800])
    assert not mix[0, 4800:].any()


def test_pan_turns_down_the_far_side(folder: Path) -> None:
    assert np.array_equal(mix_of({"track": [track(pan=-1)]}, folder), [DRY, 0 * DRY])
    middle = mix_of({"track": [track(pan=0.5)]}, folder)
    np.testing.assert_allclose(middle, [np.cos(np.pi / 4) * DRY, DRY], atol=1e-7)
    moving = mix_of({"track": [track(automate={"pan": AUTOMATED["pan"]})]}, folder)
    pan = -1 + 2 * np.arange(9600) / 9600
    np.testing.assert_allclose(moving[0], DRY * np.cos(np.pi / 2 * np.maximum(pan, 0)), atol=1e-7)
    np.testing.assert_allclose(moving[1], DRY * np.cos(np.pi / 2 * np.maximum(-pan, 0)), atol=1e-7)


def test_muted_tracks_are_not_heard_and_not_even_loaded(folder: Path) -> None:
    muted = track("two", mute=True, insert=[insert("no such plugin")], send=[{"to": "verb"}])
    assert np.array_equal(mix_of({"track": [track(), muted], "group": [{"name": "verb"}]}, folder), [DRY, DRY])


def test_a_bypassed_insert_is_left_out(folder: Path) -> None:
    description = {"track": [track(insert=[insert("no such plugin", bypass=True)])]}
    assert np.array_equal(mix_of(description, folder), [DRY, DRY])


@pytest.mark.parametrize("late", ["track", "group", "send", "nested"])
def test_a_late_branch_is_in_phase_with_the_dry_one(folder: Path, late: str) -> None:
    """The same sound plain and inverted by two paths, one of them 480 samples late: nothing is left."""
    plain, other = track("plain"), track("other")
    inverted, delayed = insert("Invert"), insert(Late())
    groups: list[dict[str, Any]] = [{"name": "bus"}, {"name": "outer"}]
    if late == "track":
        other["insert"] = [inverted, delayed]
    elif late == "group":
        other |= {"to": "bus", "insert": [inverted]}
        groups[0]["insert"] = [delayed]
    elif late == "send":
        other |= {"to": "outer", "mute": False, "gain": float("-inf"), "send": [{"to": "bus", "pre": True}]}
        groups[0]["insert"] = [inverted, delayed]
    else:
        other |= {"to": "bus", "insert": [insert(Late(100)), inverted]}
        groups[0] |= {"to": "outer", "insert": [delayed]}
        groups[1]["insert"] = [insert(Late(7))]
    description = {"track": [plain, other], "group": groups, "length": 0.3}
    assert not mix_of(description, folder).any()


def test_the_mix_begins_at_time_0_however_late_the_plugins_are(folder: Path) -> None:
    description = {"track": [track(insert=[insert(Late(999))])], "master": {"insert": [insert(Late())]}}
    session = Session(description, folder)
    assert session.check().latency == 1479
    assert np.array_equal(mix_of(description, folder), [DRY, DRY])


def test_automation_is_heard_in_step_behind_late_plugins(folder: Path) -> None:
    late = track(insert=[insert(Late(1000))], automate={"gain": AUTOMATED["gain"]})
    early = track(automate={"gain": AUTOMATED["gain"]})
    assert np.array_equal(mix_of({"track": [late]}, folder), mix_of({"track": [early]}, folder))
    held = {"held": {"value": [[0.1, 0], [0.1, 0.5]]}}
    for inserts in ([insert(Late(1000)), insert(Held())], [insert(Held()), insert(Late(1000))]):
        mix = mix_of({"track": [track(insert=inserts, automate=held)]}, folder)
        assert np.array_equal(mix[0], np.where(np.arange(9600) < 4800, 0.0, 0.5))


def test_a_parameter_moves_in_steps_of_32_samples_of_the_session(folder: Path) -> None:
    """Exactly at a point, then at every multiple of 32 while it moves."""
    moving = {
        "held": {"value": [[100 / RATE, 1], [1000 / RATE, 10], [2000 / RATE, 40, "log"], [3000 / RATE, 5, "step"]]}
    }
    mix = mix_of({"track": [track(insert=[insert(Held())], automate=moving)]}, folder, block=512)
    n = np.arange(9600)
    at = n // 32 * 32
    at = np.where((n >= 1000) & (at < 1000), 1000, np.where((n >= 100) & (at < 100), 100, at))
    expected = np.where(at < 100, 1, 1 + 9 * (at - 100) / 900)
    expected = np.where(at >= 1000, 10 * 4 ** ((at - 1000) / 1000), expected)
    expected = np.where(n >= 2000, 40, expected)
    expected = np.where(n >= 3000, 5, expected)
    np.testing.assert_allclose(mix[0], expected, rtol=1e-6)


def test_whole_numbers_stay_whole_while_they_move(folder: Path) -> None:
    moving = {"held": {"value": [[0, 0], [0.1, 3]]}}
    mix = mix_of({"track": [track(insert=[insert(Held(integer=True))], automate=moving)]}, folder)
    assert set(np.unique(mix)) == {0.0, 1.0, 2.0, 3.0}


def test_a_side_chain_hears_another_track_in_step(folder: Path) -> None:
    """Before that track's fader, however late the two are."""
    heard = track("heard", file="stereo.wav", mute=True, gain=-40, insert=[insert(Late(300))])
    for late in ([], [insert(Late(1000))]):
        listening = track(insert=[*late, insert(Listener(), sidechain="heard")])
        mix = mix_of({"track": [listening, heard]}, folder)
        assert np.array_equal(mix, [DRY, DRY[::-1]])


def test_a_group_can_be_a_side_chain_and_mono_is_given_to_all_of_it(folder: Path) -> None:
    listening = track(insert=[insert(Listener(), sidechain="bus")])
    description = {"track": [listening, track("quiet", to="bus")], "group": [{"name": "bus", "gain": float("-inf")}]}
    assert np.array_equal(mix_of(description, folder), [DRY, DRY])


def test_sends_leave_before_or_behind_the_fader(folder: Path) -> None:
    """And a level of a send can move, by the sample."""
    for pre, expected in ((True, 0.5), (False, 0.05)):
        sending = track(gain=-20, to="sink", send=[{"to": "verb", "level": 20 * np.log10(0.5), "pre": pre}])
        groups = [{"name": "verb"}, {"name": "sink", "mute": True}]
        mix = mix_of({"track": [sending], "group": groups}, folder)
        np.testing.assert_allclose(mix[0], expected * DRY, atol=1e-7)
    moving = track(to="sink", send=[{"to": "verb"}], automate={"send": {"verb": [[0, float("-inf")], [0.2, 0]]}})
    mix = mix_of({"track": [moving], "group": [{"name": "verb"}, {"name": "sink", "mute": True}]}, folder, block=77)
    np.testing.assert_allclose(mix[0], DRY * np.arange(9600) / 9600, atol=1e-7)


def rich(folder: Path) -> dict[str, Any]:
    """A session with a bit of everything whose output could depend on blocks or threads."""
    drums = {
        "name": "drums",
        "clips": [{"file": "stereo.wav", "start": 0.01, "fade_in": 0.03, "fade_out": 0.07}, {"file": "mono.wav"}],
        "insert": [insert("Compressor", set={"ratio": 8}), insert(Late(77)), insert("Reverb")],
        "send": [{"to": "echo", "level": -6}],
        "automate": AUTOMATED
        | {
            "Compressor": {"threshold_db": [[0, -30], [0.15, -3], [0.2, -60, "log"]]},
            "send": {"echo": [[0.1, -9], [0.2, 0]]},
        },
    }
    learner = {"chain": "gain | onepole", "learn": {"target": "stereo.wav", "until": 0.1, "rate": 0.1, "window": 4}}
    bass = track("bass", file="stereo.wav", insert=[learner, insert("Delay", set={"delay_seconds": 0.01})], to="bus")
    echo = {"name": "echo", "insert": [insert("Chorus")], "automate": {"Chorus": {"depth": [[0.05, 0], [0.2, 1]]}}}
    bus = {"name": "bus", "insert": [insert(Listener(), sidechain="drums")]}
    master = {"insert": [insert("Limiter")], "automate": {"gain": [[0, -3], [0.2, 0]]}}
    return {"track": [drums, bass], "group": [echo, bus], "master": master, "tail": 0.05}


@pytest.mark.parametrize("block", [64, 333, 4096, 20_000])
def test_the_result_does_not_depend_on_block_size_or_threads(folder: Path, block: int) -> None:
    one = mix_of(rich(folder), folder, threads=1)
    assert np.abs(one).max() > 0.1
    assert np.array_equal(mix_of(rich(folder), folder, block=block, threads=3), one)


def test_two_renders_of_one_session_give_the_same_file(folder: Path) -> None:
    session = Session(rich(folder), folder)
    session.render(folder / "one.flac")
    session.render(folder / "two.flac")
    assert (folder / "one.flac").read_bytes() == (folder / "two.flac").read_bytes()


def test_stems_sum_to_the_mix(folder: Path) -> None:
    description = rich(folder)
    del description["master"]
    description["group"][0]["insert"].append(insert(Late(123)))
    done = rendered(description, folder, stems=folder / "stems")
    assert sorted(done.stems) == ["bus", "drums", "echo"]
    total = sum(read_audio(written.path) for written in done.stems.values())
    np.testing.assert_allclose(total, read_audio(folder / "mix.wav"), atol=1e-6)


def test_beats_of_a_length_and_of_fades_are_counted_from_where_the_clip_is(folder: Path) -> None:
    clip = {"file": "mono.wav", "start": "1 beats", "length": "3 beats", "fade_in": "1 beats", "fade_out": "1 beats"}
    seconds = {"file": "mono.wav", "start": 1.0, "length": 0.18, "fade_in": 0.06, "fade_out": 0.06}
    mixes = [
        mix_of({"track": [{"name": "one", "clips": [each]}], "tempo": [[0, 60], [1, 1000]]}, folder)
        for each in (clip, seconds)
    ]
    np.testing.assert_array_equal(*mixes)


def test_a_clip_that_has_ended_holds_no_file(folder: Path) -> None:
    """A process may have about a thousand files open, and a drum track more hits than that."""
    held: list[int] = []

    class Recording(ArraySource):
        def blocks(self, frames: int) -> Iterator[AudioArray]:
            held.append(1)
            try:
                yield from super().blocks(frames)
            finally:
                held.append(-1)

    clip = Clip("hit.wav", 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, False, Place(Document("session", folder)))
    reader = ClipReader(clip, Recording(DRY, RATE), 1)
    for first in range(0, 4000, 1000):
        reader.add_to(np.zeros((1, 1000)), first)
    assert sum(held) == 1
    reader.add_to(np.zeros((1, 1000)), 4000)
    assert sum(held) == 0


def test_the_session_is_as_long_as_its_clips_or_as_it_says(folder: Path) -> None:
    assert mix_of({"track": [track()], "tail": 0.1}, folder).shape == (2, 14_400)
    assert mix_of({"track": [track()], "length": 0.1}, folder).shape == (2, 4800)
    assert mix_of({"track": [track()], "length": 0.3, "tail": 0.1}, folder).shape == (2, 19_200)


def test_progress_is_told_with_the_level_of_each_strip(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyhost.host.session.rendering.REPORT_EVERY", 0.0)
    told: list[Any] = []
    rendered({"track": [track(gain=-20)]}, folder, progress=told.append, block=4800)
    assert [(report.frames, report.total) for report in told] == [(4800, 9600), (9600, 9600)]
    assert told[0].peaks == pytest.approx(
        {"one": 0.1 * np.abs(DRY[:4800]).max(), "master": 0.1 * np.abs(DRY[:4800]).max()}
    )
