"""Compressor, gate and drive against ten-line oracles, their curves, and audio that breaks logarithms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph

Array = NDArray[np.float64]
Run = Callable[..., tuple[Any, Any]]

RATES = [44_100.0, 48_000.0, 96_000.0]
RATE = 48_000.0
TEXTS = [
    "compressor", "compressor(knee=12)", "compressor(ratio=1)", "compressor(ratio=20, attack=0.0001, threshold=-60)",
    "gate", "gate(depth=0)", "gate(threshold=0, ratio=20)", "drive", "drive(drive=48)",
    'drive(drive=30, shape="cubic")',
]  # fmt: skip


def bursts(frames: int, seed: int = 2) -> Array:
    """Return noise whose level changes by 60 dB, and silence."""
    random = np.random.default_rng(seed)
    levels = np.repeat(10.0 ** random.uniform(-3.0, 0.0, frames // 100), 100)
    levels[: frames // 10] = 0.0
    return np.asarray(random.uniform(-1.0, 1.0, frames) * levels)


def level(x: Array) -> Array:
    return np.asarray(20.0 * np.log10(np.maximum(np.abs(x), 1e-6)))


def smoothed(aim: Array, rise: float, fall: float, rate: float) -> Array:
    g, last = np.empty_like(aim), 0.0
    for n, u in enumerate(aim):
        alpha = math.exp(-1.0 / ((rise if u > last else fall) * rate))
        g[n] = last = alpha * last + (1.0 - alpha) * u
    return g


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("knee", [0.0, 6.0])
def test_a_compressor_computes_what_its_paper_says(knee: float, rate: float, run: Run) -> None:
    x = bursts(4000)
    excess = level(x) + 30.0
    bent = (excess + knee / 2.0) ** 2 / (2.0 * max(knee, 1e-30))
    reduction = np.where(excess > knee / 2.0, excess, np.where(excess > -knee / 2.0, bent, 0.0)) * (1.0 - 1.0 / 3.0)
    wanted = x * 10.0 ** ((2.0 - smoothed(reduction, 0.002, 0.03, rate)) / 20.0)
    settings = f"threshold=-30, ratio=3, attack=0.002, release=0.03, makeup=2, knee={knee}"
    found = run(ph.chain(f"compressor({settings})"), x, sample_rate=rate)[0][0]
    assert np.abs(found - wanted).max() < 1e-13


@pytest.mark.parametrize("rate", RATES)
def test_a_gate_closes_below_its_threshold_and_no_further_than_asked(rate: float, run: Run) -> None:
    x = bursts(4000)
    aim = np.maximum(3.0 * np.minimum(level(x) + 25.0, 0.0), -40.0)
    wanted = x * 10.0 ** (smoothed(aim, 0.0005, 0.02, rate) / 20.0)
    chain = ph.chain("gate(threshold=-25, ratio=4, attack=0.0005, release=0.02, depth=40)")
    assert np.abs(run(chain, x, sample_rate=rate)[0][0] - wanted).max() < 1e-13


@pytest.mark.parametrize(("into", "out"), [(-40.0, -40.0), (-20.0, -20.0), (-8.0, -17.0), (0.0, -15.0)])
def test_a_steady_level_comes_out_on_the_compressors_curve(into: float, out: float, run: Run) -> None:
    steady = np.full(20_000, -(10.0 ** (into / 20.0)))
    found = run(ph.chain("compressor(threshold=-20, ratio=4, attack=0.01)"), steady)[0][0, -1]
    assert 20.0 * math.log10(-found) == pytest.approx(out, abs=1e-9)


def test_attack_and_release_are_the_times_of_63_percent_of_the_way(run: Run) -> None:
    # from full scale to far below the threshold and back; release is not lengthened by the attack
    loud, quiet = np.ones(48_000), np.full(48_000, 0.01)
    audio = np.concatenate([loud, quiet])
    found = run(ph.chain("compressor(threshold=-20, ratio=2, attack=0.02, release=0.3)"), audio)[0][0]
    reduction = -20.0 * np.log10(found / audio)
    assert reduction[round(0.02 * RATE) - 1] == pytest.approx(10.0 * (1.0 - math.exp(-1.0)), abs=1e-9)
    assert reduction[48_000 + round(0.3 * RATE) - 1] == pytest.approx(10.0 * math.exp(-1.0), abs=1e-9)


def test_a_knee_ends_smoothly_in_both_lines(run: Run) -> None:
    def curve(x: Any) -> Any:
        return ph.compressor(x, -20.0, 4.0, 1e-9, 1e-9, knee=10.0)

    decibels = np.arange(-40.0, 0.0, 0.01)
    slopes = np.diff(level(run(curve, 10.0 ** (decibels / 20.0))[0][0])) / 0.01
    assert slopes[0] == pytest.approx(1.0, abs=1e-9)
    assert slopes[-1] == pytest.approx(0.25, abs=1e-9)
    assert np.abs(np.diff(slopes)).max() < 1.01 * 0.75 * 0.01 / 10.0


@pytest.mark.parametrize("knee", [-1.0, math.inf, math.nan, "soft"])
def test_a_knee_that_is_no_width_is_refused(knee: Any) -> None:
    with pytest.raises(ph.ChainError, match=r"^compressor: knee must be a number of dB from 0 on, not "):
        ph.compile(lambda x: ph.compressor(x, -20.0, 4.0, 0.01, 0.1, knee=knee))


def test_a_drive_bends_as_its_shape_says(run: Run) -> None:
    x = np.linspace(-3.0, 3.0, 601)
    u = np.clip(2.0 * x, -1.0, 1.0)
    gain, level_db = 20.0 * math.log10(2.0), 20.0 * math.log10(0.5)
    tanh = run(lambda s: ph.drive(s, gain, level_db), x)[0][0]
    cubic = run(lambda s: ph.drive(s, gain, level_db, "cubic"), x)[0][0]
    assert np.abs(tanh - 0.5 * np.tanh(2.0 * x)).max() < 1e-14
    assert np.abs(cubic - 0.5 * (1.5 * u - 0.5 * u**3)).max() < 1e-14


def test_an_unknown_shape_is_answered_with_the_nearest() -> None:
    shape: Any = "cubik"
    with pytest.raises(ph.ChainError, match=r"^drive: unknown shape 'cubik'; did you mean 'cubic'\?$"):
        ph.compile(lambda x: ph.drive(x, 0.0, shape=shape))


def hard_audio() -> dict[str, Array]:
    impulses = np.zeros(300)
    impulses[::60] = 1.0
    return {
        "silence": np.zeros(300),
        "impulses": impulses,
        "full scale": np.where(np.arange(300) % 2 == 0, 1.0, -1.0),
        "steps": np.where(np.arange(300) % 100 < 50, 1.0, 0.0),
        "direct current": np.full(300, 0.25),
        "far beyond full scale": np.full(300, 1e30),
        "subnormal numbers": np.full(300, 5e-324),
        "negative zero": np.full(300, -0.0),
    }


@pytest.mark.parametrize(("text", "name"), list(itertools.product(TEXTS, hard_audio())))
def test_no_audio_makes_a_value_or_a_partial_that_is_not_finite(text: str, name: str, run: Run) -> None:
    value, jacobian = run(ph.chain(text), hard_audio()[name])
    assert np.isfinite(value).all()
    assert np.isfinite(jacobian).all()


@pytest.mark.parametrize("text", TEXTS)
def test_silence_stays_silence(text: str, run: Run) -> None:
    value, jacobian = run(ph.chain(text), np.zeros(300))
    assert not value.any()
    assert not jacobian.any()


SENSITIVITIES = [
    ("compressor", {"threshold": -30.0, "ratio": 3.0, "attack": 0.002, "release": 0.03, "makeup": 2.0}),
    ("compressor(knee=9)", {"threshold": -25.0, "ratio": 8.0, "attack": 0.005, "release": 0.01, "makeup": -3.0}),
    ("gate", {"threshold": -25.0, "ratio": 3.0, "attack": 0.0005, "release": 0.02, "depth": 30.0}),
    ("drive", {"drive": 14.0, "level": -6.0}),
    ('drive(shape="cubic")', {"drive": 9.0, "level": 3.0}),
]


@pytest.mark.parametrize(("text", "values"), SENSITIVITIES, ids=lambda case: str(case)[:20])
def test_partials_equal_central_differences(text: str, values: dict[str, float], run: Run) -> None:
    chain, x = ph.chain(text), bursts(2000)
    _, jacobian = run(chain, x, values)
    for row, (name, value) in enumerate(values.items()):
        h = 1e-6 * abs(value)
        up, down = (run(chain, x, values | {name: value + sign * h})[0][0] for sign in (1.0, -1.0))
        slope = (up - down) / (2.0 * h)
        assert np.abs(slope).max() > 0.0
        assert np.abs(jacobian[row, 0] - slope).max() < 1e-6 * max(1.0, np.abs(slope).max())


JUMPS = {
    "compressor": (ph.compressor, [(-60.0, 0.0), (1.0, 20.0), (1e-4, 0.2), (0.005, 3.0), (-24.0, 24.0)]),
    "gate": (ph.gate, [(-80.0, 0.0), (1.0, 20.0), (1e-4, 0.2), (0.005, 3.0), (0.0, 80.0)]),
    "drive": (ph.drive, [(-24.0, 48.0), (-48.0, 24.0)]),
}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", JUMPS)
def test_parameters_that_jump_at_every_sample_stay_within_what_the_gains_allow(
    name: str, rate: float, run: Run
) -> None:
    chain, ranges = JUMPS[name]
    random = np.random.default_rng(4)
    frames = 100_000
    x = random.uniform(-1.0, 1.0, frames)
    x[-20_000:] = 0.0
    rows = np.array([x, *(random.uniform(low, high, frames) for low, high in ranges)])
    output = run(chain, rows, inputs=len(rows), sample_rate=rate)[0][0]
    assert np.abs(output).max() <= 10.0 ** (24.0 / 20.0)
    assert not output[-20_000:].any()


def test_a_hidden_compressor_is_learned_from_bursts() -> None:
    dry = bursts(48_000, seed=7)
    hidden = {"threshold": -26.0, "makeup": 3.0}
    target, _ = ph.value_and_jacobian(ph.chain("compressor"), dry, sample_rate=RATE, parameters=hidden)
    learner = ph.Learner(ph.chain("compressor"), loss=ph.MSE(window=32), optimizer=ph.SGD(0.2))
    for name in ("ratio", "attack", "release"):
        learner.parameters[name].locked = True
    learner.learn(dry, target, sample_rate=RATE, passes=40)
    for name, value in hidden.items():
        assert learner.parameters[name].value == pytest.approx(value, abs=0.01)
