"""What of a learner's settings is structure, and so printed, and what is a number that is set when it is made."""

from __future__ import annotations

import math
from dataclasses import replace

from pyhost._settings import CoreOptimizer, CoreParameter, CoreSchedule, CoreSettings

__all__ = ["structure_of"]


def structure_of(settings: CoreSettings) -> CoreSettings:
    """Return settings with stand-ins for their numbers: those of two learners that share their code are equal."""
    return CoreSettings(
        replace(settings.loss, delta=0.0, pre_emphasis=0.0, logarithmic=0.0),
        _optimizer(settings.optimizer),
        tuple(map(_parameter, settings.parameters)),
    )


def _optimizer(optimizer: CoreOptimizer) -> CoreOptimizer:
    """Keep the kind, and whether it clips and decays."""
    schedule = CoreSchedule(optimizer.schedule.kind, warm_up=int(optimizer.schedule.warm_up > 0))
    return CoreOptimizer(
        optimizer.kind,
        0.0,
        schedule,
        weight_decay=float(optimizer.weight_decay > 0.0),
        clip_value=float(optimizer.clip_value > 0.0),
        clip_norm=float(optimizer.clip_norm > 0.0),
    )


def _parameter(parameter: CoreParameter) -> CoreParameter:
    """Keep whether there are bounds."""
    minimum = -math.inf if parameter.minimum == -math.inf else 0.0
    maximum = math.inf if parameter.maximum == math.inf else 1.0
    return replace(parameter, minimum=minimum, maximum=maximum)
