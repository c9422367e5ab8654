"""What hosting costs: one block through a plugin, in this process and isolated, beside other hosts.

    python tests/bench/hosting.py [--quick]

Microseconds of wall time: the median of many, each way in turn, so that what else the machine does meets all.

The first table hands over one block at a time, as live audio does. lv2apply runs an LV2 plugin frame by frame over a
whole file; what is told is the time per so many frames of a long one, less that of a short one. DawDreamer renders a
whole graph in blocks of so many frames; what is told is found the same way. Both take part where they are installed.

The second table hands over a long array at once, as a render does, and tells what each 512 frames of it cost: the
shortest of many times, for in a long one something else always gets its turn.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pedalboard

import pyhost as ph
from pyhost.audio import write_audio
from pyhost.errors import PluginError
from pyhost.host import HostedPlugin
from pyhost.host.load import load_plugin

RATE = 48_000
BLOCKS = (64, 512)
LONG = 1 << 17
QUICK = "--quick" in sys.argv[1:]
ROUNDS, TIMES = (5, 20) if QUICK else (25, 60)
PLUGINS = {
    "Gain, pedalboard's": "Gain",
    "Reverb, pedalboard's": "Reverb",
    "eg-amp, LV2": "http://lv2plug.in/plugins/eg-amp",
    "x42-eq, LV2": "http://gareus.org/oss/lv2/fil4#mono",
    "ZamEQ2, LV2": "urn:zamaudio:ZamEQ2",
    "Calf Equalizer5Band, LV2": "http://calf.sourceforge.net/plugins/Equalizer5Band",
    "LSP para_equalizer_x16, LV2": "http://lsp-plug.in/plugins/lv2/para_equalizer_x16_mono",
    "ZamEQ2, VST3": "/usr/lib/vst3/ZamEQ2.vst3",
}

Step = Callable[[], object]


def stepper(plugin: HostedPlugin, frames: int) -> Step:
    """Return a function that lets a plugin process one block."""
    block = 0.3 * np.tile(ph.noise(frames), (plugin.channels.inputs or 1, 1))
    plugin.process(block, RATE)
    return lambda: plugin.process(block, RATE, reset=False)


def pedalboards(name: str, channels: int, frames: int) -> Step:
    """Return a function that lets pedalboard alone process one block."""
    effect = pedalboard.VST3Plugin(name) if name.endswith(".vst3") else getattr(pedalboard, name)()
    block = 0.3 * np.tile(ph.noise(frames).astype(np.float32), (channels, 1))
    return lambda: effect.process(block, RATE, reset=False)


def timed(ways: dict[str, Step], times: int) -> dict[str, list[float]]:
    """Return microseconds of each call."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, step in ways.items():
            for _ in range(times):
                start = time.perf_counter()
                step()
                found[name].append(1e6 * (time.perf_counter() - start))
    return found


def per_block(run: Callable[[int], object], frames: int) -> float:
    """Return microseconds for so many frames: of eleven seconds, less one; the best of three."""
    took: dict[int, list[float]] = {1: [], 11: []}
    for _ in range(3):
        for seconds, times in took.items():
            start = time.perf_counter()
            run(seconds)
            times.append(time.perf_counter() - start)
    return 1e6 * (min(took[11]) - min(took[1])) / (10 * RATE / frames)


def lv2apply(uri: str, channels: int, frames: int) -> str:
    """Return microseconds that lv2apply takes for so many frames; that it refuses, for it offers few features."""
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (1, 11):
            noise = np.tile(0.3 * ph.noise(seconds * RATE), (channels, 1))
            write_audio(Path(folder) / f"{seconds}.wav", noise, RATE)

        def run(seconds: int) -> None:
            files = ["-i", f"{folder}/{seconds}.wav", "-o", f"{folder}/out.wav"]
            subprocess.run(["lv2apply", *files, uri], check=True, capture_output=True)

        try:
            return f"{per_block(run, frames):.1f}"
        except subprocess.CalledProcessError:
            return "refuses"


def dawdreamer(path: str, channels: int, frames: int) -> float:
    """Return microseconds that DawDreamer takes for a block of so many frames."""
    dreamer = import_module("dawdreamer")
    engine = dreamer.RenderEngine(RATE, frames)
    noise = np.tile(0.3 * ph.noise(11 * RATE).astype(np.float32), (channels, 1))
    source = engine.make_playback_processor("source", noise)
    engine.load_graph([(source, []), (engine.make_plugin_processor("plugin", path), ["source"])])
    return per_block(lambda seconds: engine.render(float(seconds)), frames)


def others(name: str, channels: int, frames: int) -> list[str]:
    """Return what other hosts take, one cell each: DawDreamer, lv2apply."""
    cells = ["", ""]
    if name.endswith(".vst3") and find_spec("dawdreamer") is not None:
        cells[0] = f"{dawdreamer(name, channels, frames):.1f}"
    if ":" in name and shutil.which("lv2apply") is not None:
        cells[1] = lv2apply(name, channels, frames)
    return cells


def print_blocks(label: str, name: str, inside: HostedPlugin, isolated: HostedPlugin) -> None:
    """Print the rows of a plugin in the first table."""
    channels = inside.channels.inputs or 1
    for frames in BLOCKS:
        ways = {"inside": stepper(inside, frames), "isolated": stepper(isolated, frames)}
        if ":" not in name:
            ways["pedalboard"] = pedalboards(name, channels, frames)
        found = {way: float(np.median(taken)) for way, taken in timed(ways, TIMES).items()}
        theirs = f"{found['pedalboard']:.1f}" if "pedalboard" in found else ""
        here, there = found["inside"], found["isolated"]
        cells = [label, str(frames), f"{here:.1f}", f"{there:.1f}", f"{there - here:.1f}", theirs]
        print("| " + " | ".join([*cells, *others(name, channels, frames)]) + " |", flush=True)


def long_row(label: str, inside: HostedPlugin, isolated: HostedPlugin) -> str:
    """Return the row of a plugin in the second table."""
    found = timed({"inside": stepper(inside, LONG), "isolated": stepper(isolated, LONG)}, times=1)
    here, there = (min(found[way]) / (LONG / 512) for way in ("inside", "isolated"))
    return f"| {label} | {here:.1f} | {there:.1f} | {there - here:.1f} |"


def main() -> None:
    """Print the tables."""
    print("| plugin | frames | in process | isolated | isolation costs | pedalboard | DawDreamer | lv2apply |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    rows = []
    for label, name in PLUGINS.items():
        try:
            inside, isolated = load_plugin(name, isolate=False), load_plugin(name, isolate=True)
        except PluginError as error:
            print(f"{label} takes no part: {error}", file=sys.stderr)
            continue
        print_blocks(label, name, inside, isolated)
        rows.append(long_row(label, inside, isolated))
        isolated.close()
    print(f"\n| plugin, {LONG} frames at once | in process | isolated | isolation costs |")
    print("|---|--:|--:|--:|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
