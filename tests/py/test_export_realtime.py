"""Exported plugins in real time: nothing in run waits, and no input, control or length of a block breaks it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from lv2_bundles import calling_the_heap, heap_is_called, sources, what_may_wait
from lv2_learning import AMOUNT, ENABLED, HOLD_BEST, LEARN, OPTIMIZER, RATE, RESET, SELECT, Learners, direct, recordings

import pyhost as ph
from pyhost.export.described import Described
from pyhost.export.learner import describe_learner
from pyhost.export.lv2 import describe
from pyhost.learn.learned import freeze
from pyhost.learn.optimizers import Optimizer
from pyhost.native.compiler import find_compiler

MARK = "    const EdgeMode before = edge_begin();"
"""A line of run, behind which a test puts what must be caught."""


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("port", [0, 1])
@pytest.mark.parametrize("name", ["gain", "matcher"])
def test_no_input_breaks_it_and_it_learns_on(bad: float, port: int, name: str, learners: Learners) -> None:
    dry, target = recordings(name, 48_000)
    broken = np.concatenate([dry, target])
    broken[port, 24_000:24_100] = bad
    plugin = direct(learners[name], meters=2 if name == "gain" else 0)
    with np.errstate(over="ignore"):
        out = plugin.run(broken, 1, [64])
        again = plugin.run(np.concatenate([dry, target]), 1, [64])
    plugin.close()
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= 16.0
    np.testing.assert_allclose(again[:, -4800:], target[:, -4800:], atol=1e-3)


@pytest.mark.parametrize("blocks", [[1, 0, 31], [8192], [33, 7]])
@pytest.mark.parametrize("in_place", [False, True])
def test_what_is_learned_does_not_depend_on_blocks(blocks: list[int], in_place: bool, learners: Learners) -> None:
    dry, target = recordings("direct", 20_000)
    outs = []
    for sizes in ([512], blocks):
        plugin = direct(learners["direct"])
        outs.append(plugin.run(np.concatenate([dry, target]), 1, sizes, in_place=in_place and sizes is blocks))
        plugin.close()
    np.testing.assert_array_equal(*outs)


def test_controls_that_are_no_numbers_are_not_listened_to(learners: Learners) -> None:
    dry, target = recordings("gain", 9600)
    plugin = direct(learners["gain"])
    for control in (ENABLED, LEARN, RESET, HOLD_BEST, RATE, AMOUNT, SELECT, OPTIMIZER):
        plugin.controls[3 + control][0] = np.nan
    out = plugin.run(np.concatenate([dry, target]), 1, [256])
    plugin.close()
    np.testing.assert_allclose(out[:, 4800:], target[:, 4800:], atol=1e-5)


def described(learns: bool, chain: str, optimizer: Optimizer | None = None) -> Described:
    """Return a plugin that learns, or one that has learned."""
    learned = freeze(ph.chain(chain))
    if learns:
        return describe_learner(learned, name="it", uri="", channels=1, loss=None, optimizer=optimizer)
    return describe(learned, name="it", uri="", channels=1, any_rate=False)


@pytest.mark.parametrize("learns", [False, True])
def test_run_never_calls_the_heap_and_a_plugin_that_does_is_caught(learns: bool, tmp_path: Path) -> None:
    folder = sources(described(learns, "gain | lowpass"), tmp_path)
    assert not heap_is_called(folder, tmp_path)
    assert heap_is_called(calling_the_heap(folder, MARK, "frames", tmp_path), tmp_path)


@pytest.mark.parametrize("optimizer", [ph.GaussNewton(), ph.SGD()])
def test_a_plugin_that_learns_compiles_without_a_warning(optimizer: Optimizer, tmp_path: Path) -> None:
    folder = sources(described(True, "gain | lowpass", optimizer), tmp_path)
    strict = "-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wstrict-prototypes -Werror"
    command = [*find_compiler().command, "-std=c11", "-O1", *strict.split(), "-c", "plugin.c", "-o", "plugin.o"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("learns", [False, True])
def test_clang_proves_that_run_never_waits_and_refutes_a_plugin_that_does(learns: bool, tmp_path: Path) -> None:
    folder = sources(described(learns, "gain | peq(bands=3) | compressor"), tmp_path)
    assert what_may_wait(folder, tmp_path) == ""
    told = what_may_wait(calling_the_heap(folder, MARK, "frames", tmp_path), tmp_path)
    assert "must not call non-'nonblocking' function 'malloc'" in told


def test_the_library_asks_for_nothing_that_could_wait(learners: Learners) -> None:
    library = learners["equaliser"].path / "equaliser.so"
    symbols = subprocess.check_output(["nm", "-D", "--undefined-only", library], text=True).split()
    foreign = {name.split("@")[0] for name in symbols if not name.startswith(("w", "U", "_"))}
    maths = {"exp", "log", "log10", "lrintf", "pow", "sin", "cos", "tan", "sqrt", "tanh", "log1p", "fmod"}
    assert foreign - maths <= {"calloc", "malloc", "free", "memcpy", "memset", "strcmp"}
