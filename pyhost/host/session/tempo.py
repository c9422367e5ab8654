"""Tempo: from beats, which are quarters, to seconds, and to places in a song."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyhost.host.session.meter import COMMON, QUARTER, Signature
from pyhost.host.session.tables import Place, as_number
from pyhost.host.transport import Transport

__all__ = ["Tempo", "read_tempo", "read_time"]

_BEATS = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(?:b|beats?)\s*")

SLOWEST, FASTEST = 1.0, 1000.0
LONGEST = 360_000.0
"""Seconds; a hundred hours."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """Beats per minute from given beats on.

    Attributes
    ----------
    changes : sequence of (beat, bpm)
        In order; the first at beat 0.
    signatures : sequence of Signature
        In order; the first at beat 0.
    """

    changes: Sequence[tuple[float, float]] = ((0.0, 120.0),)
    signatures: Sequence[Signature] = (COMMON,)

    def seconds(self, beats: float) -> float:
        """Return when a beat is."""
        time = 0.0
        last = bisect.bisect_right([beat for beat, _ in self.changes], beats) - 1
        for (beat, bpm), (following, _) in zip(self.changes[: max(last, 0)], self.changes[1:], strict=False):
            time += (following - beat) * 60.0 / bpm
        beat, bpm = self.changes[max(last, 0)]
        return time + (beats - beat) * 60.0 / bpm

    def transports(self, sample_rate: float) -> dict[int, Transport]:
        """Return the place in the song at each sample from which another tempo or time signature holds, in order.

        The first is sample 0. LV2 counts beats of the signature's unit, a session quarters.
        """
        found = {}
        for beat in sorted({*(beat for beat, _ in self.changes), *(each.begins for each in self.signatures)}):
            bpm = next(bpm for begins, bpm in reversed(self.changes) if begins <= beat)
            signature = next(each for each in reversed(self.signatures) if each.begins <= beat)
            frame = round(self.seconds(beat) * sample_rate)
            late = (frame / sample_rate - self.seconds(beat)) * bpm / 60.0
            notes = signature.unit / QUARTER
            found[frame] = Transport(
                beats_per_minute=bpm * notes,
                beats_per_bar=float(signature.units),
                beat_unit=signature.unit,
                beat=(beat + late) * notes,
                frame=frame,
                bar_line=signature.begins * notes,
                bars_before=signature.bars,
            )
        return found

    def beats(self, seconds: float) -> float:
        """Return the beat at a time."""
        begins = [self.seconds(beat) for beat, _ in self.changes]
        last = max(bisect.bisect_right(begins, seconds) - 1, 0)
        beat, bpm = self.changes[last]
        return beat + (seconds - begins[last]) * bpm / 60.0


def read_tempo(value: Any, place: Place) -> Tempo | None:
    """Return the tempo that a session states: a number, or points ``[[beat, bpm], ...]``; None if it states none."""
    if value is None:
        return None
    if not isinstance(value, (list, tuple)):
        return Tempo(((0.0, as_number(value, place, SLOWEST, FASTEST, unit="bpm")),))
    changes: list[tuple[float, float]] = []
    for number, row in enumerate(value):
        here = place.key(number)
        if not isinstance(row, (list, tuple)) or len(row) != 2:
            raise here.error("a change of tempo is [beat, bpm]")
        beat = as_number(row[0], here, 0.0, float("inf"), unit="beats")
        if (not changes and beat != 0.0) or (changes and beat <= changes[-1][0]):
            raise here.error("changes of tempo must begin at beat 0 and be in order")
        changes.append((beat, as_number(row[1], here, SLOWEST, FASTEST, unit="bpm")))
    if not changes:
        raise place.error("is empty; give a number of beats per minute")
    return Tempo(tuple(changes))


def read_time(
    value: Any, place: Place, tempo: Tempo | None, *, since: float = 0.0, until: float | None = None
) -> float:
    """Return a time in seconds: a number of them, or beats of the session's tempo, ``"16 beats"``.

    Parameters
    ----------
    value : object
        What is written.
    place : Place
        Where.
    tempo : Tempo or None
        The session's.
    since, until : float
        When the beats are, in seconds: from the one on, or if it is given up to the other.
    """
    if isinstance(value, str):
        match = _BEATS.fullmatch(value)
        if match is None:
            raise place.error(f'{value!r} is no time; give seconds (1.5), or beats of the tempo ("16 beats")')
        if tempo is None:
            raise place.error(f"{value!r}: the session states no tempo; add tempo = 120, say, or give seconds")
        beats = float(match[1])
        if until is None:
            value = tempo.seconds(tempo.beats(since) + beats) - since
        else:
            value = until - tempo.seconds(tempo.beats(until) - beats)
        value = max(value, 0.0)
    return as_number(value, place, 0.0, LONGEST, unit="s")
