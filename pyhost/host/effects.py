"""The effects that pedalboard brings along, as plugins."""

from __future__ import annotations

import inspect
import json
import math
import os
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pedalboard

from pyhost.audio import AudioArray
from pyhost.errors import InputError, ParameterError, PluginError, suggestion
from pyhost.host.parameter import ParameterInfo, PluginParameter, PluginParameters
from pyhost.host.plugin import ANY, HostedPlugin, MidiEvent
from pyhost.host.queue import LateQueue, Pieces, measured_latency, shaped

__all__ = ["Effect", "effect_names"]

UNITS = {"_db": "dB", "_hz": "Hz", "_ms": "ms", "_seconds": "s", "semitones": "semitones", "_rate": "Hz"}

# pedalboard states no ranges; these are the ones its documentation and its setters' errors name.
RANGES: dict[str, tuple[float, float]] = {
    "attack_ms": (0.0, 10_000.0),
    "bit_depth": (0.0, 32.0),
    "ceiling_db": (-100.0, 0.0),
    "centre_delay_ms": (1.0, 100.0),
    "centre_frequency_hz": (1.0, 20_000.0),
    "cutoff_frequency_hz": (1.0, 96_000.0),
    "cutoff_hz": (1.0, 20_000.0),
    "damping": (0.0, 1.0),
    "delay_seconds": (0.0, 30.0),
    "depth": (0.0, 1.0),
    "drive": (1.0, 100.0),
    "drive_db": (-100.0, 100.0),
    "dry_level": (0.0, 1.0),
    "feedback": (0.0, 1.0),
    "freeze_mode": (0.0, 1.0),
    "gain_db": (-100.0, 100.0),
    "lookahead_ms": (0.0, 100.0),
    "mix": (0.0, 1.0),
    "q": (0.01, 100.0),
    "rate_hz": (0.0, 100.0),
    "ratio": (1.0, 1_000.0),
    "release_ms": (0.0, 60_000.0),
    "resonance": (0.0, 1.0),
    "room_size": (0.0, 1.0),
    "semitones": (-72.0, 72.0),
    "target_sample_rate": (100.0, 192_000.0),
    "threshold_db": (-120.0, 0.0),
    "vbr_quality": (0.0, 10.0),
    "wet_level": (0.0, 1.0),
    "width": (0.0, 1.0),
}

WHOLE = (pedalboard.GSMFullRateCompressor, pedalboard.PitchShift)
"""What cannot go on with another block: in pedalboard itself these are silent in blocks of 512 frames."""

RESPONSE = "impulse_response_filename"

CONVOLUTION = (RESPONSE, "mix", "sample_rate")
"""What a convolution can be made with."""

NO_EFFECTS = {"Chain", "ExternalPlugin", "IIRFilter", "Mix", "Pedalboard", "Plugin", "PluginContainer", "VST3Plugin"}


def effect_names() -> list[str]:
    """Return the names of the effects that pedalboard brings along."""
    return sorted(
        name
        for name, kind in vars(pedalboard).items()
        if inspect.isclass(kind) and issubclass(kind, pedalboard.Plugin) and name not in NO_EFFECTS and name[0] != "_"
    )


class Effect(HostedPlugin):
    """An effect of pedalboard's.

    Parameters
    ----------
    effect : str or pedalboard.Plugin
        Its name, such as ``"Reverb"``, or one that was made with pedalboard.
    **settings
        Values of parameters, or what pedalboard's constructor wants.

    Raises
    ------
    InputError
        If there is none of that name.
    ParameterError
        If a setting is wrong.

    Examples
    --------
    >>> from pyhost.host.effects import Effect
    >>> gain = Effect("Gain", gain_db=-6.0)
    >>> gain.gain_db = 0.0
    >>> gain.process([0.5, -0.5], 48_000).tolist()
    [[0.5, -0.5]]
    """

    effect: pedalboard.Plugin

    def __init__(self, effect: str | pedalboard.Plugin, **settings: Any) -> None:
        self.effect = _made(effect, settings) if isinstance(effect, str) else effect
        self._spec = _spec_of(self.effect)
        self.name = type(self.effect).__name__
        self.channels = ANY
        self.parameters = PluginParameters([_parameter(self.effect, name) for name in _settable(self.effect)])
        self._sample_rate = 0.0
        self._latency = 0
        self._ran = False
        if not isinstance(effect, str):
            self.parameters.set(settings)

    @property
    def latency_samples(self) -> int:
        """By how many samples its output comes later, at the rate it last ran at."""
        return self._latency

    @property
    def state(self) -> bytes:
        """Its parameters, as JSON."""
        return json.dumps(self.parameters.named()).encode()

    @state.setter
    def state(self, state: bytes) -> None:
        try:
            values = json.loads(state)
            self.parameters.set(values)
        except (ValueError, AttributeError, TypeError) as error:
            raise PluginError(f"this is no state of {self.name}: {error}") from None

    def _start(self, sample_rate: float, channels: int) -> None:
        self._sample_rate = sample_rate
        self.effect.reset()
        self._latency = measured_latency(self._made, self.effect.reset, channels)
        self._queue = LateQueue(channels, self._latency)
        self.effect.reset()
        self._pieces = Pieces(self._made, self._tell_channels)
        self._ran = False

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        if self._ran and isinstance(self.effect, WHOLE):
            raise PluginError(
                f"{self.name} loses sound wherever a block ends, a fault of pedalboard's; give it all audio in one "
                "call of process, with isolate=False, and not in a session or live"
            )
        self._ran = True
        return self._queue.pass_on(self._pieces.process(block), block.shape[1])

    def _made(self, block: AudioArray) -> AudioArray:
        """Run the effect, which may give back fewer frames."""
        made = self.effect.process(block.astype(np.float32), self._sample_rate, reset=False)
        return shaped(made, block.shape[0])

    def _tell_channels(self, channels: int) -> None:
        # No frames leave no trace. A convolution divides by their number; of silence nothing stays in it.
        frames = channels + 1 if isinstance(self.effect, pedalboard.Convolution) else 0
        self._made(np.zeros((channels, frames)))


def _spec_of(effect: pedalboard.Plugin) -> dict[str, Any] | None:
    """Return which effect it is; None for those that pedalboard cannot make again from plain data."""
    kind = type(effect).__name__
    if kind not in effect_names():
        return None
    if not isinstance(effect, pedalboard.Convolution):
        return {"kind": "effect", "name": kind}
    file = effect.impulse_response_filename
    if not file:
        return None
    return {"kind": "effect", "name": kind, "settings": {"impulse_response_filename": os.path.abspath(file)}}


def _made(name: str, settings: dict[str, Any]) -> Any:
    """Return a new effect."""
    if name not in effect_names():
        raise InputError(f"pedalboard has no effect {name!r}{suggestion(name, effect_names())}")
    kind = getattr(pedalboard, name)
    if kind is pedalboard.Convolution:
        return _convolution(settings)
    plain = kind()
    parameters = PluginParameters([_parameter(plain, key) for key in _settable(plain)])
    parameters.set(settings)
    return plain


def _convolution(settings: dict[str, Any]) -> pedalboard.Convolution:
    """Return the effect that cannot be made without settings."""
    for name in settings:
        if name not in CONVOLUTION:
            raise ParameterError(f"Convolution has no setting {name!r}{suggestion(name, CONVOLUTION)}")
    if RESPONSE not in settings:
        raise ParameterError(
            "Convolution needs an impulse response, and its name alone gives none; save it with one in Python, "
            f"pyhost.host.Effect('Convolution', {RESPONSE}='room.wav').save('room.json'), and load 'room.json', in "
            f"sessions too; a teacher takes --teacher-set {RESPONSE}=room.wav"
        )
    try:
        return pedalboard.Convolution(**settings)
    except TypeError:
        raise ParameterError(
            f"Convolution takes the name of an audio file, a mix from 0 to 1 and a sample rate, not {settings}"
        ) from None
    except (ValueError, RuntimeError, OSError) as error:
        raise ParameterError(f"Convolution refuses these settings: {error}; name an audio file that is there") from None


def _settable(effect: pedalboard.Plugin) -> list[str]:
    """Return the names of what can be set."""
    found = inspect.getmembers(type(effect), lambda member: isinstance(member, property) and member.fset is not None)
    return [name for name, _ in found if not name.startswith("_")]


def _parameter(effect: pedalboard.Plugin, name: str) -> PluginParameter:
    """Return a setting as a parameter."""
    now = getattr(effect, name)
    members = getattr(type(now), "__members__", None)
    if members:
        return _choice(effect, name, list(members.items()))
    minimum, maximum = (0.0, 1.0) if isinstance(now, bool) else RANGES.get(name, (-math.inf, math.inf))
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
    scale: Literal["linear", "log"] = "log" if unit == "Hz" and minimum > 0.0 else "linear"
    info = ParameterInfo(name, minimum, maximum, float(now), unit, scale, integer=isinstance(now, bool))
    return PluginParameter(
        info, lambda: float(getattr(effect, name)), lambda value: _set(effect, name, type(now)(value))
    )


def _choice(effect: pedalboard.Plugin, name: str, members: list[tuple[str, Any]]) -> PluginParameter:
    """Return a setting that is one of several as a parameter."""
    every = [member for _, member in members]
    choices = tuple((label, float(place)) for place, (label, _) in enumerate(members))
    default = float(every.index(getattr(effect, name)))
    info = ParameterInfo(name, 0.0, len(every) - 1.0, default, choices=choices, integer=True)
    return PluginParameter(
        info, lambda: float(every.index(getattr(effect, name))), lambda value: _set(effect, name, every[int(value)])
    )


def _set(effect: pedalboard.Plugin, name: str, value: Any) -> None:
    try:
        setattr(effect, name, value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ParameterError(f"parameter {name!r} of {type(effect).__name__}: {error}") from None
