"""A chain that learns as an LV2 plugin: it learns what the learner of Python learns, and nothing breaks it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from lv2_bundles import assert_clean, assert_valid, hosted, seeing
from lv2_learning import (
    AMOUNT,
    ENABLED,
    EQUALISER,
    LEARN,
    METER,
    PLUGINS,
    RESET,
    SELECT,
    Learners,
    chain_of,
    direct,
    recordings,
)
from needs import tool

import pyhost as ph
from pyhost.audio import read_audio, write_audio
from pyhost.cli import main
from pyhost.errors import ExportError
from pyhost.export import export_lv2_learner
from pyhost.host.lv2 import LV2Plugin
from pyhost.host.plugin import Channels
from pyhost.learn.cores import make_core
from pyhost.learn.learned import freeze
from pyhost.native.text import number


@pytest.mark.parametrize("name", PLUGINS)
@pytest.mark.parametrize("sample_rate", [48_000.0, 44_100.0])
def test_it_puts_out_and_learns_what_the_learner_of_python_does(
    name: str, sample_rate: float, learners: Learners
) -> None:
    _, channels, loss, optimizer, _ = PLUGINS[name]
    dry, target = recordings(name, sample_rate=sample_rate)
    plugin, learned = hosted(learners[name]), chain_of(name)
    out = plugin.process(dry, sample_rate, sidechain=target)
    core = make_core(learned.program, learned.parameters, loss, optimizer, sample_rate=sample_rate, lanes=channels)
    expected = np.empty_like(dry)
    assert core.process(dry, target, output=expected) is None
    np.testing.assert_allclose(out, expected, atol=1e-6)
    learned.parameters.set_array(core.get_parameters())
    for key, parameter in learned.parameters.items():
        if not parameter.spec.shape:
            assert plugin.parameters[f"learned_{key}"].value == pytest.approx(parameter.value, rel=1e-6, abs=1e-6)


def response(values: dict[str, float]) -> np.ndarray:
    """Return the response of the equaliser in dB, evenly over octaves from 40 Hz on."""
    learned = chain_of("equaliser")
    learned.parameters.set(values)
    spectrum = np.fft.rfft(learned.process(np.eye(1, 1 << 15), 48_000.0)[0])
    at = np.geomspace(40.0, 20_000.0, 100) * (1 << 15) / 48_000.0
    return 20.0 * np.log10(np.abs(spectrum[at.astype(int)]))


def test_it_finds_the_response_of_a_hidden_equaliser(learners: Learners) -> None:
    plugin = hosted(learners["equaliser"])
    dry, target = recordings("equaliser", 144_000)
    plugin.process(dry, 48_000.0, sidechain=target)
    found = {key: plugin.parameters[f"learned_{key}"].value for key in chain_of("equaliser").parameters}
    assert np.abs(response(found) - response(EQUALISER)).mean() < 0.1
    assert plugin.parameters["loss"].value < -40.0


def test_its_meters_tell_the_loss_and_that_it_has_converged(learners: Learners) -> None:
    plugin = hosted(learners["matcher"])
    dry, target = recordings("matcher", 192_000)
    plugin.process(dry[:, :48_000], 48_000.0, sidechain=target[:, :48_000])
    assert plugin.parameters["loss"].value < -120.0
    plugin.reset()
    plugin.process(dry, 48_000.0, sidechain=target + 0.01 * np.roll(dry, 1000))
    assert -60.0 < plugin.parameters["loss"].value < -20.0
    assert plugin.parameters["converged"].value == 1.0


def test_it_has_converged_no_longer_when_the_target_is_another(learners: Learners) -> None:
    plugin = hosted(learners["gain"])
    dry, target = recordings("gain", 24_000)
    plugin.process(dry, 48_000.0, sidechain=target)
    assert plugin.parameters["converged"].value == 1.0
    other = ph.noise(240_000)[None, ::-1]
    plugin.process(ph.noise(240_000)[None], 48_000.0, sidechain=other, reset=False)
    assert plugin.parameters["loss"].value > -3.0
    assert plugin.parameters["converged"].value == 0.0


def test_validators_find_nothing_wrong(learners: Learners) -> None:
    for name in PLUGINS:
        assert_valid(learners[name])


def test_valgrind_finds_nothing_wrong_while_it_learns(learners: Learners, tmp_path: Path) -> None:
    assert_clean(learners["equaliser"], tmp_path)


def test_hosts_see_a_side_chain_by_both_marks(learners: Learners) -> None:
    assert hosted(learners["equaliser"]).channels == Channels(2, 2, 2)
    text = (learners["equaliser"].path / "equaliser.ttl").read_text()
    assert text.count("lv2:isSideChain") == 2
    assert text.count("pg:sideChainOf") == 1
    assert "connectionOptional" not in text


def test_it_learns_in_lv2apply_which_has_two_inputs_for_it(learners: Learners, tmp_path: Path) -> None:
    dry, target = recordings("gain", 9600)
    write_audio(tmp_path / "both.wav", np.concatenate([dry, target]), 48_000.0, bit_depth=32)
    command = [tool("lv2apply"), "-i", tmp_path / "both.wav", "-o", tmp_path / "out.wav", learners["gain"].uri]
    assert subprocess.run(command, check=False, env=seeing(learners["gain"]), capture_output=True).returncode == 0
    np.testing.assert_allclose(read_audio(tmp_path / "out.wav")[0, 4800:], target[0, 4800:], atol=1e-6)


def test_without_learning_it_plays_what_it_has_learned(learners: Learners) -> None:
    dry, target = recordings("gain", 9600)
    plugin = hosted(learners["gain"])
    plugin.process(dry, 48_000.0, sidechain=target)
    plugin.parameters["learn"].value = 0.0
    played = plugin.process(dry, 48_000.0, sidechain=np.zeros_like(dry), reset=False)
    np.testing.assert_allclose(played, target, atol=1e-6)


def test_a_silent_side_chain_teaches_nothing(learners: Learners) -> None:
    dry, target = recordings("gain", 9600)
    plugin = hosted(learners["gain"])
    plugin.process(dry, 48_000.0, sidechain=np.zeros_like(target))
    assert plugin.parameters["learned_gain"].value == 1.0


def test_reset_starts_over_when_it_is_turned_on(learners: Learners) -> None:
    dry, target = recordings("gain", 4800)
    plugin = direct(learners["gain"])
    plugin.run(np.concatenate([dry, target]), 1, [512])
    assert plugin.controls[3 + METER][0] == pytest.approx(0.5, abs=1e-6)
    plugin.controls[3 + RESET][0] = 1.0
    plugin.run(np.zeros((2, 16)), 1, [16])
    plugin.close()
    assert plugin.controls[3 + METER][0] == 1.0


@pytest.mark.parametrize(
    ("control", "value", "expected"),
    [(ENABLED, 0.0, "dry"), (AMOUNT, 0.0, "dry"), (SELECT, 1.0, "target"), (SELECT, 2.0, "nothing")],
)
def test_what_is_heard_can_be_chosen(control: int, value: float, expected: str, learners: Learners) -> None:
    dry, target = recordings("gain", 9600)
    plugin = direct(learners["gain"])
    plugin.run(np.concatenate([dry, target]), 1, [512])
    plugin.controls[3 + control][0] = value
    plugin.run(np.concatenate([dry, target]), 1, [512])
    out = plugin.run(np.concatenate([dry, target]), 1, [512])
    plugin.close()
    heard = {"dry": dry, "target": target, "nothing": np.zeros_like(dry)}
    np.testing.assert_allclose(out, heard[expected], atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"optimizer": ph.Auto()}, "cannot try several optimizers"),
        ({"optimizer": ph.SGD(0.0)}, "rate must be above 0"),
        ({"channels": 0}, "channels must be 1 or 2"),
    ],
)
def test_what_cannot_learn_is_told_in_a_sentence(settings: dict[str, object], told: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=told):
        export_lv2_learner(chain_of("gain"), tmp_path, name="x", **settings)  # type: ignore[arg-type]


def test_a_chain_without_parameters_has_nothing_to_learn(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="has nothing to learn"):
        export_lv2_learner(freeze(lambda x: 0.5 * x, "half"), tmp_path)


@pytest.mark.parametrize("offset", [50, -50])
def test_a_target_that_is_late_or_early_is_learned_from_in_its_time(offset: int, tmp_path: Path) -> None:
    learned = chain_of("gain")
    learned.offset = offset
    plugin = hosted(export_lv2_learner(learned, tmp_path, name="it"))
    dry, target = recordings("gain", 72_000)
    target = np.roll(target, offset, axis=1)
    out = plugin.process(dry, 48_000.0, sidechain=target)
    late = max(-offset, 0)
    assert plugin.latency_samples == late
    np.testing.assert_allclose(out[:, 70_000:], np.roll(target, late, axis=1)[:, 70_000:], atol=1e-5)


def test_a_locked_parameter_stays_where_it_is(tmp_path: Path) -> None:
    learned = chain_of("gain")
    learned.parameters["dc"].locked = True
    plugin = hosted(export_lv2_learner(learned, tmp_path, name="it"))
    dry, target = recordings("gain", 24_000)
    plugin.process(dry, 48_000.0, sidechain=target)
    assert plugin.parameters["learned_dc"].value == 0.0
    assert plugin.parameters["learned_gain"].value == pytest.approx(0.5, abs=0.05)


def test_one_uri_for_two_plugins_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chain_of("gain").save(tmp_path / "it.json")
    folders = ["--lv2", str(tmp_path), "--lv2-learner", str(tmp_path)]
    assert main(["export", str(tmp_path / "it.json"), *folders, "--uri", "urn:my:eq"]) == 2
    assert "--uri names one plugin" in capsys.readouterr().err


def test_a_plugin_learns_as_its_chain_was_learned(tmp_path: Path) -> None:
    learner = ph.Learner(ph.chain("gain"), loss=ph.MSE(window=4), optimizer=ph.Adam(0.02))
    learner.learn(ph.noise(1000), 0.5 * ph.noise(1000), sample_rate=48_000)
    bundle = export_lv2_learner(learner.freeze(), tmp_path, name="it")
    assert hosted(bundle).parameters["optimizer"].choice == "Adam"
    assert f"{{{number(0.02)}, HUGE_VAL, {{DS_OPTIMIZER_ADAM" in (bundle.path / "learner.c").read_text()


def test_the_command_writes_a_plugin_that_learns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chain_of("gain").save(tmp_path / "it.json")
    arguments = ["--lv2-learner", str(tmp_path), "--optimizer", "nlms", "--rate", "0.1", "--json"]
    assert main(["export", str(tmp_path / "it.json"), *arguments]) == 0
    told = json.loads(capsys.readouterr().out)["lv2_learner"]
    assert told["uri"] == "urn:pyhost:it:learner"
    assert LV2Plugin(told["uri"], told["path"]).parameters["optimizer"].choice == "NLMS"
    assert f"{{{number(0.1)}, {number(1.0)}, {{DS_OPTIMIZER_NLMS" in (Path(told["path"]) / "learner.c").read_text()


def test_what_learns_never_takes_the_place_of_what_has_learned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")  # where they are is told all the same
    chain_of("gain").save(tmp_path / "it.json")
    for option, files, uri in (("lv2", "it", "urn:pyhost:it"), ("lv2-learner", "it-learner", "urn:pyhost:it:learner")):
        assert main(["export", str(tmp_path / "it.json"), f"--{option}", str(tmp_path), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)[option.replace("-", "_")]
        assert (told["path"], told["uri"]) == (str(tmp_path / f"{files}.lv2"), uri)
    both = [argument for option in ("--lv2", "--lv2-learner") for argument in (option, str(tmp_path / "one.lv2"))]
    assert main(["export", str(tmp_path / "it.json"), *both]) == 2
    assert "cannot be two plugins" in capsys.readouterr().err


def test_the_error_is_what_is_left_of_the_target(learners: Learners) -> None:
    dry, target = recordings("gain", 100)
    plugin = direct(learners["gain"])
    plugin.controls[3 + SELECT][0] = 2.0
    plugin.controls[3 + LEARN][0] = 0.0
    out = plugin.run(np.concatenate([dry, target]), 1, [100])
    plugin.close()
    np.testing.assert_allclose(out, target - dry, atol=1e-6)
