"""The command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]

INTERRUPTED = 130
"""Exit status of what Ctrl-C ended before there was anything to save, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; by default those that the process was given.

    Returns
    -------
    int
        Exit status: 0 done; 2 the user's input is wrong, told in one line on stderr; 130 interrupted before there was
        anything to save; 1 anything else.
    """
    try:
        # Importing takes a while, in which the user may change their mind.
        from pyhost.cli.entry import run
    except KeyboardInterrupt:
        sys.stderr.write("pyhost: error: interrupted\n")
        return INTERRUPTED
    return run(arguments, interrupted=INTERRUPTED)
