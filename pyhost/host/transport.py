"""Where in a song a plugin is, and how fast that goes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Integral

from pyhost.errors import InputError

__all__ = ["Transport"]


@dataclass(frozen=True, slots=True)
class Transport:
    """A place in a song, from which it goes on at a tempo.

    Attributes
    ----------
    beats_per_minute : float
        Above 0.
    beats_per_bar : float
        Above 0.
    beat_unit : int
        The note that is a beat: 4 for a quarter.
    beat : float
        Beats since the beginning, as if all of them had been of this unit.
    frame : int
        Samples since the beginning.
    speed : float
        1: it plays; 0: it stands still.
    bar_line : float
        The beat of some bar line, from which bars are counted: where the time signature last changed.
    bars_before : int
        Bars before that line.

    Raises
    ------
    InputError
        If a number is not as said, or not finite.
    """

    beats_per_minute: float = 120.0
    beats_per_bar: float = 4.0
    beat_unit: int = 4
    beat: float = 0.0
    frame: int = 0
    speed: float = 1.0
    bar_line: float = 0.0
    bars_before: int = 0

    def __post_init__(self) -> None:
        for name in ("beats_per_minute", "beats_per_bar", "beat_unit"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"{name} is {value!r}; give a number above 0")
        for name in ("beat_unit", "frame", "bars_before"):
            if not isinstance(getattr(self, name), Integral):
                raise InputError(f"{name} is {getattr(self, name)!r}; give a whole number")
        for name in ("beat", "speed", "bar_line"):
            if not math.isfinite(getattr(self, name)):
                raise InputError(f"{name} is {getattr(self, name)!r}; give a finite number")

    @property
    def bar(self) -> int:
        """Bars since the beginning; the first is 0."""
        return self.bars_before + math.floor((self.beat - self.bar_line) / self.beats_per_bar)

    @property
    def beat_in_bar(self) -> float:
        """Beats since the bar began."""
        return self.beat - self.bar_line - (self.bar - self.bars_before) * self.beats_per_bar

    def moved(self, frames: int, sample_rate: float) -> Transport:
        """Return where it is so many samples later, or, with a negative number, was before."""
        if not frames:
            return self
        beats = self.speed * frames / sample_rate * self.beats_per_minute / 60.0
        return replace(self, beat=self.beat + beats, frame=self.frame + round(self.speed * frames))
