"""Oscillators: their waves, how clean they are, and partials that are real gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph

Array = NDArray[np.float64]
Run = Callable[..., tuple[Any, Any]]

RATE = 48_000.0
WAVES: dict[str, Callable[..., ph.Signal]] = {"osc": ph.osc, "saw": ph.saw, "square": ph.square}


def phase(frequency: float, frames: int, shift: float = 0.0, rate: float = RATE) -> Array:
    """Return the phase as it is after each step, away from rounding's reach of 0."""
    return np.asarray((np.arange(1, frames + 1) * frequency / rate + shift) % 1.0)


def rendered(run: Run, chain: Callable[[Any], Any], frames: int, **parameters: float) -> Array:
    return np.asarray(run(chain, np.zeros(frames), parameters)[0][0])


@pytest.mark.parametrize("rate", [44_100.0, 48_000.0, 96_000.0])
@pytest.mark.parametrize("shift", [0.0, 0.25, -0.6])
@pytest.mark.parametrize("frequency", [20.0, 997.0, 12_345.6])
def test_the_waves_are_those_of_their_phase(frequency: float, shift: float, rate: float, run: Run) -> None:
    p = phase(frequency, 3000, shift, rate)
    silence = np.zeros(3000)
    sine, saw, square = (
        run(lambda x, wave=wave: wave(frequency, shift), silence, sample_rate=rate)[0][0]
        for wave in (ph.osc, lambda f, s: ph.saw(f, s, "hard"), lambda f, s: ph.square(f, s, "hard"))
    )
    away = (np.abs(p - 0.5) < 0.5 - 1e-9) & (np.abs(p - 0.5) > 1e-9)
    assert np.abs(sine - np.sin(2.0 * np.pi * p)).max() < 1e-9
    assert np.abs(saw - (2.0 * p - 1.0))[away].max() < 1e-9
    assert np.array_equal(square[away], np.where(p < 0.5, 1.0, -1.0)[away])


@pytest.mark.parametrize("name", ["saw", "square"])
def test_smooth_edges_change_nothing_but_the_samples_next_to_an_edge(name: str, run: Run) -> None:
    frequency, period = 997.0, 997.0 / RATE
    hard, smooth = (rendered(run, lambda x, e=e: WAVES[name](frequency, 0.0, e), 5000) for e in ("hard", "smooth"))
    p = phase(frequency, 5000)
    edges = [0.0, 1.0] if name == "saw" else [0.0, 0.5, 1.0]
    near = np.min([np.abs(p - edge) for edge in edges], axis=0) < period
    assert np.abs(hard - smooth)[~near].max() < 1e-12
    assert np.abs(hard - smooth)[near].max() > 0.5
    assert np.abs(smooth).max() <= 1.0 + 1e-12


def alias_and_fundamental(wave: Array, frequency_bin: int) -> tuple[float, float]:
    """Return the energy outside of the harmonics beside all of it in dB, and the amplitude of the fundamental."""
    spectrum = np.abs(np.fft.rfft(wave)) / (len(wave) / 2)
    harmonics = np.zeros(len(spectrum), dtype=bool)
    harmonics[::frequency_bin] = True
    outside = float(np.sum(spectrum[~harmonics] ** 2) / np.sum(spectrum**2))
    return 10.0 * math.log10(outside), float(spectrum[frequency_bin])


@pytest.mark.parametrize(("name", "fundamental"), [("saw", 2.0 / math.pi), ("square", 4.0 / math.pi)])
def test_smooth_edges_alias_less_and_keep_the_fundamental(name: str, fundamental: float, run: Run) -> None:
    frames, number = 1 << 15, 701  # 1026.9 Hz: a prime number of periods, so that what aliases is no harmonic
    frequency = number * RATE / frames
    hard, smooth = (rendered(run, lambda x, e=e: WAVES[name](frequency, 0.0, e), frames) for e in ("hard", "smooth"))
    (alias_hard, _), (alias_smooth, first) = (alias_and_fundamental(wave, number) for wave in (hard, smooth))
    assert alias_smooth < alias_hard - 12.0
    assert first == pytest.approx(fundamental, rel=0.01)


def test_the_partials_of_a_hard_saw_are_those_of_its_phase_and_a_hard_square_has_none(run: Run) -> None:
    def chain_of(wave: Callable[..., ph.Signal]) -> Callable[[Any], ph.Signal]:
        return lambda x: wave(ph.param("frequency", 440.0), ph.param("phase", 0.1), "hard")

    _, saw = run(chain_of(ph.saw), np.zeros(500))
    _, square = run(chain_of(ph.square), np.zeros(500))
    assert np.allclose(saw[0, 0], 2.0 * np.arange(1, 501) / RATE, rtol=1e-12)
    assert np.array_equal(saw[1, 0], np.full(500, 2.0))
    assert not square.any()


@pytest.mark.parametrize("frequency", [55.0, 997.3, 7777.7])
@pytest.mark.parametrize("name", WAVES)
def test_the_partials_of_smooth_waves_equal_central_differences_across_their_edges(
    name: str, frequency: float, run: Run
) -> None:
    def chain(x: Any) -> ph.Signal:
        return WAVES[name](ph.param("frequency", 440.0), ph.param("phase"))

    values = {"frequency": frequency, "phase": 0.137}
    _, jacobian = run(chain, np.zeros(2000), values)
    for row, (parameter, h) in enumerate({"frequency": 1e-8 * frequency, "phase": 1e-8}.items()):
        up, down = (rendered(run, chain, 2000, **values | {parameter: values[parameter] + s * h}) for s in (1, -1))
        slope = (up - down) / (2.0 * h)
        assert np.abs(slope).max() > 0.0
        # where a sample crosses the border between two pieces of the wave a difference sees both
        matching = np.abs(jacobian[row, 0] - slope) < 1e-4 * np.abs(slope).max()
        assert matching.mean() > 0.999


@pytest.mark.parametrize("name", ["saw", "square"])
def test_the_partials_of_smooth_waves_add_up_to_what_changes_and_those_of_hard_ones_do_not(name: str, run: Run) -> None:
    shifts = np.linspace(0.0, 0.3, 1001)

    def change_and_integral(edges: str) -> tuple[Array, Array]:
        def chain(x: Any) -> ph.Signal:
            return WAVES[name](500.0, x + ph.param("phase"), edges)

        waves, (slopes,) = run(chain, np.repeat(shifts[:, None], 96, axis=1))
        return waves[-1] - waves[0], np.sum((slopes[1:] + slopes[:-1]) / 2.0, axis=0) * (shifts[1] - shifts[0])

    change, integral = change_and_integral("smooth")
    assert np.abs(change - integral).max() < 0.01
    change, integral = change_and_integral("hard")
    assert np.abs(change - integral).max() > 1.9


@pytest.mark.parametrize("frequency", [0.0, 1e-9, 0.5 * RATE, 30_000.0])
@pytest.mark.parametrize("name", WAVES)
def test_no_frequency_makes_a_value_or_a_partial_that_is_not_finite(name: str, frequency: float, run: Run) -> None:
    def chain(x: Any) -> ph.Signal:
        return WAVES[name](ph.param("frequency", 440.0), ph.param("phase"))

    value, jacobian = run(chain, np.zeros(300), {"frequency": frequency})
    assert np.isfinite(value).all()
    assert np.isfinite(jacobian).all()


@pytest.mark.parametrize("name", WAVES)
def test_a_frequency_that_jumps_at_every_sample_keeps_a_wave_within_its_bounds(name: str, run: Run) -> None:
    random = np.random.default_rng(6)
    rows = np.array([20.0 * 1000.0 ** random.random(100_000), random.uniform(-1.0, 1.0, 100_000)])
    output = run(WAVES[name], rows, inputs=2)[0][0]
    assert np.isfinite(output).all()
    assert np.abs(output).max() <= 1.0 + 1e-12


def test_without_a_phase_an_oscillator_costs_no_addition() -> None:
    plain, shifted = (ph.compile(lambda x, p=p: ph.osc(440.0, p)) for p in (0.0, 0.25))
    assert len(plain.ops) < len(shifted.ops)


@pytest.mark.parametrize("name", ["saw", "square"])
def test_unknown_edges_are_answered_with_the_nearest(name: str) -> None:
    with pytest.raises(ph.ChainError, match=rf"^{name}: unknown edges 'smoth'; did you mean 'smooth'\?$"):
        ph.compile(lambda x: WAVES[name](440.0, 0.0, "smoth"))


@pytest.mark.parametrize("name", WAVES)
def test_the_phase_and_amplitude_of_an_oscillator_are_learned(name: str) -> None:
    learner = ph.Learner(
        ph.chain(f"{name}(frequency=440) | gain(gain=1)"), loss=ph.MSE(window=1), optimizer=ph.SGD(3e-5)
    )
    learner.parameters["frequency"].locked = True
    teacher = ph.chain(f"{name}(frequency=440, phase=0.1) | gain(gain=0.5)")
    silence = np.full(48_000, 1e-9)
    target, _ = ph.value_and_jacobian(teacher, silence, sample_rate=RATE)
    learner.learn(silence, target, sample_rate=RATE, passes=10)
    assert learner.parameters["phase"].value == pytest.approx(0.1, abs=1e-3)
    assert learner.parameters["gain"].value == pytest.approx(0.5, abs=1e-2)
