"""What becomes of every LV2 plugin of the installed Debian packages: loaded, run on noise, closed.

    python tests/bench/plugins.py           writes docs/plugins.md
    python tests/bench/plugins.py --only zam-plugins

Each runs in a worker process of its own, with deadlines.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import pyhost as ph
from pyhost.errors import InputError
from pyhost.host import CrashedError, Deadlines, Isolated
from pyhost.host.lv2.catalogue import catalogue_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "plugins.md"
PACKAGES = ["calf-plugins", "lsp-plugins-lv2", "lv2-examples", "mda-lv2", "swh-lv2", "x42-plugins", "zam-plugins"]
RATE = 48_000
BLOCKS = (64, 512)
FRAMES = 8_192
PATIENCE = Deadlines(load=30.0, answer=30.0, block=10.0)
REMARK = (
    "A plugin may fail in one run and not in another. Calf's Wavetable writes outside of its memory when a note is "
    "played (`wavetable_audio_module::make_snapshot`), and crashed in 12 of the 20 runs that were made to "
    "find out why."
)
OUTCOMES = ("ok", "refused", "non-finite", "crashed", "hung")


@dataclass(frozen=True)
class Outcome:
    """What became of one plugin."""

    package: str
    uri: str
    what: str
    why: str = ""


def outcome(package: str, uri: str, bundle: str) -> Outcome:
    """Load a plugin in a process of its own, run it, and close it."""
    try:
        plugin = Isolated({"kind": "lv2", "uri": uri, "bundle": bundle}, deadlines=PATIENCE)
        try:
            run(plugin)
        finally:
            plugin.close()
    except CrashedError as error:
        return Outcome(package, uri, "hung" if " hung " in str(error) else "crashed", str(error))
    except InputError as error:
        return Outcome(package, uri, "non-finite" if " gave " in str(error) else "refused", str(error))
    return Outcome(package, uri, "ok")


def run(plugin: Isolated) -> None:
    """Run a plugin on noise from a reset, with every size of block, and with a side-chain and a note if it has ears."""
    noise = 0.3 * ph.noise(FRAMES)
    audio = np.tile(noise, (plugin.channels.inputs or 0, 1))
    heard = noise if plugin.channels.sidechain else None
    for frames in BLOCKS:
        for at in range(0, FRAMES, frames):
            notes = [(0, bytes([0x90, 60, 100]))] if plugin.takes_midi and at == 0 else []
            its = None if heard is None else heard[at : at + frames]
            plugin.process(audio[:, at : at + frames], RATE, sidechain=its, midi=notes, reset=at == 0)


def installed(packages: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return the plugins of packages: package, URI, bundle."""
    owner: dict[str, str] = {}
    for package in packages:
        listed = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=False).stdout
        owner |= {str(Path(line).parent): package for line in listed.splitlines() if line.endswith("/manifest.ttl")}
    catalogue = catalogue_of()
    every = [(uri, catalogue.bundle(uri).rstrip("/")) for uri in catalogue.uris]
    return [(owner[bundle], uri, bundle) for uri, bundle in every if bundle in owner]


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the version of every package that is installed."""
    asked = ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *packages]
    lines = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.splitlines()
    return dict(line.split(" ", 1) for line in lines if " " in line)


def page(outcomes: list[Outcome], version: dict[str, str]) -> str:
    """Return the page of documentation."""
    good = sum(one.what == "ok" for one in outcomes)
    lines = [
        "# Real plugins",
        "",
        "Every LV2 plugin of these Debian packages, each in a process of its own: loaded, run on "
        f"{FRAMES} frames of noise in blocks of {' and '.join(map(str, BLOCKS))} at {RATE} Hz, from a reset each time, "
        "with a side-chain and a note for those that listen, and closed.",
        "Made by `python tests/bench/plugins.py`.",
        "",
        f"**{good} of {len(outcomes)} are ok: {100 * good / len(outcomes):.1f} %.** The host survived all of them.",
        "",
        "| package | version | plugins | " + " | ".join(OUTCOMES) + " |",
        "|---|---|--:|" + "--:|" * len(OUTCOMES),
    ]
    for package in sorted({one.package for one in outcomes}):
        counted: Counter[str] = Counter(one.what for one in outcomes if one.package == package)
        counts = " | ".join(str(counted[what]) for what in OUTCOMES)
        lines.append(f"| {package} | {version.get(package, '')} | {counted.total()} | {counts} |")
    bad = [one for one in outcomes if one.what != "ok"]
    if bad:
        lines += ["", "Those that are not ok:", "", "| plugin | outcome | message |", "|---|---|---|"]
        lines += [f"| `{one.uri}` | {one.what} | {one.why.replace('|', '/')} |" for one in bad]
    return "\n".join([*lines, "", REMARK]) + "\n"


def main() -> int:
    """Write the page; exit status 1 if fewer than 99 % are ok."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", default=PACKAGES, metavar="PACKAGE")
    parser.add_argument("--jobs", type=int, default=2)
    given: Any = parser.parse_args()
    plugins = installed(given.only)
    if not plugins:
        sys.exit(f"none of {', '.join(given.only)} is installed: .ci/install gets them from Debian")
    outcomes = []
    with ThreadPoolExecutor(given.jobs) as pool:
        for one in pool.map(lambda plugin: outcome(*plugin), plugins):
            outcomes.append(one)
            if one.what != "ok":
                print(f"{one.what}: {one.uri}: {one.why}", flush=True)
    text = page(outcomes, versions(given.only))
    if given.only == PACKAGES:
        PAGE.write_text(text, encoding="utf-8")
    print(text)
    return 0 if sum(one.what == "ok" for one in outcomes) >= 0.99 * len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
