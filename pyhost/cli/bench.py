"""``pyhost bench``."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from pyhost.cli.options import Kind, loss_options
from pyhost.cli.summary import columns
from pyhost.learn import optimizers

if TYPE_CHECKING:
    from pyhost.learn.learned import LearnedChain
    from pyhost.learn.speed import Speed

    Measured = tuple[str, LearnedChain, tuple[Speed, ...]]

__all__ = ["bench"]

USUAL = (
    "gain",
    "gain | dc",
    "onepole",
    "lowpass",
    "fir(taps=8)",
    "fir(taps=64)",
    "fir(taps=512)",
    "osc",
    "peq(bands=6)",
)
"""Chains that are measured if none is given."""


@click.command()
@click.argument("chains", nargs=-1, metavar="[CHAIN]...")
@loss_options
@click.option("--optimizer", type=Kind(optimizers.KINDS), default=None, help="That of a learned.json, else sgd.")
@click.option("--channels", type=click.IntRange(1), default=1, help="Side by side, sharing the parameters.")
@click.option("--sample-rate", type=click.FloatRange(1.0), default=48_000.0, help="In Hz.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def bench(
    *,
    chains: tuple[str, ...],
    loss: str | None,
    optimizer: str | None,
    channels: int,
    sample_rate: float,
    as_json: bool,
    **settings: Any,
) -> None:
    """Measure how long chains take on this machine: to play and to learn, by both engines.

    A CHAIN is "gain | lowpass", file.py:function, or a learned.json; without one, some usual chains are measured.
    Times are medians of processor time per sample and channel; the share of a core is that of learning live.
    """
    from pyhost.cli.inputs import chosen, open_chain
    from pyhost.learn import losses
    from pyhost.learn.learned import freeze
    from pyhost.learn.losses import MSE
    from pyhost.learn.optimizers import SGD, Auto
    from pyhost.learn.speed import measure_speed

    settings["size"] = settings["size"] or None
    rows: list[Measured] = []
    missing = ""
    for text in chains or USUAL:
        learned = freeze(open_chain(text))
        training = learned.training
        wanted = chosen("--loss", losses.by_name, loss, "mse", training.loss if training else None, **settings)
        steps = chosen("--optimizer", optimizers.by_name, optimizer, "sgd", None)
        saved = training.optimizer if training and not isinstance(training.optimizer, Auto) else None
        speeds, why = measure_speed(
            learned,
            loss=wanted or (training.loss if training else MSE()),
            optimizer=steps or saved or SGD(),
            sample_rate=sample_rate,
            channels=channels,
        )
        missing = missing or why
        rows.append((text, learned, speeds))
    if missing:
        click.echo(f"pyhost: warning: the native engine is left out: {missing}", err=True)
    if as_json:
        click.echo(json.dumps({"sample_rate": sample_rate, "channels": channels, "chains": [_data(*r) for r in rows]}))
    else:
        click.echo(_table(rows, sample_rate, channels))


def _data(text: str, learned: LearnedChain, speeds: tuple[Speed, ...]) -> dict[str, Any]:
    """Return a row as plain data; a time that there is not is None."""
    engines = [asdict(speed) | {"learn": None if math.isnan(speed.learn) else speed.learn} for speed in speeds]
    return {"chain": text, "parameters": learned.program.scalars, "engines": engines}


def _table(chains: list[Measured], sample_rate: float, channels: int) -> str:
    """Return the same for people."""
    head = (
        "chain",
        "parameters",
        "engine",
        "play, ns",
        "learn, ns",
        f"core at {sample_rate / 1000:g} kHz",
        "compile, s",
    )
    rows: list[tuple[str, ...]] = [head]
    for text, learned, speeds in chains:
        label, scalars = text, str(learned.program.scalars)
        for speed in speeds:
            cost = speed.play if math.isnan(speed.learn) else speed.learn
            share = f"{cost * 1e-9 * sample_rate * channels:.2%}"
            learn = "-" if math.isnan(speed.learn) else _three_digits(speed.learn)
            compiled = f"{speed.compile:.2f}" if speed.compile else "-"
            rows.append((label, scalars, speed.engine, _three_digits(speed.play), learn, share, compiled))
            label = scalars = ""
    return columns(rows)


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100.0 else f"{value:.3g}"
