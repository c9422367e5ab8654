"""URIs of LV2 that a host must know, and units as people write them."""

from __future__ import annotations

__all__ = ["ATOM", "BUF_SIZE", "CORE", "MIDI", "OPTIONS", "PARAMETERS", "PORT_GROUPS", "PORT_PROPS", "PRESETS", "RDF"]
__all__ += ["RDFS", "RESIZE_PORT", "STATE", "TIME", "UNITS", "UNIT_SYMBOLS", "URID", "WORKER", "XSD"]

CORE = "http://lv2plug.in/ns/lv2core#"
ATOM = "http://lv2plug.in/ns/ext/atom#"
BUF_SIZE = "http://lv2plug.in/ns/ext/buf-size#"
MIDI = "http://lv2plug.in/ns/ext/midi#"
OPTIONS = "http://lv2plug.in/ns/ext/options#"
PARAMETERS = "http://lv2plug.in/ns/ext/parameters#"
PORT_GROUPS = "http://lv2plug.in/ns/ext/port-groups#"
PORT_PROPS = "http://lv2plug.in/ns/ext/port-props#"
PRESETS = "http://lv2plug.in/ns/ext/presets#"
RESIZE_PORT = "http://lv2plug.in/ns/ext/resize-port#"
STATE = "http://lv2plug.in/ns/ext/state#"
TIME = "http://lv2plug.in/ns/ext/time#"
UNITS = "http://lv2plug.in/ns/extensions/units#"
URID = "http://lv2plug.in/ns/ext/urid#"
WORKER = "http://lv2plug.in/ns/ext/worker#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"

UNIT_SYMBOLS = {
    "bar": "bars",
    "beat": "beats",
    "bpm": "BPM",
    "cent": "cents",
    "cm": "cm",
    "coef": "",
    "db": "dB",
    "degree": "°",
    "frame": "samples",
    "hz": "Hz",
    "inch": "in",
    "khz": "kHz",
    "km": "km",
    "m": "m",
    "mhz": "MHz",
    "midiNote": "MIDI note",
    "mile": "mi",
    "min": "min",
    "mm": "mm",
    "ms": "ms",
    "oct": "octaves",
    "pc": "%",
    "s": "s",
    "semitone12TET": "semitones",
}
