"""What the delay aligner and the tone tracker have in common: guides that are as steady and real-time as the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lv2_bundles import assert_valid, calling_the_heap, heap_is_called, hosted, what_may_wait
from lv2_guides import ALIGNER, METER, RATE, TRACKER, Guides, delay_of, direct, frequency_of, later, tone

import pyhost as ph

MARK = "static inline void guide_step(Guide *g)\n{"
"""Where a guide's work for a sample begins, behind which a test puts what must be caught."""


@pytest.mark.parametrize("sample_rate", [8_000.0, 44_100.0, 192_000.0])
def test_both_know_the_sample_rate(sample_rate: float, guides: Guides) -> None:
    frames = int(sample_rate)
    x = 0.1 * ph.noise(frames)
    aligner, tracker = hosted(guides[ALIGNER, 1]), hosted(guides[TRACKER, 1])
    aligner.process(x[None], sample_rate, sidechain=later(x, 0.03 * sample_rate)[None])
    assert aligner.parameters["learned_delay"].value == pytest.approx(0.03, abs=0.02 / sample_rate)
    tracker.process((x + tone(frames, 1234.5, 0.1, sample_rate))[None], sample_rate, sidechain=np.zeros((1, frames)))
    assert frequency_of(tracker) == pytest.approx(1234.5, abs=1.0)


def test_stereo_plugins_learn_from_both_sides(guides: Guides) -> None:
    x = 0.1 * np.stack([ph.noise(48_000), ph.noise(96_000)[48_000:]])
    aligner, tracker = hosted(guides[ALIGNER, 2]), hosted(guides[TRACKER, 2])
    aligner.process(x, RATE, sidechain=np.stack([later(side, 432.1) for side in x]))
    assert delay_of(aligner) == pytest.approx(432.1, abs=0.02)
    right = np.stack([x[0], x[1] + tone(48_000, 700.0, 0.2)])
    tracker.process(right, RATE, sidechain=np.zeros_like(right))
    assert frequency_of(tracker) == pytest.approx(700.0, abs=1.0)


@pytest.mark.parametrize("name", [ALIGNER, TRACKER])
@pytest.mark.parametrize("blocks", [[1, 0, 31], [8192], [33, 7]])
def test_what_a_guide_says_does_not_depend_on_blocks(name: str, blocks: list[int], guides: Guides) -> None:
    x = 0.1 * ph.noise(20_000)
    both = np.stack([x + tone(20_000, 440.0), later(x, 60.5)]).astype(np.float32)
    if name == TRACKER:
        both[1] = 0.0
    outs = []
    for sizes in ([512], blocks):
        plugin = direct(guides[name, 1])
        outs.append(plugin.run(both, 1, sizes))
        moved = plugin.controls[3 + METER][0]
        plugin.close()
    assert moved not in {0.0, 1000.0}
    np.testing.assert_array_equal(*outs)


@pytest.mark.parametrize("name", [ALIGNER, TRACKER])
def test_what_was_found_goes_into_the_session(name: str, guides: Guides) -> None:
    x = 0.1 * ph.noise(24_000)
    both = (x, later(x, 60.5)) if name == ALIGNER else (x + tone(24_000, 440.0), np.zeros(24_000))
    first, second = hosted(guides[name, 1]), hosted(guides[name, 1])
    first.process(both[0][None], RATE, sidechain=both[1][None])
    second.state = first.state
    for plugin in (first, second):
        plugin.parameters["learn"].value = 0.0
    expected, again = (
        plugin.process(both[0][None], RATE, sidechain=both[1][None], reset=False) for plugin in (first, second)
    )
    meter = "learned_delay" if name == ALIGNER else "learned_frequency"
    found = {ALIGNER: 60.5 / RATE, TRACKER: 440.0}[name]
    assert second.parameters[meter].value == first.parameters[meter].value == pytest.approx(found, rel=0.01)
    np.testing.assert_allclose(again[0, 12_000:], expected[0, 12_000:], atol=1e-6)


@pytest.mark.parametrize("name", [ALIGNER, TRACKER])
def test_a_guide_never_calls_the_heap_and_one_that_does_is_caught(name: str, guides: Guides, tmp_path: Path) -> None:
    folder = guides[name, 1].path
    assert not heap_is_called(folder, tmp_path)
    assert heap_is_called(calling_the_heap(folder, MARK, "g->rate", tmp_path), tmp_path)


@pytest.mark.parametrize("name", [ALIGNER, TRACKER])
def test_clang_proves_that_a_guide_never_waits_and_refutes_one_that_does(
    name: str, guides: Guides, tmp_path: Path
) -> None:
    folder = guides[name, 1].path
    assert what_may_wait(folder, tmp_path) == ""
    told = what_may_wait(calling_the_heap(folder, MARK, "g->rate", tmp_path), tmp_path)
    assert "calls non-'nonblocking' function 'free'" in told


def test_validators_find_nothing_wrong(guides: Guides) -> None:
    for name in (ALIGNER, TRACKER):
        for channels in (1, 2):
            assert_valid(guides[name, channels])
