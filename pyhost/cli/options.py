"""Options that more than one command has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from pyhost.learn import losses
from pyhost.learn.losses import LONGEST_WINDOW

__all__ = ["FILE", "Kind", "align_option", "chain_option", "loss_options", "recordings", "together"]

FILE = click.Path(path_type=Path)

Command = TypeVar("Command", bound=Callable[..., Any])


class Kind(click.Choice[str]):
    """The name of a loss or an optimizer, with ``-`` where Python has ``_``."""

    def __init__(self, kinds: Iterable[str]) -> None:
        super().__init__([name.replace("_", "-") for name in kinds])


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return several options as one, in the order in which the help shows them."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


chain_option = click.option(
    "--chain",
    required=True,
    metavar="CHAIN",
    help='The chain: "gain | lowpass(cutoff=800)", file.py:function, or a learned.json to go on from.',
)

loss_options = together(
    click.option(
        "--loss", type=Kind(losses.KINDS), default=None, help="What is made small; that of a learned.json, else mse."
    ),
    click.option(
        "--window",
        type=click.IntRange(1, LONGEST_WINDOW),
        default=None,
        help="Samples over which the loss takes means; 1 unless the loss has a usual one of its own. A long one is "
        "deaf to high frequencies and wants a lower rate.",
    ),
    click.option(
        "--window-of",
        type=click.Choice(["signals", "loss"]),
        default=None,
        help="Loss of the window means (signals, the usual), or window mean of the loss.",
    ),
    click.option(
        "--size", type=int, multiple=True, help="Of the spectral loss: samples a spectrum spans; can be repeated."
    ),
)

align_option = click.option(
    "--align",
    type=click.Choice(["auto", "off"]),
    default="auto",
    show_default=True,
    help="Find first by how much the target comes later or earlier, and make up for it.",
)

recordings = together(
    click.argument("dry", type=FILE),
    click.argument("target", type=FILE, required=False),
    click.option("--truth", metavar="CHAIN", help="A chain with known values: makes the target if none is named."),
    click.option(
        "--batch",
        is_flag=True,
        help="DRY and TARGET are folders, whose recordings pair by name (dry/a.wav, target/a.flac) and run side by "
        "side, as far as the shortest goes. One file as TARGET is that of all.",
    ),
    click.option(
        "--resample", is_flag=True, help="Convert recordings of another sample rate to that of (the first) DRY."
    ),
    click.option("--trim", is_flag=True, help="Cut the longer recording of a pair at its end."),
)
