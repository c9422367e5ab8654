"""A learned chain as one C file."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

import numpy as np

import pyhost
from pyhost.audio import atomic_path
from pyhost.errors import ExportError
from pyhost.export.headers import inlined
from pyhost.export.program import Scalar, check_printable, scalars, tape_for_any_rate
from pyhost.export.templates import core_license, filled
from pyhost.learn.learned import LearnedChain
from pyhost.learn.run import noise
from pyhost.native.printer import print_program
from pyhost.native.text import comment, number

__all__ = ["c_name", "c_source", "c_string", "export_c", "static"]

COMPARED = 64
"""Samples of the test."""

USUAL_RATE = 48_000.0
"""In Hz, of the test of a chain that runs at any rate."""

OURS = b"exported by pyhost"
"""What every exported file says of itself."""

_C_WORDS = frozenset(dir(math)) | frozenset(
    re.findall(
        r"\w+",
        "auto break case char const continue default do double else enum extern float for goto if inline int long "
        "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while "
        "bool true false main asm abs rint round lrint nearbyint memcpy memset memmove strcmp strlen puts printf index "
        "remove rename getc putc stdin stdout stderr FILE EOF NULL NAN INFINITY HUGE_VAL SKIPPED COMPARED HEARD "
        "chain audio expected again make_noise input output frames value parameter sample_rate peak worst s p k n",
    )
)
"""Names that C, its library or the template of the file has taken."""


def export_c(learned: LearnedChain, path: str | os.PathLike[str], *, name: str = "", any_rate: bool = False) -> Path:
    """Write a learned chain as one C file that needs nothing but libc and libm.

    Parameters
    ----------
    learned : LearnedChain
        Chain and values.
    path : path
        A file that ends in ``.c``; one that an earlier export wrote is replaced when all is written.
    name : str
        What the names in the file begin with; by default made from the file's name.
    any_rate : bool
        Whether it is to run at other sample rates than the one it was learned at.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ExportError
        If the chain or the name is of no use, or the file cannot be written or holds something else.
    """
    wanted = Path(path)
    if wanted.suffix != ".c":
        raise ExportError(f"{wanted} is no name of a C file; end it in .c")
    if wanted.is_file() and OURS not in wanted.read_bytes():
        raise ExportError(f"{wanted} is there and was not exported by pyhost; remove it, or choose another name")
    text = c_source(learned, c_name(name, wanted.stem), file=wanted.name, any_rate=any_rate)
    with atomic_path(wanted, ExportError) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return wanted


def c_name(name: str, otherwise: str) -> str:
    """Return a name as C takes it, or one made from another text if there is none.

    Raises
    ------
    ExportError
        If the name that is wanted is none in C.
    """
    if not name:
        made = re.sub(r"\W+", "_", otherwise, flags=re.ASCII).strip("_") or "learned"
        return f"chain_{made}" if made[0].isdigit() or _is_taken(made) else made
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) or _is_taken(name):
        raise ExportError(f"{name!r} cannot name things in C; use letters, digits and _, a letter first, no word of C")
    return name


def _is_taken(name: str) -> bool:
    """Whether C, its library, the core or the template has a name, or a type could have it."""
    return name in _C_WORDS or re.match(r"Ds[A-Z]|ds_", name) is not None or name.endswith("_t")


def c_source(learned: LearnedChain, name: str, *, file: str, any_rate: bool = False) -> str:
    """Return a learned chain as a C file; `file` is how the file calls itself."""
    check_printable(learned)
    rate = None if any_rate else learned.sample_rate
    tape = tape_for_any_rate(learned.program, 1)
    printed = print_program(tape, prefix=f"{name}_program", name=learned.label)
    made = inlined(static(printed, f"{name}_program_bytes", f"{name}_program_parameters"), "DsAudio")
    state, program = _apart(made.program, f"{name}_program_State")
    rows = scalars(learned)
    return filled(
        "chain.c.in",
        {
            "LABEL": comment(learned.label)[3:-3],
            "VERSION": pyhost.__version__,
            "NAME": name,
            "UPPER": name.upper(),
            "FILE": re.sub(r"[^\w.+-]", "_", file),
            "RATE": "It runs at any sample rate." if rate is None else f"It runs at {rate:g} Hz.",
            "RATE_TEST": "sample_rate > 0.0 && isfinite(sample_rate)" if rate is None else f"sample_rate == {rate!r}",
            "EXAMPLE_RATE": repr(learned.sample_rate or USUAL_RATE),
            "COUNT": str(len(rows)),
            "TABLE": str(max(len(rows), 1)),
            "DELAY": str(max(learned.offset, 0)),
            "LATENCY": str(learned.latency_samples),
            "STATE": state,
            "FIRST": made.first,
            "LIBC": "\n".join(f"#include {header}" for header in made.libc),
            "LICENSE": core_license(),
            "PRIMITIVES": made.primitives,
            "PROGRAM": program,
            "PARAMETERS": "\n".join(map(_row, rows)) or '    {"", "", 0.0, 0.0, 0.0, false},',
            "COMPARED": str(COMPARED),
            "EXPECTED": _expected(learned),
        },
    )


def static(printed: str, *dropped: str) -> str:
    """Return a printed program whose functions are its file's own, without those of these names."""
    lines = [line for line in printed.splitlines() if not line.startswith("DS_PRINTED ")]
    head = re.compile(r"^(?=(?:void|double \*|const double \*|DsStatus|size_t) ?\w+\(.*\)$)")
    text = "\n".join(head.sub("static ", line) for line in lines)
    return re.sub(rf"static [^\n]*\b(?:{'|'.join(dropped)})\([^\n]*\)\n\{{.*?\n\}}\n\n", "", text, flags=re.DOTALL)


def _apart(program: str, state: str) -> tuple[str, str]:
    """Return the type of a program's state, and the rest of it."""
    end = program.index(f"}} {state};") + len(f"}} {state};")
    start = program.rindex("typedef struct {", 0, end)
    return program[start:end], f"{program[:start].strip()}\n\n{program[end:].strip()}"


def _row(scalar: Scalar) -> str:
    numbers = ", ".join(map(number, (scalar.value, scalar.minimum, scalar.maximum)))
    logarithmic = "true" if scalar.logarithmic else "false"
    return f"    {{{c_string(scalar.name)}, {c_string(scalar.unit)}, {numbers}, {logarithmic}}},"


def c_string(text: str) -> str:
    """Return any text as a string of C."""
    plain = frozenset(range(32, 127)) - set(b'"\\?')
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in text.encode()) + '"'


def _expected(learned: LearnedChain) -> str:
    """Return what the chain makes of the test's noise."""
    skipped = max(learned.offset, 0)
    heard = 0.5 * noise(skipped + COMPARED)
    output = learned.process(heard, learned.sample_rate or USUAL_RATE)[0, skipped:]
    if not np.isfinite(output).all():
        raise ExportError(f"{learned.label!r} puts out what is not finite; learn it again")
    return "\n".join(f"    {number(float(value))}," for value in output)
