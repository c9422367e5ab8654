"""A tape as C: one file that includes the headers of ``csrc/`` and nothing else.

Names of the user's reach the file in comments alone; everything else is numbered.
"""

from __future__ import annotations

from pyhost._settings import CoreSettings
from pyhost.compile.lower import Tape
from pyhost.native.chain import print_chain
from pyhost.native.learner import print_learner
from pyhost.native.needed import with_needed_rows
from pyhost.native.runner import print_runner
from pyhost.native.structure import structure_of
from pyhost.native.text import comment

__all__ = ["print_program"]


def print_program(tape: Tape, settings: CoreSettings | None = None, *, prefix: str = "printed", name: str = "") -> str:
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

    Returns
    -------
    str
        With settings, the functions of a learner; without, those that run it (``docs/engines.md``).
    """
    sheet = print_chain(with_needed_rows(tape), parameters_move=settings is not None)
    header = "ds_printed.h" if settings is None else "ds_printed_learner.h"
    lines = print_runner(sheet) if settings is None else print_learner(sheet, structure_of(settings))
    sizes = f"{tape.inputs} in, {tape.lanes} side by side, {tape.parameters} parameters"
    head = ["/* Printed by pyhost. */", comment(f"Chain {name or 'without a name'}: {sizes}"), f'#include "{header}"']
    return "\n".join([*head, "", *sheet.tables, *lines]).replace("PREFIX", prefix)
