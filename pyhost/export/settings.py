"""Settings of a learner as C: the initialisers of ``DsLearnerSettings`` and its parameters."""

from __future__ import annotations

from collections.abc import Collection

from pyhost._settings import CoreOptimizer, CoreParameter, CoreSchedule, CoreSettings
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import Optimizer
from pyhost.learn.parameters import Parameters
from pyhost.native.text import number

__all__ = ["core_settings", "optimizer_in_c", "schedule_in_c", "settings_in_c", "spec_in_c"]

ADAM_KINDS = {"adamw": "adam"}
"""Optimizers that are another one of the core's, with other numbers."""


def core_settings(
    parameters: Parameters, loss: Loss, optimizer: Optimizer, locked: Collection[str], *, has_rate: bool
) -> CoreSettings:
    """Return settings for the core; with `has_rate`, the sample rate is a locked parameter behind the others."""
    specs = []
    place = 0
    for name, parameter in parameters.items():
        spec = parameter.spec
        specs.append(
            CoreParameter(
                place,
                spec.width,
                spec.normalised,
                spec.scale == "log",
                name in locked,
                spec.minimum,
                spec.maximum,
                spec.stable,
            )
        )
        place += spec.width
    if has_rate:
        specs.append(CoreParameter(place, 1, False, False, True, float("-inf"), float("inf")))
    return CoreSettings(loss.core(), optimizer.core(), tuple(specs))


def spec_in_c(spec: CoreParameter) -> str:
    """Return the initialiser of a ``DsParameter``."""
    flags = ", ".join(f"{int(flag)}u" for flag in (spec.normalised, spec.logarithmic, spec.locked))
    bounds = f"{number(spec.minimum)}, {number(spec.maximum)}"
    return f"    {{{spec.first}u, {spec.count}u, {flags}, {bounds}, {int(spec.recursive)}u}},"


def settings_in_c(settings: CoreSettings) -> str:
    """Return the members of a ``DsLearnerSettings`` without its parameters."""
    loss = settings.loss
    sizes = ", ".join(f"{size}u" for size in loss.sizes) or "0u"
    return "\n".join(
        [
            f"    .loss = DS_LOSS_{loss.kind.upper()},",
            f"    .window_of = DS_WINDOW_OF_{loss.window_of.upper()},",
            f"    .window = {loss.window}u,",
            f"    .delta = {number(loss.delta)},",
            f"    .pre_emphasis = {number(loss.pre_emphasis)},",
            f"    .size_count = {len(loss.sizes)}u,",
            f"    .sizes = {{{sizes}}},",
            f"    .logarithmic = {number(loss.logarithmic)},",
            f"    .rate = {number(settings.optimizer.rate)},",
            f"    .optimizer = {optimizer_in_c(settings.optimizer)},",
            f"    .schedule = {schedule_in_c(settings.optimizer.schedule)},",
        ]
    )


def optimizer_in_c(how: CoreOptimizer) -> str:
    """Return the initialiser of a ``DsOptimizer``."""
    kind = ADAM_KINDS.get(how.kind, how.kind).upper()
    numbers = (how.momentum, how.decay, how.epsilon, how.weight_decay, how.initial, how.clip_value, how.clip_norm)
    return f"{{DS_OPTIMIZER_{kind}, {', '.join(map(number, numbers))}}}"


def schedule_in_c(schedule: CoreSchedule) -> str:
    """Return the initialiser of a ``DsSchedule``."""
    numbers = f"{number(schedule.samples)}, {number(schedule.amount)}"
    return f"{{DS_SCHEDULE_{schedule.kind.upper()}, {schedule.warm_up}u, {numbers}}}"
