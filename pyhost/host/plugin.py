"""What the plugins of this host have in common: checks, blocks, and parameters as attributes."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pyhost.audio import ANY, AudioArray, Channels, as_audio, check_sample_rate
from pyhost.errors import AudioError, InputError, ParameterError, PluginError, suggestion
from pyhost.host.parameter import PluginParameters
from pyhost.host.protocol import Plugin
from pyhost.host.transport import Transport

__all__ = ["ANY", "Channels", "HostedPlugin", "MidiEvent", "Plugin"]

MidiEvent = tuple[int, bytes]
"""Frame within the audio handed over, and the bytes of one MIDI message."""


class UnknownAttributeError(ParameterError, AttributeError):
    """No attribute and no parameter of that name; an `AttributeError` too, as Python has it."""


class HostedPlugin(ABC):
    """What adapters have in common: checks, blocks, and parameters as attributes.

    ``plugin.gain_db`` reads a parameter and ``plugin.gain_db = 3`` sets it; a name that is neither attribute nor
    parameter is an error that suggests the right one.

    An adapter sets `name`, `parameters` and `channels` before anything else, and does the work in `_start`,
    `_run` and `reset`.
    """

    name: str
    parameters: PluginParameters
    channels: Channels
    takes_midi: bool = False
    follows_tempo: bool = False
    _transport: Transport | None = None
    _running: tuple[float, int] | None = None
    _spec: Mapping[str, Any] | None = None

    @property
    def spec(self) -> dict[str, Any]:
        """Which plugin it is, as plain data, for `pyhost.host.spec.plugin_of` and for files.

        Raises
        ------
        PluginError
            If it was made by Python code that no file tells.
        """
        if self._spec is None:
            raise PluginError(
                f"{self.name} was made by Python code and cannot be described; put the function that makes it into a "
                "file and load it as file.py:function"
            )
        return dict(self._spec)

    @property
    def latency_samples(self) -> int:
        """By how many samples its output comes later, at the rate it last ran at."""
        return 0

    @property
    @abstractmethod
    def state(self) -> bytes:
        """All that is needed to make another instance sound the same from a reset on."""

    @state.setter
    @abstractmethod
    def state(self, state: bytes) -> None: ...

    @property
    def transport(self) -> Transport | None:
        """Place and tempo of the next sample when it is set, and of the first after a reset; None: nothing is told."""
        return self._transport

    @transport.setter
    def transport(self, transport: Transport | None) -> None:
        if not (transport is None or isinstance(transport, Transport)):
            raise InputError(f"transport must be a pyhost.host.Transport or None, not {transport!r}")
        self._transport = transport
        if self._running is not None:
            self._follow(transport, self._running[0])

    def _follow(self, transport: Transport | None, sample_rate: float) -> None:  # noqa: B027  # most follow none
        """Take a new place and tempo from the next sample on."""

    def prepare(self, sample_rate: float, channels: int) -> None:
        """Make ready for a rate and a number of channels, from silence; `latency_samples` is right afterwards.

        Raises
        ------
        AudioError
            If the plugin does not take so many channels.
        """
        rate = check_sample_rate(sample_rate, "sample_rate")
        wanted = self.channels.inputs
        if wanted is None and not channels:
            raise AudioError(f"{self.name} makes no sound of its own and is given no channels; give it some audio")
        if wanted is not None and channels != wanted:
            alone = wanted == self.channels.outputs == 1
            fit = f"load it with channels={channels}" if alone else _how_to_fit(wanted, channels)
            raise AudioError(f"{self.name} takes {wanted} channels, not {channels}; {fit}")
        self._start(rate, channels)
        self._running = (rate, channels)

    def process(
        self,
        audio: ArrayLike,
        sample_rate: float,
        *,
        sidechain: ArrayLike | None = None,
        midi: Sequence[MidiEvent] = (),
        reset: bool = True,
    ) -> AudioArray:
        """Process audio.

        Parameters
        ----------
        audio : array_like, (channels, frames) or (frames,)
            Full scale ±1.
        sample_rate : float
            In Hz.
        sidechain : array_like, (channels, frames) or (frames,), optional
            What a side-chain listens to; silence if it is left out. One channel is given to all of the side-chain's.
        midi : sequence of (frame, bytes)
            Messages of these frames, in order, for instruments and what listens to MIDI.
        reset : bool
            Whether to start from silence. With False it goes on where the last call ended: blocks of any length
            give the same output as one call.

        Returns
        -------
        ndarray, (channels, frames)
            As many frames as went in, `latency_samples` late.

        Raises
        ------
        AudioError
            If the audio, its rate, its channels or the side-chain do not fit.
        """
        block = self._input(audio)
        rate = check_sample_rate(sample_rate, "sample_rate")
        heard = self._sidechain(sidechain, block.shape[1])
        events = self._events(midi, block.shape[1])
        now = (rate, block.shape[0])
        if self._running is None or reset:
            self.prepare(*now)
        elif self._running != now:
            raise AudioError(
                f"reset=False goes on from the last call, which had {self._running[1]} channels at "
                f"{self._running[0]:g} Hz, not {now[1]} at {now[0]:g}"
            )
        return self.go_on(block, heard, events)

    def go_on(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        """Process a block that was checked, going on from the one before; for what has other plugins inside.

        Raises
        ------
        PluginError
            If the plugin fails, or gives what is no finite number. The next call starts from silence.
        """
        if self._running is None:
            raise InputError(f"{self.name} was reset while what it is part of went on; start that with reset=True")
        try:
            made = self._run(block, sidechain, midi)
            if not np.isfinite(made).all():
                raise PluginError(_not_finite(self.name, made))
        except BaseException:
            self._running = None
            raise
        return made

    def reset(self) -> None:
        """Forget what was processed; parameters stay."""
        self._running = None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write which plugin it is, and its state, to a file that `pyhost.load` reads.

        Raises
        ------
        PluginError
            If the file cannot be written, or the plugin was made by Python code that no file tells.
        """
        from pyhost.host.saved import save

        save(self, path)

    @abstractmethod
    def _start(self, sample_rate: float, channels: int) -> None:
        """Be ready to run from silence."""

    @abstractmethod
    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        """Process a block that was checked and go on from the one before; side-chain None: it has none."""

    def _input(self, audio: ArrayLike) -> AudioArray:
        """Return checked audio; an instrument takes that of no channels, whose frames alone count."""
        if self.channels.inputs == 0:
            empty = np.asarray(audio, np.float64)
            if empty.ndim != 2 or empty.shape[0] or not empty.shape[1]:
                raise AudioError(
                    f"{self.name} takes no audio; say how long it shall play with np.zeros((0, frames)), not "
                    f"shape {empty.shape}"
                )
            return empty
        return as_audio(audio)

    def _sidechain(self, sidechain: ArrayLike | None, frames: int) -> AudioArray | None:
        """Return what the side-chain hears, one row for each of its channels."""
        wanted = self.channels.sidechain
        if not wanted:
            if sidechain is not None:
                raise AudioError(f"{self.name} has no side-chain; leave sidechain= out")
            return None
        if sidechain is None:
            return np.zeros((wanted, frames))
        heard = as_audio(sidechain, "the side-chain")
        if heard.shape[1] != frames:
            raise AudioError(
                f"the side-chain has {heard.shape[1]} frames and the audio {frames}; cut or pad one of them"
            )
        if heard.shape[0] not in (1, wanted):
            raise AudioError(
                f"the side-chain of {self.name} takes {wanted} channels, not {heard.shape[0]}; "
                f"{_how_to_fit(wanted, heard.shape[0])}"
            )
        return np.broadcast_to(heard, (wanted, frames))

    def _events(self, midi: Sequence[MidiEvent], frames: int) -> Sequence[MidiEvent]:
        """Return checked MIDI."""
        if midi and not self.takes_midi:
            raise InputError(f"{self.name} takes no MIDI; leave midi= out")
        last = 0
        for frame, message in midi:
            if not (last <= frame < frames and len(message) >= 1):
                raise InputError(
                    f"MIDI message {message!r} at frame {frame} is out of order, empty or outside the audio"
                )
            last = frame
        return midi

    def __getattr__(self, name: str) -> Any:
        """Return the value of a parameter."""
        if name.startswith("_") or name in HostedPlugin.__annotations__:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        if name in self.parameters:
            return self.parameters[name].value
        raise UnknownAttributeError(
            f"{self.name} has no attribute or parameter {name!r}{suggestion(name, self.parameters)}"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a parameter, or an attribute that the class declares."""
        # What is there already comes first, for speed: some of it is set in every block.
        if name in self.__dict__ or name[0] == "_" or hasattr(type(self), name) or _declared(type(self), name):
            object.__setattr__(self, name, value)
        elif name in self.parameters:
            self.parameters[name].value = value
        else:
            raise UnknownAttributeError(
                f"{self.name} has no attribute or parameter {name!r}{suggestion(name, self.parameters)}"
            )

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.parameters]

    def __repr__(self) -> str:
        values = ", ".join(f"{name} = {value:g}" for name, value in self.parameters.named().items())
        return f"<{type(self).__name__} {self.name!r}{': ' if values else ''}{values}>"


def _declared(kind: type, name: str) -> bool:
    """Return whether a class or one of its bases annotates an attribute."""
    return any(name in vars(base).get("__annotations__", {}) for base in kind.__mro__)


def _not_finite(name: str, made: AudioArray) -> str:
    """Return what to say of output with samples that are no finite numbers."""
    bad = ~np.isfinite(made)
    frame = int(np.argmax(bad.any(axis=0)))
    channel = int(np.argmax(bad[:, frame]))
    return (
        f"{name} gave {made[channel, frame]} in channel {channel} at frame {frame} of the block; set its parameters "
        "otherwise, or take it out"
    )


def _how_to_fit(wanted: int, given: int) -> str:
    """Return what to do about a number of channels."""
    return "repeat the channel" if given == 1 else "mix it to fit first"
