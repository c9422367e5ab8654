"""Which engine runs a chain where nobody says it: the compiled one where that takes less time than it saves."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chains import bent
from session_plugins import rendered

import pyhost as ph
from pyhost._binding import Interpreter, LearnerCore
from pyhost.audio import write_audio
from pyhost.cli import main
from pyhost.cli.rendering import render
from pyhost.compile.build import compile as compile_chain
from pyhost.compile.lower import Tape, lower
from pyhost.host.learned import LearnedPlugin
from pyhost.learn.cores import learning, make_core
from pyhost.learn.learned import LearnedChain, freeze
from pyhost.learn.parameters import Parameters
from pyhost.learn.sources import as_source
from pyhost.native import engine
from pyhost.native.engine import EngineWarning, make_runner
from pyhost.native.library import NativeRunner

AUDIO = np.random.default_rng(3).uniform(-1.0, 1.0, (1, 100))


TAPE: Tape = lower(compile_chain(bent), 48_000.0, 1)


pytestmark = pytest.mark.usefixtures("fresh")


def test_auto_compiles_only_where_that_takes_less_time_than_it_saves(fresh: Path) -> None:
    assert isinstance(make_runner(TAPE, frames=48_000), Interpreter)
    assert not fresh.exists()
    assert isinstance(make_runner(TAPE, frames=1_000_000_000), NativeRunner)
    assert isinstance(make_runner(TAPE, frames=10_000_000), NativeRunner)


def test_a_long_chain_that_learns_must_save_more_to_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def chain(x: Any) -> Any:
        for i in range(16):
            x = ph.peaking(x, ph.param(f"f{i}", 500.0), ph.param(f"q{i}", 1.0), ph.param(f"g{i}", 1.0))
        return x

    program = compile_chain(chain)
    parameters = Parameters(program.parameters)
    tape, settings = learning(program, parameters, ph.MSE(), ph.SGD(0.1), sample_rate=48_000.0, lanes=1)
    monkeypatch.setattr(engine, "compile_library", lambda *_: pytest.fail("it was compiled"))
    frames = int(1.2 / engine.saving(tape, settings, 1))  # compiling takes 1.4 s
    core = make_core(program, parameters, ph.MSE(), ph.SGD(0.1), sample_rate=48_000.0, lanes=1, frames=frames)
    assert isinstance(core, LearnerCore)


def test_what_stands_still_while_a_chain_is_played_is_not_counted_as_saved() -> None:
    tapes = [
        lower(compile_chain(chain), 48_000.0, 1, learned=())
        for chain in (lambda x: x * ph.param("gain", 1.0), lambda x: x * ph.exp(ph.sin(ph.param("gain", 1.0))))
    ]
    short, long = (engine.saving(tape, None, 1000) for tape in tapes)
    assert len(tapes[1].ops) > len(tapes[0].ops)
    assert short == long > 0.0


def test_auto_says_nothing_of_a_compiler_that_it_would_not_have_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    assert isinstance(make_runner(TAPE, frames=5_000_000), Interpreter)  # a warning would be an error
    with pytest.warns(EngineWarning, match="CC names 'no-such-compiler'"):
        assert isinstance(make_runner(TAPE, frames=1_000_000_000), Interpreter)


@pytest.mark.parametrize(("expected", "wanted"), [(0, Interpreter), (1_000_000_000, NativeRunner)])
def test_a_chain_that_is_told_how_much_will_come_is_compiled_from_the_first_block_on(
    expected: int, wanted: type[Any]
) -> None:
    learned = freeze(bent)
    learned.expect(expected)
    blocks = [learned.process(AUDIO, 48_000.0, reset=reset) for reset in (True, False)]
    assert learned._runner is not None
    assert isinstance(learned._runner._engine, wanted)
    np.testing.assert_array_equal(
        np.concatenate(blocks, axis=1), freeze(bent).process(np.concatenate([AUDIO, AUDIO], axis=1), 48_000.0)
    )


def test_a_file_that_is_rendered_tells_its_length_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learned, told = freeze(bent), []
    monkeypatch.setattr(LearnedChain, "expect", lambda _, frames: told.append(frames))
    render(learned, as_source(AUDIO, 48_000.0, "dry"), tmp_path / "out.wav")
    assert told == [100]


@pytest.mark.parametrize(("expected", "wanted"), [(0, Interpreter), (1_000_000_000, NativeRunner)])
def test_a_plugin_that_is_told_how_much_will_come_is_compiled_from_the_first_block_on(
    expected: int, wanted: type[Any]
) -> None:
    plugin = LearnedPlugin(freeze(bent))
    plugin.expect(expected)
    blocks = [plugin.process(AUDIO, 48_000.0, reset=reset) for reset in (True, False)]
    assert plugin.learned._runner is not None
    assert isinstance(plugin.learned._runner._engine, wanted)
    np.testing.assert_array_equal(
        np.concatenate(blocks, axis=1), freeze(bent).process(np.concatenate([AUDIO, AUDIO], axis=1), 48_000.0)
    )


def test_a_session_tells_its_length_to_what_was_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(LearnedChain, "expect", lambda _, frames: told.append(frames))
    write_audio(tmp_path / "dry.wav", AUDIO, 48_000.0)
    freeze(bent).save(tmp_path / "learned.json")
    track = {"name": "one", "clips": [{"file": "dry.wav"}], "insert": [{"plugin": "learned.json"}]}
    rendered({"track": [track], "sample_rate": 48_000}, tmp_path)
    assert told == [100]


def test_measuring_compiles_where_that_pays_and_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    found, used = [], []
    for name in ("interpreter", "native"):

        def made(tape: Tape, *, frames: int, name: str = name) -> Any:
            used.append(frames)
            return make_runner(tape, engine=name)

        monkeypatch.setattr("pyhost.learn.measure.make_runner", made)
        found.append(ph.measure(bent, AUDIO, 0.5 * AUDIO, sample_rate=48_000.0, align="off"))
    assert used == [100, 100]
    assert found[0] == found[1]


def test_the_command_line_tells_in_one_line_why_the_interpreter_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setattr(engine, "COMPILE", 0.0)
    monkeypatch.setattr(engine, "LOAD", 0.0)
    monkeypatch.setattr(engine, "STEP", 1.0)
    freeze(bent).save(tmp_path / "learned.json")
    write_audio(tmp_path / "in.wav", AUDIO, 48_000.0)
    arguments = ["apply", *(str(tmp_path / name) for name in ("learned.json", "in.wav", "out.wav")), "--quiet"]
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(arguments) == 0
    assert capsys.readouterr().err == (
        "pyhost: warning: the interpreter is used, which is slower: CC names 'no-such-compiler', which is no program; "
        "set CC to a C compiler, or unset it\n"
    )
