"""Lanes: several learners in one pass, each with the bits that it has alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needs import give_up

import pyhost as ph
from pyhost._settings import CoreParameter, CoreSettings
from pyhost.audio import ArraySource, AudioArray
from pyhost.compile.lower import Tape, lower
from pyhost.native import engine
from pyhost.native.compiler import CompileError, Compiler, compile_library, find_compiler, headers
from pyhost.native.lanes import print_lanes
from pyhost.native.library import NativeLanes, Part
from pyhost.native.widened import widened, widened_members

RATE = 48_000
GIVEN: dict[str, Any] = {"sample_rate": RATE, "align": "off", "start": "off"}
GAIN_DC: dict[str, Any] = {"loss": ph.MSE(8), "optimizer": ph.SGD(0.05)}


def gain_dc(x: ph.Signal) -> ph.Signal:
    return x * ph.param("gain", 0.2) + ph.param("dc", -0.1)


def resonant(x: ph.Signal) -> ph.Signal:
    frequency = ph.param("frequency", 900.0, minimum=100.0, maximum=5000.0, scale="log", unit="Hz")
    level = ph.param("level", 0.5, minimum=0.4, maximum=0.6)
    return ph.lowpass2(x, frequency, 1.2) * level


def fir(x: ph.Signal) -> ph.Signal:
    few = ph.param("few", [0.5, 0.1, 0.2], shape=(3,))
    return ph.fir(x, ph.param("taps", [0.1] * 12, shape=(12,))) + 0.5 * ph.fir(x, few)


def behind(x: ph.Signal) -> ph.Signal:
    """Return a filter of what depends on a parameter, and so a window of partials that are numbers."""
    return ph.fir(x + ph.param("dc", 0.1), ph.param("taps", [0.1] * 12, shape=(12,)))


def clipped(x: ph.Signal) -> ph.Signal:
    """Return bounds that are reached, choices and conditions."""
    gain = ph.param("gain", 0.5, minimum=0.2, maximum=0.55, normalised=False)
    driven = ph.maximum(ph.minimum(x * gain, 0.4), -0.3)
    return ph.select2(x > 0.1, driven, ph.tanh(driven * ph.param("drive", 2.0)))


def curved(x: ph.Signal) -> ph.Signal:
    """Return functions whose slopes have corners, and divisions on both sides of their clamp."""
    p, q = ph.param("p", 0.3), ph.param("q", 0.2)
    corner = abs(p * x - 0.3 * x)  # at the start at its very tip
    return corner + ph.sqrt(abs(x * p)) + x / (0.6 + q) + 1e-7 * p / (1e-6 * x) + ph.floor(3.0 * x) * q + ph.exp(-p * p)


CASES: dict[str, tuple[Any, ph.Loss, ph.Optimizer]] = {
    "gain": (lambda x: x * ph.param("gain", 0.5), ph.MAE(32), ph.SGD(1e-2)),
    "no parameter in use": (lambda x: x * 0.5 + 0.0 * ph.stop_gradient(ph.param("idle", 1.0)), ph.MSE(), ph.SGD(1e-2)),
    "one pole": (lambda x: ph.onepole(x, ph.param("pole", 0.5)), ph.MSE(16), ph.SGD(5e-4)),
    "resonant": (resonant, ph.MSE(4), ph.Momentum(1e-3)),
    "fir": (fir, ph.MSE(4), ph.Adam(1e-3)),
    "fir, mean of losses": (fir, ph.MSE(4, window_of="loss"), ph.AdamW(1e-3, weight_decay=0.1)),
    "filter behind a sum": (behind, ph.MSE(4), ph.SGD(1e-3)),
    "clipped": (clipped, ph.Huber(delta=0.1), ph.Nesterov(0.05)),
    "curved": (curved, ph.LogCosh(), ph.RMSProp(1e-3, schedule=ph.Exponential(500, -0.1))),
    "equaliser": (ph.chain("peq(bands=5)"), ph.MSE(4), ph.SGD(1e-4)),
    "small errors": (lambda x: x * ph.param("gain", 1.0), ph.MAE(), ph.SGD(1e-12)),
}


def recordings(count: int, frames: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """One row for each learner."""
    dry = ph.noise(count * frames).reshape(count, frames)
    return dry, np.linspace(0.3, 1.0, count)[:, None] * dry


def same(trace: ph.Trace, other: ph.Trace) -> bool:
    """Whether two courses are equal to the bit."""
    columns = [(trace.loss, other.loss)]
    columns += [(trace.parameters[name], other.parameters[name]) for name in trace.parameters]
    columns += [(trace.gradients[name], other.gradients[name]) for name in trace.gradients]
    return trace.passes == other.passes and all(one.tobytes() == two.tobytes() for one, two in columns)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many learners went in each pass that was of several."""
    sizes: list[int] = []
    learn = NativeLanes.learn

    def counted(self: NativeLanes, parts: Sequence[Part]) -> bool:
        sizes.append(len(parts))
        return learn(self, parts)

    monkeypatch.setattr(NativeLanes, "learn", counted)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    return sizes


def assert_as_alone(
    bank: ph.LearnerBank, dry: Sequence[np.ndarray], target: Sequence[np.ndarray], settings: dict[str, Any], **how: Any
) -> None:
    """Learn with a bank; each learner must end where one alone does."""
    traces = bank.learn(list(dry), list(target), **GIVEN, **how)
    for number, learner in enumerate(bank.learners):
        alone = ph.Learner(bank_chain(settings), **{key: value for key, value in settings.items() if key != "chain"})
        trace = alone.learn(dry[number], target[number], **GIVEN, **how)
        assert same(traces[number], trace), number
        assert learner.parameters.values_array().tobytes() == alone.parameters.values_array().tobytes(), number
        assert learner.optimizer_state is not None
        assert alone.optimizer_state is not None
        assert learner.optimizer_state.tobytes() == alone.optimizer_state.tobytes(), number
        assert (learner.best, learner.best_loss) == (alone.best, alone.best_loss), number


def bank_chain(settings: dict[str, Any]) -> Any:
    return settings["chain"]


def made(count: int, chain: Any = gain_dc, **settings: Any) -> tuple[ph.LearnerBank, dict[str, Any]]:
    """Return a bank and what its learners are made of."""
    all_settings = GAIN_DC | {"engine": "native"} | settings
    return ph.LearnerBank(chain, count=count, **all_settings), all_settings | {"chain": chain}


@pytest.mark.parametrize("case", CASES)
def test_learners_in_one_pass_have_the_bits_that_they_have_alone(case: str, passes: list[int]) -> None:
    chain, loss, optimizer = CASES[case]
    bank, settings = made(3, chain, loss=loss, optimizer=optimizer)
    assert_as_alone(bank, *recordings(3), settings, passes=2, record=True, evaluate=False)
    assert set(passes) == {3}


@pytest.mark.parametrize("count", [2, 3, 7, 8, 9, 17])
@pytest.mark.parametrize("cores", [1, 2])
def test_any_number_of_learners_goes_in_passes(
    count: int, cores: int, passes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    bank, settings = made(count)
    assert_as_alone(bank, *recordings(count, 1000), settings, evaluate=True)
    assert sum(passes) > 0
    assert max(passes) <= engine.most_lanes()


def test_recordings_of_unequal_length_go_together_as_far_as_they_can(passes: list[int]) -> None:
    lengths = [4000, 4001, 3977, 9000, 300]
    dry, target = recordings(5, 9000)
    bank, settings = made(5)
    cut = [[row[:length] for row, length in zip(signal, lengths, strict=True)] for signal in (dry, target)]
    assert_as_alone(bank, *cut, settings, passes=3, tolerance=0.0)
    assert {4, 5} <= set(passes)


def test_what_is_written_down_is_not_cut(passes: list[int]) -> None:
    dry, target = recordings(3, 6000)
    bank, settings = made(3)
    cut = [[signal[0], signal[1], signal[2][:4500]] for signal in (dry, target)]
    assert_as_alone(bank, *cut, settings, record=7, passes=2, tolerance=0.0)
    assert {2, 3} <= set(passes)


def test_learners_go_on_by_a_second_call(passes: list[int]) -> None:
    dry, target = recordings(3)
    bank, _ = made(3, optimizer=ph.Adam(1e-3))
    alone = ph.Learner(gain_dc, loss=ph.MSE(8), optimizer=ph.Adam(1e-3), engine="native")
    for length in (3000, 1000):  # Adam has counted unequal samples when it goes on
        bank.learn([dry[0], dry[1][:length], dry[2]], [target[0], target[1][:length], target[2]], **GIVEN)
        alone.learn(dry[1][:length], target[1][:length], **GIVEN)
    assert bank.learners[1].parameters.values_array().tobytes() == alone.parameters.values_array().tobytes()
    assert passes


def test_one_that_diverges_does_so_where_it_does_alone_and_the_others_go_on(passes: list[int]) -> None:
    dry, target = recordings(4, 4000)
    dry[2, 1500:] *= 100.0  # too loud for the rate
    bank, _ = made(4)
    with pytest.raises(ph.DivergedError, match=r"of 4 learners, learners\[2\] diverged") as caught:
        bank.learn(dry, target, **GIVEN, record=True)
    singles = [ph.Learner(gain_dc, **GAIN_DC, engine="native") for _ in range(4)]
    with pytest.raises(ph.DivergedError) as expected:
        singles[2].learn(dry[2], target[2], **GIVEN, record=True)
    assert caught.value.sample == expected.value.sample > 1500
    for number in (0, 1, 3):
        trace = bank.traces[number]
        assert trace is not None
        assert same(trace, singles[number].learn(dry[number], target[number], **GIVEN, record=True))
    for learner, single in zip(bank.learners, singles, strict=True):
        assert learner.parameters.values_array().tobytes() == single.parameters.values_array().tobytes()
    assert {3, 4} <= set(passes)


class Ends(ArraySource):
    """A recording that breaks off in the thread that learns it."""

    def blocks(self, frames: int) -> Iterator[AudioArray]:
        for number, block in enumerate(super().blocks(frames)):
            if number == 3 and frames > 1 and self.is_tired:
                raise ph.AudioError("the disk is gone")
            yield block

    is_tired = False


def test_one_whose_recording_breaks_off_keeps_nobody_waiting(passes: list[int]) -> None:
    dry, target = recordings(3, 6000)
    broken = Ends(dry[1], RATE)
    bank, _ = made(3)
    bank.learn(dry, target, **GIVEN)
    passes.clear()
    broken.is_tired = True
    with pytest.raises(ph.AudioError, match="the disk is gone"):
        bank.learn([dry[0], broken, dry[2]], list(target), **GIVEN, evaluate=False)
    assert [trace is None for trace in bank.traces] == [False, True, False]
    assert {2, 3} <= set(passes)


def test_what_progress_raises_ends_all_who_wait_for_each_other(passes: list[int]) -> None:
    dry, target = recordings(5, 20_000)
    bank, _ = made(5)

    def interrupt(number: int, progress: ph.Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bank.learn(dry, target, **GIVEN, passes=10**9, tolerance=0.0, evaluate=False, progress=interrupt)
    assert all(np.isfinite(parameters.values_array()).all() for parameters in bank.parameters)
    assert passes


def test_learners_with_locks_of_their_own_go_with_their_like(passes: list[int]) -> None:
    dry, target = recordings(4)
    bank, _ = made(4)
    single = ph.Learner(gain_dc, **GAIN_DC, engine="native")
    for learner in (*bank.learners[:2], single):
        learner.parameters["dc"].locked = True
    bank.learn(dry, target, **GIVEN, evaluate=False)
    single.learn(dry[1], target[1], **GIVEN, evaluate=False)
    assert bank.learners[1].parameters.values_array().tobytes() == single.parameters.values_array().tobytes()
    assert bank.parameters[1]["dc"].value == -0.1 != bank.parameters[2]["dc"].value
    assert set(passes) == {2}


def test_learners_whose_rates_were_changed_go_by_themselves(passes: list[int]) -> None:
    dry, target = recordings(3)
    bank, _ = made(3)
    bank.learners[1].optimizer = ph.SGD(0.02)
    single = ph.Learner(gain_dc, loss=ph.MSE(8), optimizer=ph.SGD(0.02), engine="native")
    bank.learn(dry, target, **GIVEN, evaluate=False)
    single.learn(dry[1], target[1], **GIVEN, evaluate=False)
    assert bank.learners[1].parameters.values_array().tobytes() == single.parameters.values_array().tobytes()
    assert set(passes) == {2}


@pytest.mark.parametrize(
    ("chain", "optimizer"),
    [
        (lambda x: ph.delay(x, ph.param("late", 3.0), maximum=10), ph.SGD(1e-3)),
        (gain_dc, ph.NLMS(0.1)),
        (lambda x: ph.fir(x, ph.param("taps", [0.01] * 64, shape=(64,))), ph.SGD(1e-3)),
    ],
    ids=["delay", "nlms", "long filter"],
)
def test_what_has_no_lanes_learns_each_in_a_thread(chain: Any, optimizer: Any, passes: list[int]) -> None:
    bank, settings = made(2, chain, optimizer=optimizer)
    assert_as_alone(bank, *recordings(2, 500), settings, evaluate=False)
    assert not passes


def test_auto_compiles_lanes_for_nobody_whom_they_would_not_serve(passes: list[int]) -> None:
    dry, target = recordings(3)
    bank, _ = made(3, lambda x: x * ph.param("gain", 0.4321), engine="auto")
    bank.learn(dry, target, **GIVEN)
    assert not passes


def test_choices_and_conditions_become_calls_lane_by_lane() -> None:
    lines = [
        "const double v1 = is0 ? p0 : 0.5 * x;",
        "next_p0 = to0 < low_0 ? low_0 : to0 > high_0 ? high_0 : to0;",
        "m_0 = (to == 0.0 || to == 1.0) ? u0 - to : m_0;",
        "const bool good = is_finite && bad == 0;",
        "bad |= fabs(to) <= DBL_MAX ? 0 : 1;",
    ]
    assert widened(lines, []) == [
        "const DsLanes v1 = ds_lanes_select(is0, p0, DS_IN_LANES(0.5 * x));",
        "next_p0 = ds_lanes_select(to0 < low_0, low_0, ds_lanes_select(to0 > high_0, high_0, to0));",
        "m_0 = ds_lanes_select(((to == 0.0) | (to == 1.0)), DS_IN_LANES(u0 - to), m_0);",
        "const DsMaskLanes good = (is_finite) & (bad == 0);",
        "bad |= ~(ds_lanes_fabs(to) <= DBL_MAX);",
    ]


def test_positions_and_counters_stay_numbers() -> None:
    members = ["double line3[8];", "size_t at3;"]
    assert widened_members(members) == ["DsLanes line3[8];", "DsPlaceLanes at3;"]
    lines = ["size_t at3 = s->at3;", "at3 = at3 == 0 ? 7 : at3 - 1;", "at = 0;", "s->at3 = at3;"]
    assert widened(lines, ["at3"]) == [
        "size_t at3 = s->at3[0];",
        "at3 = at3 == 0 ? 7 : at3 - 1;",
        "at = 0;",
        "ds_lanes_place(s->at3, at3);",
    ]


def test_calls_take_lanes_where_they_take_numbers() -> None:
    lines = [
        "const DsBinary f2 = ds_divide(1.0, f1.value, (DsActive){false, true});",
        "const double q3 = ds_dot(p + 3, past, 12);",
        "const double step0 = ds_optimizer_adam(descent0, adam, &m_0, &v_0);",
    ]
    assert widened(lines, []) == [
        "const DsBinaryLanes f2 = ds_lanes_divide(DS_IN_LANES(1.0), f1.value, (DsActive){false, true});",
        "const DsLanes q3 = ds_lanes_dot(p + 3, past, 12);",
        "const DsLanes step0 = ds_lanes_optimizer_adam(descent0, adam, &m_0, &v_0);",
    ]


def _tape_and_settings(case: str) -> tuple[Tape, CoreSettings]:
    chain, loss, optimizer = CASES[case]
    program = ph.compile(chain)
    specs, place = [], 0
    for spec in program.parameters:
        bounds = (spec.normalised, spec.scale == "log", False, spec.minimum, spec.maximum)
        specs.append(CoreParameter(place, spec.width, *bounds))
        place += spec.width
    return lower(program, RATE, 1), CoreSettings(loss.core(), optimizer.core(), tuple(specs))


COMPILERS = [["gcc"], ["clang"], [sys.executable, "-m", "ziglang", "cc"]]


@pytest.mark.parametrize("compiler", COMPILERS, ids=["gcc", "clang", "zig"])
def test_lanes_compile_without_a_warning(compiler: list[str], tmp_path: Path) -> None:
    if compiler[0] != sys.executable and shutil.which(compiler[0]) is None:
        give_up(f"{compiler[0]} is missing: apt-get install {compiler[0]}")
    sources = [print_lanes(*_tape_and_settings(case), 2, prefix=f"lanes{i}") for i, case in enumerate(CASES)]
    written = tmp_path / "all.c"
    written.write_text("\n".join(sources), encoding="utf-8")
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-I", str(headers()), "-c", "-o"]
    subprocess.run([*compiler, *flags, str(tmp_path / "all.o"), str(written)], check=True)


@pytest.mark.parametrize(("case", "is_large"), [("resonant", False), ("equaliser", True)])
def test_no_product_is_fused_with_a_sum(case: str, is_large: bool, tmp_path: Path) -> None:
    """A vectorizer would, in spite of what it is told, as it is for large programs; see ``csrc/ds_strict.h``."""
    source = print_lanes(*_tape_and_settings(case), engine.most_lanes())
    assert ("#define DS_LARGE" in source) == is_large
    told = compile_library(find_compiler(), source, tmp_path, "-S").read_text(encoding="utf-8")
    assert re.search(r"\bv?mulpd\b|\bfmul\b", told)
    assert not re.search(r"\b(?:vfn?m(?:add|sub)|fml[as]\b|fn?m(?:add|sub)\b)", told)


def test_without_lanes_learners_go_one_by_one_and_that_is_told(
    passes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(compiler: Compiler, source: str, folder: Path) -> Path:
        if "ds_printed_lanes.h" in source:
            raise CompileError("cc was killed by signal 9")
        return compile_library(compiler, source, folder)

    monkeypatch.setattr(engine, "compile_library", fails)
    monkeypatch.setattr(engine, "_told", set())
    bank, settings = made(2, lambda x: x * ph.param("gain", 0.3) + 0.0123 * x)
    with pytest.warns(engine.EngineWarning, match="learners go one by one, which is slower: cc was killed by signal 9"):
        assert_as_alone(bank, *recordings(2, 500), settings, evaluate=False)
    assert not passes


def test_lanes_that_are_not_of_their_learners_are_refused(passes: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(NativeLanes):
        def __init__(self, path: Path, width: int, state: int) -> None:
            super().__init__(path, width, state + 8)

    monkeypatch.setattr("pyhost.native.company.NativeLanes", Other)
    monkeypatch.setattr(engine, "_told", set())
    bank, settings = made(2)
    with pytest.warns(engine.EngineWarning, match="cannot be loaded: it was not printed from what its learners were"):
        assert_as_alone(bank, *recordings(2, 500), settings, evaluate=False)
    assert not passes
