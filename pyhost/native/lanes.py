"""Several learners of one program as C, in one pass: what is printed for one, with a vector for every number.

Beside the program's own file, which makes, resets and looks after each learner, and runs it where it is out of step,
stands one whose only work is to take several of them through a block at once. It keeps nothing: it gathers their
states, learns the block and scatters the states again. Where something leaves the finite numbers it answers so and has
changed nothing; the learners' own programs then find out whose it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pyhost._settings import CoreLoss, CoreOptimizer, CoreSettings
from pyhost.compile.lower import Tape
from pyhost.compile.program import Op
from pyhost.native.assembly import arrays_of, declarations, function, state_type
from pyhost.native.chain import print_chain
from pyhost.native.direct import Direct
from pyhost.native.gradient import LOSSES, Gradient
from pyhost.native.layout import Layout
from pyhost.native.learner import fits_directly
from pyhost.native.needed import with_needed_rows
from pyhost.native.printer import LARGE
from pyhost.native.sheet import Sheet
from pyhost.native.steps import SCALAR_KINDS
from pyhost.native.structure import structure_of
from pyhost.native.text import Lines, without_unused
from pyhost.native.widened import widened, widened_members

__all__ = ["has_lanes", "may_have_lanes", "print_lanes"]

BYTES = "size_t PREFIX_bytes(void)"
LAYOUT = "size_t PREFIX_layout(void)"
LEARN = (
    "DsStatus PREFIX_learn(void *memory, void *const *states, size_t count, const DsAudio *audio, "
    "const DsRecord *records)"
)

NARROW = frozenset(["delay", "table"])
"""Instructions that look up a place of their own in each lane."""


def may_have_lanes(ops: Iterable[Op], loss: CoreLoss, optimizer: CoreOptimizer) -> bool:
    """Whether nothing in a program and the learner's settings speaks against lanes; `has_lanes` knows more."""
    is_known = optimizer.kind in SCALAR_KINDS and loss.kind in LOSSES and loss.kind != "msle"
    return is_known and not any(op.name in NARROW for op in ops)


def has_lanes(tape: Tape, settings: CoreSettings) -> bool:
    """Whether several learners of such a program can go through a block in one pass."""
    if tape.lanes != 1 or tape.inputs != 1 or not may_have_lanes(tape.ops, settings.loss, settings.optimizer):
        return False
    sheet, structure = _sheet(tape), structure_of(settings)
    return fits_directly(sheet, structure) and not Gradient(Layout(sheet, structure, 0)).windowed


def _sheet(tape: Tape) -> Sheet:
    return print_chain(with_needed_rows(tape), parameters_move=True)


def print_lanes(tape: Tape, settings: CoreSettings, width: int, *, prefix: str = "lanes") -> str:
    """Return the C file of a program that `has_lanes`.

    Parameters
    ----------
    tape : Tape
        The lowered program.
    settings : CoreSettings
        Of the learners, of which the structure is printed and the numbers are not.
    width : int
        How many learners at most, a power of 2.
    prefix : str
        In front of the names of its functions.
    """
    sheet, structure = _sheet(tape), structure_of(settings)
    plain = Layout(sheet, structure, 0)
    layout = replace(plain, window=Gradient(plain).size)
    body = _Lanes(layout).print()
    members = [*layout.members(), *sheet.members]
    first = next(at for at, member in enumerate(members) if member.startswith("double parameters["))
    lines = [
        "/* Printed by pyhost. */",
        *(["#define DS_LARGE"] if len(body) > LARGE else []),
        f"#define DS_LANES {width}",
        '#include "ds_printed_lanes.h"',
        "",
        *sheet.tables,
        *state_type(members),
        *(line.replace("PREFIX_State", "PREFIX_Lanes") for line in state_type(widened_members(members[first:]))),
        *declarations(BYTES, LAYOUT, LEARN),
        *function(BYTES, ["    return sizeof(PREFIX_Lanes);"]),
        *function(LAYOUT, ["    return sizeof(PREFIX_State);"]),
        *function(LEARN, body),
    ]
    return "\n".join(lines).replace("PREFIX", prefix)


class _Lanes(Direct):
    """The loop of several learners; see `pyhost.native.direct`."""

    record = "records"
    by_sign = False  # lanes have signs of their own

    def print(self) -> list[str]:
        """Return the body of the function that learns."""
        before, sample, after = self.parts()
        lines = [*arrays_of(self.sheet, [*before, *sample]), *without_unused(before, [*sample, *after])]
        places = [member.split()[1].rstrip(";") for member in self.sheet.members if member.startswith("size_t ")]
        span = "offsetof(PREFIX_State, parameters), sizeof(PREFIX_Lanes) / sizeof(DsLanes)"
        return [
            "    PREFIX_Lanes *const s = memory;",
            f"    ds_lanes_gather(s, states, {span});",
            "    const DsLearner *const learner = states[0];",
            "    DsLanes loss_sum = ds_lanes_loss_sums(states);",
            "    DsMaskLanes all_good = ~(DsMaskLanes){0};",
            "    uint64_t means = 0;",
            "    DsHeard heard;",
            *widened(lines, places),
            "    size_t n = 0;",
            "    for (; n < audio->frames; ++n) {",
            *self._heard(sample),
            *widened(sample, places),
            "    }",
            "    if (!ds_lanes_all(all_good))",
            "        return DS_DIVERGED;",
            *widened(after, places),
            f"    ds_lanes_scatter(s, states, count, {span});",
            "    ds_lanes_advance(states, count, loss_sum, n, means, since_mean);",
            *(["    ds_lanes_move_window(states, count, at);"] if self.gradient.has_window else []),
            "    return DS_OK;",
        ]

    @staticmethod
    def _heard(sample: list[str]) -> list[str]:
        """Return what reads a sample of each recording."""
        read = [name for name in ("input", "target") if any(f"audio->{name}[" in line for line in sample)]
        return [
            "        if (n % DS_CHUNK == 0)",
            "            ds_lanes_hear(&heard, audio, n);",
            *(f"        const DsLanes {name} = DS_EACH_LANE(DS_{name.upper()});" for name in read),
        ]

    def print_output(self) -> None:
        """Print nothing: nobody hears the output."""

    def print_check(self, out: Lines) -> None:
        """Print how it is noted that not all is finite: what follows in the block is for nothing, and harmless."""
        out.add("all_good &= good;")

    def print_counters(self, out: Lines) -> None:
        """Print nothing: they are in front of what is widened."""

    def print_row(self, out: Lines, arguments: str) -> None:
        """Print the call that writes a row of each learner down."""
        out.add(f"ds_lanes_record({self.record}, count, {arguments});")

    def after(self) -> list[str]:
        """Return what goes from variables back to the gathered state."""
        out = Lines()
        self.print_after(out)
        out.add("s->optimizer[0] += DS_IN_LANES((double)n);" if self.has_constant_rate else "s->optimizer[0] = steps;")
        return out.text

    def print_mean_count(self, out: Lines) -> None:
        """Print how it is counted that the parameters are added to their means."""
        out.add("++means;")
