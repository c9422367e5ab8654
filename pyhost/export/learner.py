"""A chain as an LV2 plugin that learns: from its input, and from a side-chain with what should become of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

import numpy as np

import pyhost
from pyhost.errors import ExportError
from pyhost.export.bundle import Bundle, bundle_name, write_bundle
from pyhost.export.c import c_string, static
from pyhost.export.headers import inlined
from pyhost.export.lv2 import audio_ports, control_ports, default_uri, enabled_port
from pyhost.export.program import check_printable, scalars, tape_for_any_rate
from pyhost.export.settings import core_settings, settings_in_c, spec_in_c
from pyhost.export.templates import core_license, filled, template
from pyhost.export.turtle import About, Group, Port, manifest, plugin_turtle
from pyhost.learn.learned import LearnedChain
from pyhost.learn.losses import MSE, Loss
from pyhost.learn.optimizers import NLMS, Auto, GaussNewton, Optimizer
from pyhost.native.printer import print_program
from pyhost.native.text import comment, number

__all__ = ["export_lv2_learner"]

MOST_LEAST_SQUARES = 100
"""Scalars up to which least squares, whose time grows with their square, is the usual optimizer."""

LEAST_SQUARES = GaussNewton(forgetting=0.9998, initial=0.03)
"""Careful at the start, so that the bands of an equaliser stay where they belong (``docs/export.md``)."""

FILES = ("learning_plugin.h", "learning_meter.h", "learning_state.h", "edge.h", "lv2_abi.h", "LICENSE")
"""Of ``plugin/``, beside learning.c."""

HEARD = ("learned", "target", "error")
"""What the control Output chooses from, in the order of learning.c."""

MOST_METERS = 64
"""Parameters that are shown while they are learned."""

USED = ("DsStatus", "DS_OK", "DS_ERROR_SETTING", "DsParameter", "DsLearnerSettings", "DsAudio", "ds_upkeep_restart")
"""What learning.c uses of the core."""

UNUSED = ("learner_bytes", "learner_parameters", "learner_take_means", "player_bytes", "player_parameters")
"""Printed functions that it does not use."""


def export_lv2_learner(
    learned: LearnedChain,
    folder: str | os.PathLike[str],
    *,
    name: str = "",
    uri: str = "",
    channels: int = 1,
    loss: Loss | None = None,
    optimizer: Optimizer | None = None,
    heard: Literal["learned", "target", "error"] = "learned",
) -> Bundle:
    """Write a chain as an LV2 bundle that learns while it plays; it starts with the values of `learned`.

    Parameters
    ----------
    learned : LearnedChain
        Chain and start values; any sample rate.
    folder, name, uri, channels
        As `pyhost.export.export_lv2`; the usual URI ends in ``:learner``.
    loss, optimizer
        How it learns; by default as `learned` was, else least squares on the squared error, or, of more than 100
        scalars, `NLMS`.
    heard : {"learned", "target", "error"}
        What it puts out unless its control says otherwise.

    Returns
    -------
    Bundle

    Raises
    ------
    ExportError
        If chain, name, URI or folder will not do, or the compiler fails.
    """
    if channels not in (1, 2):
        raise ExportError(f"channels must be 1 or 2, not {channels!r}")
    if heard not in HEARD:
        raise ExportError(f"heard must be learned, target or error, not {heard!r}")
    check_printable(learned)
    loss, optimizer = _how(learned, loss, optimizer)
    files = bundle_name(name, f"{learned.label}-learner")
    shown = f"{name or learned.label}, learning"
    about = About(uri or f"{default_uri(files, channels)}:learner", shown, _comment(learned), files, has_state=True)
    groups = [
        Group("in", "Input", "pg:mainInput", False, channels),
        Group("target", "Target", "", False, channels),
        Group("out", "Output", "pg:mainOutput", True, channels),
    ]
    sides = [(), ("lv2:isSideChain",), ()]
    audio = [port for group, marks in zip(groups, sides, strict=True) for port in audio_ports(group, *marks)]
    controls = _controls(optimizer, heard)
    rows = scalars(learned)
    shown_rows = [place for place, row in enumerate(rows) if not row.element][:MOST_METERS]
    reports = _reports(learned.latency_samples)
    used = [port.symbol for port in (*audio, *controls, *reports)]
    meters = control_ports([rows[place] for place in shown_rows], used, output=True, before="learned_")
    texts = {
        "manifest.ttl": manifest(about),
        f"{files}.ttl": plugin_turtle(about, groups, [*audio, *controls, *reports, *meters]),
        "config.h": _config(about, controls, shown_rows),
        "learner.c": _learner_source(learned, loss, optimizer, channels),
        "plugin.c": template("learning.c"),
        **{file: template(file) for file in FILES},
    }
    return write_bundle(folder, files, about.uri, texts)


def _how(learned: LearnedChain, loss: Loss | None, optimizer: Optimizer | None) -> tuple[Loss, Optimizer]:
    """Return how a plugin learns."""
    training = learned.training
    count = len(scalars(learned))
    free = [p.name for p in learned.parameters.values() if not p.locked]
    if not free:
        raise ExportError(f"{learned.label!r} has nothing to learn: no parameter of it is free")
    if loss is None:
        loss = training.loss if training else MSE()
    if optimizer is None and training and not isinstance(training.optimizer, Auto):
        optimizer = training.optimizer
    if optimizer is None:
        optimizer = NLMS() if count > MOST_LEAST_SQUARES else LEAST_SQUARES
    if isinstance(optimizer, Auto):
        raise ExportError("a plugin cannot try several optimizers on what it has not heard yet; name one, such as nlms")
    if optimizer.rate <= 0.0:
        raise ExportError(f"the learning rate must be above 0, not {optimizer.rate:g}")
    optimizer.check(loss)
    return loss, optimizer


def _comment(learned: LearnedChain) -> str:
    return (
        f"The chain {learned.label}, learning live: send it what it shall process, and on its side-chain what should "
        "become of that. Exported by pyhost."
    )


def _controls(optimizer: Optimizer, heard: str) -> list[Port]:
    """Return the controls; learning.c has them in this order."""
    switch = ("lv2:toggled", "lv2:integer")
    most = 1.0 if optimizer.kind in ("gauss_newton", "nlms") and optimizer.rate <= 1.0 else 100.0 * optimizer.rate
    return [
        enabled_port(),
        Port("learn", "Learn", default=1.0, properties=switch, comment="Off: the values stay as they are."),
        Port("reset", "Reset", properties=switch, comment="Turned on, it starts over."),
        Port("hold_best", "Hold best", properties=switch, comment="Plays the best values so far."),
        Port(
            "rate",
            "Rate",
            default=optimizer.rate,
            minimum=optimizer.rate / 1000.0,
            maximum=most,
            properties=("pprop:logarithmic",),
        ),
        Port("amount", "Amount", default=100.0, maximum=100.0, unit="%", comment="From dry to learned."),
        Port(
            "output",
            "Output",
            default=float(HEARD.index(heard)),
            maximum=float(len(HEARD) - 1),
            properties=("lv2:enumeration", "lv2:integer"),
            choices=tuple(what.capitalize() for what in HEARD),
        ),
    ]


def _reports(latency: int) -> list[Port]:
    """Return the meters that every learner has; learning.c has them in this order."""
    reports = ("lv2:reportsLatency", "lv2:integer", "pprop:notOnGUI")
    return [
        Port(
            "loss",
            "Loss",
            output=True,
            minimum=-240.0,
            maximum=60.0,
            unit="dB",
            comment="Power of output − target by that of the target.",
        ),
        Port("converged", "Converged", output=True, properties=("lv2:toggled",)),
        Port(
            "latency",
            "Latency",
            output=True,
            maximum=float(2 * latency or 1),
            unit="samples",
            properties=reports,
            designation="lv2:latency",
        ),
    ]


def _config(about: About, controls: Sequence[Port], meters: Sequence[int]) -> str:
    defaults = ", ".join(f"{number(float(np.float32(port.default)))}f" for port in controls)
    return "\n".join(
        [
            "/* Which plugin this is. */",
            f"#define PLUGIN_URI {c_string(about.uri)}",
            f"#define STATE_URI {c_string(about.uri + (':' if about.uri.startswith('urn:') else '#') + 'state')}",
            f"static const float control_defaults[] = {{{defaults}}};",
            "",
            "/* Parameters that are shown, by their place among all scalars. */",
            f"enum {{ METERS = {len(meters)} }};",
            f"static const unsigned meters[] = {{{', '.join(map(str, meters)) or '0'}}};",
            "",
        ]
    )


def _learner_source(learned: LearnedChain, loss: Loss, optimizer: Optimizer, lanes: int) -> str:
    """Return ``learner.c``: the chain that learns, and the chain that plays."""
    program, rows = learned.program, scalars(learned)
    has_rate = any(op.name == "sample_rate" for op in program.ops)
    locked = [name for name, p in learned.parameters.items() if p.locked]
    settings = core_settings(learned.parameters, loss, optimizer, locked, has_rate=has_rate)
    tape = tape_for_any_rate(program, lanes, learned.parameters.learned(), has_rate=has_rate)
    learner = print_program(tape, settings, prefix="learner", name=learned.label)
    player = print_program(tape_for_any_rate(program, lanes, has_rate=has_rate), prefix="player", name=learned.label)
    in_c = settings_in_c(settings)
    made = inlined(
        static(f"{learner}\n\n{player}", *UNUSED),
        " ".join((in_c, *USED)),
    )
    start = [number(row.value) for row in rows]
    return filled(
        "learner.c.in",
        {
            "LABEL": comment(learned.label)[3:-3],
            "VERSION": pyhost.__version__,
            "FIRST": made.first,
            "LIBC": "\n".join(f"#include {header}" for header in made.libc),
            "LICENSE": core_license(),
            "PRIMITIVES": made.primitives,
            "PROGRAM": made.program,
            "LANES": str(lanes),
            "COUNT": str(len(rows)),
            "SCALARS": str(len(rows) + has_rate),
            "DELAY": str(max(learned.offset, 0)),
            "LATENCY": str(learned.latency_samples),
            "START": "\n".join(f"    {value}," for value in start),
            "SPECS": "\n".join(map(spec_in_c, settings.parameters)),
            "SETTINGS": in_c,
            "SPEC_COUNT": str(len(settings.parameters)),
        },
    )
