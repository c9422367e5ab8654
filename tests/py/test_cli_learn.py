"""``pyhost learn``: what it learns, prints, saves, and how it can be steered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import audio_info, read_audio, write_audio
from pyhost.cli import main

RATE = 48_000
FRAMES = 12_000
HIDDEN = "gain(gain=0.5) | dc(dc=0.25)"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a dry recording and what `HIDDEN` makes of it."""
    noise = 0.9 * ph.noise(FRAMES)
    write_audio(tmp_path / "dry.wav", noise, RATE)
    write_audio(tmp_path / "target.wav", 0.5 * noise + 0.25, RATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def learn(*arguments: str) -> int:
    return main(["learn", "dry.wav", "target.wav", "--chain", "gain | dc", "-o", "learned.json", *arguments])


def as_json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the one JSON object on stdout."""
    captured = capsys.readouterr()
    assert captured.err == ""
    data: dict[str, Any] = json.loads(captured.out)
    return data


@pytest.mark.usefixtures("folder")
def test_it_finds_what_made_the_target_and_saves_it() -> None:
    assert learn("--quiet") == 0
    learned = ph.load("learned.json")
    assert learned.label == "gain | dc"
    assert learned.sample_rate == RATE
    assert learned.parameters["gain"].value == pytest.approx(0.5, abs=1e-5)
    assert learned.parameters["dc"].value == pytest.approx(0.25, abs=1e-5)


@pytest.mark.usefixtures("folder")
def test_it_prints_what_was_chosen_what_was_found_and_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--render", "out.wav") == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    lines = [line.split() for line in captured.out.splitlines()]
    assert ["chain", "gain", "|", "dc"] in lines
    assert ["dry", "dry.wav", "(1", "channel,", "0.25", "s,", "48000", "Hz)"] in lines
    assert ["loss", "MSE"] in lines
    assert ["optimizer", "Auto"] in lines
    assert ["gain", "1", "0.5", "0", "…", "4"] in lines
    assert "converged" in captured.out
    assert "dB relative to silence" in captured.out
    assert "wrote learned.json" in captured.out
    assert "wrote out.wav (0.25 s, peak -" in captured.out


@pytest.mark.usefixtures("folder")
def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--quiet", "--passes", "1") == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("folder")
def test_the_hidden_values_stand_beside_the_learned_ones(capsys: pytest.CaptureFixture[str]) -> None:
    chain = ["learn", "dry.wav", "--chain", "gain | dc", "--truth", HIDDEN, "-o", "learned.json"]
    assert main(chain) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["parameter", "start", "learned", "hidden", "difference", "range"] in lines
    (gain,) = [line for line in lines if line[:4] == ["gain", "1", "0.5", "0.5"]]
    assert float(gain[4]) < 1e-3
    assert main([*chain, "--json"]) == 0
    data = as_json(capsys)
    assert data["hidden"] == {"gain": 0.5, "dc": 0.25}
    assert max(data["difference_percent"].values()) < 1e-3


@pytest.mark.usefixtures("folder")
def test_json_tells_everything_in_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--json", "--passes", "2", "--render", "out.flac") == 0
    data = as_json(capsys)
    assert data["chain"] == "gain | dc"
    assert data["start"] == {"gain": 1.0, "dc": 0.0}
    assert set(data["parameters"]) == set(data["last"]) == {"gain", "dc"}
    assert data["passes"] == 2
    assert data["converged"] is False
    assert data["hidden"] is None
    assert data["loss"] > 0.0
    assert data["loss_db"] < 0.0
    assert data["files"] == {"learned": "learned.json", "render": "out.flac"}
    saved = json.loads(Path("learned.json").read_text(encoding="utf-8"))
    assert saved["parameters"] == data["parameters"]
    assert saved["details"]["last"] == data["last"]
    assert saved["loss"] == data["loss"]


@pytest.mark.usefixtures("folder")
def test_a_perfect_match_has_no_decibels_in_json_and_the_json_stays_valid(capsys: pytest.CaptureFixture[str]) -> None:
    write_audio("target.wav", read_audio("dry.wav"), RATE)
    assert learn("--json") == 0
    data = as_json(capsys)
    assert (data["loss"], data["loss_db"], data["converged"]) == (0.0, None, True)


@pytest.mark.usefixtures("folder")
def test_start_values_and_locks_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--set", "gain=0.75", "--lock", "gain", "--json") == 0
    data = as_json(capsys)
    assert data["start"] == {"gain": 0.75, "dc": 0.0}
    assert data["parameters"]["gain"] == 0.75
    assert data["parameters"]["dc"] == pytest.approx(0.25, abs=0.05)
    assert data["locked"] == ["gain"]


@pytest.mark.usefixtures("folder")
def test_a_vector_is_set_by_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["learn", "dry.wav", "target.wav", "--chain", "fir(taps=3)", "-o", "l.json", "--json", "--passes", "1"]
    assert main([*arguments, "--set", "taps=1,-0.5,2e-1"]) == 0
    assert as_json(capsys)["start"] == {"taps": [1.0, -0.5, 0.2]}


@pytest.mark.usefixtures("folder")
def test_the_losses_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--loss", "mae", "--window", "8", "--window-of", "loss", "--passes", "1") == 0
    assert "MAE, window of loss: 8 samples" in capsys.readouterr().out
    details = ph.load("learned.json").details
    assert (details["loss"], details["window"], details["window_of"]) == ("mae", 8, "loss")


def test_a_function_in_a_file_is_a_chain(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.py").write_text("import pyhost as ph\ndef loud(x):\n    return x * ph.param('volume') + 0.25\n")
    arguments = ["learn", "dry.wav", "target.wav", "--chain", "mine.py:loud", "-o", "l.json", "--json"]
    assert main(arguments) == 0
    data = as_json(capsys)
    assert data["chain"] == "loud"
    assert data["parameters"]["volume"] == pytest.approx(0.5, abs=1e-5)


def test_what_is_rendered_is_what_the_learned_chain_makes_of_the_dry_recording(folder: Path) -> None:
    assert learn("--render", "out.wav", "--quiet") == 0
    assert audio_info(folder / "out.wav").frames == FRAMES
    expected = ph.load(folder / "learned.json").process(read_audio("dry.wav"), RATE)
    np.testing.assert_allclose(read_audio("out.wav"), expected, atol=1e-6)


@pytest.mark.usefixtures("folder")
def test_trim_and_resample_take_recordings_that_do_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    long = np.concatenate([read_audio("target.wav"), np.zeros((1, 480))], axis=1)
    write_audio("target.wav", long, RATE)
    assert learn("--trim", "--passes", "1") == 0
    assert "the first 0.25 s" in capsys.readouterr().out
    write_audio("target.wav", read_audio("target.wav", 44_100), 44_100)
    assert learn("--trim", "--resample", "--passes", "1", "--quiet") == 0


@pytest.mark.usefixtures("folder")
def test_parameters_that_swing_come_with_the_advice_to_lower_the_rate(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--window", "32", "--rate", "0.1") == 0
    assert "they swing. A lower --rate may find better ones." in capsys.readouterr().out
    assert learn() == 0
    assert "note:" not in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_a_poor_match_comes_with_advice(capsys: pytest.CaptureFixture[str]) -> None:
    write_audio("target.wav", read_audio("dry.wav")[:, ::-1], RATE)
    assert learn("--passes", "3") == 0
    assert "is a poor match. Other start values may help (--set)" in capsys.readouterr().out
    assert learn("--passes", "3", "--optimizer", "sgd") == 0
    assert "is a poor match. Try a lower --rate" in capsys.readouterr().out


def test_gain_dc_lowpass_is_found_in_real_recordings_with_the_default_settings(
    real_recordings: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = "gain(gain=0.5) | dc(dc=-0.1) | lowpass(cutoff=3000)"
    named = {path.name: path for path in real_recordings}
    for name in ("loop_amen.flac", "bass_trance_c.flac", "Rear_Left.wav"):
        arguments = ["--chain", "gain | dc | lowpass", "--truth", truth, "-o", str(tmp_path / "l.json"), "--json"]
        assert main(["learn", str(named[name]), *arguments]) == 0
        data = as_json(capsys)
        assert set(data["difference_percent"]) == {"gain", "dc", "cutoff"}
        assert max(data["difference_percent"].values()) < 1.0, name


def test_eight_taps_are_found_in_real_recordings_with_a_rate_of_a_tenth(
    real_recordings: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = "fir(taps=[1, -0.5, 0.25, 0.1, 0, 0.05, -0.2, 0.3])"
    named = {path.name: path for path in real_recordings}
    for name in ("drum_cymbal_soft.flac", "perc_snap.flac"):
        arguments = ["--chain", "fir(taps=8)", "--truth", truth, "-o", str(tmp_path / "l.json"), "--json"]
        assert main(["learn", str(named[name]), *arguments, "--rate", "0.1"]) == 0
        assert as_json(capsys)["difference_percent"]["taps"] < 1.0, name


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--optimizer", "gauss-newton"), "GaussNewton, rate 1"),
        (("--optimizer", "adam", "--rate", "0.01"), "Adam, rate 0.01"),
        (("--loss", "huber", "--window", "4"), "Huber, window of signals: 4 samples"),
        (("--loss", "spectral", "--size", "64", "--size", "256", "--rate", "0.1"), "Spectral"),
        (("--loss", "esr"), "ESR, window of loss: 1024 samples"),
    ],
    ids=["gauss-newton", "adam", "huber", "spectral", "esr"],
)
def test_every_loss_and_optimizer_can_be_chosen(
    options: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert learn(*options, "--passes", "3") == 0
    captured = capsys.readouterr()
    assert told in captured.out
    assert captured.err == ""


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--loss", "mse", "--size", "64"), "--loss MSE has no --size; leave that out"),
        (("--loss", "spectral", "--window", "4"), "--loss Spectral has no --window; leave that out"),
        (("--loss", "mae", "--optimizer", "gauss-newton"), "ph.GaussNewton cannot make MAE small"),
        (("--optimizer", "adm"), "is not one of"),
    ],
)
def test_a_loss_or_optimizer_that_does_not_fit_is_told(
    options: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert learn(*options) == 2
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_the_largest_pole_is_told_and_saved(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["learn", "dry.wav", "--truth", "onepole(pole=0.5)", "--chain", "onepole", "-o", "pole.json"]
    assert main(arguments) == 0
    assert "largest radius 0.500000, stable" in " ".join(capsys.readouterr().out.split())
    assert ph.load("pole.json").details["largest_pole"] == pytest.approx(0.5, abs=1e-6)
    assert learn() == 0
    assert "poles" not in capsys.readouterr().out  # nothing goes round in gain | dc


@pytest.mark.usefixtures("folder")
def test_a_chain_that_cannot_move_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["learn", "dry.wav", "target.wav", "--chain", "fir(taps=4) | fir(taps=2)", "-o", "stuck.json"]
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "found nothing better than the start values" in told
    assert "every gradient is 0 at these start values" in told


def test_the_help_shows_a_command_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert '  pyhost learn dry.wav target.wav --chain "gain | lowpass" -o learned.json\n' in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_what_auto_did_is_told_stage_by_stage(capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--optimizer", "auto") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["optimizer", "Auto"] in lines
    assert any(line[:2] == ["stage", "1"] for line in lines)
    assert learn("--optimizer", "auto", "--json") == 0
    assert (
        as_json(capsys)["stages"] == json.loads(Path("learned.json").read_text(encoding="utf-8"))["details"]["stages"]
    )
    assert learn("--optimizer", "auto", "--rate", "0.1") == 2
    assert "--optimizer Auto has no --rate; leave that out" in capsys.readouterr().err
