"""A program that runs with given parameters, as C."""

from __future__ import annotations

from collections.abc import Callable

from pyhost.native.assembly import (
    arrays_of,
    declarations,
    function,
    print_output,
    reset_lines,
    sample_lines,
    small_parameters,
    state_type,
)
from pyhost.native.registers import strips_between
from pyhost.native.sheet import Sheet
from pyhost.native.text import Index, moved, without_unused

__all__ = ["print_runner"]

BYTES = "size_t PREFIX_bytes(void)"
INIT = "void PREFIX_init(void *memory)"
RESET = "void PREFIX_reset(void *state)"
PARAMETERS = "double *PREFIX_parameters(void *state)"
PROCESS = "void PREFIX_process(void *state, const DsAudio *audio, double *partials)"


def print_runner(sheet: Sheet) -> list[str]:
    """Return the file's lines after its head."""
    sheet.out = sheet.body
    print_output(sheet)
    if sheet.tape.parameters:
        with sheet.out.block("if (partials)"):
            _print_partials(sheet)
    sample = sample_lines(sheet)
    store = [f"    {line}" for line in sheet.store]
    before = [
        *(f"    const double p{place} = s->parameters[{place}];" for place, _ in small_parameters(sheet)),
        "    const double *const p = s->parameters;",
        *(f"    {line}" for line in sheet.load),
        *sheet.before.text,
    ]
    before = without_unused(before, sample)
    uses_state = any("s->" in line for line in (*before, *sample))
    cast = "((PREFIX_State *)state)"
    return [
        *state_type([f"double parameters[{max(sheet.tape.parameters, 1)}];", *sheet.members]),
        *declarations(BYTES, INIT, RESET, PARAMETERS, PROCESS),
        *function(BYTES, ["    return sizeof(PREFIX_State);"]),
        *function(RESET, reset_lines(sheet) or ["    (void)state;"]),
        *function(INIT, ["    memset(memory, 0, sizeof(PREFIX_State));", "    PREFIX_reset(memory);"]),
        *function(PARAMETERS, [f"    return {cast}->parameters;"]),
        *function(
            PROCESS,
            [
                "    PREFIX_State *const s = state;" if uses_state else "    (void)state;",
                *([] if sheet.tape.parameters else ["    (void)partials;"]),
                *arrays_of(sheet, [*before, *sample]),
                *before,
                "    for (size_t n = 0; n < audio->frames; ++n) {",
                *sample,
                "    }",
                *store,
            ],
        ),
    ]


def _print_partials(sheet: Sheet) -> None:
    """Print the partials of a sample: 0 where a parameter does not reach the output."""
    output = sheet.registers[sheet.tape.output]
    parameter = row = 0
    for first, count in output.op.rows.runs:
        _print_strip(sheet, lambda *_: "0.0", parameter, first - parameter)
        for strip in strips_between(output, row, count):
            at = strip.start
            _print_strip(sheet, sheet.reader(output, at), first + at - row, strip.count)
        parameter, row = first + count, row + count
    _print_strip(sheet, lambda *_: "0.0", parameter, sheet.tape.parameters - parameter)


def _print_strip(sheet: Sheet, read: Callable[[Index, Index], str], parameter: int, count: int) -> None:
    """Print the partials with respect to so many parameters on end."""
    lanes = sheet.tape.lanes

    def put(r: Index) -> None:
        def put_lane(lane: Index) -> None:
            target = f"partials[(({moved(r, parameter)}) * {lanes} + {lane}) * audio->stride + n]"
            sheet.out.add(f"{target} = {read(r, lane)};")

        sheet.each(lanes, put_lane)

    if count == 1:
        put(0)
    elif count > 1:
        with sheet.out.loop("r", count):
            put("r")
