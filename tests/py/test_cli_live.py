"""``pyhost live``, on a device that is played by the test."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_tape import BLOCK, NOISE, RATE, Tape

import pyhost as ph
from pyhost.cli import main
from pyhost.host import LearnedPlugin, live
from pyhost.host.live import Devices
from pyhost.learn.learned import freeze

Plug = Callable[[Tape], list[dict[str, Any]]]


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Plug:
    """A function that makes a tape the audio device of the command line; returns how it was opened."""

    def plug(tape: Tape) -> list[dict[str, Any]]:
        opened: list[dict[str, Any]] = []

        def open_stream(source: str | None, sink: str, **settings: Any) -> Tape:
            opened.append({"source": source, "sink": sink, **settings})
            return tape

        monkeypatch.setattr(live, "devices", lambda: Devices(["mic"], ["speakers"], "mic", "speakers"))
        monkeypatch.setattr(live, "open_stream", open_stream)
        return opened

    return plug


def test_the_command_runs_a_plugin_a_chain_or_what_was_learned(
    plugged: Plug, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    LearnedPlugin(freeze(ph.chain("gain(gain=0.5)"))).save(tmp_path / "half.json")
    for what in (
        ["Gain", "--set", "gain_db=-6.020599913279624"],
        ["gain", "--set", "gain=0.5"],
        [str(tmp_path / "half.json")],
    ):
        tape = Tape(NOISE)
        opened = plugged(tape)
        assert main(["live", *what, "--block", str(BLOCK)]) == 0
        assert opened == [
            {"source": "mic", "sink": "speakers", "sample_rate": None, "block": BLOCK, "inputs": 1, "outputs": 1}
        ]
        np.testing.assert_allclose(tape.heard[0], 0.5 * NOISE, atol=1e-6)
        assert tape.closed
        assert not tape.running
        assert capsys.readouterr().out.startswith("ran 0.0 s, peak -18.1 dB, load ")


def test_the_command_saves_what_was_learned_when_it_is_interrupted(
    plugged: Plug, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = plugged(Tape(np.stack([NOISE, 0.5 * NOISE])))
    path = tmp_path / "learned.json"
    learner = ["gain(gain=1)", "--target-channel", "2", "--optimizer", "gauss-newton", "-o", str(path)]
    assert main(["live", *learner, "--block", "64"]) == 0
    assert opened[0]["inputs"] == 2
    assert ph.load(path).parameters["gain"].value == pytest.approx(0.5, abs=1e-3)
    assert ph.load(path).sample_rate == RATE
    assert capsys.readouterr().out.endswith(f"wrote {path}\n")


def test_the_command_saves_what_was_learned_when_the_device_fails(plugged: Plug, tmp_path: Path) -> None:
    tape = Tape(np.stack([NOISE, 0.5 * NOISE]))
    read = tape.read

    def unplugged(num_samples: int) -> np.ndarray:
        if len(tape.written) == 4:
            raise RuntimeError("gone")
        return read(num_samples)

    tape.read = unplugged  # type: ignore[method-assign]
    plugged(tape)
    path = tmp_path / "learned.json"
    assert main(["live", "gain(gain=1)", "--target-channel", "2", "--rate", "0.1", "-o", str(path)]) == 2
    assert ph.load(path).parameters["gain"].value < 0.9


def test_nothing_is_saved_where_nothing_was_learned_or_it_left_the_numbers(
    plugged: Plug, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "learned.json"
    for audio, rate, status in ((np.zeros((2, 0)), "0.1", 0), (np.stack([NOISE, NOISE]), "1e300", 1)):
        plugged(Tape(audio))
        # the chain has no bounds to hold it
        (tmp_path / "free.py").write_text("import pyhost as ph\n\ndef free(x):\n    return x * ph.param('a', 0.5)\n")
        learner = [f"{tmp_path / 'free.py'}:free", "--target-channel", "2", "--rate", rate, "-o", str(path)]
        assert main(["live", *learner]) == status
        assert not path.exists()
    told = capsys.readouterr()
    assert "nothing was learned" in told.out
    assert "left the finite numbers while it learned; give it a lower rate; nothing was saved" in told.err


# A device that never ends, and tells on stdout when it runs, so that the test need not guess how fast the machine is.
ENDLESS = """
import sys, time
import numpy as np
from pyhost.cli import main
from pyhost.host import live

class Device:
    sample_rate = 48_000.0
    dropped_input_frame_count = 0
    buffered_input_sample_count = None
    blocks = 0
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, (1, 512)).astype(np.float32)
    def read(self, frames):
        time.sleep(frames / self.sample_rate)
        self.blocks += 1
        if self.blocks == 20:
            print("ready", flush=True)
        return self.noise * np.float32([[1.0], [0.5]])
    def write(self, audio, rate): pass
    def __enter__(self): return self
    def __exit__(self, *error): print("stopped", flush=True)
    def close(self): print("closed", flush=True)

live.devices = lambda: live.Devices(["mic"], ["speakers"], None, None)
live.open_stream = lambda *names, **settings: Device()
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "what", [["gain(gain=1)", "--target-channel", "2", "--optimizer", "gauss-newton", "-o", "learned.json"], ["Reverb"]]
)
def test_ctrl_c_ends_it_cleanly(what: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-c", ENDLESS, "live", *what, "--channels", "2"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=20)
    assert (process.returncode, error) == (0, "")
    assert out.startswith("stopped\nclosed\nran 0.")
    if "-o" in what:
        assert ph.load(tmp_path / "learned.json").parameters["gain"].value == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gain"], "there is no audio output device; connect one, or check that this user may use it"),
        ([], "say what shall run: a chain, a plugin or a learned.json; see pyhost live --help"),
        (["gain", "--target-channel", "2"], "what is learned must be saved: name a file, -o learned.json"),
        (["gain", "--rate", "0.1"], "--rate is for learning; say with --target-channel which channel is the target"),
        (["gain", "-o", "x.json"], "-o is for learning; say with --target-channel which channel is the target"),
    ],
)
def test_what_cannot_run_is_told_in_one_line(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "devices", lambda: Devices([], [], None, None))
    assert main(["live", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_devices_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(live, "devices", lambda: Devices(["mic", "line"], [], "line", None))
    assert main(["live", "--list"]) == 0
    assert capsys.readouterr().out == "input   mic\ninput   line  (usual)\noutput  there is none\n"
