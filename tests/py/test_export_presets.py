"""Presets of exported plugins: valid, found by hosts, and their values to the bit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from lv2_bundles import assert_valid, hosted, seeing
from lv2_learning import chain_of
from needs import tool

import pyhost as ph
from pyhost.cli import main
from pyhost.errors import ExportError
from pyhost.export import Bundle, export_lv2, export_lv2_learner
from pyhost.host.lv2 import LV2Plugin
from pyhost.learn.learned import LearnedChain, freeze

CHAIN = "gain | lowpass"
HEARD = 0.5 * ph.noise(4800)[None]


def learned(gain: float = 1.0, cutoff: float = 440.0, chain: str = CHAIN) -> LearnedChain:
    made = freeze(ph.chain(chain))
    made.sample_rate = 48_000.0
    made.parameters.set({"gain": gain, "cutoff": cutoff})
    return made


PRESETS = {"Bright": learned(0.75, 9876.54321), 'Dull & "low"': learned(2.5, 123.456)}


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return export_lv2(learned(), tmp_path_factory.mktemp("lv2"), name="tone", presets=PRESETS)


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return export_lv2_learner(chain_of("gain"), tmp_path_factory.mktemp("lv2"), name="it", uri="http://my.site/it")


@pytest.mark.parametrize("which", ["frozen", "learner"])
def test_validators_find_nothing_wrong(which: str, request: pytest.FixtureRequest) -> None:
    bundle: Bundle = request.getfixturevalue(which)
    assert (bundle.path / "presets.ttl").is_file()
    assert_valid(bundle)


def test_a_host_of_others_finds_them(frozen: Bundle) -> None:
    told = subprocess.check_output([tool("lv2info"), frozen.uri], env=seeing(frozen), text=True)
    assert [line.strip() for line in told.partition("Presets:")[2].splitlines()[1:3]] == ["Bright", 'Dull & "low"']


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_what_was_learned(name: str, frozen: Bundle) -> None:
    plugin = hosted(frozen)
    assert plugin.presets == list(PRESETS)
    plugin.load_preset(name)
    for key, parameter in PRESETS[name].parameters.items():
        assert plugin.parameters[key].value == pytest.approx(parameter.value, rel=1e-7)
    np.testing.assert_allclose(plugin.process(HEARD, 48_000.0), PRESETS[name].process(HEARD, 48_000.0), atol=1e-6)


def test_a_parameter_without_bounds_has_room_for_its_presets(tmp_path: Path) -> None:
    near, far = (freeze(lambda x: x + ph.param("level", 0.5), "level") for _ in range(2))
    far.parameters["level"].value = -250.0
    bundle = export_lv2(near, tmp_path, name="it", presets={"Far": far})
    plugin = hosted(bundle)
    plugin.load_preset("Far")
    assert plugin.parameters["level"].value == plugin.parameters["level"].minimum == -250.0


def other(**changed: object) -> LearnedChain:
    made = learned()
    for key, value in changed.items():
        setattr(made, key, value)
    return made


@pytest.mark.parametrize(
    ("preset", "told"),
    [
        (learned(chain="lowpass | gain"), r"'X' is of the chain 'lowpass \| gain', not of 'gain \| lowpass'"),
        (learned(chain="gain | lowpass | dc"), "is of the chain"),
        (other(offset=3), "is for a target 3 samples late, not 0"),
        (other(sample_rate=44_100.0), "learned at 44100.0 Hz, not 48000.0"),
    ],
)
def test_what_is_no_preset_of_the_chain_is_refused(preset: LearnedChain, told: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=told):
        export_lv2(learned(), tmp_path, name="it", presets={"X": preset})
    assert not list(tmp_path.iterdir())


def test_another_rate_is_a_preset_of_a_plugin_for_any_rate(tmp_path: Path) -> None:
    presets = {"X": other(sample_rate=44_100.0)}
    bundle = export_lv2(learned(), tmp_path, name="it", any_rate=True, presets=presets)
    assert hosted(bundle).presets == ["X"]


def test_a_preset_cannot_change_a_vector(tmp_path: Path) -> None:
    one, two = (freeze(ph.chain("fir(taps=4)")) for _ in range(2))
    two.parameters["taps"].value = np.array([1.0, 0.5, 0.0, 0.0])
    with pytest.raises(ExportError, match=r"differs in taps\[0\], an element of a vector"):
        export_lv2(one, tmp_path, name="it", presets={"X": two})


def test_a_chain_that_starts_elsewhere_is_the_same_chain(tmp_path: Path) -> None:
    bundle = export_lv2(learned(), tmp_path, name="it", presets={"X": learned(chain="gain(gain=0.5) | lowpass")})
    assert hosted(bundle).presets == ["X"]


def test_the_command_takes_presets(tmp_path: Path) -> None:
    for name, chain in (("a", learned()), ("b", PRESETS["Bright"])):
        chain.save(tmp_path / f"{name}.json")
    arguments = ["--lv2", str(tmp_path), "--preset", f"Bright={tmp_path / 'b.json'}", "--quiet"]
    assert main(["export", str(tmp_path / "a.json"), *arguments]) == 0
    assert LV2Plugin("urn:pyhost:a", tmp_path / "a.lv2").presets == ["Bright"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--lv2", ".", "--preset", "b.json"], "write NAME=FILE, as in Bright=bright.json"),
        (["--lv2", ".", "--preset", "=b.json"], "write NAME=FILE"),
        (["--c", "a.c", "--preset", "Bright=b.json"], "ask for --lv2 DIR"),
        (["--lv2", ".", "--preset", "A=a.json", "--preset", "A=b.json"], "'A' names two presets"),
    ],
)
def test_a_preset_that_cannot_be_is_told(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    learned().save(tmp_path / "a.json")
    monkeypatch.chdir(tmp_path)
    assert main(["export", "a.json", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_presets_of_a_learner_choose_how_it_learns_and_leave_its_parameters(learner: Bundle) -> None:
    plugin = hosted(learner)
    assert plugin.presets == ["As exported", "Careful", "Quick"]
    noise = ph.noise(4800)[None]
    plugin.process(noise, 48_000.0, sidechain=0.5 * noise)
    gain = plugin.parameters["learned_gain"].value
    plugin.parameters["learn"].value = 0.0
    for name, optimizer, rate in (
        ("Careful", "Least squares", 0.1),
        ("Quick", "Least squares, fast", 1.0),
        ("As exported", "Least squares", 1.0),
    ):
        plugin.load_preset(name)
        assert plugin.parameters["optimizer"].choice == optimizer
        assert plugin.parameters["rate"].value == pytest.approx(rate)
        plugin.process(0.0 * noise, 48_000.0, sidechain=0.0 * noise, reset=False)
        assert plugin.parameters["learned_gain"].value == gain


def test_a_careful_learner_takes_its_time(learner: Bundle) -> None:
    noise = ph.noise(64)[None]
    missing = []
    for name in ("Careful", "Quick"):
        plugin = hosted(learner)
        plugin.load_preset(name)
        plugin.process(noise, 48_000.0, sidechain=0.5 * noise)
        missing.append(abs(plugin.parameters["learned_gain"].value - 0.5))
    assert missing[0] > 100 * missing[1]
