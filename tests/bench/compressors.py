"""How surely a compressor's settings are found: hidden ones on drums and speech, beside scipy on the same compressor.

Run it from the root of the project: ``python tests/bench/compressors.py [SETTINGS]``, 20 by default. It needs scipy,
and the recordings of Debian's sonic-pi-samples and alsa-utils. A setting counts as found if the threshold is within
0.5 dB, the ratio within 5 %, attack and release within 10 % and the make-up within 0.1 dB. Both start at the block's
defaults, know its ranges and scales, and hear the same recording; the number of a setting is its seed.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares  # type: ignore[import-untyped]

import pyhost as ph
from pyhost.audio import read_audio
from pyhost.learn.parameters import Parameters
from pyhost.learn.run import Runner
from pyhost.learn.squares import Moved
from pyhost.learn.starts import search_start

Array = NDArray[np.float64]

RATE = 48_000
CHAIN = ph.chain("compressor")
PROGRAM = ph.compile(CHAIN)
NAMES = [spec.name for spec in PROGRAM.parameters]
DRUMS = [Path("/usr/share/sonic-pi/samples") / f"loop_{name}.flac" for name in ("amen", "breakbeat")]
SPEECH = sorted(path for path in Path("/usr/share/sounds/alsa").glob("*.wav") if path.stem != "Noise")


def hidden(seed: int) -> Array:
    """Return settings as one would dial them: threshold, ratio, attack, release, make-up."""
    random = np.random.default_rng(seed)

    def spread(low: float, high: float) -> float:
        return math.exp(random.uniform(math.log(low), math.log(high)))

    threshold = random.uniform(-40.0, -15.0)
    return np.array([threshold, spread(2, 10), spread(0.001, 0.05), spread(0.03, 0.5), random.uniform(0.0, 12.0)])


def recording(seed: int) -> Array:
    """Return drums and speech in turn, the first channel, (1, frames)."""
    of = SPEECH if seed % 2 else DRUMS
    return np.asarray(read_audio(of[seed // 2 % len(of)])[:1])


def off(found: Array, wanted: Array) -> Array:
    """Return by how much each is off, 1 for the most that counts as found."""
    relative = np.array([False, True, True, True, False])
    return np.asarray(np.abs(found - wanted) / np.where(relative, wanted, 1.0) / np.array([0.5, 0.05, 0.1, 0.1, 0.1]))


def by_auto(x: Array, target: Array) -> Array:
    """Return what pyhost finds if it is left to choose."""
    learner = ph.Learner(CHAIN, optimizer=ph.Auto())
    learner.learn(x, target, sample_rate=RATE, align="off")
    learner.use_best()
    return learner.parameters.values_array()


def by_start(x: Array, target: Array) -> Array:
    """Return what its search for a start finds, by least squares over the loudest three seconds."""
    parameters = Parameters(PROGRAM.parameters)
    search_start(PROGRAM, parameters, [(x, target)], RATE)
    return parameters.values_array()


def by_scipy(x: Array, target: Array) -> Array:
    """Return what scipy finds with pyhost's compiled compressor, by differences."""
    start = Parameters(PROGRAM.parameters)
    moved, runner = Moved(start), Runner(PROGRAM, RATE, 1)

    def residuals(at: Array) -> Array:
        return np.asarray(runner.process(x, moved.values(at), reset=True) - target)[0]

    solved = least_squares(residuals, moved.moved(start.values_array()), bounds=(0.0, 1.0))
    return moved.values(np.asarray(solved.x))


METHODS: dict[str, Callable[[Array, Array], Array]] = {"`ph.Auto()`": by_auto, "its start": by_start, "scipy": by_scipy}


def main() -> None:
    """Print the table, and what was not found."""
    settings = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    missing = [str(path) for path in DRUMS if not path.exists()] or ([] if SPEECH else ["/usr/share/sounds/alsa"])
    if missing:
        sys.exit(f"{missing[0]} is not there: apt-get install sonic-pi-samples alsa-utils")
    seconds: dict[str, list[float]] = {name: [] for name in METHODS}
    worst: dict[str, list[float]] = {name: [] for name in METHODS}
    for seed in range(settings):
        x, wanted = recording(seed), hidden(seed)
        target = Runner(PROGRAM, RATE, 1).process(x, wanted, reset=True)
        for name, method in METHODS.items():
            began = time.perf_counter()
            found = method(x, target)
            seconds[name].append(time.perf_counter() - began)
            worst[name].append(float(off(found, wanted).max()))
            if not worst[name][-1] <= 1.0:
                pairs = zip(NAMES, found, wanted, strict=True)
                print(f"{name}, seed {seed}: " + ", ".join(f"{n} {f:.4g} for {w:.4g}" for n, f, w in pairs))
    print("| | found | seconds each, median | at most |")
    print("|---|--:|--:|--:|")
    for name in METHODS:
        found_count = sum(value <= 1.0 for value in worst[name])
        middle, most = np.median(seconds[name]), max(seconds[name])
        print(f"| {name} | {found_count} of {settings} | {middle:.2f} | {most:.2f} |")


if __name__ == "__main__":
    main()
