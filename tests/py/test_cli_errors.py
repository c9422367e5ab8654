"""The command line and wrong input: one clear line, exit status 2, and nothing is written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import write_audio
from pyhost.cli import main
from pyhost.learn.learner import Learner

RATE = 48_000
Refused = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with recordings that fit and others that do not."""
    noise = 0.5 * ph.noise(4800)
    write_audio(tmp_path / "dry.wav", noise, RATE)
    write_audio(tmp_path / "target.wav", 0.5 * noise, RATE)
    write_audio(tmp_path / "short.wav", noise[:4000], RATE)
    write_audio(tmp_path / "slow.wav", noise, 44_100)
    write_audio(tmp_path / "stereo.wav", np.stack([noise, noise]), RATE)
    write_audio(tmp_path / "silent.wav", np.zeros(4800), RATE)
    write_audio(tmp_path / "whole.flac", noise, RATE)
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("this is no recording, but some text in a file\n")
    (tmp_path / "cut.wav").write_bytes((tmp_path / "dry.wav").read_bytes()[:-5000])
    (tmp_path / "cut.flac").write_bytes((tmp_path / "whole.flac").read_bytes()[:-3000])
    octets = bytearray((tmp_path / "dry.wav").read_bytes())
    octets[-400:-396] = np.float32(np.nan).tobytes()
    (tmp_path / "nan.wav").write_bytes(octets)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """A function that runs a command which must be refused, and returns the one line that it says."""

    def run(*arguments: str) -> str:
        before = sorted(folder.iterdir())
        assert main(arguments) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("pyhost: error: ")
        assert captured.err.count("\n") == 1
        assert sorted(folder.iterdir()) == before
        return captured.err

    return run


def learning(dry: str = "dry.wav", target: str = "target.wav", chain: str = "gain") -> list[str]:
    return ["learn", dry, target, "--chain", chain, "-o", "learned.json"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dri.wav", "dri.wav: does not exist; did you mean 'dry.wav'"),
        (".", ". is a folder; name one file in it, or ask for all of them (--batch)"),
        ("empty.wav", "empty.wav: is empty, 0 bytes"),
        ("text.wav", "text.wav: is of no known audio format; pyhost reads .wav"),
        ("cut.wav", "cut.wav: is truncated: its header promises 4800 frames, the file holds 3550"),
        ("cut.flac", "cut.flac: is truncated: its header promises 4800 frames"),
        ("silent.wav", "silent.wav is silent: all of its 4800 frames are 0"),
        ("nan.wav", "nan.wav: channel 0, frame 4700 is nan"),
    ],
)
def test_a_recording_that_cannot_be_used(refused: Refused, name: str, message: str) -> None:
    assert message in refused(*learning(dry=name))
    assert message in refused(*learning(target=name))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("short.wav", "dry.wav has 4800 frames (0.100 s), short.wav has 4000 frames (0.083 s)"),
        ("short.wav", "--trim"),
        ("slow.wav", "dry.wav has 48000 Hz, slow.wav has 44100 Hz"),
        ("slow.wav", "--resample"),
        ("stereo.wav", "dry.wav has 1 channel, stereo.wav has 2 channels"),
    ],
)
def test_a_target_that_does_not_fit(refused: Refused, name: str, message: str) -> None:
    assert message in refused(*learning(target=name))


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        ("gian", "unknown block 'gian'; did you mean 'gain'?"),
        ("lowpass(cutof=100)", "lowpass has no argument 'cutof'; did you mean 'cutoff'?"),
        ("lowpass(cutoff=5)", "out of range; choose from 20 to 20000 Hz"),
        ("gain |", "stage 2 is empty"),
        ("", "the chain is empty"),
        ("none.py:chain", "none.py: there is no such file"),
    ],
)
def test_a_chain_that_cannot_be_built(refused: Refused, chain: str, message: str) -> None:
    assert message in refused(*learning(chain=chain))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "gian=1"], "there is no parameter 'gian'; did you mean 'gain'?"),
        (["--lock", "gian"], "there is no parameter 'gian'; did you mean 'gain'?"),
        (["--unlock", "gian"], "there is no parameter 'gian'; did you mean 'gain'?"),
        (["--set", "gain=9"], "value 9 is out of range; choose from 0 to 4"),
        (["--set", "gain=nan"], "value must be finite"),
        (["--set", "gain=1,2"], "parameter 'gain' takes a number"),
        (["--set", "gain=loud"], "'loud' is not a number"),
        (["--set", "gain"], "write name=value"),
        (["--set", "gain=1", "--set", "gain=2"], "given twice"),
        (["--lock", "gain"], "has nothing to learn"),
        (["--los", "mae"], "--loss"),
        (["--loss", "mea"], "'mea' is not one of 'mae', 'mse'"),
        (["--rate", "-1"], "-1.0 is not in the range x>0"),
        (["--rate", "inf"], "the learning rate must be"),
        (["--window", "0"], "0 is not in the range"),
        (["--passes", "0"], "'0' is not a whole number from 1 on, nor auto"),
        (["--passes", "many"], "'many' is not a whole number from 1 on, nor auto"),
        (["--tolerance", "1"], "1.0 is not in the range"),
    ],
)
def test_a_setting_that_cannot_be(refused: Refused, arguments: list[str], message: str) -> None:
    assert message in refused(*learning(), *arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "nowhere/learned.json"], "-o: there is no folder"),
        (["-o", "."], "-o: . is a folder; name a file in it"),
        (["-o", "learned.txt"], "-o: learned.txt must end in .json"),
        (["-o", "/proc/learned.json"], "-o: /proc/learned.json cannot be written"),
        (["--render", "out.xyz"], "--render: out.xyz must end in .wav or .flac"),
        (["--render", "dry.wav"], "--render: dry.wav would overwrite the input dry.wav"),
        (["--render", "target.wav"], "would overwrite the input target.wav"),
        (["--report", "."], "holds files that are no report of pyhost"),
        (["--report", "dry.wav"], "dry.wav: is a file; name a folder"),
        (["--report", "no/where"], "there is no folder"),
        (["--report", "/proc/report"], "/proc/report: cannot be written"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_learning(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.setattr(Learner, "learn", lambda *_, **__: pytest.fail("it learned"))
    assert message in refused(*learning(), *arguments)


def test_a_report_does_not_overwrite_what_else_is_written(refused: Refused) -> None:
    Path("report").mkdir()
    message = refused(*learning(), "-o", "report/learned.json", "--report", "report")
    assert "--report: report would overwrite what -o writes" in message


def test_without_target_and_truth_there_is_nothing_to_learn_from(refused: Refused) -> None:
    assert "there is no target" in refused("learn", "dry.wav", "--chain", "gain", "-o", "learned.json")


def test_a_truth_that_is_silent_or_no_chain_is_refused(refused: Refused) -> None:
    arguments = ["learn", "dry.wav", "--chain", "gain", "-o", "learned.json", "--truth"]
    assert "dry.wav through gain(gain=0) is silent" in refused(*arguments, "gain(gain=0)")
    assert "unknown block 'gian'; did you mean 'gain'?" in refused(*arguments, "gian")


def test_a_misspelt_command_or_option_suggests_the_nearest(refused: Refused) -> None:
    assert "there is no command 'lern'; did you mean 'learn'?; see pyhost --help" in refused("lern", "dry.wav")
    assert "--render" in refused(*learning(), "--rendr", "out.wav")
    assert "Missing command" in refused()
    assert "Missing argument 'DRY'; see pyhost learn --help" in refused("learn")
    assert "Missing option '--chain'" in refused("learn", "dry.wav", "target.wav", "-o", "learned.json")


@pytest.mark.usefixtures("folder")
def test_divergence_in_the_first_pass_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["learn", "dry.wav", "target.wav", "--chain", "fir(taps=8)", "-o", "learned.json"]
    assert main([*arguments, "--window", "1", "--rate", "1e9"]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("pyhost: error: the learner diverged at sample ")
    assert captured.err.endswith("nothing was written\n")
    assert "lower the learning rate" in captured.err
    assert not Path("learned.json").exists()


@pytest.mark.usefixtures("folder")
def test_divergence_later_saves_the_best_that_was_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Learner.learn

    def diverging(self: Learner, *arguments: object, **settings: object) -> object:
        whole(self, *arguments, **(settings | {"passes": 2}))  # type: ignore[arg-type]
        raise ph.DivergedError("the learner diverged at sample 7", 7)

    monkeypatch.setattr(Learner, "learn", diverging)
    assert main(learning()) == 1
    assert "diverged at sample 7; the best parameters of 2 passes" in capsys.readouterr().err
    assert 0.5 <= float(ph.load("learned.json").parameters["gain"].value) < 1.0


@pytest.mark.usefixtures("folder")
def test_what_nobody_expected_is_called_a_fault_of_ours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Learner, "learn", lambda *_, **__: 1 // 0)
    assert main(learning()) == 1
    error = capsys.readouterr().err
    assert "ZeroDivisionError" in error
    assert "this is a fault of pyhost" in error
    assert "Traceback" not in error
    monkeypatch.setenv("PYHOST_TRACEBACK", "1")
    assert main(learning()) == 1
    assert "Traceback" in capsys.readouterr().err


def test_help_and_version_need_neither_matplotlib_nor_rich_nor_pedalboard() -> None:
    program = (
        "import sys; from pyhost.cli import main; status = main(['--help']) or main(['learn', '--help'])\n"
        "assert status == 0 and not {'matplotlib', 'rich', 'pedalboard', 'soxr'} & set(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "learn" in ran.stdout
    assert "Learning rate" in ran.stdout


def test_a_reader_that_goes_away_is_no_reason_for_a_message(folder: Path) -> None:
    command = [sys.executable, "-m", "pyhost", *learning(), "--passes", "1", "--json"]
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    assert reader.stdin is not None
    reader.wait()
    ran = subprocess.run(command, stdout=reader.stdin, stderr=subprocess.PIPE, text=True, cwd=folder, check=False)
    reader.stdin.close()
    assert (ran.returncode, ran.stderr) == (1, "")


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        (
            "Gian",
            "'Gian'; did you mean 'Gain'?; a plugin is an effect of pedalboard's, the URI of an LV2 plugin",
        ),
        ("EG-AMP", "no plugin 'EG-AMP'; did you mean 'http://lv2plug.in/plugins/eg-amp'?; a plugin is"),
        ("text.wav", "there is Bitcrush, BrickwallLimiter, "),
        ("junk.json", "'junk.json' is not a learned.json of pyhost; give a file that pyhost learn wrote"),
    ],
)
def test_what_is_no_plugin_is_refused_with_what_is_one(
    folder: Path, refused: Refused, installed: Callable[..., None], plugin: str, message: str
) -> None:
    installed("http://lv2plug.in/plugins/eg-amp")
    (folder / "junk.json").write_text('{"some": "thing"}')
    assert message in refused("info", plugin)


def test_a_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"pyhost {ph.__version__}\n"


def test_a_file_name_that_is_no_text_is_refused(folder: Path, refused: Refused) -> None:
    name = os.fsdecode(b"dr\xff.wav")
    (folder / "dry.wav").rename(folder / name)
    assert "'dr\\udcff.wav': the name of this file is not valid UTF-8; rename it" in refused(*learning(dry=name))


def test_a_terminal_without_our_signs_is_no_reason_to_fail(folder: Path) -> None:
    command = [sys.executable, "-m", "pyhost", *learning(), "--passes", "1", "--report", "report"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(command, capture_output=True, cwd=folder, env=environment, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"wrote learned.json" in ran.stdout
