"""What a plugin that learns keeps with a session, and hosts that save and restore at the worst of times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lv2_bundles import driven, hosted
from lv2_learning import Learners, chain_of, recordings

import pyhost as ph
from pyhost.export import Bundle, export_lv2_learner
from pyhost.learn.learned import LearnedChain, freeze

TOLD = {0: "", 1: "save wrote beyond its memory", 2: "what was saved does not come back", 3: "it was started over"}
"""What the driver's exit status says."""


def test_what_was_learned_goes_into_the_session_and_comes_back_exactly(learners: Learners) -> None:
    dry, target = recordings("gain", 2000)
    target += 0.1 * np.sin(np.arange(2000))
    whole = hosted(learners["gain"])
    expected = whole.process(dry, 48_000.0, sidechain=target)
    first, second = hosted(learners["gain"]), hosted(learners["gain"])
    first.process(dry[:, :1000], 48_000.0, sidechain=target[:, :1000])
    second.state = first.state
    np.testing.assert_array_equal(
        second.process(dry[:, 1000:], 48_000.0, sidechain=target[:, 1000:]), expected[:, 1000:]
    )


def test_what_was_learned_at_one_sample_rate_comes_back_at_another(learners: Learners) -> None:
    dry, target = recordings("equaliser", 48_000)
    first, second = hosted(learners["equaliser"]), hosted(learners["equaliser"])
    first.process(dry, 48_000.0, sidechain=target)
    second.state = first.state
    second.parameters["learn"].value = 0.0
    played = second.process(dry, 96_000.0, sidechain=np.zeros_like(dry))
    learned = chain_of("equaliser")
    for key in learned.parameters:
        learned.parameters[key].value = float(np.float32(first.parameters[f"learned_{key}"].value))
    np.testing.assert_allclose(played, learned.process(dry, 96_000.0), atol=1e-5)


def test_the_state_of_another_chain_changes_nothing(learners: Learners, tmp_path: Path) -> None:
    dry, target = recordings("gain", 2000)
    uri = learners["gain"].uri
    other = hosted(export_lv2_learner(freeze(ph.chain("gain | lowpass | dc")), tmp_path, name="other", uri=uri))
    first = hosted(learners["gain"])
    first.process(dry, 48_000.0, sidechain=target)
    other.state = first.state
    np.testing.assert_array_equal(other.process(dry, 48_000.0, sidechain=np.zeros_like(dry)), other_at_start(dry))


def other_at_start(dry: np.ndarray) -> np.ndarray:
    return freeze(ph.chain("gain | lowpass | dc")).process(dry, 48_000.0).astype(np.float32)


def test_a_host_can_save_while_it_runs_and_restore_with_reset_turned_on(learners: Learners, tmp_path: Path) -> None:
    assert TOLD[driven(learners["gain"].path, "lv2_state.c", ("malloc",), tmp_path)] == ""


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Bundle]:
    """A plugin as it was exported three times, by the highest gain that it may learn."""
    folder = tmp_path_factory.mktemp("lv2")

    def chain_up_to(highest: float) -> LearnedChain:
        return freeze(lambda x: x * ph.param("gain", 1.0, minimum=0.0, maximum=highest), "bounded")

    return {
        highest: export_lv2_learner(chain_up_to(highest), folder, name=f"to{highest:g}", uri="urn:pyhost:it")
        for highest in (2.0, 4.0, 8.0)
    }


@pytest.mark.parametrize("highest", [2.0, 8.0])
def test_what_was_learned_comes_back_though_its_bounds_have_changed(
    highest: float, bounded: dict[float, Bundle]
) -> None:
    first, second = hosted(bounded[2.0]), hosted(bounded[highest])
    dry = ph.noise(4800)[None]
    first.process(dry, 48_000.0, sidechain=0.5 * dry)
    second.state = first.state
    second.parameters["rate"].value = 0.001
    second.process(dry[:, :32], 48_000.0, sidechain=0.5 * dry[:, :32])
    assert second.parameters["learned_gain"].value == pytest.approx(first.parameters["learned_gain"].value, abs=1e-3)


def test_the_best_values_come_back_within_the_bounds_of_today(bounded: dict[float, Bundle]) -> None:
    first, second = hosted(bounded[4.0]), hosted(bounded[2.0])
    dry = 0.2 * ph.noise(9600)[None]
    first.process(dry, 48_000.0, sidechain=3.0 * dry)
    second.state = first.state
    second.parameters["learn"].value, second.parameters["hold_best"].value = 0.0, 1.0
    np.testing.assert_allclose(second.process(dry, 48_000.0, sidechain=dry), 2.0 * dry, atol=1e-6)


def test_what_comes_back_is_what_was_saved_to_the_bit(tmp_path: Path) -> None:
    chain = freeze(
        ph.chain("lowpass | peaking")
    )  # normalised parameters, which are rounded on their way there and back
    bundle = export_lv2_learner(chain, tmp_path, name="exact")
    first, second = hosted(bundle), hosted(bundle)
    dry = ph.noise(9600)[None]
    first.process(dry, 48_000.0, sidechain=0.5 * dry)
    second.state = first.state
    assert second.state == first.state
