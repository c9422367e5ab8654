"""Bounds of parameters in the direct loop: read once per block, and kept where there are any."""

from __future__ import annotations

from pyhost._settings import CoreParameter
from pyhost.native.layout import infinite
from pyhost.native.shares import Share
from pyhost.native.text import Lines

__all__ = ["clipped", "ends", "print_bounds"]


def print_bounds(out: Lines, i: int, spec: CoreParameter) -> None:
    """Print what is known of a parameter's range."""
    if spec.normalised or not infinite(spec.minimum):
        out.add(f"const double low_{i} = s->specs[{i}].minimum;")
    if spec.normalised or not infinite(spec.maximum):
        out.add(f"const double high_{i} = s->specs[{i}].maximum;")
    if spec.normalised:
        range_ = f"log(high_{i} / low_{i})" if spec.logarithmic else f"high_{i} - low_{i}"
        out.add(f"const double range_{i} = {range_};")


def ends(share: Share, to: str) -> str:
    """Return whether a position is at one of the bounds that there are; nothing if there are none."""
    if share.spec.normalised:
        return f"({to} == 0.0 || {to} == 1.0)"
    bounds = [("low", share.spec.minimum), ("high", share.spec.maximum)]
    found = [f"{to} == {name}_{share.number}" for name, bound in bounds if not infinite(bound)]
    return f"({' || '.join(found)})" if found else ""


def clipped(share: Share, to: str) -> str:
    """Return a value within the bounds that there are."""
    text = to
    if not infinite(share.spec.maximum):
        text = f"{to} > high_{share.number} ? high_{share.number} : {to}"
    if not infinite(share.spec.minimum):
        text = f"{to} < low_{share.number} ? low_{share.number} : {text}"
    return text
