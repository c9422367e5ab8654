"""The controls of a plugin that learns: which optimizer, how fast, and parameters that are set by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lv2_bundles import hosted
from lv2_learning import (
    LEARN,
    METER,
    OPTIMIZER,
    PLUGINS,
    RATE,
    RESET,
    SELECT,
    Learners,
    chain_of,
    direct,
    recordings,
)

import pyhost as ph
from pyhost.export import export_lv2_learner
from pyhost.export.choices import LEAST_SQUARES, choices_for
from pyhost.learn.cores import make_core
from pyhost.learn.learned import LearnedChain, freeze
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import Optimizer

GAIN = 3 + METER + 2
"""The port that sets the gain of the plugins of ``gain | dc``."""


def learned_by(
    name: str, optimizer: Optimizer, dry: np.ndarray, target: np.ndarray, start: LearnedChain | None = None
) -> tuple[np.ndarray, LearnedChain]:
    """Return what the learner of Python puts out on the way, and where it arrives."""
    learned, loss = start or chain_of(name), PLUGINS[name][2]
    core = make_core(learned.program, learned.parameters, loss, optimizer, sample_rate=48_000.0, lanes=len(dry))
    out = np.empty_like(dry)
    assert core.process(dry, target, output=out) is None
    learned.parameters.set_array(core.get_parameters())
    return out, learned


@pytest.mark.parametrize("name", ["gain", "direct", "equaliser"])
@pytest.mark.parametrize("place", range(5))
def test_every_optimizer_that_is_offered_learns_what_that_of_python_does(
    name: str, place: int, learners: Learners
) -> None:
    choices, _ = choices_for(PLUGINS[name][2], PLUGINS[name][3], 2)
    plugin = hosted(learners[name])
    assert [choice for choice, _ in plugin.parameters["optimizer"].choices] == [choice.name for choice in choices]
    plugin.parameters["optimizer"].value = place
    dry, target = recordings(name, 4800)
    expected, _ = learned_by(name, choices[place].optimizer, dry, target)
    np.testing.assert_allclose(plugin.process(dry, 48_000.0, sidechain=target), expected, atol=2e-6)


@pytest.mark.parametrize("name", ["gain", "direct"])
def test_another_optimizer_goes_on_with_the_parameters_and_knows_nothing(name: str, learners: Learners) -> None:
    plugin, (dry, target) = hosted(learners[name]), recordings(name, 600)
    _, learned = learned_by(name, PLUGINS[name][3], dry, target)
    plugin.process(dry, 48_000.0, sidechain=target)
    for adam in range(2):  # there, and back again
        chosen = ph.Adam() if adam == 0 else PLUGINS[name][3]
        plugin.parameters["optimizer"].value = 2.0 if adam == 0 else plugin.parameters["optimizer"].default
        _, learned = learned_by(name, chosen, dry, target, learned)
        plugin.process(dry, 48_000.0, sidechain=target, reset=False)
        assert plugin.parameters["learned_gain"].value == pytest.approx(learned.parameters["gain"].value, abs=1e-6)


def test_the_rate_multiplies_the_optimizers_own(learners: Learners) -> None:
    plugin, (dry, target) = hosted(learners["direct"]), recordings("direct", 4800)
    plugin.parameters["rate"].value = 0.25
    expected, _ = learned_by("direct", ph.SGD(0.25e-2), dry, target)
    np.testing.assert_allclose(plugin.process(dry, 48_000.0, sidechain=target), expected, atol=1e-6)


def test_no_rate_takes_least_squares_beyond_its_full_step(learners: Learners) -> None:
    plugin, (dry, target) = hosted(learners["gain"]), recordings("gain", 4800)
    expected = plugin.process(dry, 48_000.0, sidechain=target)
    fast = hosted(learners["gain"])
    fast.parameters["rate"].value = 100.0
    np.testing.assert_array_equal(fast.process(dry, 48_000.0, sidechain=target), expected)


@pytest.mark.parametrize("control", [OPTIMIZER, SELECT])
def test_a_choice_that_is_not_there_is_not_made(control: int, learners: Learners) -> None:
    dry, target = recordings("gain", 600)
    outs = []
    for number in (None, -1.0, 77.0, 1e30, np.inf):
        plugin = direct(learners["gain"])
        if number is not None:
            plugin.controls[3 + control][0] = number
        outs.append(plugin.run(np.concatenate([dry, target]), 1, [64]))
        plugin.close()
    for out in outs[1:]:
        np.testing.assert_array_equal(out, outs[0])


@pytest.mark.parametrize("usual", [ph.GaussNewton(), ph.SGD()])
def test_what_another_optimizer_has_gathered_comes_back_with_the_session(usual: Optimizer, tmp_path: Path) -> None:
    bundle = export_lv2_learner(chain_of("gain"), tmp_path, name="it", optimizer=usual)
    dry, target = recordings("gain", 2000)
    whole, first, second = (hosted(bundle) for _ in range(3))
    for plugin in (whole, first):
        plugin.parameters["optimizer"].value = 2.0
    expected = whole.process(dry, 48_000.0, sidechain=target)[:, 1000:]
    first.process(dry[:, :1000], 48_000.0, sidechain=target[:, :1000])
    second.state = first.state
    assert second.parameters["optimizer"].choice == "Adam"
    out = second.process(dry[:, 1000:], 48_000.0, sidechain=target[:, 1000:])
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize(
    ("loss", "usual", "count", "names", "place"),
    [
        (ph.MSE(), LEAST_SQUARES, 100, "SGD, Momentum, Adam, NLMS, Least squares, Least squares, fast", 4),
        (ph.MSE(), ph.NLMS(), 101, "SGD, Momentum, Adam, NLMS", 3),
        (ph.MSE(window=8), ph.GaussNewton(), 3, "SGD, Momentum, Adam, Least squares, Least squares, fast", 4),
        (ph.MAE(), ph.RMSProp(), 3, "SGD, Momentum, Adam, NLMS, RMSProp", 4),
        (ph.MSE(), ph.GaussNewton(0.5), 500, "SGD, Momentum, Adam, NLMS, Least squares", 4),
    ],
)
def test_what_fits_a_chain_is_offered(loss: Loss, usual: Optimizer, count: int, names: str, place: int) -> None:
    choices, found = choices_for(loss, usual, count)
    assert ", ".join(choice.name for choice in choices) == names
    assert found == place
    assert choices[place].optimizer == usual


def test_a_control_that_is_turned_takes_its_parameter_along_in_20_ms(learners: Learners) -> None:
    outs = []
    for blocks in ([512], [1, 7, 0, 33]):
        plugin = direct(learners["gain"], hands=(1.0, 0.0))
        plugin.controls[3 + LEARN][0] = 0.0
        steady = np.stack([np.full(1024, 0.5), np.zeros(1024)])
        plugin.run(steady, 1, [512])
        plugin.controls[GAIN][0] = 2.0
        outs.append(plugin.run(steady, 1, blocks)[0])
        assert plugin.controls[3 + METER][0] == 2.0
        plugin.close()
    np.testing.assert_array_equal(*outs)
    assert np.diff(outs[0]).max() < 0.03
    assert outs[0][700] < 0.95
    assert outs[0][960:].min() == 1.0


def test_what_is_turned_while_it_learns_is_a_new_start_at_once(learners: Learners) -> None:
    dry, target = recordings("direct", 3200)
    plugin = direct(learners["direct"], hands=(1.0, 0.0))
    plugin.run(np.concatenate([dry, target]), 1, [64])
    plugin.controls[3 + RATE][0] = 0.001
    plugin.controls[GAIN][0] = 1.75
    plugin.run(np.concatenate([dry, target])[:, :32], 1, [32])
    plugin.close()
    assert plugin.controls[3 + METER][0] == pytest.approx(1.75, abs=1e-3)


def test_least_squares_finds_what_a_hand_has_moved_as_fast_as_at_first(learners: Learners) -> None:
    dry, target = recordings("gain", 4800)
    plugin = direct(learners["gain"], hands=(1.0, 0.0))
    plugin.run(np.concatenate([dry, target]), 1, [64])
    plugin.controls[GAIN][0] = 1.75
    plugin.run(np.concatenate([dry, target])[:, :64], 1, [64])
    plugin.close()
    assert plugin.controls[3 + METER][0] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [("gain", "gain", 1.75), ("direct", "gain", 1.75), ("equaliser", "band1_frequency", 700.0)],
)
def test_learning_goes_on_from_where_a_hand_has_left_it(name: str, key: str, value: float, learners: Learners) -> None:
    dry, target = recordings(name, 600)
    plugin = hosted(learners[name])
    plugin.parameters["optimizer"].value = 0.0
    plugin.parameters["learn"].value = 0.0
    plugin.parameters[key].value = value
    plugin.process(dry, 48_000.0, sidechain=target)
    plugin.parameters["learn"].value = 1.0
    plugin.process(dry, 48_000.0, sidechain=target, reset=False)
    start = chain_of(name)
    start.parameters[key].value = value
    _, learned = learned_by(name, ph.SGD(1e-2), dry, target, start)
    assert learned.parameters[key].value != value
    assert plugin.parameters[f"learned_{key}"].value == pytest.approx(learned.parameters[key].value, rel=1e-6)


def test_a_control_that_is_left_alone_lets_its_parameter_be_learned(learners: Learners) -> None:
    dry, target = recordings("gain", 9600)
    plugin = hosted(learners["gain"])
    plugin.process(dry, 48_000.0, sidechain=target)
    plugin.parameters["learn"].value = 0.0
    plugin.process(dry, 48_000.0, sidechain=target, reset=False)
    assert plugin.parameters["gain"].value == 1.0
    assert plugin.parameters["learned_gain"].value == pytest.approx(0.5, abs=1e-5)


def test_the_controls_of_a_session_leave_what_comes_back_with_it(learners: Learners) -> None:
    dry, target = recordings("gain", 4800)
    first, second = hosted(learners["gain"]), hosted(learners["gain"])
    first.parameters["gain"].value = 1.5
    first.process(dry, 48_000.0, sidechain=target)
    second.state = first.state
    assert second.parameters["gain"].value == 1.5
    second.parameters["learn"].value = 0.0
    np.testing.assert_allclose(second.process(dry, 48_000.0, sidechain=target), target, atol=1e-4)
    second.parameters["gain"].value = 1.25
    second.process(dry, 48_000.0, sidechain=target, reset=False)
    assert second.parameters["learned_gain"].value == 1.25


def test_what_was_turned_just_before_a_session_is_saved_is_in_it(learners: Learners) -> None:
    dry, target = recordings("gain", 480)
    first, second = hosted(learners["gain"]), hosted(learners["gain"])
    first.process(dry, 48_000.0, sidechain=target)
    first.parameters["gain"].value = 1.5
    second.state = first.state
    second.parameters["learn"].value = 0.0
    second.process(dry, 48_000.0, sidechain=target)
    assert second.parameters["learned_gain"].value == 1.5


def test_a_control_at_its_default_is_the_exported_value_to_the_bit(tmp_path_factory: pytest.TempPathFactory) -> None:
    learned = freeze(ph.chain("lowpass"))
    learned.parameters["cutoff"].value = 1234.56789012345
    bundle = export_lv2_learner(learned, tmp_path_factory.mktemp("lv2"), name="it")
    plugin = hosted(bundle)
    dry = recordings("gain", 2000)[0]
    silent = np.zeros_like(dry)
    plugin.parameters["cutoff"].value = 5000.0
    plugin.process(dry, 48_000.0, sidechain=silent)
    plugin.parameters["cutoff"].value = plugin.parameters["cutoff"].default
    plugin.process(np.zeros((1, 48_000)), 48_000.0, sidechain=np.zeros((1, 48_000)), reset=False)
    plugin.reset()
    np.testing.assert_array_equal(
        plugin.process(dry, 48_000.0, sidechain=silent, reset=False), learned.process(dry, 48_000.0).astype(np.float32)
    )


def test_reset_starts_from_where_the_controls_stand(learners: Learners) -> None:
    dry, target = recordings("gain", 4800)
    plugin = direct(learners["gain"], hands=(1.5, 0.0))
    plugin.run(np.concatenate([dry, target]), 1, [512])
    plugin.controls[3 + RESET][0] = 1.0
    plugin.run(np.zeros((2, 16)), 1, [16])
    plugin.close()
    assert plugin.controls[3 + METER][0] == 1.5


def test_a_control_that_is_no_number_moves_nothing(learners: Learners) -> None:
    plugin = direct(learners["gain"], hands=(1.5, 0.0))
    plugin.run(np.zeros((2, 64)), 1, [64])
    plugin.controls[GAIN][0] = np.nan
    plugin.run(np.zeros((2, 2048)), 1, [64])
    assert plugin.controls[3 + METER][0] == 1.5
    plugin.controls[3 + RESET][0] = 1.0
    plugin.run(np.zeros((2, 64)), 1, [64])
    plugin.close()
    assert plugin.controls[3 + METER][0] == 1.5
