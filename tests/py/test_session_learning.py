"""A chain in a session learns while it is rendered, and holds still from the time that the session says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from session_plugins import RATE, Late, Stateless, mix_of, rendered

import pyhost as ph
from pyhost.audio import read_audio, write_audio
from pyhost.errors import DivergedError, SessionError
from pyhost.host import Channels

DRY = np.asarray(0.9 * ph.noise(19_200), np.float32).astype(np.float64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a dry recording and one that is half as loud, and from its middle a quarter."""
    write_audio(tmp_path / "dry.wav", DRY, RATE)
    target = 0.5 * DRY
    target[9600:] *= 0.5
    write_audio(tmp_path / "target.wav", target, RATE)
    return tmp_path


def session(*before: Any, **learn: Any) -> dict[str, Any]:
    """A session whose only track is a gain that learns from target.wav, unless something else is said."""
    target = {} if "track" in learn else {"target": "target.wav"}
    learner = {"chain": "gain", "name": "learner", "learn": target | {"rate": 0.1, "window": 8} | learn}
    inserts = [*({"plugin": plugin} for plugin in before), learner]
    return {"track": [{"name": "one", "clips": [{"file": "dry.wav"}], "insert": inserts}]}


def gains(mix: Any) -> Any:
    """Return the gain that every sample of a mix had."""
    return mix[0] / DRY


def test_it_learns_sample_by_sample_as_a_learner_does(folder: Path) -> None:
    done = rendered(session(), folder)
    learner = ph.Learner(ph.chain("gain"), loss=ph.MSE(window=8), optimizer=ph.SGD(0.1))
    learner.learn(DRY, read_audio(folder / "target.wav")[0], sample_rate=RATE, align="off", evaluate=False)
    assert done.learned == {"one.learner": {"gain": learner.parameters["gain"].value}}
    assert done.learned["one.learner"]["gain"] == pytest.approx(0.25, rel=1e-3)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam", "rmsprop", "nlms", "gauss-newton"])
def test_it_holds_still_from_the_time_that_was_said(folder: Path, optimizer: str) -> None:
    """Whatever the optimizer has gathered, to the bit, and without a seam in what the chain remembers."""
    rate = {"adam": 0.003, "rmsprop": 0.003, "gauss-newton": 1.0}.get(optimizer, 0.02)
    description = session(until=0.2, optimizer=optimizer, rate=rate)
    description["track"][0]["insert"][0] |= {"chain": "gain | onepole"}
    one = rendered(description, folder, block=1000).learned["one.learner"]
    short = description | {"length": 0.2}
    other = rendered(short, folder, block=77).learned["one.learner"]
    assert one == other
    assert one != {"gain": 1.0, "coefficient": 0.0}


def test_what_was_learned_before_it_held_still_is_what_is_heard_afterwards(folder: Path) -> None:
    mix = mix_of(session(until=0.1), folder)
    heard = gains(mix)
    assert np.ptp(heard[:4000]) > 0.3
    np.testing.assert_allclose(heard[4800:], heard[-1], rtol=1e-5)
    np.testing.assert_allclose(heard[-1], 0.5, rtol=1e-3)


def test_a_late_learner_learns_from_what_belongs_to_its_input(folder: Path) -> None:
    on_time = rendered(session(until=0.1), folder).learned
    late = rendered(session(Late(), until=0.1), folder).learned
    assert late["one.learner"]["gain"] == pytest.approx(on_time["one.learner"]["gain"], rel=1e-6)


@pytest.mark.parametrize("block", [64, 1000])
def test_how_late_its_target_is_makes_no_difference_to_what_it_learns(folder: Path, block: int) -> None:
    """Not even to a chain that makes sound of silence: what comes before the session's begin is not learned from."""
    description = session(track="teacher", optimizer="adam", until=0.1)
    learner = description["track"][0]["insert"][0]
    learner |= {"chain": "gain | dc", "set": {"dc": 0.3}}
    teacher: dict[str, Any] = {"name": "teacher", "mute": True, "clips": [{"file": "dry.wav"}]}
    description["track"].append(teacher)
    on_time = mix_of(description, folder)
    teacher["insert"] = [{"plugin": Late(1000)}]
    np.testing.assert_array_equal(mix_of(description, folder, block=block), on_time)


def test_a_learner_behind_what_makes_two_channels_of_one_is_told_where_to_go(folder: Path) -> None:
    with pytest.raises(SessionError, match=r"insert\[1\]: gain takes 1 channels and gets 2; put it before the"):
        rendered(session(Stateless("wide", Channels(1, 2))), folder)


def test_it_can_learn_from_another_track(folder: Path) -> None:
    description = session(track="teacher")
    teacher = {"name": "teacher", "mute": True, "clips": [{"file": "dry.wav"}], "insert": [{"chain": "gain(gain=0.3)"}]}
    teacher["insert"].append({"plugin": Late(1000)})  # type: ignore[attr-defined]
    description["track"].append(teacher)
    assert rendered(description, folder).learned["one.learner"]["gain"] == pytest.approx(0.3, rel=1e-3)


def test_it_starts_where_it_is_set(folder: Path) -> None:
    description = session(rate=0.0)
    description["track"][0]["insert"][0]["set"] = {"gain": 0.75}
    np.testing.assert_allclose(gains(mix_of(description, folder)), 0.75, rtol=1e-6)


def test_what_was_learned_is_saved_as_a_plugin(folder: Path) -> None:
    done = rendered(session(until=0.1, save="learned.json"), folder)
    assert done.saved == (folder / "learned.json",)
    loaded = ph.load(folder / "learned.json")
    assert loaded.parameters["gain"].value == done.learned["one.learner"]["gain"]
    held = {"track": [{"name": "one", "clips": [{"file": "dry.wav"}], "insert": [{"plugin": "learned.json"}]}]}
    np.testing.assert_allclose(gains(mix_of(held, folder)), loaded.parameters["gain"].value, rtol=1e-6)


def test_a_learner_that_diverges_is_an_error_and_leaves_no_file(folder: Path) -> None:
    description = session(rate=1e300)
    description["track"][0]["insert"][0]["chain"] = f"{folder / 'chains.py'}:free"
    (folder / "chains.py").write_text("import pyhost as ph\ndef free(x):\n    return x * ph.param('gain', 1.0)\n")
    with pytest.raises(DivergedError, match=r"track\[0\].insert\[0\]: learner, at about 0.00 s: free .* lower rate"):
        rendered(description, folder)
    assert not (folder / "mix.wav").exists()
