"""What the ready plugins cost: share of one core at 48 kHz in blocks of 64 frames, beside plugins that do like work.

    python tests/bench/ready.py [--quick] [--save]

Each plugin runs in pyhost's own host, pinned to one core, each in turn, so that what else the machine does meets all.
The figure is the lower quartile of the time of a block, which other work on the machine does not reach, less that of
eg-amp, which does next to nothing: what is left is the plugin's own. The ready plugins hear noise, and on their
side-chain the same noise, later and softer: so they learn all the time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from machine import facts, pin

import pyhost as ph
from pyhost.audio import AudioArray
from pyhost.errors import PluginError
from pyhost.export.build import build_lv2
from pyhost.export.ready import READY, files_of, install_lv2, uri_of
from pyhost.host.lv2 import LV2Plugin

RATE, FRAMES = 48_000, 64
ROUNDS, TIMES = 25, 75
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks-ready.md"
BAR = "\\|"
"""In a cell of a table."""

HOST = "http://lv2plug.in/plugins/eg-amp"

FOREIGN = {
    "x42 fil4 (equaliser)": "http://gareus.org/oss/lv2/fil4#mono",
    "LSP para_equalizer_x16": "http://lsp-plug.in/plugins/lv2/para_equalizer_x16_mono",
    "LSP comp_delay": "http://lsp-plug.in/plugins/lv2/comp_delay_mono",
    "guitarix gx_cabinet (convolution)": "http://guitarix.sourceforge.net/plugins/gx_cabinet#CABINET",
    "Calf Equalizer5Band, stereo": "http://calf.sourceforge.net/plugins/Equalizer5Band",
}


@dataclass(slots=True)
class Runner:
    """A plugin that runs block by block, and what its blocks took, in seconds."""

    plugin: LV2Plugin
    input: AudioArray
    target: AudioArray | None
    at: int = 0
    took: list[float] = field(default_factory=list)

    def run(self, blocks: int) -> None:
        """Process some blocks, on from where it was."""
        for _ in range(blocks):
            part = slice(self.at, self.at + FRAMES)
            heard, target = self.input[:, part], None if self.target is None else self.target[:, part]
            start = time.perf_counter()
            self.plugin.process(heard, RATE, sidechain=target, reset=False)
            self.took.append(time.perf_counter() - start)
            self.at = (self.at + FRAMES) % (self.input.shape[1] - FRAMES)

    def percent(self, host: float = 0.0) -> float:
        """Return the share of a core, less what the host takes."""
        return 100.0 * (float(np.percentile(self.took, 25)) * RATE / FRAMES) - host


def runner(plugin: LV2Plugin, *, learns: bool) -> Runner:
    """Return a plugin with something to hear."""
    channels = plugin.channels.inputs or 1
    noise = np.stack([0.3 * ph.noise(4 * RATE + 1000 * k)[1000 * k :] for k in range(channels)])
    if "learn" in plugin.parameters:
        plugin.parameters["learn"].value = float(learns)
    target = 0.5 * np.roll(noise, 100, axis=1) if plugin.channels.sidechain else None
    return Runner(plugin, noise, target)


def measure(runners: dict[str, Runner], rounds: int) -> dict[str, float]:
    """Return percent of a core of each, less what the host takes."""
    for each in runners.values():
        each.run(TIMES)
        each.took.clear()
    for _ in range(rounds):
        for each in runners.values():
            each.run(TIMES)
    host = runners["host"].percent()
    return {name: each.percent(host) for name, each in runners.items() if name != "host"}


def ready_plugins(folder: Path, builds: dict[str, bool]) -> dict[str, Runner]:
    """Compile the ready plugins and return them, learning, and playing what they have learned."""
    found = {}
    for built, own in builds.items():
        for name in READY:
            for bundle in install_lv2(folder / built, [name], build=partial(build_lv2, for_this_machine=own)):
                if bundle.path.stem == files_of(name)[1]:
                    uri = uri_of(name, 1)
                    found[f"{name}/{built}/learns"] = runner(LV2Plugin(uri, bundle.path), learns=True)
                    if own:
                        found[f"{name}/{built}/plays"] = runner(LV2Plugin(uri, bundle.path), learns=False)
    return found


def foreign_plugins() -> dict[str, Runner]:
    """Return those of the others that are installed."""
    found = {}
    for label, uri in FOREIGN.items():
        try:
            found[label] = runner(LV2Plugin(uri), learns=False)
        except PluginError as error:
            print(f"{label} is left out: {error}", file=sys.stderr)
    return found


def table(percent: dict[str, float]) -> str:
    """Return the figures as Markdown."""
    lines = [
        "| plugin, mono | chain | learning | as it comes in the wheel, learning | playing |",
        "|---|---|--:|--:|--:|",
    ]

    def cell(key: str) -> str:
        return f"{percent[key]:.1f} %" if key in percent else "–"

    for name, one in READY.items():
        cells = " | ".join(cell(f"{name}/{rest}") for rest in ("own/learns", "any/learns", "own/plays"))
        lines.append(f"| {name} | `{one.chain.replace('|', BAR)}` | {cells} |")
    lines += [f"| {label} | | | | {cell(label)} |" for label in FOREIGN if label in percent]
    return "\n".join(lines)


def main() -> None:
    """Print the table, and save it if that is asked for."""
    parser = argparse.ArgumentParser(description="What the ready plugins cost, in percent of one core.")
    parser.add_argument("--quick", action="store_true", help="few repeats, and only as compiled for this machine")
    parser.add_argument("--save", action="store_true", help=f"write docs/{DOCUMENT.name}")
    options = parser.parse_args()
    pin()
    builds = {"own": True} if options.quick else {"own": True, "any": False}
    with tempfile.TemporaryDirectory() as folder:
        runners = {"host": runner(LV2Plugin(HOST), learns=False), **ready_plugins(Path(folder), builds)}
        runners |= foreign_plugins()
        figures = table(measure(runners, 3 if options.quick else ROUNDS))
    print(figures)
    if options.save:
        about = "\n".join(f"* {name}: {value}" for name, value in facts().items())
        page = f"# The ready plugins: share of one core\n\n{(__doc__ or '').strip()}\n\n{about}\n\n{figures}\n"
        DOCUMENT.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
