"""``pyhost bench``: how long chains take on this machine."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

import pyhost as ph
from pyhost.cli import main
from pyhost.learn import speed
from pyhost.learn.speed import measure_speed
from pyhost.native.compiler import CompileError, compile_library


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take two short turns: the times mean nothing here."""
    monkeypatch.setattr(speed, "REPEATS", 2)
    monkeypatch.setattr(speed, "BUDGET", 1e-4)


def measured(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Measure, and return the one JSON object on stdout."""
    assert main(["bench", *arguments, "--json"]) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return data


def test_every_engine_is_timed_playing_and_learning(capsys: pytest.CaptureFixture[str]) -> None:
    data = measured(capsys, "gain | dc", "fir(taps=8)", "--channels", "2", "--sample-rate", "44100")
    assert (data["sample_rate"], data["channels"]) == (44_100, 2)
    assert [(row["chain"], row["parameters"]) for row in data["chains"]] == [("gain | dc", 2), ("fir(taps=8)", 8)]
    for row in data["chains"]:
        native, interpreter = row["engines"]
        assert (native["engine"], interpreter["engine"]) == ("native", "interpreter")
        assert all(engine[run] > 0.0 for engine in (native, interpreter) for run in ("play", "learn"))
        assert native["compile"] > 0.0 == interpreter["compile"]


def test_a_chain_with_nothing_to_learn_is_only_played(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "half.py").write_text("def half(x):\n    return 0.5 * x\n")
    (row,) = measured(capsys, f"{tmp_path / 'half.py'}:half")["chains"]
    assert row["parameters"] == 0
    assert [engine["learn"] for engine in row["engines"]] == [None, None]


def test_a_learned_chain_is_timed_with_its_loss_and_optimizer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    optimizer, loss = ph.NLMS(0.5), ph.MSE(window=1)
    learner = ph.Learner(ph.chain("fir(taps=4)"), loss=loss, optimizer=optimizer)
    learner.learn(ph.noise(2000), 0.5 * ph.noise(2000), sample_rate=48_000)
    learner.save(tmp_path / "learned.json")
    asked = []

    def remember(chain: Any, **settings: Any) -> Any:
        asked.append((settings["loss"], settings["optimizer"]))
        return measure_speed(chain, **settings)

    monkeypatch.setattr(speed, "measure_speed", remember)
    measured(capsys, str(tmp_path / "learned.json"))
    measured(capsys, str(tmp_path / "learned.json"), "--optimizer", "adam")
    assert asked == [(loss, optimizer), (loss, ph.Adam())]


def test_without_a_compiler_the_interpreter_is_timed_and_the_reason_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    assert main(["bench", "gain"]) == 0
    captured = capsys.readouterr()
    assert "interpreter" in captured.out
    assert "native" not in captured.out
    assert "the native engine is left out: CC names 'no-such-compiler'" in captured.err


@pytest.mark.parametrize("error", [CompileError("cc failed"), OSError("cannot map it")], ids=["compiling", "loading"])
def test_a_chain_that_is_not_compiled_is_told_although_the_next_one_is(
    error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = iter([error])

    def fails_once(*given: Any) -> Path:
        if failing := next(compiled, None):
            raise failing
        return compile_library(*given)

    monkeypatch.setattr(speed, "compile_library", fails_once)
    assert main(["bench", "gain", "gain | dc"]) == 0
    captured = capsys.readouterr()
    assert captured.out.count("native") == 1
    assert f"the native engine is left out: {error}" in captured.err


def test_the_table_has_a_line_for_each_engine_and_the_share_of_a_core(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "gain", "--sample-rate", "96000"]) == 0
    head, native, interpreter = capsys.readouterr().out.splitlines()
    assert "core at 96 kHz" in head
    assert native.split()[:3] == ["gain", "1", "native"]
    assert interpreter.split()[0] == "interpreter"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["gian"], "gain"),
        (["gain", "--optimizer", "auto"], "name one of them"),
        (["gain", "--optimizer", "gauss-newton", "--loss", "mae"], "GaussNewton"),
    ],
)
def test_what_cannot_be_timed_is_refused_in_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *arguments]) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.err.count("\n") == 1


def test_the_parameters_stay_where_they_are_while_the_time_is_taken() -> None:
    chain = ph.Learner(ph.chain("gain")).freeze()
    before = chain.parameters.values_array()
    speeds, missing = measure_speed(chain, loss=ph.MSE(), optimizer=ph.SGD(0.1))
    assert missing == ""
    assert not any(math.isnan(one.learn) for one in speeds)
    assert (chain.parameters.values_array() == before).all()
