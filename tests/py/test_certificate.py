"""The certificate of stability: poles that a program has against those that its filter is known to have."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.compile.loops import loops

RATE = 48_000.0


def poles(chain: Any, **parameters: Any) -> Any:
    return ph.poles(chain, sample_rate=RATE, parameters=parameters)


def assert_same(found: Any, wanted: Any, tolerance: float = 1e-9) -> None:
    """Each of the wanted is found once, and nothing but zeros besides."""
    left = list(found)
    for pole in wanted:
        nearest = min(left, key=lambda candidate: abs(candidate - pole))
        assert abs(nearest - pole) < tolerance
        left.remove(nearest)
    assert all(abs(pole) < 1e-4 for pole in left)


@pytest.mark.parametrize("text", ["gain", "fir(taps=64)", "delay(delay=30)", "gain | dc | drive"])
def test_what_does_not_go_round_has_no_poles(text: str) -> None:
    assert poles(ph.chain(text)).size == 0
    assert ph.largest_pole(ph.chain(text), sample_rate=RATE) == 0.0


@pytest.mark.parametrize("pole", [0.0, 0.5, -0.999, 0.999])
def test_the_pole_of_a_onepole_is_exact(pole: float) -> None:
    assert poles(ph.chain("onepole"), pole=pole).tolist() == [pole]


@pytest.mark.parametrize(("k1", "k2"), [(0.0, 0.0), (-0.9, 0.98), (0.5, -0.7), (0.9999, 0.9999), (-0.9999, -0.9999)])
def test_the_poles_of_a_biquad_are_the_roots_that_its_reflections_stand_for(k1: float, k2: float) -> None:
    found = poles(ph.chain("biquad"), k1=k1, k2=k2)
    assert_same(found, np.roots([1.0, k1 * (1.0 + k2), k2]))
    assert abs(found[0]) < 1.0


def test_no_reflections_within_their_bounds_give_a_pole_outside_the_unit_circle() -> None:
    random = np.random.default_rng(5)
    for k1, k2 in random.uniform(-0.9999, 0.9999, (50, 2)):
        assert ph.largest_pole(ph.chain("biquad"), sample_rate=RATE, parameters={"k1": k1, "k2": k2}) < 1.0


@pytest.mark.parametrize("text", ["lowpass2", "highpass2", "bandpass", "notch", "allpass"])
@pytest.mark.parametrize(("frequency", "q"), [(20.0, 10.0), (1000.0, 0.1), (19_000.0, 3.0)])
def test_the_poles_of_a_filter_of_second_order_are_those_of_the_cookbook(text: str, frequency: float, q: float) -> None:
    w = 2.0 * math.pi * frequency / RATE
    alpha = math.sin(w) / (2.0 * q)
    found = poles(ph.chain(text), frequency=frequency, q=q)
    assert_same(found, np.roots([1.0 + alpha, -2.0 * math.cos(w), 1.0 - alpha]))


@pytest.mark.parametrize("a", [[0.5], [0.6, -0.25], [1.2, 0.3, -0.9, 0.1], [2.5, -1.0]])
def test_the_poles_of_free_coefficients_are_the_roots_of_their_polynomial(a: list[float]) -> None:
    found = poles(ph.chain(f"iir(a={a})"))
    assert_same(found, np.roots([1.0, *(-c for c in a)]))


def test_an_unstable_filter_is_found_out() -> None:
    assert ph.largest_pole(lambda x: ph.onepole(x, -1.25), sample_rate=RATE) == 1.25


def test_equal_filters_in_a_row_keep_all_digits() -> None:
    found = poles(lambda x: ph.onepole(ph.onepole(ph.onepole(x, 0.9), 0.9), 0.9))
    assert np.abs(found - 0.9).max() < 1e-15


def test_a_loop_within_a_loop_is_one_loop() -> None:
    # z = x + o y1 + i z1, y = z: one state each, y[n] = x + (o + i) y[n−1]
    found = poles(lambda x: ph.feedback(lambda y1: ph.feedback(lambda z1: x + 0.3 * y1 + 0.4 * z1)))
    assert_same(found, [0.7])


@pytest.mark.parametrize("interpolation", ["none", "linear", "lagrange3"])
@pytest.mark.parametrize("length", [1.0, 7.0, 40.0])
def test_a_delay_by_whole_samples_in_a_loop_is_a_comb(length: float, interpolation: Any) -> None:
    found = poles(lambda x: ph.feedback(lambda y1: x + 0.5 * ph.delay(y1, length, 50, interpolation)))
    assert np.allclose(abs(found), 0.5 ** (1.0 / (length + 1.0)), rtol=1e-9)
    assert found.size == int(length) + 1


def test_a_delay_between_samples_in_a_loop_has_the_poles_of_its_interpolation() -> None:
    def chain(x: Any) -> Any:
        length = ph.param("length", 1.0, minimum=0.0, maximum=30.0)
        return ph.feedback(lambda y1: x - 0.8 * ph.delay(y1, length, 30, "linear"))

    assert_same(poles(chain, length=3.25), np.roots([1.0, 0.0, 0.0, 0.0, 0.8 * 0.75, 0.8 * 0.25]))


def test_a_window_and_a_vector_in_a_loop_count() -> None:
    def chain(x: Any) -> Any:
        return ph.feedback(lambda y1: x + ph.sum(ph.mem(ph.stack([0.3 * y1, 0.1 * y1]))) + ph.sum(ph.taps(0.1 * y1, 3)))

    assert_same(poles(chain), np.roots([1.0, -0.1, -0.5, -0.1]))


def test_a_delay_of_a_vector_in_a_loop_counts_element_by_element() -> None:
    def chain(x: Any) -> Any:
        by = ph.stack([1.0, 2.0])
        return ph.feedback(lambda y1: x + ph.sum(ph.delay(ph.stack([0.3 * y1, 0.2 * y1]), by, 4, "none")))

    assert_same(poles(chain), np.roots([1.0, 0.0, -0.3, -0.2]))


def test_what_bends_is_taken_with_its_slope_in_silence() -> None:
    assert_same(poles(lambda x: ph.feedback(lambda y1: ph.tanh(x + 0.9 * y1))), [0.9])
    assert_same(poles(lambda x: ph.feedback(lambda y1: x + y1 * y1)), [0.0])


def test_a_compressor_comes_to_rest_with_its_release_and_a_phasor_never() -> None:
    assert_same(poles(ph.chain("compressor(release=0.25)")), [math.exp(-1.0 / (0.25 * RATE))], 1e-15)
    assert poles(ph.chain("osc")).tolist() == [1.0]


def test_the_certificate_bounds_how_a_response_decays() -> None:
    chain = ph.chain("peq(low_gain=12, band1_gain=-20, band1_q=5, high_gain=-9, bands=3) | biquad(k1=-0.5, k2=0.9)")
    impulse = np.zeros(20_000)
    impulse[0] = 1.0
    value, _ = ph.value_and_jacobian(chain, impulse, sample_rate=RATE)
    early, late = (np.abs(value[0, at : at + 2000]).max() for at in (8000, 16_000))
    radius = ph.largest_pole(chain, sample_rate=RATE)
    assert (late / early) ** (1.0 / 8000.0) == pytest.approx(radius, abs=1e-4)


def test_learners_and_what_they_learned_are_taken_with_their_values() -> None:
    learner = ph.Learner(ph.chain("onepole"))
    learner.parameters["pole"].value = 0.75
    assert ph.largest_pole(learner, sample_rate=RATE) == 0.75
    assert ph.largest_pole(learner, sample_rate=RATE, parameters={"pole": 0.5}) == 0.5
    assert learner.parameters["pole"].value == 0.75


def test_the_sample_rate_is_asked_for() -> None:
    with pytest.raises(ph.InputError, match="give sample_rate= in Hz"):
        ph.poles(ph.chain("onepole"))


def test_a_loop_that_is_too_long_is_refused() -> None:
    with pytest.raises(ph.ChainError, match="holds 2501 numbers; poles are computed of 2000 at most"):
        poles(lambda x: ph.feedback(lambda y1: x + 0.5 * ph.delay(y1, 2500)))


def test_a_loop_without_a_finite_slope_is_refused() -> None:
    with pytest.raises(ph.ChainError, match="no finite slope in silence"):
        poles(lambda x: ph.feedback(lambda y1: x + ph.log(y1 * 0.0) * y1))


def test_loops_are_found_apart_and_nothing_else_is() -> None:
    assert loops(ph.compile(lambda x: ph.mem(ph.delay(x, 3))).ops) == []
    ops = ph.compile(lambda x: ph.onepole(ph.mem(ph.onepole(x, 0.5)), 0.25)).ops
    found = loops(ops)
    assert len(found) == 2
    assert not found[0] & found[1]
    assert all(any(ops[register].name == "memory" for register in loop) for loop in found)


def test_a_memory_of_itself_is_a_loop() -> None:
    assert poles(lambda x: x + ph.feedback(lambda y1: y1)).tolist() == [1.0]
