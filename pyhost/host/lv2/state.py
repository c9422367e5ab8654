"""The state of an LV2 plugin, as lilv writes it: Turtle with controls, and what the plugin adds of its own.

Kept as ``state.ttl`` in a folder it is what other hosts load, as jalv by ``-l FOLDER``; and what they save is loaded
here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pyhost.errors import PluginError
from pyhost.host.lv2.catalogue import Catalogue, Description
from pyhost.host.lv2.features import Uris
from pyhost.host.lv2.instance import Instance
from pyhost.host.lv2.lilv import ffi, library, text
from pyhost.host.lv2.names import ATOM, CORE, PRESETS, RDF, RDFS, STATE, XSD

__all__ = ["parsed_state", "preset_state", "restore", "saved"]

SUBJECT = b"<urn:pyhost:state>"
"""What lilv takes a state in memory for; it cannot do without a name."""

FILE = b"<>"
"""What a state in a file is about: the file itself. No other name is looked for by who loads one."""

PREFIXES = {"atom": ATOM, "lv2": CORE, "pset": PRESETS, "rdf": RDF, "rdfs": RDFS, "state": STATE, "xsd": XSD}
"""Those that lilv uses in what it writes to memory without saying so."""


def saved(catalogue: Catalogue, uris: Uris, instance: Instance, read: Callable[[str], float]) -> bytes:
    """Return the state of an instance as Turtle.

    Parameters
    ----------
    catalogue, uris, instance
        Of the plugin.
    read : callable
        Returns the value of a control by its symbol.

    Raises
    ------
    PluginError
        If the plugin could not be asked.
    """
    lilv = library()
    real = uris[ATOM + "Float"]
    kept: list[Any] = []

    def get(symbol: Any, user: Any, size: Any, kind: Any) -> Any:
        value = ffi.new("float *", read(ffi.string(symbol).decode()))
        kept.append(value)
        size[0], kind[0] = ffi.sizeof("float"), real
        return value

    callback = ffi.callback("LilvGetPortValueFunc", get)
    null = ffi.NULL
    plugin = catalogue.plugin(instance.description.uri)
    state = lilv.lilv_state_new_from_instance(
        plugin, instance.handle, uris.map, null, null, null, null, callback, null, 0, instance.features.array
    )
    if not state:
        raise PluginError(f"{instance.description.name} did not tell its state")
    written = lilv.lilv_state_to_string(catalogue.world, uris.map, uris.unmap, state, SUBJECT[1:-1], null)
    lilv.lilv_state_free(state)
    if not written:
        raise PluginError(f"the state of {instance.description.name} could not be written")
    try:
        prefixes = "".join(f"@prefix {name}: <{uri}> .\n" for name, uri in PREFIXES.items())
        return prefixes.encode() + b"\n" + bytes(ffi.string(written)).replace(SUBJECT, FILE, 1)
    finally:
        lilv.lilv_free(written)


def parsed_state(catalogue: Catalogue, uris: Uris, description: Description, state: bytes) -> Any:
    """Return lilv's state of Turtle that `saved` wrote, or another host into a file.

    Raises
    ------
    PluginError
        If it is damaged, or another plugin's.
    """
    lilv = library()
    named = re.sub(rb"(?m)^<>", SUBJECT, state, count=1)
    found = lilv.lilv_state_new_from_string(catalogue.world, uris.map, named) if b"\0" not in named and named else None
    if not found:
        raise PluginError(f"this is no state of an LV2 plugin; save it again from {description.name}")
    found = ffi.gc(found, lilv.lilv_state_free)
    owner = text(lilv.lilv_state_get_plugin_uri(found))
    if owner != description.uri:
        raise PluginError(f"this state is of {owner or 'no plugin'}, not of {description.name} ({description.uri})")
    return found


def preset_state(catalogue: Catalogue, uris: Uris, uri: str) -> Any:
    """Return lilv's state of a preset, or of a plugin's default state; None if it has none."""
    lilv = library()
    node = ffi.gc(lilv.lilv_new_uri(catalogue.world, uri.encode()), lilv.lilv_node_free)
    lilv.lilv_world_load_resource(catalogue.world, node)
    found = lilv.lilv_state_new_from_world(catalogue.world, uris.map, node)
    return ffi.gc(found, lilv.lilv_state_free) if found else None


def restore(state: Any, uris: Uris, instance: Instance, write: Callable[[str, float], None]) -> None:
    """Give a state to an instance.

    Parameters
    ----------
    state
        Of `parsed_state` or `preset_state`.
    uris, instance
        Of the plugin.
    write : callable
        Takes the symbol of a control and its value.
    """
    kinds = {uris[ATOM + "Float"]: "float *", uris[ATOM + "Double"]: "double *", uris[ATOM + "Int"]: "int32_t *"}
    kinds |= {uris[ATOM + "Long"]: "int64_t *", uris[ATOM + "Bool"]: "int32_t *"}

    def put(symbol: Any, user: Any, value: Any, size: int, kind: int) -> None:
        if kind in kinds:
            write(ffi.string(symbol).decode(), float(ffi.cast(kinds[kind], value)[0]))

    callback = ffi.callback("LilvSetPortValueFunc", put)
    library().lilv_state_restore(state, instance.handle, callback, ffi.NULL, 0, instance.features.array)
