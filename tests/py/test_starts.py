"""Least squares over an excerpt, and the search for a start that is made of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost.learn.parameters import Parameters
from pyhost.learn.run import Runner
from pyhost.learn.squares import Excerpt, Moved, Squares, descend
from pyhost.learn.starts import LISTENED, WARM, loudest, search_start

Array = NDArray[np.float64]
RATE = 48_000
COMPRESSOR = ph.compile(ph.chain("compressor"))


def bursts(frames: int, seed: int) -> Array:
    """Return noise whose level changes by 40 dB every 20 ms, (1, frames)."""
    random = np.random.default_rng(seed)
    levels = np.repeat(10.0 ** random.uniform(-2.0, 0.0, -(-frames // 960)), 960)[:frames]
    return np.asarray(random.uniform(-1.0, 1.0, (1, frames)) * levels)


def rendered(program: ph.Program, audio: Array, **values: float) -> Array:
    named = Parameters(program.parameters)
    named.set(values)
    return Runner(program, RATE, audio.shape[0]).process(audio, named.values_array(), reset=True)


def compressed(audio: Array) -> Array:
    return rendered(COMPRESSOR, audio, threshold=-30.0, ratio=3.0, attack=0.004, release=0.2, makeup=5.0)


def mixed(x: ph.Signal) -> ph.Signal:
    """Return a chain with parameters of every kind."""
    cutoff = ph.param("cutoff", 900.0, minimum=20.0, maximum=20_000.0, scale="log")
    gain = ph.param("gain", 0.5, minimum=-2.0, maximum=4.0)
    pole = ph.param("pole", 0.25, minimum=-0.9, maximum=0.9, normalised=False)
    return ph.onepole(ph.lowpass(ph.fir(x, ph.param("taps", [1.0, 0.3])), cutoff) * gain, pole)


def test_what_is_moved_and_the_values_belong_together() -> None:
    parameters = Parameters(ph.compile(mixed).parameters)
    moved, values = Moved(parameters), parameters.values_array()
    at = moved.moved(values)
    np.testing.assert_allclose(moved.values(at), values, rtol=1e-14)
    slopes = (moved.values(at + 1e-6) - moved.values(at - 1e-6)) / 2e-6
    np.testing.assert_allclose(moved.slopes(values), slopes, rtol=1e-8)
    beyond = parameters.named(moved.values(np.full_like(at, 5.0)))
    assert (beyond["cutoff"], beyond["gain"], beyond["pole"]) == (20_000.0, 4.0, 0.9)


def test_its_sums_are_those_of_central_differences() -> None:
    program = ph.compile(mixed)
    parameters = Parameters(program.parameters)
    audio = bursts(20_000, 1)
    excerpt = Excerpt(audio, rendered(program, audio, cutoff=3000.0, gain=1.0), warm=700)
    squares = Squares(program, parameters, RATE, excerpt)
    at = squares.moved.moved(parameters.values_array())
    sums = squares.sums(at)
    assert sums.cost == pytest.approx(squares.cost(at), rel=1e-12)
    for place in range(at.size):
        step = np.zeros_like(at)
        step[place] = 1e-5
        slope = (squares.cost(at + step) - squares.cost(at - step)) / 4e-5  # twice the gradient is the slope
        assert sums.gradient[place] == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_frames_that_warm_the_chain_up_are_not_compared() -> None:
    audio = bursts(5000, 2)
    target = compressed(audio)
    target[:, :1000] = 9.0
    squares = Squares(COMPRESSOR, Parameters(COMPRESSOR.parameters), RATE, Excerpt(audio, target, warm=1000))
    parameters = Parameters(COMPRESSOR.parameters)
    parameters.set({"threshold": -30.0, "ratio": 3.0, "attack": 0.004, "release": 0.2, "makeup": 5.0})
    assert squares.cost(squares.moved.moved(parameters.values_array())) < 1e-20
    assert squares.excerpt.compared == 4000


def test_a_linear_chain_is_solved_in_a_few_hearings_as_numpy_solves_it() -> None:
    program = ph.compile(ph.chain("fir(taps=4)"))
    random = np.random.default_rng(3)
    audio, target = random.normal(size=(2, 500)), random.normal(size=(2, 500))
    squares = Squares(program, Parameters(program.parameters), RATE, Excerpt(audio, target))
    found, cost = descend(squares, np.zeros(4), hearings=12, tolerance=1e-9, floor=0.0)
    padded = np.concatenate([np.zeros((2, 3)), audio], axis=1)
    rows = np.concatenate([np.lib.stride_tricks.sliding_window_view(lane, 4)[:, ::-1] for lane in padded])
    wanted, left, _, _ = np.linalg.lstsq(rows, target.ravel())
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert cost == pytest.approx(left[0], rel=1e-9)


def test_a_parameter_that_hardly_shows_does_not_spoil_the_step_of_the_others() -> None:
    def chain(x: ph.Signal) -> ph.Signal:
        return x * ph.param("gain", 0.5) + 1e-160 * ph.param("hint", 0.0)

    program = ph.compile(chain)
    audio = bursts(500, 9)
    squares = Squares(program, Parameters(program.parameters), RATE, Excerpt(audio, 0.25 * audio))
    found, cost = descend(squares, np.array([0.5, 0.0]), hearings=12, tolerance=1e-9, floor=0.0)
    assert found == pytest.approx([0.25, 0.0], abs=1e-9)
    assert cost < 1e-15


def test_bounds_are_kept_and_the_others_are_the_best_there_are_with_them() -> None:
    def chain(x: ph.Signal) -> ph.Signal:
        gain = ph.param("gain", 0.5, minimum=0.0, maximum=1.0, normalised=False)
        return x * gain + ph.param("dc", 0.0)

    program = ph.compile(chain)
    audio = bursts(2000, 4)
    parameters = Parameters(program.parameters)
    search_start(program, parameters, [(audio, 3.0 * audio + 0.25)], RATE)
    assert parameters["gain"].value == 1.0
    assert parameters["dc"].value == pytest.approx(0.25 + 2.0 * audio.mean(), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_a_compressor_is_found_from_its_defaults(seed: int) -> None:
    audio = bursts(RATE, seed)
    parameters = Parameters(COMPRESSOR.parameters)
    found = search_start(COMPRESSOR, parameters, [(audio, compressed(audio))], RATE)
    assert found == {name: parameter.value for name, parameter in parameters.items()}
    assert found["threshold"] == pytest.approx(-30.0, abs=0.01)
    assert found["ratio"] == pytest.approx(3.0, rel=1e-3)
    assert found["attack"] == pytest.approx(0.004, rel=1e-3)
    assert found["release"] == pytest.approx(0.2, rel=1e-3)
    assert found["makeup"] == pytest.approx(5.0, abs=0.01)


def test_where_downhill_leads_nowhere_other_places_are_tried() -> None:
    """Its loss has a hill every half turn of the sine: downhill alone stops in the first valley."""

    def folded(x: ph.Signal) -> ph.Signal:
        return ph.sin(x * ph.param("fold", 2.0, minimum=0.0, maximum=40.0))

    program = ph.compile(folded)
    audio = bursts(4000, 5)
    target = rendered(program, audio, fold=29.5)
    squares = Squares(program, Parameters(program.parameters), RATE, Excerpt(audio, target))
    stuck, _ = descend(squares, np.array([2.0 / 40.0]), hearings=40, tolerance=1e-4, floor=0.0)
    assert abs(40.0 * stuck[0] - 29.5) > 1.0
    parameters = Parameters(program.parameters)
    search_start(program, parameters, [(audio, target)], RATE)
    assert parameters["fold"].value == pytest.approx(29.5, rel=1e-6)


def test_what_is_locked_stays_to_the_bit() -> None:
    audio = bursts(RATE // 2, 6)
    parameters = Parameters(COMPRESSOR.parameters)
    parameters["attack"].value, parameters["attack"].locked = 0.1 + 0.02, True
    found = search_start(COMPRESSOR, parameters, [(audio, compressed(audio))], RATE)
    assert "attack" not in found
    assert parameters["attack"].value == 0.1 + 0.02


def test_nothing_is_set_where_nothing_can_be_found() -> None:
    audio = bursts(1000, 7)
    locked = Parameters(COMPRESSOR.parameters)
    for parameter in locked.values():
        parameter.locked = True
    many = ph.compile(ph.chain("fir(taps=65)"))
    unstable = ph.compile(ph.chain("iir(b=[1], a=[4])"))
    for program, parameters, pairs in (
        (COMPRESSOR, locked, [(audio, audio)]),
        (COMPRESSOR, Parameters(COMPRESSOR.parameters), []),
        (COMPRESSOR, Parameters(COMPRESSOR.parameters), [(audio, 0.0 * audio)]),
        (COMPRESSOR, Parameters(COMPRESSOR.parameters), [(audio[:, :9], audio[:, :9])]),
        (many, Parameters(many.parameters), [(audio, audio)]),
        (unstable, Parameters(unstable.parameters), [(audio, audio)]),
    ):
        before = parameters.values_array()
        assert search_start(program, parameters, pairs, RATE) == {}
        assert np.array_equal(parameters.values_array(), before)


def test_the_same_recording_gives_the_same_start() -> None:
    audio = bursts(RATE // 4, 8)
    pairs = [(audio, np.tanh(3.0 * compressed(audio)))]
    found = [search_start(COMPRESSOR, Parameters(COMPRESSOR.parameters), pairs, RATE) for _ in range(2)]
    assert found[0] == found[1] != {}


@pytest.mark.parametrize("block", [1000, 7777, 300_000])
def test_the_loudest_seconds_are_listened_to_and_half_a_second_before_them(block: int) -> None:
    rate = 1000.0
    dry = 0.01 * np.sin(np.arange(60_000.0))[None]
    dry[:, 30_000:33_000] *= 100.0
    pairs = [(dry[:, at : at + block], dry[:, at : at + block] + 1.0) for at in range(0, dry.shape[1], block)]
    excerpt = loudest(pairs, rate)
    assert excerpt is not None
    assert excerpt.dry.shape == (1, math.ceil((WARM + LISTENED) * rate))
    assert excerpt.warm == 500
    np.testing.assert_array_equal(excerpt.target, excerpt.dry + 1.0)
    if block == 1000:
        assert np.sum(excerpt.dry**2) > 0.9 * np.sum(dry**2)


def test_a_short_recording_is_listened_to_as_a_whole() -> None:
    audio = bursts(3000, 9)
    excerpt = loudest([(audio[:, :2000], audio[:, :2000]), (audio[:, 2000:], audio[:, 2000:])], 1000.0)
    assert excerpt is not None
    assert excerpt.warm == 0
    np.testing.assert_array_equal(excerpt.dry, audio)
