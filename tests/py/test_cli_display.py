"""What is shown on a terminal while learning."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import write_audio
from pyhost.cli import main
from pyhost.cli.display import sparkline
from pyhost.learn.learned import freeze
from pyhost.learn.plan import StageResult


def on_a_terminal(folder: Path, *arguments: str) -> tuple[str, str]:
    """Run pyhost with a terminal for stderr; return what it showed there, without control codes, and stdout."""
    ours, its = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    command = [sys.executable, "-m", "pyhost", *arguments]
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": its}
    with subprocess.Popen(command, cwd=folder, text=True, env=environment, **streams) as process:
        os.close(its)
        shown = b""
        while select.select([ours], [], [], 30.0)[0]:
            try:
                part = os.read(ours, 65536)
            except OSError:  # how Linux tells that the other side has closed
                break
            if not part:
                break
            shown += part
        os.close(ours)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()), out


def make_recordings(folder: Path) -> list[str]:
    noise = 0.9 * ph.noise(48_000)
    write_audio(folder / "dry.wav", noise, 48_000)
    write_audio(folder / "target.wav", 0.5 * noise, 48_000)
    chain = "gain | fir(taps=[1, 0, 0]) | lowpass(cutoff=10000)"
    return [
        "learn",
        "dry.wav",
        "target.wav",
        "--chain",
        chain,
        "-o",
        "learned.json",
        "--passes",
        "9",
        "--rate",
        "0.001",
    ]


def test_pass_loss_and_parameters_are_shown_and_the_result_stays(tmp_path: Path) -> None:
    shown, out = on_a_terminal(tmp_path, *make_recordings(tmp_path))
    assert "of at most 9" in shown
    assert "left at most" in shown
    assert re.search(r"loss +█.* -?\d+\.\d dB", shown)
    assert re.search(r"gain +█.* 0\.\d+", shown)
    assert re.search(r"cutoff +█.* \d+(\.\d+)? Hz", shown)
    assert re.search(r"taps +█[▁▂].* … ", shown)
    assert "wrote learned.json" in out
    assert "wrote" not in shown


def test_a_search_is_told_while_it_goes_on(tmp_path: Path) -> None:
    make_recordings(tmp_path)
    chain = ["--chain", "peq(bands=2)", "-o", "learned.json"]
    shown, _ = on_a_terminal(tmp_path, "learn", "dry.wav", "target.wav", *chain)
    assert re.search(r"looking for where to start.* \(Ctrl-C now: nothing is saved\) 0:00:0\d", shown)


def test_json_and_quiet_show_nothing_on_a_terminal(tmp_path: Path) -> None:
    arguments = make_recordings(tmp_path)
    assert on_a_terminal(tmp_path, *arguments, "--quiet") == ("", "")
    shown, out = on_a_terminal(tmp_path, *arguments, "--json")
    assert shown == ""
    assert out.startswith("{")


def test_a_sparkline_shows_a_vector_from_zero_to_its_extremes() -> None:
    assert sparkline([0.0, 0.5, 1.0]) == "▁▅█"
    assert sparkline([0.0, 0.0]) == "▁▁"
    assert len(sparkline(np.arange(300.0), width=30)) == 30


def test_a_level_that_is_nearly_0_has_no_sign(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    freeze(ph.chain("gain(gain=0.9999)")).save(tmp_path / "learned.json")
    write_audio(tmp_path / "loud.wav", np.sign(ph.noise(4800)), 48_000)
    assert main(["apply", *(str(tmp_path / name) for name in ("learned.json", "loud.wav", "out.wav"))]) == 0
    assert "peak 0.0 dB" in capsys.readouterr().out
    assert str(StageResult("steps", "why", 0, -0.01)) == "steps: 0.0 dB (why)"
