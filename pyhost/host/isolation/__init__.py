"""Plugins in processes of their own: what they do cannot reach the host.

The names are loaded when they are first used: a worker, which is of this package too, needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyhost.host.isolation.isolated import Isolated
    from pyhost.host.isolation.process import CrashedError, Deadlines

_ROOMS = {"CrashedError": "process", "Deadlines": "process", "Isolated": "isolated"}

__all__ = ["CrashedError", "Deadlines", "Isolated"]


def __getattr__(name: str) -> Any:
    """Load a name at its first use."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
