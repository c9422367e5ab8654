"""A program that learns, as C: the functions around the loop, and which of the two loops it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyhost._settings import CoreSettings
from pyhost.native.assembly import declarations, function, reset_lines, state_type
from pyhost.native.direct import print_directly
from pyhost.native.general import print_generally
from pyhost.native.gradient import LOSSES, Gradient
from pyhost.native.layout import Layout
from pyhost.native.shares import shares_of
from pyhost.native.sheet import Sheet
from pyhost.native.steps import SCALAR_KINDS

__all__ = ["fits_directly", "print_learner"]

BYTES = "size_t PREFIX_bytes(void)"
LAYOUT = "size_t PREFIX_layout(void)"
INIT = "void PREFIX_init(void *memory, const DsLearnerSettings *settings)"
RESET = "void PREFIX_reset(void *state)"
LEARN = "DsStatus PREFIX_learn(void *state, const DsAudio *audio, const DsRecord *record, size_t *done)"
PARAMETERS = "const double *PREFIX_parameters(void *state)"
SET_PARAMETERS = "void PREFIX_set_parameters(void *state, const double *values)"
STATE = "const double *PREFIX_state(void *state, size_t *count)"
SET_STATE = "DsStatus PREFIX_set_state(void *state, const double *values)"
TAKE_MEANS = "void PREFIX_take_means(void *state, double *loss, uint64_t *samples, double *parameters)"

OTHERWISE = [
    "#if defined(__GNUC__) /* of all losses and optimizers, one is used */",
    '#pragma GCC diagnostic ignored "-Wunused-function"',
    "#endif",
    '#include "ds_loop_loss.h"',
    '#include "ds_loop_step.h"',
    "",
]

LEARNER = "&((PREFIX_State *)state)->learner"


def print_learner(sheet: Sheet, settings: CoreSettings, choices: Sequence[str] = ()) -> list[str]:
    """Return the file's lines after its head."""
    directly = not choices and fits_directly(sheet, settings)
    plain = Layout(sheet, settings, 0, tuple(choices))
    layout = replace(plain, window=Gradient(plain).size if directly else _window_size(sheet, settings))
    loop = print_directly(layout) if directly else print_generally(layout)
    include = [] if directly else OTHERWISE
    return [
        *include,
        *state_type([*layout.members(), *sheet.members]),
        *declarations(BYTES, LAYOUT, INIT, RESET, LEARN, PARAMETERS, SET_PARAMETERS, STATE, SET_STATE, TAKE_MEANS),
        *function(BYTES, ["    return sizeof(PREFIX_State);"]),
        *function(LAYOUT, ["    return sizeof(DsLearnerSettings) + sizeof(DsParameter) + sizeof(DsAudio);"]),
        *function(RESET, [*reset_lines(sheet), f"    ds_upkeep_reset({LEARNER});"]),
        *function(
            INIT,
            [
                "    PREFIX_State *const s = memory;",
                "    memset(memory, 0, sizeof *s);",
                *(f"    {line}" for line in layout.pointing()),
                "    ds_printed_init(&s->learner, settings, s->specs);",
                "    PREFIX_reset(memory);",
            ],
        ),
        *function(PARAMETERS, ["    return ((PREFIX_State *)state)->parameters;"]),
        *function(SET_PARAMETERS, [f"    ds_upkeep_set_parameters({LEARNER}, values);"]),
        *function(
            STATE,
            [
                "    const PREFIX_State *const s = state;",
                "    *count = s->learner.state.count;",
                "    return s->optimizer;",
            ],
        ),
        *function(SET_STATE, [f"    return ds_upkeep_set_state({LEARNER}, values);"]),
        *function(TAKE_MEANS, [f"    ds_upkeep_take_means({LEARNER}, loss, samples, parameters);"]),
        *function(LEARN, loop),
    ]


def fits_directly(sheet: Sheet, settings: CoreSettings) -> bool:
    """Whether a learner can be printed in the way that is short."""
    loss, optimizer = settings.loss, settings.optimizer
    if optimizer.kind not in SCALAR_KINDS or optimizer.clip_value or optimizer.clip_norm:
        return False
    if loss.kind not in LOSSES or (loss.kind == "msle" and loss.window > 1 and loss.window_of == "signals"):
        return False
    shares = shares_of(sheet, settings)
    if optimizer.kind != "sgd" and sum(share.count for share in shares) != sheet.tape.parameters:
        return False  # what was gathered may move a parameter that has no partials any more
    return all(
        not (share.spec.locked or share.spec.recursive) and (share.is_spelt or not share.spec.normalised)
        for share in shares
    )


def _window_size(sheet: Sheet, settings: CoreSettings) -> int:
    """Return how many values the window of the general way holds side by side (as in ``ds_learner.c``)."""
    lanes, rows, loss = sheet.tape.lanes, sheet.registers[sheet.tape.output].rows, settings.loss
    of_signals = loss.window_of == "signals"
    if loss.kind == "esr" or (loss.kind == "msle" and of_signals):
        return lanes * (2 + rows)
    return lanes * (1 + rows) if of_signals else 1 + rows
