"""Loss, optimizer and parameters as the learner in C sees them; see ``csrc/ds_learner.h``. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CoreLoss", "CoreOptimizer", "CoreParameter", "CoreSchedule", "CoreSettings"]


@dataclass(frozen=True, slots=True)
class CoreParameter:
    """A parameter as the learner in C sees it; see ``csrc/ds_learner.h``."""

    first: int
    count: int
    normalised: bool
    logarithmic: bool
    locked: bool
    minimum: float
    maximum: float
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class CoreLoss:
    """A loss as the learner in C sees it."""

    kind: str
    window_of: str
    window: int
    delta: float = 0.0
    pre_emphasis: float = 0.0
    sizes: tuple[int, ...] = ()
    logarithmic: float = 0.0


@dataclass(frozen=True, slots=True)
class CoreSchedule:
    """A schedule as the learner in C sees it."""

    kind: str
    samples: float = 1.0
    amount: float = 0.0
    warm_up: int = 0


@dataclass(frozen=True, slots=True)
class CoreOptimizer:
    """An optimizer as the learner in C sees it."""

    kind: str
    rate: float
    schedule: CoreSchedule
    momentum: float = 0.0
    decay: float = 0.0
    epsilon: float = 0.0
    weight_decay: float = 0.0
    initial: float = 0.0
    clip_value: float = 0.0
    clip_norm: float = 0.0


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """Loss, optimizer and parameters as the learner in C sees them; see ``csrc/ds_learner.h``."""

    loss: CoreLoss
    optimizer: CoreOptimizer
    parameters: tuple[CoreParameter, ...]
