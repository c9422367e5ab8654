"""``pyhost demo``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pyhost.errors import InputError

__all__ = ["demo"]

CHAIN = "gain | dc | lowpass"
TRUTH = "gain(gain=0.5) | dc(dc=0.1) | lowpass(cutoff=3000)"
ABOUT = "about.txt"
ABOUT_TEXT = f"""Made by pyhost demo.

dry.wav       a plucked phrase
target.wav    what {TRUTH} makes of it
learned.json  {CHAIN}, with the values that were learned from the two recordings
learned.wav   what the learned chain makes of dry.wav
report/       index.html tells how it went
"""
MOST_OFF = 1.0
"""Difference from a hidden value, in %, that counts as found."""


@click.command()
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default="demo")
@click.option("--quiet", is_flag=True, help="Print errors only.")
def demo(folder: Path, quiet: bool) -> int:
    """Show it: make a recording, hide three values in a chain, learn them from the sound.

    Everything is written to DIR, ./demo by default. Exit status 1 if a value is off by more than 1 %.
    """
    from pyhost.audio import write_audio
    from pyhost.cli.job import Job
    from pyhost.cli.pluck import SAMPLE_RATE, plucked_phrase
    from pyhost.cli.summary import summary
    from pyhost.graph.source import load_chain
    from pyhost.learn.learned import freeze

    _make_folder(folder)
    phrase = plucked_phrase()
    dry, target = folder / "dry.wav", folder / "target.wav"
    write_audio(dry, phrase, SAMPLE_RATE)
    write_audio(target, freeze(load_chain(TRUTH)).process(phrase, SAMPLE_RATE), SAMPLE_RATE)
    job = Job(
        dry,
        target,
        CHAIN,
        folder / "learned.json",
        truth=TRUTH,
        optimizer="sgd",  # what the live display is about: single steps
        render=folder / "learned.wav",
        report=folder / "report",
    )
    finished = job.run(live=sys.stderr.isatty() and not quiet)
    off = max(finished.learning.differences().values())
    if not quiet:
        click.echo(summary(finished))
        click.echo(f"\nall hidden values found within {off:.2g} %" if off <= MOST_OFF else "")
    if not off <= MOST_OFF:
        click.echo(f"pyhost: error: a learned value is off by {off:.3g} %, more than {MOST_OFF:g} %", err=True)
        return 1
    return 0


def _make_folder(folder: Path) -> None:
    """Make the folder; one that holds anything but an earlier demo is refused."""
    about = folder / ABOUT
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()) and not (about.is_file() and about.read_text(encoding="utf-8") == ABOUT_TEXT):
            raise InputError(f"{folder}: holds files that are no demo of pyhost; name a new or empty folder")
        about.write_text(ABOUT_TEXT, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"{ABOUT} is no text"
        raise InputError(f"{folder}: cannot be used: {reason}; name another folder") from None
