"""What a plugin that learns keeps with a session, and hosts that save and restore at the worst of times."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from lv2_learning import chain_of, hosted, recordings, write

import pyhost as ph
from pyhost.export import Bundle, export_lv2_learner
from pyhost.graph.signal import Signal
from pyhost.learn.learned import LearnedChain, freeze
from pyhost.native.compiler import find_compiler

DRIVER = Path(__file__).with_name("lv2_state.c")

TOLD = {0: "", 1: "save wrote beyond its memory", 2: "what was saved does not come back", 3: "it was started over"}
"""What the driver's exit status says."""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """Plugins that several tests look at."""
    folder = tmp_path_factory.mktemp("lv2")
    return {name: write(name, folder) for name in ("gain", "equaliser")}


def test_what_was_learned_goes_into_the_session_and_comes_back_exactly(bundles: dict[str, Bundle]) -> None:
    dry, target = recordings("gain", 2000)
    target += 0.1 * np.sin(np.arange(2000))
    whole = hosted(bundles["gain"])
    expected = whole.process(dry, 48_000.0, sidechain=target)
    first, second = hosted(bundles["gain"]), hosted(bundles["gain"])
    first.process(dry[:, :1000], 48_000.0, sidechain=target[:, :1000])
    second.state = first.state
    np.testing.assert_array_equal(
        second.process(dry[:, 1000:], 48_000.0, sidechain=target[:, 1000:]), expected[:, 1000:]
    )


def test_what_was_learned_at_one_sample_rate_comes_back_at_another(bundles: dict[str, Bundle]) -> None:
    dry, target = recordings("equaliser", 48_000)
    first, second = hosted(bundles["equaliser"]), hosted(bundles["equaliser"])
    first.process(dry, 48_000.0, sidechain=target)
    second.state = first.state
    second.parameters["learn"].value = 0.0
    played = second.process(dry, 96_000.0, sidechain=np.zeros_like(dry))
    learned = chain_of("equaliser")
    for key in learned.parameters:
        learned.parameters[key].value = float(np.float32(first.parameters[f"learned_{key}"].value))
    np.testing.assert_allclose(played, learned.process(dry, 96_000.0), atol=1e-5)


def test_the_state_of_another_chain_changes_nothing(bundles: dict[str, Bundle], tmp_path: Path) -> None:
    dry, target = recordings("gain", 2000)
    uri = bundles["gain"].uri
    other = hosted(export_lv2_learner(freeze(ph.chain("gain | lowpass | dc")), tmp_path, name="other", uri=uri))
    first = hosted(bundles["gain"])
    first.process(dry, 48_000.0, sidechain=target)
    other.state = first.state
    np.testing.assert_array_equal(other.process(dry, 48_000.0, sidechain=np.zeros_like(dry)), other_at_start(dry))


def other_at_start(dry: np.ndarray) -> np.ndarray:
    return freeze(ph.chain("gain | lowpass | dc")).process(dry, 48_000.0).astype(np.float32)


def test_a_host_can_save_while_it_runs_and_restore_with_reset_turned_on(
    bundles: dict[str, Bundle], tmp_path: Path
) -> None:
    folder = bundles["gain"].path
    flags = ["-std=c11", "-O1", "-fno-builtin-malloc", "-Wl,--wrap=malloc", "-I", str(folder)]
    files = [str(folder / "plugin.c"), str(DRIVER), "-o", str(tmp_path / "drive"), "-lm"]
    subprocess.run([*find_compiler().command, *flags, *files], check=True)
    assert TOLD[subprocess.run([tmp_path / "drive"], check=False, timeout=60).returncode] == ""


def bounded(highest: float) -> LearnedChain:
    def chain(x: Signal) -> Signal:
        return x * ph.param("gain", 1.0, minimum=0.0, maximum=highest)

    return freeze(chain, "bounded")


@pytest.mark.parametrize("highest", [2.0, 8.0])
def test_what_was_learned_comes_back_though_its_bounds_have_changed(highest: float, tmp_path: Path) -> None:
    first, second = (
        hosted(export_lv2_learner(bounded(limit), tmp_path / str(place), name=f"it{place}", uri="urn:pyhost:it"))
        for place, limit in enumerate((2.0, highest))
    )
    dry = ph.noise(4800)[None]
    first.process(dry, 48_000.0, sidechain=0.5 * dry)
    second.state = first.state
    second.parameters["rate"].value = 0.001
    second.process(dry[:, :32], 48_000.0, sidechain=0.5 * dry[:, :32])
    assert second.parameters["learned_gain"].value == pytest.approx(first.parameters["learned_gain"].value, abs=1e-3)


def test_the_best_values_come_back_within_the_bounds_of_today(tmp_path: Path) -> None:
    first, second = (
        hosted(export_lv2_learner(bounded(limit), tmp_path, name=f"it{place}", uri="urn:pyhost:it"))
        for place, limit in enumerate((4.0, 2.0))
    )
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
