"""The rows of a learner's output, cut into shares: each belongs to one parameter of the user's."""

from __future__ import annotations

from dataclasses import dataclass

from pyhost._settings import CoreParameter, CoreSettings
from pyhost.native.registers import FEW, Register, Strip, strips_between
from pyhost.native.sheet import Sheet

__all__ = ["TAPS", "Share", "shares_of"]

TAPS = 64
"""Learned taps from which on one window of the input serves them all."""


@dataclass(frozen=True, slots=True)
class Share:
    """Rows of the output that are read in one way and belong to one parameter of the user's.

    Attributes
    ----------
    row, count : int
        Which rows.
    first : int
        Place of the first one's parameter.
    spec : CoreParameter
        What they belong to.
    number : int
        Which of the settings' parameters that is.
    strip : Strip
        How they are read.
    window_of : Register or None
        The signal whose windowed past they are, where that is made use of.
    """

    row: int
    count: int
    first: int
    spec: CoreParameter
    number: int
    strip: Strip
    window_of: Register | None

    @property
    def is_spelt(self) -> bool:
        """Whether each parameter is a variable."""
        return self.spec.count < FEW

    @property
    def places(self) -> range:
        """Places of its parameters."""
        return range(self.first, self.first + self.count)


def shares_of(sheet: Sheet, settings: CoreSettings) -> list[Share]:
    """Return the shares of the output's rows, in order."""
    output = sheet.registers[sheet.tape.output]
    has_window_of_rows = settings.loss.window > 1 and settings.loss.window_of == "signals" and sheet.tape.lanes == 1
    found = []
    row = 0
    for first, count in output.op.rows.runs:
        for number, spec in enumerate(settings.parameters):
            begin, end = max(first, spec.first), min(first + count, spec.first + spec.count)
            if begin >= end:
                continue
            for strip in strips_between(output, row + begin - first, end - begin):
                is_long = has_window_of_rows and strip.count >= TAPS
                signal = sheet.windows.get(output.number) if is_long else None
                place = first + strip.start - row
                found.append(Share(strip.start, strip.count, place, spec, number, strip, signal))
        row += count
    return found
