"""A chain as an LV2 plugin that learns: from its input, and from a side-chain with what should become of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

import pyhost
from pyhost.errors import ExportError
from pyhost.export.build import build_lv2
from pyhost.export.bundle import Build, Bundle, bundle_name, write_bundle
from pyhost.export.c import static
from pyhost.export.choices import LEAST_SQUARES, MOST_LEAST_SQUARES, Choice, choice_in_c, choices_for, kinds_of
from pyhost.export.described import Described
from pyhost.export.guides import UNGUIDED, Guide
from pyhost.export.headers import inlined
from pyhost.export.lv2 import audio_ports, default_uri
from pyhost.export.panel import HEARD, panel_of
from pyhost.export.presets import learner_presets
from pyhost.export.program import check_printable, scalars, tape_for_any_rate
from pyhost.export.settings import core_settings, settings_in_c, spec_in_c
from pyhost.export.templates import core_license, filled, template
from pyhost.export.turtle import About, Group
from pyhost.learn.learned import LearnedChain
from pyhost.learn.losses import MSE, Loss
from pyhost.learn.optimizers import NLMS, Auto, Optimizer
from pyhost.native.printer import is_printed_directly, print_program
from pyhost.native.text import comment, number

__all__ = ["describe_learner", "export_lv2_learner"]

FILES = (
    *(f"learning_{part}.h" for part in ("choice", "guide", "hand", "meter", "plugin", "state")),
    "edge.h",
    "lv2_abi.h",
    "LICENSE",
)
"""Of ``plugin/``, beside learning.c."""

USED = (
    *("DsStatus", "DS_OK", "DsParameter", "DsLearner", "DsLearnerSettings", "DsOptimizer", "DsSchedule", "DsAudio"),
    *(f"ds_upkeep_{what}" for what in ("restart", "part", "set_parameters", "set_state")),
    *("ds_clip", "ds_map", "ds_unmap"),
)
"""What learning.c uses of the core."""

UNUSED = (
    *(
        f"{what}_{function}"
        for what in ("learner", "other")
        for function in ("bytes", "layout", "parameters", "set_parameters", "state", "set_state", "take_means")
    ),
    "player_bytes",
    "player_parameters",
)
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
    guide: Guide = UNGUIDED,
    build: Build = build_lv2,
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
    guide : Guide
        What finds in the sound what gradients alone cannot find: a delay, or the frequency of a tone.
    build : callable
        Compiles it, as `pyhost.export.bundle.write_bundle` takes it.

    Returns
    -------
    Bundle

    Raises
    ------
    ExportError
        If chain, name, URI or folder will not do, or the compiler fails.
    """
    plugin = describe_learner(
        learned, name=name, uri=uri, channels=channels, loss=loss, optimizer=optimizer, heard=heard, guide=guide
    )
    return write_bundle(folder, plugin.about.files, plugin.about.uri, plugin.lv2_files(), build=build)


def describe_learner(
    learned: LearnedChain,
    *,
    name: str,
    uri: str,
    channels: int,
    loss: Loss | None,
    optimizer: Optimizer | None,
    heard: str = "learned",
    guide: Guide = UNGUIDED,
) -> Described:
    """Return the plugin that `export_lv2_learner` writes."""
    if channels not in (1, 2):
        raise ExportError(f"channels must be 1 or 2, not {channels!r}")
    if heard not in HEARD:
        raise ExportError(f"heard must be learned, target or error, not {heard!r}")
    check_printable(learned)
    loss, optimizer = _how(learned, loss, optimizer)
    files = bundle_name(name, f"{learned.label}-learner")
    shown = f"{name or learned.label}, learning"
    about = About(
        uri or f"{default_uri(files, channels)}:learner", shown, _comment(learned, guide), files, has_state=True
    )
    groups = [
        Group("in", "Input", "pg:mainInput", False, channels),
        Group("target", "Target", "", False, channels),
        Group("out", "Output", "pg:mainOutput", True, channels),
    ]
    sides = [(), ("lv2:isSideChain",), ()]
    audio = [port for group, marks in zip(groups, sides, strict=True) for port in audio_ports(group, *marks)]
    choices, usual = choices_for(loss, optimizer, len(scalars(learned)))
    panel = panel_of(learned, choices, usual, heard, guide.outputs, used=[port.symbol for port in audio])
    sources = {
        "config.h": panel.config(about, guide),
        "learner.c": _learner_source(learned, loss, choices, usual, channels),
        "plugin.c": template("learning.c"),
        **{file: template(file) for file in (*FILES, *guide.files)},
    }
    presets = learner_presets(choices, usual)
    return Described(about, groups, [*audio, *panel.ports], sources, learned.latency_samples, presets)


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


def _comment(learned: LearnedChain, guide: Guide) -> str:
    return (
        f"The chain {learned.label}, learning live: send it what it shall process, {guide.side_chain}. "
        "Exported by pyhost."
    )


def _learner_source(learned: LearnedChain, loss: Loss, choices: Sequence[Choice], usual: int, lanes: int) -> str:
    """Return ``learner.c``: the chain that learns, and the chain that plays."""
    program, rows = learned.program, scalars(learned)
    has_rate = any(op.name == "sample_rate" for op in program.ops)
    locked = [name for name, p in learned.parameters.items() if p.locked]
    settings = core_settings(learned.parameters, loss, choices[usual].optimizer, locked, has_rate=has_rate)
    tape = tape_for_any_rate(program, lanes, learned.parameters.learned(), has_rate=has_rate)
    apart = is_printed_directly(tape, settings)
    learner = print_program(
        tape, settings, prefix="learner", name=learned.label, choices=() if apart else kinds_of(choices)
    )
    if apart:
        rest = [choice for place, choice in enumerate(choices) if place != usual]
        others = core_settings(learned.parameters, loss, rest[0].optimizer, locked, has_rate=has_rate)
        other = print_program(tape, others, prefix="other", name=learned.label, choices=kinds_of(rest))
        learner = f"{learner}\n\n{other}"
    player = print_program(tape_for_any_rate(program, lanes, has_rate=has_rate), prefix="player", name=learned.label)
    in_c, told = settings_in_c(settings), [choice_in_c(choice) for choice in choices]
    made = inlined(
        static(f"{learner}\n\n{player}", *UNUSED),
        " ".join((in_c, *told, *USED)),
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
            "CHOICES": "\n".join(told),
            "USUAL": str(usual),
            "HAS_OTHER": str(int(apart)),
        },
    )
