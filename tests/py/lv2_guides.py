"""The delay aligner and the tone tracker, as several files of tests look at them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from lv2_bundles import build_quickly, hosted
from lv2_direct import Direct
from numpy.typing import NDArray

from pyhost.export import Bundle
from pyhost.export.ready import install_lv2
from pyhost.host.lv2 import LV2Plugin

Array = NDArray[np.float64]

RATE = 48_000.0
ALIGNER, TRACKER = "delay-aligner", "tone-tracker"

CONTROLS = ("enabled", "learn", "reset", "hold_best", "rate", "amount", "output", "optimizer")
METER = len(CONTROLS) + 3
"""The first meter of a parameter, by its place behind the ports of audio."""


class Guides(dict[tuple[str, int], Bundle]):
    """The two plugins by name and number of channels, written into a folder when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, key: tuple[str, int]) -> Bundle:
        mono, stereo = install_lv2(self._folder, [key[0]], build=build_quickly)
        self.update({(key[0], 1): mono, (key[0], 2): stereo})
        return self[key]


def direct(bundle: Bundle) -> Direct:
    """Return a mono plugin as it starts, with its first meter connected."""
    starts = [float(hosted(bundle).parameters[name].value) for name in CONTROLS]
    values = dict(enumerate([*starts, 0.0, 0.0, 0.0, 0.0]))
    return Direct(next(bundle.path.glob("*.so")), RATE, {3 + port: value for port, value in values.items()})


def later(x: Array, samples: float) -> Array:
    """Return a sound that many samples later, by band-limited interpolation."""
    length = 2 * len(x)
    omega = 2.0 * np.pi * np.arange(length // 2 + 1) / length
    delayed: Array = np.fft.irfft(np.fft.rfft(x, length) * np.exp(-1j * omega * samples), length)
    return delayed[: len(x)]


def tone(frames: int, frequency: float | Array, level: float = 0.1, sample_rate: float = RATE) -> Array:
    """Return a sine of that root mean square, whose frequency can move."""
    phase = 2.0 * np.pi * np.cumsum(np.full(frames, frequency)) / sample_rate
    sine: Array = level * np.sqrt(2.0) * np.sin(phase)
    return sine


def delay_of(plugin: LV2Plugin, sample_rate: float = RATE) -> float:
    """Return the delay that an aligner shows, in samples."""
    return float(plugin.parameters["learned_delay"].value) * sample_rate


def frequency_of(plugin: LV2Plugin) -> float:
    """Return the frequency that a tracker shows, in Hz."""
    return float(plugin.parameters["learned_frequency"].value)


def decibels(x: Array, reference: Array) -> float:
    """Return how loud a sound is beside another."""
    return float(10.0 * np.log10(np.mean(np.square(x)) / np.mean(np.square(reference))))
