"""The command line."""

from pyhost.cli.entry import main

__all__ = ["main"]
