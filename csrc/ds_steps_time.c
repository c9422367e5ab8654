/* SPDX-License-Identifier: ISC
 *
 * Steps that remember: one sample (MEMORY) and many (DELAY).
 */
#include "ds_variant.h"

#include "ds_delay.h"

#include <string.h>

/* Takes the operand's value at the end of a sample; between its runs the result stands still. */
DS_REALTIME static void memory(const DsStep *s)
{
    const size_t m = s->m;
    memcpy(s->out, s->a, m * sizeof *s->out);
    for (const DsSegment *g = s->segments.both; g < s->segments.end; ++g)
        memcpy(s->out_rows + g->out * m, s->a_rows + g->a * m, g->count * m * sizeof *s->out_rows);
}

DS_REALTIME static void memory_of_few(const DsStep *s)
{
    *s->out = *s->a;
    for (const DsSegment *g = s->segments.both; g < s->segments.end; ++g)
        ds_copy_few(s->out_rows + g->out, s->a_rows + g->a, g->count);
}

/* sum of weight[k] * value `first` + k samples ago, in element j of a slot. */
DS_INLINE double read_back(const DsStep *s, size_t now, size_t first, size_t taps, const double *weight,
                           size_t element)
{
    const size_t stride = s->m * (1 + s->a_rows_count);
    double total = 0.0;
    for (size_t k = 0; k < taps; ++k) {
        const size_t back = first + k;
        const size_t slot = now >= back ? now - back : now + s->length - back;
        total += weight[k] * s->state[slot * stride + element];
    }
    return total;
}

/* The slots of the line hold the operand whole, value and rows (which lie apart where the operand is a
 * parameter). For whole delays the slope in time of the delayed signal is needed: its last value stands behind
 * the slots. */
DS_REALTIME static void delay(const DsStep *s)
{
    const size_t m = s->m;
    const size_t stride = m * (1 + s->a_rows_count);
    const DsInterpolation interpolation = (DsInterpolation)s->flags;
    const size_t now = (size_t)*s->position;
    double *previous = s->state + s->length * stride;
    double *slot = s->state + now * stride;
    memcpy(slot, s->a, m * sizeof *slot);
    memcpy(slot + m, s->a_rows, (stride - m) * sizeof *slot);
    *s->position = now + 1 == s->length ? 0 : now + 1;
    for (size_t j = 0; j < m; ++j) {
        bool inside;
        const DsDelayReader reader =
            ds_delay_reader(ds_delay_clip(s->b[j], (double)s->size, &inside), interpolation);
        const double value = read_back(s, now, reader.first, reader.taps, reader.weight, j);
        double slope = read_back(s, now, reader.first, reader.taps, reader.slope, j);
        if (interpolation == DS_INTERPOLATE_NONE)
            slope = previous[j] - value;
        previous[j] = value;
        s->out[j] = value;
        for (const DsSegment *g = s->segments.both; g < s->segments.end; ++g) {
            const bool has_a = g < s->segments.only_b;
            const bool has_b = g < s->segments.only_a || !has_a;
            for (size_t r = 0; r < g->count; ++r) {
                double partial = 0.0;
                if (has_a)
                    partial = read_back(s, now, reader.first, reader.taps, reader.weight, (1 + g->a + r) * m + j);
                if (has_b && inside)
                    partial += slope * s->b_rows[(g->b + r) * m + j];
                s->out_rows[(g->out + r) * m + j] = partial;
            }
        }
    }
}

DsStepFunction DS_VARIANT(ds_pick_time)(uint32_t opcode, size_t rows, size_t m)
{
    switch ((DsOpcode)opcode) {
    case DS_OP_MEMORY: return m == 1 && rows < DS_FEW ? memory_of_few : memory;
    case DS_OP_DELAY: return delay;
    default: return NULL;
    }
}
