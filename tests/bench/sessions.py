"""How much a second core brings to a session: ``python tests/bench/sessions.py [SECONDS]``.

16 tracks of 4 LV2 plugins each, in processes of their own (Debian: zam-plugins, calf-plugins). Blocks are run by one
thread and by several in turn, so that whatever else the machine does falls on all of them alike.
"""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import pyhost as ph
from pyhost.audio import write_audio
from pyhost.host.session.engine import Engine

PLUGINS = [
    "urn:zamaudio:ZamCompX2",
    "http://calf.sourceforge.net/plugins/Equalizer5Band",
    "urn:zamaudio:ZamGateX2",
    "http://calf.sourceforge.net/plugins/Equalizer8Band",
]
TRACKS = 16
THREADS = (1, 2, 4)
BLOCK = 4096
RATE = 48_000


def measured(folder: Path, seconds: float) -> dict[int, float]:
    """Return seconds for a block, by threads."""
    clips = [{"file": "noise.wav"}]
    inserts = [{"plugin": plugin} for plugin in PLUGINS]
    tracks = [{"name": f"track {number}", "clips": clips, "insert": inserts} for number in range(TRACKS)]
    session = ph.Session({"track": tracks, "length": seconds}, folder)
    took: dict[int, list[float]] = {threads: [] for threads in THREADS}
    pools = {threads: ThreadPoolExecutor(threads) if threads > 1 else None for threads in THREADS}
    with Engine(session.arrangement, threads=1) as engine:
        blocks = engine.run(BLOCK)
        for number in range(round(seconds * RATE / BLOCK)):
            threads = THREADS[number % len(THREADS)]
            engine.pool = pools[threads]
            begin = time.perf_counter()
            next(blocks)
            took[threads].append(time.perf_counter() - begin)
    return {threads: float(np.mean(times)) for threads, times in took.items()}


def main(seconds: float) -> None:
    """Print a table."""
    print(f"{TRACKS} tracks × 4 plugins, blocks of {BLOCK}: ms a block, times real time, gain over one thread")
    with tempfile.TemporaryDirectory() as name:
        noise = 0.1 * ph.noise(round(seconds * RATE))
        write_audio(Path(name) / "noise.wav", np.stack([noise, -noise]), RATE)
        found = measured(Path(name), seconds)
    for threads, took in found.items():
        print(f"{threads} threads {1e3 * took:7.1f} ms {BLOCK / RATE / took:6.2f} × {found[1] / took:5.2f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 8.0)
