"""Fixtures that more than one test file uses."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lv2_guides import Guides
from lv2_learning import Learners
from needs import give_up, vst3_compiler
from numpy.typing import NDArray

from pyhost._binding import Interpreter
from pyhost._settings import CoreSettings
from pyhost.audio import read_audio
from pyhost.compile.build import compile as compile_chain
from pyhost.compile.lower import Tape, lower
from pyhost.errors import PluginError
from pyhost.export import Bundle, export_vst3_learner
from pyhost.graph.signal import Signal
from pyhost.graph.text import parse
from pyhost.host.lv2.catalogue import catalogue_of
from pyhost.learn.learned import freeze
from pyhost.learn.run import noise
from pyhost.native import compiler, engine
from pyhost.native.compiler import compile_library, find_compiler
from pyhost.native.library import NativeLearner, NativeRunner
from pyhost.native.printer import print_program

# A test's own processes import the installed package, not the source tree that they happen to start in.
os.environ["PYTHONSAFEPATH"] = "1"

_FOLDERS = (("/usr/share/sonic-pi/samples", "*.flac", 100), ("/usr/share/sounds/alsa", "*.wav", 5))


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compiled programs of the tests, and plugins that failed in them, are kept apart from those of the user."""
    os.environ["PYHOST_CACHE_DIR"] = str(tmp_path_factory.mktemp("compiled"))
    os.environ["PYHOST_CONFIG_DIR"] = str(tmp_path_factory.mktemp("config"))


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Nothing compiled is kept, and nothing of it was said yet; the folder of the cache."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PYHOST_CACHE_DIR", str(folder))
    monkeypatch.setattr(engine, "_told", set())
    monkeypatch.setattr(engine, "_unloadable", set())
    yield folder
    compiler._find.cache_clear()
    compiler.headers_hash.cache_clear()


@pytest.fixture(scope="session")
def real_recordings() -> list[Path]:
    """Recordings that Debian ships: 165 FLAC and 9 WAV files, all of them intact."""
    found: list[Path] = []
    for folder, pattern, least in _FOLDERS:
        files = sorted(Path(folder).glob(pattern))
        if len(files) < least:
            give_up(f"{folder} holds {len(files)} recordings: apt-get install sonic-pi-samples alsa-utils")
        found += files
    return found


@pytest.fixture(scope="session")
def sound(real_recordings: list[Path]) -> Callable[..., NDArray[np.float64]]:
    """A function that returns the beginning of a recording, over and over, at -20 dBFS; or noise."""
    paths = {path.stem: path for path in real_recordings}

    def read(name: str, seconds: float = 1.0) -> NDArray[np.float64]:
        frames = int(seconds * 48_000)
        x = noise(frames) if name == "noise" else np.resize(read_audio(paths[name])[0], frames)
        return 0.1 * x / np.std(x)

    return read


@pytest.fixture(scope="session")
def installed() -> Callable[..., None]:
    """A function that ends the test with a message if one of the LV2 plugins that it is given is missing."""
    try:
        there = set(catalogue_of().uris)
        reason = ""
    except PluginError as error:
        there, reason = set(), f" ({error})"

    def need(*uris: str) -> None:
        missing = sorted(set(uris) - there)
        if missing:
            give_up(f"{', '.join(missing)} is not installed{reason}: .ci/install gets it from Debian")

    return need


@pytest.fixture(scope="session")
def learners(tmp_path_factory: pytest.TempPathFactory) -> Learners:
    """LV2 plugins that learn, by name, for tests that leave them as they are."""
    return Learners(tmp_path_factory.mktemp("learners"))


@pytest.fixture(scope="session")
def guides(tmp_path_factory: pytest.TempPathFactory) -> Guides:
    """The delay aligner and the tone tracker, likewise."""
    return Guides(tmp_path_factory.mktemp("guides"))


@pytest.fixture(scope="session")
def vst3_learner(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A VST3 plugin that learns ``lowpass | gain``, likewise."""
    vst3_compiler()
    return export_vst3_learner(freeze(parse("lowpass | gain")), tmp_path_factory.mktemp("vst3"), name="learner")


@pytest.fixture(scope="session")
def run() -> Callable[..., tuple[Any, Any]]:
    """A function that runs a chain in the interpreter and returns its value and its partials."""

    def run_chain(
        chain: Callable[..., Signal],
        audio: Any,
        parameters: Mapping[str, Any] | None = None,
        *,
        inputs: int = 1,
        sample_rate: float = 48_000.0,
        block: int | None = None,
    ) -> tuple[Any, Any]:
        """`audio` is (inputs × lanes, frames), input by input; out: (lanes, frames), (P, lanes, frames)."""
        audio = np.atleast_2d(np.asarray(audio, dtype=float))
        program = compile_chain(chain, inputs=inputs)
        wanted = dict(parameters or {})
        values = [np.ravel(wanted.pop(spec.name, spec.default)) for spec in program.parameters]
        assert not wanted, f"the chain has no parameter {sorted(wanted)}"
        engine = Interpreter(lower(program, sample_rate, audio.shape[0] // inputs))
        engine.set_parameters(np.concatenate([*values, []]))
        step = block or max(audio.shape[1], 1)
        starts = range(0, audio.shape[1], step)
        parts = [engine.process(audio[:, at : at + step], jacobian=True) for at in starts]
        return np.concatenate([p[0] for p in parts], -1), np.concatenate([p[1] for p in parts], -1)

    return run_chain


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[Any]]:
    """A function that compiles many programs at once, since starting a compiler takes longer than a program does."""

    def compile_all(programs: list[tuple[Tape, CoreSettings | None]], *flags: str) -> list[Any]:
        """Return a `NativeLearner` for each program with settings, and a `NativeRunner` for each other."""
        sources = [print_program(*program, prefix=f"p{i}") for i, program in enumerate(programs)]
        library = compile_library(find_compiler(), "\n".join(sources), tmp_path_factory.mktemp("native"), *flags)
        return [
            NativeRunner(library, tape, f"p{i}")
            if settings is None
            else NativeLearner(library, tape, settings, f"p{i}")
            for i, (tape, settings) in enumerate(programs)
        ]

    return compile_all
