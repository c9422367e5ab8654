"""A tape as C: one file that includes the headers of ``csrc/`` and nothing else.

Names of the user's reach the file in comments alone; everything else is numbered.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyhost._settings import CoreSettings
from pyhost.compile.lower import Tape
from pyhost.native.chain import print_chain
from pyhost.native.learner import fits_directly, print_learner
from pyhost.native.needed import with_needed_rows
from pyhost.native.runner import print_runner
from pyhost.native.structure import structure_of
from pyhost.native.text import comment

__all__ = ["LARGE", "is_printed_directly", "print_program"]

LARGE = 1000
"""Lines beyond which a compiler leaves out what takes long and does not pay (``ds_strict.h``)."""


def print_program(
    tape: Tape,
    settings: CoreSettings | None = None,
    *,
    prefix: str = "printed",
    name: str = "",
    choices: Sequence[str] = (),
) -> str:
    """Return a program as a C file.

    Parameters
    ----------
    tape : Tape
        The lowered program.
    settings : CoreSettings, optional
        Of the learner, of which the structure is printed and the numbers are not; without them the program runs with
        given parameters.
    prefix : str
        In front of the names of its functions.
    name : str
        Of the chain, for a comment.
    choices : sequence of str
        Kinds of optimizers that a learner can be set to while it runs, instead of the one of its settings.

    Returns
    -------
    str
        With settings, the functions of a learner; without, those that run it (``docs/engines.md``).
    """
    sheet = print_chain(with_needed_rows(tape), parameters_move=settings is not None)
    header = "ds_printed.h" if settings is None else "ds_printed_learner.h"
    lines = print_runner(sheet) if settings is None else print_learner(sheet, structure_of(settings), choices)
    sizes = f"{tape.inputs} in, {tape.lanes} side by side, {tape.parameters} parameters"
    head = ["/* Printed by pyhost. */", comment(f"Chain {name or 'without a name'}: {sizes}")]
    if len(lines) > LARGE:
        head.append("#define DS_LARGE")
    elif (settings is None or fits_directly(sheet, structure_of(settings))) and not choices and _is_straight(lines):
        head.append("#define DS_STRAIGHT")
    return "\n".join([*head, f'#include "{header}"', "", *sheet.tables, *lines]).replace("PREFIX", prefix)


def _is_straight(lines: Sequence[str]) -> bool:
    """Whether there is no loop in a sample, nor in what is called there."""
    return not any(
        loop in line and "audio->frames" not in line
        for line in lines
        for loop in ("for (", "ds_dot(", "ds_printed_sum(")
    )


def is_printed_directly(tape: Tape, settings: CoreSettings) -> bool:
    """Whether a learner of these settings alone is printed in the way that is short, and fast, and theirs alone."""
    return fits_directly(print_chain(with_needed_rows(tape), parameters_move=True), structure_of(settings))
