"""A plugin of a session that crashes is brought back, or ends the render with one error; nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from session_plugins import RATE, NotANumber, children, rendered

import pyhost as ph
from pyhost.audio import read_audio, write_audio
from pyhost.errors import PluginError, SessionError
from pyhost.host import Deadlines, Dry, Isolated, Parallel, Series
from pyhost.host.session import Session, plugins
from pyhost.host.session.engine import Engine

FAULTY = Path(__file__).with_name("faulty_plugins.py")
DRY = np.asarray(0.1 * ph.noise(24_000), np.float32).astype(np.float64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a recording of half a second."""
    write_audio(tmp_path / "dry.wav", DRY, RATE)
    return tmp_path


def session(plugin: str, **keys: Any) -> dict[str, Any]:
    """A session of two tracks with a plugin in a process of its own each."""
    insert = {"plugin": f"{FAULTY}:{plugin}", "isolate": True, "name": "faulty"} | keys
    clips = [{"file": "dry.wav"}]
    calm = {"plugin": f"{FAULTY}:well", "isolate": True, "set": {"step": 0.0}}
    return {
        "track": [
            {"name": "one", "clips": clips, "insert": [insert], "gain": -80},
            {"name": "two", "clips": clips, "insert": [calm]},
        ]
    }


def test_a_process_that_is_killed_in_the_middle_changes_no_bit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyhost.host.session.rendering.REPORT_EVERY", 0.0)
    before = children()
    description = session("well", set={"step": 1.0})
    description["track"][0]["automate"] = {"faulty": {"step": [[0.01, 0], [0.3, 5]]}}
    rendered(description, folder)
    undisturbed = read_audio(folder / "mix.wav")
    killed: list[int] = []

    def kill(report: Any) -> None:
        if report.frames > 12_000 and not killed:
            killed.extend(children() - before)
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    done = rendered(description, folder, progress=kill, block=500)
    assert len(killed) == 2
    assert done.restarts == 1
    assert np.array_equal(read_audio(folder / "mix.wav"), undisturbed)
    assert children() == before


def test_a_plugin_that_crashes_again_is_one_error_and_the_file_keeps_what_it_held(folder: Path) -> None:
    before = children()
    (folder / "mix.wav").write_bytes(b"before")
    with pytest.raises(
        PluginError, match=r"session, track\[0\].insert\[0\]: faulty, at about .* s: .*crashed \(SIGSEGV\)"
    ):
        rendered(session("crashes_in_run"), folder)
    assert (folder / "mix.wav").read_bytes() == b"before"
    assert sorted(os.listdir(folder)) == ["dry.wav", "mix.wav"]
    assert children() == before


def test_a_plugin_that_crashes_while_it_is_loaded_ends_all_others(folder: Path) -> None:
    before = children()
    with pytest.raises(
        SessionError, match=r"session, track\[0\].insert\[0\].plugin: .*crashed \(SIGSEGV\) while it was loaded"
    ):
        Session(session("crashes_in_load"), folder).check()
    assert children() == before


def test_of_several_plugins_that_cannot_be_loaded_the_first_in_the_file_is_told(folder: Path) -> None:
    description = session("crashes_in_load")
    description["track"][1]["insert"] = [{"plugin": f"{folder}/gone.py:make", "isolate": True}]
    with pytest.raises(SessionError, match=r"session, track\[0\].insert\[0\].plugin: .*crashed \(SIGSEGV\)"):
        Session(description, folder).check()
    description["track"].reverse()
    with pytest.raises(SessionError, match=r"session, track\[0\].insert\[0\].plugin: .*gone\.py"):
        Session(description, folder).check()


def test_a_plugin_that_hangs_while_it_is_loaded_is_not_waited_for_when_another_has_failed(folder: Path) -> None:
    before = children()
    description = session("crashes_in_load")
    description["track"][1]["insert"] = [{"plugin": f"{FAULTY}:hangs_in_load", "isolate": True}]
    begin = time.monotonic()
    with pytest.raises(SessionError, match=r"crashed \(SIGSEGV\) while it was loaded"):
        Session(description, folder).check()
    assert time.monotonic() - begin < Deadlines().load / 2
    assert children() == before


def test_ctrl_c_ends_plugins_that_are_being_loaded(folder: Path) -> None:
    insert = f'[[track.insert]]\nplugin = "{FAULTY}:hangs_in_load"\nisolate = true\n'
    (folder / "s.toml").write_text(
        f'[[track]]\nname = "one"\nclips = [{{ file = "dry.wav" }}]\n{insert}{insert}{insert}'
    )
    command = [sys.executable, "-m", "pyhost", "check", "s.toml"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        end = time.monotonic() + 20.0
        workers: set[int] = set()
        while len(workers) < 2 and time.monotonic() < end:
            time.sleep(0.1)
            workers = children(process.pid)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    assert time.monotonic() - begin < Deadlines().load / 2
    assert (process.returncode, error.strip()) == (130, "pyhost: error: interrupted")
    assert len(workers) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_saved_plugins_of_others_start_side_by_side_too(
    installed: Callable[..., None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed("urn:zamaudio:ZamEQ2")
    ph.load("urn:zamaudio:ZamEQ2", channels=2, isolate=False).save(folder / "eq.json")
    Series(["Gain"]).save(folder / "gain.json")
    description = session("well")
    description["track"][0]["insert"] = [{"plugin": "eq.json"}, {"plugin": "gain.json"}]
    threads: dict[str, bool] = {}
    load = plugins.load_plugin

    def loads(identifier: str, **settings: Any) -> Any:
        threads[Path(identifier).name] = threading.current_thread() is threading.main_thread()
        return load(identifier, **settings)

    monkeypatch.setattr(plugins, "load_plugin", loads)
    Session(description, folder).check()
    assert (threads["eq.json"], threads["gain.json"]) == (False, True)


def test_a_plugin_that_was_handed_over_is_not_ended_with_the_session(folder: Path) -> None:
    """Neither is one for one channel, whose second instance the session has made for itself."""
    before = children()
    gain = Isolated({"kind": "effect", "name": "Gain"})
    mono = Isolated({"kind": "python", "file": str(Path(__file__).with_name("session_plugins.py")), "name": "counts"})
    own = children() - before
    description = session("well")
    description["track"][0] |= {"insert": [{"plugin": gain}, {"plugin": mono}], "channels": 2}
    both = Session(description, folder)
    both.check()
    for _ in range(2):
        both.render(folder / "mix.wav")
        assert children() - before == own
    for plugin in (gain, mono):
        plugin.process(DRY, RATE)
        plugin.close()


def test_a_chain_of_plugins_in_processes_of_their_own_runs_beside_others_and_ends_with_the_session(
    folder: Path,
) -> None:
    before = children()
    Series([Parallel(["Gain", Dry()])]).save(folder / "chain.json")
    description = session("well")
    for track in description["track"]:
        track["insert"] = [{"plugin": "chain.json", "isolate": True}]
    with Engine(Session(description, folder).arrangement) as engine:
        assert engine.pool is not None
        assert len(children() - before) >= 2
    assert children() == before


def test_plugins_in_processes_of_their_own_run_side_by_side(folder: Path) -> None:
    insert = {"plugin": f"{Path(__file__).with_name('session_plugins.py')}:waiting", "isolate": True}
    tracks = [{"name": f"track {n}", "clips": [{"file": "dry.wav"}], "insert": [insert]} for n in range(2)]
    took = [0.0, 0.0]
    with Engine(Session({"track": tracks}, folder).arrangement, threads=2) as engine:
        pools = [None, engine.pool]
        blocks = engine.run(2400)
        for number in range(len(DRY) // 2400):
            engine.pool = pools[number % 2]
            begin = time.monotonic()
            next(blocks)
            took[number % 2] += time.monotonic() - begin
    assert took[0] > 1.6 * took[1]


def test_what_is_no_number_is_told_with_the_plugin_and_the_time(folder: Path) -> None:
    description = session("well")
    description["track"][0]["insert"] = [{"plugin": NotANumber()}]
    with pytest.raises(PluginError, match=r"session, track\[0\].insert\[0\]: nan, at about 0\.10 s: .*nan"):
        rendered(description, folder, block=512)
    assert os.listdir(folder) == ["dry.wav"]


def test_ctrl_c_leaves_nothing_behind(folder: Path) -> None:
    text = 'length = 3600\n[output]\nfile = "mix.wav"\nstems = "stems"\nnormalise = -1\n'
    for name in ("one", "two"):
        text += f'[[track]]\nname = "{name}"\nclips = [{{ file = "dry.wav" }}]\n'
        text += f'[[track.insert]]\nplugin = "{FAULTY}:well"\nisolate = true\n'
    (folder / "s.toml").write_text(text)
    command = [sys.executable, "-m", "pyhost", "render", "s.toml"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        end = time.monotonic() + 20.0
        while not any(folder.glob(".mix*")) and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.2)
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert error.strip() == "pyhost: error: interrupted"
    assert sorted(os.listdir(folder)) == ["dry.wav", "s.toml"]
    assert len(workers) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
