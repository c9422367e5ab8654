"""Losses: against an oracle in numpy sample by sample, and their gradients against central differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pyhost as ph
from pyhost._binding import Record
from pyhost.audio import ArraySource
from pyhost.learn import losses
from pyhost.learn.cores import make_core
from pyhost.learn.kinds import arguments
from pyhost.learn.losses import Loss
from pyhost.learn.parameters import Parameters

Array = NDArray[np.float64]
RATE = 48_000
POINT = {"pole": 0.4, "gain": 0.8, "dc": 0.1}


def chain(x: ph.Signal) -> ph.Signal:
    pole = ph.param("pole", 0.4)
    y = ph.feedback(lambda y: x * ph.param("gain", 0.8) + pole * y)
    return y + ph.param("dc", 0.1)


def signals(lanes: int, frames: int) -> tuple[Array, Array]:
    x = ph.noise(lanes * frames).reshape(lanes, frames)
    t = ph.value_and_jacobian(chain, x, sample_rate=RATE, parameters={"gain": 0.5, "pole": 0.6, "dc": 0.2})[0]
    return x, t


def held(loss: Loss, x: Array, t: Array, values: dict[str, float] | None = None) -> Any:
    """Return the trace of a learner whose parameters do not move."""
    learner = ph.Learner(chain, loss=loss, optimizer=ph.SGD(0.0))
    for name, value in (values or POINT).items():
        learner.parameters[name].value = value
    return learner.learn(x, t, sample_rate=RATE, record=True, evaluate=False, align="off")


def mean(z: Array, length: int) -> Array:
    """S(z) of semantics.md, along the last axis."""
    padded = np.concatenate([np.zeros((*z.shape[:-1], length - 1)), z], axis=-1)
    return np.lib.stride_tricks.sliding_window_view(padded, length, axis=-1).mean(axis=-1)


def log(u: Array) -> tuple[Array, Array]:
    inside = np.maximum(u, -1 + 1e-6)
    return np.log1p(inside), 1 / (1 + inside)


def msle(y: Array, t: Array) -> tuple[Array, Array]:
    r = log(y)[0] - log(t)[0]
    return r**2, 2 * r * log(y)[1]


def huber(y: Array, t: Array) -> tuple[Array, Array]:
    e, delta = y - t, 0.2
    inside = np.abs(e) <= delta
    return np.where(inside, e**2 / 2, delta * (np.abs(e) - delta / 2)), np.where(inside, e, delta * np.sign(e))


POINTWISE: dict[str, Callable[[Array, Array], tuple[Array, Array]]] = {
    "mae": lambda y, t: (np.abs(y - t), np.sign(y - t)),
    "mse": lambda y, t: ((y - t) ** 2, 2 * (y - t)),
    "msle": msle,
    "huber": huber,
    "log_cosh": lambda y, t: (np.logaddexp(y - t, t - y) - math.log(2), np.tanh(y - t)),
}


def expected(kind: str, x: Array, t: Array, length: int, of: str) -> tuple[Array, Array]:
    """Loss (frames,) and gradient (3, frames) of the chain at POINT."""
    y, d = ph.value_and_jacobian(chain, x, sample_rate=RATE, parameters=POINT)
    if of == "signals":
        value, slope = POINTWISE[kind](mean(y, length), mean(t, length))
        return value.mean(axis=0), (slope * mean(d, length)).mean(axis=1)
    value, slope = POINTWISE[kind](y, t)
    return mean(value, length).mean(axis=0), mean(slope * d, length).mean(axis=1)


def made(kind: str, length: int, of: str) -> Loss:
    given: dict[str, Any] = {"delta": 0.2} if kind == "huber" else {}
    return losses.by_name(kind)(length, of, **given)  # type: ignore[arg-type]


def check(trace: Any, value: Array, gradient: Array) -> None:
    np.testing.assert_allclose(trace.loss, value, rtol=1e-10, atol=1e-15)
    for row, name in zip(gradient, POINT, strict=True):
        np.testing.assert_allclose(trace.gradients[name], row, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("of", ["signals", "loss"])
@pytest.mark.parametrize("length", [1, 2, 16])
@pytest.mark.parametrize("kind", POINTWISE)
def test_loss_and_gradient_are_those_of_the_oracle(kind: str, length: int, of: str, lanes: int) -> None:
    x, t = signals(lanes, 300)
    check(held(made(kind, length, of), x, t), *expected(kind, x, t, length, of))


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("pre_emphasis", [0.0, 0.95])
@pytest.mark.parametrize("length", [2, 64])
def test_the_ratio_of_energies_is_that_of_the_oracle(length: int, pre_emphasis: float, lanes: int) -> None:
    def emphasised(z: Array) -> Array:
        return z - pre_emphasis * np.concatenate([np.zeros((*z.shape[:-1], 1)), z[..., :-1]], axis=-1)

    x, t = signals(lanes, 300)
    y, d = ph.value_and_jacobian(chain, x, sample_rate=RATE, parameters=POINT)
    e, energy = emphasised(y - t), mean(emphasised(t) ** 2, length) + 1e-6
    value = (mean(e**2, length) / energy).mean(axis=0)
    gradient = (2 * mean(e * emphasised(d), length) / energy).mean(axis=1)
    check(held(ph.ESR(length, pre_emphasis=pre_emphasis), x, t), value, gradient)


def spectra(z: Array, size: int) -> Array:
    """The spectrum of the last `size` samples at every sample, (..., frames, bins)."""
    padded = np.concatenate([np.zeros((*z.shape[:-1], size - 1)), z], axis=-1)
    return np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, size, axis=-1)) / math.sqrt(size)


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("share", [0.0, 1.0, 0.25])
@pytest.mark.parametrize("sizes", [(2,), (16,), (15,), (8, 32)])
def test_the_spectral_loss_is_that_of_the_oracle(sizes: tuple[int, ...], share: float, lanes: int) -> None:
    x, t = signals(lanes, 200)
    y, d = ph.value_and_jacobian(chain, x, sample_rate=RATE, parameters=POINT)
    value, gradient = np.zeros(200), np.zeros((3, 200))
    for size in sizes:
        of_y, of_t, of_d = spectra(y, size), spectra(t, size), spectra(d, size)
        inner = (of_y.conj() * of_d).real  # half of d|Y|²
        a, b = np.abs(of_y), np.abs(of_t)
        log_a, log_b = np.log(a**2 + 1e-8) / 2, np.log(b**2 + 1e-8) / 2
        bins = (1 - share) * (a - b) ** 2 + share * (log_a - log_b) ** 2
        slopes = (1 - share) * 2 * (a - b) / np.maximum(a, 1e-10) + share * 2 * (log_a - log_b) / (a**2 + 1e-8)
        value += bins.mean(axis=(0, 2)) / len(sizes)
        gradient += (slopes * inner).mean(axis=(1, 3)) / len(sizes)
    trace = held(ph.Spectral(sizes, log=share), x, t)
    np.testing.assert_allclose(trace.loss, value, rtol=1e-9, atol=1e-14)
    for row, name in zip(gradient, POINT, strict=True):
        np.testing.assert_allclose(trace.gradients[name], row, rtol=1e-7, atol=1e-10)


def test_a_sliding_spectrum_does_not_drift() -> None:
    """A loud burst, then half a million samples: what is left of its roundings goes with the turn of the ring."""
    x = 1e-6 * ph.noise(500_000)
    x[:1000] *= 1e12
    t = 0.5 * x
    values = {"pole": 0.0, "gain": 1.0, "dc": 0.0}
    tail = slice(499_000, None)
    learner = ph.Learner(lambda x: x * ph.param("gain", 1.0), loss=ph.Spectral(64), optimizer=ph.SGD(0.0))
    loss = learner.learn(x, t, sample_rate=RATE, record=True, evaluate=False, align="off").loss[tail]
    fresh = held(ph.Spectral(64), x[498_000:], t[498_000:], values).loss[1000:]
    np.testing.assert_allclose(loss, fresh, rtol=1e-9)


def test_the_spectral_loss_is_deaf_to_phase() -> None:
    n = np.arange(3000)
    trace = held(
        ph.Spectral(100),
        0.5 * np.sin(n * 0.1 * math.pi),
        np.cos(n * 0.1 * math.pi),
        {"pole": 0.0, "gain": 2.0, "dc": 0.0},
    )
    np.testing.assert_allclose(trace.loss[100:], 0.0, atol=1e-20)


def test_the_spectral_loss_finds_a_filter_through_a_delay_of_ten_samples() -> None:
    def chain(x: ph.Signal) -> ph.Signal:
        cutoff = ph.param("cutoff", 4000.0, minimum=20, maximum=20_000, scale="log")
        return ph.lowpass(x, cutoff) * ph.param("gain", 1.0, minimum=0, maximum=2)

    x = ph.noise(60_000)
    hidden = {"cutoff": 1000.0, "gain": 0.5}
    t = np.roll(ph.value_and_jacobian(chain, x, sample_rate=RATE, parameters=hidden)[0], 10)
    learner = ph.Learner(
        chain,
        loss=ph.Spectral((256, 300)),
        optimizer=ph.Adam(1e-3, schedule=ph.Cosine(60_000)),
    )
    learner.learn(x, t, sample_rate=RATE, evaluate=False, align="off")
    assert learner.parameters["cutoff"].value == pytest.approx(1000.0, rel=0.05)
    assert learner.parameters["gain"].value == pytest.approx(0.5, rel=0.05)


EVERY: dict[str, Loss] = {
    **{f"{kind} of {of}": made(kind, 8, of) for kind in POINTWISE for of in ("signals", "loss")},
    "esr": ph.ESR(32),
    "esr, emphasised": ph.ESR(32, pre_emphasis=0.9),
    "spectral": ph.Spectral((8, 32)),
    "spectral, logarithmic": ph.Spectral(16, log=True),
}


@pytest.mark.parametrize("name", POINT)
@pytest.mark.parametrize("loss", EVERY.values(), ids=EVERY)
def test_the_gradient_is_that_of_the_loss_over_the_whole_signal(loss: Loss, name: str) -> None:
    x, t = signals(2, 200)
    step = 2e-7
    above, below = (held(loss, x, t, {**POINT, name: POINT[name] + sign * step}).loss.sum() for sign in (1, -1))
    gradient = held(loss, x, t).gradients[name].sum()
    assert gradient == pytest.approx((above - below) / (2 * step), rel=4e-6, abs=4e-6)


@pytest.mark.parametrize("loss", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize(
    ("x", "t"),
    [
        (np.zeros(100), np.zeros(100)),
        (np.zeros(100), np.ones(100)),
        (np.ones(100), np.zeros(100)),
        (np.ones(100), np.full(100, -1.0)),
        (np.full(100, -50.0), np.full(100, -2.0)),
        (np.full(100, 1e100), np.zeros(100)),
        (np.full(100, 5e-324), np.full(100, 5e-324)),
    ],
    ids=["silence", "silence in", "silence as target", "full scale", "below -1", "huge", "smallest number"],
)
def test_nothing_gives_no_number(loss: Loss, x: Array, t: Array) -> None:
    program = ph.compile(chain)
    core = make_core(program, Parameters(program.parameters), loss, ph.SGD(0.0), sample_rate=RATE, lanes=1)
    record = Record(np.zeros(100), np.zeros((100, 3)), np.zeros((100, 3)), 1)
    core.process(x[None], t[None], record=record)
    assert np.isfinite(record.loss).all()
    assert np.isfinite(record.gradient).all()


@pytest.mark.parametrize("loss", EVERY.values(), ids=EVERY)
def test_of_identical_signals_the_loss_and_its_gradient_are_none(loss: Loss) -> None:
    x = signals(1, 200)[0]
    y = ph.value_and_jacobian(chain, x, sample_rate=RATE, parameters=POINT)[0]
    trace = held(loss, x, y)
    np.testing.assert_allclose(trace.loss, 0.0, atol=1e-15)
    for gradient in trace.gradients.values():
        np.testing.assert_allclose(gradient, 0.0, atol=1e-9)


class Chopped(ArraySource):
    """A source that hands out blocks of its own size, whatever is asked for."""

    size = 1

    def blocks(self, frames: int) -> Any:
        return super().blocks(min(self.size, frames))


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("loss", EVERY.values(), ids=EVERY)
def test_where_blocks_are_cut_changes_no_bit(loss: Loss, lanes: int) -> None:
    x, t = signals(lanes, 150)
    results = set()
    for size in (1, 7, 64, 150):
        sources = Chopped(x, RATE, "x"), Chopped(t, RATE, "t")
        for source in sources:
            source.size = size
        learner = ph.Learner(chain, loss=loss, optimizer=ph.SGD(1e-3))
        learner.learn(*sources, evaluate=False, align="off")
        results.add(learner.parameters.values_array().tobytes())
    assert len(results) == 1
    assert np.array(list(POINT.values())).tobytes() not in results


@pytest.mark.parametrize(
    ("loss", "rate"), [(ph.MSLE(8), 0.05), (ph.Huber(1, delta=0.2), 0.05), (ph.LogCosh(1), 0.05), (ph.ESR(64), 1e-3)]
)
def test_gain_and_offset_are_found(loss: Loss, rate: float) -> None:
    x = 0.5 + 0.4 * ph.noise(30_000)
    learner = ph.Learner(lambda x: x * ph.param("gain", 1.0) + ph.param("dc", 0.0), loss=loss, optimizer=ph.SGD(rate))
    learner.learn(x, 0.5 * x + 0.25, sample_rate=RATE, passes=20, align="off")
    assert learner.best["gain"] == pytest.approx(0.5, abs=5e-3)
    assert learner.best["dc"] == pytest.approx(0.25, abs=5e-3)


def test_single_large_errors_pull_huber_less_than_the_square() -> None:
    x = ph.noise(20_000)
    t = 0.5 * x
    t[::50] += 5.0
    found = []
    for loss in (ph.Huber(1, delta=0.01), ph.MSE(1)):
        learner = ph.Learner(lambda x: x * ph.param("gain", 1.0) + ph.param("dc", 0.0), loss=loss)
        trace = learner.learn(x, t, sample_rate=RATE, record=True, align="off")
        found.append(abs(trace.parameters["dc"][-5000:].mean()))
    assert found[0] < 0.01
    assert found[1] > 0.05


def test_a_loss_is_found_by_its_short_name() -> None:
    assert losses.by_name("log-cosh") is ph.LogCosh
    assert losses.by_name("MSLE") is ph.MSLE
    assert arguments(ph.ESR) == ("window", "pre_emphasis")
    assert arguments(ph.Spectral) == ("size", "log")
    assert arguments(ph.Huber) == ("window", "window_of", "delta")
    assert set(losses.KINDS) == {kind.kind for kind in losses.KINDS.values()}
    with pytest.raises(ph.InputError, match=r"there is no loss 'hubber'; did you mean 'huber'\?"):
        losses.by_name("hubber")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ph.Huber(delta=0.0), r"delta must be above 0, not 0\.0"),
        (lambda: ph.Huber(delta=math.nan), "delta must be a finite number, not nan"),
        (lambda: ph.ESR(1), "window must be from 2 to 16777216 samples, not 1"),
        (lambda: ph.ESR(64, pre_emphasis=1.5), r"pre_emphasis must be at least 0 and at most 1, not 1\.5"),
        (lambda: ph.Spectral(1), "size must be from 2 to 65536 samples, not 1"),
        (lambda: ph.Spectral(()), r"size must be one to 8 numbers of samples, not \(\)"),
        (lambda: ph.Spectral(64, log=2.0), r"log must be at least 0 and at most 1, not 2\.0"),
        (lambda: ph.MSLE(0), "window must be from 1 to 16777216 samples, not 0"),
        (lambda: ph.LogCosh(True), "window must be a whole number of samples, not True"),
    ],
)
def test_what_is_impossible_is_said(make: Callable[[], Loss], message: str) -> None:
    with pytest.raises(ph.InputError, match=message):
        make()


def test_decibels_are_of_amplitude_for_the_absolute_error_and_of_energy_for_the_others() -> None:
    assert ph.MAE().decibels(0.1, 1.0) == pytest.approx(-20)
    for loss in (ph.MSE(), ph.MSLE(), ph.Huber(), ph.LogCosh(), ph.ESR(), ph.Spectral()):
        assert loss.decibels(0.01, 1.0) == pytest.approx(-20)
    assert ph.ESR().decibels(0.0, 1.0) == -math.inf
    assert math.isnan(ph.ESR().decibels(1.0, 0.0))
