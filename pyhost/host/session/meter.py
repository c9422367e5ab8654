"""Time signatures: which bar a beat is in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyhost.host.session.tables import Place, as_number

__all__ = ["COMMON", "Signature", "read_signatures"]

QUARTER = 4

_WRITTEN = re.compile(r"\s*(\d{1,3})\s*/\s*(\d{1,2})\s*")

UNITS = (1, 2, 4, 8, 16, 32)
MOST_UNITS = 128
"""In a bar."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A time signature, from a bar line on.

    Attributes
    ----------
    units : int
        In a bar.
    unit : int
        The note that is counted: 8 for an eighth.
    begins : float
        The beat of the session, a quarter each, at which it does.
    bars : int
        Before that.
    """

    units: int = 4
    unit: int = QUARTER
    begins: float = 0.0
    bars: int = 0

    @property
    def length(self) -> float:
        """Of a bar, in quarters."""
        return self.units * QUARTER / self.unit


COMMON = Signature()


def read_signatures(value: Any, place: Place, *, tempo: bool) -> Sequence[Signature]:
    """Return what a session states: ``"3/4"``, or changes ``[[beat, "3/4"], ...]``; in order, the first at beat 0.

    Parameters
    ----------
    value : object
        What is written; None: four quarters.
    place : Place
        Where.
    tempo : bool
        Whether the session has a tempo, without which it has no beats.
    """
    if value is None:
        return (COMMON,)
    if not tempo:
        raise place.error("the session states no tempo, and so has no bars; add tempo = 120, say, or leave it out")
    if not isinstance(value, (list, tuple)):
        return (Signature(*_units(value, place)),)
    found: list[Signature] = []
    for number, row in enumerate(value):
        here = place.key(number)
        if not isinstance(row, (list, tuple)) or len(row) != 2:
            raise here.error('a change of time signature is [beat, "3/4"]')
        beat = as_number(row[0], here, 0.0, float("inf"), unit="beats")
        found.append(Signature(*_units(row[1], here), beat, _bars(beat, found[-1] if found else None, here)))
    if not found:
        raise place.error('is empty; give a time signature such as "3/4"')
    return tuple(found)


def _units(value: Any, place: Place) -> tuple[int, int]:
    match = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None or not 1 <= int(match[1]) <= MOST_UNITS or int(match[2]) not in UNITS:
        notes = ", ".join(map(str, UNITS))
        raise place.error(f'{value!r} is no time signature; write "3/4" or "7/8": 1 to {MOST_UNITS} notes of {notes}')
    return int(match[1]), int(match[2])


def _bars(beat: float, before: Signature | None, place: Place) -> int:
    """Return how many bars there are before a beat, at which a bar must begin."""
    if beat != 0.0 if before is None else beat <= before.begins:
        raise place.error("changes of time signature must begin at beat 0 and be in order")
    if before is None:
        return 0
    bars = max(round((beat - before.begins) / before.length), 1)
    line = before.begins + bars * before.length
    if beat != line:
        raise place.error(
            f"no bar of {before.units}/{before.unit} begins at beat {beat:g} (a beat is a quarter); the nearest does "
            f"at {line:g}"
        )
    return before.bars + bars
