"""Which command, and what becomes of errors."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any

import click

import pyhost
from pyhost.cli.apply import apply
from pyhost.cli.bench import bench
from pyhost.cli.cache import cache
from pyhost.cli.chatter import plugins_overheard
from pyhost.cli.check import check
from pyhost.cli.demo import demo
from pyhost.cli.export import export
from pyhost.cli.info import info
from pyhost.cli.install_lv2 import install_lv2
from pyhost.cli.learn import learn
from pyhost.cli.live import live
from pyhost.cli.measure import measure
from pyhost.cli.plugins import plugins
from pyhost.cli.render import render
from pyhost.errors import InputError, PyhostError, suggestion

__all__ = ["program", "run"]

DONE, FAILED, WRONG_INPUT = 0, 1, 2


class Program(click.Group):
    """A group that suggests the nearest of its commands."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments begin with."""
        name = args[0]
        if not name.startswith("-") and name not in self.commands:
            raise click.UsageError(f"there is no command {name!r}{suggestion(name, self.commands)}", ctx)
        return super().resolve_command(ctx, args)


# The backspace keeps click from filling the lines into a paragraph.
HELP = """Learn a chain of effects from a dry recording and the sound it should become.

\b
pyhost demo                                  shows it
pyhost learn dry.wav target.wav --chain "gain | lowpass" -o learned.json
pyhost measure dry.wav target.wav --chain "gain | lowpass" --set cutoff=500
pyhost apply learned.json other.wav out.wav
pyhost render session.toml
"""


@click.group(cls=Program, help=HELP, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(pyhost.__version__, prog_name="pyhost", message="%(prog)s %(version)s")
def program() -> None:
    """Take what all commands have in common: nothing so far."""


for _command in (learn, measure, apply, render, live, export, install_lv2, check, plugins, info, bench, demo, cache):
    program.add_command(_command)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does: what was found is saved, and nothing half-written stays."""
    if threading.current_thread() is not threading.main_thread():  # which alone may say what signals do
        yield
        return

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def run(arguments: Sequence[str] | None, *, interrupted: int) -> int:
    """Run the command line and return the exit status; see `pyhost.cli.main`.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; by default those that the process was given.
    interrupted : int
        Exit status after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may lack signs of ours, and file names may be no text
            stream.reconfigure(errors="backslashreplace")
    with plugins_overheard():
        return _run(arguments, interrupted)


def _run(arguments: Sequence[str] | None, interrupted: int) -> int:
    try:
        with _ended_by_sigterm(), warnings.catch_warnings():
            warnings.showwarning = _show_warning
            status = program.main(arguments, prog_name="pyhost", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return FAILED
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        return _failed(error, interrupted)
    return status if isinstance(status, int) else DONE


def _failed(error: BaseException, interrupted: int) -> int:
    """Tell an error, and return the exit status that it means."""
    if os.environ.get("PYHOST_TRACEBACK") == "1":
        traceback.print_exception(error)
    if isinstance(error, SystemExit):  # click's way to end on a broken pipe
        _drop_output()
        return FAILED
    _tell("error", _message(error))
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return interrupted
    return WRONG_INPUT if isinstance(error, (InputError, click.ClickException)) else FAILED


def _message(error: BaseException) -> str:
    """Return what an error tells the user."""
    match error:
        case click.Abort() | KeyboardInterrupt():
            return "interrupted"
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "pyhost"
            return f"{error.format_message().rstrip('.')}; see {command} --help"
        case click.ClickException():
            return error.format_message()
        case PyhostError():
            return str(error)
        case OSError():
            return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return (
        f"{type(error).__name__}: {error}; this is a fault of pyhost, please report it "
        "(PYHOST_TRACEBACK=1 shows where it happened)"
    )


def _tell(kind: str, message: str) -> None:
    """Write one line to stderr."""
    sys.stderr.write(f"pyhost: {kind}: {' '.join(message.split())}\n")


def _show_warning(message: Warning | str, category: type[Warning], *where: Any, **_: Any) -> None:
    """Tell a warning of ours like an error, without the line of code that it comes from."""
    if category.__module__.partition(".")[0] == "pyhost":
        _tell("warning", str(message))
    else:
        sys.stderr.write(warnings.formatwarning(message, category, *where[:2]))


def _drop_output() -> None:
    """Let Python's own flush at the end write into nothing: whoever read our output has gone."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)
