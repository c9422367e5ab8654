"""Exported plugins in DawDreamer, a host that no one here wrote: what it hears from them is what pyhost computes."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from needs import give_up

import pyhost as ph
from pyhost.audio import read_audio
from pyhost.export import Bundle, export_lv2, export_lv2_learner
from pyhost.export.learner import LEAST_SQUARES
from pyhost.learn.cores import make_core
from pyhost.learn.learned import LearnedChain, freeze

RATE = 48_000.0
FRAMES = 96_000
HIDDEN = {"cutoff": 700.0, "gain": 0.5}


def chain(**values: float) -> LearnedChain:
    learned = freeze(ph.chain("lowpass | gain"))
    learned.parameters.set(values)
    return learned


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder, with plugins where DawDreamer looks for them."""
    if importlib.util.find_spec("dawdreamer") is None:
        give_up("dawdreamer is not installed: pip install dawdreamer")
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def both(home: Path, vst3_learner: Bundle) -> dict[str, Bundle]:
    return {"LV2": export_lv2_learner(chain(), home / ".lv2", name="learner"), "VST3": vst3_learner}


@pytest.fixture(scope="module")
def lesson(real_recordings: list[Path]) -> np.ndarray:
    """A guitar and, in the second channel, what a hidden low-pass and gain make of it."""
    file = next(path for path in real_recordings if path.name == "guit_em9.flac")
    dry = read_audio(file, RATE)[:1, :FRAMES].astype(np.float32).astype(float)
    return np.concatenate([dry, chain(**HIDDEN).process(dry, RATE)]).astype(np.float32)


def in_dawdreamer(identifier: str, audio: np.ndarray, home: Path) -> tuple[np.ndarray, dict[str, str]]:
    """Return what a plugin puts out, and what its parameters show then."""
    np.save(home / "in.npy", audio)
    script = Path(__file__).with_name("dawdreamer_host.py")
    command = [sys.executable, script, identifier, home / "in.npy", home / "out.npy", str(RATE)]
    done = subprocess.run(
        command, env={**os.environ, "HOME": str(home)}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return np.load(home / "out.npy"), json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", ["LV2", "VST3"])
def test_a_plugin_that_learns_puts_out_there_what_the_learner_of_python_does(
    kind: str, both: dict[str, Bundle], lesson: np.ndarray, home: Path
) -> None:
    bundle = both[kind]
    out, _ = in_dawdreamer(bundle.uri if kind == "LV2" else str(bundle.path), lesson, home)
    dry, target = lesson.astype(float)
    learned = chain()
    core = make_core(learned.program, learned.parameters, ph.MSE(), LEAST_SQUARES, sample_rate=RATE, lanes=1)
    expected = np.empty((1, FRAMES))
    core.process(dry[None], target[None], output=expected)
    np.testing.assert_allclose(out[0], expected[0], atol=1e-6)
    np.testing.assert_allclose(core.get_parameters(), list(HIDDEN.values()), rtol=1e-3)


def test_a_plugin_with_learned_values_does_there_what_apply_does(lesson: np.ndarray, home: Path) -> None:
    learned = chain(cutoff=1234.5, gain=0.7)
    bundle = export_lv2(learned, home / ".lv2", name="frozen", channels=2, any_rate=True)
    out, shown = in_dawdreamer(bundle.uri, lesson, home)
    np.testing.assert_allclose(out, learned.process(lesson.astype(float), RATE), atol=1e-6)
    assert float(shown["Cutoff"]) == pytest.approx(1234.5)
