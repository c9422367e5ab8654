"""How far the interpreter is from C written by hand for each learner.

``python tests/bench/interpreter.py`` first checks that both learn the same (outputs, loss and parameters), then
times them in turns on one core, by the processor time of the thread, and prints medians with their quartiles.
Neighbours on the same machine still move single cells by a fifth: compare within one table only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from hand import FLAGS, HandLearner, compile_hand, compiler_version
from numpy.typing import NDArray
from report import as_text
from workloads import FIR_GROWTH, WORKLOADS, Workload, fir, target_of

from pyhost._binding import Interpreter, LearnerCore, noise
from pyhost._settings import CoreLoss, CoreOptimizer, CoreParameter, CoreSchedule, CoreSettings
from pyhost.compile.build import compile as compile_chain
from pyhost.compile.lower import Tape, lower

Array = NDArray[np.float64]

SAMPLE_RATE = 48_000
MOST_DIFFERENCE = 1e-9  # between the two, relative to the largest value
FRAMES = 12_000
MOST_TAP_SAMPLES = FRAMES * 256  # of one repeat: long filters get fewer frames


@dataclass(frozen=True, slots=True)
class Timing:
    """Nanoseconds per sample: quartiles."""

    lower: float
    median: float
    upper: float


@dataclass(frozen=True, slots=True)
class Row:
    """One learner, both ways."""

    name: str
    taps: int
    hand: Timing
    interpreter: Timing
    ratio: float
    aim: float | None


def tape_of(work: Workload) -> tuple[Tape, CoreSettings]:
    """Return the lowered chain of a workload and the settings of its learner."""
    program = compile_chain(work.chain)
    specs, place = [], 0
    for spec in program.parameters:
        logarithmic = spec.scale == "log"
        specs.append(CoreParameter(place, spec.width, spec.normalised, logarithmic, False, spec.minimum, spec.maximum))
        place += spec.width
    settings = CoreSettings(
        CoreLoss(work.loss, "signals", work.window),
        CoreOptimizer("sgd", work.rate, CoreSchedule("constant")),
        tuple(specs),
    )
    return lower(program, SAMPLE_RATE, 1), settings


def check_equal(work: Workload, what: str, got: Array, wanted: Array) -> None:
    """End the benchmark if the two did not compute the same."""
    difference = np.max(np.abs(got - wanted)) / (np.max(np.abs(wanted)) + 1e-300)
    if not difference <= MOST_DIFFERENCE:
        sys.exit(
            f"{work.name}: the {what} of interpreter and hand-written C differ by {difference:.3g} of the largest, "
            f"more than {MOST_DIFFERENCE:g}; times of unlike computations are not worth having"
        )


def measure(work: Workload, hand: HandLearner, repeats: int) -> Row:
    """Check one workload, then time it."""
    core = LearnerCore(*tape_of(work))
    frames = min(FRAMES, MOST_TAP_SAMPLES // work.scalars)
    audio = noise(frames)[0][None]
    target = target_of(work, audio[0])[None]
    start = np.zeros(work.scalars)

    by_hand, by_core = np.empty_like(audio), np.empty_like(audio)
    hand.reset()
    core.set_parameters(start)
    loss = hand.process(audio, target, by_hand)
    if (bad := core.process(audio, target, output=by_core)) is not None:
        sys.exit(f"{work.name}: the interpreter diverged at frame {bad}; a smaller rate is needed")
    check_equal(work, "outputs", by_core, by_hand)
    check_equal(work, "losses", np.array([core.take_means()[0]]), np.array([loss]))
    check_equal(work, "parameters", core.get_parameters(), hand.parameters())

    times: tuple[list[float], list[float]] = [], []
    for _ in range(repeats):
        hand.reset()
        times[0].append(_time(lambda: hand.process(audio, target), frames))
        core.reset()
        core.set_parameters(start)
        times[1].append(_time(lambda: core.process(audio, target), frames))
    first, second = (Timing(*statistics.quantiles(each, n=4)) for each in times)
    return Row(work.name, work.scalars, first, second, second.median / first.median, work.aim)


def _time(run: Callable[[], object], frames: int) -> float:
    """Return the processor time of a call, in nanoseconds per sample."""
    begin = time.clock_gettime_ns(time.CLOCK_THREAD_CPUTIME_ID)
    run()
    return (time.clock_gettime_ns(time.CLOCK_THREAD_CPUTIME_ID) - begin) / frames


def processor() -> str:
    """Return the processor's name as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def versions() -> dict[str, str]:
    """Return what the figures depend on."""
    try:
        ours = version("pyhost")
    except PackageNotFoundError:
        ours = "source tree"
    return {
        "processor": processor(),
        "compiler": compiler_version(),
        "flags of the hand-written C": " ".join(FLAGS),
        "pyhost": ours,
        "variant of the core": Interpreter(tape_of(WORKLOADS[0])[0]).variant,
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats, no filter of more than 512 taps")
    parser.add_argument("--markdown", action="store_true", help="print tables for a document")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE as well")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    library = compile_hand()
    repeats = 7 if options.quick else 31
    growth = [taps for taps in FIR_GROWTH if not options.quick or taps <= 512]
    rows = [measure(work, HandLearner(library, work), repeats) for work in WORKLOADS]
    long = [measure(work, HandLearner(library, work), repeats) for work in map(fir, growth)]
    about = versions()
    print(as_text(about, rows, long, markdown=options.markdown))
    if options.json:
        figures = {"about": about, "learners": [asdict(r) for r in rows], "growth": [asdict(r) for r in long]}
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
