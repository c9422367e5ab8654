"""``pyhost learn``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from pyhost.cli.options import FILE, Kind, align_option, chain_option, loss_options, recordings
from pyhost.learn import optimizers

__all__ = ["learn"]


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


@click.command()
@recordings
@chain_option
@click.option("--teacher", metavar="PLUGIN", help="A plugin that makes the target: its URI, path or name.")
@click.option("--teacher-set", multiple=True, metavar="NAME=VALUE", help="A parameter of the teacher.")
@click.option("-o", "output", required=True, type=FILE, metavar="FILE.json", help="Where the learned chain is saved.")
@loss_options
@click.option(
    "--optimizer",
    type=Kind(optimizers.KINDS),
    default=None,
    help="How steps are made; as a learned.json has it, else auto, which chooses by itself, needs no tuning, and says "
    "what it did and why; with --rate or --hear, sgd. gauss-newton finds most chains of up to some 100 parameters in a "
    "pass or two, sample by sample; its time per sample grows with the square of their number.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.0, min_open=True),
    default=None,
    help="Learning rate; the optimizer's usual one if it is left out; auto has none. With that of sgd, 0.01, gain | "
    "dc, onepole and gain | dc | lowpass were found within 1 % in all of 16 short recordings of music and speech. If "
    "parameters swing or jump to a bound, take 0.001; for the taps of a filter, take 0.1.",
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
    help="Converged when three passes in a row each improve the loss by no more than this share; auto ends when "
    "nothing that it tries improves it by more.",
)
@click.option("--set", "start", multiple=True, metavar="NAME=VALUE", help="Start value; of a vector name=1,2,3.")
@click.option("--lock", multiple=True, metavar="NAME", help="Leave this parameter as it is.")
@click.option("--unlock", multiple=True, metavar="NAME", help="Learn this one, though the chain comes with it locked.")
@align_option
@click.option(
    "--start",
    "coarse",
    type=click.Choice(["auto", "off", "response"]),
    default="auto",
    show_default=True,
    help="Start the frequency of an oscillator, and the bands of an equaliser, where the target tells. response: any "
    "linear chain, by its frequency response, whatever its values are.",
)
@click.option(
    "--hear",
    multiple=True,
    metavar="NAME=FILE",
    help="Write what can be heard while learning: loss, error, output, target, or the course of a parameter, which "
    "goes from -1 at its minimum to 1 at its maximum. All passes follow each other; --passes 1 for one.",
)
@click.option("--render", type=FILE, metavar="FILE", help="Write what the learned chain makes of DRY.")
@click.option("--report", type=click.Path(path_type=Path), metavar="DIR", help="Write a page with plots and audio.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
def learn(as_json: bool, quiet: bool, passes: int, **given: Any) -> None:
    """Learn the parameters of a chain from DRY and the TARGET that it should become.

    The best parameters, by the loss over the whole recording with them held still, are saved; after Ctrl-C too.
    """
    from pyhost.cli.job import Job
    from pyhost.cli.summary import summary
    from pyhost.learn.automatic import MOST_PASSES

    job = Job(passes=passes or MOST_PASSES, **given)
    finished = job.run(live=sys.stderr.isatty() and not (as_json or quiet))
    if as_json:
        click.echo(json.dumps(finished.data(), allow_nan=False))
    elif not quiet:
        click.echo(summary(finished))
