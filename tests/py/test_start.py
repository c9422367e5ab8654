"""Coarse starts: frequencies of oscillators, and which parameters they are given to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost.learn.align import Alignment
from pyhost.learn.frequency import partials
from pyhost.learn.parameters import Parameters
from pyhost.learn.reach import reach
from pyhost.learn.start import place_offset

Array = NDArray[np.float64]
Chain = Callable[[ph.Signal], ph.Signal]
RATE = 48_000
FRAMES = 91_200  # 1.9 s


def tone(frequency: float, frames: int = FRAMES, phase: float = 0.0) -> Array:
    return np.sin(2.0 * np.pi * (frequency / RATE * np.arange(1, frames + 1) + phase))


def oscillator(x: ph.Signal) -> ph.Signal:
    return ph.osc(ph.param("frequency", 440.0, minimum=20.0, maximum=20_000.0, unit="Hz", scale="log"))


def start_of(chain: Chain, target: Array) -> dict[str, float]:
    learner = ph.Learner(chain, optimizer=ph.SGD(1e-9))
    learner.learn(np.zeros(target.size), target, sample_rate=RATE)
    return learner.coarse.frequencies


def test_frequencies_over_the_whole_range_are_learned_from_440_hz() -> None:
    rng = np.random.default_rng(5)
    for _ in range(12):
        frequency = 20.0 * 1000.0 ** rng.random()
        learner = ph.Learner(oscillator, optimizer=ph.SGD(1e-3))
        learner.learn(np.zeros(FRAMES), tone(frequency), sample_rate=RATE)
        assert learner.best["frequency"] == pytest.approx(frequency, rel=1e-6)


def test_without_a_start_the_gradient_does_not_find_it() -> None:
    learner = ph.Learner(oscillator, optimizer=ph.SGD(1e-3))
    learner.learn(np.zeros(FRAMES), tone(5000.0), sample_rate=RATE, start="off")
    assert abs(learner.best["frequency"] / 5000.0 - 1.0) > 0.1


def test_a_frequency_that_was_set_or_locked_is_not_overruled() -> None:
    for lock in (False, True):
        learner = ph.Learner(oscillator, optimizer=ph.SGD(1e-9))
        learner.parameters["frequency"].locked = lock
        if not lock:
            learner.parameters["frequency"].value = 441.0
        learner.learn(np.zeros(FRAMES), tone(5000.0), sample_rate=RATE)
        assert learner.coarse.frequencies == {}


def test_the_multiple_of_a_parameter_that_sounds_is_measured() -> None:
    def octave(x: ph.Signal) -> ph.Signal:
        return ph.square(2.0 * ph.param("f", 100.0))

    assert start_of(octave, np.sign(tone(1234.5, phase=0.1)))["f"] == pytest.approx(1234.5 / 2.0, rel=1e-5)


def test_two_oscillators_get_the_two_strongest_partials_in_order() -> None:
    def two(x: ph.Signal) -> ph.Signal:
        return 0.5 * ph.osc(ph.param("high", 900.0)) + ph.osc(ph.param("low", 300.0))

    found = start_of(two, 0.8 * tone(3000.0) + tone(150.0))
    assert found["low"] == pytest.approx(150.0, rel=1e-5)
    assert found["high"] == pytest.approx(3000.0, rel=1e-5)


def test_the_cutoff_of_a_filter_behind_an_oscillator_is_no_frequency_of_it() -> None:
    def filtered(x: ph.Signal) -> ph.Signal:
        return ph.lowpass(ph.osc(220.0), ph.param("cutoff", 1000.0, minimum=20.0, maximum=20_000.0, unit="Hz"))

    assert start_of(filtered, tone(500.0)) == {}


def test_a_chain_that_hears_its_input_gets_no_frequency() -> None:
    def ring(x: ph.Signal) -> ph.Signal:
        return x * ph.osc(ph.param("frequency", 440.0))

    learner = ph.Learner(ring, optimizer=ph.SGD(1e-9))
    learner.learn(ph.noise(9600), tone(5000.0, 9600), sample_rate=RATE)
    assert learner.coarse.frequencies == {}


@pytest.mark.parametrize(("decibels", "seed"), [(0.0, 1), (20.0, 2), (40.0, 3)])
def test_the_error_is_that_of_the_cramer_rao_bound_and_the_window(decibels: float, seed: int) -> None:
    frames, runs = 4096, 60
    rng = np.random.default_rng(seed)
    errors = []
    for _ in range(runs):
        frequency = 200.0 * 100.0 ** rng.random()
        y = tone(frequency, frames, rng.random())
        y += rng.standard_normal(frames) * np.sqrt(0.5) * 10.0 ** (-decibels / 20.0)
        errors.append(partials(y[None], RATE)[0].frequency - frequency)
    bound = np.sqrt(12.0 / (10.0 ** (decibels / 10.0) * frames * (frames**2 - 1.0))) * RATE / (2.0 * np.pi)
    assert 1.0 < np.sqrt(np.mean(np.square(errors))) / bound < 2.0


@pytest.mark.parametrize("audio", [np.zeros((1, 4800)), np.ones((1, 4800)), np.ones((2, 10))])
def test_silence_dc_and_scraps_have_no_partials(audio: Array) -> None:
    assert partials(audio, RATE) == ()


def way(chain: Chain) -> tuple[float, float] | None:
    program = ph.compile(chain)
    found = reach(program, Parameters(program.parameters))
    return None if found is None else (found.least, found.most)


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        (lambda x: 2.0 * x, (0.0, 0.0)),
        (lambda x: ph.mem(ph.mem(x)), (2.0, 2.0)),
        (lambda x: ph.delay(x, 10), (10.0, 10.0)),
        (lambda x: x + ph.delay(x, 10), (0.0, 10.0)),
        (lambda x: ph.delay(x, ph.param("d", 5.0, minimum=2.0, maximum=50.0)), (2.0, 50.0)),
        (lambda x: ph.fir(ph.mem(x), ph.param("taps", shape=(8,))), (1.0, 8.0)),
        (lambda x: ph.feedback(lambda y: x + 0.5 * ph.delay(y, 10)), (0.0, 0.0)),
        (lambda x: ph.osc(440.0), None),
    ],
)
def test_the_shortest_and_longest_way_through_a_chain(chain: Chain, expected: tuple[float, float] | None) -> None:
    assert way(chain) == expected


def test_a_delay_in_seconds_starts_at_the_offset_if_it_reaches_it() -> None:
    program = ph.compile(ph.chain("path"))
    for offset, left, seconds in ((500.4, 0, 500.4 / RATE), (2400.0, 0, 0.05), (3000.0, 3000, 0.0)):
        parameters = Parameters(program.parameters)
        found = Alignment(offset, -1, 0.6, 1.0, "made up", offset)
        assert place_offset(program, parameters, found, RATE) == left
        assert parameters["delay"].value == pytest.approx(seconds, abs=1e-12)


def test_a_tone_in_noise_as_loud_is_found_by_what_it_leaves() -> None:
    x = tone(3150.0) + np.sqrt(1.5) * ph.noise(FRAMES)
    learner = ph.Learner(ph.chain("tone"), optimizer=ph.Auto())
    learner.learn(x, x, sample_rate=RATE)
    assert learner.parameters["frequency"].value == pytest.approx(3150.0, abs=1.0)
