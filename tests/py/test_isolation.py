"""A plugin that crashes, hangs or eats all memory harms neither the host nor what it was doing."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

import pyhost as ph
from pyhost.errors import PluginError
from pyhost.host.isolation import CrashedError, Deadlines, Isolated

FAULTY = str(Path(__file__).with_name("faulty_plugins.py"))
SHORT = Deadlines(load=20.0, answer=20.0, block=0.5)
DRY = ph.noise(4096)


def isolated(name: str, **settings: object) -> Isolated:
    return Isolated({"kind": "python", "file": FAULTY, "name": name}, **{"deadlines": SHORT, **settings})  # type: ignore[arg-type]


def in_blocks(plugin: Isolated, frames: int = 512) -> np.ndarray:
    parts = [plugin.process(DRY[i : i + frames], 48_000, reset=i == 0) for i in range(0, len(DRY), frames)]
    return np.concatenate(parts, axis=1)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_an_isolated_plugin_gives_what_the_plugin_gives() -> None:
    plugin = isolated("well")
    assert np.array_equal(in_blocks(plugin)[0], DRY + np.arange(1, 4097))
    assert np.array_equal(in_blocks(plugin, 4096), in_blocks(plugin, 7))


def test_parameters_meters_and_state_reach_through() -> None:
    plugin = isolated("well")
    plugin.step = 2.0
    assert plugin.process(np.zeros(3), 48_000).tolist() == [[2.0, 4.0, 6.0]]
    assert plugin.count == 6.0
    assert plugin.state == b"2.0"
    plugin.state = b"3.0"
    assert plugin.step == 3.0
    with pytest.raises(PluginError, match="no state of counting"):
        plugin.state = b"nonsense"
    with pytest.raises(ph.ParameterError, match="out of range"):
        plugin.step = 11.0
    assert plugin.process(np.zeros(2), 48_000).tolist() == [[3.0, 6.0]]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("crashes_in_run", r"crashed \(SIGSEGV\) while it processed a block"),
        ("hangs_in_run", r"hung while it processed a block: no answer in 0.5 s"),
        ("ends_in_run", "ended its process while it processed a block"),
    ],
)
def test_a_plugin_that_fails_while_it_runs_is_an_error_that_says_how(name: str, message: str) -> None:
    plugin = isolated(name)
    pid = plugin.pid
    with pytest.raises(CrashedError, match=message):
        in_blocks(plugin)
    assert gone(pid)


@pytest.mark.parametrize(
    ("name", "seconds", "message"),
    [
        ("crashes_in_load", 60.0, r"crashed \(SIGSEGV\) while it was loaded"),
        ("hangs_in_load", 1.5, "hung while it was loaded: no answer in 1.5 s"),
    ],
)
def test_a_plugin_that_fails_while_it_is_loaded_is_an_error_that_says_how(
    name: str, seconds: float, message: str
) -> None:
    with pytest.raises(CrashedError, match=message + ".*; load the plugin again, or do without it"):
        isolated(name, deadlines=Deadlines(load=seconds))


def test_a_plugin_that_takes_memory_without_end_is_refused_it() -> None:
    plugin = isolated("devours_memory", memory=1 << 30, deadlines=Deadlines(block=20.0))
    with pytest.raises(PluginError, match=r"MemoryError|ended its process|crashed"):
        in_blocks(plugin)


def test_a_plain_fault_of_a_plugin_is_told_and_the_next_reset_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    plugin = isolated("raises_in_run")
    with pytest.raises(PluginError, match="ZeroDivisionError: of its own"):
        in_blocks(plugin)
    assert np.array_equal(plugin.process(DRY[:10], 48_000)[0], DRY[:10] + np.arange(1, 11))
    assert "of its own" in capfd.readouterr().err


def test_a_killed_process_is_started_again_and_the_output_is_the_same_to_the_bit() -> None:
    plugin = isolated("well", recover=True)
    parts = []
    for i in range(0, len(DRY), 256):
        plugin.step = 1.0 + i / 4096
        parts.append(plugin.process(DRY[i : i + 256], 48_000, reset=i == 0))
        if i == 2048:
            os.kill(plugin.pid, signal.SIGKILL)
    undisturbed = isolated("well")
    expected = []
    for i in range(0, len(DRY), 256):
        undisturbed.step = 1.0 + i / 4096
        expected.append(undisturbed.process(DRY[i : i + 256], 48_000, reset=i == 0))
    assert np.array_equal(np.concatenate(parts, axis=1), np.concatenate(expected, axis=1))
    assert plugin.restarts == 1


def test_a_plugin_that_crashes_again_at_the_same_place_is_not_tried_for_ever() -> None:
    plugin = isolated("crashes_in_run", recover=True)
    with pytest.raises(CrashedError, match="SIGSEGV"):
        in_blocks(plugin)
    assert plugin.restarts == 1


def test_nothing_is_left_behind_when_a_plugin_is_dropped() -> None:
    plugin = isolated("well")
    pid = plugin.pid
    before = len(os.listdir("/proc/self/fd"))
    del plugin
    gc.collect()
    assert gone(pid)
    assert len(os.listdir("/proc/self/fd")) < before


def test_a_worker_ends_when_the_host_is_gone() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(isolated("well").pid).encode())
        os._exit(0)
    os.waitpid(child, 0)
    pid = int(os.read(reading, 32))
    os.close(reading)
    os.close(writing)
    wait_until_gone(pid)


def running(code: str) -> tuple[subprocess.Popen[str], int]:
    """Start a host that loads a plugin as `plugin` and goes on with some code; return it, and the worker's process."""
    load = f"from pyhost.host import Isolated\nplugin = Isolated({{'kind': 'python', 'file': {FAULTY!r}, 'name': "
    host = subprocess.Popen(
        [sys.executable, "-c", f"{load}'hangs_in_run'}})\nprint(plugin.pid, flush=True)\n{code}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert host.stdout is not None
    return host, int(host.stdout.readline())


HANG = "for _ in range(3): plugin.process([0.0], 48000, reset=False)"


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + 10.0
    while not gone(pid) and time.monotonic() < end:
        time.sleep(0.01)
    assert gone(pid)


def test_an_interrupt_while_a_plugin_runs_ends_both_without_a_word_of_the_worker() -> None:
    host, worker = running(f"try:\n  {HANG}\nexcept KeyboardInterrupt:\n  print('interrupted')")
    time.sleep(0.3)
    os.killpg(host.pid, signal.SIGINT)
    out, err = host.communicate(timeout=10.0)
    assert (out, err) == ("interrupted\n", "")
    wait_until_gone(worker)


def test_a_plugin_that_hangs_ends_with_its_host_however_that_ends() -> None:
    host, worker = running(HANG)
    time.sleep(0.3)
    host.kill()
    host.communicate()
    wait_until_gone(worker)


def test_a_plugin_whose_process_is_over_says_so() -> None:
    plugin = isolated("crashes_in_run")
    with pytest.raises(CrashedError):
        in_blocks(plugin)
    for _ in range(2):
        with pytest.raises(CrashedError, match=r"crashed \(SIGSEGV\).*; load the plugin again") as caught:
            plugin.process(DRY, 48_000)
        assert not caught.value.blame
    plugin = isolated("well")
    plugin.close()
    with pytest.raises(CrashedError, match="was ended; load the plugin again"):
        _ = plugin.state


KILLED = (
    r"was killed \(SIGKILL\) when it was asked to make ready; the host is unharmed; load the plugin again, and look "
    "whether memory ran out"
)


def test_who_is_to_blame_is_told() -> None:
    blamed: list[CrashedError] = []
    killed = isolated("well", on_crash=blamed.append)
    os.kill(killed.pid, signal.SIGKILL)
    with pytest.raises(CrashedError, match=KILLED):
        in_blocks(killed)
    with pytest.raises(CrashedError, match=KILLED):
        in_blocks(killed)
    assert not blamed
    with pytest.raises(CrashedError):
        in_blocks(isolated("crashes_in_run", on_crash=blamed.append))
    assert len(blamed) == 1


def test_a_state_set_between_blocks_is_set_again_in_a_new_process() -> None:
    made = []
    for kill in (False, True):
        plugin = isolated("well", recover=True)
        first = plugin.process(DRY[:512], 48_000)
        plugin.state = b"7.0"
        second = plugin.process(DRY[512:1024], 48_000, reset=False)
        if kill:
            os.kill(plugin.pid, signal.SIGKILL)
        third = plugin.process(DRY[1024:], 48_000, reset=False)
        made.append(np.concatenate([first, second, third], axis=1))
        assert plugin.restarts == kill
    np.testing.assert_array_equal(*made)


def test_more_channels_than_fit_are_refused() -> None:
    with pytest.raises(ph.AudioError, match="more than 128 channels; load it with isolate=False"):
        isolated("well").process(np.zeros((129, 200)), 48_000)


WELL_KNOWN = """
import sys

LEARNS = "pyhost.learn.learner" in sys.modules

import pyhost as ph
from pyhost.host import Dry


def make():
    plugin = Dry()
    plugin.name = f"{LEARNS}, {len(ph.noise(3))}, {ph.__version__}"
    return plugin
"""


def test_a_worker_imports_only_what_hosting_needs_and_the_rest_of_pyhost_when_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(WELL_KNOWN)
    plugin = Isolated({"kind": "python", "file": str(tmp_path / "plugin.py"), "name": "make"})
    assert plugin.name == f"False, 3, {ph.__version__}"
    plugin.close()


def test_a_worker_is_of_the_same_pyhost_whatever_lies_in_the_present_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyhost").mkdir()
    (tmp_path / "pyhost" / "__init__.py").write_text("raise SystemExit('not this one')")
    (tmp_path / "helper.py").write_text("STEP = 2.0")
    (tmp_path / "plugin.py").write_text(
        f"import sys; sys.path.append({str(Path(FAULTY).parent)!r})\n"
        "import helper\nimport faulty_plugins\n"
        "def make():\n  plugin = faulty_plugins.well()\n  plugin.step = helper.STEP\n  return plugin\n"
    )
    monkeypatch.chdir(tmp_path)
    plugin = Isolated({"kind": "python", "file": "plugin.py", "name": "make"})
    assert plugin.process(np.zeros(2), 48_000).tolist() == [[2.0, 4.0]]
    plugin.close()


def test_where_a_thread_may_run_is_as_before_after_blocks_and_after_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = os.sched_getaffinity(0)
    # As if the kernel moved it at every block, after which it is held.
    monkeypatch.setattr("pyhost.host.isolation.processor.this_processor", partial(next, cycle(sorted(allowed))))
    in_blocks(isolated("well"), 16)
    assert os.sched_getaffinity(0) == allowed
    with pytest.raises(CrashedError):
        in_blocks(isolated("crashes_in_run"))
    assert os.sched_getaffinity(0) == allowed
