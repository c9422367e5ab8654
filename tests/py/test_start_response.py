"""The start by the response: linear chains find their parameters from anywhere, and others are left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost.learn.response_estimate import from_rest, from_windows

Array = NDArray[np.float64]
RATE = 48_000
FRAMES = 1 << 16
GRID = np.geomspace(20.0, 20_000.0, 400)

HIDDEN = {
    "low_frequency": 90.0, "low_q": 0.8, "low_gain": 9.0,
    "band1_frequency": 2400.0, "band1_q": 3.0, "band1_gain": -12.0,
    "high_frequency": 7000.0, "high_q": 0.5, "high_gain": 7.0,
}  # fmt: skip


def learned(text: str, target: Array, dry: Array, **settings: Any) -> ph.Learner:
    learner = ph.Learner(ph.chain(text), optimizer=ph.SGD(1e-12))
    learner.learn(dry, target, sample_rate=RATE, evaluate=False, **settings)
    return learner


def made(text: str, dry: Array, values: dict[str, float]) -> Array:
    return ph.value_and_jacobian(ph.chain(text), dry, sample_rate=RATE, parameters=values)[0]


def difference(learner: ph.Learner, text: str, values: dict[str, float]) -> float:
    """Return the mean absolute difference of the responses in dB."""
    found = ph.frequency_response(learner, GRID, sample_rate=RATE)
    wanted = ph.frequency_response(ph.chain(text), GRID, sample_rate=RATE, parameters=values)
    return float(np.mean(np.abs(20.0 * np.log10(np.abs(found / wanted)))))


def random_values(bands: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    frequencies = np.sort(np.exp(rng.uniform(np.log(30.0), np.log(15_000.0), bands)))
    names = ["low", *(f"band{i}" for i in range(1, bands - 1)), "high"]
    values = {}
    for name, frequency in zip(names, frequencies, strict=True):
        values[f"{name}_frequency"] = float(frequency)
        values[f"{name}_q"] = float(np.exp(rng.uniform(np.log(0.3), np.log(4.0))))
        values[f"{name}_gain"] = float(rng.uniform(-18.0, 18.0))
    return values


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_equaliser_of_six_bands_is_found_at_once(seed: int) -> None:
    dry, values = ph.noise(FRAMES), random_values(6, seed)
    learner = learned("peq(bands=6)", made("peq(bands=6)", dry, values), dry)
    assert difference(learner, "peq(bands=6)", values) < 0.05
    assert set(learner.coarse.response) == set(learner.parameters)
    assert "found in the response" in str(learner.coarse)


def test_what_is_found_is_exact_to_rounding_where_the_recordings_are() -> None:
    dry = ph.noise(FRAMES)
    learner = learned("peq(bands=3)", made("peq(bands=3)", dry, HIDDEN), dry)
    for name, value in HIDDEN.items():
        assert learner.parameters[name].value == pytest.approx(value, rel=1e-4)


def test_noise_in_the_target_costs_little() -> None:
    dry = ph.noise(FRAMES)
    target = made("peq(bands=3)", dry, HIDDEN)
    target += np.random.default_rng(7).standard_normal(target.shape) * 1e-2 * np.sqrt(np.mean(target**2))
    assert difference(learned("peq(bands=3)", target, dry), "peq(bands=3)", HIDDEN) < 0.1


def test_a_target_cut_out_of_a_longer_one_is_explained_by_windows() -> None:
    dry = ph.noise(2 * FRAMES)
    target = made("peq(bands=3)", dry, HIDDEN)
    learner = learned("peq(bands=3)", target[:, FRAMES:], dry[FRAMES:], align="off")
    assert difference(learner, "peq(bands=3)", HIDDEN) < 0.3


def test_several_channels_and_an_offset_are_taken_into_account() -> None:
    dry = np.stack([ph.noise(2 * FRAMES)[:FRAMES], ph.noise(2 * FRAMES)[FRAMES:]])
    target = np.pad(made("peq(bands=3)", dry, HIDDEN), ((0, 0), (300, 0)))[:, :FRAMES]
    learner = learned("peq(bands=3)", target, dry)
    assert learner.coarse.offset == 300
    assert difference(learner, "peq(bands=3)", HIDDEN) < 0.01


def test_a_group_delay_that_correlation_takes_for_an_offset_is_not_one() -> None:
    rng = np.random.default_rng(3)
    dry = np.convolve(rng.standard_normal(FRAMES), np.hanning(400))[:FRAMES] * 0.01 + 1e-4 * ph.noise(FRAMES)
    values = HIDDEN | {"low_frequency": 300.0, "low_q": 4.0, "low_gain": 20.0, "high_gain": -18.0}
    target = made("peq(bands=3)", dry, values)
    learner = learned("peq(bands=3)", target, dry)
    assert learner.alignment is not None
    assert abs(learner.alignment.offset) >= 1.0
    assert learner.coarse.offset == 0
    assert difference(learner, "peq(bands=3)", values) < 0.01


@pytest.mark.parametrize(
    "text", ["gain | dc", "fir(taps=8)", "onepole", "lowpass | gain", "peaking", "drive | peq(bands=3)", "compressor"]
)
def test_chains_of_no_or_one_band_and_such_as_are_not_linear_keep_their_start(text: str) -> None:
    dry = ph.noise(8192)
    learner = learned(text, 0.5 * dry, dry)
    assert learner.coarse.response == {}
    assert all(np.allclose(p.value, p.default, rtol=1e-3, atol=1e-3) for p in learner.parameters.values())


def test_any_linear_chain_is_started_so_if_it_is_asked_for() -> None:
    dry = ph.noise(FRAMES)
    text, values = "gain | lowpass", {"gain": 0.5, "cutoff": 4000.0}
    learner = learned(text, made(text, dry, values), dry, start="response")
    assert learner.coarse.response == pytest.approx(values, rel=1e-6)


@pytest.mark.parametrize("change", ["lock", "set"])
def test_values_set_by_hand_keep_their_start_and_locked_ones_stay(change: str) -> None:
    dry = ph.noise(FRAMES)
    learner = ph.Learner(ph.chain("peq(bands=3)"), optimizer=ph.SGD(1e-12))
    parameter = learner.parameters["low_gain"]
    if change == "lock":
        parameter.locked = True
    else:
        parameter.value = 1.0
    learner.learn(dry, made("peq(bands=3)", dry, HIDDEN), sample_rate=RATE, evaluate=False)
    assert ("low_gain" in learner.coarse.response) is False
    assert bool(learner.coarse.response) is (change == "lock")


def test_off_and_too_short_recordings_start_where_the_chain_does() -> None:
    dry = ph.noise(FRAMES)
    target = made("peq(bands=3)", dry, HIDDEN)
    assert learned("peq(bands=3)", target, dry, start="off").coarse.response == {}
    assert learned("peq(bands=3)", target[:, :2000], dry[:2000]).coarse.response == {}


def test_the_same_recordings_give_the_same_start_to_the_bit() -> None:
    dry = ph.noise(FRAMES)
    target = made("peq(bands=3)", dry, HIDDEN)
    first, second = (learned("peq(bands=3)", target, dry).coarse.response for _ in range(2))
    assert first == second


def test_a_wrong_choice_names_the_right_ones() -> None:
    with pytest.raises(ph.InputError, match="'auto', 'off' or 'response'"):
        learned("gain", ph.noise(100), ph.noise(100), start="best")


@pytest.mark.parametrize(("estimator", "within"), [(from_rest, 1e-5), (from_windows, 0.2)])
def test_the_estimate_is_the_response_where_it_is_said_to_be(estimator: Callable[..., Any], within: float) -> None:
    dry = ph.noise(FRAMES)[None]
    pole = 0.9
    target = ph.value_and_jacobian(lambda x: ph.onepole(x, pole), dry, sample_rate=RATE)[0]
    estimate = estimator(dry, target, RATE)
    wanted = 1.0 / (1.0 - pole * estimate.past)
    assert np.max(np.abs(estimate.response / wanted - 1.0)) < within
    assert np.sum(estimate.weight**2) == pytest.approx(1.0)


def test_silence_tells_no_response() -> None:
    silence = np.zeros((1, FRAMES))
    assert from_rest(silence, silence, RATE) is None
    assert from_windows(ph.noise(FRAMES)[None], silence, RATE) is None
