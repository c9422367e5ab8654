"""An insert at work: a plugin, what its side-chain hears, its automation and MIDI, all in step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from pyhost.audio import AudioArray
from pyhost.errors import DivergedError, InputError, PluginError
from pyhost.host.delay import DelayLine
from pyhost.host.isolation import CrashedError
from pyhost.host.plugin import HostedPlugin, MidiEvent
from pyhost.host.session.curve import Curve
from pyhost.host.session.learning import LearningPlugin
from pyhost.host.session.model import Insert
from pyhost.host.session.tempo import Tempo
from pyhost.host.transport import Transport

__all__ = ["Heard", "Slot", "fitted"]


class Heard(Protocol):
    """What a side-chain listens to."""

    @property
    def late(self) -> int:
        """Frames by which it comes later than the session's time."""
        ...

    @property
    def channels(self) -> int:
        """Of it."""
        ...

    def read(self, frames: int) -> AudioArray:
        """Return the next block."""
        ...


class Slot:
    """One insert.

    Parameters
    ----------
    insert : Insert
        As it was written down.
    plugin : HostedPlugin
        With its preset, state and values set.
    heard : Heard, optional
        For its side-chain.
    midi : sequence of (frame, bytes)
        What it plays, in the session's time.
    tempo : Tempo, optional
        The session's, which the plugin is told if it follows one.

    Attributes
    ----------
    late : int
        Frames by which its output comes later than the session's time.
    channels : int
        Of its output.
    """

    def __init__(
        self,
        insert: Insert,
        plugin: HostedPlugin,
        heard: Heard | None = None,
        midi: Sequence[MidiEvent] = (),
        tempo: Tempo | None = None,
    ) -> None:
        self.insert = insert
        self.plugin = plugin
        self.late = 0
        self.channels = 0
        self._heard = heard
        self._midi = list(midi)
        self._played = 0
        self._curves: dict[str, Curve] = {}
        self._tempo = tempo if plugin.follows_tempo else None
        self._transports: dict[int, Transport] = {}
        self._rate = 0.0

    def prepare(self, sample_rate: float, channels: int, late: int) -> None:
        """Make ready from silence.

        Parameters
        ----------
        sample_rate : float
            In Hz.
        channels, late : int
            Of what comes in.

        Raises
        ------
        SessionError
            If the plugin does not take so many channels, or an automation does not fit its parameter.
        """
        self._rate = sample_rate
        self._curves = {name: Curve(moving, sample_rate) for name, moving in self.insert.automation.items()}
        self._check_parameters()
        inputs = self.plugin.channels.inputs
        self._given = channels if inputs is None else inputs
        if self._given not in (0, channels) and channels != 1:
            fit = f"use a plugin that takes {channels}, or one: that runs once for each"
            if isinstance(self.plugin, LearningPlugin):
                fit = f"put it before the insert that gives {channels}"
            raise self.insert.place.error(f"{self.plugin.name} takes {self._given} channels and gets {channels}; {fit}")
        came = self._came = max(late, self._heard.late if self._heard else 0)
        self._main = DelayLine(channels, came - late)
        self._side = self._side_line(came)
        if isinstance(self.plugin, LearningPlugin):
            self.plugin.delay = came
        self._played = 0
        if self._tempo is not None:
            self._transports = self._tempo.transports(sample_rate)
            self.plugin.transport = self._transports.pop(0).moved(-came, sample_rate)
        for name, curve in self._curves.items():
            self._set(name, curve.value(0))
        try:
            self.plugin.prepare(sample_rate, self._given)
        except InputError as error:
            raise self.insert.place.error(str(error)) from None
        self.channels = self.plugin.channels.out(self._given)
        if not self.channels:
            raise self.insert.place.error(
                f"{self.plugin.name} gives no sound, and only sound is passed on; take it out"
            )
        if not self._given:  # an instrument adds to what is there
            self.channels = max(self.channels, channels)
        self.late = came + self.plugin.latency_samples
        self._dry = DelayLine(channels, self.plugin.latency_samples)

    def _side_line(self, came: int) -> DelayLine | None:
        """Return what keeps the side-chain in step."""
        if self._heard is None:
            return None
        wanted, channels = self.plugin.channels.sidechain, self._heard.channels
        if not wanted:
            raise self.insert.place.key("sidechain").error(f"{self.plugin.name} has no side-chain; leave it out")
        if channels not in (1, wanted) and wanted != 1:
            learning = self.insert.learning
            place = self.insert.place.key("sidechain") if learning is None else learning.place
            raise place.error(f"{self.plugin.name} listens to {wanted} channels, not {channels}; mix them down")
        return DelayLine(wanted, came - self._heard.late)

    def run(self, block: AudioArray, first: int) -> AudioArray:
        """Process the frames from `first` on, by the clock of the render; blocks come in order."""
        try:
            return self._run(block, first)
        except InputError as error:
            kind = CrashedError if isinstance(error, CrashedError) else PluginError
            raise kind(self._told(error, first)) from None
        except DivergedError as error:
            raise DivergedError(self._told(error, first), error.sample) from None

    def _told(self, error: Exception, first: int) -> str:
        """Return what to say of an error in a block: where, and what."""
        time = max(first - self._came, 0) / self._rate
        return f"{self.insert.place}: {self.insert.name}, at about {time:.2f} s: {error}"

    def _run(self, block: AudioArray, first: int) -> AudioArray:
        frames = block.shape[1]
        block = self._main.process(block)
        side = None
        if self._heard is not None and self._side is not None:
            side = self._side.process(_heard_by(self._heard.read(frames), self.plugin.channels.sidechain))
        given = fitted(block, self._given) if self._given else block[:0]
        parts = []
        changes = self._changes(first - self._came, frames)
        begins = sorted(changes)
        for begin, end in zip(begins, [*begins[1:], frames], strict=True):
            for name in changes[begin]:
                self._set(name, self._curves[name].value(first - self._came + begin))
            transport = self._transports.get(first - self._came + begin)
            if transport is not None:
                self.plugin.transport = transport
            parts.append(self._piece(given[:, begin:end], None if side is None else side[:, begin:end], first + begin))
        made = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        if self._given:
            return made
        return fitted(made, self.channels) + fitted(self._dry.process(block), self.channels)

    def _piece(self, block: AudioArray, side: AudioArray | None, first: int) -> AudioArray:
        last = first + block.shape[1]
        events: list[MidiEvent] = []
        while self._played < len(self._midi) and self._midi[self._played][0] + self._came < last:
            frame, message = self._midi[self._played]
            events.append((frame + self._came - first, message))
            self._played += 1
        if side is None and self.plugin.channels.sidechain:
            side = np.zeros((self.plugin.channels.sidechain, block.shape[1]))
        return self.plugin.go_on(block, side, events)

    def _changes(self, now: int, frames: int) -> dict[int, list[str]]:
        """Return which parameters change where in a block that begins `now`; maybe none, where it or a tempo begins."""
        changes: dict[int, list[str]] = {0: []}
        for name, curve in self._curves.items():
            for frame in curve.changes(now, now + frames):
                changes.setdefault(frame - now, []).append(name)
        for frame in self._transports:
            if now <= frame < now + frames:
                changes.setdefault(frame - now, [])
        return changes

    def _set(self, name: str, value: float) -> None:
        parameter = self.plugin.parameters[name]
        value = min(max(value, parameter.minimum), parameter.maximum)
        parameter.value = float(round(value)) if parameter.info.integer else value

    def _check_parameters(self) -> None:
        for name, moving in self.insert.automation.items():
            try:
                parameter = self.plugin.parameters[name]
            except InputError as error:
                raise moving.place.error(str(error)) from None
            if parameter.meter:
                raise moving.place.error(f"{name!r} is a meter: it can be read, not set")
            for point in moving.points:
                try:
                    parameter.info.check(point.value)
                except InputError as error:
                    raise point.place.error(str(error)) from None


def _heard_by(block: AudioArray, channels: int) -> AudioArray:
    """Return what a side-chain of so many channels hears: several are mixed for one."""
    if channels == 1 and block.shape[0] > 1:
        mixed: AudioArray = block.mean(axis=0, keepdims=True)
        return mixed
    return fitted(block, channels)


def fitted(block: AudioArray, channels: int) -> AudioArray:
    """Return one channel as several; as many are left as they are."""
    return block if block.shape[0] == channels else np.repeat(block[:1], channels, axis=0)
