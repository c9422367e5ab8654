"""How many channels go into something and come out of it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ANY", "Channels"]


@dataclass(frozen=True, slots=True)
class Channels:
    """How many channels a plugin takes and gives.

    Attributes
    ----------
    inputs, outputs : int or None
        None: as many as it is given, and as many out as in.
    sidechain : int
        Of the side-chain; 0: it has none.
    """

    inputs: int | None = None
    outputs: int | None = None
    sidechain: int = 0

    def out(self, channels: int) -> int:
        """Return how many channels come out when so many go in."""
        return channels if self.outputs is None else self.outputs


ANY = Channels()
"""As many out as in."""
