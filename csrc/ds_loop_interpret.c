/* SPDX-License-Identifier: ISC
 *
 * The interpreter's loop over the samples of a block.
 */
#include "ds_machine.h"

/* The partials of sample n with respect to parameter p: a row of the output, or 0 where it has none. */
DS_INLINE void write_row(const DsInterpreter *machine, const DsAudio *audio, size_t n, double *partials, size_t p,
                         const double *row)
{
    for (size_t l = 0; l < machine->lanes; ++l)
        partials[(p * machine->lanes + l) * audio->stride + n] = row ? row[l] : 0.0;
}

/* Row r of the output belongs to the next parameter of its runs. */
static void write_partials(const DsInterpreter *machine, const DsAudio *audio, size_t n, double *partials)
{
    const double *row = machine->output_rows;
    size_t p = 0;
    for (const DsRun *run = machine->output_runs; run < machine->output_runs_end; ++run) {
        for (; p < run->first; ++p)
            write_row(machine, audio, n, partials, p, NULL);
        for (; p < (size_t)run->first + run->count; ++p, row += machine->lanes)
            write_row(machine, audio, n, partials, p, row);
    }
    for (; p < machine->parameter_count; ++p)
        write_row(machine, audio, n, partials, p, NULL);
}

void DS_VARIANT(ds_interpret)(DsInterpreter *machine, const DsAudio *audio, double *partials)
{
    const DsStep *const first = ds_machine_begin(machine, false);
    for (size_t n = 0; n < audio->frames; ++n) {
        ds_machine_run(machine, first, audio, n);
        if (audio->output)
            for (size_t l = 0; l < machine->lanes; ++l)
                audio->output[l * audio->stride + n] = machine->output[l];
        if (partials)
            write_partials(machine, audio, n, partials);
        ds_machine_latch(machine);
    }
}
