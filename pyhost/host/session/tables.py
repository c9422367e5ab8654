"""Checked reading of a session's tables: every complaint names file, line and key."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyhost.errors import SessionError, suggestion
from pyhost.host.session.lines import Path as KeyPath
from pyhost.host.session.lines import line_of

__all__ = ["LEVEL", "Document", "Place", "Table", "as_number"]

LEVEL = (-200.0, 60.0)
"""Lowest and highest level that can be written, in dB; −inf is silence."""


@dataclass(frozen=True, slots=True)
class Document:
    """Where a session comes from.

    Attributes
    ----------
    name : str
        How messages call it: the file's name.
    folder : Path
        That relative paths start from.
    lines : dict or None
        Of keys; None for a session that was made in Python.
    """

    name: str
    folder: Path
    lines: dict[KeyPath, int] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A key or a table in a session."""

    document: Document
    path: KeyPath = ()

    def key(self, *keys: str | int) -> Place:
        """Return the place of something within."""
        return Place(self.document, (*self.path, *keys))

    def __str__(self) -> str:
        lines = self.document.lines
        line = f", line {line_of(lines, self.path)}" if lines is not None else ""
        keys = "".join(f".{key}" if isinstance(key, str) else f"[{key}]" * (lines is None) for key in self.path)
        return f"{self.document.name}{line}{', ' if keys else ''}{keys.removeprefix('.')}"

    def error(self, message: str) -> SessionError:
        """Return an error that says where."""
        return SessionError(f"{self}: {message}")

    def file(self, name: str) -> Path:
        """Return a path that the session names, from its own folder."""
        return self.document.folder / name


_NOTHING: Any = object()


class Table:
    """A table of a session, read key by key; a key that nobody knows is an error that suggests one.

    Parameters
    ----------
    data : mapping
        What is in it.
    place : Place
        Where it stands.
    known : iterable of str
        The keys that it may have.
    """

    def __init__(self, data: Any, place: Place, known: Iterable[str]) -> None:
        self.place = place
        if not isinstance(data, Mapping):
            raise place.error(f"must be a table of {', '.join(known)}, not {_kind(data)}")
        self._data = data
        for key in data:
            if key not in set(known):
                raise place.key(key).error(f"there is no key {key!r} here{suggestion(str(key), known)}")

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def at(self, key: str) -> Place:
        """Return the place of a key."""
        return self.place.key(key)

    def error(self, key: str, message: str) -> SessionError:
        """Return an error that says where."""
        return self.at(key).error(message)

    def raw(self, key: str, default: Any = None) -> Any:
        """Return whatever is there."""
        return self._data.get(key, default)

    def text(self, key: str, default: Any = _NOTHING) -> Any:
        """Return a text that is not empty."""
        value = self._given(key, default)
        if value is not default and not (isinstance(value, str) and value.strip() and "\0" not in value):
            raise self.error(key, f"must be a text, not {_kind(value)}")
        return value

    def choice(self, key: str, choices: Iterable[str], default: str) -> str:
        """Return one of several words."""
        value = self.text(key, default)
        if value not in set(choices):
            raise self.error(key, f"there is no {key} {value!r}{suggestion(value, choices)}")
        return str(value)

    def switch(self, key: str, default: Any = False) -> Any:
        """Return true or false."""
        value = self._given(key, default)
        if value is not default and not isinstance(value, bool):
            raise self.error(key, f"must be true or false, not {_kind(value)}")
        return value

    def number(
        self,
        key: str,
        default: Any = _NOTHING,
        low: float = -math.inf,
        high: float = math.inf,
        *,
        unit: str = "",
        silence: bool = False,
    ) -> Any:
        """Return a number; with `silence` it may be −inf, which of a level is nothing at all."""
        value = self._given(key, default)
        return value if value is default else as_number(value, self.at(key), low, high, unit=unit, silence=silence)

    def whole(self, key: str, default: Any, low: int, high: int) -> Any:
        """Return a whole number."""
        value = self._given(key, default)
        if value is default:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(key, f"must be a whole number from {low} to {high}, not {_kind(value)}")
        return value

    def rows(self, key: str) -> list[tuple[Any, Place]]:
        """Return the elements of an array and where they stand."""
        value = self._data.get(key, [])
        if not isinstance(value, (list, tuple)):
            raise self.error(key, f"must be an array ([...], or tables [[{key}]]), not {_kind(value)}")
        return [(element, self.place.key(key, number)) for number, element in enumerate(value)]

    def _given(self, key: str, default: Any) -> Any:
        if key not in self._data and default is _NOTHING:
            raise self.place.error(f"{key!r} is missing")
        return self._data.get(key, default)


def as_number(value: Any, place: Place, low: float, high: float, *, unit: str = "", silence: bool = False) -> float:
    """Return a number within bounds, or raise with its place."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise place.error(f"must be a number{f' of {unit}' if unit else ''}, not {_kind(value)}")
    if silence and value == -math.inf:
        return -math.inf
    if not math.isfinite(value):
        raise place.error(f"must be a finite number, not {value}")
    if not low <= value <= high:
        unit = f" {unit}" if unit else ""
        bounds = f"{low:g} or more" if high == math.inf else f"from {low:g} to {high:g}"
        raise place.error(f"{value:g}{unit} is out of range; it must be {bounds}{unit}")
    return float(value)


def _kind(value: Any) -> str:
    """Return a value as a complaint shows it."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, (list, tuple)):
        return "an array"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, (str, int, float)) else type(value).__name__
