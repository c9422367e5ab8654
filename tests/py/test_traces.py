"""Reading a trace: from which sample on a parameter has arrived."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pyhost as ph


def traced(rows: Any, *, every: int = 1, frames: int | None = None) -> ph.Trace:
    """A trace whose parameter p went through these values."""
    values = np.asarray(rows, dtype=float)
    still = np.zeros(len(values))
    length = frames or len(values) * every
    return ph.Trace(48_000.0, every, still, {"p": values}, {"p": values}, (), length, 1.0, converged=False)


@pytest.mark.parametrize(
    ("course", "settled"),
    [
        ([0.5, 0.5, 0.5], 0),
        ([0.0, 0.4, 0.5, 0.5], 2),
        ([0.0, 0.5, 0.4, 0.5], 3),
        ([0.0, 0.5, 0.4], None),
        ([0.0, 0.4951, 0.5049], 1),
        ([0.0, 0.4949, 0.5051], None),
        ([0.5, np.nan, 0.5], 2),
        ([0.5, np.nan], None),
    ],
)
def test_a_parameter_has_settled_where_it_comes_to_stay(course: list[float], settled: int | None) -> None:
    assert traced(course).settled("p", 0.5) == settled


def test_a_negative_goal_is_approached_by_its_magnitude() -> None:
    assert traced([0.0, -0.4951, -0.5049]).settled("p", -0.5) == 1


def test_the_share_can_be_chosen() -> None:
    assert traced([0.0, 0.46, 0.5]).settled("p", 0.5, within=0.1) == 1
    assert traced([0.0, 0.46, 0.5]).settled("p", 0.5, within=0.01) == 2


def test_a_vector_has_settled_when_all_of_its_elements_have() -> None:
    course = [[0.0, 2.0], [1.0, 0.0], [1.0, 1.99], [1.0, 2.0]]
    assert traced(course).settled("p", [1.0, 2.0]) == 2


def test_an_element_of_zero_must_be_as_near_as_the_largest() -> None:
    assert traced([[2.0, 0.021], [2.0, 0.019]]).settled("p", [2.0, 0.0]) == 1


def test_where_all_are_zero_the_share_is_a_number() -> None:
    assert traced([0.02, -0.009]).settled("p", 0.0) == 1
    assert traced([[0.02, 0.0], [0.005, 0.005]]).settled("p", [0.0, 0.0]) == 1


def test_the_mean_ignores_chatter() -> None:
    course = 0.5 + np.where(np.arange(100) % 2, 0.1, -0.1) + np.where(np.arange(100) < 10, -1.0, 0.0)
    assert traced(course).settled("p", 0.5) is None
    assert traced(course).settled("p", 0.5, mean=2) == 10
    assert traced(course).settled("p", 0.5, mean=101) is None


def test_the_mean_agrees_with_one_taken_window_by_window() -> None:
    rng = np.random.default_rng(5)
    course = 1.0 + np.exp(-np.arange(3_000) / 300.0)[:, None] * rng.standard_normal((3_000, 2))
    means = np.array([course[n : n + 100].mean(axis=0) for n in range(2_901)])
    far = np.flatnonzero((np.abs(means - 1.0) > 0.01).any(axis=1))
    assert traced(course).settled("p", [1.0, 1.0], mean=100) == far[-1] + 1


def test_samples_are_counted_over_all_passes_and_rows() -> None:
    assert traced([0.0, 0.0, 0.0, 0.5], every=5).settled("p", 0.5) == 15
    assert traced([0.0, 0.0, 0.0, 0.5], every=5, frames=7).settled("p", 0.5) == 12
    assert traced([0.0, 0.4, 0.6, 0.5], every=5).settled("p", 0.5, mean=10) is None
    assert traced([0.0, 0.4, 0.6, 0.4], every=5).settled("p", 0.5, mean=6) == 5


def test_the_sample_is_that_of_the_reference_trajectory() -> None:
    learner = ph.Learner(lambda x: ph.fir(x, ph.param("taps", shape=(8,))), loss=ph.MSE(8), optimizer=ph.SGD(0.1))
    dry, taps = ph.noise(6_000), np.sin(np.arange(8))
    trace = learner.learn(dry, np.convolve(dry, taps)[:6_000], sample_rate=48_000, record=True)
    assert trace.settled("taps", taps) == 4507


@pytest.mark.parametrize(
    ("name", "value", "options", "message"),
    [
        ("q", 0.5, {}, "there is no parameter 'q'; there is p"),
        ("p", [0.5], {}, r"parameter 'p' can be near a finite number, not \[0.5\]"),
        ("p", np.nan, {}, "parameter 'p' can be near a finite number, not nan"),
        ("p", "half", {}, "parameter 'p' can be near a finite number, not 'half'"),
        ("p", 0.5, {"within": 0.0}, "within must be above 0, not 0.0"),
        ("p", 0.5, {"mean": 0}, "mean must be from 1 to 4294967296 samples, not 0"),
        ("p", 0.5, {"mean": 2.5}, "mean must be a whole number of samples, not 2.5"),
    ],
)
def test_a_wrong_question_is_told(name: str, value: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ph.InputError, match=f"^{message}$"):
        traced([0.5]).settled(name, value, **options)


def test_a_vector_wants_as_many_numbers_as_it_has() -> None:
    with pytest.raises(ph.ParameterError, match=r"can be near 2 finite numbers, not 0\.5$"):
        traced([[1.0, 2.0]]).settled("p", 0.5)


def test_without_a_recording_there_is_nothing_to_read() -> None:
    learner = ph.Learner(lambda x: x * ph.param("p"))
    trace = learner.learn(ph.noise(64), ph.noise(64), sample_rate=48_000)
    with pytest.raises(ph.InputError, match="no parameter was written down; learn with record=True"):
        trace.settled("p", 1.0)
