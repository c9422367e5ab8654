"""``optimizer="auto"``: it finds what hides in a chain without a single setting, and says what it did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import audio_info, read_audio
from pyhost.learn.automatic import Automatic
from pyhost.learn.passes import Passes
from pyhost.learn.plan import Material, plan
from pyhost.learn.squares import Excerpt, Squares
from pyhost.learn.whole import Whole

RATE = 48_000
FRAMES = 12_000

Chain = Callable[[ph.Signal], ph.Signal]


def coloured(frames: int = FRAMES, pole: float = 0.95, seed: int = 1) -> np.ndarray:
    """Noise that a pole makes dark, in bursts: no optimizer's favourite."""
    out = np.random.default_rng(seed).standard_normal(frames)
    for n in range(1, frames):
        out[n] += pole * out[n - 1]
    return 0.3 / np.abs(out).max() * out * (np.arange(frames) // 3000 % 2 + 0.2)  # type: ignore[no-any-return]


def free_pole(x: ph.Signal) -> ph.Signal:
    return ph.onepole(x, ph.param("pole", 0.0))


def power_of_cosine(x: ph.Signal) -> ph.Signal:
    p = ph.param("p", 1.0)
    return x * p ** ph.cos(p)


def neuron(x: ph.Signal) -> ph.Signal:
    return ph.nn.neuron(x, "tanh")


def wide(x: ph.Signal) -> ph.Signal:
    return ph.fir(x, ph.param("taps", shape=(400,)))


def taught(chain: Chain, x: np.ndarray, **values: Any) -> np.ndarray:
    teacher = ph.Learner(chain)
    for name, value in values.items():
        teacher.parameters[name].value = value
    return teacher.process(x, RATE)


def learned(chain: Chain, x: Any, y: Any, **settings: Any) -> tuple[ph.Learner, ph.Trace]:
    learner = ph.Learner(chain, optimizer="auto")
    return learner, learner.learn(x, y, sample_rate=RATE, **settings)


TASKS: dict[str, tuple[Chain, dict[str, Any]]] = {
    "gain, dc": (ph.chain("gain | dc"), {"gain": 0.5, "dc": 0.25}),
    "power of cosine": (power_of_cosine, {"p": 0.5}),
    "delay": (ph.chain("delay | gain"), {"delay": 100.3, "gain": 0.5}),
    "FIR": (ph.chain("fir(taps=16)"), {"taps": [float(k in (2, 8)) for k in range(16)]}),
    "IIR": (ph.chain("iir"), {"b": [1.0, 0.3, -0.2], "a": [0.6, -0.25]}),
    "a pole near 1 without bounds": (free_pole, {"pole": 0.99}),
    "lowpass": (ph.chain("lowpass"), {"cutoff": 100.0}),
    "neuron": (neuron, {"neuron_weights": [1.7], "neuron_bias": [0.3]}),
    "peaking": (ph.chain("peaking"), {"frequency": 2500.0, "q": 2.0, "gain": 9.0}),
    "drive, lowpass": (ph.chain("drive | lowpass"), {"drive": 15.0, "level": -9.0, "cutoff": 2000.0}),
    "compressor": (
        ph.chain("compressor"),
        {"threshold": -30.0, "ratio": 6.0, "attack": 0.005, "release": 0.08, "makeup": 6.0},
    ),
}


@pytest.mark.parametrize("name", TASKS)
def test_it_finds_what_hides_in_a_chain_without_a_setting(name: str) -> None:
    chain, hidden = TASKS[name]
    x = coloured()
    learner, trace = learned(chain, x, taught(chain, x, **hidden))
    for parameter, value in hidden.items():
        np.testing.assert_allclose(learner.parameters[parameter].value, value, rtol=1e-4, atol=1e-4)
    assert trace.converged


@pytest.mark.parametrize(("recording", "name"), [("bd_haus", "lowpass"), ("perc_snap2", "IIR"), ("loop_amen", "FIR")])
def test_it_finds_it_on_real_recordings(real_recordings: list[Path], recording: str, name: str) -> None:
    (path,) = [path for path in real_recordings if path.stem == recording]
    assert audio_info(path).channels == 2
    x = read_audio(path)[:, :12_000]
    chain, hidden = TASKS[name]
    learner, _ = learned(chain, x, taught(chain, x, **hidden))
    for parameter, value in hidden.items():
        np.testing.assert_allclose(learner.parameters[parameter].value, value, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("level", [1e-3, 20.0])
def test_the_level_of_the_recording_does_not_matter(level: float) -> None:
    chain, hidden = TASKS["IIR"]
    x = level * coloured()
    learner, _ = learned(chain, x, taught(chain, x, **hidden))
    np.testing.assert_allclose(learner.parameters["a"].value, hidden["a"], rtol=1e-4)


def test_in_noise_it_comes_to_the_least_squares_solution() -> None:
    x = coloured()
    y = 0.5 * x + 0.25
    y += 0.1 * y.std() * np.random.default_rng(2).standard_normal(y.size)
    learner, trace = learned(ph.chain("gain | dc"), x, y)
    solution = np.linalg.lstsq(np.stack([x, np.ones_like(x)], axis=1), y, rcond=None)[0]
    np.testing.assert_allclose([p.value for p in learner.parameters.values()], solution, rtol=1e-5)
    assert trace.converged


def test_where_the_chain_is_another_it_comes_as_near_as_patient_gauss_newton() -> None:
    chain, hidden = TASKS["lowpass"]
    x = coloured()
    y = np.tanh(2.0 * taught(chain, x, **hidden)) / 2.0
    learner, _ = learned(ph.chain("gain | lowpass"), x, y)
    patient = ph.Learner(ph.chain("gain | lowpass"), optimizer=ph.GaussNewton(forgetting=1.0))
    patient.learn(x, y, sample_rate=RATE, passes=10, align="off")
    assert learner.best_decibels <= patient.best_decibels + 1e-6


def test_an_offset_that_only_looks_like_one_is_not_made(real_recordings: list[Path]) -> None:
    chain = ph.chain("lowpass")
    x = read_audio(next(path for path in real_recordings if path.stem == "bd_haus"))
    y = taught(chain, x, cutoff=100.0)
    doubtful = ph.Learner(chain)
    doubtful.learn(x, y, sample_rate=RATE)
    assert doubtful.coarse.offset != 0
    learner, trace = learned(chain, x, y)
    assert learner.coarse.offset == 0
    assert str(learner.coarse).endswith("; not delayed, since the chain explains more without that")
    assert learner.parameters["cutoff"].value == pytest.approx(100.0, rel=1e-6)
    assert "with an offset of 0 samples" in trace.stages[0].what


def test_an_offset_that_is_one_is_made() -> None:
    x = np.random.default_rng(3).standard_normal(FRAMES)
    learner, trace = learned(ph.chain("gain"), x[300:], 0.5 * x[:-300])
    assert learner.coarse.offset == 300
    assert learner.parameters["gain"].value == pytest.approx(0.5, rel=1e-9)
    assert "with an offset of 300 samples" in trace.stages[0].what


@pytest.mark.parametrize(
    "loss",
    [ph.MAE(), ph.MSE(32), ph.Huber(), ph.LogCosh(), ph.ESR(pre_emphasis=0.95), ph.Spectral(64)],
    ids=lambda loss: f"{loss.kind} {loss.window}",
)
def test_every_loss_is_made_small(loss: ph.MSE) -> None:
    x = coloured(6_000, pole=0.5)
    learner = ph.Learner(ph.chain("gain"), loss=loss, optimizer=ph.Auto())
    learner.learn(x, 0.5 * x, sample_rate=RATE, passes=10)
    assert learner.parameters["gain"].value == pytest.approx(0.5, rel=1e-3)


def test_many_numbers_are_left_to_steps_of_the_optimizer_that_helps_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyhost.learn.plan.MOST_PRODUCTS", 1e6)
    x = np.random.default_rng(4).standard_normal(FRAMES)
    response = np.random.default_rng(5).normal(size=400) * 0.98 ** np.arange(400)
    learner, trace = learned(wide, x, np.convolve(x, response)[:FRAMES], passes=12)
    (stage,) = trace.stages
    assert stage.what.split(", rate")[0] in ("NLMS", "SGD", "Adam")
    assert "400 numbers to find, too many for least squares" in stage.why
    assert learner.best_decibels < -60.0


def test_the_plan_is_data_and_the_same_every_time() -> None:
    few = Material(numbers=5, samples=10**6, loudest=10**5, level=0.01)
    assert plan(ph.MSE(), few) == plan(ph.MSE(), few)
    assert [stage.kind for stage in plan(ph.MSE(), few)] == ["search", "squares"]
    assert [stage.kind for stage in plan(ph.MAE(), few)] == ["search", "squares", "steps"]
    assert [stage.kind for stage in plan(ph.Spectral(64), few)] == ["steps"]
    assert [stage.why for stage in plan(ph.MSE(window=32), few)][-1] == "the loss is MSE over 32 samples"
    many = Material(numbers=10**5, samples=10**6, loudest=10**5, level=0.01)
    assert [stage.kind for stage in plan(ph.MSE(), many)] == ["steps"]
    short = Material(numbers=2000, samples=4000, loudest=4000, level=0.01)  # solving takes longer than hearing
    assert [stage.kind for stage in plan(ph.MSE(), short)] == ["steps"]


def test_it_is_the_same_to_the_bit_every_time() -> None:
    chain, hidden = TASKS["compressor"]
    x = coloured()
    y = taught(chain, x, **hidden) + 0.01 * coloured(seed=9)
    values = [learned(chain, x, y)[0].freeze().parameters.values_array() for _ in range(2)]
    np.testing.assert_array_equal(*values)


def test_passes_bound_the_total_and_a_row_is_recorded_for_each_that_was_finished() -> None:
    chain, hidden = TASKS["IIR"]
    x = coloured()
    y = taught(chain, x, **hidden)
    for passes in (1, 2):
        learner, trace = learned(chain, x, y, passes=passes, tolerance=0.0, record=100)
        assert len(trace.passes) <= sum(stage.passes for stage in trace.stages) <= passes
        assert len(trace.loss) == len(trace.passes) * FRAMES // 100 == len(trace.samples)
        assert np.abs(trace.gradients["b"]).max() > 0.0
        assert learner.best_loss == trace.passes[-1].best_loss


def test_a_stage_that_diverges_is_given_up_and_the_best_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyhost.learn.plan._rates", lambda _: (ph.SGD(0.02), ph.SGD(1e6)))
    monkeypatch.setattr(Automatic, "_most_helpful", lambda self, optimizers, start: optimizers[-1])
    x = coloured()
    learner = ph.Learner(ph.chain("iir"), loss=ph.MSLE(), optimizer="auto")
    trace = learner.learn(x, taught(ph.chain("iir"), x, b=[1.0, 0.5, 0.0]), sample_rate=RATE, record=100)
    assert np.isfinite(learner.freeze().parameters.values_array()).all()
    assert np.isfinite(learner.best_loss)
    assert len(trace.loss) == len(trace.passes) * FRAMES // 100


def test_progress_is_told_and_an_interrupt_leaves_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    chain, hidden = TASKS["IIR"]
    x = coloured()
    y = taught(chain, x, **hidden)
    told: list[ph.Progress] = []

    def stop(progress: ph.Progress) -> None:
        told.append(progress)
        if progress.pass_number == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("pyhost.learn.passes.REPORT_EVERY", 0.0)
    learner = ph.Learner(chain, optimizer="auto")
    with pytest.raises(KeyboardInterrupt):
        learner.learn(x, y, sample_rate=RATE, tolerance=0.0, progress=stop)
    assert [progress.pass_number for progress in told][-1] == 2
    np.testing.assert_allclose(learner.parameters["a"].value, hidden["a"], rtol=1e-3)


def test_an_interrupt_while_it_searches_leaves_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pyhost.learn.hunt.descend", stopped)
    learner = ph.Learner(ph.chain("gain"), optimizer="auto")
    with pytest.raises(KeyboardInterrupt):
        learner.learn(coloured(), 0.5 * coloured(), sample_rate=RATE)
    assert learner.parameters["gain"].value == 1.0
    assert learner.best == {}


def test_an_output_that_is_nowhere_finite_is_divergence() -> None:
    def hopeless(x: ph.Signal) -> ph.Signal:
        return x * ph.param("gain", 1.0) + ph.log(0.0 * x)

    with pytest.raises(ph.DivergedError, match="finite neither at the start values nor at others"):
        learned(hopeless, coloured(), coloured())


def test_a_chain_that_cannot_be_improved_has_a_pass_and_has_not_converged() -> None:
    x = coloured()
    _, trace = learned(lambda x: 0.5 * x, x, x)
    assert (len(trace.passes), trace.converged) == (1, False)


def test_a_locked_parameter_stays() -> None:
    x = coloured()
    learner = ph.Learner(ph.chain("gain | dc"), optimizer="auto")
    learner.parameters["gain"].value = 0.75
    learner.parameters["gain"].locked = True
    learner.learn(x, 0.5 * x + 0.25, sample_rate=RATE)
    assert learner.parameters["gain"].value == 0.75
    assert learner.parameters["dc"].value == pytest.approx(np.mean(0.25 - 0.25 * x), rel=1e-6)


def test_what_it_did_is_told_and_saved(tmp_path: Path) -> None:
    x = coloured()
    learner, trace = learned(ph.chain("gain"), x, 0.5 * x)
    assert str(trace.stages[0]).startswith("least squares over the loudest 0.2 s: -")
    assert "1 number to find" in trace.stages[0].why
    learner.save(tmp_path / "learned.json")
    details = ph.load(tmp_path / "learned.json").details
    assert (details["optimizer"], details["rate"]) == ("auto", None)
    assert details["stages"] == [str(stage) for stage in trace.stages]
    again = ph.Learner(ph.load(tmp_path / "learned.json"))
    assert isinstance(again.optimizer, ph.Auto)


def test_it_needs_the_best_and_is_no_single_optimizer() -> None:
    with pytest.raises(ph.InputError, match="leave evaluate=False out"):
        learned(ph.chain("gain"), coloured(), coloured(), evaluate=False)
    with pytest.raises(ph.InputError, match="not one optimizer but a choice"):
        ph.Auto().core()
    with pytest.raises(ph.InputError, match="must be 'auto' or an optimizer such as"):
        ph.Learner(ph.chain("gain"), optimizer="automatic")  # type: ignore[arg-type]


def test_the_sum_of_squares_of_a_whole_recording_is_that_of_an_excerpt() -> None:
    x = np.stack([coloured(), coloured(seed=2)])
    learner, runs = ph.Learner(ph.chain("gain | lowpass")), []
    original = Passes.begin

    def begin(self: Passes, passes: int, *, evaluate: bool = True) -> None:
        runs.append(self)
        original(self, passes, evaluate=evaluate)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Passes, "begin", begin)
        learner.learn(x, 0.5 * x, sample_rate=RATE, align="off")
    squares = Squares(learner.program, learner.parameters, RATE, Excerpt(x, 0.5 * x))
    whole = Whole(runs[0])
    here = squares.moved.moved(learner.parameters.values_array())
    expected, found = squares.sums(here), whole.sums(here)
    np.testing.assert_allclose(found.cost, expected.cost, rtol=1e-9)
    np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-9)
    np.testing.assert_allclose(found.curvature, expected.curvature, rtol=1e-9)
