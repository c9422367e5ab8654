"""``pyhost learn``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from pyhost.learn import losses, optimizers
from pyhost.learn.losses import LONGEST_WINDOW

__all__ = ["learn"]

FILE = click.Path(path_type=Path)


class Passes(click.ParamType):  # type: ignore[type-arg]
    """``auto`` or a whole number; 0 stands for auto."""

    name = "N|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        if value == "auto":
            return 0
        if isinstance(value, int):
            return value
        if not (str(value).isdecimal() and int(value) >= 1):
            self.fail(f"{value!r} is not a whole number from 1 on, nor auto", param, ctx)
        return int(value)


class Kind(click.Choice[str]):
    """The name of a loss or an optimizer, with ``-`` where Python has ``_``."""

    def __init__(self, kinds: Iterable[str]) -> None:
        super().__init__([name.replace("_", "-") for name in kinds])


@click.command()
@click.argument("dry", type=FILE)
@click.argument("target", type=FILE, required=False)
@click.option(
    "--chain",
    required=True,
    metavar="CHAIN",
    help='What is learned: "gain | lowpass(cutoff=800)", or file.py:function.',
)
@click.option("-o", "output", required=True, type=FILE, metavar="FILE.json", help="Where the learned chain is saved.")
@click.option("--truth", metavar="CHAIN", help="A chain with known values: makes the target if none is named.")
@click.option("--loss", type=Kind(losses.KINDS), default="mse", show_default=True, help="What is made small.")
@click.option(
    "--window",
    type=click.IntRange(1, LONGEST_WINDOW),
    default=None,
    help="Samples over which the loss takes means; 1 unless the loss has a usual one of its own. A long one is deaf to "
    "high frequencies and wants a lower rate.",
)
@click.option(
    "--window-of",
    type=click.Choice(["signals", "loss"]),
    default=None,
    help="Loss of the window means (signals, the usual), or window mean of the loss.",
)
@click.option(
    "--size", type=int, multiple=True, help="Of the spectral loss: samples a spectrum spans; can be repeated."
)
@click.option(
    "--optimizer",
    type=Kind(optimizers.KINDS),
    default="sgd",
    show_default=True,
    help="How steps are made. gauss-newton finds most chains of up to some 100 parameters in a pass or two, whatever "
    "the level of the recording; its time per sample grows with the square of their number.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.0, min_open=True),
    default=None,
    help="Learning rate; the optimizer's usual one if it is left out. With that of sgd, 0.01, gain | dc, onepole "
    "and gain | dc | lowpass were found within 1 % in all of 16 short recordings of music and speech. If parameters "
    "swing or jump to a bound, take 0.001; for the taps of a filter, take 0.1.",
)
@click.option(
    "--passes",
    type=Passes(),
    default="auto",
    show_default=True,
    help="How often the recording is learned at most; it ends early when converged. auto: at most 200.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0.0, 1.0, max_open=True),
    default=1e-3,
    show_default=True,
    help="Converged when three passes in a row each improve the loss by no more than this share.",
)
@click.option("--set", "start", multiple=True, metavar="NAME=VALUE", help="Start value; of a vector name=1,2,3.")
@click.option("--lock", multiple=True, metavar="NAME", help="Leave this parameter as it is.")
@click.option(
    "--align",
    type=click.Choice(["auto", "off"]),
    default="auto",
    show_default=True,
    help="Find first by how much the target comes later or earlier, and make up for it.",
)
@click.option(
    "--start",
    "coarse",
    type=click.Choice(["auto", "off"]),
    default="auto",
    show_default=True,
    help="Start the frequency of an oscillator at that of the target.",
)
@click.option("--resample", is_flag=True, help="Convert a target of another sample rate to that of DRY.")
@click.option("--trim", is_flag=True, help="Cut the longer recording at its end.")
@click.option("--render", type=FILE, metavar="FILE", help="Write what the learned chain makes of DRY.")
@click.option("--report", type=click.Path(path_type=Path), metavar="DIR", help="Write a page with plots and audio.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
def learn(as_json: bool, quiet: bool, passes: int, **given: Any) -> None:
    """Learn the parameters of a chain from DRY and the TARGET that it should become.

    The best parameters, by the loss over the whole recording with them held still, are saved; after Ctrl-C too.
    """
    from pyhost.cli.job import MOST_PASSES, Job
    from pyhost.cli.summary import summary

    job = Job(passes=passes or MOST_PASSES, **given)
    finished = job.run(live=sys.stderr.isatty() and not (as_json or quiet))
    if as_json:
        click.echo(json.dumps(finished.data(), allow_nan=False))
    elif not quiet:
        click.echo(summary(finished))
