"""Presets of LV2 plugins: values of controls under a name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyhost.errors import ExportError
from pyhost.export.choices import Choice
from pyhost.export.program import Scalar, scalars
from pyhost.export.turtle import About, Port, decimal, quoted
from pyhost.graph.serialise import graph_to_data
from pyhost.learn.learned import LearnedChain

__all__ = ["FILE", "Preset", "checked_presets", "frozen_presets", "learner_presets", "preset_turtle", "presets_listed"]

FILE = "presets.ttl"

CAREFUL = 0.1
"""Rate of the careful preset, times the optimizer's own."""

QUICK = (("Least squares, fast", 1.0), ("NLMS", 2.0))
"""Optimizers of the quick preset, the best one first, and their rates."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset.

    Attributes
    ----------
    name : str
        For people.
    values : mapping of str to float
        By the symbols of controls; others stay as they are.
    """

    name: str
    values: Mapping[str, float]


def checked_presets(presets: Mapping[str, LearnedChain], learned: LearnedChain, *, any_rate: bool) -> None:
    """Raise if the values of a preset are not those of a chain's controls.

    Raises
    ------
    ExportError
        If a preset has no name, or is of another chain, or differs in what is no control.
    """
    for name, other in presets.items():
        if not name.strip():
            raise ExportError("a preset has no name; write NAME=FILE, as in Bright=bright.json")
        if _shape_of(other) != _shape_of(learned):
            raise ExportError(
                f"the preset {name!r} is of the chain {other.label!r}, not of {learned.label!r}; "
                "give one that was learned with the same chain"
            )
        if other.offset != learned.offset:
            raise ExportError(
                f"the preset {name!r} is for a target {other.offset} samples late, not {learned.offset}; "
                "learn it with the same offset"
            )
        if not any_rate and other.sample_rate != learned.sample_rate:
            raise ExportError(
                f"the preset {name!r} was learned at {other.sample_rate} Hz, not {learned.sample_rate}; "
                "learn it at the same rate, or ask for any rate"
            )
        for one, its in zip(scalars(learned), scalars(other), strict=True):
            if one.element and one.value != its.value:
                raise ExportError(
                    f"the preset {name!r} differs in {one.name}, an element of a vector, which is no control; "
                    "export it as a plugin of its own"
                )


def _shape_of(learned: LearnedChain) -> dict[str, Any]:
    """Return a chain without what may differ: its name, and where its parameters start."""
    data = graph_to_data(learned.graph)
    parameters = [{key: value for key, value in p.items() if key != "default"} for p in data["parameters"]]
    return {**data, "name": "", "parameters": parameters}


def frozen_presets(
    presets: Mapping[str, LearnedChain], turned: Sequence[int], controls: Sequence[Port]
) -> tuple[list[Preset], list[Port]]:
    """Return the presets of a plugin with learned values, and its controls with room for them.

    Parameters
    ----------
    presets : mapping of str to LearnedChain
        By name; of the same chain.
    turned : sequence of int
        Places of the scalars that are controls.
    controls : sequence of Port
        Theirs.
    """
    rows: dict[str, list[Scalar]] = {name: scalars(other) for name, other in presets.items()}
    found = [
        Preset(name, {port.symbol: its[place].value for place, port in zip(turned, controls, strict=True)})
        for name, its in rows.items()
    ]
    wider = [
        replace(
            port,
            minimum=min([port.minimum, *(preset.values[port.symbol] for preset in found)]),
            maximum=max([port.maximum, *(preset.values[port.symbol] for preset in found)]),
        )
        for port in controls
    ]
    return found, wider


def learner_presets(choices: Sequence[Choice], usual: int) -> list[Preset]:
    """Return the presets of a plugin that learns: as it was exported, careful, and quick."""
    places = {choice.name: place for place, choice in enumerate(choices)}
    quick, rate = next(((places[name], rate) for name, rate in QUICK if name in places), (usual, 10.0))
    ways = {"As exported": (usual, 1.0), "Careful": (usual, CAREFUL), "Quick": (quick, rate)}
    return [Preset(name, {"optimizer": float(place), "rate": times}) for name, (place, times) in ways.items()]


def presets_listed(about: About, presets: Sequence[Preset]) -> str:
    """Return what ``manifest.ttl`` says of presets."""
    rows = [
        f"<{uri}>\n\ta pset:Preset ;\n\tlv2:appliesTo <{about.uri}> ;\n\trdfs:seeAlso <{FILE}> .\n"
        for uri, _ in _named(about, presets)
    ]
    return "".join(["\n@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n\n", *rows]) if rows else ""


def preset_turtle(about: About, presets: Sequence[Preset]) -> str:
    """Return the file of presets."""
    prefixes = (
        "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n"
        "@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\n"
    )
    return prefixes + "\n".join(_preset(about, uri, preset) for uri, preset in _named(about, presets))


def _preset(about: About, uri: str, preset: Preset) -> str:
    lines = ["a pset:Preset", f"lv2:appliesTo <{about.uri}>", f"rdfs:label {quoted(preset.name)}"]
    values = [
        f"[\n\t\tlv2:symbol {quoted(symbol)} ;\n\t\tpset:value {decimal(value)}\n\t]"
        for symbol, value in preset.values.items()
    ]
    ports = ["lv2:port " + " , ".join(values)] if values else []
    return f"<{uri}>\n\t" + " ;\n\t".join([*lines, *ports]) + " .\n"


def _named(about: About, presets: Sequence[Preset]) -> list[tuple[str, Preset]]:
    """Return presets behind their URIs."""
    taken: dict[str, Preset] = {}
    for preset in presets:
        name = re.sub(r"\W+", "-", preset.name.lower(), flags=re.ASCII).strip("-") or "preset"
        uri = about.part("preset", name)
        while uri in taken:
            uri += "-"
        taken[uri] = preset
    return list(taken.items())
