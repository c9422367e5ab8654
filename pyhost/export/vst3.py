"""A plugin as a VST3: the LV2 plugin, wrapped by DPF, the DISTRHO Plugin Framework (Debian's ``dpf-source``)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import Literal

import numpy as np

from pyhost.export.build import build_vst3, strict_flags
from pyhost.export.bundle import Bundle, write_bundle
from pyhost.export.c import c_string
from pyhost.export.described import Described
from pyhost.export.learner import describe_learner
from pyhost.export.lv2 import describe
from pyhost.export.templates import filled, template
from pyhost.export.turtle import Port, check_ports, check_uri
from pyhost.learn.learned import LearnedChain
from pyhost.learn.losses import Loss
from pyhost.learn.optimizers import Optimizer
from pyhost.native.text import number

__all__ = ["export_vst3", "export_vst3_learner"]

FILES = ("lv2_instance.hpp", "vst3.cpp")
"""Of ``plugin/vst3/``."""

ERROR_PORT = 1 << 16
"""``PORT_ERROR`` of learning_plugin.h."""

KINDS = {"lv2:toggled": "CONTROL_TOGGLES", "lv2:integer": "CONTROL_COUNTS", "pprop:logarithmic": "CONTROL_LOGARITHMIC"}
"""What a property of a port is in ports.h."""


def export_vst3(
    learned: LearnedChain,
    folder: str | os.PathLike[str],
    *,
    name: str = "",
    uri: str = "",
    channels: int = 1,
    any_rate: bool = False,
) -> Bundle:
    """Write a learned chain as a VST3 bundle: C, C++, a Makefile, and the plugin if all is there that builds it.

    Parameters
    ----------
    learned, name, uri, channels, any_rate
        As `pyhost.export.export_lv2`; hosts tell plugins apart by a number that is made from the URI.
    folder : path
        In which ``NAME.vst3`` is written, or its own path.

    Returns
    -------
    Bundle

    Raises
    ------
    ExportError
        If chain, name, URI or folder will not do, or a compiler fails.
    """
    plugin = describe(learned, name=name, uri=uri, channels=channels, any_rate=any_rate)
    return _written(folder, plugin, _audio(plugin, output=False), _audio(plugin, output=True))


def export_vst3_learner(
    learned: LearnedChain,
    folder: str | os.PathLike[str],
    *,
    name: str = "",
    uri: str = "",
    loss: Loss | None = None,
    optimizer: Optimizer | None = None,
    heard: Literal["learned", "target", "error"] = "learned",
) -> Bundle:
    """Write a chain as a VST3 bundle that learns while it plays.

    It has one bus of two channels: the input and the target in, what its control Output says and the error, target −
    learned, out. So hosts that know no side-chain can drive it.

    Parameters
    ----------
    learned, name, uri, loss, optimizer, heard
        As `pyhost.export.export_lv2_learner`; of one channel.
    folder : path
        As `export_vst3`.

    Returns
    -------
    Bundle

    Raises
    ------
    ExportError
        If chain, name, URI or folder will not do, or a compiler fails.
    """
    plugin = describe_learner(learned, name=name, uri=uri, channels=1, loss=loss, optimizer=optimizer, heard=heard)
    error = (ERROR_PORT, Port("error", "Error", "Audio", output=True))
    return _written(folder, plugin, _audio(plugin, output=False), [*_audio(plugin, output=True), error])


Numbered = tuple[int, Port]
"""A port behind its number in LV2."""


def _audio(plugin: Described, *, output: bool) -> list[Numbered]:
    ports = enumerate(plugin.ports)
    return [(index, port) for index, port in ports if port.kind == "Audio" and port.output == output]


def _written(
    folder: str | os.PathLike[str], plugin: Described, inputs: Sequence[Numbered], outputs: Sequence[Numbered]
) -> Bundle:
    about = plugin.about
    check_uri(about.uri)
    check_ports(plugin.ports)
    controls = [
        (index, port)
        for index, port in enumerate(plugin.ports)
        if port.kind == "Control" and port.designation != "lv2:latency"
    ]
    info = {
        "NAME": c_string(about.name),
        "URI": c_string(about.uri),
        "INPUTS": str(len(inputs)),
        "OUTPUTS": str(len(outputs)),
        "HAS_LATENCY": str(int(plugin.latency > 0)),
    }
    ports = {
        "LABEL": c_string(about.files),
        "COMMENT": c_string(about.comment),
        "ID": f"0x{hashlib.sha256(about.uri.encode()).hexdigest()[:8]}u",
        "LATENCY": str(plugin.latency),
        "HAS_STATE": str(int(about.has_state)),
        "INPUTS": "\n".join(map(_audio_row, inputs)),
        "OUTPUTS": "\n".join(map(_audio_row, outputs)),
        "CHOICES": "\n".join(_choices(index, port) for index, port in controls if port.choices),
        "COUNT": str(len(controls)),
        "CONTROLS": "\n".join(map(_control_row, controls)),
    }
    files = {
        **plugin.sources,
        **{file: template(f"vst3/{file}") for file in FILES},
        "DistrhoPluginInfo.h": filled("vst3/DistrhoPluginInfo.h.in", info),
        "ports.h": filled("vst3/ports.h.in", ports),
        "Makefile": filled("vst3/Makefile.in", {"NAME": about.files, "STRICT": strict_flags()}),
    }
    return write_bundle(folder, about.files, about.uri, files, suffix=".vst3", build=build_vst3)


def _audio_row(numbered: Numbered) -> str:
    index, port = numbered
    return f"    {{{index}, {c_string(port.symbol)}, {c_string(port.name)}}},"


def _choices(index: int, port: Port) -> str:
    return f"static const char *const choices_{index}[] = {{{', '.join(map(c_string, port.choices))}}};\n"


def _control_row(numbered: Numbered) -> str:
    index, port = numbered
    kinds = [KINDS[mark] for mark in port.properties if mark in KINDS]
    if port.output:
        kinds.append("CONTROL_OUTPUT")
    if port.designation == "lv2:enabled":
        kinds.append("CONTROL_ENABLES")
    texts = ", ".join(map(c_string, (port.symbol, _name(port), port.unit)))
    start = min(max(port.default, port.minimum), port.maximum)
    numbers = ", ".join(f"{number(float(np.float32(x)))}f" for x in (start, port.minimum, port.maximum))
    choices = f"choices_{index}" if port.choices else "nullptr"
    return f"    {{{index}, {' | '.join(kinds) or '0'}, {texts}, {numbers}, {len(port.choices)}, {choices}}},"


def _name(port: Port) -> str:
    """Return a name that no other parameter has, nor pedalboard's plugins as an attribute: that is how they are set."""
    if port.symbol == "reset":
        return "Start over"
    return port.name
