"""The benchmark: what it compares is the same computation, and what it prints is what it measured."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import pyhost as ph

BENCH = Path(__file__).parents[1] / "bench"
MODULES = ("workloads", "contest", "table", "competitors.hand", "competitors.engines", "competitors.faust")


@pytest.fixture(scope="module")
def bench() -> Iterator[SimpleNamespace]:
    """Return the benchmark's modules, which find each other in its folder."""
    known = set(sys.modules)
    sys.path.insert(0, str(BENCH))
    yield SimpleNamespace(**{name.rpartition(".")[2]: importlib.import_module(name) for name in MODULES})
    sys.path.remove(str(BENCH))
    for name in set(sys.modules) - known:
        if str(BENCH) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def small(work):
    return work.scalars <= 64


def learned(rival, audio, target):
    rival.prepare(audio, target)
    rival.reset()
    rival.run()
    return rival.outcome()


def test_every_learner_written_by_hand_learns_what_the_interpreter_learns(bench):
    interpreter = next(c for c in bench.engines.engines() if c.name == "interpreter")
    (hand,) = bench.hand.hand()
    for work in filter(small, bench.workloads.WORKLOADS):
        signals = bench.workloads.noise_and_target(work, 1000)
        ours, theirs = (learned(competitor.make(work), *signals) for competitor in (interpreter, hand))
        np.testing.assert_allclose(ours.output, theirs.output, rtol=0, atol=1e-10, err_msg=work.name)
        np.testing.assert_allclose(ours.loss, theirs.loss, rtol=1e-9, err_msg=work.name)
        np.testing.assert_allclose(ours.parameters, theirs.parameters, rtol=1e-9, atol=1e-12, err_msg=work.name)


def test_every_learner_comes_closer_to_what_is_hidden(bench):
    for work in filter(small, bench.workloads.WORKLOADS):
        audio, target = bench.workloads.noise_and_target(work, 12_000)
        learner = work.learner("interpreter")
        trace = learner.learn(audio, target, sample_rate=48_000, align="off", start="off", evaluate=False, record=True)
        assert np.mean(trace.loss[-1000:]) < 0.9 * np.mean(trace.loss[100:1100]), work.name


def test_what_is_moved_stands_for_the_values_where_learning_starts(bench):
    for work in bench.workloads.WORKLOADS:
        defaults = np.concatenate([spec.default for spec in ph.compile(work.chain).parameters])
        np.testing.assert_allclose(work.values(work.start), defaults, rtol=1e-14)


def test_a_benchmark_of_unlike_computations_ends(bench):
    gain, other = bench.workloads.WORKLOADS[:2]
    interpreter = next(c for c in bench.engines.engines() if c.name == "interpreter")
    liar = type(interpreter)("liar", lambda work: interpreter.make(other), {})
    with pytest.raises(SystemExit, match=r"the outputs of liar and interpreter differ by .* unlike computations"):
        bench.contest.contest(gain, [interpreter, liar], bench.contest.Effort(2, frames=500))


def test_a_program_for_faust_holds_every_number_of_the_workload(bench):
    lowpass = next(work for work in bench.workloads.WORKLOADS if work.function == "lowpass")
    program = bench.faust.program_of(lowpass, "by hand")
    assert f"start(i) = ba.take(i + 1, ({lowpass.start[0]:.17g}));" in program
    assert "learner(1, start, unit, error_of(1), mae, 1.0000000000000001e-05, lowpass(1))" in program


def test_the_page_tells_medians_ratios_and_why_there_is_none(bench):
    timing = bench.contest.Timing
    cells = {"C by hand": timing(4.0, 5.0, 6.0), "native": timing(9.0, 10.0, 11.0), "Faust, by hand, g++": "crashes"}
    row = bench.contest.Row(bench.workloads.WORKLOADS[0], cells, {"native, from nothing": 0.125})
    page = bench.table.as_markdown(bench.table.Figures({"processor": "a fast one"}, [row], [], []))
    assert "* processor: a fast one" in page
    assert "| gain    |     10 |         5 |" in page
    assert "## How many times as long as native" in page
    assert "| gain    |       0.5 |" in page
    assert "crashes" in page
    assert "0.12" in page
