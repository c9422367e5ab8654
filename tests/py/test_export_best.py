"""The best values that a plugin has found: held while it learns on, and what it goes back to."""

from __future__ import annotations

import numpy as np
import pytest
from lv2_learning import HOLD_BEST, LEARN, METER, OPTIMIZER, RATE, Learners, chain_of, direct, recordings

import pyhost as ph
from pyhost.export import Bundle, export_lv2_learner
from pyhost.learn.optimizers import Optimizer

GAIN = 3 + METER + 2
"""The port that sets the gain of a plugin of ``gain | dc``."""


@pytest.fixture(scope="module")
def matchers(tmp_path_factory: pytest.TempPathFactory) -> dict[Optimizer, Bundle]:
    """Plugins that learn ``fir(taps=64)``, by how they do."""
    folder, chain = tmp_path_factory.mktemp("lv2"), chain_of("matcher")
    return {
        optimizer: export_lv2_learner(chain, folder, name=f"it{place}", optimizer=optimizer)
        for place, optimizer in enumerate((ph.SGD(1e-2), ph.Momentum(1e-3)))
    }


def test_the_best_values_are_held_while_learning_is_led_astray(learners: Learners) -> None:
    dry, target = recordings("gain", 48_000)
    plugin = direct(learners["gain"])
    plugin.controls[3 + HOLD_BEST][0] = 1.0
    plugin.run(np.concatenate([dry, target]), 1, [512])
    out = plugin.run(np.concatenate([dry, ph.noise(48_000)[None, ::-1]]), 1, [512])
    plugin.close()
    np.testing.assert_allclose(out, target, atol=1e-4)


def test_values_that_fit_worse_never_take_the_place_of_the_best(learners: Learners) -> None:
    dry, target = recordings("gain", 48_000)
    noisy = target + 0.05 * ph.noise(48_000)[::-1]
    plugin = direct(learners["gain"])
    plugin.controls[3 + HOLD_BEST][0] = 1.0
    plugin.run(np.concatenate([dry, noisy]), 1, [512])
    plugin.controls[3 + OPTIMIZER][0], plugin.controls[3 + RATE][0] = 0.0, 100.0
    plugin.run(np.concatenate([dry, target]), 1, [512])  # it suits what is held better, and what is learned is wild
    plugin.close()
    assert plugin.controls[3 + METER][0] == pytest.approx(0.5, abs=0.02)


def test_what_was_best_is_out_of_date_when_a_control_is_turned(learners: Learners) -> None:
    dry, target = recordings("gain", 9600)
    plugin = direct(learners["gain"], hands=(1.0, 0.0))
    plugin.controls[3 + HOLD_BEST][0] = 1.0
    plugin.run(np.concatenate([dry, target]), 1, [512])
    assert plugin.controls[3 + METER][0] == pytest.approx(0.5, abs=1e-5)
    plugin.controls[3 + LEARN][0] = 0.0
    plugin.controls[GAIN][0] = 1.25
    plugin.run(np.concatenate([dry, target])[:, :1024], 1, [512])
    plugin.close()
    assert plugin.controls[3 + METER][0] == 1.25


@pytest.mark.parametrize("optimizer", [ph.SGD(1e-2), ph.Momentum(1e-3)])
def test_a_burst_before_anything_was_best_does_not_silence_it_for_ever(
    optimizer: Optimizer, matchers: dict[Optimizer, Bundle]
) -> None:
    dry, target = recordings("matcher", 48_000)
    burst = np.concatenate([dry, target])
    burst[0, 100:110] = 1e30
    plugin = direct(matchers[optimizer], meters=0)
    with np.errstate(over="ignore"):
        plugin.run(burst, 1, [64])
    out = plugin.run(np.concatenate([dry, target]), 1, [64])
    plugin.close()
    np.testing.assert_allclose(out[:, -4800:], target[:, -4800:], atol=1e-3)


def test_a_burst_leads_back_to_the_best(matchers: dict[Optimizer, Bundle]) -> None:
    dry, target = recordings("matcher", 48_000)
    plugin = direct(matchers[ph.SGD(1e-2)], meters=0)
    plugin.run(np.concatenate([dry, target]), 1, [64])
    with np.errstate(over="ignore"):
        plugin.run(np.concatenate([np.full((1, 32), 1e30), target[:, :32]]), 1, [32])
    plugin.controls[3 + LEARN][0] = 0.0
    out = plugin.run(np.concatenate([dry, target]), 1, [64])
    plugin.close()
    np.testing.assert_allclose(out[:, 4800:], target[:, 4800:], atol=1e-3)
