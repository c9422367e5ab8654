"""What hosting costs: one block through a plugin, in this process and isolated, beside pedalboard and lv2apply.

    python tests/bench/hosting.py

Microseconds of wall time per block: the median of many, each way in turn, so that what else the machine does meets all.
lv2apply runs a plugin frame by frame over a whole file; what is told is the time per so many frames of a long one, less
that of a short one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pedalboard

import pyhost as ph
from pyhost.audio import write_audio
from pyhost.host import HostedPlugin
from pyhost.host.load import load_plugin

RATE = 48_000
BLOCKS = (64, 512)
ROUNDS, TIMES = 15, 60
PLUGINS = {
    "Gain (pedalboard's)": "Gain",
    "eg-amp": "http://lv2plug.in/plugins/eg-amp",
    "Calf Equalizer5Band": "http://calf.sourceforge.net/plugins/Equalizer5Band",
    "LSP para_equalizer_x16_mono": "http://lsp-plug.in/plugins/lv2/para_equalizer_x16_mono",
}


def stepper(plugin: HostedPlugin, frames: int) -> Callable[[], object]:
    """Return a function that lets a plugin process one block."""
    block = 0.3 * np.tile(ph.noise(frames), (plugin.channels.inputs or 1, 1))
    plugin.process(block, RATE)
    return lambda: plugin.process(block, RATE, reset=False)


def pedalboards(name: str, frames: int) -> Callable[[], object]:
    """Return a function that lets pedalboard's own effect process one block."""
    effect = getattr(pedalboard, name)()
    block = 0.3 * ph.noise(frames).astype(np.float32)[None]
    return lambda: effect.process(block, RATE, reset=False)


def medians(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return microseconds per call."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, step in ways.items():
            for _ in range(TIMES):
                start = time.perf_counter()
                step()
                found[name].append(time.perf_counter() - start)
    return {name: 1e6 * float(np.median(times)) for name, times in found.items()}


def applied(uri: str, channels: int, frames: int) -> float:
    """Return microseconds that lv2apply takes for so many frames."""
    took = []
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (1, 11):
            path = Path(folder) / "in.wav"
            write_audio(path, np.tile(0.3 * ph.noise(seconds * RATE), (channels, 1)), RATE)
            start = time.perf_counter()
            subprocess.run(
                ["lv2apply", "-i", path, "-o", Path(folder) / "out.wav", uri], check=True, capture_output=True
            )
            took.append(time.perf_counter() - start)
    return 1e6 * (took[1] - took[0]) / (10 * RATE / frames)


def main() -> None:
    """Print the table."""
    print("| plugin | frames | in process, µs | isolated, µs | isolation costs, µs | pedalboard, µs | lv2apply, µs |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for label, name in PLUGINS.items():
        inside, isolated = load_plugin(name, isolate=False), load_plugin(name, isolate=True)
        for frames in BLOCKS:
            ways = {"inside": stepper(inside, frames), "isolated": stepper(isolated, frames)}
            if name == "Gain":
                ways["pedalboard"] = pedalboards(name, frames)
            found = medians(ways)
            theirs = f"{found['pedalboard']:.1f}" if "pedalboard" in found else ""
            apply = "" if name == "Gain" else f"{applied(name, inside.channels.inputs or 1, frames):.1f}"
            costs = found["isolated"] - found["inside"]
            print(
                f"| {label} | {frames} | {found['inside']:.1f} | {found['isolated']:.1f} | {costs:.1f} | {theirs} | "
                f"{apply} |",
                flush=True,
            )
        isolated.close()  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
