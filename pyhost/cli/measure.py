"""``pyhost measure``: fitting by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from pyhost.cli.options import align_option, chain_option, loss_options, recordings

__all__ = ["measure"]


@click.command()
@recordings
@chain_option
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A value; of a vector name=1,2,3.")
@loss_options
@align_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def measure(
    *,
    dry: Path,
    target: Path | None,
    truth: str | None,
    batch: bool,
    resample: bool,
    trim: bool,
    chain: str,
    values: tuple[str, ...],
    loss: str | None,
    align: str,
    as_json: bool,
    **settings: Any,
) -> None:
    """Tell how far a chain with given values is from TARGET, and which way to turn each of them: fitting by hand.

    Nothing is learned. The loss is the mean over the whole recording, its slope the exact derivative of that. Without
    TARGET, tell how much each parameter moves the output.
    """
    from pyhost.cli.inputs import Recordings, chosen, open_chain
    from pyhost.cli.measured import measured_data, measured_text
    from pyhost.cli.values import set_values
    from pyhost.learn import losses
    from pyhost.learn.learned import freeze
    from pyhost.learn.losses import MSE
    from pyhost.learn.measure import measure as measure_chain

    learned = freeze(open_chain(chain))
    set_values(learned.parameters, values)
    saved = learned.training.loss if learned.training else None
    settings["size"] = settings["size"] or None
    wanted = chosen("--loss", losses.by_name, loss, "mse", saved, **settings)
    wanted = wanted or saved or MSE()
    inputs = Recordings(dry, target, truth, batch, resample, trim)
    sources = inputs.open(inputs.teacher())
    found = measure_chain(learned, *sources, loss=wanted, trim=trim, align=align)
    if as_json:
        click.echo(json.dumps(measured_data(learned, found), allow_nan=False))
    else:
        click.echo(measured_text(learned, sources, wanted, found))
