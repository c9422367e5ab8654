"""Hosting: everything that processes audio is a plugin, from an effect of pedalboard's to a learned chain.

The names are loaded when they are first used: pedalboard takes its time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyhost.host.combine import Parallel, Series
    from pyhost.host.each_channel import EachChannel
    from pyhost.host.effects import Effect
    from pyhost.host.function import Dry, FunctionPlugin
    from pyhost.host.isolation import CrashedError, Deadlines, Isolated
    from pyhost.host.learned import LearnedPlugin
    from pyhost.host.load import as_plugin
    from pyhost.host.lv2 import LV2Plugin
    from pyhost.host.plugin import Channels, HostedPlugin, Plugin
    from pyhost.host.transport import Transport
    from pyhost.host.vst3 import VST3Plugin

_ROOMS = {
    "Channels": "plugin",
    "CrashedError": "isolation",
    "Deadlines": "isolation",
    "Dry": "function",
    "EachChannel": "each_channel",
    "Effect": "effects",
    "FunctionPlugin": "function",
    "HostedPlugin": "plugin",
    "Isolated": "isolation",
    "LV2Plugin": "lv2",
    "LearnedPlugin": "learned",
    "Parallel": "combine",
    "Plugin": "plugin",
    "Series": "combine",
    "Transport": "transport",
    "VST3Plugin": "vst3",
    "as_plugin": "load",
}

__all__ = [
    "Channels",
    "CrashedError",
    "Deadlines",
    "Dry",
    "EachChannel",
    "Effect",
    "FunctionPlugin",
    "HostedPlugin",
    "Isolated",
    "LV2Plugin",
    "LearnedPlugin",
    "Parallel",
    "Plugin",
    "Series",
    "Transport",
    "VST3Plugin",
    "as_plugin",
]


def __getattr__(name: str) -> Any:
    """Load a name at its first use."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
