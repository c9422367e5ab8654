"""``pyhost live``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pyhost.cli.options import FILE, Kind, loss_options
from pyhost.errors import InputError
from pyhost.learn import optimizers

if TYPE_CHECKING:
    from pyhost.host.live import Devices, LivePlugin, Report
    from pyhost.host.live_learner import LiveLearner

__all__ = ["live"]


@click.command()
@click.argument("what", metavar="[CHAIN|PLUGIN|learned.json]", required=False)
@click.option("--list", "listing", is_flag=True, help="List the audio devices.")
@click.option("--input", "source", metavar="DEVICE", help="What is listened to; the system's usual one if left out.")
@click.option("--output", "sink", metavar="DEVICE", help="What it is played on; the system's usual one if left out.")
@click.option("--sample-rate", type=click.FloatRange(8000.0, 384_000.0), help="In Hz; the device's if left out.")
@click.option(
    "--block",
    type=click.IntRange(16, 1 << 16),
    default=512,
    show_default=True,
    help="Frames that are processed at a time; fewer are heard sooner, and cost more.",
)
@click.option(
    "--channels",
    type=click.IntRange(1, 32),
    default=1,
    show_default=True,
    help="Channels of the input, for what takes any number; a plugin for one runs once for each.",
)
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A parameter of it.")
@click.option(
    "--target-channel",
    type=click.IntRange(1, 32),
    metavar="N",
    help="Learn: a chain that is given the input's channel 1 (2, if N is 1) is to sound like channel N.",
)
@click.option("-o", "output", type=FILE, metavar="FILE.json", help="Where what was learned is saved at the end.")
@click.option(
    "--optimizer",
    type=Kind(name for name in optimizers.KINDS if name != "auto"),
    default=None,
    help="How steps are made; as a learned.json has it, else sgd.",
)
@click.option("--rate", type=click.FloatRange(0.0, min_open=True), default=None, help="Learning rate.")
@loss_options
@click.option("--quiet", is_flag=True, help="Print errors only.")
def live(
    *,
    what: str | None,
    listing: bool,
    source: str | None,
    sink: str | None,
    sample_rate: float | None,
    block: int,
    channels: int,
    values: tuple[str, ...],
    target_channel: int | None,
    output: Path | None,
    quiet: bool,
    **learning: Any,
) -> None:
    """Play what a chain or a plugin makes of the sound that comes in, until Ctrl-C.

    With --target-channel a chain learns meanwhile. file.py:function is a plugin, and with --target-channel a chain.
    """
    from pyhost.host.live import devices, open_stream

    found = devices()
    if listing:
        click.echo(_listed(found))
        return
    if what is None:
        raise click.UsageError("say what shall run: a chain, a plugin or a learned.json", click.get_current_context())
    _check(target_channel, output, learning)
    sink = found.output(sink)
    sound: LivePlugin | LiveLearner
    if target_channel is None:
        sound = _plugin(what, channels, values)
        rate = sample_rate or getattr(getattr(sound.plugin, "learned", None), "sample_rate", None)
    else:
        sound = _learner(what, target_channel, values, **learning)
        rate = sample_rate or sound.sample_rate
    source = found.input(source) if sound.inputs else None
    stream = open_stream(source, sink, sample_rate=rate, block=block, inputs=sound.inputs, outputs=sound.outputs)
    try:
        sound.prepare(stream.sample_rate)
        told = run(stream, sound, block=block, output=output, show=sys.stderr.isatty() and not quiet)
    finally:
        stream.close()
    if not quiet:
        click.echo(_summary(told, output))


def run(stream: Any, sound: LivePlugin | LiveLearner, *, block: int, output: Path | None, show: bool) -> Report:
    """Run a stream until Ctrl-C, and save what was learned, also if the device or the plugin fails.

    Parameters
    ----------
    stream : AudioStream
        Or what behaves like one: a `Stream` that is a context manager.
    sound : LivePlugin or LiveLearner
        Ready.
    block : int
        Frames that are processed at a time.
    output : Path or None
        Where a learner is saved.
    show : bool
        Whether to show meters on stderr, a terminal.
    """
    from contextlib import nullcontext

    from pyhost.cli.levels import live_display
    from pyhost.errors import DivergedError
    from pyhost.host.live import run_live
    from pyhost.host.live_learner import LiveLearner

    learner = sound if isinstance(sound, LiveLearner) else None
    display: Any = live_display(learner, sys.stderr) if show else nullcontext()
    diverged = False
    try:
        with display as tell, stream:
            return run_live(stream, sound, sample_rate=stream.sample_rate, block=block, show=tell)
    except DivergedError as error:
        diverged = True
        raise DivergedError(f"{error}; nothing was saved", error.sample) from None
    finally:
        if learner is not None and learner.frames and output is not None and not diverged:
            learner.learned().save(output)


def _check(target: int | None, output: Path | None, learning: dict[str, Any]) -> None:
    """Raise unless what is for learners is given to one, and all of it."""
    from pyhost.cli.outputs import check_output_file

    if target is not None and output is None:
        raise InputError("--target-channel learns, and what is learned must be saved: name a file, -o learned.json")
    if target is None:
        given = ["-o"] if output is not None else [f"--{n.replace('_', '-')}" for n, v in learning.items() if v]
        if given:
            raise InputError(f"{given[0]} is for learning; say with --target-channel which channel is the target")
    if output is not None:
        check_output_file(output, (".json",), "-o")


def _plugin(what: str, channels: int, values: tuple[str, ...]) -> LivePlugin:
    from pyhost.cli.teachers import settings_of
    from pyhost.errors import ParameterError
    from pyhost.graph.source import load_chain
    from pyhost.host.live import LivePlugin
    from pyhost.host.load import as_plugin, is_plugin_name, load_plugin
    from pyhost.learn.learned import freeze

    plugin = load_plugin(what) if is_plugin_name(what) else as_plugin(freeze(load_chain(what)))
    try:
        plugin.parameters.set(settings_of(values, "--set"))
    except ParameterError as error:
        raise InputError(f"--set: {error}") from None
    return LivePlugin(plugin, channels)


def _learner(
    what: str,
    target: int,
    values: tuple[str, ...],
    *,
    optimizer: str | None,
    rate: float | None,
    loss: str | None,
    **settings: Any,
) -> LiveLearner:
    from pyhost.cli.inputs import chosen, open_chain
    from pyhost.cli.values import set_values
    from pyhost.host.live_learner import LiveLearner
    from pyhost.learn import losses
    from pyhost.learn.learned import freeze

    chain = freeze(open_chain(what))
    set_values(chain.parameters, values)
    saved = chain.training
    kept = None if saved is None or isinstance(saved.optimizer, optimizers.Auto) else saved.optimizer
    settings["size"] = settings["size"] or None
    return LiveLearner(
        chain,
        target,
        loss=chosen("--loss", losses.by_name, loss, "mse", saved.loss if saved else None, **settings),
        optimizer=chosen("--optimizer", optimizers.by_name, optimizer, "sgd", kept, rate=rate),
    )


def _listed(found: Devices) -> str:
    """Return the devices in words; the usual ones are marked."""
    lines = []
    for kind, names, usual in (
        ("input", found.inputs, found.usual_input),
        ("output", found.outputs, found.usual_output),
    ):
        lines += [f"{kind:6}  {name}{'  (usual)' if name == usual else ''}" for name in names]
        if not names:
            lines.append(f"{kind:6}  there is none")
    return "\n".join(lines)


def _summary(told: Report, output: Path | None) -> str:
    from pyhost.cli.levels import level_text

    peak = max(told.made, default=0.0)
    lines = [f"ran {told.seconds:.1f} s, peak {level_text(peak).strip()}, load {100 * told.load:.0f} %"]
    if told.dropped:
        lines.append(f"{told.dropped} frames that came in were lost; a longer --block may help")
    if output is not None:
        lines.append(f"wrote {output}" if told.frames else f"nothing was learned, {output} was not written")
    return "\n".join(lines)
