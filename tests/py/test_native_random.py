"""Five hundred chains drawn at random run and learn with the bits of the interpreter, in blocks of any size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import pyhost as ph
from pyhost._binding import Interpreter, LearnerCore
from pyhost._settings import CoreParameter, CoreSettings
from pyhost.compile.build import compile as compile_chain
from pyhost.compile.lower import Tape, lower
from pyhost.compile.program import Program

Compiled = Callable[..., list[Any]]

FRAMES = 40
AUDIO = np.random.default_rng(17).uniform(-1.0, 1.0, (2, 9, FRAMES))
TOGETHER = 25  # programs that are compiled at once


def _vector(name: str, width: int) -> Any:
    return ph.param(name, [0.1 * (k + 1) * (-1) ** k for k in range(width)], shape=(width,))


# Each step makes a new signal from two that are there; k tells apart the parameters of different steps.
STEPS: list[Callable[[Any, Any, int], Any]] = [
    lambda a, b, k: a + b,
    lambda a, b, k: a - 0.5 * b,
    lambda a, b, k: a * b,
    lambda a, b, k: a / (2.0 + b * b),
    lambda a, b, k: -ph.sin(a) + b,
    lambda a, b, k: ph.tanh(a * b),
    lambda a, b, k: ph.maximum(a, ph.minimum(b, 0.5)),
    lambda a, b, k: ph.select2(a > b, a, b),
    lambda a, b, k: ph.mem(a) + b,
    lambda a, b, k: ph.mem(ph.mem(a)) * b,
    lambda a, b, k: ph.delay(a, 3.0 + b, 7, "linear"),
    lambda a, b, k: ph.delay(a, 2.0 + b, 9, "lagrange3") + ph.delay(b, 1.5 + a, 4, "none"),
    lambda a, b, k: ph.feedback(lambda y1: a + 0.5 * ph.sin(y1 + b)),
    lambda a, b, k: ph.feedback(lambda y1, z1: (z1 + a, 0.4 * y1 - 0.1 * b))[0],
    lambda a, b, k: ph.feedback(lambda y1, z1: (z1, 0.5 * y1 + a))[1],
    lambda a, b, k: ph.fir(a, _vector(f"h{k}", 3)) + ph.dot(ph.taps(b, 3), ph.taps(a, 3)),
    lambda a, b, k: ph.fir(a, _vector(f"h{k}", 11)) + b,
    lambda a, b, k: ph.dot(ph.taps(a, 10), ph.taps(b, 10) * _vector(f"h{k}", 10)),
    lambda a, b, k: ph.sum(ph.stack([a, b, a]) * ph.taps(b, 3) * _vector(f"h{k}", 3)),
    lambda a, b, k: ph.dot(ph.tanh(_vector(f"w{k}", 9) * a + b), _vector(f"v{k}", 9)),
    lambda a, b, k: ph.tanh(_vector(f"w{k}", 12) * a)[5] + ph.sum((_vector(f"v{k}", 12) * b)[2:6]),
    lambda a, b, k: ph.floor(4.0 * a, straight_through=True) * b + ph.stop_gradient(a),
    lambda a, b, k: ph.fmod(a, 0.7 + b * b) + ph.atan2(a, b) + abs(b),
    lambda a, b, k: ph.table([0.0, 1.0, -1.0, 0.5], 3.0 * abs(a)) + ph.sqrt(abs(b) + 0.1),
    lambda a, b, k: (1.5 + ph.sin(a)) ** b,
]

LOSSES = [
    ph.MAE(window=3),
    ph.MSE(),
    ph.MSE(window=4),
    ph.MSE(window=5, window_of="loss"),
    ph.Huber(delta=0.2, window=2),
    ph.LogCosh(),
    ph.MSLE(window=3),
    ph.ESR(window=8),
]
OPTIMIZERS = [ph.SGD(1e-3), ph.SGD(1e-3), ph.Adam(1e-4), ph.NLMS(0.01), ph.RMSProp(1e-4), ph.Nesterov(1e-4)]

one_plan = st.tuples(
    st.lists(st.tuples(st.integers(0, len(STEPS) - 1), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=9),
    st.sampled_from([1, 1, 2, 3, 9]),  # lanes
    st.sampled_from([1, 7, 64]),  # block
    st.integers(0, 10_000),  # what else there is to choose
)
Plan = tuple[list[tuple[int, int, int]], int, int, int]


def _program(plan: Plan) -> Program:
    def chain(x: Any) -> Any:
        bounded = ph.param("r", 0.4, minimum=0.1, maximum=2.0, scale="log")
        signals = [x, ph.param("p", 0.3), ph.param("q", -0.6), bounded]
        for k, (step, a, b) in enumerate(plan[0]):
            new = STEPS[step](signals[-1 - a % len(signals)], signals[-1 - b % len(signals)], k)
            signals.append(ph.sin(new) if k % 2 else new)
        return ph.tanh(signals[-1] + 0.25 * signals[len(signals) // 2])

    return compile_chain(chain)


def _settings(program: Program, choice: int) -> CoreSettings:
    specs, place = [], 0
    for spec in program.parameters:
        bounds = (spec.normalised, spec.scale == "log", False, spec.minimum, spec.maximum)
        specs.append(CoreParameter(place, spec.width, *bounds))
        place += spec.width
    loss = LOSSES[choice % len(LOSSES)]
    return CoreSettings(loss.core(), OPTIMIZERS[choice // len(LOSSES) % len(OPTIMIZERS)].core(), tuple(specs))


def _values(program: Program) -> Any:
    return np.concatenate([np.ravel(spec.default) for spec in program.parameters] + [[]])


def _run(engine: Any, tape: Tape, values: Any, block: int) -> list[Any]:
    engine.set_parameters(values)
    parts = [engine.process(AUDIO[0, : tape.lanes, at : at + block], jacobian=True) for at in range(0, FRAMES, block)]
    return [np.concatenate([part[i] for part in parts], -1) for i in (0, 1)]


def _learn(engine: Any, tape: Tape, values: Any, block: int) -> list[Any]:
    engine.set_parameters(values)
    output = np.zeros((tape.lanes, FRAMES))
    for at in range(0, FRAMES, block):
        part = output[:, at : at + block].copy()
        audio, target = AUDIO[:, : tape.lanes, at : at + block]
        if engine.process(audio, 0.3 * audio + 0.2 * target, output=part) is not None:
            break
        output[:, at : at + block] = part
    return [output, engine.get_parameters(), engine.get_state(), engine.take_means()[2]]


@settings(
    max_examples=500 // TOGETHER,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # to shrink would take as many compilations again
    suppress_health_check=[HealthCheck.large_base_example, HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(
    plans=st.lists(one_plan, min_size=TOGETHER, max_size=TOGETHER),
    level=st.sampled_from(["-O0"] * 5 + ["-O3"]),  # most without optimization, which takes eight times as long
)
def test_random_chains_run_and_learn_with_the_bits_of_the_interpreter(
    compiled: Compiled, plans: list[Plan], level: str
) -> None:
    programs = [_program(plan) for plan in plans]
    tapes = [lower(program, 48_000.0, plan[1]) for program, plan in zip(programs, plans, strict=True)]
    choices = [
        _settings(program, plan[3]) if plan[3] % 2 else None for program, plan in zip(programs, plans, strict=True)
    ]
    natives = compiled(list(zip(tapes, choices, strict=True)), level)
    for native, tape, choice, program, plan in zip(natives, tapes, choices, programs, plans, strict=True):
        values, (_, _, block, _) = _values(program), plan
        if choice is None:
            found, wanted = _run(native, tape, values, block), _run(Interpreter(tape), tape, values, FRAMES)
        else:
            found = _learn(native, tape, values, block)
            wanted = _learn(LearnerCore(tape, choice), tape, values, block)
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=f"{plan} {choice}\n{program}")
