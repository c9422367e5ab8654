"""What plugins write on standard error: shown if one fails, or on request."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyhost.host.isolation.chatter import Chatter

__all__ = ["SHOWN", "plugins_overheard", "quoted"]

SHOWN = "PYHOST_PLUGIN_STDERR"
"""Of the environment: where it is 1, plugins write to the terminal as they like."""

MOST_LINES = 10
"""That are shown of a plugin that failed."""

CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[^\t\n\r -~\u00a0-\U0010ffff]")
"""What would colour or command a terminal."""


def quoted(chatter: Chatter, most: int | None = None) -> str:
    """Return what was written, indented; colours and the like are left out, and a line that repeats is told once.

    Parameters
    ----------
    chatter : Chatter
        What was written.
    most : int, optional
        Lines; of more the last are told.
    """
    text = CONTROL.sub("", chatter.text)
    counted = Counter(line.strip() for line in text.splitlines() if line.strip())
    lines = [f"  {line} ({times} times)" if times > 1 else f"  {line}" for line, times in counted.items()]
    if most is None or len(lines) <= most:
        return "\n".join([f"{chatter.who} wrote:", *lines])
    return "\n".join([f"{chatter.who} wrote at last ({SHOWN}=1 shows all):", *lines[-most:]])


@contextmanager
def plugins_overheard() -> Iterator[None]:
    """Keep what isolated plugins write from the terminal, but show the end of it at last for those that failed."""
    if os.environ.get(SHOWN) == "1":
        yield
        return
    from pyhost.host.isolation.chatter import overhearing

    heard: list[Chatter] = []
    try:
        with overhearing(heard.append):
            yield
    finally:
        for chatter in dict.fromkeys(one for one in heard if one.failed):
            sys.stderr.write(f"{quoted(chatter, MOST_LINES)}\n")
