"""A chain as a VST3: pedalboard and pyhost load it, it learns what the learner of Python learns, and keeps it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from needs import vst3_compiler

import pyhost as ph
from pyhost.audio import read_audio
from pyhost.cli import main
from pyhost.errors import ExportError
from pyhost.export import Bundle, export_vst3
from pyhost.export.learner import LEAST_SQUARES
from pyhost.host import Isolated
from pyhost.learn.cores import make_core
from pyhost.learn.learned import LearnedChain, freeze

RATE = 48_000.0
FRAMES = 96_000
HIDDEN = {"cutoff": 700.0, "gain": 0.5}


def sound(offset: int = 0) -> LearnedChain:
    learned = freeze(ph.chain("lowpass | gain"))
    learned.parameters.set({"cutoff": 1234.5, "gain": 0.7})
    learned.sample_rate, learned.offset = RATE, offset
    return learned


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A stereo plugin that comes 70 samples late."""
    vst3_compiler()
    return export_vst3(sound(-70), tmp_path_factory.mktemp("vst3"), name="frozen", channels=2)


@pytest.fixture(scope="module")
def lesson(real_recordings: list[Path]) -> np.ndarray:
    """A guitar and, in the second channel, what a hidden low-pass and gain make of it."""
    file = next(path for path in real_recordings if path.name == "guit_em9.flac")
    dry = read_audio(file, RATE)[:1, :FRAMES].astype(np.float32).astype(float)
    teacher = freeze(ph.chain("lowpass | gain"))
    teacher.parameters.set(HIDDEN)
    return np.concatenate([dry, teacher.process(dry, RATE)]).astype(np.float32)


def in_pedalboard(bundle: Bundle) -> pedalboard.VST3Plugin:
    plugin = pedalboard.load_plugin(str(bundle.path))
    assert isinstance(plugin, pedalboard.VST3Plugin)
    return plugin


def python_learns(lesson: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the learner of Python puts out on the way, and the values that it ends with."""
    dry, target = lesson.astype(float)
    chain = freeze(ph.chain("lowpass | gain"))
    core = make_core(chain.program, chain.parameters, ph.MSE(), LEAST_SQUARES, sample_rate=RATE, lanes=1)
    out = np.empty((1, dry.size))
    core.process(dry[None], target[None], output=out)
    return out[0], core.get_parameters()


def test_pedalboard_lets_it_learn_from_the_second_channel_what_python_learns(
    vst3_learner: Bundle, lesson: np.ndarray
) -> None:
    plugin = in_pedalboard(vst3_learner)
    plugin.start_over = True  # pedalboard has warmed it up with noise
    out = plugin.process(lesson, RATE, buffer_size=500)
    expected, found = python_learns(lesson)
    np.testing.assert_allclose(found, list(HIDDEN.values()), rtol=1e-3)
    np.testing.assert_allclose(out[0], expected, atol=1e-6)
    np.testing.assert_allclose(out[1], lesson[1] - expected, atol=1e-6)


def test_a_session_that_was_saved_while_it_learned_goes_on_in_another_instance(
    vst3_learner: Bundle, lesson: np.ndarray
) -> None:
    first, second = in_pedalboard(vst3_learner), in_pedalboard(vst3_learner)
    first.start_over = True
    first.process(lesson[:, :20_000], RATE)
    second.raw_state = first.raw_state
    assert second.start_over
    rest = lesson[:, 20_000:40_000]
    goes_on = first.process(rest, RATE)
    np.testing.assert_array_equal(second.process(rest, RATE), goes_on)
    untaught = in_pedalboard(vst3_learner)
    assert np.abs(untaught.process(rest, RATE) - goes_on).max() > 1e-3


def test_what_was_learned_is_played_at_another_sample_rate_too(vst3_learner: Bundle, lesson: np.ndarray) -> None:
    plugin = in_pedalboard(vst3_learner)
    plugin.start_over = True
    plugin.process(lesson, RATE)
    plugin.learn = False
    teacher = freeze(ph.chain("lowpass | gain"))
    teacher.parameters.set(HIDDEN)
    expected = teacher.process(lesson[:1].astype(float), 44_100.0)[0]
    np.testing.assert_allclose(plugin.process(lesson, 44_100.0)[0], expected, atol=1e-4)


def test_controls_are_parameters_and_meters_cannot_be_turned(vst3_learner: Bundle) -> None:
    parameters = in_pedalboard(vst3_learner).parameters
    controls = {"bypass", "learn", "start_over", "hold_best", "rate", "amount", "output"}
    assert controls <= {name for name, one in parameters.items() if one.is_automatable}
    meters = {"loss_db", "converged", "learned_cutoff_hz", "learned_gain"}
    assert meters == {name for name, one in parameters.items() if not one.is_automatable}
    assert parameters["output"].valid_values == ["Learned", "Target", "Error"]
    assert parameters["learned_cutoff_hz"].range[:2] == (20.0, 20_000.0)


@pytest.fixture(scope="module")
def hosted(vst3_learner: Bundle) -> Iterator[Isolated]:
    plugin = ph.load(str(vst3_learner.path))
    yield plugin
    plugin.close()


def test_pyhost_loads_it_like_any_other_vst3(hosted: Isolated, lesson: np.ndarray) -> None:
    hosted.parameters["start_over"].value = 1.0
    expected, _ = python_learns(lesson)
    np.testing.assert_allclose(hosted.process(lesson, RATE)[0], expected, atol=1e-6)
    assert hosted.channels.inputs == hosted.channels.outputs == 2


def test_frozen_it_does_what_apply_does_and_reports_its_latency(frozen: Bundle, lesson: np.ndarray) -> None:
    plugin = ph.load(str(frozen.path), isolate=False)
    expected = sound(-70).process(lesson.astype(float), RATE)
    out = plugin.process(lesson, RATE)
    assert plugin.latency_samples == 70
    np.testing.assert_allclose(out[:, 70:], expected[:, 70:], atol=1e-6)  # pedalboard drops what comes before


def test_a_knob_is_a_parameter_and_bypass_leaves_the_sound_alone(frozen: Bundle, lesson: np.ndarray) -> None:
    plugin = ph.load(str(frozen.path), isolate=False)
    plugin.parameters["gain"].value = 2.0
    louder = sound()
    louder.parameters["gain"].value = 2.0
    expected = louder.process(lesson.astype(float), RATE)
    np.testing.assert_allclose(plugin.process(lesson, RATE)[:, 4000:], expected[:, 4000:], atol=1e-6)
    plugin.parameters["bypass"].value = 1.0
    late = np.roll(lesson, 70, axis=1)
    np.testing.assert_array_equal(plugin.process(lesson, RATE)[:, 4000:], late[:, 4000:])


def test_what_was_turned_comes_back_with_the_session(frozen: Bundle) -> None:
    first, second = in_pedalboard(frozen), in_pedalboard(frozen)
    first.cutoff_hz = 300.0
    first.process(np.zeros((2, 64), np.float32), RATE)
    second.raw_state = first.raw_state
    assert second.cutoff_hz == pytest.approx(first.cutoff_hz)
    assert second.cutoff_hz != pytest.approx(1234.5, rel=0.1)


def test_at_a_rate_that_it_was_not_learned_at_it_is_silent_until_the_rate_is_right(
    frozen: Bundle, lesson: np.ndarray
) -> None:
    plugin = in_pedalboard(frozen)
    assert not plugin.process(lesson, 44_100.0).any()
    assert plugin.process(lesson, RATE).any()


def test_hosts_that_look_for_other_names_in_the_library_find_none(frozen: Bundle) -> None:
    library = next(frozen.path.glob("Contents/*-linux/frozen.so"))
    symbols = subprocess.check_output(["nm", "-D", "--defined-only", library], text=True).splitlines()
    named = {line.split()[-1].split("@")[0] for line in symbols}
    assert named == {"GetPluginFactory", "ModuleEntry", "ModuleExit"}


def test_the_folder_builds_with_make_and_without_python(frozen: Bundle, tmp_path: Path) -> None:
    folder = tmp_path / "made.vst3"
    shutil.copytree(frozen.path, folder, ignore=shutil.ignore_patterns("Contents"))
    command = ["make", "-C", str(folder), "DPF=/usr/share/dpf", "CFLAGS=-O0", "CXXFLAGS=-O0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    assert list(folder.glob("Contents/*-linux/frozen.so"))


def test_without_dpf_the_folder_is_written_and_all_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DPF", str(tmp_path / "nowhere"))
    bundle = export_vst3(sound(), tmp_path, name="unbuilt")
    assert "apt-get install dpf-source" in bundle.not_built
    assert str(tmp_path / "nowhere") in bundle.not_built
    assert not (bundle.path / "Contents").exists()
    done = subprocess.run(["make", "-C", bundle.path], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "apt-get install dpf-source" in done.stderr


@pytest.mark.parametrize("missing", [{"CC": "no-such-compiler"}, {"PATH": "/nowhere"}])
def test_without_a_compiler_the_folder_is_written_and_that_is_told(
    missing: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vst3_compiler()
    for name, value in {"CC": shutil.which("cc") or "", **missing}.items():
        monkeypatch.setenv(name, value)
    bundle = export_vst3(sound(), tmp_path, name="unbuilt")
    assert "compiler" in bundle.not_built
    assert (bundle.path / "Makefile").is_file()


def test_two_plugins_are_two_for_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DPF", str(tmp_path / "nowhere"))
    ids = {
        (export_vst3(sound(), tmp_path, name=name).path / "ports.h").read_text().split("PLUGIN_ID ")[1].split()[0]
        for name in ("one", "two")
    }
    assert len(ids) == 2


def test_the_command_writes_both_kinds_and_tells_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DPF", str(tmp_path / "nowhere"))
    sound().save(tmp_path / "my eq.json")
    to = str(tmp_path / "new")
    assert main(["export", str(tmp_path / "my eq.json"), "--vst3", to, "--vst3-learner", to, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["vst3"] == {"path": f"{to}/my-eq.vst3", "uri": "urn:pyhost:my-eq", "built": False}
    assert told["vst3_learner"]["path"] == f"{to}/my-eq-learner.vst3"
    assert told["vst3_learner"]["uri"] != told["vst3"]["uri"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--vst3-learner", "x", "--channels", "2"], "--vst3-learner has one channel"),
        (["--vst3", "x", "--lv2", "y", "--uri", "urn:a:b"], "--uri names one plugin"),
        (["--vst3", "x", "--optimizer", "sgd"], "ask for --lv2-learner DIR or --vst3-learner DIR"),
    ],
)
def test_options_that_do_not_go_together_are_told(
    options: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound().save(tmp_path / "a.json")
    assert main(["export", str(tmp_path / "a.json"), *options]) == 2
    assert told in capsys.readouterr().err


def test_a_folder_of_someone_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine.vst3").mkdir()
    with pytest.raises(ExportError, match="was not exported by pyhost"):
        export_vst3(sound(), tmp_path, name="mine")
