"""The controls and meters of a plugin that learns, as learning_plugin.h numbers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pyhost.export.c import c_string
from pyhost.export.choices import Choice
from pyhost.export.guides import Guide
from pyhost.export.lv2 import control_ports, enabled_port
from pyhost.export.program import scalars
from pyhost.export.turtle import About, Port
from pyhost.learn.learned import LearnedChain
from pyhost.native.text import number

__all__ = ["HEARD", "Panel", "panel_of"]

HEARD = ("learned", "target", "error")
"""What the control Output chooses from, in the order of learning.c."""

MOST_SHOWN = 64
"""Parameters that are shown while they are learned, and can be set by hand."""


@dataclass(frozen=True, slots=True)
class Panel:
    """All ports but those of audio.

    Attributes
    ----------
    controls, reports : sequence of Port
        Those that every learner has.
    shown : sequence of (int, int)
        Parameters with a meter and a control, by their place among all scalars and among all parameters.
    meters, hands : sequence of Port
        Theirs.
    """

    controls: Sequence[Port]
    reports: Sequence[Port]
    shown: Sequence[tuple[int, int]]
    meters: Sequence[Port]
    hands: Sequence[Port]

    @property
    def ports(self) -> list[Port]:
        """All of them, in their order."""
        return [*self.controls, *self.reports, *self.meters, *self.hands]

    def config(self, about: About, guide: Guide) -> str:
        """Return ``config.h`` of a plugin."""
        defaults = ", ".join(_single(port.default) for port in self.controls)
        pairs = zip(self.shown, self.hands, strict=True)
        rows = [f"    {{{place}, {spec}, {_single(port.default)}}}," for (place, spec), port in pairs]
        return "\n".join(
            [
                "/* Which plugin this is. */",
                f"#define PLUGIN_URI {c_string(about.uri)}",
                f"#define GUIDE {c_string(guide.files[0])}",
                f"#define STATE_URI {c_string(about.part('state'))}",
                f"static const float control_defaults[] = {{{defaults}}};",
                "",
                "/* Parameters with a meter and a control: their place among all scalars and among learner_specs, and",
                " * the default of the control, which is the exported value in single precision. */",
                f"enum {{ SHOWN = {len(rows)} }};",
                "typedef struct {",
                "    unsigned parameter;",
                "    unsigned spec;",
                "    float start;",
                "} Shown;",
                "static const Shown shown[] = {",
                *(rows or ["    {0, 0, 0.0f},"]),
                "};",
                "",
            ]
        )


def panel_of(
    learned: LearnedChain,
    choices: Sequence[Choice],
    usual: int,
    heard: str,
    outputs: Sequence[str],
    *,
    used: Sequence[str] = (),
) -> Panel:
    """Return the panel of a plugin.

    Parameters
    ----------
    learned : LearnedChain
        Chain and start values.
    choices : sequence of Choice
        Optimizers to choose from.
    usual : int
        Which of them is the default.
    heard : str
        Of `HEARD`, what Output starts at.
    outputs : sequence of str
        What it calls these.
    used : sequence of str
        Symbols of ports that are taken.
    """
    controls = _controls([choice.name for choice in choices], usual, heard, outputs)
    reports = _reports(learned.latency_samples)
    rows, specs = (
        scalars(learned),
        [spec for spec, p in enumerate(learned.parameters.values()) for _ in range(p.spec.width)],
    )
    places = [place for place, row in enumerate(rows) if not row.element][:MOST_SHOWN]
    taken = [*used, *(port.symbol for port in (*controls, *reports))]
    there = [rows[place] for place in places]
    meters = control_ports(there, taken, output=True, before="learned ")
    hands = control_ports(there, [*taken, *(port.symbol for port in meters)])
    return Panel(controls, reports, [(place, specs[place]) for place in places], meters, hands)


def _single(value: float) -> str:
    """Return a number in single precision as C."""
    return f"{number(float(np.float32(value)))}f"


def _choice(symbol: str, name: str, names: Sequence[str], start: int, comment: str) -> Port:
    return Port(
        symbol,
        name,
        default=float(start),
        maximum=float(len(names) - 1),
        comment=comment,
        properties=("lv2:enumeration", "lv2:integer"),
        choices=tuple(names),
    )


def _controls(optimizers: Sequence[str], usual: int, heard: str, outputs: Sequence[str]) -> list[Port]:
    """Return the controls that every learner has; learning.c has them in this order."""
    switch = ("lv2:toggled", "lv2:integer")
    return [
        enabled_port(),
        Port("learn", "Learn", default=1.0, properties=switch, comment="Off: the values stay as they are."),
        Port("reset", "Reset", properties=switch, comment="Turned on, it starts over from where its controls stand."),
        Port("hold_best", "Hold best", properties=switch, comment="Plays the best values so far."),
        Port(
            "rate",
            "Rate",
            default=1.0,
            minimum=0.001,
            maximum=100.0,
            unit="×",
            comment="Times the optimizer's own.",
            properties=("pprop:logarithmic",),
        ),
        Port("amount", "Amount", default=100.0, maximum=100.0, unit="%", comment="From dry to learned."),
        _choice("output", "Output", outputs, HEARD.index(heard), "What is heard."),
        _choice("optimizer", "Optimizer", optimizers, usual, "Chosen anew, it starts from the values as they are."),
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
