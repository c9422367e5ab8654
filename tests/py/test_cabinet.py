"""The FIR matcher against a real plugin: it becomes a guitar cabinet of guitarix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import AudioArray, read_audio
from pyhost.export.prebuilt import install
from pyhost.host.lv2 import LV2Plugin

RATE = 48_000.0
FRAMES = 4 * 48_000
CABINET = "http://guitarix.sourceforge.net/plugins/gx_cabinet#CABINET"
TWO_TWELVES = 1.0
"""A cabinet whose response is 256 samples long."""


@pytest.fixture(scope="module")
def cabinet(installed: Callable[..., None]) -> Callable[[AudioArray], AudioArray]:
    installed(CABINET)
    plugin = LV2Plugin(CABINET)
    plugin.parameters["c_model"].value = TWO_TWELVES
    silence = np.zeros((1, 48_000))

    def through(audio: AudioArray) -> AudioArray:
        plugin.process(silence, RATE)  # it takes up its response in another thread
        return plugin.process(audio, RATE, reset=False)

    return through


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> Callable[[AudioArray, AudioArray], LV2Plugin]:
    bundle = next(iter(install(tmp_path_factory.mktemp("lv2"), ["fir-matcher-512"])))

    def taught(dry: AudioArray, target: AudioArray) -> LV2Plugin:
        plugin = LV2Plugin(bundle.uri, bundle.path)
        plugin.process(dry, RATE, sidechain=target)
        plugin.parameters["learn"].value = 0.0
        return plugin

    return taught


def decibels(error: AudioArray, of: AudioArray) -> float:
    return float(10.0 * np.log10(np.square(np.abs(error)).sum() / np.square(np.abs(of)).sum()))


def test_from_noise_it_finds_the_whole_response(
    cabinet: Callable[[AudioArray], AudioArray], matcher: Callable[[AudioArray, AudioArray], LV2Plugin]
) -> None:
    impulse = np.eye(1, 2048)
    response = cabinet(impulse)
    dry = 0.3 * ph.noise(FRAMES)[None]
    found = matcher(dry, cabinet(dry)).process(impulse, RATE)
    assert decibels(found - response, response) < -100.0
    assert np.abs(response).max() > 0.05


def test_from_a_recording_it_finds_what_the_recording_has_and_other_recordings_sound_alike(
    cabinet: Callable[[AudioArray], AudioArray],
    matcher: Callable[[AudioArray, AudioArray], LV2Plugin],
    real_recordings: list[Path],
) -> None:
    loop, other = (
        read_audio(next(path for path in real_recordings if path.name == name), RATE)[:1, :FRAMES]
        for name in ("loop_amen_full.flac", "loop_mehackit1.flac")
    )
    impulse = np.eye(1, 2048)
    taught = matcher(loop, cabinet(loop))
    found, response = (np.fft.rfft(audio[0]) for audio in (taught.process(impulse, RATE), cabinet(impulse)))
    heard = slice(4, round(16_000.0 * 2048 / RATE))  # from 100 Hz to 16 kHz
    assert decibels((found - response)[heard], response[heard]) < -40.0
    expected = cabinet(other)
    assert decibels(taught.process(other, RATE) - expected, expected) < -40.0
