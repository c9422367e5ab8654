"""Fixtures that more than one test file uses."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyhost._binding import Interpreter
from pyhost.compile.build import compile as compile_chain
from pyhost.compile.lower import lower
from pyhost.graph.signal import Signal

# A test's own processes import the installed package, not the source tree that they happen to start in.
os.environ["PYTHONSAFEPATH"] = "1"

_FOLDERS = (("/usr/share/sonic-pi/samples", "*.flac", 100), ("/usr/share/sounds/alsa", "*.wav", 5))


@pytest.fixture(scope="session")
def real_recordings() -> list[Path]:
    """Recordings that Debian ships: 165 FLAC and 9 WAV files, all of them intact."""
    found: list[Path] = []
    for folder, pattern, least in _FOLDERS:
        files = sorted(Path(folder).glob(pattern))
        if len(files) < least:
            message = f"{folder} holds {len(files)} recordings: apt-get install sonic-pi-samples alsa-utils"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        found += files
    return found


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
