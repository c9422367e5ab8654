"""Plugins in processes of their own: what they do cannot reach the host."""

from pyhost.host.isolation.isolated import CrashedError, Deadlines, Isolated

__all__ = ["CrashedError", "Deadlines", "Isolated"]
