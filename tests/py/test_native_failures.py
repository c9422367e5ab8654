"""Whatever fails on the way to compiled code, the interpreter's right answer comes out, with a clear message."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chains import bent

import pyhost as ph
from pyhost._binding import Interpreter, LearnerCore
from pyhost.cli import main
from pyhost.compile.build import compile as compile_chain
from pyhost.compile.lower import Tape, lower
from pyhost.native import compiler, engine
from pyhost.native.cache import Cache, CacheError, cache_folder, make_key
from pyhost.native.engine import EngineWarning, make_runner
from pyhost.native.library import NativeRunner
from pyhost.native.printer import print_program

AUDIO = np.random.default_rng(3).uniform(-1.0, 1.0, (1, 100))


TAPE: Tape = lower(compile_chain(bent), 48_000.0, 1)


pytestmark = pytest.mark.usefixtures("fresh")


def _output(runner: Any) -> Any:
    runner.set_parameters(np.array([0.3]))
    return runner.process(AUDIO)[0]


def _assert_interpreted(message: str, tape: Tape = TAPE) -> None:
    """Ask for the native engine; the interpreter must answer, and say why, once."""
    with pytest.warns(EngineWarning, match=message) as told:
        runner = make_runner(tape, engine="native")
    assert len(told) == 1
    assert isinstance(runner, Interpreter)
    np.testing.assert_array_equal(_output(runner), _output(Interpreter(tape)))
    assert isinstance(make_runner(tape, engine="native"), Interpreter)


def _script(path: Path, text: str) -> str:
    path.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    path.chmod(0o700)
    return str(path)


def test_a_compiled_program_is_used_and_kept_for_the_user_alone(fresh: Path) -> None:
    runner = make_runner(TAPE, engine="native")
    assert isinstance(runner, NativeRunner)
    np.testing.assert_array_equal(_output(runner), _output(Interpreter(TAPE)))
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o700
    assert [path.suffix for path in fresh.iterdir()] == [".so"]


def test_what_is_kept_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make_runner(TAPE, engine="native")
    monkeypatch.setattr(engine, "compile_library", lambda *_: pytest.fail("it was compiled again"))
    assert isinstance(make_runner(TAPE, engine="native"), NativeRunner)


def test_without_a_compiler_the_interpreter_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(compiler.importlib.util, "find_spec", lambda _: None)
    _assert_interpreted("there is no C compiler; install gcc or clang")


def test_without_a_system_compiler_that_of_ziglang_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compiler.find_compiler().command == (sys.executable, "-m", "ziglang", "cc")


def test_cc_is_respected_and_named_if_it_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "cc -O1")
    assert compiler.find_compiler().command[1:] == ("-O1",)
    monkeypatch.setenv("CC", "no-such-compiler")
    _assert_interpreted("CC names 'no-such-compiler'")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import sys; sys.exit('error: out of paper')", "failed with status 1: error: out of paper"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was killed by signal 9"),
        ("", "failed with status 0: it wrote nothing"),
        ("import sys; open(sys.argv[sys.argv.index('-o') + 1], 'w').write('no library')", "cannot be loaded"),
    ],
    ids=["fails", "is killed", "writes nothing", "writes nonsense"],
)
def test_a_compiler_that_fails_leaves_the_interpreter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, message: str
) -> None:
    monkeypatch.setenv("CC", _script(tmp_path / "compiler", script))
    _assert_interpreted(message)


def test_a_compiler_that_hangs_is_given_up_with_all_that_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    script = (
        "import pathlib, subprocess, time\n"
        f"pathlib.Path({str(started)!r}).write_text(str(subprocess.Popen(['sleep', '60']).pid))\n"
        "time.sleep(60)"
    )
    monkeypatch.setenv("CC", _script(tmp_path / "compiler", script))
    monkeypatch.setattr(compiler, "LONGEST", 2.0)
    _assert_interpreted("did not end within 2 s")
    state = Path(f"/proc/{started.read_text()}/stat")
    deadline = time.monotonic() + 10.0
    while _is_running(state) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _is_running(state)


def _is_running(state: Path) -> bool:
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_interrupted_compiler_leaves_nothing(fresh: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("CC", _script(tmp_path / "compiler", "import time; time.sleep(60)"))
    monkeypatch.setattr(compiler.subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_runner(TAPE, engine="native")
    assert not list(fresh.iterdir())


@pytest.mark.parametrize("value", ["cc '", 'cc "-O1'])
def test_a_cc_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CC", value)
    _assert_interpreted("which cannot be read: No closing quotation; set CC to a C compiler")


def test_a_compiler_named_relative_to_this_folder_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "compiler").symlink_to(compiler.find_compiler().command[0])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CC", "./compiler")
    assert isinstance(make_runner(TAPE, engine="native"), NativeRunner)


def test_a_compiler_behind_another_program_is_told_apart_when_it_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("CC", "env my-compiler")
    found = set()
    for text in ("pass", "pass  # a new version"):
        _script(tmp_path / "my-compiler", text)
        compiler._find.cache_clear()
        found.add(compiler.find_compiler().identity)
    assert len(found) == 2


def test_no_cc_changes_the_meaning_of_floating_point(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = np.array([2.2250738585072014e-308])
    monkeypatch.setenv("CC", f"{compiler.find_compiler().command[0]} -ffast-math")
    before = (tiny / 4.0).tobytes()
    runner = make_runner(TAPE, engine="native")
    assert isinstance(runner, NativeRunner)
    assert (tiny / 4.0).tobytes() == before
    np.testing.assert_array_equal(_output(runner), _output(Interpreter(TAPE)))


def test_what_changed_while_it_was_compiled_is_not_kept(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "read_headers_hash", lambda: b"of another version")
    _assert_interpreted("installed anew while this process runs; start it again")
    assert not list(fresh.iterdir())


def test_a_folder_that_cannot_be_made_is_replaced_by_one_for_this_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("PYHOST_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.warns(EngineWarning, match="compiled programs are not kept"):
        runner = make_runner(TAPE, engine="native")
    make_runner(TAPE, engine="native")  # says nothing any more, or it would be an error
    assert isinstance(runner, NativeRunner)
    np.testing.assert_array_equal(_output(runner), _output(Interpreter(TAPE)))


def test_a_full_disk_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyhost.native.cache.tempfile.TemporaryDirectory", full)
    monkeypatch.setattr("pyhost.native.cache._temporary", [])
    _assert_interpreted("No space left on device")


def test_a_folder_that_others_may_write_to_is_not_trusted(fresh: Path) -> None:
    fresh.mkdir(mode=0o700)
    fresh.chmod(0o777)
    with pytest.raises(CacheError, match="others may write there"):
        Cache(fresh).make("key", lambda _: pytest.fail("it was built"))


def test_what_others_may_have_put_into_the_folder_is_not_loaded(fresh: Path) -> None:
    make_runner(TAPE, engine="native")
    (planted,) = fresh.iterdir()
    fresh.chmod(0o777)
    with pytest.warns(EngineWarning, match="compiled programs are not kept: .*others may write there"):
        runner = make_runner(TAPE, engine="native")
    assert isinstance(runner, NativeRunner)
    assert Path(runner._functions._library._name).parent != planted.parent


def test_a_folder_that_can_only_be_read_is_read(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(30, "Read-only file system")

    make_runner(TAPE, engine="native")
    monkeypatch.setattr(engine, "compile_library", lambda *_: pytest.fail("it was compiled again"))
    monkeypatch.setattr("pyhost.native.cache.os.utime", refused)
    assert isinstance(make_runner(TAPE, engine="native"), NativeRunner)
    assert len(list(fresh.iterdir())) == 1


def test_without_a_home_folder_programs_are_kept_for_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("PYHOST_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", nowhere)
    with pytest.warns(EngineWarning, match="the cache folder is unknown.*set PYHOST_CACHE_DIR"):
        assert isinstance(make_runner(TAPE, engine="native"), NativeRunner)


def test_without_any_folder_the_interpreter_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def nowhere(*_: Any, **__: Any) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("PYHOST_CACHE_DIR", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr("pyhost.native.cache._temporary", [])
    monkeypatch.setattr("pyhost.native.cache.tempfile.mkdtemp", nowhere)
    _assert_interpreted("no temporary folder can be made: No usable temporary directory found")


@pytest.mark.parametrize("damage", [b"", b"\x7fELF and then nothing"], ids=["empty", "cut off"])
def test_a_damaged_library_is_compiled_again(fresh: Path, damage: bytes) -> None:
    make_runner(TAPE, engine="native")
    (library,) = fresh.iterdir()
    whole = library.read_bytes()
    other = lower(compile_chain(lambda x: ph.cos(x * ph.param("gain", 0.3))), 48_000.0, 1)
    make_runner(other, engine="native")
    library.unlink()
    library.write_bytes(damage or whole[: len(whole) // 2])
    np.testing.assert_array_equal(_output(make_runner(TAPE, engine="native")), _output(Interpreter(TAPE)))
    assert library.read_bytes()[:4] == whole[:4]
    assert Cache(fresh).find(library.name.partition("-")[0]) is not None


IN_A_PROCESS = """
import sys
import numpy as np
import pyhost as ph
from pyhost.compile.build import compile
from pyhost.compile.lower import lower
from pyhost.native.engine import make_runner

tape = lower(compile(lambda x: x * ph.param("gain", 0.3) + 0.25), 48_000.0, 1)
print("ready", flush=True)
sys.stdin.readline()
runner = make_runner(tape, engine="native")
runner.set_parameters(np.array([0.3]))
print(type(runner).__name__, runner.process(np.array([[0.25, -0.5]]))[0].tobytes().hex())
"""


def test_processes_that_compile_the_same_program_at_once_do_not_disturb_each_other(fresh: Path) -> None:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", IN_A_PROCESS], **pipes) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    found = {process.communicate(timeout=120)[0] for process in processes}
    expected = (np.array([0.25, -0.5]) * 0.3 + 0.25).tobytes().hex()
    assert found == {f"NativeRunner {expected}\n"}
    assert len(list(fresh.glob("*.so"))) == 1
    assert not list(fresh.glob("work-*"))


@pytest.mark.parametrize(
    "name", ['*/ system("x"); /*', "x\n#error no", "\\\n*/", "??/", "é漢", "%s%n", "// \\", "}", "*" * 300 + "/"]
)
def test_a_chain_whose_name_looks_like_code_is_only_a_chain(name: str, fresh: Path) -> None:
    tape = lower(compile_chain(lambda x: x * ph.param("gain", 0.3)), 48_000.0, 1)
    source, plain = (print_program(tape, name=each).splitlines() for each in (name, "gain"))
    (named,) = [a for a, b in zip(source, plain, strict=True) if a != b]
    assert named.startswith("/* Chain ")
    assert named.endswith(" */")
    assert named.count("*/") == 1
    fresh.mkdir(mode=0o700)
    library = compiler.compile_library(
        compiler.find_compiler(), "\n".join(source), fresh, "-Wall", "-Wextra", "-Werror"
    )
    np.testing.assert_array_equal(_output(NativeRunner(library, tape)), 0.3 * AUDIO)


@pytest.mark.parametrize("name", ["int", "s", "NULL", "main", "__asm__", "ds_dot", "é漢"])
def test_a_parameter_whose_name_means_something_in_c_is_only_a_parameter(name: str) -> None:
    tape = lower(compile_chain(lambda x: x * ph.param(name, 0.3)), 48_000.0, 1)
    np.testing.assert_array_equal(_output(make_runner(tape, engine="native")), 0.3 * AUDIO)


@pytest.mark.parametrize("value", [-0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1, -1e6, 1e22])
def test_numbers_reach_the_program_to_the_bit(value: float) -> None:
    tape = lower(compile_chain(lambda x: ph.atan2(0.0 * x * ph.param("gain"), value) + value), 48_000.0, 1)
    found, wanted = _output(make_runner(tape, engine="native")), _output(Interpreter(tape))
    assert found.tobytes() == wanted.tobytes()


def _fill(cache: Cache, count: int) -> None:
    for i in range(count):
        path = cache.make(make_key(bytes([i])), lambda folder, i=i: _written(folder, i))
        os.utime(path, (i, i))


def _written(folder: Path, i: int) -> Path:
    (folder / "made").write_bytes(bytes([i]) * 1000)
    return folder / "made"


def test_the_cache_forgets_what_was_used_longest_ago(fresh: Path) -> None:
    cache = Cache(fresh)
    _fill(cache, 5)
    assert cache.find(make_key(bytes([0]))) is not None  # and so it was used just now
    cache.trim(most=3000)
    there = [cache.find(make_key(bytes([i]))) is not None for i in range(5)]
    assert there == [True, False, False, True, True]


def test_the_cache_sweeps_up_after_processes_that_died(fresh: Path) -> None:
    _fill(Cache(fresh), 1)
    for name, age in (("work-old", 7200), ("work-new", 60)):
        (fresh / name).mkdir()
        os.utime(fresh / name, (time.time() - age,) * 2)
    Cache(fresh).trim()
    assert {path.name for path in fresh.glob("work-*")} == {"work-new"}


def test_the_command_tells_and_clears_the_cache(fresh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_runner(TAPE, engine="native")
    assert main(["cache"]) == 0
    assert capsys.readouterr().out.startswith("1 compiled program, ")
    assert main(["cache", "--clear"]) == 0
    assert capsys.readouterr().out == f"removed 1 compiled program from {fresh}\n"
    assert not list(fresh.iterdir())


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"PYHOST_CACHE_DIR": "/somewhere"}, "/somewhere"),
        ({"XDG_CACHE_HOME": "/caches"}, "/caches/pyhost"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/home/her"}, "/home/her/.cache/pyhost"),
        ({"HOME": "/home/her"}, "/home/her/.cache/pyhost"),
    ],
)
def test_the_folder_is_where_the_platform_keeps_such_things(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str
) -> None:
    for name in ("PYHOST_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder() == Path(folder)


def test_loading_a_program_leaves_the_floating_point_mode_alone() -> None:
    tiny = np.array([2.2250738585072014e-308])
    before = (tiny / 4.0).tobytes()
    assert isinstance(make_runner(TAPE, engine="native"), NativeRunner)
    assert (tiny / 4.0).tobytes() == before != np.zeros(1).tobytes()


def test_learning_goes_on_with_the_interpreter_if_nothing_can_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    dry = ph.noise(4800)
    found = []
    for name in ("native", "interpreter"):
        learner = ph.Learner(bent, loss=ph.MSE(window=8), optimizer=ph.SGD(0.1), engine=name)
        with_warning: Callable[..., Any] = pytest.warns if name == "native" else _nothing
        with with_warning(EngineWarning):
            learner.learn(dry, 0.5 * dry, sample_rate=48_000, align="off", start="off")
        found.append(learner.parameters["gain"].value)
    assert found[0] == found[1]
    assert LearnerCore.__name__ == "LearnerCore"


class _nothing:  # noqa: N801
    def __init__(self, _: Any) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *_: Any) -> None: ...
