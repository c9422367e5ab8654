"""What plugins write on standard error is kept from the terminal of a command, and shown if they fail."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from pyhost.audio import write_audio
from pyhost.cli import main
from pyhost.errors import PluginError
from pyhost.host import CrashedError, Isolated
from pyhost.host.isolation.chatter import MOST_CHATTER, Chatter, overhearing

FAULTY = str(Path(__file__).with_name("faulty_plugins.py"))
BLOCK = np.zeros(16)


def isolated(name: str) -> Isolated:
    return Isolated({"kind": "python", "file": FAULTY, "name": name})


def run(plugin: Isolated, blocks: int) -> None:
    for number in range(blocks):
        plugin.process(BLOCK, 48_000, reset=number == 0)


def test_the_end_of_what_a_plugin_wrote_is_told_when_it_crashes(capfd: pytest.CaptureFixture[str]) -> None:
    heard: list[Chatter] = []
    with overhearing(heard.append):
        plugin = isolated("talks")
    with pytest.raises(CrashedError):
        run(plugin, 3)
    (told,) = heard
    assert told.failed
    assert len(told.text) <= MOST_CHATTER
    assert told.text.splitlines()[-2:] == ["line 9999", "these are my last words"]
    assert capfd.readouterr().err == ""


def test_what_a_plugin_wrote_that_did_well_is_told_when_its_process_ends() -> None:
    heard: list[Chatter] = []
    with overhearing(heard.append):
        plugin = isolated("talks")
    run(plugin, 2)
    assert not heard
    plugin.close()
    assert [told.failed for told in heard] == [False]
    assert heard[0].text.endswith("line 9999")


def test_a_plain_fault_is_told_at_once() -> None:
    heard: list[Chatter] = []
    with overhearing(heard.append):
        plugin = isolated("faults_in_run")
    with pytest.raises(PluginError, match="ZeroDivisionError"):
        run(plugin, 3)
    assert [(told.who, told.failed) for told in heard] == [("faults_in_run", True)]
    assert heard[0].text.splitlines()[0] == "dividing by zero"
    plugin.close()
    assert len(heard) == 1


def test_workers_started_outside_write_where_the_host_does(capfd: pytest.CaptureFixture[str]) -> None:
    heard: list[Chatter] = []
    with overhearing(heard.append):
        pass
    isolated("talks").close()
    assert "line 9999" in capfd.readouterr().err
    assert not heard


def test_nothing_stays_open_of_a_worker_that_was_overheard() -> None:
    heard: list[Chatter] = []

    def once() -> None:
        with overhearing(heard.append):
            isolated("well").close()

    once()
    gc.collect()
    before = len(list(Path("/proc/self/fd").iterdir()))
    once()
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A session with a plugin that talks and, at its third block, crashes."""
    write_audio(tmp_path / "dry.wav", np.zeros(64), 48_000)
    insert = f'[[track.insert]]\nplugin = "{FAULTY}:talks"\nisolate = true\n'
    (tmp_path / "s.toml").write_text(f'[[track]]\nname = "one"\nclips = [{{ file = "dry.wav" }}]\n{insert}')
    return tmp_path / "s.toml"


def test_a_command_shows_what_a_plugin_wrote_only_if_it_fails(session: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mix = str(session.with_name("mix.wav"))
    assert main(["check", str(session)]) == 0
    assert main(["render", str(session), "-o", mix]) == 0
    assert capfd.readouterr().err == ""
    assert main(["render", str(session), "-o", mix, "--block", "8"]) == 2
    error, wrote, *lines = capfd.readouterr().err.splitlines()
    assert error.startswith("pyhost: error: ")
    assert wrote == "talks wrote at last (PYHOST_PLUGIN_STDERR=1 shows all):"
    assert lines == [*(f"  line {number} (2 times)" for number in range(9991, 10_000)), "  these are my last words"]


def test_all_that_plugins_write_is_shown_on_request(
    session: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYHOST_PLUGIN_STDERR", "1")
    assert main(["check", str(session)]) == 0
    assert len(capfd.readouterr().err.splitlines()) == 20_000
