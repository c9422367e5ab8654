"""The blocks of the text form: what each computes, and what a help text says of it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from pyhost._binding import Interpreter
from pyhost.compile.build import compile
from pyhost.compile.lower import lower
from pyhost.errors import ChainError
from pyhost.graph.blocks import blocks, find_block
from pyhost.graph.text import parse
from pyhost.graph.trace import trace

RATE = 48000.0
NOISE = np.random.default_rng(3).uniform(-1.0, 1.0, 64)
NAMES = [block.name for block in blocks()]

SECTIONS = {f"section{number}_{name}" for name in ("b1", "b2", "k1", "k2") for number in (1, 2)}
PLAIN_NUMBERS = {"gain", "dc", "delay", "taps", "b", "a", "b0", "b1", "b2", "k1", "k2", "pole", *SECTIONS}
"""Parameters that are learned as they are: coefficients, and the delay."""

RANGES = {
    ("gain", "gain"): "0 to 4",
    ("dc", "dc"): "-1 to 1",
    ("fir", "taps"): "any number",
    ("iir", "b"): "any number",
    ("iir", "a"): "any number",
    ("biquad", "b0"): "any number",
    ("biquad", "k1"): "-0.9999 to 0.9999",
    ("onepole", "pole"): "-0.999 to 0.999",
    ("lowpass", "cutoff"): "20 to 20000 Hz",
    ("delay", "delay"): "0 to maximum samples",
    ("delay", "maximum"): "1 to 16777216 samples",
    ("delay", "interpolation"): "none, linear, lagrange3",
    ("path", "delay"): "0 to longest s",
    ("path", "longest"): "0.001 to 10 s",
    ("path", "gain"): "-4 to 4",
    ("tone", "frequency"): "20 to 20000 Hz",
    ("tone", "q"): "1 to 100",
    ("peaking", "frequency"): "20 to 20000 Hz",
    ("peaking", "q"): "0.1 to 10",
    ("peaking", "gain"): "-24 to 24 dB",
    ("peq", "band4_frequency"): "20 to 20000 Hz",
    ("peq", "bands"): "2 to 32",
    ("compressor", "threshold"): "-60 to 0 dB",
    ("compressor", "ratio"): "1 to 20",
    ("compressor", "attack"): "0.0001 to 0.2 s",
    ("compressor", "release"): "0.005 to 3 s",
    ("compressor", "makeup"): "-24 to 24 dB",
    ("compressor", "knee"): "0 to 40 dB",
    ("gate", "depth"): "0 to 80 dB",
    ("drive", "drive"): "-24 to 48 dB",
    ("drive", "shape"): "tanh, cubic",
    ("osc", "phase"): "-1 to 1 periods",
    ("saw", "edges"): "smooth, hard",
}


def run(text: str, audio: NDArray[np.float64] = NOISE) -> NDArray[np.float64]:
    """Return what a chain makes of audio at its start values."""
    program = compile(parse(text))
    interpreter = Interpreter(lower(program, RATE, 1))
    interpreter.set_parameters(np.array([v for spec in program.parameters for v in spec.default]))
    output, _ = interpreter.process(audio[None])
    return output.ravel()


def recursive(x: NDArray[np.float64], b: list[float], a: float) -> NDArray[np.float64]:
    """Return y[n] = b[0] x[n] + b[1] x[n-1] + … + a y[n-1]."""
    driven = np.convolve(x, b)[: len(x)]
    y, last = np.empty_like(x), 0.0
    for n, value in enumerate(driven):
        y[n] = last = value + a * last
    return y


@pytest.mark.parametrize("name", ["gain", "onepole", "delay", "biquad"])
def test_these_blocks_change_nothing_as_they_start(name: str) -> None:
    assert np.array_equal(run(name), NOISE)


def test_gain_multiplies_and_dc_adds() -> None:
    assert np.allclose(run("gain(gain=0.5) | dc(dc=-0.25)"), NOISE * 0.5 - 0.25, atol=1e-15)


def test_fir_starts_silent_with_as_many_taps_as_asked() -> None:
    assert not run("fir(taps=3)").any()
    assert trace(parse("fir")).parameters[0].default == (0.0,) * 8
    assert trace(parse("fir(taps=3)")).parameters[0].shape == (3,)


@pytest.mark.parametrize("taps", [[0.5], [1.0, -0.5], [0.25, 0.0, -1.5, 2.0]])
def test_fir_convolves_with_its_start_values(taps: list[float]) -> None:
    assert np.allclose(run(f"fir(taps={taps})"), np.convolve(NOISE, taps)[:64], atol=1e-14)


def test_onepole_feeds_back() -> None:
    assert np.allclose(run("onepole(pole=-0.7)"), recursive(NOISE, [1.0], -0.7), atol=1e-13)


def test_lowpass_is_the_butterworth_filter_of_first_order() -> None:
    c = 1.0 / np.tan(np.pi * 800.0 / RATE)
    oracle = recursive(NOISE, [1.0 / (1.0 + c)] * 2, (c - 1.0) / (c + 1.0))
    assert np.allclose(run("lowpass(cutoff=800)"), oracle, atol=1e-13)


@pytest.mark.parametrize("interpolation", ["none", "linear", "lagrange3"])
def test_delay_delays_by_whole_samples_however_it_interpolates(interpolation: str) -> None:
    oracle = np.concatenate([np.zeros(5), NOISE[:-5]])
    assert np.allclose(run(f'delay(delay=5, maximum=9, interpolation="{interpolation}")'), oracle, atol=1e-14)


def test_delay_by_half_a_sample_is_a_mean_if_linear() -> None:
    oracle = 0.5 * (NOISE + np.concatenate([[0.0], NOISE[:-1]]))
    assert np.allclose(run('delay(delay=0.5, interpolation="linear")'), oracle, atol=1e-15)


def test_a_path_delays_by_a_time_and_multiplies() -> None:
    oracle = np.concatenate([np.zeros(24), -0.5 * NOISE[:-24]])
    assert np.allclose(run("path(delay=0.0005, gain=-0.5)"), oracle, atol=1e-12)


def test_a_path_is_as_long_as_asked_up_to_192_khz() -> None:
    x = np.random.default_rng(4).uniform(-1.0, 1.0, 2000)
    program = compile(parse("path(delay=0.01, longest=0.01)"))
    interpreter = Interpreter(lower(program, 192_000.0, 1))
    interpreter.set_parameters(np.array([0.01, 1.0]))
    output, _ = interpreter.process(x[None])
    assert np.allclose(output.ravel()[1920:], x[:80], atol=1e-9)


def test_a_tone_is_let_through_and_little_else() -> None:
    n = np.arange(48_000)
    for frequency, least, most in ((440.0, 0.99, 1.01), (660.0, 0.0, 0.07)):
        out = run("tone(frequency=440, q=20)", np.sin(2.0 * np.pi * frequency / RATE * n))
        assert least < np.abs(out[24_000:]).max() < most


def test_the_maximum_of_a_delay_bounds_its_parameter() -> None:
    (spec,) = trace(parse("delay(maximum=48)")).parameters
    assert (spec.minimum, spec.maximum, spec.unit, spec.normalised) == (0.0, 48.0, "samples", False)


def test_what_has_a_unit_of_its_own_is_learned_normalised_so_that_one_rate_suits_all() -> None:
    specs = [spec for name in NAMES for spec in trace(parse(name)).parameters]
    assert all(spec.normalised for spec in specs if spec.unit not in ("", "samples"))
    assert {spec.name for spec in specs if not spec.normalised} == PLAIN_NUMBERS


def test_frequencies_times_and_ratios_are_learned_by_ratios() -> None:
    specs = [spec for name in NAMES for spec in trace(parse(name)).parameters]
    assert {spec.name.rpartition("_")[2] for spec in specs if spec.scale == "log"} == {
        "attack", "cutoff", "frequency", "q", "ratio", "release",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["peaking", "lowshelf", "highshelf", "peq", "peq(bands=2)", "peq(bands=11)"])
def test_without_gain_an_equaliser_changes_nothing(name: str) -> None:
    assert np.allclose(run(name), NOISE, atol=1e-12)


def test_the_bands_of_an_equaliser_start_spread_by_equal_ratios() -> None:
    specs = trace(parse("peq(bands=6)")).parameters
    starts = [spec.default[0] for spec in specs if spec.unit == "Hz"]
    assert starts == [60.0, 173.0, 500.0, 1441.0, 4159.0, 12000.0]
    assert {spec.default[0] for spec in specs if spec.unit == "dB"} == {0.0}


def test_an_equaliser_is_its_bands_one_after_the_other() -> None:
    whole = "peq(low_gain=6, band1_frequency=2000, band1_q=3, band1_gain=-9, high_frequency=5000, high_gain=4, bands=3)"
    parts = "lowshelf(frequency=60, gain=6) | peaking(frequency=2000, q=3, gain=-9) | highshelf(frequency=5000, gain=4)"
    assert np.array_equal(run(whole), run(parts))


@pytest.mark.parametrize("name", ["osc", "saw", "square"])
def test_an_oscillator_takes_the_place_of_what_comes_in(name: str) -> None:
    assert np.array_equal(run(f"{name}(frequency=997)"), run(f"{name}(frequency=997)", np.zeros(64)))
    assert np.ptp(run(f"{name}(frequency=997)")) > 1.0


def test_iir_adds_its_past_outputs() -> None:
    assert np.allclose(run("iir(b=[1, 0.3], a=[-0.7])"), recursive(NOISE, [1.0, 0.3], -0.7), atol=1e-13)


def test_a_biquad_is_given_by_its_reflection_coefficients() -> None:
    k1, k2 = -0.6, 0.8
    text = f"iir(b=[0.5, 0.2, -0.1], a=[{-k1 * (1 + k2)}, {-k2}])"
    assert np.allclose(run(f"biquad(b0=0.5, b1=0.2, b2=-0.1, k1={k1}, k2={k2})"), run(text), atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_the_usage_of_a_block_parses_to_what_its_name_alone_does(name: str) -> None:
    usage = find_block(name).usage
    assert parse(usage).text == usage
    assert trace(parse(usage)).parameters == trace(parse(name)).parameters
    assert np.array_equal(run(usage), run(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_block_and_argument_has_a_plain_name_and_a_summary(name: str) -> None:
    block = find_block(name)
    names = [argument.name for argument in block.arguments]
    assert len(set(names)) == len(names)
    for described in (block, *block.arguments):
        assert re.fullmatch("[a-z]+[0-9]?(_[a-z]+[0-9]?)*", described.name)
        assert described.summary


def test_no_two_blocks_have_the_same_name() -> None:
    assert len(set(NAMES)) == len(NAMES)


def test_ranges_are_told_with_their_units() -> None:
    told = {(block.name, a.name): a.range_text for block in blocks() for a in block.arguments}
    for (block, argument), text in RANGES.items():
        assert told[block, argument] == text


def test_an_unknown_block_is_answered_with_the_nearest() -> None:
    with pytest.raises(ChainError, match=r"^unknown block 'lowpas'; did you mean 'lowpass'\?$"):
        find_block("lowpas")
