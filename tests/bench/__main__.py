"""How long a learner takes per sample: pyhost beside C by hand, Faust, JAX and numba.

``make bench``, or ``python tests/bench``: pyhost and C alone. ``make benchmarks``, or ``--competitors --save``, brings
in what is installed of the others, Debian's faust, g++ and clang, and the packages of ``tests/bench/requirements.txt``,
and writes ``docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from competitors.builds import BUILDS
from competitors.engines import engines
from competitors.faust import faust
from competitors.hand import hand
from contest import Effort, Row, contest
from machine import facts, pin
from rival import Competitor
from table import Figures, as_json, as_markdown
from workloads import FIR_GROWTH, WORKLOADS, Workload, fir

DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
LANES = 8
OTHERS = ("native", "Faust", "JAX", "numba")
PYTHON = {"jax": "competitors.jax_", "numba": "competitors.numba_"}
SIDE_BY_SIDE = ("gain", "onepole", "iir32", "fir8")


def main() -> None:
    """Run the benchmark."""
    options = _options()
    pin()
    effort = Effort(7, budget=0.01) if options.quick else Effort(31)
    by_faust, by_python = (faust(options.limit), _python()) if options.competitors else ([], [])
    ours = [*hand(), *engines()]
    everyone = [*ours, *by_faust, *by_python]
    chosen = _chosen(options.only, options.quick)
    growth = [taps for taps in FIR_GROWTH if not options.quick or taps <= 512] if options.only is None else []
    beside = [work for work in chosen if work.key in SIDE_BY_SIDE]
    side_by_side = [*hand(), *engines(LANES), *(build for build in by_faust if not build.name.endswith("-mcd 0"))]
    figures = Figures(
        _about(effort, everyone),
        [_told(contest(work, everyone, effort)) for work in chosen],
        [_told(contest(fir(taps), ours, effort)) for taps in growth],
        [_told(contest(work, side_by_side, effort)) for work in beside],
    )
    page = as_markdown(figures)
    print(page)
    if options.save:
        DOCUMENT.write_text(page, encoding="utf-8")
        DOCUMENT.with_suffix(".json").write_text(json.dumps(as_json(figures), indent=1) + "\n", encoding="utf-8")


def _about(effort: Effort, everyone: Sequence[Competitor]) -> dict[str, str]:
    """Return what the figures depend on, and who is missing."""
    told = {name: value for competitor in everyone for name, value in competitor.about.items()}
    absent = [name for name in OTHERS if not any(competitor.name.startswith(name) for competitor in everyone)]
    return facts() | effort.about() | told | ({"without": ", ".join(absent)} if absent else {})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats, no filter of more than 512 taps")
    parser.add_argument("--only", metavar="NAMES", help=f"some learners, by commas: {', '.join(_keys())}")
    parser.add_argument("--competitors", action="store_true", help="Faust, JAX and numba too, where installed")
    parser.add_argument("--limit", type=float, default=60.0, metavar="S", help="seconds for a Faust program (60)")
    parser.add_argument("--save", action="store_true", help=f"write docs/{DOCUMENT.name}, and the figures as JSON")
    options = parser.parse_args()
    if options.save and (options.only is not None or not options.competitors):
        parser.error("--save writes the whole page: give --competitors with it, and not --only")
    return options


def _python() -> list[Competitor]:
    """Return the columns of Python's compilers that are installed."""
    os.environ.setdefault("NUMBA_CACHE_DIR", str(BUILDS / "numba"))
    found = (module for package, module in PYTHON.items() if importlib.util.find_spec(package))
    return [importlib.import_module(module).competitor() for module in found]


def _keys() -> list[str]:
    return [work.key for work in WORKLOADS]


def _chosen(only: str | None, quick: bool) -> list[Workload]:
    """Return the learners to measure."""
    if only is None:
        return [work for work in WORKLOADS if not quick or work.scalars <= 512]
    wanted = [name.strip() for name in only.split(",")]
    if unknown := sorted(set(wanted) - set(_keys())):
        sys.exit(f"there is no learner {', '.join(unknown)}; choose from {', '.join(_keys())}")
    return [work for work in WORKLOADS if work.key in wanted]


def _told(row: Row) -> Row:
    """Say on the way what has been measured."""
    print(f"  {row.work.name}", file=sys.stderr, flush=True)
    return row


if __name__ == "__main__":
    main()
