"""Chains of stages: what a stage passes on stays in one array, what is its own is spelt out, and the bits stay."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost._binding import Interpreter, LearnerCore
from pyhost._settings import CoreParameter, CoreSettings
from pyhost.compile.build import compile as compile_chain
from pyhost.compile.lower import Tape, lower
from pyhost.native.elements import ELEMENTS
from pyhost.native.engine import make_learner, make_runner
from pyhost.native.library import NativeLearner, NativeRunner
from pyhost.native.printer import print_program
from pyhost.native.spelling import spelt_rows

AUDIO = np.random.default_rng(5).uniform(-1.0, 1.0, (2, 60))


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing that was compiled before."""
    monkeypatch.setenv("PYHOST_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


def _one_poles(count: int) -> Callable[[Any], Any]:
    """Return stages of two parameters each whose outputs are their memories."""

    def chain(x: Any) -> Any:
        for k in range(count):
            gain, pole = ph.param(f"gain{k}", 0.9), ph.param(f"pole{k}", 0.3 + 0.01 * k)
            x = ph.feedback(lambda y1, x=x, gain=gain, pole=pole: gain * x + pole * y1)
        return x

    return chain


def _crossed(x: Any) -> Any:
    """Return stages whose memories feed one another and, at last, a filter that reads its operand's rows together."""
    x = ph.chain("peq(bands=3)")(x)
    pole = ph.param("pole", 0.4)
    y = ph.feedback(lambda a, b: (pole * b + x, 0.5 * a - x))
    z = ph.feedback(lambda y1: y[0] + ph.param("last", 0.2) * ph.mem(y1))
    return ph.fir(z, ph.param("taps", [0.5, 0.2], shape=(2,))) + ph.mem(ph.mem(z))


CHAINS = {"peq(4)": ph.chain("peq(bands=4)"), "one-poles": _one_poles(6), "crossed": _crossed}


def _tape(chain: Callable[[Any], Any]) -> Tape:
    return lower(compile_chain(chain), 48_000.0, 1)


def _settings(chain: Callable[[Any], Any]) -> CoreSettings:
    found, first = [], 0
    for spec in compile_chain(chain).parameters:
        ends = (spec.minimum, spec.maximum)
        found.append(CoreParameter(first, spec.width, spec.normalised, spec.scale == "log", False, *ends))
        first += spec.width
    return CoreSettings(ph.MSE(window=4).core(), ph.SGD(1e-3).core(), tuple(found))


def _start(chain: Callable[[Any], Any]) -> Any:
    return np.concatenate([np.atleast_1d(spec.default) for spec in compile_chain(chain).parameters]) + 1e-3


@pytest.mark.parametrize("name", CHAINS)
def test_both_engines_give_the_same_partials_to_the_bit(name: str) -> None:
    found = []
    for runner in (make_runner(_tape(CHAINS[name]), engine="native"), Interpreter(_tape(CHAINS[name]))):
        runner.set_parameters(_start(CHAINS[name]))
        found.append(runner.process(AUDIO[:1], jacobian=True))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])
    assert isinstance(make_runner(_tape(CHAINS[name]), engine="native"), NativeRunner)


@pytest.mark.parametrize("name", CHAINS)
def test_both_engines_learn_the_same_to_the_bit(name: str) -> None:
    tape, settings = _tape(CHAINS[name]), _settings(CHAINS[name])
    learners = (make_learner(tape, settings, engine="native"), LearnerCore(tape, settings))
    assert isinstance(learners[0], NativeLearner)
    for learner in learners:
        learner.set_parameters(_start(CHAINS[name]))
        assert learner.process(AUDIO[:1], AUDIO[1:]) is None
    moved = [learner.get_parameters() for learner in learners]
    np.testing.assert_array_equal(moved[0], moved[1])
    assert np.all(moved[0] != _start(CHAINS[name]))


def test_a_stage_goes_through_what_it_passes_on_in_loops_of_one_length() -> None:
    chain = ph.chain("peq(bands=6)")
    lengths = Counter(map(int, re.findall(r"size_t r = 0; r < (\d+)", print_program(_tape(chain), _settings(chain)))))
    assert set(lengths) == {6, 9, 12, 15, 18}
    assert max(lengths.values()) <= 6


def test_the_loops_of_a_chain_grow_no_faster_than_its_stages() -> None:
    def loops(stages: int) -> int:
        chain = ph.chain(f"peq(bands={stages})")
        return print_program(_tape(chain), _settings(chain)).count("DS_APART")

    assert loops(16) - loops(12) <= 4 * 6


def test_rows_that_come_one_by_one_are_spelt_out_and_rows_that_are_passed_on_are_not() -> None:
    tape = _tape(ph.chain("peq(bands=6)"))
    spelt = [rows for rows in spelt_rows(tape, frozenset(ELEMENTS)) if rows]
    assert {len(rows) for rows in spelt} <= {1, 2, 3}
    assert all(min(rows) >= 6 for rows in spelt)


@pytest.mark.parametrize("name", CHAINS)
def test_rows_that_something_reads_together_are_never_spelt_out(name: str) -> None:
    tape = _tape(CHAINS[name])
    spelt = spelt_rows(tape, frozenset(ELEMENTS))
    together = {arg for op in tape.ops if op.name == "convolve" for arg in op.args} | {tape.output}
    assert not any(spelt[at] for at in together)


@pytest.mark.parametrize(("bands", "is_large"), [(2, False), (6, True)])
def test_only_a_program_of_many_lines_is_compiled_with_less_effort(bands: int, is_large: bool) -> None:
    chain = ph.chain(f"peq(bands={bands})")
    assert ("#define DS_LARGE" in print_program(_tape(chain), _settings(chain)).splitlines()) is is_large
