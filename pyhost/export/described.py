"""A plugin that is described and printed, before it becomes a folder of one format or another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyhost.export.build import lv2_makefile
from pyhost.export.presets import FILE as PRESETS
from pyhost.export.presets import Preset, preset_turtle, presets_listed
from pyhost.export.turtle import About, Group, Port, manifest, plugin_turtle

__all__ = ["Described"]


@dataclass(frozen=True, slots=True)
class Described:
    """A plugin.

    Attributes
    ----------
    about : About
        For people and hosts.
    groups : sequence of Group
        Of its audio ports.
    ports : sequence of Port
        In their order.
    sources : mapping of str to str
        Texts in C by file name; ``plugin.c`` is what is compiled, and has the LV2 interface.
    latency : int
        Samples by which its output comes later.
    presets : sequence of Preset
        Of its controls.
    """

    about: About
    groups: Sequence[Group]
    ports: Sequence[Port]
    sources: Mapping[str, str]
    latency: int
    presets: Sequence[Preset] = ()

    def lv2_files(self) -> dict[str, str]:
        """Return what an LV2 bundle is made of, by file name."""
        return {
            "manifest.ttl": manifest(self.about) + presets_listed(self.about, self.presets),
            f"{self.about.files}.ttl": plugin_turtle(self.about, self.groups, self.ports),
            **({PRESETS: preset_turtle(self.about, self.presets)} if self.presets else {}),
            "Makefile": lv2_makefile(self.about.files),
            **self.sources,
        }
