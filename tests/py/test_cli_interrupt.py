"""Ctrl-C in the middle of learning, on a real process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import write_audio
from pyhost.cli import main

RATE = 48_000

# Tells on stdout when a pass was finished, so that the test need not guess how fast the machine is.
PROGRAM = """
import sys
from pyhost.cli import main
from pyhost.learn.learner import Learner

whole = Learner.learn

def telling(self, *arguments, **settings):
    def progress(report):
        if report.pass_number >= int(sys.argv[1]):
            print("ready", flush=True)
    return whole(self, *arguments, **(settings | {"progress": progress}))

Learner.learn = telling
sys.exit(main(sys.argv[2:]))
"""


SEARCHING = """
import sys, time
from pyhost.cli import main
from pyhost.learn import automatic

def telling(*arguments):
    print("ready", flush=True)
    time.sleep(60)

automatic.hunt = telling
sys.exit(main(sys.argv[2:]))
"""

# A search that is over at once: it found the start values.
FOUND = """
automatic.hunt = lambda run, offsets, *_: automatic.Found(offsets[0], run.parameters.values_array(), 1.0)
automatic.Automatic._squares = telling
"""

STEPS = ["--passes", "100000", "--tolerance", "0", "--rate", "1e-9"]


def interrupted(
    folder: Path, passes: int, by: signal.Signals = signal.SIGINT, program: str = PROGRAM, course: Sequence[str] = STEPS
) -> tuple[int, str]:
    """Learn what never converges, interrupt it in a pass, and return exit status and stderr."""
    random = np.random.default_rng(5)
    write_audio(folder / "dry.wav", random.uniform(-0.9, 0.9, RATE), RATE)
    write_audio(folder / "target.wav", random.uniform(-0.9, 0.9, RATE), RATE)
    arguments = ["learn", "dry.wav", "target.wav", "--chain", "gain | fir(taps=32)", "-o", "learned.json"]
    settings = [*course, "--set", f"taps=1{',0' * 31}"]
    command = [sys.executable, "-c", program, str(passes), *arguments, *settings]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(by)
        begin = time.monotonic()
        _, error = process.communicate(timeout=20)
        assert time.monotonic() - begin < 10.0
    return process.returncode, error


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_the_best_so_far_is_saved(by: signal.Signals, tmp_path: Path) -> None:
    status, error = interrupted(tmp_path, passes=3, by=by)
    assert status == 1
    assert error.startswith("pyhost: error: interrupted: the best parameters of ")
    assert error.endswith("are saved in learned.json\n")
    assert error.count("\n") == 1
    learned = ph.load(tmp_path / "learned.json")
    assert learned.details["passes"] >= 2
    assert learned.details["converged"] is False
    assert learned.loss is not None


def test_in_the_first_pass_what_there_is_is_saved(tmp_path: Path) -> None:
    status, error = interrupted(tmp_path, passes=1)
    assert status == 1
    assert "are saved in learned.json" in error
    assert ph.load(tmp_path / "learned.json").parameters["gain"].value == pytest.approx(1.0, abs=0.1)


def test_in_the_search_nothing_was_learned_yet_and_nothing_is_written(tmp_path: Path) -> None:
    status, error = interrupted(tmp_path, passes=0, program=SEARCHING, course=[])
    assert status == 1
    told = "interrupted: it was looking for where to start; nothing was learned yet, nothing was written"
    assert error == f"pyhost: error: {told}\n"
    assert not (tmp_path / "learned.json").exists()


def test_in_the_first_pass_after_a_search_what_it_found_is_saved(tmp_path: Path) -> None:
    program = SEARCHING.replace("automatic.hunt = telling", FOUND)
    status, error = interrupted(tmp_path, passes=0, program=program, course=[])
    assert status == 1
    told = "interrupted: the first pass was not finished; the best that was found before it, "
    assert error.startswith(f"pyhost: error: {told}")
    assert ph.load(tmp_path / "learned.json").loss is not None


class _Interrupting:
    """Finds the command line's own modules, and is interrupted."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pyhost.cli.entry":
            raise KeyboardInterrupt


def test_an_interrupt_while_it_starts_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pyhost.cli.entry", raising=False)
    monkeypatch.setattr(sys, "meta_path", [_Interrupting(), *sys.meta_path])
    assert main(["--version"]) == 130
    assert capsys.readouterr().err == "pyhost: error: interrupted\n"
