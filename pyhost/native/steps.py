"""Optimizers that go scalar by scalar, in the direct loop: what they keep, and a step of theirs as C."""

from __future__ import annotations

from collections.abc import Iterable

from pyhost._settings import CoreSettings
from pyhost.native.layout import HAS_M, HAS_V
from pyhost.native.text import Lines

__all__ = ["SCALAR_KINDS", "Steps"]

SCALAR_KINDS = frozenset(["sgd", *HAS_M, *HAS_V])
"""Kinds whose step of a parameter depends on nothing of the others."""

COUNTERS = 3
"""Doubles in front of what an optimizer keeps for each parameter (``ds_learner_state.h``)."""


class Steps:
    """The optimizer of a learner.

    Parameters
    ----------
    settings : CoreSettings
        The learner's.
    parameters : int
        Scalars.

    Attributes
    ----------
    is_plain : bool
        Whether it keeps nothing: stochastic gradient descent.
    has_velocity : bool
        Whether what it keeps is a speed, which must not wind up at a bound.
    """

    def __init__(self, settings: CoreSettings, parameters: int) -> None:
        kind = settings.optimizer.kind
        self.kind, self.decays = kind, settings.optimizer.weight_decay > 0.0
        self.is_plain = kind == "sgd"
        self.is_adam = kind in ("adam", "adamw")
        self.has_velocity = kind in ("momentum", "nesterov")
        self.has_m, self.has_v = kind in HAS_M, kind in HAS_V
        self._m, self._v = COUNTERS, COUNTERS + (parameters if self.has_m else 0)

    def in_array(self, name: str, place: int | str) -> str:
        """Return m or v of a parameter in the state."""
        start = self._m if name == "m" else self._v
        return f"s->optimizer[{start + place if isinstance(place, int) else f'{start} + {place}'}]"

    def _kept(self) -> list[str]:
        return [name for name, is_there in (("m", self.has_m), ("v", self.has_v)) if is_there]

    def before(self, out: Lines, places: Iterable[int]) -> None:
        """Print what goes from the state to variables."""
        if self.is_plain:
            return
        out.add("const DsOptimizer how = learner->settings.optimizer;")
        if self.is_adam:
            out.add("double power1 = *learner->state.power1, power2 = *learner->state.power2;")
        for place in places:
            for name in self._kept():
                out.add(f"double {name}_{place} = {self.in_array(name, place)};")

    def at_sample(self, out: Lines) -> None:
        """Print what all parameters share."""
        if self.is_adam:
            out.add("power1 *= how.momentum;")
            out.add("power2 *= how.decay;")
            corrections = "1.0 - power1, 1.0 - power2"
            out.add(f"const DsAdam adam = {{rate, how.momentum, how.decay, how.epsilon, {corrections}}};")
        if self.decays:
            out.add("const double pull = rate * how.weight_decay;")

    def step(self, gradient: str, m: str, v: str) -> str:
        """Return a parameter's step; m and v are where it keeps its own."""
        if self.is_plain:
            return f"rate * {gradient}"
        if self.is_adam:
            return f"ds_optimizer_adam({gradient}, adam, &{m}, &{v})"
        if self.has_velocity:
            return f"ds_optimizer_{self.kind}({gradient}, rate, how.momentum, &{m})"
        return f"ds_optimizer_rmsprop({gradient}, rate, how.decay, how.epsilon, &{v})"

    def after(self, out: Lines, places: Iterable[int]) -> None:
        """Print what goes back to the state."""
        if self.is_adam:
            out.add("*learner->state.power1 = power1;")
            out.add("*learner->state.power2 = power2;")
        for place in places:
            for name in self._kept():
                out.add(f"{self.in_array(name, place)} = {name}_{place};")
