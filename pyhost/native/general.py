"""The learner's loop for every loss, optimizer and number of lanes: the interpreter's, told all that is known."""

from __future__ import annotations

from pyhost.native.assembly import arrays_of, print_output, sample_lines, small_parameters
from pyhost.native.layout import Layout
from pyhost.native.registers import Piece
from pyhost.native.text import without_unused

__all__ = ["print_generally"]


def print_generally(layout: Layout) -> list[str]:
    """Return the body of the function that learns."""
    sheet = layout.sheet
    output = sheet.registers[sheet.tape.output]
    lanes = sheet.tape.lanes
    sheet.out = sheet.body
    sheet.fill_row("s->output", lanes, output.value)
    for strip in output.strips:
        sheet.fill("s->rows", lanes, Piece(strip.start, strip.count, sheet.reader(output, strip.start)))
    for line in _loss(layout):
        sheet.body.add(line)
    print_output(sheet)
    with sheet.body.block("if (record && n % record->every == 0)"):
        sheet.body.add(
            f"ds_printed_record(record, n / record->every, loss, s->gradient, s->parameters, {sheet.tape.parameters});"
        )
    moving = [
        f"        const double p{place} = s->parameters[{place}];" for place, moves in small_parameters(sheet) if moves
    ]
    sheet.body.text[:0] = moving
    sample = sample_lines(sheet)
    before = [
        *(
            f"    const double p{place} = s->parameters[{place}];"
            for place, moves in small_parameters(sheet)
            if not moves
        ),
        "    const double *const p = s->parameters;",
        *(f"    {line}" for line in sheet.load),
        *sheet.before.text,
    ]
    return [
        "    PREFIX_State *const s = state;",
        "    DsLearner *const learner = &s->learner;",
        *arrays_of(sheet, [*before, *sample]),
        *without_unused(before, sample),
        "    DsStatus status = DS_OK;",
        "    *done = audio->frames;",
        "    for (size_t n = 0; n < audio->frames; ++n) {",
        *sample,
        "        bool good = !ds_printed_is_bad(loss);",
        "        if (DS_LIKELY(good)) {",
        *(f"            {line}" for line in _step(layout)),
        "        }",
        "        if (DS_UNLIKELY(!good)) {",
        "            *done = n;",
        "            status = DS_DIVERGED;",
        "            ds_upkeep_restart(learner);",
        "            break;",
        "        }",
        "        *learner->state.steps += 1.0;",
        "        for (const DsParameter *q = learner->parameters; q < learner->parameters + "
        f"{len(layout.settings.parameters)}; ++q)",
        "            if (!q->locked)",
        "                commit_parameter(learner, q);",
        "        ds_printed_count(learner, loss);",
        "    }",
        *(f"    {line}" for line in sheet.store),
        "    return status;",
    ]


def _loss(layout: Layout) -> list[str]:
    """Return what computes loss and gradient of a sample: of the interpreter's ways the one for these settings."""
    loss = layout.settings.loss
    if loss.kind == "spectral":
        return [
            "note_rows(learner, s->rows, 1.0);",
            "const double loss = spectral_loss(learner, audio, n);",
        ]
    if loss.kind == "esr":
        way = "ratio_of_energies"
    elif loss.window == 1:
        way = "loss_of_sample"
    elif loss.window_of == "loss":
        way = "mean_of_losses"
    else:
        way = "loss_of_means_one" if layout.sheet.tape.lanes == 1 and loss.kind != "msle" else "loss_of_means_many"
    return [f"const double loss = {way}(learner, audio, n);"]


def _step(layout: Layout) -> list[str]:
    """Return what computes the next positions: of the interpreter's optimizers the one of these settings."""
    if layout.choices:
        return ["good = find_steps(learner);"]
    optimizer, p = layout.settings.optimizer, layout.sheet.tape.parameters
    lines = [
        "const DsOptimizer *const how = &learner->settings.optimizer;",
        "const double rate = learner->settings.rate *",
        "                    ds_schedule_factor(&learner->settings.schedule, *learner->state.steps);",
    ]
    if optimizer.kind == "sgd" and not optimizer.clip_value and not optimizer.clip_norm:
        return [*lines[1:], "good = step_plainly(learner, rate);"]
    g, step, m, v = "learner->descent", "learner->step", "learner->state.m", "learner->state.v"
    match optimizer.kind:
        case "gauss_newton":
            lines = [*lines[1:], "step_gauss_newton(learner, rate);"]
        case "momentum" | "nesterov":
            lines.append(f"step_{optimizer.kind}({g}, rate, how->momentum, {m}, {step}, {p});")
        case "rmsprop":
            lines.append(f"step_rmsprop({g}, rate, how, {v}, {step}, {p});")
        case "nlms":
            lines.append(f"step_nlms({g}, rate, energy_of_sensitivities(learner), how->epsilon, {step}, {p});")
        case "adam" | "adamw":
            power1, power2 = "*learner->state.power1", "*learner->state.power2"
            lines += [
                f"{power1} *= how->momentum;",
                f"{power2} *= how->decay;",
                "const DsAdam adam = {rate, how->momentum, how->decay, how->epsilon,",
                f"                     1.0 - {power1}, 1.0 - {power2}}};",
                f"step_adam({g}, adam, {m}, {v}, {step}, {p});",
            ]
            if optimizer.weight_decay:
                lines.append("decay_weights(learner, rate * how->weight_decay);")
        case _:
            lines = [*lines[1:], f"step_sgd({g}, rate, {step}, {p});"]
    if optimizer.kind != "gauss_newton":
        lines.insert(0, "fill_descent(learner);")
    return [
        *lines,
        f"const DsParameter *const end = learner->parameters + {len(layout.settings.parameters)};",
        "for (const DsParameter *q = learner->parameters; q < end; ++q)",
        "    good &= q->locked || follow_steps(learner, q);",
    ]
