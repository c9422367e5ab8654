"""Plugins found by name, and saved to files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import write_audio
from pyhost.errors import LearnedFileError, PluginError
from pyhost.host import Dry, Effect, FunctionPlugin, LearnedPlugin, Parallel, Series
from pyhost.host.load import load_plugin
from pyhost.learn.learned import freeze

RATE = 48_000
NOISE = ph.noise(4096)
FAULTY = Path(__file__).with_name("faulty_plugins.py")


def test_a_learned_file_is_a_learned_chain_and_for_a_host_a_plugin(tmp_path: Path) -> None:
    path = tmp_path / "learned.json"
    freeze(ph.chain("gain(gain=0.5)")).save(path)
    assert isinstance(ph.load(path), ph.LearnedChain)
    assert isinstance(ph.load(str(path)), ph.LearnedChain)
    assert isinstance(load_plugin(str(path)), LearnedPlugin)
    (tmp_path / "copy.json").write_bytes(path.read_bytes())
    load_plugin(str(path)).save(tmp_path / "copy.json")
    assert json.loads((tmp_path / "copy.json").read_text()) == json.loads(path.read_text())


@pytest.mark.parametrize("thing", [None, 3, b"Reverb"])
def test_what_cannot_be_a_name_is_refused(thing: Any) -> None:
    with pytest.raises(PluginError, match="is no name of a plugin; give one as text, or the path of a file"):
        ph.load(thing)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}'])
def test_a_file_that_is_nothing_of_ours_is_refused_as_a_learned_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(LearnedFileError):
        ph.load(tmp_path / "x.json")
    with pytest.raises(LearnedFileError, match="cannot read"):
        ph.load("missing.json")


def test_a_plugin_is_saved_with_its_state_and_loaded_the_same(tmp_path: Path) -> None:
    write_audio(tmp_path / "room.wav", 0.1 * ph.noise(500), RATE)
    chain = Series(
        [
            Effect("LadderFilter", mode="BPF12", cutoff_hz=900.0),
            Parallel([Dry(), Effect("Convolution", impulse_response_filename=str(tmp_path / "room.wav"))], [0.5, 0.25]),
            freeze(ph.chain("gain(gain=0.5)")),
        ],
        "mine",
    )
    chain["parallel"].parameters["Convolution.mix"].value = 0.7
    chain.save(tmp_path / "chain.json")
    again = ph.load(tmp_path / "chain.json")
    assert (again.name, again.names) == (chain.name, chain.names)
    assert again.parameters.named() == chain.parameters.named()
    np.testing.assert_array_equal(again.process(NOISE, RATE), chain.process(NOISE, RATE))


def test_a_function_in_a_file_is_a_plugin_and_can_be_saved(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("def half(audio, sample_rate):\n    return audio / 2\n")
    plugin = ph.load(f"{tmp_path}/own.py:half")
    plugin.save(tmp_path / "half.json")
    np.testing.assert_array_equal(ph.load(tmp_path / "half.json").process(NOISE, RATE)[0], NOISE / 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def own(:\n", "own.py, line 1: SyntaxError: invalid syntax"),
        ("x = 1\nimport nowhere\n", "own.py, line 2: ModuleNotFoundError"),
        ("def own():\n    return 1 / 0\n", "'own' of .*own.py' failed: ZeroDivisionError: division by zero"),
    ],
)
def test_a_file_that_fails_is_told_with_its_mistake(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(text)
    with pytest.raises(PluginError, match=message):
        ph.load(f"{tmp_path}/own.py:own")


def test_an_isolated_plugin_is_saved_as_what_it_is(tmp_path: Path) -> None:
    plugin = ph.load(f"{FAULTY}:well", isolate=True)
    plugin.step = 4.0
    plugin.save(tmp_path / "well.json")
    again = ph.load(str(tmp_path / "well.json"))
    assert again.step == 4.0
    assert not hasattr(again, "pid")


def test_what_no_file_tells_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="made by Python code and cannot be described; put the function"):
        FunctionPlugin(np.tanh).save(tmp_path / "x.json")
    with pytest.raises(PluginError, match=r"a plugin is saved as \.json"):
        Effect("Gain").save(tmp_path / "x.txt")
    with pytest.raises(PluginError, match="there is no folder"):
        Effect("Gain").save(tmp_path / "none" / "x.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "is of version 2, this pyhost reads version 1"),
        ({"state": "%"}, "is damaged: its state is no base64"),
        ({"state": None}, "is damaged: its state is no base64"),
        ({"state": "e30x"}, "is damaged: this is no state of Gain"),
        ({"plugin": 3}, "is damaged: 'plugin' is 3, not an object"),
        ({"plugin": {"kind": "effect"}}, "no description of a plugin: 'name' is missing"),
        ({"plugin": {"kind": "efect"}}, "there is no kind of plugin 'efect'; did you mean 'effect'"),
        ({"plugin": {"kind": "series", "plugins": []}}, "no description of a plugin: 'name' is missing"),
    ],
)
def test_a_damaged_file_is_an_error_that_says_where(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "gain.json"
    Effect("Gain").save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(PluginError, match=message):
        ph.load(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Revreb", "there is no plugin 'Revreb'; did you mean 'Reverb'"),
        ("missing.vst3", "there is no file .*missing.vst3"),
        ("missing.py:f", "missing.py: there is no such file"),
        (f"{FAULTY}:wel", "has no 'wel'; did you mean 'well'"),
        (f"{FAULTY}:FAULTS", "has no 'FAULTS'"),
    ],
)
def test_what_is_not_there_is_told(name: str, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        ph.load(name, isolate=False)
