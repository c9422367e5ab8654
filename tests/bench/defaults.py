"""How often ``optimizer="auto"`` finds what hides in a chain, on real recordings, without a single setting.

Run it from the root of the project: ``python tests/bench/defaults.py``; with ``--write`` it puts its tables into
docs/learning.md. ``--tasks`` and ``--harder`` take a part. Recordings: Debian's sonic-pi-samples and alsa-utils.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from default_chains import TASKS, Task
from numpy.typing import NDArray

import pyhost as ph
from pyhost.audio import audio_info, read_audio

Array = NDArray[np.float64]

DOCUMENT = Path("docs/learning.md")
BEGIN, END = "<!-- defaults: begin -->", "<!-- defaults: end -->"

MUSIC, SPEECH = Path("/usr/share/sonic-pi/samples"), Path("/usr/share/sounds/alsa")
RECORDINGS = (
    *(MUSIC / f"{name}.flac" for name in (
        "loop_amen", "bd_haus", "drum_cymbal_open", "bass_hard_c", "elec_ping", "elec_twang", "glitch_perc3",
        "mehackit_robot1", "misc_crow", "perc_snap2", "sn_dolf", "tabla_tas1", "tabla_ghe4", "ambi_choir",
    )),
    *(SPEECH / f"{name}.wav" for name in ("Front_Center", "Rear_Left")),
)  # fmt: skip

SECONDS = 0.7
SEED = 7
NEAR = 0.01
"""Relative difference within which a value counts as found."""
ALIKE = -60.0
"""Loss, in dB, below which a recording does not tell the found chain from the hidden one."""

EVERY = 5
"""Which part of the recordings is used for that."""

HARDER = ("gain, dc", "FIR 8", "IIR 3+2", "one-pole, gain", "lowpass 440 Hz", "peaking", "drive", "compressor")
"""Tasks that are also tried under worse conditions."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one chain was learned from one recording; `floor` is the loss of the hidden values, in dB."""

    recording: str
    found: bool
    decibels: float
    floor: float
    passes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Condition:
    """A way to make it harder: what happens to the dry recording, and then to the target."""

    name: str
    dry: Callable[[Array], Array]
    target: Callable[[Array, np.random.Generator], Array]


def noisy(target: Array, random: np.random.Generator) -> Array:
    """Return a target with white noise 20 dB below it."""
    return target + 0.1 * np.sqrt(np.mean(target**2)) * random.standard_normal(target.shape)


CONDITIONS = (
    Condition("noise at −20 dB", lambda x: x, noisy),
    Condition("another chain: tanh(2y)/2", lambda x: x, lambda y, _: np.tanh(2.0 * y) / 2.0),
    Condition("quiet: −60 dBFS", lambda x: 1e-3 / np.abs(x).max() * x, lambda y, _: y),
    Condition("loud: +18 dBFS", lambda x: 8.0 / np.abs(x).max() * x, lambda y, _: y),
    Condition("16 bits", lambda x: x, lambda y, _: np.round(y * 32768.0) / 32768.0),
)


def recordings(every: int = 1) -> Iterator[tuple[str, Array, float]]:
    """Yield name, audio and rate of every so-many-th recording; those of two channels in stereo."""
    for path in RECORDINGS[::every]:
        rate = audio_info(path).sample_rate
        yield path.stem, read_audio(path)[:, : int(SECONDS * rate)], rate


def learn(task: Task, name: str, x: Array, y: Array, rate: float) -> Outcome:
    """Learn without any setting."""
    teacher = task.teacher(SEED)
    learner = ph.Learner(task.made(), optimizer="auto")
    begun = time.perf_counter()
    trace = learner.learn(x, y, sample_rate=rate)
    seconds = time.perf_counter() - begun
    found = all(near(learner.parameters[key].value, teacher.parameters[key].value) for key in teacher.parameters)
    made = teacher.process(x, rate)
    floor = 10.0 * np.log10(max(float(np.mean((made - y) ** 2)), 1e-300) / float(np.mean(y**2)))
    return Outcome(name, found, learner.best_decibels, floor, len(trace.passes), seconds)


def near(value: object, hidden: object) -> bool:
    """Whether all elements of a value are within 1 % of the hidden ones, those that are 0 of the largest."""
    a, b = np.atleast_1d(np.asarray(value, dtype=float)), np.atleast_1d(np.asarray(hidden, dtype=float))
    scale = np.where(b == 0.0, np.abs(b).max() or 1.0, np.abs(b))
    return bool((np.abs(a - b) <= NEAR * scale).all())


def exact_row(task: Task) -> str:
    """Return a line of the first table: targets that the chain itself has made."""
    teacher = task.teacher(SEED)
    outcomes = [learn(task, name, x, teacher.process(x, rate), rate) for name, x, rate in recordings()]
    alike = [o for o in outcomes if not o.found and o.decibels <= ALIKE]
    failed = [o for o in outcomes if not o.found and o.decibels > ALIKE]
    told = ", ".join(f"{o.recording} ({o.decibels:.0f} dB)" for o in failed)
    seconds = sum(o.seconds for o in outcomes) / (SECONDS * len(outcomes))
    return (
        f"| {task.name} | {sum(o.found for o in outcomes)} of {len(outcomes)} | {len(alike) or ''} | {told} | "
        f"{int(np.median([o.passes for o in outcomes]))} | {seconds:.1f} |"
    )


def harder_row(condition: Condition, tasks: list[Task]) -> str:
    """Return a line of the second table: eight chains under a worse condition."""
    found, total, excesses, poor = 0, 0, [], []
    for task in tasks:
        teacher = task.teacher(SEED)
        random = np.random.default_rng(SEED)
        for name, x, rate in recordings(EVERY):
            dry = condition.dry(x)
            outcome = learn(task, name, dry, condition.target(teacher.process(dry, rate), random), rate)
            total += 1
            found += outcome.found
            excess = max(outcome.decibels, -200.0) - max(outcome.floor, -200.0)
            excesses.append(excess)
            if excess > 0.1 and outcome.decibels > ALIKE:
                poor.append(f"{task.name} on {name} (+{excess:.1f} dB)")
    median = round(float(np.median(excesses)), 2) + 0.0  # no minus before a zero
    return f"| {condition.name} | {found} of {total} | {median:.2f} dB | {', '.join(poor)} |"


def tables(tasks: list[Task], harder: list[Task]) -> Iterator[str]:
    """Yield the lines of both tables."""
    yield f"| chain; {len(RECORDINGS)} recordings, {SECONDS} s | found | not told apart | failed | passes | s per s |"
    yield "|---|--:|--:|---|--:|--:|"
    for task in tasks:
        yield exact_row(task)
    yield ""
    yield f"| {len(harder)} chains, every {EVERY}th recording | found | median excess | excess above 0.1 dB |"
    yield "|---|--:|--:|---|"
    for condition in CONDITIONS if harder else ():
        yield harder_row(condition, harder)


def main() -> None:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--tasks", nargs="*", help="names; all of them if left out")
    parser.add_argument("--harder", nargs="*", help="names for the second table; all of them if left out")
    given = parser.parse_args()
    if not all(path.exists() for path in RECORDINGS):
        sys.exit("recordings are missing: apt-get install sonic-pi-samples alsa-utils")
    lines = []
    tasks = [task for task in TASKS if given.tasks is None or task.name in given.tasks]
    harder = [task for task in TASKS if task.name in HARDER and (given.harder is None or task.name in given.harder)]
    for line in tables(tasks, harder):
        print(line, flush=True)
        lines.append(line)
    if given.write:
        text = DOCUMENT.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        after = rest.split(END)[1]
        DOCUMENT.write_text(f"{before}{BEGIN}\n{chr(10).join(lines)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
