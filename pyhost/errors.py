"""Every error that pyhost raises on purpose, in one tree.

::

    PyhostError
    ├── InputError (ValueError)      what the user handed over is wrong; the message says what to do
    │   ├── AudioError               a recording: missing, truncated, silent, NaN, wrong rate or shape
    │   ├── ChainError               a chain: unknown block, wrong argument, a signal that cannot be
    │   ├── ParameterError           a parameter: unknown name, value out of range
    │   ├── LearnedFileError         a learned.json that is damaged or of another version
    │   ├── PluginError              a plugin: not found, refused, crashed, hung, a state that is not its own
    │   ├── SessionError             a session: a wrong key or value; the message names file, line and key
    │   └── ExportError              an export: a chain, a name, a folder or a compiler that will not do
    ├── DivergedError                a learner left the finite numbers; carries where it happened
    └── EngineError                  the C core refused: a fault of pyhost's own

The command line turns `InputError` into exit status 2 and one line on stderr, everything else into status 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "AudioError",
    "ChainError",
    "DivergedError",
    "EngineError",
    "ExportError",
    "InputError",
    "LearnedFileError",
    "ParameterError",
    "PluginError",
    "PyhostError",
    "SessionError",
    "suggestion",
]


class PyhostError(Exception):
    """The root of all errors that pyhost raises on purpose."""


class InputError(PyhostError, ValueError):
    """What the user handed over is wrong. The message says what, its value, and what to do."""


class AudioError(InputError):
    """A recording cannot be used: missing, damaged, silent, not finite, of another rate or shape."""


class ChainError(InputError):
    """A chain cannot be built: an unknown block, a wrong argument, an impossible signal."""


class ParameterError(InputError):
    """A parameter is unknown, or its value is out of range."""


class LearnedFileError(InputError):
    """A ``learned.json`` is damaged, or was written in a format that this pyhost does not read."""


class PluginError(InputError):
    """A plugin cannot be used: not found, refused, crashed, hung, or given a state that is not its own."""


class SessionError(InputError):
    """A session cannot be rendered as it is written. The message names file, line and key."""


class ExportError(InputError):
    """What was learned cannot be exported: the chain, its name, the folder or the compiler will not do."""


class DivergedError(PyhostError):
    """A learner left the finite numbers. It keeps the last finite parameters.

    Attributes
    ----------
    sample : int
        Index of the sample, counted from the start of the recording, at which it happened.
    """

    def __init__(self, message: str, sample: int) -> None:
        super().__init__(message)
        self.sample = sample


class EngineError(PyhostError):
    """The C core refused a program or a buffer. Please report it: it is a fault of pyhost."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known name nearest to ``name``, else the list of them.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        What there is.
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there is {', '.join(names)}" if names else "; there is none"
