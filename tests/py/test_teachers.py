"""Plugins as teachers: what they do to a recording is what is learned."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import ArraySource, write_audio
from pyhost.cli import main
from pyhost.host import Effect, FunctionPlugin, Series
from pyhost.host.delay import DelayLine
from pyhost.learn.sources import TaughtSource

RATE = 48_000
PLUGINS = Path(__file__).with_name("session_plugins.py")
NOISE = 0.5 * ph.noise(9_600)


class Late(FunctionPlugin):
    """Halves, so many samples late, and says so."""

    def __init__(self, samples: int) -> None:
        super().__init__(lambda audio, rate: self._line.process(audio / 2), "late")
        self._samples = samples

    @property
    def latency_samples(self) -> int:
        """As it was told."""
        return self._samples

    def _start(self, sample_rate: float, channels: int) -> None:
        super()._start(sample_rate, channels)
        self._line = DelayLine(channels, self._samples)


@pytest.fixture
def dry(tmp_path: Path) -> str:
    write_audio(tmp_path / "dry.wav", NOISE, RATE)
    return str(tmp_path / "dry.wav")


def learned(arguments: list[str], folder: Path) -> dict[str, float]:
    """Learn from the shell, and return the values."""
    out = str(folder / "learned.json")
    assert main(["learn", *arguments, "-o", out, "--optimizer", "gauss-newton", "--quiet"]) == 0
    values: dict[str, float] = json.loads(Path(out).read_text())["parameters"]
    return values


@pytest.mark.parametrize("frames", [100, 512, 20_000])
@pytest.mark.parametrize("late", [0, 1, 480, 1_000])
def test_the_latency_of_a_teacher_is_made_up_for(late: int, frames: int) -> None:
    taught = TaughtSource(ArraySource(NOISE, RATE), Late(late))
    for _ in range(2):
        blocks = list(taught.blocks(frames))
        assert {block.shape[1] for block in blocks[:-1]} <= {frames}
        np.testing.assert_array_equal(np.concatenate(blocks, axis=1)[0], NOISE / 2)
    assert taught.name == "the output of late"


def test_a_chain_of_plugins_teaches() -> None:
    teacher = Series([Effect("Gain", gain_db=-6.0), Effect("Invert")])
    learner = ph.Learner(lambda x: x * ph.param("gain", 0.0), loss=ph.MSE(), optimizer=ph.GaussNewton())
    learner.learn(NOISE, teacher, sample_rate=RATE)
    assert learner.parameters["gain"].value == pytest.approx(-(10 ** (-6 / 20)), rel=1e-5)


def test_an_effect_teaches_from_the_shell(dry: str, tmp_path: Path) -> None:
    values = learned([dry, "--teacher", "Gain", "--teacher-set", "gain_db=-6", "--chain", "gain"], tmp_path)
    assert values["gain"] == pytest.approx(10 ** (-6 / 20), rel=1e-5)


def test_an_impulse_response_is_learned_by_a_filter(dry: str, tmp_path: Path) -> None:
    response = np.array([0.1, 0.9, -0.4, 0.2, 0.05])
    write_audio(tmp_path / "cabinet.wav", response, RATE)
    convolve = ["--teacher", "Convolution", "--teacher-set", f"impulse_response_filename={tmp_path / 'cabinet.wav'}"]
    values = learned([dry, *convolve, "--chain", "fir(taps=8)", "--align", "off"], tmp_path)
    taps = np.asarray(values["taps"])
    # pedalboard brings an impulse response to a level of its own.
    np.testing.assert_allclose(taps[:5] / taps[1], response / response[1], atol=1e-4)
    np.testing.assert_allclose(taps[5:], 0.0, atol=1e-4)


def test_a_mono_plugin_teaches_each_channel_of_a_stereo_recording(tmp_path: Path) -> None:
    write_audio(tmp_path / "stereo.wav", np.stack([NOISE, NOISE[::-1]]), RATE)
    counting = ["--teacher", f"{PLUGINS}:counts", "--teacher-set", "step=0"]
    values = learned([str(tmp_path / "stereo.wav"), *counting, "--chain", "gain(gain=0.5)"], tmp_path)
    assert values["gain"] == pytest.approx(1.0, abs=1e-6)


def test_an_lv2_plugin_teaches_in_a_process_of_its_own(
    installed: Callable[..., None], dry: str, tmp_path: Path
) -> None:
    installed("http://lv2plug.in/plugins/eg-amp")
    amp = ["--teacher", "http://lv2plug.in/plugins/eg-amp", "--teacher-set", "gain=-12"]
    assert learned([dry, *amp, "--chain", "gain"], tmp_path)["gain"] == pytest.approx(10 ** (-12 / 20), rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--teacher", "Gian"], "there is no plugin 'Gian'; did you mean 'Gain'"),
        (["--teacher", "Gain", "--teacher-set", "gain=1"], "--teacher-set: there is no parameter 'gain'; did you mean"),
        (["--teacher", "Gain", "--teacher-set", "gain_db=x"], "--teacher-set: parameter 'gain_db' takes a number"),
        (["--teacher", "Gain", "--teacher-set", "gain_db"], "--teacher-set 'gain_db': write name=value"),
        (["--teacher-set", "gain_db=1"], "--teacher-set is for a --teacher"),
        (["--teacher", "Gain", "--truth", "gain"], "--teacher makes the target, and --truth is given too"),
        (
            ["--teacher", f"{PLUGINS}:four"],
            "--teacher: four takes 2 channels and gives 4, and {dry} has 1; play it there by a session, and give",
        ),
        (
            ["--teacher", f"{PLUGINS}:six"],
            "--teacher: six takes 6 channels and gives 6, and {dry} has 1; give a recording with 6, which sox",
        ),
        (["other.wav", "--teacher", "Gain"], "--teacher makes the target, and a TARGET is given too"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(
    arguments: list[str], message: str, dry: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["learn", dry, *arguments, "--chain", "gain", "-o", str(tmp_path / "x.json")]) == 2
    error = capsys.readouterr().err
    assert message.format(dry=dry) in error
    assert error.count("\n") == 1
