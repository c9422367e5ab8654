"""Schedules as descriptions; what they do to learning is in test_optimizers.py, their formulas also in C."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.learn import schedules
from pyhost.learn.kinds import arguments
from pyhost.learn.schedules import Schedule


def gain(x: ph.Signal) -> ph.Signal:
    return x * ph.param("gain", 0.0)


def rates(schedule: Schedule, lengths: list[int]) -> Any:
    """Return the rates by which calls of so many samples have moved an offset whose gradient is always 1."""
    learner = ph.Learner(
        lambda x: ph.param("dc", 0.0) + 0.0 * x, loss=ph.MAE(1), optimizer=ph.SGD(1.0, schedule=schedule)
    )
    moved: list[float] = []
    for length in lengths:
        trace = learner.learn(
            np.ones(length), np.full(length, -1e6), sample_rate=48_000, record=True, evaluate=False, align="off"
        )
        moved += [*trace.parameters["dc"]]
    return -np.diff(moved)


def test_the_rate_goes_on_over_passes_and_calls() -> None:
    np.testing.assert_allclose(rates(ph.WarmUp(10), [4, 4, 8]), [*(np.arange(1, 11) / 10), *np.ones(5)], rtol=1e-9)


def test_the_rate_steps_down_as_the_original_does() -> None:
    wanted = np.exp(-0.5 * (np.arange(59) // 20))
    np.testing.assert_allclose(rates(ph.Exponential(20, -0.5), [60]), wanted, rtol=1e-9)


def test_the_rate_swings() -> None:
    seen = rates(ph.Oscillating(20, low=0.5), [60])
    assert seen.max() == pytest.approx(1.0)
    assert seen.min() == pytest.approx(0.5)
    np.testing.assert_allclose(seen[:20], seen[20:40], rtol=1e-9)


def test_a_falling_rate_ends_the_chatter_of_the_absolute_error() -> None:
    x = ph.noise(40_000)
    left = []
    for schedule in (ph.Constant(), ph.Cosine(40_000)):
        learner = ph.Learner(gain, loss=ph.MAE(1), optimizer=ph.SGD(0.01, schedule=schedule))
        learner.learn(x, 0.5 * x, sample_rate=48_000, evaluate=False, align="off")
        left.append(abs(learner.parameters["gain"].value - 0.5))
    assert left[1] < 0.01 * left[0]


def test_a_schedule_is_found_by_its_short_name() -> None:
    assert schedules.by_name("warm-up") is ph.WarmUp
    assert arguments(ph.Cosine) == ("samples", "end")
    with pytest.raises(ph.InputError, match=r"there is no schedule 'cosin'; did you mean 'cosine'\?"):
        schedules.by_name("cosin")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ph.Exponential(0, -0.1), "every must be from 1 to"),
        (lambda: ph.Exponential(10, float("inf")), "exponent must be a finite number, not inf"),
        (lambda: ph.Cosine(1.5), "samples must be a whole number of samples, not 1.5"),  # type: ignore[arg-type]
        (lambda: ph.Cosine(10, end=1.1), r"end must be at least 0 and at most 1, not 1\.1"),
        (lambda: ph.Oscillating(10, low=-0.1), r"low must be at least 0 and at most 1, not -0\.1"),
        (lambda: ph.WarmUp(10, ph.WarmUp(10)), "after a warm-up there must be a schedule of another kind"),
        (Schedule, "a Schedule is of no kind"),
    ],
)
def test_what_is_impossible_is_said(make: Callable[[], Schedule], message: str) -> None:
    with pytest.raises(ph.InputError, match=message):
        make()
