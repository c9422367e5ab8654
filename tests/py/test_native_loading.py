"""A library that was kept is loaded only if it is what would be compiled now, and settings are checked in any case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost._binding import Interpreter
from pyhost._settings import CoreParameter, CoreSettings
from pyhost.compile.build import compile as compile_chain
from pyhost.compile.lower import Tape, lower
from pyhost.errors import EngineError
from pyhost.native import compiler, engine
from pyhost.native.cache import Cache
from pyhost.native.engine import EngineWarning, make_learner, make_runner
from pyhost.native.library import NativeRunner

TAPE: Tape = lower(compile_chain(lambda x: ph.tanh(x * ph.param("gain", 0.3))), 48_000.0, 1)
SETTINGS = CoreSettings(
    ph.MSE(window=4).core(), ph.SGD(0.1).core(), (CoreParameter(0, 1, False, False, False, -np.inf, np.inf),)
)


pytestmark = pytest.mark.usefixtures("fresh")


def _keep_nonsense(folder: Path) -> Path:
    """Keep a whole file that is no library where that of the program would be."""
    folder.mkdir(mode=0o700)
    key = engine.program_key(compiler.find_compiler(), TAPE, None)

    def build(work: Path) -> Path:
        (work / "printed.so").write_bytes(b"no library")
        return work / "printed.so"

    return Cache(folder).make(key, build)


def test_what_was_kept_and_cannot_be_loaded_is_compiled_once_more_without_a_word(fresh: Path) -> None:
    kept = _keep_nonsense(fresh)
    assert isinstance(make_runner(TAPE, engine="native"), NativeRunner)
    assert not kept.exists()
    assert len(list(fresh.iterdir())) == 1


def test_what_can_never_be_loaded_is_compiled_twice_and_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []

    def nonsense(_compiler: Any, _source: str, folder: Path) -> Path:
        compiled.append(folder)
        (folder / "printed.so").write_bytes(b"no library")
        return folder / "printed.so"

    monkeypatch.setattr(engine, "compile_library", nonsense)
    with pytest.warns(EngineWarning, match="cannot be loaded") as told:
        runners = [make_runner(TAPE, engine="native") for _ in range(3)]
    assert all(isinstance(runner, Interpreter) for runner in runners)
    assert (len(compiled), len(told)) == (2, 1)


def test_other_headers_than_those_it_was_compiled_with_are_another_program(
    monkeypatch: pytest.MonkeyPatch, fresh: Path
) -> None:
    make_runner(TAPE, engine="native")
    (before,) = fresh.iterdir()
    monkeypatch.setattr(engine, "headers_hash", lambda: b"of the next version")
    monkeypatch.setattr(engine, "read_headers_hash", lambda: b"of the next version")
    make_runner(TAPE, engine="native")
    assert len({path.name.partition("-")[0] for path in fresh.iterdir()} - {before.name.partition("-")[0]}) == 1


def test_every_header_of_the_core_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for path in compiler.headers().glob("ds_*.h"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(compiler, "headers", lambda: tmp_path)
    digests = {compiler.read_headers_hash()}
    for path in sorted(tmp_path.glob("ds_*.h")):
        path.write_bytes(path.read_bytes() + b"\n")
        digests.add(compiler.read_headers_hash())
    assert len(digests) == 1 + len(list(tmp_path.glob("ds_*.h")))


@pytest.mark.parametrize("name", ["native", "interpreter"])
@pytest.mark.parametrize(
    "wrong",
    [
        replace(SETTINGS, optimizer=replace(SETTINGS.optimizer, rate=-1.0)),
        replace(SETTINGS, loss=replace(SETTINGS.loss, window=0)),
        replace(SETTINGS, parameters=(replace(SETTINGS.parameters[0], minimum=1.0, maximum=0.0),)),
        replace(SETTINGS, parameters=()),
    ],
    ids=["a negative rate", "no window", "bounds the wrong way round", "a parameter too few"],
)
def test_both_engines_refuse_the_same_settings(name: str, wrong: CoreSettings) -> None:
    with pytest.raises(EngineError) as refused:
        make_learner(TAPE, wrong, engine=name)
    with pytest.raises(EngineError) as by_interpreter:
        make_learner(TAPE, wrong, engine="interpreter")
    assert str(refused.value) == str(by_interpreter.value)
