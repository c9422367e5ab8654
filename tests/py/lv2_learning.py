"""Plugins that learn, as several files of tests look at them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from lv2_bundles import hosted
from lv2_direct import Direct

import pyhost as ph
from pyhost.export import Bundle, export_lv2_learner
from pyhost.learn.learned import LearnedChain, freeze
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import Optimizer

EQUALISER: dict[str, object] = {"low_gain": 3.0, "band1_gain": 6.0, "band1_frequency": 500.0, "band2_gain": -4.0}
TAPS: dict[str, object] = {"taps": np.sin(np.arange(64)) / 8}

PLUGINS: dict[str, tuple[str, int, Loss, Optimizer, dict[str, object]]] = {
    "gain": ("gain | dc", 1, ph.MSE(), ph.GaussNewton(), {"gain": 0.5, "dc": 0.1}),
    "direct": ("gain | dc", 1, ph.MSE(window=32), ph.SGD(1e-2), {"gain": 0.5, "dc": 0.1}),
    "equaliser": ("peq(bands=4)", 2, ph.MSE(), ph.GaussNewton(forgetting=0.9998, initial=0.03), EQUALISER),
    "matcher": ("fir(taps=64)", 1, ph.MSE(), ph.NLMS(), TAPS),
}

ENABLED, LEARN, RESET, HOLD_BEST, RATE, AMOUNT, SELECT, OPTIMIZER, LOSS, CONVERGED, LATENCY, METER = range(12)


def chain_of(name: str) -> LearnedChain:
    return freeze(ph.chain(PLUGINS[name][0]))


def recordings(name: str, frames: int = 48_000, sample_rate: float = 48_000.0) -> tuple[np.ndarray, np.ndarray]:
    """Return noise, and what a hidden chain makes of it, both as a host hands them over."""
    text, channels, _, _, hidden = PLUGINS[name]
    dry = np.stack([0.5 * ph.noise(frames + c)[c:] for c in range(channels)]).astype(np.float32).astype(float)
    teacher = freeze(ph.chain(text))
    teacher.parameters.set(hidden)
    return dry, teacher.process(dry, sample_rate).astype(np.float32).astype(float)


class Learners(dict[str, Bundle]):
    """The plugins of `PLUGINS`, written into a folder when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, name: str) -> Bundle:
        _, channels, loss, optimizer, _ = PLUGINS[name]
        self[name] = export_lv2_learner(
            chain_of(name), self._folder, name=name, channels=channels, loss=loss, optimizer=optimizer
        )
        return self[name]


def direct(bundle: Bundle, channels: int = 1, meters: int = 2, hands: tuple[float, ...] = ()) -> Direct:
    """Return a plugin with its controls where they start; `hands` are those of its parameters."""
    usual = hosted(bundle).parameters["optimizer"].value
    values = [1.0, 1.0, 0.0, 0.0, 1.0, 100.0, 0.0, usual, *(0.0,) * (3 + meters), *hands]
    return Direct(next(bundle.path.glob("*.so")), 48_000.0, {3 * channels + k: v for k, v in enumerate(values)})
