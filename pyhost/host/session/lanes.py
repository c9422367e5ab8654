"""A strip at work: what it takes in, its inserts, its fader."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioArray
from pyhost.host.delay import DelayLine
from pyhost.host.session.clips import ClipReader
from pyhost.host.session.curve import Curve, factor
from pyhost.host.session.model import Automation, Strip
from pyhost.host.session.slots import Slot, fitted

__all__ = ["Feed", "Lane", "Level"]

WIDEST = 2
"""Channels of a session at most."""


class Level:
    """A level: a number of decibels, or an automation of them."""

    def __init__(self, decibels: float, automation: Automation | None, sample_rate: float) -> None:
        self._factor = factor(decibels)
        self._curve = Curve(automation, sample_rate, level=True) if automation else None

    def values(self, first: int, frames: int) -> float | NDArray[np.float64]:
        """Return the factor of every frame from `first` on."""
        return self._factor if self._curve is None else self._curve.values(first, frames)


class Feed:
    """What one lane takes from another.

    Parameters
    ----------
    source : Lane
        Whose sound it is.
    level : Level, optional
        Of a send; without it the sound is taken as it is.
    pre : bool
        Whether it is taken before the fader.
    """

    def __init__(self, source: Lane, level: Level | None = None, *, pre: bool = False) -> None:
        self.source = source
        self._level = level
        self._pre = pre
        self._line = DelayLine(1, 0)

    def align(self, late: int, channels: int) -> None:
        """Keep step with what comes so late."""
        self._line = DelayLine(channels, late - self.source.late)

    def read(self, first: int, channels: int) -> AudioArray:
        """Return the present block."""
        block = fitted(self.source.pre, channels) if self._pre else self.source.post
        if self._level is not None:
            block = block * self._level.values(first - self.source.late, block.shape[1])
        return self._line.process(block)


class Lane:
    """One strip.

    Parameters
    ----------
    strip : Strip
        As it was written down.
    channels : int
        Of what comes in.
    out : int
        Of what comes out behind the fader: the session's.
    clips : sequence of ClipReader
        Of a track.
    feeds : sequence of Feed
        Of a group or the master.
    slots : sequence of Slot
        Its inserts.

    Attributes
    ----------
    arrives, late : int
        Frames by which the sound comes later than the session's time, before and behind the inserts.
    pre, post : ndarray, (channels, frames)
        The present block before and behind the fader.
    peak : float
        Of what left it since this was last set to 0.
    """

    pre: AudioArray
    post: AudioArray

    def __init__(
        self,
        strip: Strip,
        *,
        channels: int,
        out: int,
        clips: Sequence[ClipReader],
        feeds: Sequence[Feed],
        slots: Sequence[Slot],
    ) -> None:
        self.strip = strip
        self.slots = list(slots)
        self.arrives = self.late = 0
        self.peak = 0.0
        self._channels = channels
        self._out = out
        self._clips = list(clips)
        self._feeds = list(feeds)

    @property
    def pre_channels(self) -> int:
        """Of what leaves the inserts."""
        return self.slots[-1].channels if self.slots else self._channels

    def prepare(self, sample_rate: float) -> None:
        """Make ready from silence; whatever feeds it is ready already.

        Raises
        ------
        SessionError
            If a plugin does not fit.
        """
        self.arrives = max((feed.source.late for feed in self._feeds), default=0)
        for feed in self._feeds:
            feed.align(self.arrives, self._out)
        self.late, channels = self.arrives, self._channels
        for slot in self.slots:
            slot.prepare(sample_rate, channels, self.late)
            self.late, channels = slot.late, slot.channels
        if channels not in (1, self._out):
            place = self.slots[-1].insert.place if self.slots else self.strip.place
            fewer = f"use one that gives {self._out}" if self.slots else "mix its clips down"
            fit = f"set channels = {channels} at the top" if channels == WIDEST else fewer
            raise place.error(
                f"{self.strip.name!r} ends with {channels} channels and the session has {self._out}; {fit}"
            )
        moving = self.strip.automation
        self._level = Level(self.strip.gain, moving.get("gain"), sample_rate)
        self._sides = [
            Curve(moving["pan"], sample_rate, then=side)
            for side in (_left, _right)
            if "pan" in moving and self._out == 2
        ]

    def run(self, first: int, frames: int) -> None:
        """Make the next block, whose first frame is `first` by the clock of the render."""
        block = np.zeros((self._channels, frames))
        for clip in self._clips:
            clip.add_to(block, first)
        for feed in self._feeds:
            block += feed.read(first, self._out)
        for slot in self.slots:
            block = slot.run(block, first)
        self.pre = block
        now = first - self.late
        self.post = self._panned(np.multiply(fitted(block, self._out), self._level.values(now, frames)), now)
        self.peak = max(self.peak, float(np.max(np.abs(self.post))))

    def _panned(self, block: AudioArray, first: int) -> AudioArray:
        """Turn down the side that the sound is panned away from."""
        if self._sides:
            block *= np.stack([side.values(first, block.shape[1]) for side in self._sides])
        elif self._out == 2 and self.strip.pan:
            pan = np.array([self.strip.pan])
            block *= np.stack([_left(pan), _right(pan)])
        return block


def _left(pan: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the factor of the left side: 1 up to the middle, from there along a quarter of a cosine down to 0."""
    return np.where(pan >= 1.0, 0.0, np.cos(0.5 * np.pi * np.maximum(pan, 0.0)))


def _right(pan: NDArray[np.float64]) -> NDArray[np.float64]:
    return _left(-pan)
