"""Every example runs as a user runs it, and its outcome is what it promises."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

PAIRS = r"hidden ([-\d.]+).*?learned ([-\d.]+)"


def output_of(name: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py")], capture_output=True, text=True, check=True, cwd="/"
    )
    assert not done.stderr
    return done.stdout


def numbers(line: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", line)]


@pytest.mark.parametrize(("name", "pairs"), [("gain_dc", 2), ("teacher", 2)])
def test_the_example_finds_what_is_hidden(name: str, pairs: int) -> None:
    found = re.findall(PAIRS, output_of(name))
    assert len(found) == pairs
    for hidden, learned in found:
        assert float(learned) == pytest.approx(float(hidden), rel=1e-3)


def test_the_fir_example_finds_the_taps() -> None:
    lines = output_of("fir").splitlines()
    hidden, learned = (next(line for line in lines if line.startswith(word)) for word in ("hidden", "learned"))
    assert numbers(learned) == pytest.approx(numbers(hidden), abs=1e-4)
    assert numbers(lines[-1])[-1] < 5000


def test_the_sensitivities_example_agrees_with_the_formula() -> None:
    last = output_of("sensitivities").splitlines()[-1]
    assert numbers(last)[-1] < 1e-15


def test_the_example_chain_is_a_chain() -> None:
    names = runpy.run_path(str(EXAMPLES / "my_chain.py"))
    assert "∂ level…cutoff" in output_of("my_chain")
    assert callable(names["echo"])


def test_no_example_is_left_out() -> None:
    tested = {"gain_dc", "teacher", "fir", "sensitivities", "my_chain"}
    assert {path.stem for path in EXAMPLES.glob("*.py")} == tested
