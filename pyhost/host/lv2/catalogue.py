"""The LV2 plugins that are installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from typing import Any

from pyhost.errors import PluginError, suggestion
from pyhost.host.lv2.lilv import ffi, library, text
from pyhost.host.lv2.names import PRESETS, RDFS
from pyhost.host.lv2.ports import Port, PortKind, read_outline, read_ports
from pyhost.host.plugin import Channels

__all__ = ["Catalogue", "Description", "catalogue_of"]


def catalogue_of(bundle: str | os.PathLike[str] | None = None) -> Catalogue:
    """Return the catalogue of a bundle or of all that is installed; each is read once in a process."""
    return _read(None if bundle is None else os.path.abspath(bundle), os.environ.get("LV2_PATH"))


@cache
def _read(bundle: str | None, _path: str | None) -> Catalogue:
    return Catalogue(bundle)


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a plugin from its Turtle, without loading its code.

    Attributes
    ----------
    uri, name, kind, author, bundle : str
        Who it is, what it calls itself, and the folder it lies in.
    ports : tuple of Port
        In order.
    required : frozenset of str
        URIs of features it cannot do without.
    """

    uri: str
    name: str
    kind: str
    author: str
    bundle: str
    ports: tuple[Port, ...]
    required: frozenset[str]

    def audio(self, *, output: bool, sidechain: bool = False) -> list[Port]:
        """Return audio and CV ports of one direction, those of side-chains apart."""
        kinds = (PortKind.AUDIO, PortKind.CV)
        return [p for p in self.ports if p.kind in kinds and p.output == output and p.sidechain == sidechain]

    @property
    def channels(self) -> Channels:
        """How many go in and come out."""
        heard = len(self.audio(output=False, sidechain=True))
        return Channels(len(self.audio(output=False)), len(self.audio(output=True)), heard)

    @property
    def takes_midi(self) -> bool:
        """Whether a port of it listens to MIDI."""
        return any(p.midi and not p.output for p in self.ports)


class Catalogue:
    """The plugins that lilv finds in ``LV2_PATH`` or, without it, in the usual folders.

    Parameters
    ----------
    bundle : path, optional
        Reads this folder alone, which takes a few milliseconds instead of some hundred.

    Raises
    ------
    PluginError
        If lilv is not installed, or the folder is not there.
    """

    def __init__(self, bundle: str | os.PathLike[str] | None = None) -> None:
        self._lilv = library()
        self.world = self._lilv.lilv_world_new()
        if bundle is None:
            self._lilv.lilv_world_load_all(self.world)
        else:
            self._read_bundle(os.path.abspath(bundle))

    def _read_bundle(self, folder: str) -> None:
        if not os.path.isfile(os.path.join(folder, "manifest.ttl")):
            raise PluginError(f"{folder!r} is no LV2 bundle: it has no manifest.ttl")
        path = os.path.join(folder, "").encode()
        node = ffi.gc(self._lilv.lilv_new_file_uri(self.world, ffi.NULL, path), self._lilv.lilv_node_free)
        self._lilv.lilv_world_load_bundle(self.world, node)

    def _plugins(self) -> Iterator[Any]:
        every = self._lilv.lilv_world_get_all_plugins(self.world)
        place = self._lilv.lilv_plugins_begin(every)
        while not self._lilv.lilv_plugins_is_end(every, place):
            yield self._lilv.lilv_plugins_get(every, place)
            place = self._lilv.lilv_plugins_next(every, place)

    @cached_property
    def uris(self) -> list[str]:
        """URIs of all plugins, sorted."""
        return sorted(text(self._lilv.lilv_plugin_get_uri(plugin)) for plugin in self._plugins())

    def plugin(self, uri: str) -> Any:
        """Return lilv's plugin of a URI.

        Raises
        ------
        PluginError
            If there is none.
        """
        node = ffi.gc(self._lilv.lilv_new_uri(self.world, uri.encode()), self._lilv.lilv_node_free)
        every = self._lilv.lilv_world_get_all_plugins(self.world)
        found = self._lilv.lilv_plugins_get_by_uri(every, node) if node else ffi.NULL
        if not found:
            near = suggestion(uri, self.uris) if len(self.uris) < 2000 else ""
            raise PluginError(
                f"there is no LV2 plugin {uri!r}"
                + (near if near.startswith("; did") else "")
                + "; `pyhost plugins` lists what is installed, LV2_PATH says where to look"
            )
        return found

    def describe(self, uri: str) -> Description:
        """Return what the Turtle says of a plugin."""
        plugin = self.plugin(uri)
        lilv = self._lilv
        required = lilv.lilv_plugin_get_required_features(plugin)
        description = Description(
            uri=uri,
            name=self._owned_text(lilv.lilv_plugin_get_name(plugin)) or uri,
            kind=text(lilv.lilv_plugin_class_get_label(lilv.lilv_plugin_get_class(plugin))),
            author=self._owned_text(lilv.lilv_plugin_get_author_name(plugin)),
            bundle=self.bundle(uri),
            ports=read_ports(self.world, plugin),
            required=frozenset(self._texts(required)),
        )
        lilv.lilv_nodes_free(required)
        return description

    def bundle(self, uri: str) -> str:
        """Return the folder that a plugin lies in."""
        return text(self._lilv.lilv_plugin_get_bundle_uri(self.plugin(uri))).removeprefix("file://")

    def binary(self, uri: str) -> str:
        """Return the file of a plugin's code."""
        return text(self._lilv.lilv_plugin_get_library_uri(self.plugin(uri))).removeprefix("file://")

    def rows(self) -> list[dict[str, Any]]:
        """Return all plugins as plain data: identifier, name, format, kind, channels and whether they take MIDI."""
        found = []
        lilv = self._lilv
        for uri in self.uris:
            plugin = self.plugin(uri)
            name = self._owned_text(lilv.lilv_plugin_get_name(plugin)) or uri
            kind = text(lilv.lilv_plugin_class_get_label(lilv.lilv_plugin_get_class(plugin)))
            channels, takes_midi = read_outline(self.world, plugin)
            row = {"identifier": uri, "name": name, "format": "lv2", "kind": kind}
            found.append(row | {"channels": asdict(channels), "takes_midi": takes_midi})
        return found

    def presets(self, uri: str) -> dict[str, str]:
        """Return the presets of a plugin: label → URI."""
        lilv = self._lilv
        kind = ffi.gc(lilv.lilv_new_uri(self.world, (PRESETS + "Preset").encode()), lilv.lilv_node_free)
        label = ffi.gc(lilv.lilv_new_uri(self.world, (RDFS + "label").encode()), lilv.lilv_node_free)
        related = lilv.lilv_plugin_get_related(self.plugin(uri), kind)
        found = {}
        for name in self._texts(related):
            node = ffi.gc(lilv.lilv_new_uri(self.world, name.encode()), lilv.lilv_node_free)
            lilv.lilv_world_load_resource(self.world, node)
            found[self._owned_text(lilv.lilv_world_get(self.world, node, label, ffi.NULL)) or name] = name
        lilv.lilv_nodes_free(related)
        return dict(sorted(found.items()))

    def _texts(self, nodes: Any) -> list[str]:
        found = []
        place = self._lilv.lilv_nodes_begin(nodes)
        while not self._lilv.lilv_nodes_is_end(nodes, place):
            found.append(text(self._lilv.lilv_nodes_get(nodes, place)))
            place = self._lilv.lilv_nodes_next(nodes, place)
        return found

    def _owned_text(self, node: Any) -> str:
        found = text(node)
        if node:
            self._lilv.lilv_node_free(node)
        return found
