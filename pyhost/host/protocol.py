"""What every plugin can do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from numpy.typing import ArrayLike

from pyhost.audio import AudioArray, Channels

__all__ = ["Plugin"]


@runtime_checkable
class Plugin(Protocol):
    """What a host needs of a plugin; a `LearnedChain` has it, and so has whatever `pyhost.load` returns."""

    @property
    def name(self) -> str:
        """Name, for people."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Parameters by name, each with value, range, default, unit, scale and choices."""
        ...

    @property
    def channels(self) -> Channels:
        """How many channels go in and come out."""
        ...

    @property
    def latency_samples(self) -> int:
        """By how many samples its output comes later than its input, at the rate it last ran at."""
        ...

    @property
    def state(self) -> bytes:
        """All that is needed to make another instance sound the same from a reset on; it can be set."""
        ...

    @state.setter
    def state(self, state: bytes) -> None: ...

    def process(
        self,
        audio: ArrayLike,
        sample_rate: float,
        *,
        sidechain: ArrayLike | None = None,
        reset: bool = True,
    ) -> AudioArray:
        """Process audio; as many frames come out as go in, `latency_samples` late."""
        ...

    def reset(self) -> None:
        """Forget what was processed; parameters stay."""
        ...
