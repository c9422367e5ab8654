"""A learned chain as an LV2 plugin whose controls are its parameters."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence

import numpy as np

from pyhost.errors import ExportError
from pyhost.export.bundle import Bundle, bundle_name, write_bundle
from pyhost.export.c import c_source, c_string
from pyhost.export.described import Described
from pyhost.export.presets import checked_presets, frozen_presets
from pyhost.export.program import Scalar, scalars
from pyhost.export.templates import template
from pyhost.export.turtle import About, Group, Port
from pyhost.learn.learned import LearnedChain
from pyhost.native.text import number

__all__ = ["MOST_CONTROLS", "audio_ports", "control_ports", "default_uri", "describe", "enabled_port", "export_lv2"]

MOST_CONTROLS = 512
"""Beyond it no host shows them any more."""

SIDES = ("left", "right")


def export_lv2(
    learned: LearnedChain,
    folder: str | os.PathLike[str],
    *,
    name: str = "",
    uri: str = "",
    channels: int = 1,
    any_rate: bool = False,
    presets: Mapping[str, LearnedChain] | None = None,
) -> Bundle:
    """Write a learned chain as an LV2 bundle: Turtle, C, a Makefile, and the plugin if there is a compiler.

    Parameters
    ----------
    learned : LearnedChain
        Chain and values. Vectors, such as the taps of a filter, become constants; all else becomes a control.
    folder : path
        In which ``NAME.lv2`` is written, or its own path.
    name : str
        Of the plugin; by default the chain's text.
    uri : str
        Who it is, for sessions of hosts; by default ``urn:pyhost:NAME``, and ``urn:pyhost:NAME:stereo``.
    channels : {1, 2}
        In and out.
    any_rate : bool
        Whether it is to run at other sample rates than the one it was learned at.
    presets : mapping of str to LearnedChain
        The same chain with other values, by the names of the presets that they become.

    Returns
    -------
    Bundle

    Raises
    ------
    ExportError
        If chain, name, URI, a preset or the folder will not do, or the compiler fails.
    """
    plugin = describe(learned, name=name, uri=uri, channels=channels, any_rate=any_rate, presets=presets)
    return write_bundle(folder, plugin.about.files, plugin.about.uri, plugin.lv2_files())


def describe(
    learned: LearnedChain,
    *,
    name: str,
    uri: str,
    channels: int,
    any_rate: bool,
    presets: Mapping[str, LearnedChain] | None = None,
) -> Described:
    """Return the plugin that `export_lv2` writes."""
    if channels not in (1, 2):
        raise ExportError(f"channels must be 1 or 2, not {channels!r}")
    files = bundle_name(name, learned.label)
    about = About(uri or default_uri(files, channels), name or learned.label, _comment(learned), files)
    rows = scalars(learned)
    turned = [place for place, row in enumerate(rows) if not row.element]
    if len(turned) > MOST_CONTROLS:
        raise ExportError(f"{learned.label!r} has {len(turned)} parameters; an LV2 plugin has at most {MOST_CONTROLS}")
    groups = [
        Group("in", "Input", "pg:mainInput", False, channels),
        Group("out", "Output", "pg:mainOutput", True, channels),
    ]
    audio = [port for group in groups for port in audio_ports(group)]
    used = [*(port.symbol for port in audio), "enabled", "latency"]
    presets = {} if presets is None else presets
    checked_presets(presets, learned, any_rate=any_rate)
    settings, controls = frozen_presets(presets, turned, control_ports([rows[place] for place in turned], used))
    latency = [_latency_port(learned.latency_samples)] if learned.latency_samples else []
    ports = [*audio, enabled_port(), *controls, *latency]
    sources = {
        "config.h": _config(about, channels, list(zip(turned, controls, strict=True))),
        "learned.c": c_source(learned, "learned", file="learned.c", any_rate=any_rate),
        "plugin.c": template("frozen.c"),
        **{file: template(file) for file in ("edge.h", "lv2_abi.h", "LICENSE")},
    }
    return Described(about, groups, ports, sources, learned.latency_samples, settings)


def default_uri(files: str, channels: int) -> str:
    """Return the URI of a plugin that is given none."""
    return f"urn:pyhost:{files}{':stereo' if channels == 2 else ''}"


def _comment(learned: LearnedChain) -> str:
    rate = f"learned at {learned.sample_rate:g} Hz" if learned.sample_rate else "for any sample rate"
    return f"The chain {learned.label}, {rate}, exported by pyhost."


def audio_ports(group: Group, *properties: str) -> list[Port]:
    """Return the ports of a group."""
    mono = group.channels == 1
    return [
        Port(
            group.symbol if mono else f"{group.symbol}_{side}",
            group.name if mono else f"{group.name} {side}",
            "Audio",
            group.output,
            properties=properties,
            designation="pg:center" if mono else f"pg:{side}",
            group=group.symbol,
        )
        for side in SIDES[: group.channels]
    ]


def enabled_port() -> Port:
    """Return the switch that hosts show as bypass."""
    return Port("enabled", "Enabled", default=1.0, properties=("lv2:toggled", "lv2:integer"), designation="lv2:enabled")


def _latency_port(latency: int) -> Port:
    return Port(
        "latency",
        "Latency",
        output=True,
        maximum=float(2 * latency),
        unit="samples",
        properties=("lv2:reportsLatency", "lv2:integer", "pprop:notOnGUI"),
        designation="lv2:latency",
    )


def control_ports(rows: Sequence[Scalar], used: Sequence[str], *, output: bool = False, before: str = "") -> list[Port]:
    """Return the ports of parameters.

    Parameters
    ----------
    rows : list of Scalar
        The parameters.
    used : sequence of str
        Symbols that are taken.
    output : bool
        Whether they are meters.
    before : str
        In front of their names.
    """
    taken = set(used)
    ports = []
    for row in rows:
        low, high = finite_range(row)
        shown = before + row.name.replace("_", " ")
        symbol = re.sub(r"\W+", "_", before + row.name, flags=re.ASCII).rstrip("_") or "parameter"
        while symbol in taken:
            symbol += "_"
        taken.add(symbol)
        ports.append(
            Port(
                symbol,
                shown[:1].upper() + shown[1:],
                output=output,
                default=row.value,
                minimum=low,
                maximum=high,
                unit=row.unit,
                properties=("pprop:logarithmic",) if row.logarithmic else (),
            )
        )
    return ports


def finite_range(row: Scalar) -> tuple[float, float]:
    """Return a range for a knob: that of the parameter, or, where it has no bound, one that suits its value."""
    reach = 10.0 ** math.ceil(math.log10(max(2.0 * abs(row.value), 1.0)))
    low = row.minimum if math.isfinite(row.minimum) else min(-reach, row.maximum - reach)
    high = row.maximum if math.isfinite(row.maximum) else max(reach, row.minimum + reach)
    low, high = (float(np.clip(bound, -1e30, 1e30)) for bound in (low, high))
    return (low, high) if np.float32(low) < np.float32(high) else (low - reach, high + reach)


def _config(about: About, channels: int, controls: Sequence[tuple[int, Port]]) -> str:
    rows = [f"    {{{place}, {number(float(np.float32(port.default)))}f}}," for place, port in controls]
    return "\n".join(
        [
            "/* Which plugin this is. */",
            f"#define PLUGIN_URI {c_string(about.uri)}",
            f"enum {{ CHANNELS = {channels}, CONTROLS = {len(rows)} }};",
            "",
            "/* A control's parameter, and the value at which it starts: what was learned, in single precision. */",
            "typedef struct {",
            "    unsigned parameter;",
            "    float value;",
            "} Control;",
            "static const Control controls[] = {",
            *(rows or ["    {0, 0.0f},"]),
            "};",
            "",
        ]
    )
