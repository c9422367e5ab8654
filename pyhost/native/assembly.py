"""What printed files are put together from: functions, the state, parameters, the output."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pyhost.native.fusion import fused, without_dead_stores
from pyhost.native.registers import FEW
from pyhost.native.sheet import Sheet
from pyhost.native.text import Index, Lines, without_unused

__all__ = [
    "arrays_of",
    "declarations",
    "function",
    "print_output",
    "reset_lines",
    "sample_lines",
    "small_parameters",
    "state_type",
]


def function(head: str, body: Sequence[str]) -> list[str]:
    """Return a function."""
    return [head, "{", *body, "}", ""]


def declarations(*heads: str) -> list[str]:
    """Return the declarations of what others may call."""
    return [*(f"DS_PRINTED {head};" for head in heads), ""]


def state_type(members: Iterable[str]) -> list[str]:
    """Return the declaration of a program's state."""
    return ["typedef struct {", *(f"    {member}" for member in members), "} PREFIX_State;", ""]


def reset_lines(sheet: Sheet) -> list[str]:
    """Return what brings the chain to silence; its members are the last of the state."""
    if not sheet.members:
        return []
    first = sheet.members[0].split()[1].split("[")[0].rstrip(";")
    start = f"offsetof(PREFIX_State, {first})"
    return [
        f"    memset((unsigned char *)state + {start}, 0, sizeof(PREFIX_State) - {start});",
        *(["    PREFIX_State *const s = state;"] if sheet.reset.text else []),
        *sheet.reset.text,
    ]


def small_parameters(sheet: Sheet) -> list[tuple[int, bool]]:
    """Return the scalars that are variables, and whether they have partials."""
    return [
        (op.size + k, bool(op.rows))
        for op in sheet.tape.ops
        if op.name == "parameter" and op.width < FEW
        for k in range(op.width)
    ]


def sample_lines(sheet: Sheet, *more: Lines) -> list[str]:
    """Return what runs for every sample: the chain, its end, and more, without what nothing needs."""
    lines = [
        *fused(sheet.body.text, 2, "t_"),
        *fused(sheet.end.text, 2, "z_"),
        *sheet.later.text,
        *(line for part in more for line in part.text),
    ]
    return _without_empty_loops(without_unused(without_dead_stores(lines, _names(sheet))))


def _names(sheet: Sheet) -> list[str]:
    """Return the names of the arrays on the stack."""
    return [declaration.split()[1].split("[")[0] for declaration in sheet.arrays]


def _without_empty_loops(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        kept.append(line)
        while (
            len(kept) > 1 and kept[-1].strip() == "}" and kept[-2].strip().startswith("for ") and kept[-2].endswith("{")
        ):
            del kept[-2:]
            if kept and kept[-1].strip() == "DS_APART":
                del kept[-1]
    return kept


def arrays_of(sheet: Sheet, lines: Sequence[str]) -> list[str]:
    """Return the declarations of the arrays that lines use."""
    words = {word for line in lines for word in re.findall(r"\w+", line)}
    pairs = zip(sheet.arrays, _names(sheet), strict=True)
    return [f"    {declaration}" for declaration, name in pairs if name in words]


def print_output(sheet: Sheet) -> None:
    """Print the output of a sample to the audio."""
    output = sheet.registers[sheet.tape.output]

    def put(lane: Index) -> None:
        start = "" if lane == 0 else f"{lane} * audio->stride + "
        sheet.out.add(f"audio->output[{start}n] = {output.value(lane)};")

    with sheet.out.block("if (audio->output)"):
        sheet.each(sheet.tape.lanes, put)
