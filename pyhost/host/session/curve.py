"""How something moves with time: automation and fades, exact for every sample.

Curves for whole blocks are computed in pieces that begin at multiples of `GRID`, so that what a vector unit does at
the ends of an array cannot make them depend on how a render is cut into blocks.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from pyhost.host.session.model import Automation

__all__ = ["STEP", "Curve", "Gridded", "factor"]

STEP = 32
"""Frames between two values of a plugin's parameter that moves."""

GRID = 1024

Array = NDArray[np.float64]


def factor(decibels: float) -> float:
    """Return a level as a factor; −inf is 0."""
    return 0.0 if decibels == -math.inf else 10.0 ** (decibels / 20.0)


class Gridded:
    """A function of the frame, evaluated piece by piece.

    Parameters
    ----------
    function : callable
        Takes frames (GRID,) and returns as many values.
    """

    def __init__(self, function: Callable[[Array], Array]) -> None:
        self._function = function
        self._number: int | None = None
        self._piece = np.zeros(0)

    def values(self, first: int, count: int) -> Array:
        """Return the values of so many frames from `first` on."""
        parts = []
        at = first
        while at < first + count:
            number, begin = divmod(at, GRID)
            if number != self._number:
                self._piece = self._function(np.arange(number * GRID, (number + 1) * GRID, dtype=np.float64))
                self._number = number
            part = self._piece[begin : begin + first + count - at]
            parts.append(part)
            at += len(part)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


class Curve:
    """The course of an automation.

    Parameters
    ----------
    automation : Automation
        Its points.
    sample_rate : float
        In Hz; points lie on the nearest frame.
    level : bool
        Whether it is a level: values are made factors first, so that a linear segment is a straight line of the factor
        and a log segment one of the decibels.
    then : callable, optional
        What is done with the values of whole blocks.
    """

    def __init__(
        self,
        automation: Automation,
        sample_rate: float,
        *,
        level: bool = False,
        then: Callable[[Array], Array] | None = None,
    ) -> None:
        points = automation.points
        self._frames = [round(point.time * sample_rate) for point in points]
        self._values = [factor(point.value) if level else point.value for point in points]
        self._shapes = [point.shape for point in points]
        self._gridded = Gridded(self._evaluated if then is None else lambda frames: then(self._evaluated(frames)))

    def value(self, frame: int) -> float:
        """Return the value at a frame."""
        after = bisect_right(self._frames, frame)
        if after == 0 or after == len(self._frames):
            return self._values[max(after - 1, 0)]
        begin, end = self._frames[after - 1], self._frames[after]
        low, high = self._values[after - 1], self._values[after]
        share = (frame - begin) / (end - begin)
        if self._shapes[after] == "log":
            return low * math.exp(math.log(high / low) * share)
        return low if self._shapes[after] == "step" else low + (high - low) * share

    def values(self, first: int, count: int) -> Array:
        """Return the values of so many frames from `first` on."""
        return self._gridded.values(first, count)

    def changes(self, first: int, last: int) -> Iterator[int]:
        """Yield the frames from `first` up to `last` at which a parameter gets a new value, in no order."""
        for place in range(bisect_left(self._frames, first), len(self._frames)):
            frame = self._frames[place]
            if place and self._shapes[place] != "step" and self._values[place] != self._values[place - 1]:
                begin = max(self._frames[place - 1], first)
                yield from range(-(-begin // STEP) * STEP, min(frame, last), STEP)
            if frame >= last:
                return
            yield frame

    def _evaluated(self, frames: Array) -> Array:
        after = np.searchsorted(self._frames, frames, side="right")
        out = np.array(self._values)[np.clip(after - 1, 0, None)]
        for place in set(after.tolist()) - {0, len(self._frames)}:
            if self._shapes[place] == "step":
                continue
            here = after == place
            begin, end = self._frames[place - 1], self._frames[place]
            low, high = self._values[place - 1], self._values[place]
            share = (frames[here] - begin) / (end - begin)
            if self._shapes[place] == "log":
                out[here] = low * np.exp(math.log(high / low) * share)
            else:
                out[here] = low + (high - low) * share
        return out
