"""What a learner is given: a teacher, files, or a mistake, of which it tells in a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chains import gain_dc

import pyhost as ph
from pyhost.audio import write_audio

RATE = 48_000


def test_a_teacher_can_be_a_chain_a_learned_chain_or_a_plugin() -> None:
    import pedalboard  # noqa: PLC0415  # here alone: it takes a while to import

    x = ph.noise(20_000)
    for teacher in (lambda u: 0.5 * u, ph.Learner(lambda u: 0.5 * u).freeze(), pedalboard.Gain(20 * math.log10(0.5))):
        learner = ph.Learner(lambda u: u * ph.param("gain", 1.0), loss=ph.MSE(8), optimizer=ph.SGD(0.2))
        learner.learn(x, teacher, sample_rate=RATE)
        assert learner.parameters["gain"].value == pytest.approx(0.5, abs=1e-6)


def test_files_are_learned_in_constant_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyhost.learn.passes.BLOCK", 1024)
    biggest = 0
    x = ph.noise(100_000)
    write_audio(tmp_path / "dry.wav", x, RATE)
    write_audio(tmp_path / "target.wav", 0.5 * x, RATE)
    from pyhost.learn import passes  # noqa: PLC0415  # after the patch above

    inner = passes.paired_blocks

    def watched(*args: Any, **kwargs: Any) -> Any:
        nonlocal biggest
        for dry, target in inner(*args, **kwargs):
            biggest = max(biggest, dry.shape[1])
            yield dry, target

    monkeypatch.setattr(passes, "paired_blocks", watched)
    learner = ph.Learner(gain_dc, loss=ph.MSE(8), optimizer=ph.SGD(0.05))
    learner.learn(tmp_path / "dry.wav", tmp_path / "target.wav")
    assert biggest == 1024
    assert learner.parameters["gain"].value == pytest.approx(0.5, abs=1e-4)


def mistakes() -> list[tuple[str, Callable[[], Any], str]]:
    x = ph.noise(100)
    learner = ph.Learner(gain_dc)
    return [
        ("silent dry", lambda: learner.learn(np.zeros(100), x, sample_rate=RATE), "dry is silent"),
        ("silent target", lambda: learner.learn(x, np.zeros(100), sample_rate=RATE), "target is silent"),
        ("other length", lambda: learner.learn(x, x[:50], sample_rate=RATE), "100.*50|50.*100"),
        ("other channels", lambda: learner.learn(x, np.stack([x, x]), sample_rate=RATE), "channel"),
        ("no rate", lambda: learner.learn(x, x), "give sample_rate= in Hz"),
        ("zero rate", lambda: learner.learn(x, x, sample_rate=0), "sample rate"),
        ("NaN rate", lambda: learner.learn(x, x, sample_rate=math.nan), "sample rate"),
        ("NaN", lambda: learner.learn(np.where(x > 0.9, np.nan, x), x, sample_rate=RATE), "frame"),
        ("infinity", lambda: learner.learn(x, np.where(x > 0.9, np.inf, x), sample_rate=RATE), "frame"),
        ("integers", lambda: learner.learn((x * 32767).astype(np.int16), x, sample_rate=RATE), "32768"),
        ("no passes", lambda: learner.learn(x, x, sample_rate=RATE, passes=0), "passes must be"),
        ("tolerance", lambda: learner.learn(x, x, sample_rate=RATE, tolerance=1.0), "tolerance must be"),
        ("record", lambda: learner.learn(x, x, sample_rate=RATE, record=-1), "record must be"),
        ("engine", lambda: ph.Learner(gain_dc, engine="interpretr"), "did you mean 'interpreter'"),
        ("loss", lambda: ph.Learner(gain_dc, loss="mse"), "ph.MSE"),  # type: ignore[arg-type]
        ("optimizer", lambda: ph.Learner(gain_dc, optimizer=0.1), "ph.SGD"),  # type: ignore[arg-type]
        ("window", lambda: ph.MSE(0), "window must be from 1"),
        ("window of", lambda: ph.MSE(1, "los"), "'signals' or 'loss'"),  # type: ignore[arg-type]
        ("rate", lambda: ph.SGD(-1.0), "learning rate"),
        ("rate NaN", lambda: ph.SGD(math.nan), "learning rate"),
        ("unknown", lambda: learner.parameters["gian"], "did you mean 'gain'"),
        ("text", lambda: setattr(learner.parameters["gain"], "value", "1"), "takes a number"),
        ("list", lambda: setattr(learner.parameters["gain"], "value", [1.0, 2.0]), "takes a number"),
        ("not finite", lambda: setattr(learner.parameters["gain"], "value", math.inf), "finite"),
        ("no signal", lambda: ph.Learner(lambda: 3), "is called with 1 signal and cannot be"),
        ("no chain", lambda: ph.Learner("gain"), "ph.chain"),  # type: ignore[arg-type]
        ("noise", lambda: ph.noise(-1), "noise"),
    ]


@pytest.mark.parametrize(("make", "message"), [pytest.param(m, t, id=i) for i, m, t in mistakes()])
def test_a_mistake_gives_one_clear_error(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ph.InputError, match=message) as error:
        make()
    assert "\n" not in str(error.value)


def test_a_value_out_of_range_names_the_range_and_changes_nothing() -> None:
    learner = ph.Learner(lambda x: ph.lowpass(x, ph.param("cutoff", 1e3, minimum=20, maximum=20e3, unit="Hz")))
    with pytest.raises(ph.ParameterError, match="30000 is out of range; choose from 20 to 20000 Hz"):
        learner.parameters["cutoff"].value = 30e3
    assert learner.parameters["cutoff"].value == 1e3


def test_files_of_different_rates_are_refused_or_resampled(tmp_path: Path) -> None:
    t = np.arange(48_000) / 48_000
    write_audio(tmp_path / "dry.wav", np.sin(2 * np.pi * 500 * t), 48_000)
    u = np.arange(44_100) / 44_100
    write_audio(tmp_path / "target.wav", 0.5 * np.sin(2 * np.pi * 500 * u), 44_100)
    learner = ph.Learner(lambda x: x * ph.param("gain", 1.0), loss=ph.MSE(1), optimizer=ph.SGD(0.1))
    with pytest.raises(ph.AudioError, match=r"48000 Hz.*44100 Hz.*--resample"):
        learner.learn(tmp_path / "dry.wav", tmp_path / "target.wav")
    learner.learn(tmp_path / "dry.wav", tmp_path / "target.wav", resample=True)
    assert learner.parameters["gain"].value == pytest.approx(0.5, rel=0.01)


def test_a_sample_rate_beside_a_file_must_be_its_own(tmp_path: Path) -> None:
    write_audio(tmp_path / "x.wav", ph.noise(100), RATE)
    learner = ph.Learner(gain_dc)
    with pytest.raises(ph.AudioError, match=r"has 48000 Hz, not the 22050 Hz that were given"):
        learner.learn(tmp_path / "x.wav", tmp_path / "x.wav", sample_rate=22_050)
    learner.learn(tmp_path / "x.wav", tmp_path / "x.wav", sample_rate=RATE)
