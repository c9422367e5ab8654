"""The ports of an LV2 plugin, as its Turtle describes them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from pyhost.audio import Channels
from pyhost.host.lv2.lilv import ffi, library, text
from pyhost.host.lv2.names import (
    ATOM,
    CORE,
    MIDI,
    PORT_GROUPS,
    PORT_PROPS,
    RDFS,
    RESIZE_PORT,
    TIME,
    UNIT_SYMBOLS,
    UNITS,
)
from pyhost.host.parameter import ParameterInfo

__all__ = ["Port", "PortKind", "decimal", "read_outline", "read_ports"]


class PortKind(Enum):
    """What goes through a port."""

    AUDIO = "audio"
    CONTROL = "control"
    CV = "cv"
    ATOM = "atom"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Port:
    """One port.

    Attributes
    ----------
    index : int
        Its place in the plugin.
    symbol, name : str
        For programs and for people.
    kind : PortKind
        What goes through it.
    output : bool
        Whether the plugin writes it.
    sidechain : bool
        Whether it listens to a side-chain, by either way of saying so.
    optional : bool
        Whether it may be left unconnected.
    latency : bool
        Whether it reports the latency in samples.
    enabled : bool
        Whether it is the switch that is 0 for bypass.
    midi, time : bool
        Whether it takes or gives MIDI, or the position in a song.
    minimum_size : int
        Bytes that an atom port needs at least.
    per_rate : bool
        Whether its range is given in shares of the sample rate.
    info : ParameterInfo
        Of a control.
    """

    index: int
    symbol: str
    name: str
    kind: PortKind
    output: bool
    sidechain: bool
    optional: bool
    latency: bool
    enabled: bool
    midi: bool
    time: bool
    minimum_size: int
    per_rate: bool
    info: ParameterInfo


class _Reader:
    """Asks the world about the ports of one plugin."""

    def __init__(self, world: Any, plugin: Any) -> None:
        self.lilv = library()
        self.world = world
        self.plugin = plugin
        self._uris: dict[str, Any] = {}

    def uri(self, name: str) -> Any:
        """Return the node of a URI, which lives as long as the reader."""
        if name not in self._uris:
            self._uris[name] = ffi.gc(self.lilv.lilv_new_uri(self.world, name.encode()), self.lilv.lilv_node_free)
        return self._uris[name]

    def is_a(self, port: Any, kind: str) -> bool:
        return bool(self.lilv.lilv_port_is_a(self.plugin, port, self.uri(kind)))

    def has(self, port: Any, property_: str) -> bool:
        return bool(self.lilv.lilv_port_has_property(self.plugin, port, self.uri(property_)))

    def get(self, port: Any, predicate: str) -> Any:
        """Return what a port says of itself, or a null node."""
        return _owned(self.lilv.lilv_port_get(self.plugin, port, self.uri(predicate)))

    def world_get(self, subject: Any, predicate: str) -> Any:
        return _owned(self.lilv.lilv_world_get(self.world, subject, self.uri(predicate), ffi.NULL))

    def port(self, index: int) -> Port:
        """Read one port."""
        lilv, port = self.lilv, self.lilv.lilv_plugin_get_port_by_index(self.plugin, index)
        symbol = text(lilv.lilv_port_get_symbol(self.plugin, port))
        name = text(_owned(lilv.lilv_port_get_name(self.plugin, port)))
        kinds = {
            CORE + "AudioPort": PortKind.AUDIO,
            CORE + "ControlPort": PortKind.CONTROL,
            CORE + "CVPort": PortKind.CV,
            ATOM + "AtomPort": PortKind.ATOM,
        }
        kind = next((kind for uri, kind in kinds.items() if self.is_a(port, uri)), PortKind.OTHER)
        designation = text(self.get(port, CORE + "designation"))
        size = self.get(port, RESIZE_PORT + "minimumSize")
        return Port(
            index=index,
            symbol=symbol,
            name=name,
            kind=kind,
            output=self.is_a(port, CORE + "OutputPort"),
            sidechain=self.sidechain(port),
            optional=self.has(port, CORE + "connectionOptional"),
            latency=designation == CORE + "latency" or self.has(port, CORE + "reportsLatency"),
            enabled=designation == CORE + "enabled",
            midi=self.midi(port),
            time=bool(lilv.lilv_port_supports_event(self.plugin, port, self.uri(TIME + "Position"))),
            minimum_size=int(lilv.lilv_node_as_float(size)) if size else 0,
            per_rate=self.has(port, CORE + "sampleRate"),
            info=self._info(port, symbol, name) if kind is PortKind.CONTROL else ParameterInfo(symbol, label=name),
        )

    def midi(self, port: Any) -> bool:
        return bool(self.lilv.lilv_port_supports_event(self.plugin, port, self.uri(MIDI + "MidiEvent")))

    def sidechain(self, port: Any) -> bool:
        if self.has(port, CORE + "isSideChain"):
            return True
        group = self.get(port, PORT_GROUPS + "group")
        return bool(group and self.world_get(group, PORT_GROUPS + "sideChainOf"))

    def _info(self, port: Any, symbol: str, name: str) -> ParameterInfo:
        nodes = [ffi.new("LilvNode **") for _ in range(3)]
        self.lilv.lilv_port_get_range(self.plugin, port, *nodes)
        default, low, high = (_number(_owned(node[0])) for node in nodes)
        toggled = self.has(port, CORE + "toggled")
        low = low if low is not None else 0.0 if toggled else -math.inf
        high = high if high is not None else 1.0 if toggled else math.inf
        if low > high:
            low, high = high, low
        logarithmic = self.has(port, PORT_PROPS + "logarithmic") and low > 0.0
        # A plugin may state a default outside its own range; it starts where the range allows.
        start = min(max(default if default is not None else low if math.isfinite(low) else 0.0, low), high)
        return ParameterInfo(
            name=symbol,
            minimum=low,
            maximum=high,
            default=start,
            unit=self._unit(port),
            scale="log" if logarithmic else "linear",
            choices=tuple(sorted(self._choices(port), key=lambda choice: choice[1])),
            integer=toggled or self.has(port, CORE + "integer"),
            label=name,
        )

    def _unit(self, port: Any) -> str:
        unit = self.get(port, UNITS + "unit")
        if not unit:
            return ""
        uri = text(unit)
        if uri.startswith(UNITS):
            return UNIT_SYMBOLS.get(uri[len(UNITS) :], uri[len(UNITS) :])
        return text(self.world_get(unit, UNITS + "symbol")) or text(self.world_get(unit, RDFS + "label"))

    def _choices(self, port: Any) -> Iterator[tuple[str, float]]:
        lilv = self.lilv
        points = lilv.lilv_port_get_scale_points(self.plugin, port)
        if not points:
            return
        place = lilv.lilv_scale_points_begin(points)
        while not lilv.lilv_scale_points_is_end(points, place):
            point = lilv.lilv_scale_points_get(points, place)
            value = _number(lilv.lilv_scale_point_get_value(point))
            if value is not None:
                yield text(lilv.lilv_scale_point_get_label(point)), value
            place = lilv.lilv_scale_points_next(points, place)
        lilv.lilv_scale_points_free(points)


def _owned(node: Any) -> Any:
    """Return a node that frees itself."""
    return ffi.gc(node, library().lilv_node_free) if node else node


def _number(node: Any) -> float | None:
    """Return the number of a node, if it is one."""
    lilv = library()
    if not node or not (lilv.lilv_node_is_float(node) or lilv.lilv_node_is_int(node)):
        return None
    value = decimal(np.float32(lilv.lilv_node_as_float(node)))
    return value if math.isfinite(value) else None


def decimal(value: np.float32) -> float:
    """Return the shortest decimal that is this number in single precision: 0.1, not 0.10000000149.

    People set a control to what its Turtle says, so the same number must be within its bounds.
    """
    return float(str(value))


def read_outline(world: Any, plugin: Any) -> tuple[Channels, bool]:
    """Return the channels of a plugin and whether it listens to MIDI, without a look at its many controls."""
    reader, lilv = _Reader(world, plugin), library()
    inputs = outputs = heard = 0
    listens = False
    for index in range(lilv.lilv_plugin_get_num_ports(plugin)):
        port = lilv.lilv_plugin_get_port_by_index(plugin, index)
        if reader.is_a(port, CORE + "ControlPort"):
            continue
        output = reader.is_a(port, CORE + "OutputPort")
        if reader.is_a(port, CORE + "AudioPort") or reader.is_a(port, CORE + "CVPort"):
            aside = reader.sidechain(port)
            inputs += not (output or aside)
            outputs += output and not aside
            heard += aside and not output
        elif not output:
            listens = listens or reader.midi(port)
    return Channels(inputs, outputs, heard), listens


def read_ports(world: Any, plugin: Any) -> tuple[Port, ...]:
    """Return the ports of a plugin, in order."""
    reader = _Reader(world, plugin)
    return tuple(reader.port(index) for index in range(library().lilv_plugin_get_num_ports(plugin)))
