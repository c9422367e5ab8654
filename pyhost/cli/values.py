"""``--set name=value`` and ``--hear name=file``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pyhost.errors import InputError, ParameterError
from pyhost.learn.parameters import Parameters

__all__ = ["heard_files", "set_values"]


def set_values(parameters: Parameters, texts: Iterable[str]) -> None:
    """Set parameters as the command line says.

    Parameters
    ----------
    parameters : Parameters
        Of the chain.
    texts : iterable of str
        ``"gain=0.5"``, ``"taps=1,0,0"``.

    Raises
    ------
    InputError
        If a text does not read so, a name is unknown, or a value is out of range.
    """
    values = {}
    for text in texts:
        name, equals, numbers = text.partition("=")
        name = name.strip()
        if not (equals and name):
            raise InputError(f"--set {text!r}: write name=value, or name=value,value,… for a vector")
        try:
            array = [float(number) for number in numbers.split(",")]
        except ValueError:
            raise InputError(f"--set {text!r}: {numbers!r} is not a number or a list of numbers with commas") from None
        if name in values:
            raise InputError(f"--set {name} is given twice; leave one out")
        wanted = parameters[name]
        values[name] = array if wanted.spec.shape or len(array) > 1 else array[0]
    try:
        parameters.set(values)
    except ParameterError as error:
        raise InputError(f"--set: {error}") from None


def heard_files(texts: Iterable[str]) -> dict[str, Path]:
    """Return which files are wanted, by what is heard in them.

    Parameters
    ----------
    texts : iterable of str
        ``"loss=loss.wav"``.

    Raises
    ------
    InputError
        If a text does not read so, or a name comes twice.
    """
    files: dict[str, Path] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        name = name.strip()
        if not (equals and name and path):
            raise InputError(f"--hear {text!r}: write what is heard and a file, as in loss=loss.wav")
        if name in files:
            raise InputError(f"--hear {name} is given twice; leave one out")
        files[name] = Path(path)
    return files
