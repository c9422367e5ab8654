"""The frequency response of a chain: that of its impulse response, with exact partials, or a refusal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost.compile.response import response_tape
from pyhost.learn.parameters import Parameters

Array = NDArray[np.float64]
Chain = Callable[[ph.Signal], ph.Signal]
RATE = 48_000.0
FRAMES = 1 << 15
BINS = np.array([0, 1, 40, 300, 1000, 3333, 8191, 12_000, 16_384])

TEXTS = [
    "gain(gain=0.5) | dc(dc=0.3)",
    "onepole(pole=0.7)",
    "lowpass(cutoff=900)",
    "lowpass2(frequency=2500, q=3)",
    "highpass2(frequency=700)",
    "bandpass(frequency=4000, q=2)",
    "notch(frequency=1500, q=2)",
    "allpass(frequency=3000)",
    "peaking(frequency=2500, q=2, gain=-9)",
    "lowshelf(frequency=800, q=0.5, gain=6)",
    "highshelf(frequency=6000, q=2, gain=12)",
    "peq(bands=3, low_gain=5, band1_gain=-8, high_gain=9)",
    "biquad(b0=0.5, b1=0.2, b2=-0.1, k1=-0.6, k2=0.4)",
    "fir(taps=[0.5, -0.2, 0.1, 0.7])",
    "iir",
    "delay(delay=12.3, maximum=40)",
]


def comb(x: ph.Signal) -> ph.Signal:
    gain = ph.param("gain", 0.6)
    return ph.feedback(lambda y: x + gain * ph.delay(y, ph.param("by", 6.4, minimum=1.0, maximum=20.0), maximum=20))


def network(x: ph.Signal) -> ph.Signal:
    turn = ph.param("turn", 0.5)
    c, s = 0.9 * ph.cos(turn), 0.9 * ph.sin(turn)
    first, second, third = ph.feedback(
        lambda a, b, d: (c * a - s * b + x, s * a + c * b + 0.1 * d, 0.5 * d + ph.taps(a, 3)[2])
    )
    return first + second / ph.maximum(ph.param("by", 2.0), 1.0) - 0.5 * third


def unusual(x: ph.Signal) -> ph.Signal:
    a, b = ph.param("a", 0.8), ph.param("b", 0.3)
    weights = ph.stack([ph.tanh(a), b**2.0, ph.sqrt(a), abs(-b), ph.exp(b), ph.atan(a), ph.log(a), a / b])
    window = ph.taps(x, 8)
    return ph.sum(window * weights) + ph.select2(a > b, x, ph.minimum(a, b) * ph.mem(x)) + ph.dot(weights, 2.0 * window)


CHAINS: list[tuple[str, Chain]] = [(text, ph.chain(text)) for text in TEXTS]
CHAINS += [(chain.__name__, chain) for chain in (comb, network, unusual)]
each_chain = pytest.mark.parametrize("chain", [c for _, c in CHAINS], ids=[name for name, _ in CHAINS])


def tape_at(chain: Chain, values: Array, past: NDArray[np.complex128]) -> tuple[Array, Array]:
    response, partials = response_tape(ph.compile(chain)).evaluate(values, past, RATE, partials=True)
    assert partials is not None
    return response, partials


@each_chain
def test_the_response_is_the_transform_of_the_impulse_response_and_so_are_its_partials(chain: Chain) -> None:
    impulse = np.eye(1, FRAMES)[0]
    with_impulse, slopes = ph.value_and_jacobian(chain, impulse, sample_rate=RATE)
    silent, silent_slopes = ph.value_and_jacobian(chain, 0.0 * impulse, sample_rate=RATE)
    wanted = np.fft.rfft(with_impulse[0] - silent[0])[BINS]
    wanted_slopes = np.fft.rfft((slopes - silent_slopes)[:, 0])[:, BINS]
    values = Parameters(ph.compile(chain).parameters).values_array()
    response, partials = tape_at(chain, values[None], np.exp(-2j * np.pi * BINS / FRAMES))
    assert np.allclose(response[0], wanted, rtol=1e-9, atol=1e-10)
    assert np.allclose(partials[0], wanted_slopes, rtol=1e-8, atol=1e-9 * max(1.0, np.abs(wanted_slopes).max()))
    frequencies = BINS * RATE / FRAMES
    assert np.allclose(ph.frequency_response(chain, frequencies, sample_rate=RATE), response[0], rtol=1e-9, atol=1e-12)


@each_chain
def test_partials_are_central_differences_for_several_values_side_by_side(chain: Chain) -> None:
    start = Parameters(ph.compile(chain).parameters).values_array()
    sets = np.stack([start, 1.001 * start + 1e-3])
    past = np.exp(-1e-3 - 2j * np.pi * BINS / FRAMES)
    _, partials = tape_at(chain, sets, past)
    for place in range(start.size):
        step = 1e-5 * np.maximum(np.abs(sets[:, place]), 1.0)
        up, down = sets.copy(), sets.copy()
        up[:, place] += step
        down[:, place] -= step
        slope = (tape_at(chain, up, past)[0] - tape_at(chain, down, past)[0]) / (2.0 * step)[:, None]
        assert np.allclose(partials[:, place], slope, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        (lambda x: x * x, "multiply of two signals"),
        (lambda x: 1.0 / x, "divides by a signal"),
        (ph.sin, "takes sin of a signal"),
        (abs, "takes absolute of a signal"),
        (lambda x: ph.delay(x, x, maximum=5), "takes delay of a signal"),
        (lambda x: x * ph.osc(440.0), "goes round that does not depend on the input"),
        (ph.chain("compressor"), "of a signal that depends on the input"),
        (lambda x: ph.stop_gradient(x * ph.param("gain", 1.0)), "stops the gradient"),
    ],
)
def test_what_is_not_linear_is_refused_with_the_reason(chain: Chain, why: str) -> None:
    with pytest.raises(ph.ChainError, match=why):
        ph.frequency_response(chain, [1000.0], sample_rate=RATE)


def test_a_chain_that_does_not_hear_its_input_has_the_response_0() -> None:
    assert ph.frequency_response(lambda x: ph.param("dc", 0.5) + 0.0, [0, 100], sample_rate=RATE).tolist() == [0, 0]


def test_values_are_those_of_a_learner_unless_they_are_given() -> None:
    learner = ph.Learner(lambda x: x * ph.param("gain", 1.0))
    learner.parameters["gain"].value = 3.0
    assert ph.frequency_response(learner, [50], sample_rate=RATE) == 3.0
    assert ph.frequency_response(learner, [50], sample_rate=RATE, parameters={"gain": 2.0}) == 2.0


def test_frequencies_out_of_range_and_a_missing_rate_are_refused() -> None:
    for wrong in ([-1.0], [24_001.0], [np.nan], 100.0, ["a"]):
        with pytest.raises(ph.InputError, match="from 0 to 24000 Hz"):
            ph.frequency_response(ph.mem, wrong, sample_rate=RATE)  # type: ignore[arg-type]
    with pytest.raises(ph.InputError, match="sample_rate="):
        ph.frequency_response(ph.mem, [100.0])
