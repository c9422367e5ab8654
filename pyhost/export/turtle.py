"""The Turtle of an LV2 bundle: what a host reads before it loads anything."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pyhost.errors import ExportError

__all__ = ["About", "Group", "Port", "check_ports", "check_uri", "decimal", "manifest", "plugin_turtle"]

PREFIXES = """@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pg: <http://lv2plug.in/ns/ext/port-groups#> .
@prefix pprop: <http://lv2plug.in/ns/ext/port-props#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix state: <http://lv2plug.in/ns/ext/state#> .
@prefix units: <http://lv2plug.in/ns/extensions/units#> .
@prefix urid: <http://lv2plug.in/ns/ext/urid#> .
"""

KNOWN_UNITS = {
    "Hz": "hz",
    "kHz": "khz",
    "dB": "db",
    "s": "s",
    "ms": "ms",
    "%": "pc",
    "st": "semitone12TET",
    "BPM": "bpm",
}

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Port:
    """A port; its index is its place in the list.

    Attributes
    ----------
    symbol, name : str
        For programs and for people.
    kind : {"Audio", "Control"}
        What goes through it.
    output : bool
        Whether the plugin writes it.
    default, minimum, maximum : float
        Of a control, in `unit`.
    unit, comment : str
        For people.
    properties : tuple of str
        As in ``"lv2:toggled"``.
    designation, group : str
        What it is, as in ``"lv2:enabled"``, and the symbol of the group it belongs to.
    choices : tuple of str
        Names of the values 0, 1, ….
    """

    symbol: str
    name: str
    kind: str = "Control"
    output: bool = False
    default: float = 0.0
    minimum: float = 0.0
    maximum: float = 1.0
    unit: str = ""
    comment: str = ""
    properties: tuple[str, ...] = ()
    designation: str = ""
    group: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Audio ports that belong together.

    Attributes
    ----------
    symbol, name : str
        For programs and for people.
    relation : str
        As in ``"pg:mainInput"``; empty for a side-chain.
    output : bool
        Whether its ports are outputs.
    channels : int
        1 or 2.
    """

    symbol: str
    name: str
    relation: str
    output: bool
    channels: int


@dataclass(frozen=True, slots=True)
class About:
    """A plugin, for people and hosts.

    Attributes
    ----------
    uri, name, comment : str
        Who it is.
    files : str
        What its files are called, without ``.so`` and ``.ttl``.
    has_state : bool
        Whether it keeps more than its controls.
    """

    uri: str
    name: str
    comment: str
    files: str
    has_state: bool = False

    def part(self, *names: str) -> str:
        """Return the URI of a part of the plugin; a URI has one ``#`` at most."""
        if self.uri.startswith("urn:"):
            return ":".join((self.uri, *names))
        return f"{self.uri}{'-' if '#' in self.uri else '#'}{'-'.join(names)}"


def decimal(value: float) -> str:
    """Return a number as the shortest decimal that is the same in single precision, which ports have."""
    return np.format_float_positional(np.float32(value), unique=True, trim="0")


def quoted(text: str) -> str:
    """Return any text as a string of Turtle."""
    printable = (sign if sign.isprintable() or sign in _ESCAPES else " " for sign in text)
    return '"' + "".join(_ESCAPES.get(sign, sign) for sign in printable) + '"'


def check_uri(uri: str) -> None:
    """Raise if a text is no URI that names a plugin.

    Raises
    ------
    ExportError
        With what it must be like.
    """
    signs = r"[\w.~:/?@!$&'()*+,;=%-]+"
    if not re.fullmatch(rf"(?:https?://[\w.-]+/|urn:[A-Za-z0-9][A-Za-z0-9-]+:){signs}(?:#{signs})?", uri, re.ASCII):
        raise ExportError(f"{uri!r} is no URI for a plugin; write http://your.site/its-name or urn:your-site:its-name")


def check_ports(ports: Sequence[Port]) -> None:
    """Raise if a host could stumble over the ports: what validators of Turtle do not see.

    Raises
    ------
    ExportError
        If a symbol is wrong or there twice, or a control's range is empty, or its default outside it.
    """
    seen: set[str] = set()
    for port in ports:
        if not re.fullmatch(r"[A-Za-z_]\w*", port.symbol, re.ASCII) or port.symbol in seen:
            raise ExportError(f"the port symbol {port.symbol!r} is wrong or there twice")
        seen.add(port.symbol)
        if port.kind != "Control":
            continue
        low, start, high = (float(np.float32(x)) for x in (port.minimum, port.default, port.maximum))
        if not (math.isfinite(low) and math.isfinite(high) and low < high and (port.output or low <= start <= high)):
            raise ExportError(f"the port {port.symbol!r} starts at {start:g} in a range of {low:g} to {high:g}")
        if "pprop:logarithmic" in port.properties and low <= 0.0:
            raise ExportError(f"the port {port.symbol!r} is logarithmic from {low:g} on; it must be above 0")


def manifest(about: About) -> str:
    """Return ``manifest.ttl``."""
    return (
        "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\n"
        f"<{about.uri}>\n\ta lv2:Plugin ;\n\tlv2:binary <{about.files}.so> ;\n\trdfs:seeAlso <{about.files}.ttl> .\n"
    )


def plugin_turtle(about: About, groups: Sequence[Group], ports: Sequence[Port]) -> str:
    """Return the Turtle of a plugin.

    Raises
    ------
    ExportError
        If the URI or the ports are wrong.
    """
    check_uri(about.uri)
    check_ports(ports)
    features = ["lv2:hardRTCapable", *(["urid:map"] if about.has_state else [])]
    lines = [
        "a lv2:Plugin",
        f"doap:name {quoted(about.name)}",
        "doap:license <https://spdx.org/licenses/ISC>",
        f"lv2:project {_project(about)}",
        f"rdfs:comment {quoted(about.comment)}",
        "lv2:minorVersion 2",
        "lv2:microVersion 0",
        f"lv2:optionalFeature {' , '.join(features)}",
        *(["lv2:extensionData state:interface"] if about.has_state else []),
        *(f"{group.relation} <{about.part(group.symbol)}>" for group in groups if group.relation),
        "lv2:port " + " , ".join(_port(about, index, port) for index, port in enumerate(ports)),
    ]
    described = [_group(about, group, groups[0]) for group in groups]
    return "\n".join([PREFIXES, *described, f"<{about.uri}>", "\t" + " ;\n\t".join(lines) + " .", ""])


def _project(about: About) -> str:
    """Return a project of its own: a plugin that is one too is listed by hosts under projects."""
    maintainer = 'doap:maintainer [ a foaf:Person ; foaf:name "exported by pyhost" ]'
    return f"[ a doap:Project ; doap:name {quoted(about.name)} ; {maintainer} ]"


def _group(about: About, group: Group, main: Group) -> str:
    kinds = [f"pg:{'Output' if group.output else 'Input'}Group", f"pg:{('Mono', 'Stereo')[group.channels - 1]}Group"]
    lines = [
        f"a {' , '.join(kinds)}",
        f"lv2:symbol {quoted(group.symbol)}",
        f"lv2:name {quoted(group.name)}",
        *([] if group.relation else [f"pg:sideChainOf <{about.part(main.symbol)}>"]),
        *([f"pg:source <{about.part(main.symbol)}>"] if group.output else []),
    ]
    return f"<{about.part(group.symbol)}>\n\t" + " ;\n\t".join(lines) + " .\n"


def _port(about: About, index: int, port: Port) -> str:
    lines = [
        f"a lv2:{'Output' if port.output else 'Input'}Port , lv2:{port.kind}Port",
        f"lv2:index {index}",
        f"lv2:symbol {quoted(port.symbol)}",
        f"lv2:name {quoted(port.name)}",
        *_range(port),
        *([f"rdfs:comment {quoted(port.comment)}"] if port.comment else []),
        *([f"lv2:portProperty {' , '.join(port.properties)}"] if port.properties else []),
        *([f"lv2:designation {port.designation}"] if port.designation else []),
        *([f"pg:group <{about.part(port.group)}>"] if port.group else []),
        *_choices(port.choices),
    ]
    return "[\n\t\t" + " ;\n\t\t".join(lines) + "\n\t]"


def _range(port: Port) -> Iterable[str]:
    if port.kind != "Control":
        return
    if not port.output:
        yield f"lv2:default {decimal(port.default)}"
    yield f"lv2:minimum {decimal(port.minimum)}"
    yield f"lv2:maximum {decimal(port.maximum)}"
    if port.unit in KNOWN_UNITS:
        yield f"units:unit units:{KNOWN_UNITS[port.unit]}"
    elif port.unit:
        label, render = quoted(port.unit), quoted("%f " + port.unit.replace("%", "%%"))
        yield f"units:unit [ a units:Unit ; rdfs:label {label} ; units:symbol {label} ; units:render {render} ]"


def _choices(names: Sequence[str]) -> Iterable[str]:
    if names:
        points = (f"[ rdfs:label {quoted(name)} ; rdf:value {value} ]" for value, name in enumerate(names))
        yield "lv2:scalePoint " + " , ".join(points)
