/* SPDX-License-Identifier: ISC
 *
 * The interpreter's loop over the samples of a block.
 */
#include "ds_machine.h"

/* Partials of sample n: row r of the output belongs to the next parameter of its runs. */
static void write_partials(const DsInterpreter *machine, const DsAudio *audio, size_t n, double *partials)
{
    const double *row = machine->output_rows;
    for (const DsRun *run = machine->output_runs; run < machine->output_runs_end; ++run)
        for (size_t p = run->first; p < (size_t)run->first + run->count; ++p)
            for (size_t l = 0; l < machine->lanes; ++l)
                partials[(p * machine->lanes + l) * audio->stride + n] = *row++;
}

void DS_VARIANT(ds_interpret)(DsInterpreter *machine, const DsAudio *audio, double *partials)
{
    for (size_t n = 0; n < audio->frames; ++n) {
        ds_machine_run(machine, audio, n);
        if (audio->output)
            for (size_t l = 0; l < machine->lanes; ++l)
                audio->output[l * audio->stride + n] = machine->output[l];
        if (partials)
            write_partials(machine, audio, n, partials);
        ds_machine_latch(machine);
    }
}
