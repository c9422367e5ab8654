"""The native engine gives what the interpreter gives, to the bit, for every operation, loss and optimizer."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needs import give_up

import pyhost as ph
from pyhost import native as native_room
from pyhost._binding import _OPCODE, Interpreter, LearnerCore, Record, ffi
from pyhost._settings import CoreParameter, CoreSettings
from pyhost.compile.build import compile as compile_chain
from pyhost.compile.lower import Tape, lower
from pyhost.compile.program import Program
from pyhost.learn.cores import make_core
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import Optimizer
from pyhost.learn.parameters import Parameters
from pyhost.native.chain import PRINTERS
from pyhost.native.compiler import headers
from pyhost.native.library import NativeLearner
from pyhost.native.printer import print_program
from pyhost.native.structure import structure_of

Compiled = Callable[..., list[Any]]
Chain = Callable[[Any], Any]

RATE = 48_000.0
LANES = (1, 2, 9)
FRAMES = 300


def _bank(x: Any) -> Any:
    return ph.sum(ph.stack([x, ph.mem(x), ph.mem(ph.mem(x))]) * ph.param("w", [0.1, 0.2, 0.3], shape=(3,)))


def _network(x: Any) -> Any:
    return ph.nn.dense(ph.nn.dense([x, ph.mem(x)], 12, name="first"), 1, "identity", name="second")


def _iir(x: Any) -> Any:
    forward = ph.fir(x, ph.param("b", [0.5, 0.1, 0.2], shape=(3,)))
    return ph.feedback(lambda y1: forward + ph.param("a1", 0.3) * y1 + ph.param("a2", -0.2) * ph.mem(y1))


def _swapped(x: Any) -> Any:
    taps = ph.param("g", [0.5] * 9, shape=(9,))
    a, b = ph.feedback(lambda a, b: (b + x, 0.5 * a))
    return ph.dot(ph.tanh(taps * (a - b)), taps) + ph.dot(ph.taps(a, 9), taps)


def _rounded(x: Any) -> Any:
    p = ph.param("p", 0.3)
    return ph.floor(8.0 * p * x, straight_through=True) + ph.fmod(x, 0.4 + p * p) + ph.atan2(x, p) + (0.1 + p) ** x


def _chosen(x: Any) -> Any:
    p, q = ph.param("p", 0.2), ph.param("q", [0.1] * 10, shape=(10,))
    return ph.select2(x > p, ph.minimum(x, p), ph.maximum(p * x, ph.mem(x))) + ph.sum(ph.maximum(q * x, p))


def _watched(x: Any) -> Any:
    """Return sums of what has partials elsewhere, their values alone: a level that decides."""
    p, q = ph.param("p", 0.3), ph.param("q", [0.1] * 9, shape=(9,))
    heard = p * x
    many = q * heard
    level = ph.fir(heard, ph.stack([0.1] * 12)) + ph.fir(heard, ph.stack([0.3, 0.2])) + ph.dot(many, many) + many[3]
    return ph.stop_gradient(level) * ph.sum(many) + ph.select2(level > 0.01, heard, x)


def _echo(x: Any) -> Any:
    return ph.feedback(lambda y1: x + ph.param("gain", 0.6) * ph.delay(y1, ph.param("length", 9.4), 30))


CHAINS: dict[str, Chain] = {
    "gain": lambda x: x * ph.param("gain", 0.3),
    "a constant": lambda x: ph.param("level", 0.3),
    "no parameter": lambda x: 0.5 * x - ph.sin(0.3),
    "bank": _bank,
    "network": _network,
    "IIR": _iir,
    "swapped": _swapped,
    "rounded": _rounded,
    "chosen": _chosen,
    "watched": _watched,
    "echo": _echo,
    "whole delay": lambda x: ph.delay(x * ph.param("g", 2.0), ph.param("v", 3.5), 8, "none"),
    "oscillator": lambda x: x * ph.osc(ph.param("f", 997.0)) + ph.table([0.0, 1.0, -1.0], 2.0 * abs(x)),
    "FIR 5": lambda x: ph.fir(x * ph.param("g", 2.0), ph.param("taps", [0.1, 0.2, 0.3, 0.4, 0.5], shape=(5,))),
    "FIR 70": lambda x: ph.fir(x, ph.param("taps", shape=(70,))) + ph.param("dc"),
    "lowpass": lambda x: ph.lowpass(x, ph.param("cutoff", 440.0, minimum=20.0, maximum=20_000.0, scale="log")),
    "bounded": lambda x: ph.fir(x, ph.param("t", [0.1] * 9, shape=(9,), minimum=-0.2, maximum=0.2, normalised=False)),
    "peq": ph.chain("peq(bands=3)"),
}

LOSSES: dict[str, Loss] = {
    "MAE": ph.MAE(),
    "MAE of means": ph.MAE(window=8),
    "MSE": ph.MSE(),
    "MSE of means": ph.MSE(window=7),
    "mean of MSE": ph.MSE(window=5, window_of="loss"),
    "MSLE": ph.MSLE(),
    "MSLE of means": ph.MSLE(window=4),
    "Huber": ph.Huber(delta=0.1, window=3),
    "log-cosh": ph.LogCosh(window=3),
    "ESR": ph.ESR(window=16),
    "spectral": ph.Spectral(size=16),
    "two spectra": ph.Spectral(size=(8, 20), log=0.5),
}

OPTIMIZERS: dict[str, Optimizer] = {
    "SGD": ph.SGD(1e-2),
    "momentum": ph.Momentum(1e-3),
    "Nesterov": ph.Nesterov(1e-3),
    "RMSProp": ph.RMSProp(1e-3),
    "Adam": ph.Adam(1e-3),
    "AdamW": ph.AdamW(1e-3),
    "NLMS": ph.NLMS(0.05),
    "Gauss-Newton": ph.GaussNewton(),
    "cosine": ph.SGD(1e-2, schedule=ph.Cosine(200)),
    "warm-up": ph.SGD(1e-2, schedule=ph.WarmUp(50, ph.Exponential(40, -0.1))),
    "clipped": ph.SGD(1e-2, clip_norm=0.1, clip_value=0.05),
}


def _values(program: Program) -> Any:
    return np.concatenate([*(np.ravel(spec.default) for spec in program.parameters), []])


def _settings(program: Program, loss: Loss, optimizer: Optimizer, locked: tuple[str, ...] = ()) -> CoreSettings:
    specs, place = [], 0
    for spec in program.parameters:
        bounds = (spec.normalised, spec.scale == "log", spec.name in locked, spec.minimum, spec.maximum)
        specs.append(CoreParameter(place, spec.width, *bounds))
        place += spec.width
    return CoreSettings(loss.core(), optimizer.core(), tuple(specs))


def _recordings(lanes: int, frames: int = FRAMES) -> tuple[Any, Any]:
    audio, other = np.random.default_rng(lanes).uniform(-1.0, 1.0, (2, lanes, frames))
    return audio, 0.3 * audio + 0.1 * other


def _same(found: Any, wanted: Any, what: str) -> None:
    np.testing.assert_array_equal(found, wanted, err_msg=what)


def _assert_runs_alike(runner: Any, tape: Tape, values: Any, what: str) -> None:
    reference = Interpreter(tape)
    audio, _ = _recordings(tape.lanes)
    for engine in (runner, reference):
        engine.reset()
        engine.set_parameters(values)
    for at in range(0, FRAMES, 7):
        block = audio[:, at : at + 7]
        (y, jacobian), (wanted, wanted_jacobian) = (e.process(block, jacobian=True) for e in (runner, reference))
        _same(y, wanted, f"{what}: output of the block at {at}")
        _same(jacobian, wanted_jacobian, f"{what}: partials of the block at {at}")


@pytest.mark.parametrize("lanes", LANES)
def test_every_operation_has_the_bits_of_the_interpreter(compiled: Compiled, lanes: int) -> None:
    programs = [compile_chain(chain) for chain in CHAINS.values()]
    tapes = [lower(program, RATE, lanes) for program in programs]
    plain = [lower(program, RATE, lanes, learned=()) for program in programs]
    runners = compiled([(tape, None) for tape in tapes + plain], "-O1")
    for runner, tape, program, name in zip(runners, tapes + plain, programs * 2, [*CHAINS] * 2, strict=True):
        _assert_runs_alike(runner, tape, _values(program), name)


def test_every_operation_of_the_core_can_be_printed() -> None:
    assert set(_OPCODE) == {*PRINTERS, "constant", "parameter", "input"}


def _learn(core: Any, audio: Any, target: Any, block: int) -> tuple[Any, ...]:
    """Learn in blocks from silence; return all that can be told of it."""
    lanes, frames = target.shape
    scalars = core.get_parameters().size
    output = np.zeros((lanes, frames))
    rows = [np.zeros(frames), np.zeros((frames, scalars)), np.zeros((frames, scalars))]
    diverged = None
    for at in range(0, frames, block):
        part = slice(at, at + block)
        heard = np.zeros((lanes, min(block, frames - at)))
        record = Record(*(row[part] for row in rows), every=1)
        diverged = core.process(audio[:, part], target[:, part], output=heard, record=record)
        output[:, part] = heard
        if diverged is not None:
            diverged += at
            break
    loss, samples, means = core.take_means()
    return diverged, output, *rows, core.get_parameters(), core.get_state(), loss, samples, means


NAMES = (
    "where it diverged",
    "output",
    "losses",
    "gradients",
    "parameters",
    "last parameters",
    "optimizer state",
    "sum of the loss",
    "samples",
    "mean parameters",
)


def _assert_learns_alike(native: Any, tape: Tape, settings: CoreSettings, values: Any, what: str) -> None:
    audio, target = _recordings(tape.lanes)
    reference = LearnerCore(tape, settings)
    found = []
    for core, block in ((reference, FRAMES), (native, FRAMES), (native, 64), (native, 7), (native, 1)):
        core.reset()
        core.take_means()
        fresh = LearnerCore(tape, settings).get_state()
        core.set_state(fresh)
        core.set_parameters(values)
        found.append(_learn(core, audio, target, block))
    for block, other in zip((FRAMES, 64, 7), found[1:4], strict=True):
        for name, a, b in zip(NAMES[:7], other, found[0], strict=False):
            _same(a, b, f"{what}, blocks of {block}: {name}")
    _same(found[4][1], found[1][1], f"{what}, blocks of 1")
    for name, a, b in zip(NAMES[7:], found[1][7:], found[0][7:], strict=True):
        _same(a, b, f"{what}: {name}")


def _pairs() -> list[tuple[str, str]]:
    """Return losses and optimizers that go together, each of both more than once."""
    pairs = []
    for i, loss in enumerate(LOSSES):
        for k, optimizer in enumerate(OPTIMIZERS):
            is_possible = optimizer != "Gauss-Newton" or LOSSES[loss].kind not in ("mae", "spectral")
            if is_possible and (k in (0, 8) or (i + k) % 3 == 0):
                pairs.append((loss, optimizer))
    return pairs


@pytest.mark.parametrize("lanes", [1, 2])
def test_every_loss_and_optimizer_has_the_bits_of_the_interpreter(compiled: Compiled, lanes: int) -> None:
    program = compile_chain(_iir)
    tape = lower(program, RATE, lanes)
    settings = [_settings(program, LOSSES[loss], OPTIMIZERS[optimizer]) for loss, optimizer in _pairs()]
    natives = compiled([(tape, each) for each in settings], "-O1")
    for native, each, pair in zip(natives, settings, _pairs(), strict=True):
        _assert_learns_alike(native, tape, each, _values(program), " and ".join(pair))


@pytest.mark.parametrize("lanes", LANES)
def test_every_chain_learns_with_the_bits_of_the_interpreter(compiled: Compiled, lanes: int) -> None:
    programs = {name: compile_chain(chain) for name, chain in CHAINS.items() if name != "FIR 70"}
    optimizers = [ph.SGD(1e-3), ph.Adam(1e-3), ph.SGD(1e-3), ph.NLMS(0.01)]
    windows = [1, 8, 5]
    work = [
        (name, lower(program, RATE, lanes), _settings(program, ph.MSE(window=windows[i % 3]), optimizers[i % 4]))
        for i, (name, program) in enumerate(programs.items())
    ]
    natives = compiled([(tape, settings) for _, tape, settings in work], "-O1")
    for native, (name, tape, settings) in zip(natives, work, strict=True):
        _assert_learns_alike(native, tape, settings, _values(programs[name]), name)


def test_full_optimization_changes_no_bit(compiled: Compiled) -> None:
    work = []
    for name in ("gain", "IIR", "FIR 5", "lowpass", "peq", "network"):
        program = compile_chain(CHAINS[name])
        settings = _settings(program, ph.MAE(window=8), ph.SGD(1e-3))
        work.append((name, program, lower(program, RATE, 1), settings))
    for native, (name, program, tape, settings) in zip(compiled([w[2:] for w in work]), work, strict=True):
        _assert_learns_alike(native, tape, settings, _values(program), name)


@pytest.mark.parametrize(
    ("loss", "optimizer"),
    [
        (ph.MAE(window=8), ph.SGD(0.5 / 80)),
        (ph.MSE(window=8), ph.SGD(0.5 / 80)),
        (ph.Huber(window=4), ph.SGD(0.5 / 80)),
        (ph.MSE(window=8), ph.Adam(1e-4)),  # at 1e-3 it is chaotic: any rounding grows
    ],
    ids=["MAE", "MSE", "Huber", "Adam"],
)
def test_many_taps_share_one_window_and_agree_over_a_hundred_thousand_samples(
    compiled: Compiled, loss: Loss, optimizer: Optimizer
) -> None:
    program = compile_chain(lambda x: ph.fir(x, ph.param("taps", shape=(80,))))
    tape = lower(program, RATE, 1)
    settings = _settings(program, loss, optimizer)
    (native,), reference = compiled([(tape, settings)]), LearnerCore(tape, settings)
    audio = ph.noise(100_000)[None]
    target = np.convolve(audio[0], np.sin(np.arange(80.0)))[None, :100_000]
    outputs = np.zeros((2, 1, 100_000))
    for core, output in zip((native, reference), outputs, strict=True):
        assert core.process(audio, target, output=output) is None
    scale = np.abs(outputs[1]).max()
    assert np.abs(outputs[0] - outputs[1]).max() <= 1e-12 * scale
    np.testing.assert_allclose(native.get_parameters(), reference.get_parameters(), rtol=0.0, atol=1e-12)
    np.testing.assert_allclose(native.take_means()[0], reference.take_means()[0], rtol=1e-12)


def _walled(x: Any) -> Any:
    taps = ph.param("t", [0.1] * 9, shape=(9,), minimum=-0.15, maximum=0.15, normalised=False)
    gains = ph.param("g", 0.5, minimum=0.45, maximum=0.55), ph.param("l", 1.0, minimum=0.9, maximum=1.2, scale="log")
    return ph.fir(x, taps) + x * gains[0] * gains[1] + ph.param("d", 0.0, minimum=-0.01)


@pytest.mark.parametrize("lanes", LANES)
def test_parameters_at_their_bounds_have_the_bits_of_the_interpreter(compiled: Compiled, lanes: int) -> None:
    program = compile_chain(_walled)
    tape = lower(program, RATE, lanes)
    optimizers = [ph.SGD(0.1), ph.Momentum(3e-2), ph.Nesterov(3e-2), ph.RMSProp(1e-2), ph.Adam(1e-2), ph.AdamW(1e-2)]
    losses = [ph.MSE(window=4), ph.MAE(), ph.MSE(window=3, window_of="loss")]
    settings = [_settings(program, loss, optimizer) for optimizer in optimizers for loss in losses]
    for native, each in zip(compiled([(tape, each) for each in settings], "-O1"), settings, strict=True):
        _assert_learns_alike(native, tape, each, _values(program), f"{each.loss} and {each.optimizer}")


def test_a_library_made_from_other_headers_is_refused(compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    program = compile_chain(CHAINS["gain"])
    tape = lower(program, RATE, 1)
    real = ffi.sizeof
    monkeypatch.setattr("pyhost.native.library.ffi", _OtherSizes(real))
    with pytest.raises(OSError, match="the headers of the core are not those that it was built with"):
        compiled([(tape, _settings(program, ph.MSE(), ph.SGD(1e-3)))], "-O1")


class _OtherSizes:
    """The core's types, one of another size."""

    def __init__(self, real: Callable[[str], int]) -> None:
        self._real = real

    def sizeof(self, kind: str) -> int:
        return self._real(kind) + (kind == "DsParameter")

    def __getattr__(self, name: str) -> Any:
        return getattr(ffi, name)


@pytest.mark.parametrize("name", ["gain", "IIR", "FIR 70", "lowpass"])
def test_a_learner_diverges_where_the_interpreter_does_and_keeps_the_last_finite_values(
    compiled: Compiled, name: str
) -> None:
    program = compile_chain(CHAINS[name])
    tape = lower(program, RATE, 1)
    settings = _settings(program, ph.MSE(window=4), ph.SGD(1e9))
    (native,), reference = compiled([(tape, settings)], "-O1"), LearnerCore(tape, settings)
    audio, target = _recordings(1)
    audio[0, 250] = np.nan  # the latest
    for core in (native, reference):
        core.set_parameters(_values(program))
    found, wanted = (_learn(core, audio, target, 64) for core in (native, reference))
    assert found[0] == wanted[0]
    assert wanted[0] is not None
    assert np.isfinite(found[5]).all()
    np.testing.assert_allclose(found[5], wanted[5], rtol=1e-9)
    _same(found[6], wanted[6], "optimizer state")


def test_locked_parameters_stay_and_cost_nothing(compiled: Compiled) -> None:
    program = compile_chain(CHAINS["peq"])
    locked = tuple(spec.name for spec in program.parameters[::2])
    learned = {spec.name for spec in program.parameters} - set(locked)
    tape = lower(program, RATE, 1, learned=learned)
    settings = _settings(program, ph.MSE(window=8), ph.SGD(1e-3), locked)
    _assert_learns_alike(compiled([(tape, settings)], "-O1")[0], tape, settings, _values(program), "locked")


def test_parameters_that_move_without_partials_have_the_bits_of_the_interpreter(compiled: Compiled) -> None:
    def chain(x: Any) -> Any:
        seen = ph.param("one", 0.5) * x + ph.sum(ph.param("many", [0.1] * 9, shape=(9,)))
        return x * ph.param("gain", 0.3) + ph.stop_gradient(ph.sin(seen))

    program = compile_chain(chain)
    tape, (audio, target), loss = lower(program, RATE, 1), _recordings(1), ph.MSE(window=3)
    all_settings = [_settings(program, loss, optimizer) for optimizer in (ph.AdamW(1e-2), ph.Momentum(1e-3))]
    natives = compiled([(tape, settings) for settings in all_settings])
    for native, settings in zip(natives, all_settings, strict=True):
        found = []
        for engine in (native, LearnerCore(tape, settings)):
            engine.set_parameters(_values(program))
            engine.set_state(np.full_like(engine.get_state(), 1e-3))
            output = np.zeros((1, FRAMES))
            assert engine.process(audio, target, output=output) is None
            found.append((output, engine.get_parameters()))
        _same(found[0][0], found[1][0], f"output, {settings.optimizer.kind}")
        _same(found[0][1], found[1][1], f"parameters, {settings.optimizer.kind}")
        assert not np.isin(found[0][1], _values(program)).any(), "all of them move"


def test_a_learner_of_either_engine_goes_on_where_the_other_stopped(compiled: Compiled) -> None:
    program = compile_chain(_iir)
    tape = lower(program, RATE, 1)
    settings = _settings(program, ph.MSE(window=4), ph.Adam(1e-2))
    audio, target = _recordings(1)
    (native,), reference = compiled([(tape, settings)], "-O1"), LearnerCore(tape, settings)
    for core in (native, reference):
        core.set_parameters(_values(program))
        core.process(audio, target)
    native.reset()
    native.set_state(reference.get_state())
    native.set_parameters(reference.get_parameters())
    reference.reset()
    native.process(audio, target)
    reference.process(audio, target)
    _same(native.get_parameters(), reference.get_parameters(), "parameters")
    _same(native.get_state(), reference.get_state(), "state")


def test_a_learner_says_the_same_whatever_engine_it_has() -> None:
    dry = ph.noise(9600)
    traces = {}
    for engine in ("interpreter", "native"):
        learner = ph.Learner(_iir, loss=ph.MSE(window=8), optimizer=ph.SGD(1e-2), engine=engine)
        trace = learner.learn(dry, 0.5 * dry, sample_rate=48_000, passes=2, record=True, align="off", start="off")
        traces[engine] = (trace.loss, trace.gradients["b"], learner.best_loss, learner.parameters["a1"].value)
    for a, b in zip(*traces.values(), strict=True):
        _same(a, b, "trace")


def _constants_of(folder: Path) -> set[str]:
    """Return every string in the sources of a folder."""
    return {
        node.value
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_no_flag_lets_the_compiler_change_the_meaning_of_floating_point() -> None:
    flags = {flag for flag in _constants_of(Path(native_room.__file__).parent) if flag.startswith("-f")}
    assert flags == {"-fno-fast-math", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fPIC"}


def test_a_difference_and_a_sum_of_products_side_by_side_have_the_bits_of_the_interpreter(compiled: Compiled) -> None:
    def chain(x: Any) -> Any:  # its value is a sum, its partial a difference: GCC would make one vfmaddsub of them
        a, b = ph.param("a", 0.3), ph.param("b", 0.7)
        return ph.tanh(x * a) * ph.sin(b * 3.0) + ph.exp(-b) * ph.mem(x)

    program = compile_chain(chain)
    parameters = Parameters(program.parameters)
    parameters["a"].locked = True
    engines = [
        make_core(program, parameters, ph.MSE(), ph.Adam(0.02), sample_rate=48_000.0, lanes=1, engine=engine)
        for engine in ("interpreter", "native")
    ]
    dry, target = np.random.default_rng(5).uniform(-1.0, 1.0, (2, 1, 3000))
    outputs = [np.empty_like(dry) for _ in engines]
    for engine, output in zip(engines, outputs, strict=True):
        assert engine.process(dry, target, output=output) is None
    assert isinstance(engines[1], NativeLearner)
    np.testing.assert_array_equal(*outputs)
    np.testing.assert_array_equal(*(engine.get_state() for engine in engines))


COMPILERS = [["gcc"], ["clang"], [sys.executable, "-m", "ziglang", "cc"]]


@pytest.mark.parametrize("compiler", COMPILERS, ids=["gcc", "clang", "zig"])
def test_what_is_printed_compiles_without_a_warning(compiler: list[str], tmp_path: Path) -> None:
    if compiler[0] != sys.executable and shutil.which(compiler[0]) is None:
        give_up(f"{compiler[0]} is missing: apt-get install {compiler[0]}")
    sources = []
    for i, (chain, lanes) in enumerate((chain, lanes) for chain in CHAINS.values() for lanes in LANES):
        program = compile_chain(chain)
        tape = lower(program, RATE, lanes)
        sources.append(print_program(tape, prefix=f"run{i}"))
        loss, optimizer = [*LOSSES.values()][i % len(LOSSES)], [*OPTIMIZERS.values()][i % len(OPTIMIZERS)]
        if loss.kind not in ("mae", "spectral") or optimizer.kind != "gauss_newton":
            sources.append(print_program(tape, _settings(program, loss, optimizer), prefix=f"learn{i}"))
    written = tmp_path / "all.c"
    written.write_text("\n".join(sources), encoding="utf-8")
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-I", str(headers()), "-c", "-o"]
    subprocess.run([*compiler, *flags, str(tmp_path / "all.o"), str(written)], check=True)


def test_learners_that_differ_in_numbers_alone_share_their_code() -> None:
    program = compile_chain(CHAINS["lowpass"])
    tape = lower(program, RATE, 1)
    first = _settings(program, ph.Huber(delta=0.1, window=3), ph.SGD(1e-3, schedule=ph.Cosine(100)))
    other = _settings(program, ph.Huber(delta=0.7, window=3), ph.SGD(0.5, schedule=ph.Cosine(70, 0.5)))
    assert print_program(tape, first) == print_program(tape, other)
    assert structure_of(first) == structure_of(other) != structure_of(_settings(program, ph.MSE(), ph.SGD(1e-3)))
