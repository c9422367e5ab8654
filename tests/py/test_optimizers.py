"""Optimizers: against formulas in numpy sample by sample, under every schedule; clipping; bounds; state."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost.learn import optimizers
from pyhost.learn.kinds import arguments
from pyhost.learn.optimizers import Optimizer
from pyhost.learn.schedules import Schedule

Array = NDArray[np.float64]
RATE = 48_000
START = np.array([0.2, -0.1])


def gain_dc(x: ph.Signal) -> ph.Signal:
    return x * ph.param("gain", 0.2) + ph.param("dc", -0.1)


def hidden(frames: int) -> tuple[Array, Array]:
    """Noise, and a target that no gain and offset reach exactly."""
    x = ph.noise(2 * frames)
    return x[:frames], 0.7 * x[:frames] + 0.3 + 0.1 * x[frames:]


class Oracle:
    """One function a kind: the step, from gradient g, values p, sensitivities d and error e at rate a."""

    def __init__(self) -> None:
        self.m, self.v, self.t = np.zeros(2), np.zeros(2), 0
        self.s = 100.0 * np.eye(2)

    def sgd(self, g: Array, a: float, **_: Any) -> Array:
        return a * g

    def momentum(self, g: Array, a: float, **_: Any) -> Array:
        self.m = 0.9 * self.m + a * g
        return self.m

    def nesterov(self, g: Array, a: float, **_: Any) -> Array:
        self.m = 0.9 * self.m + a * g
        return 0.9 * self.m + a * g

    def rmsprop(self, g: Array, a: float, **_: Any) -> Array:
        self.v = 0.9 * self.v + 0.1 * g**2
        return a * g / (np.sqrt(self.v) + 2.220446049250313e-16)

    def adam(self, g: Array, a: float, **_: Any) -> Array:
        self.t += 1
        self.m, self.v = 0.9 * self.m + 0.1 * g, 0.999 * self.v + 0.001 * g**2
        return a * (self.m / (1 - 0.9**self.t)) / (np.sqrt(self.v / (1 - 0.999**self.t)) + 1e-8)

    def adamw(self, g: Array, a: float, p: Array, **given: Any) -> Array:
        return self.adam(g, a, **given) + a * 0.01 * p

    def nlms(self, g: Array, a: float, d: Array, **_: Any) -> Array:
        return a * g / (1e-6 + d @ d)

    def gauss_newton(self, g: Array, a: float, d: Array, e: float, **_: Any) -> Array:
        k = self.s @ d / (0.98 + d @ self.s @ d)
        self.s = (self.s - np.outer(k, d @ self.s)) / 0.98
        bound = np.minimum(1.0, np.sqrt(100.0 / np.diag(self.s)))
        self.s = bound[:, None] * self.s * bound
        return a * k * e


MADE: dict[str, Callable[[Schedule], Optimizer]] = {
    "sgd": lambda s: ph.SGD(0.01, schedule=s),
    "momentum": lambda s: ph.Momentum(0.01, schedule=s),
    "nesterov": lambda s: ph.Nesterov(0.01, schedule=s),
    "rmsprop": lambda s: ph.RMSProp(0.01, schedule=s),
    "adam": lambda s: ph.Adam(0.01, schedule=s),
    "adamw": lambda s: ph.AdamW(0.01, schedule=s),
    "nlms": lambda s: ph.NLMS(0.01, schedule=s),
    "gauss_newton": lambda s: ph.GaussNewton(0.01, forgetting=0.98, initial=100.0, schedule=s),
}
SCHEDULES: dict[str, tuple[Schedule, Callable[[int], float]]] = {
    "constant": (ph.Constant(), lambda n: 1.0),
    "exponential": (ph.Exponential(100, -0.3), lambda n: math.exp(-0.3 * (n // 100))),
    "cosine": (ph.Cosine(400, end=0.1), lambda n: 0.1 + 0.45 * (1 + math.cos(math.pi * min(n / 400, 1)))),
    "oscillating": (ph.Oscillating(150, low=0.2), lambda n: 0.2 + 0.4 * (1 + math.cos(2 * math.pi * n / 150))),
    "warm up": (ph.WarmUp(50), lambda n: min((n + 1) / 50, 1.0)),
    "warm up, then exponential": (
        ph.WarmUp(50, ph.Exponential(100, -0.3)),
        lambda n: (n + 1) / 50 if n < 50 else math.exp(-0.3 * ((n - 50) // 100)),
    ),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("kind", MADE)
def test_six_hundred_samples_are_those_of_the_formula(kind: str, schedule: str) -> None:
    x, t = hidden(600)
    made, factor = SCHEDULES[schedule]
    trace = ph.Learner(gain_dc, loss=ph.MSE(1), optimizer=MADE[kind](made)).learn(
        x, t, sample_rate=RATE, record=True, evaluate=False, align="off"
    )
    oracle, p, rows = Oracle(), START, []
    for n in range(600):
        rows.append(p)
        d = np.array([x[n], 1.0])
        e = p @ d - t[n]
        p = p - getattr(oracle, kind)(2 * e * d, 0.01 * factor(n), p=p, d=d, e=e)
    learned = np.column_stack([trace.parameters["gain"], trace.parameters["dc"]])
    np.testing.assert_allclose(learned, rows, rtol=1e-10, atol=1e-13)
    assert np.abs(learned[-1] - START).min() > 1e-4


@pytest.mark.parametrize("kind", MADE)
def test_a_normalised_parameter_is_moved_on_its_scale(kind: str) -> None:
    """The same learner, its parameters stretched to u by hand: value = -1 + 2 u and 0.1 * 100**u."""

    def chain(x: ph.Signal) -> ph.Signal:
        return x * ph.param("gain", 0.2, minimum=-1, maximum=1) + ph.param(
            "dc", 0.3, minimum=0.1, maximum=10, scale="log"
        )

    x, t = hidden(300)
    t = t + 0.3
    optimizer = ph.Adam(0.01) if kind == "adamw" else MADE[kind](ph.Constant())
    trace = ph.Learner(chain, loss=ph.MSE(1), optimizer=optimizer).learn(
        x, t, sample_rate=RATE, record=True, evaluate=False, align="off"
    )
    oracle, u = Oracle(), np.array([0.6, math.log10(3.0) / 2])
    for n in range(300):
        value = np.array([-1 + 2 * u[0], 0.1 * 100 ** u[1]])
        assert trace.parameters["gain"][n] == pytest.approx(value[0], rel=1e-9)
        assert trace.parameters["dc"][n] == pytest.approx(value[1], rel=1e-9)
        d = np.array([x[n], 1.0]) * np.array([2.0, value[1] * math.log(100)])
        e = value @ [x[n], 1.0] - t[n]
        step = getattr(oracle, "adam" if kind == "adamw" else kind)(2 * e * d, 0.01, p=u, d=d, e=e)
        u = np.clip(u - step, 0, 1)


@pytest.mark.parametrize("kind", [kind for kind in MADE if kind != "gauss_newton"])
def test_the_gradient_is_clipped_by_value_then_by_length(kind: str) -> None:
    x, t = hidden(200)
    given = {name: getattr(MADE[kind](ph.Constant()), name) for name in arguments(optimizers.by_name(kind))}
    given |= {"clip_value": 0.3, "clip_norm": 0.35}
    optimizer = optimizers.by_name(kind)(**given)
    trace = ph.Learner(gain_dc, loss=ph.MSE(1), optimizer=optimizer).learn(
        x, t, sample_rate=RATE, record=True, evaluate=False, align="off"
    )
    oracle, p, clipped = Oracle(), START, 0
    for n in range(200):
        assert trace.parameters["gain"][n] == pytest.approx(p[0], rel=1e-10)
        d = np.array([x[n], 1.0])
        g = np.clip(2 * (p @ d - t[n]) * d, -0.3, 0.3)
        length = math.hypot(*g)
        clipped += length > 0.35
        g = g * min(1.0, 0.35 / max(length, 1e-300))
        p = p - getattr(oracle, kind)(g, 0.01, p=p, d=d, e=0.0)
    assert clipped > 10


@pytest.mark.parametrize("kind", MADE)
def test_a_parameter_leaves_its_bound_as_soon_as_the_target_comes_back(kind: str) -> None:
    x = np.full(12_000, 0.5)
    t = np.concatenate([np.full(10_000, 2.0), np.full(2_000, 0.1)])
    learner = ph.Learner(
        lambda x: x * ph.param("gain", 0.5, minimum=0.0, maximum=1.0),
        loss=ph.MSE(1),
        optimizer=MADE[kind](ph.Constant()),
    )
    gain = learner.learn(x, t, sample_rate=RATE, record=True, evaluate=False, align="off").parameters["gain"]
    assert (gain[9_000:10_000] == 1.0).all()
    assert gain[10_020] < 1.0
    assert gain.max() == 1.0
    assert gain[-1] < 0.8


@pytest.mark.parametrize("normalised", [True, False])
def test_momentum_does_not_wind_up_at_a_bound(normalised: bool) -> None:
    def chain(x: ph.Signal) -> ph.Signal:
        return x * ph.param("gain", 0.5, minimum=0.0, maximum=1.0, normalised=normalised)

    t = np.concatenate([np.full(5_000, 100.0), np.full(100, 0.1)])
    learner = ph.Learner(chain, loss=ph.MSE(1), optimizer=ph.Momentum(1e-3, momentum=0.999))
    gain = learner.learn(np.full(5_100, 0.5), t, sample_rate=RATE, record=True, evaluate=False, align="off").parameters[
        "gain"
    ]
    assert gain[5_000] == 1.0
    assert gain[5_001] < 1.0


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("lanes", [1, 3])
def test_learning_in_parts_is_learning_at_once(kind: str, lanes: int) -> None:
    x, t = (z.reshape(lanes, -1) for z in hidden(600 * lanes))
    optimizer = MADE[kind](ph.WarmUp(100, ph.Cosine(1000, end=0.1)))
    whole = ph.Learner(gain_dc, loss=ph.MSE(1), optimizer=optimizer)
    whole.learn(x, t, sample_rate=RATE, align="off")
    first = ph.Learner(gain_dc, loss=ph.MSE(1), optimizer=optimizer)
    first.learn(x[:, :250], t[:, :250], sample_rate=RATE, align="off")
    second = ph.Learner(gain_dc, loss=ph.MSE(1), optimizer=optimizer)
    second.parameters.set_array(first.parameters.values_array())
    second.optimizer_state = first.optimizer_state
    second.learn(x[:, 250:], t[:, 250:], sample_rate=RATE, align="off")
    assert second.parameters.values_array().tobytes() == whole.parameters.values_array().tobytes()
    np.testing.assert_array_equal(second.optimizer_state, whole.optimizer_state)


def test_a_state_of_another_optimizer_is_refused() -> None:
    learner = ph.Learner(gain_dc, optimizer=ph.Adam())
    learner.optimizer_state = np.zeros(3)
    with pytest.raises(ph.InputError, match="optimizer_state must be 7 finite numbers"):
        learner.learn(ph.noise(10), ph.noise(10), sample_rate=RATE, align="off")
    learner.optimizer_state = np.full(7, math.nan)
    with pytest.raises(ph.InputError, match="optimizer_state must be 7 finite numbers"):
        learner.learn(ph.noise(10), ph.noise(10), sample_rate=RATE, align="off")
    learner.optimizer_state = None
    learner.learn(ph.noise(10), ph.noise(10), sample_rate=RATE, align="off")


def test_reset_forgets_what_the_optimizer_has_gathered() -> None:
    x, t = hidden(100)
    learner = ph.Learner(gain_dc, loss=ph.MSE(1), optimizer=ph.Adam(schedule=ph.Cosine(150)))
    results = []
    for _ in range(2):
        learner.learn(x, t, sample_rate=RATE, align="off")
        results.append(learner.parameters.values_array().tobytes())
        learner.reset()
        assert learner.optimizer_state is None
    assert results[0] == results[1]


def test_a_learner_that_diverged_goes_on_with_a_fresh_state() -> None:
    learner = ph.Learner(lambda x: x * ph.param("gain", 0.0) ** 9, loss=ph.MSE(1), optimizer=ph.Momentum(1e9))
    learner.parameters["gain"].value = 1.0
    with pytest.raises(ph.DivergedError):
        learner.learn(ph.noise(500), -ph.noise(500), sample_rate=RATE, align="off")
    state = learner.optimizer_state
    assert state is not None
    assert (state[3:] == 0.0).all()


def test_an_optimizer_is_found_by_its_short_name() -> None:
    assert optimizers.by_name("Gauss-Newton") is ph.GaussNewton
    assert arguments(ph.Momentum) == ("rate", "schedule", "clip_value", "clip_norm", "momentum")
    assert "clip_norm" not in arguments(ph.GaussNewton)
    with pytest.raises(ph.InputError, match=r"there is no optimizer 'adamm'; did you mean 'adamw?'\?"):
        optimizers.by_name("adamm")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ph.Momentum(momentum=1.0), r"momentum must be at least 0 and below 1, not 1\.0"),
        (lambda: ph.RMSProp(decay=-0.1), "decay must be at least 0 and below 1, not -0.1"),
        (lambda: ph.RMSProp(epsilon=0.0), r"epsilon must be above 0, not 0\.0"),
        (lambda: ph.Adam(beta2=math.nan), "beta2 must be a finite number, not nan"),
        (lambda: ph.AdamW(weight_decay=-1), "weight_decay must be at least 0, not -1"),
        (lambda: ph.NLMS(epsilon="small"), "epsilon must be a finite number, not 'small'"),
        (lambda: ph.GaussNewton(forgetting=0.9), r"forgetting must be above 0\.9 and at most 1, not 0\.9"),
        (lambda: ph.GaussNewton(initial=0), "initial must be above 0, not 0"),
        (lambda: ph.SGD(-1.0), r"the learning rate must be at least 0, not -1\.0"),
        (lambda: ph.SGD(clip_norm=0.0), r"clip_norm must be above 0, not 0\.0"),
        (lambda: ph.SGD(schedule="cosine"), "schedule must be a schedule such as"),
        (lambda: ph.Learner(gain_dc, loss=ph.MAE(), optimizer=ph.GaussNewton()), "cannot make MAE small"),
        (Optimizer, "an Optimizer is of no kind"),
    ],
)
def test_what_is_impossible_is_said(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ph.InputError, match=message):
        make()


@pytest.mark.parametrize("optimizer", [ph.SGD(0.1), ph.NLMS(0.1), ph.GaussNewton(), ph.Adam(0.01)], ids=repr)
def test_a_chain_that_ends_in_a_memory_learns_like_one_that_goes_on_behind_it(optimizer: Optimizer) -> None:
    dry = ph.noise(200)
    target = np.concatenate([[0.0], 0.7 * dry[:-1]])

    def course(chain: Callable[[ph.Signal], ph.Signal]) -> Any:
        learner = ph.Learner(chain, optimizer=optimizer, engine="interpreter")
        trace = learner.learn(dry, target, sample_rate=48_000, record=True, align="off", start="off")
        return trace.parameters["p"]

    ends = course(lambda x: ph.mem(x * ph.param("p")))
    goes_on = course(lambda x: ph.stack([ph.mem(x * ph.param("p")), 0.0])[0])
    assert np.array_equal(ends, goes_on)
    assert ends[-1] != 0.0
