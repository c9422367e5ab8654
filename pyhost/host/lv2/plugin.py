"""An LV2 plugin as a plugin of this host."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pyhost.audio import AudioArray
from pyhost.errors import PluginError, suggestion
from pyhost.host.lv2.catalogue import Description, catalogue_of
from pyhost.host.lv2.features import BLOCK, STEADY, Uris
from pyhost.host.lv2.instance import Instance
from pyhost.host.lv2.names import STATE
from pyhost.host.lv2.ports import Port, PortKind, decimal
from pyhost.host.lv2.state import parsed_state, preset_state, restore, saved
from pyhost.host.lv2.steady import SteadyBlocks
from pyhost.host.parameter import PluginParameter, PluginParameters
from pyhost.host.plugin import HostedPlugin, MidiEvent
from pyhost.host.transport import Transport

__all__ = ["LV2Plugin"]

USUAL_RATE = 48_000.0
"""At which a plugin runs that was asked for its state before it knew a rate."""

_uris = Uris()


class LV2Plugin(HostedPlugin):
    """An LV2 plugin, in this process.

    Parameters
    ----------
    uri : str
        Who it is.
    bundle : path, optional
        The folder it lies in; without it all folders of ``LV2_PATH`` are looked through.

    Attributes
    ----------
    description : Description
        What its Turtle says.
    midi_out : list of (frame, bytes)
        MIDI that it wrote in the last call of `process`.

    Raises
    ------
    PluginError
        If it is not installed, refuses, or needs what this host does not offer.
    """

    description: Description
    midi_out: list[MidiEvent]

    def __init__(self, uri: str, bundle: str | os.PathLike[str] | None = None) -> None:
        self._catalogue = catalogue_of(bundle)
        self._spec = {"kind": "lv2", "uri": uri}
        self.description = self._catalogue.describe(uri)
        self.name = self.description.name
        self.channels = self.description.channels
        self.takes_midi = self.description.takes_midi
        self.follows_tempo = any(port.time and not port.output for port in self.description.ports)
        self.midi_out = []
        self._controls = np.zeros(len(self.description.ports) + 1, np.float32)
        self._rate = USUAL_RATE
        controls = [port for port in self.description.ports if port.kind is PortKind.CONTROL and not port.latency]
        for port in controls:
            self._controls[port.index] = port.info.default * (self._rate if port.per_rate else 1.0)
        self.parameters = PluginParameters([self._parameter(port) for port in controls])
        self._latency_port = next((p.index for p in self.description.ports if p.latency and p.output), None)
        self._latency = 0
        self._state: bytes | None = None
        self._instance: Instance | None = None
        self._steady: SteadyBlocks | None = None
        self._news: Transport | None = None
        self._default_state()

    @property
    def latency_samples(self) -> int:
        """By how many samples its output comes later, at the rate it last ran at."""
        return self._latency

    @property
    def presets(self) -> list[str]:
        """Names of its presets."""
        return list(self._catalogue.presets(self.description.uri))

    def load_preset(self, name: str) -> None:
        """Set it as a preset says.

        Raises
        ------
        PluginError
            If it has none of that name.
        """
        presets = self._catalogue.presets(self.description.uri)
        if name not in presets:
            raise PluginError(f"{self.name} has no preset {name!r}{suggestion(name, presets)}")
        self._restore(preset_state(self._catalogue, _uris, presets[name]))

    @property
    def state(self) -> bytes:
        """Its controls and what it keeps of its own, as Turtle."""
        return saved(self._catalogue, _uris, self._running_instance(), self._read)

    @state.setter
    def state(self, state: bytes) -> None:
        parsed = parsed_state(self._catalogue, _uris, self.description, state)
        self._restore(parsed)

    def reset(self) -> None:
        """Forget what was processed; parameters and state stay."""
        if self._instance is not None:
            self._keep_state()
            self._instance.close()
            self._instance = None
        super().reset()

    def _start(self, sample_rate: float, channels: int) -> None:
        self.reset()
        self._rate = sample_rate
        if self._latency_port is not None:
            probe = self._new_instance()
            probe.run(np.zeros((self.channels.inputs or 0, BLOCK)), self._silence(BLOCK), ())
            probe.close()
            self._latency = max(round(float(self._controls[self._latency_port])), 0)
        else:
            self._latency = 0
        self._instance = self._new_instance()
        self._news = self.transport
        self._steady = None
        if STEADY & self.description.required:
            ins, outs, heard = self.channels.inputs or 0, self.channels.outputs or 0, self.channels.sidechain
            self._steady = SteadyBlocks(self._run_blocks, BLOCK, ins, heard, outs)
            self._latency += BLOCK

    def _follow(self, transport: Transport | None, sample_rate: float) -> None:
        # A block that is still filling began before now.
        waiting = 0 if self._steady is None else self._steady.waiting
        self._news = None if transport is None else transport.moved(-waiting, sample_rate)

    def _run(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        self.midi_out = []
        if self._steady is not None:
            return self._steady.process(block, sidechain, midi)
        return self._run_blocks(block, sidechain, midi)

    def _run_blocks(self, block: AudioArray, sidechain: AudioArray | None, midi: Sequence[MidiEvent]) -> AudioArray:
        """Run the plugin on a block of any length, in pieces it can take."""
        assert self._instance is not None
        # Plugins count on by themselves: what is told again in every block would make the output depend on blocks.
        news, self._news = self._news, None
        if block.shape[1] <= BLOCK:
            audio, self.midi_out = self._instance.run(block, sidechain, midi, news)
            return audio
        made = []
        for first in range(0, block.shape[1], BLOCK):
            last = min(first + BLOCK, block.shape[1])
            heard = None if sidechain is None else sidechain[:, first:last]
            events = [(frame - first, message) for frame, message in midi if first <= frame < last]
            audio, written = self._instance.run(block[:, first:last], heard, events, news)
            news = None
            made.append(audio)
            self.midi_out += [(frame + first, message) for frame, message in written]
        return np.concatenate(made, axis=1)

    def _parameter(self, port: Port) -> PluginParameter:
        """Return a control as a parameter; a range in shares of the sample rate is one of 48 kHz until it runs."""
        info = port.info
        if port.per_rate:
            info = replace(info, minimum=info.minimum * USUAL_RATE, maximum=info.maximum * USUAL_RATE)
            info = replace(info, default=info.default * USUAL_RATE)
        if port.output:
            return PluginParameter(info, lambda: float(self._controls[port.index]), None)
        return PluginParameter(
            info, lambda: decimal(self._controls[port.index]), lambda value: self._write(port.index, value)
        )

    def _write(self, index: int, value: float) -> None:
        self._controls[index] = value

    def _read(self, symbol: str) -> float:
        return next(float(self._controls[p.index]) for p in self.description.ports if p.symbol == symbol)

    def _new_instance(self) -> Instance:
        instance = Instance(self._catalogue, self.description, _uris, self._rate, self._controls)
        if self._state is not None:
            parsed = parsed_state(self._catalogue, _uris, self.description, self._state)
            restore(parsed, _uris, instance, lambda symbol, value: None)
        instance.activate()
        return instance

    def _running_instance(self) -> Instance:
        """Return the instance, made for the purpose if it never ran."""
        if self._instance is None:
            self._instance = self._new_instance()
        return self._instance

    def _keep_state(self) -> None:
        """Take what the plugin keeps of its own over into the next instance."""
        if self._instance is not None and self._instance.has_state:
            self._state = saved(self._catalogue, _uris, self._instance, self._read)

    def _restore(self, state: object) -> None:
        """Give a state to the plugin, controls and all."""
        restore(state, _uris, self._running_instance(), self._set_by_symbol)
        self._keep_state()

    def _set_by_symbol(self, symbol: str, value: float) -> None:
        for port in self.description.ports:
            if port.symbol == symbol and port.kind is PortKind.CONTROL and not port.output:
                self._controls[port.index] = value

    def _silence(self, frames: int) -> AudioArray | None:
        return np.zeros((self.channels.sidechain, frames)) if self.channels.sidechain else None

    def _default_state(self) -> None:
        """Start as the plugin's Turtle asks for."""
        if STATE + "loadDefaultState" in self.description.required:
            state = preset_state(self._catalogue, _uris, self.description.uri)
            if state is not None:
                self._restore(state)
