"""The delay aligner: it finds, live, a delay that gradients alone cannot find, and follows it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from lv2_bundles import hosted
from lv2_guides import ALIGNER, METER, RATE, Array, Guides, decibels, delay_of, direct, later

SOUNDS = ["loop_amen", "loop_compus", "guit_e_fifths", "bass_hit_c", "ambi_choir"]


@pytest.mark.parametrize("name", ["noise", *SOUNDS])
@pytest.mark.parametrize(("samples", "gain"), [(0.0, 0.8), (37.4, 0.7), (777.7, -0.5), (2200.5, 1.2)])
def test_a_delay_is_found_to_a_fiftieth_of_a_sample(
    name: str, samples: float, gain: float, sound: Callable[..., Array], guides: Guides
) -> None:
    x = sound(name, 1.5)
    plugin = hosted(guides[ALIGNER, 1])
    plugin.process(x[None], RATE, sidechain=gain * later(x, samples)[None])
    assert delay_of(plugin) == pytest.approx(samples, abs=0.02)
    assert plugin.parameters["learned_gain"].value == pytest.approx(gain, rel=0.2)


def test_the_aligned_input_comes_when_the_target_does(sound: Callable[..., Array], guides: Guides) -> None:
    x = sound("loop_amen", 2.0)
    target = -0.5 * np.concatenate([np.zeros(500), x[:-500]])
    out = hosted(guides[ALIGNER, 1]).process(x[None], RATE, sidechain=target[None])[0]
    assert decibels((out - target)[72_000:], target[72_000:]) < -100.0


@pytest.mark.parametrize("name", ["noise", "loop_amen", "ambi_choir"])
def test_a_delay_that_changes_is_followed(name: str, sound: Callable[..., Array], guides: Guides) -> None:
    x = sound(name, 2.0)
    target = np.concatenate([later(x, 200.3)[:48_000], later(x, 1900.6)[48_000:]])
    plugin = hosted(guides[ALIGNER, 1])
    plugin.process(x[None, :48_000], RATE, sidechain=target[None, :48_000])
    assert delay_of(plugin) == pytest.approx(200.3, abs=0.02)
    plugin.process(x[None, 48_000:], RATE, sidechain=target[None, 48_000:], reset=False)
    assert delay_of(plugin) == pytest.approx(1900.6, abs=0.02)


@pytest.mark.parametrize("name", ["noise", "loop_compus", "guit_e_fifths", "ambi_choir"])
def test_sounds_that_have_nothing_to_do_with_each_other_are_not_aligned(
    name: str, sound: Callable[..., Array], guides: Guides
) -> None:
    plugin = hosted(guides[ALIGNER, 1])
    plugin.process(sound("loop_amen", 2.0)[None], RATE, sidechain=sound(name, 2.0)[None])
    assert delay_of(plugin) == 0.0


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
@pytest.mark.parametrize("port", [0, 1])
def test_a_delay_outlives_silence_and_what_is_no_number(
    bad: float, port: int, sound: Callable[..., Array], guides: Guides
) -> None:
    x = sound("loop_amen", 3.0)
    both = np.stack([x, later(x, 321.25)]).astype(np.float32)
    both[port, 48_000:96_000] = bad
    both[1, 96_000:] = later(x, 654.75)[96_000:]
    plugin = direct(guides[ALIGNER, 1])
    plugin.run(both[:, :96_000], 1, [64])
    kept = plugin.controls[3 + METER][0] * RATE
    plugin.run(both[:, 96_000:], 1, [64])
    found = plugin.controls[3 + METER][0] * RATE
    plugin.close()
    assert kept == pytest.approx(321.25, abs=1.0)
    assert found == pytest.approx(654.75, abs=0.02)
