"""The examples beside the original: runs them all and writes ``docs/examples.md`` from what they leave behind.

Run it from the root of the project: ``python tests/bench/examples.py``. With ``--check`` nothing is written; it fails
if the page is not what it would be. There are no times in it: it comes out the same wherever it is made.
"""

from __future__ import annotations

import contextlib
import io
import runpy
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import pyhost as ph

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PAGE = ROOT / "docs" / "examples.md"

SHOWN = 5
"""Elements up to which a vector is written out."""

ROUNDING = 1e-6
"""Errors below are not told: their digits are those of the machine."""

HEAD = """\
# The examples beside the original

The [examples](../examples/README.md) learn what those of `faust-ddsp` do. Where the original gets there, it is from the
same noise with the same loss, window, optimizer and rate, and nothing is searched before the first step; where it does
not, by what the last column says. A row without a name is the same example with other hidden values.

Counted is from which sample on every parameter stays within 1 % of what is hidden (`Trace.settled`); of a pole that an
optimizer other than the original's finds, its distance from 1 must. "mean of N" counts the mean over any N samples in a
row, where the loss keeps a constant rate chattering; 0 means that a search before the first step has found it. What is
said of the original was measured on its own programs, or follows from its formulas, step by step as in
`tests/py/test_original_formulas.py`.

`python tests/bench/examples.py` writes this page.

| example | hidden | learned | within 1 % from sample | the original | solved by |
|---|---|---|--:|---|---|
"""

Names = Mapping[str, Any]


def run(path: Path) -> dict[str, Any]:
    """Run an example and return its names; what it prints is dropped."""
    with contextlib.redirect_stdout(io.StringIO()):
        return runpy.run_path(str(path))


def number(value: float) -> str:
    """Return a number with four digits, or all before the point; none of those that are rounding."""
    return f"{value:.0f}" if abs(value) >= 1e4 else f"{0.0 if abs(value) < ROUNDING else value:.4g}"


def written(values: Any, goal: Any = None) -> str:
    """Return a value, or the values of a vector; of a long one how many, or how far the furthest is from its goal."""
    array = np.ravel(values)
    if array.size <= SHOWN:
        return ", ".join(map(number, array.tolist()))
    if goal is None:
        return f"{array.size} values"
    error = float(np.abs(array - np.ravel(goal)).max())
    return f"all but {error:.1g}" if error >= ROUNDING else "all"


def named(values: Names, goals: Names | None = None) -> str:
    """Return values with their names."""
    return "; ".join(f"{name} {written(value, (goals or {}).get(name))}" for name, value in values.items())


def like(hidden: Names, values: Any) -> str:
    """Return values one after the other, named as the hidden ones are if those are numbers and as many."""
    array = np.ravel(values)
    alike = all(np.ndim(value) == 0 for value in hidden.values()) and len(hidden) == array.size
    return named(dict(zip(hidden, array.tolist(), strict=True))) if alike else written(values)


def described(learner: ph.Learner) -> str:
    """Return what a learner learns with."""
    loss, optimizer = learner.loss, learner.optimizer
    window = f" {loss.window}" if isinstance(loss, (ph.MAE, ph.MSE)) else ""
    rate = "" if isinstance(optimizer, ph.GaussNewton) else f" {optimizer.rate:g}"
    schedule = "" if isinstance(optimizer.schedule, ph.Constant) else f", {type(optimizer.schedule).__name__}"
    return f"{type(loss).__name__}{window}, {type(optimizer).__name__}{rate}{schedule}"


def others(names: Names) -> str:
    """Return what the other learners of an example learn with."""
    learners = [value for value in names.values() if isinstance(value, ph.Learner) and value is not names["learner"]]
    return "; ".join(dict.fromkeys(map(described, learners)))


def learned(names: Names) -> dict[str, Any]:
    """Return what was found for each hidden value: a parameter of the learner, or else a name of the example."""
    parameters = names["learner"].parameters
    return {key: parameters[key].value if key in parameters else names[key] for key in names["hidden"]}


def settled(names: Names) -> int | None:
    """Return from which sample on all that is hidden has been found; None: never."""
    mean = names.get("mean", 1)
    samples = [names["trace"].settled(name, value, mean=mean) for name, value in names["hidden"].items()]
    return None if None in samples else max(samples)


def counted(names: Names) -> str:
    """Return the sample as it stands in the table."""
    if "trace" not in names:
        return "–"
    sample = settled(names)
    if sample is None:
        return f"never; loss {names['loss']:.0e}" if "loss" in names else "never"
    return f"{sample} (mean of {names['mean']})" if "mean" in names else str(sample)


def rows(name: str, names: Names) -> Iterator[tuple[str, ...]]:
    """Yield the rows of an example."""
    hidden, original = names["hidden"], names["original"]
    link = f"[{name}](../examples/{name}.py)"
    if "learner" not in names:
        yield link, named(hidden), "–", "–", original, "by hand: value, loss and partials are read"
        return
    yield link, named(hidden), named(learned(names), hidden), counted(names), original, described(names["learner"])
    if names.get("solved"):
        goals = {key: hidden[key] for key in names["solved"] if key in hidden}
        yield "", named(goals), named(names["solved"], goals), "–", "", others(names)
    for goal, (found, sample) in names.get("also", {}).items():
        yield "", like(hidden, goal), like(hidden, found), str(sample), "", others(names)


def page(ran: Mapping[str, Names]) -> str:
    """Return the page, from the names that examples left behind."""
    table = [row for name, names in sorted(ran.items()) if "hidden" in names for row in rows(name, names)]
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in table)


def main() -> None:
    """Write the page, or check it."""
    wanted = page({path.stem: run(path) for path in EXAMPLES.glob("*.py")})
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(wanted, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != wanted:
        sys.exit(f"{PAGE} is not what the examples give; run python tests/bench/examples.py and look at what changes")


if __name__ == "__main__":
    main()
