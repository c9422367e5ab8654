"""What the examples of oscillators promise beyond the values they print."""

from __future__ import annotations

import contextlib
import functools
import io
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@functools.cache
def example(name: str) -> dict[str, Any]:
    with contextlib.redirect_stdout(io.StringIO()):
        return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def test_any_frequency_is_found_from_any_start() -> None:
    random = np.random.default_rng(1)
    missed = []
    for frequency, start in 20 * 1000 ** random.random((12, 2)):
        learner, trace = example("freq_estimator")["estimated"](lambda x, f=frequency: ph.osc(f), start)
        error = abs(learner.parameters["frequency"].value / frequency - 1)
        if error > 1e-3 or trace.settled("frequency", frequency, within=1e-3) != 0:
            missed.append((frequency, start))
    assert not missed


def test_a_tone_of_another_wave_level_and_phase_is_found() -> None:
    found = example("freq_estimator")["saw"].parameters["frequency"].value
    assert found == pytest.approx(500.0, rel=1e-3)


def test_descent_alone_does_not_find_what_it_finds_after_a_search() -> None:
    names = example("oscillator")
    assert abs(names["alone"].parameters["frequency"].value / 440.0 - 1) > 0.1
    assert names["learner"].parameters["frequency"].value == pytest.approx(440.0, rel=1e-6)


@pytest.mark.parametrize("start", [300.0, 400.0, 600.0, 700.0])
def test_the_gradient_of_a_spectrum_leads_to_the_frequency_from_either_side(start: float) -> None:
    learner, trace = example("spectralloss")["descend"](start, 256, 1e2)
    assert learner.parameters["frequency"].value == pytest.approx(500.0, rel=1e-5)
    assert (trace.parameters["frequency"][256] - start) * (500.0 - start) > 0.0


def test_shorter_takes_are_felt_from_further_away() -> None:
    descend = example("spectralloss")["descend"]
    long, short = (descend(1_200.0, frames, rate)[1] for frames, rate in ((256, 1e2), (64, 1e3)))
    assert long.settled("frequency", 500.0) is None
    assert short.settled("frequency", 500.0) is not None


def test_steps_of_one_size_are_about_as_large_as_the_rate() -> None:
    course = example("freq_estimator_rms")["trace"].parameters["frequency"]
    assert np.median(np.abs(np.diff(course))) == pytest.approx(0.1, rel=0.5)


def test_the_loss_of_the_broken_oscillator_is_a_sound() -> None:
    names = example("broken_osc")
    heard = names["heard"]
    assert np.abs(heard).max() <= 1.0
    assert all(part.std() > 0.1 for part in np.split(heard, 4))
    assert names["trace"].settled("frequency", 500.0) is None
    assert names["solved"]["frequency"] == pytest.approx(500.0, rel=1e-6)
