"""The tone tracker: it finds, live, the frequency of a tone in a sound, follows it, and takes it out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from lv2_bundles import hosted
from lv2_guides import METER, RATE, TRACKER, Array, Guides, decibels, direct, frequency_of, tone

import pyhost as ph

ALONE, INPUT, WITHOUT = range(3)
"""What its Output chooses from."""


@pytest.mark.parametrize("name", ["noise", "loop_amen", "loop_mika", "ambi_choir"])
@pytest.mark.parametrize("frequency", [50.0, 97.3, 440.0, 3150.0, 8000.0])
def test_a_tone_is_found_in_a_sound_as_loud_as_it(
    name: str, frequency: float, sound: Callable[..., Array], guides: Guides
) -> None:
    rest = sound(name, 2.0)
    hum = tone(96_000, frequency)
    plugin = hosted(guides[TRACKER, 1])
    out = plugin.process((rest + hum)[None], RATE, sidechain=np.zeros((1, 96_000)))[0]
    assert frequency_of(plugin) == pytest.approx(frequency, abs=max(1.0, 3e-4 * frequency))
    assert decibels((out - rest)[72_000:], hum) < -12.0


def test_a_tone_that_jumps_or_glides_is_followed(guides: Guides) -> None:
    seconds = np.arange(96_000) / RATE
    plugin = hosted(guides[TRACKER, 1])
    for course in (np.full(96_000, 300.0), np.full(96_000, 4321.0), 4321.0 * 2.0 ** (-0.2 * seconds)):
        sound = 0.1 * ph.noise(96_000) + tone(96_000, course)
        plugin.process(sound[None], RATE, sidechain=np.zeros((1, 96_000)), reset=False)
        assert frequency_of(plugin) == pytest.approx(course[-1], rel=0.01)


@pytest.mark.parametrize("rumble", [0.0, 25.0, 30.0])
def test_noise_alone_and_what_is_too_low_move_no_tone(rumble: float, guides: Guides) -> None:
    heard = 0.01 * ph.noise(96_000) + tone(96_000, rumble, 0.3)
    plugin = hosted(guides[TRACKER, 1])
    plugin.process(heard[None], RATE, sidechain=np.zeros((1, 96_000)))
    assert frequency_of(plugin) == 1000.0


@pytest.mark.parametrize("choice", [ALONE, INPUT, WITHOUT])
def test_the_tone_or_the_rest_can_be_heard(choice: int, guides: Guides) -> None:
    rest, hum = 0.03 * ph.noise(96_000), tone(96_000, 440.0)
    plugin = hosted(guides[TRACKER, 1])
    assert plugin.parameters["output"].value == WITHOUT
    plugin.parameters["output"].value = float(choice)
    out = plugin.process((rest + hum)[None], RATE, sidechain=np.zeros((1, 96_000)))[0]
    wanted = {ALONE: hum, INPUT: rest + hum, WITHOUT: rest}[choice]
    assert decibels((out - wanted)[48_000:], hum) < -30.0


def test_a_tone_that_is_heard_on_the_side_chain_is_taken_out_of_the_input(
    guides: Guides,
) -> None:
    hum, other = tone(96_000, 97.0), tone(96_000, 2000.0)
    plugin = hosted(guides[TRACKER, 1])
    out = plugin.process((other + 0.1 * hum)[None], RATE, sidechain=hum[None])[0]
    assert frequency_of(plugin) == pytest.approx(97.0, abs=0.1)
    assert decibels((out - other)[72_000:], 0.1 * hum) < -20.0


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_a_tone_outlives_silence_and_what_is_no_number(bad: float, guides: Guides) -> None:
    both = np.zeros((2, 144_000), np.float32)
    both[0] = 0.1 * ph.noise(144_000) + tone(144_000, np.repeat([440.0, 880.0], [96_000, 48_000]))
    both[0, 48_000:96_000] = bad
    plugin = direct(guides[TRACKER, 1])
    out = plugin.run(both[:, :96_000], 1, [64])
    kept = plugin.controls[3 + METER][0]
    plugin.run(both[:, 96_000:], 1, [64])
    found = plugin.controls[3 + METER][0]
    plugin.close()
    assert np.isfinite(out).all()
    assert kept == pytest.approx(440.0, rel=0.02)
    assert found == pytest.approx(880.0, abs=1.0)
