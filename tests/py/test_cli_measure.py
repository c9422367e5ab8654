"""``pyhost measure``: fitting by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import read_audio, write_audio
from pyhost.cli import main

RATE = 48_000
FRAMES = 12_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a dry recording and half of it, with an offset, as target."""
    noise = 0.9 * ph.noise(FRAMES)
    write_audio(tmp_path / "dry.wav", noise, RATE)
    write_audio(tmp_path / "target.wav", 0.5 * noise + 0.25, RATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Measure, and return the one JSON object on stdout."""
    assert main(["measure", *arguments, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    data: dict[str, Any] = json.loads(captured.out)
    return data


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the one line on stderr of input that is wrong."""
    assert main(["measure", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


PAIR = ("dry.wav", "target.wav")


@pytest.mark.usefixtures("folder")
def test_it_tells_the_loss_and_which_way_to_turn_each_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", *PAIR, "--chain", "gain | dc | lowpass", "--set", "cutoff=20000"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    lines = [line.split() for line in captured.out.splitlines()]
    assert ["target", "target.wav", "(1", "channel,", "0.25", "s,", "48000", "Hz)"] in lines
    assert any(line[:2] == ["loss", "MSE:"] and line[-4:] == ["dB", "relative", "to", "silence"] for line in lines)
    assert ["parameter", "value", "unit", "range", "∂loss/∂value", "turn", "rms", "∂y/∂value"] in lines
    assert {line[0]: line[-2] for line in lines[-3:]} == {"gain": "down", "dc": "up", "cutoff": "down"}


@pytest.mark.usefixtures("folder")
def test_turning_by_hand_as_it_says_comes_to_the_hidden_values(capsys: pytest.CaptureFixture[str]) -> None:
    gain, dc = 1.0, 0.0
    for _ in range(20):
        data = as_json(capsys, *PAIR, "--chain", "gain | dc", "--set", f"gain={gain}", "--set", f"dc={dc}")
        gain -= data["gradients"]["gain"]
        dc -= 0.5 * data["gradients"]["dc"]
    assert (gain, dc) == (pytest.approx(0.5, abs=1e-3), pytest.approx(0.25, abs=1e-3))
    assert data["loss_db"] < -50.0


@pytest.mark.usefixtures("folder")
def test_json_tells_what_python_tells(capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--loss", "huber", "--window", "4", "--window-of", "loss", "--align", "off", "--set", "gain=0.75"]
    data = as_json(capsys, *PAIR, "--chain", "gain | fir(taps=3)", *settings)
    chain = ph.chain("gain(gain=0.75) | fir(taps=3)")
    found = ph.measure(chain, *PAIR, loss=ph.Huber(4, window_of="loss"), align="off")
    assert (data["loss"], data["loss_db"], data["frames"]) == (found.loss, found.decibels, FRAMES)
    assert data["gradients"] == {"gain": found.gradients["gain"], "taps": np.asarray(found.gradients["taps"]).tolist()}
    assert data["parameters"] == {"gain": 0.75, "taps": [0.0, 0.0, 0.0]}
    assert data["turn"]["taps"][0] == "up"
    assert data["turn"]["gain"] == "-"
    assert data["sensitivities"]["gain"] == 0.0


@pytest.mark.usefixtures("folder")
def test_without_a_target_it_tells_how_much_each_parameter_moves_the_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = as_json(capsys, "dry.wav", "--chain", "gain | dc")
    assert (data["loss"], data["loss_db"], data["gradients"], data["turn"]) == (None, None, {}, {})
    root = float(np.sqrt(np.mean(read_audio("dry.wav") ** 2)))
    assert data["sensitivities"] == {"gain": pytest.approx(root, rel=1e-9), "dc": 1.0}
    assert main(["measure", "dry.wav", "--chain", "gain | dc"]) == 0
    told = capsys.readouterr().out
    assert "rms ∂y/∂value" in told
    assert "loss" not in told
    assert "turn" not in told


@pytest.mark.usefixtures("folder")
def test_a_parameter_at_a_bound_that_should_go_beyond_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    data = as_json(capsys, *PAIR, "--chain", "gain | dc", "--set", "dc=-1", "--set", "gain=0")
    assert data["turn"] == {"gain": "up", "dc": "up"}  # at a bound, but they can leave it
    write_audio("inverted.wav", -read_audio("dry.wav"), RATE)
    data = as_json(capsys, "dry.wav", "inverted.wav", "--chain", "gain(gain=0)")
    assert data["turn"] == {"gain": "at its bound"}


@pytest.mark.usefixtures("folder")
def test_long_vectors_are_shown_by_their_extremes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", *PAIR, "--chain", "fir(taps=17)"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("taps       17 values, 0 … 0  any    17 values, -")
    assert "each its own way" in last


@pytest.mark.usefixtures("folder")
def test_a_learned_chain_is_measured_with_its_loss_and_a_truth_makes_the_target(
    capsys: pytest.CaptureFixture[str],
) -> None:
    learn = ["learn", *PAIR, "--chain", "gain | dc", "-o", "l.json", "--loss", "huber", "--window", "2", "--json"]
    assert main([*learn, "--passes", "2"]) == 0
    learned = json.loads(capsys.readouterr().out)
    data = as_json(capsys, *PAIR, "--chain", "l.json")
    assert data["loss"] == pytest.approx(learned["loss"], rel=1e-9)
    assert data["loss_db"] == pytest.approx(learned["loss_db"], abs=1e-6)
    data = as_json(capsys, "dry.wav", "--chain", "gain | dc", "--truth", "l.json", "--set", "gain=0.5")
    assert data["gradients"]["dc"] == pytest.approx(-2.0 * learned["parameters"]["dc"], rel=1e-2)


@pytest.mark.usefixtures("folder")
def test_what_cannot_be_measured_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    chain = ("--chain", "gain")
    assert "dri.wav: does not exist; did you mean 'dry.wav'" in refused(capsys, "dri.wav", *chain)
    assert "there is no parameter 'gian'; did you mean 'gain'?" in refused(capsys, *PAIR, *chain, "--set", "gian=1")
    assert "out of range; choose from 0 to 4" in refused(capsys, *PAIR, *chain, "--set", "gain=9")
    assert "--loss MSE has no --size; leave that out" in refused(capsys, *PAIR, *chain, "--size", "4")
    assert "unknown block 'gian'; did you mean 'gain'?" in refused(capsys, *PAIR, "--chain", "gian")
    assert "cannot read 'none.json'" in refused(capsys, *PAIR, "--chain", "none.json")
    write_audio("short.wav", read_audio("target.wav")[:, :5000], RATE)
    assert "--trim" in refused(capsys, "dry.wav", "short.wav", *chain)
    assert as_json(capsys, "dry.wav", "short.wav", *chain, "--trim")["frames"] == 5000
