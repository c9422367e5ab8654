"""Every example runs, is written as the others are, finds what it hides, and does so no later than the original."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needs import give_up

import pyhost as ph

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))

OF_OUR_OWN = {"my_chain", "sensitivities", "teacher", "teacher_cabinet", "teacher_eq"}
WITH_PEDALBOARD = {"teacher", "teacher_cabinet"}
BY_HAND = {"diff1", "diff2", "gain_dc_estimate"}
AMBIGUOUS = {"iir"}  # makes the hidden sound with other coefficients than the hidden ones
LEARN = set(NAMES) - OF_OUR_OWN - BY_HAND


def giving(name: str) -> set[str]:
    """Return the examples that set a name; told from their text, so that none runs before its test."""
    return {path.stem for path in EXAMPLES.glob("*.py") if re.search(rf"\b{name} = ", path.read_text("utf-8"))}


@dataclass(frozen=True)
class Run:
    """What an example left behind."""

    names: dict[str, Any]
    printed: str
    complained: str


@functools.cache
def ran(name: str) -> Run:
    """Run an example as ``python`` would, once."""
    printed, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complained):
        try:
            names = runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        except (ph.PluginError, FileNotFoundError) as error:
            give_up(f"{error}: .ci/install gets it from Debian")
    return Run(names, printed.getvalue(), complained.getvalue())


@functools.cache
def table() -> dict[str, Any]:
    """The script that writes the table."""
    return runpy.run_path(str(ROOT / "tests" / "bench" / "examples.py"))


def settled(name: str) -> int | None:
    sample: int | None = table()["settled"](ran(name).names)
    return sample


def numbers(line: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", line)]


@pytest.mark.parametrize("name", NAMES)
def test_the_example_prints_its_outcome_and_complains_of_nothing(name: str) -> None:
    assert ran(name).printed.strip()
    assert not ran(name).complained
    assert "nan" not in ran(name).printed.lower().replace("ends in nan", "").replace("end in nan", "")


def used_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ph":
            yield node.attr


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_short_and_uses_public_names_only(name: str) -> None:
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= 45
    assert set(used_names(tree)) <= set(ph.__all__)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported <= {"math", "numpy", "pyhost"} | ({"pedalboard"} if name in WITH_PEDALBOARD else set())
    summary = ast.get_docstring(tree)
    assert summary
    assert name == "my_chain" or "\n" not in summary


@pytest.mark.parametrize("name", sorted(LEARN | BY_HAND))
def test_the_example_tells_what_the_original_does(name: str) -> None:
    run = ran(name)
    assert run.names["original"]
    assert re.search(rf"the original *: {re.escape(run.names['original'])}", run.printed)


@pytest.mark.parametrize("name", sorted(LEARN - AMBIGUOUS))
def test_the_example_finds_what_is_hidden(name: str) -> None:
    names = ran(name).names
    learned = table()["learned"](names) | names.get("solved", {})
    for key, value in names["hidden"].items():
        np.testing.assert_allclose(learned[key], value, rtol=0.01, atol=0.01 * np.abs(value).max())


@pytest.mark.parametrize("name", sorted((LEARN - AMBIGUOUS) & giving("trace") - giving("solved")))
def test_the_example_is_no_later_than_the_original(name: str) -> None:
    figure = re.search(r"within 1 % from (?:about )?(\d+)", ran(name).names["original"])
    sample = settled(name)
    assert sample is not None
    assert not figure or sample <= int(figure[1])


@pytest.mark.parametrize("name", sorted(giving("also")))
def test_the_example_finds_what_the_original_cannot(name: str) -> None:
    for hidden, (found, sample) in ran(name).names["also"].items():
        np.testing.assert_allclose(found, hidden, rtol=1e-4)
        assert sample < 12_000


def test_every_program_of_the_original_has_its_example() -> None:
    originals = {
        *("gain", "gain_scheduler", "gain_dc", "gain_exp", "gain_pow_trig", "dcsq", "delay", "fir", "fir_delay", "iir"),
        *("one_pole", "one_pole_gain", "lowpass", "oscillator", "broken_osc", "freq_estimator", "freq_estimator_rms"),
        *("spectralloss", "train_multi", "gain_dc_estimate", "diff1", "diff2", "gain_dc_learn", "single_neuron"),
        *("fc_2", "fc", "fc_3", "backprop_experiments"),
    }
    assert len(originals) == 28
    assert originals <= LEARN | BY_HAND


def test_the_table_is_what_the_examples_give() -> None:
    page = table()["page"]({name: ran(name).names for name in NAMES})
    assert (ROOT / "docs" / "examples.md").read_text(encoding="utf-8") == page


def test_the_tour_leads_to_every_example_and_nowhere_else() -> None:
    links = re.findall(r"\]\((\w+)\.py\)", (EXAMPLES / "README.md").read_text(encoding="utf-8"))
    assert sorted(links) == NAMES


def test_an_example_runs_from_the_shell_in_any_folder() -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "gain_dc.py")], capture_output=True, text=True, check=True, cwd="/"
    )
    assert done.stdout == ran("gain_dc").printed
    assert not done.stderr


def test_alignment_changes_nothing_where_the_chain_makes_the_delays_itself() -> None:
    names = ran("fir_delay").names
    learner = ph.Learner(names["fir"], loss=ph.MSE(window=8), optimizer=ph.SGD(0.1))
    trace = learner.learn(names["dry"], names["echoes"], sample_rate=48_000, record=True, start="off")
    np.testing.assert_array_equal(trace.parameters["taps"], names["trace"].parameters["taps"])


def test_the_sensitivities_example_agrees_with_the_formula() -> None:
    assert numbers(ran("sensitivities").printed.splitlines()[-1])[-1] < 1e-15


def test_the_example_chain_is_a_chain() -> None:
    assert "∂ level…cutoff" in ran("my_chain").printed
    assert callable(ran("my_chain").names["echo"])


@pytest.mark.parametrize("name", ["teacher", "teacher_eq"])
def test_the_teacher_s_values_are_found(name: str) -> None:
    found = re.findall(r"hidden ([\d.]+).*?learned ([\d.]+)", ran(name).printed)
    assert len(found) == 2
    for hidden, learned in found:
        assert float(learned) == pytest.approx(float(hidden), rel=1e-3)


def test_a_cabinet_is_learned_from_one_guitar_and_sounds_right_on_another() -> None:
    printed = ran("teacher_cabinet").printed.splitlines()
    assert numbers(printed[0])[-1] < -40.0
    assert numbers(printed[1])[-1] < -35.0


def test_a_falling_rate_ends_the_chatter() -> None:
    chatter = ran("gain_scheduler").names["chatter"]
    assert chatter[-10_000:].std() < chatter[10_000:20_000].std() / 50


def test_the_square_is_found_by_either_root() -> None:
    names = ran("dcsq").names
    assert names["mirrored"].parameters["dc"].value == pytest.approx(-0.75)


def test_the_recursive_filter_goes_silent_and_stays_stable() -> None:
    names = ran("iir").names
    assert names["loss"] < 1e-7
    a = names["trace"].parameters["a"][::1_000]
    assert max(np.abs(np.roots([1.0, *-row])).max() for row in a) < 1.0


def test_ten_recordings_chatter_less_than_one() -> None:
    names = ran("train_multi").names
    for key in names["hidden"]:
        one, ten = (names[course].parameters[key][-4_800:].std() for course in ("single", "trace"))
        assert ten < 0.7 * one


def test_what_is_read_by_hand_are_exact_partials() -> None:
    for name in BY_HAND:
        names = ran(name).names
        assert names["value"].shape == names["jacobian"].shape[1:]
        np.testing.assert_allclose(names["jacobian"][0], np.atleast_2d(names["dry"]), atol=1e-15)
    np.testing.assert_array_equal(ran("gain_dc_estimate").names["jacobian"][1], 1.0)
    np.testing.assert_allclose(ran("diff2").names["jacobian"][1], np.cos(-np.pi / 2), atol=1e-15)


def test_turning_the_knobs_by_the_gradient_brings_the_loss_down() -> None:
    losses = [numbers(line)[2] for line in ran("diff1").printed.splitlines() if line.startswith("gain")]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-4 * losses[0]
