/* SPDX-License-Identifier: ISC
 *
 * Steps over vectors: widening, picking, joining, sums, dot products, taps and convolution.
 */
#include "ds_variant.h"

#include <string.h>

/* Values of one element or lane repeated; m of the operand may be smaller than that of the result. */
DS_INLINE void repeat(const DsStep *s, double *restrict out, const double *restrict in)
{
    for (size_t w = 0; w < s->width; ++w)
        for (size_t l = 0; l < s->lanes; ++l)
            out[w * s->lanes + l] = in[(s->a_width == 1 ? 0 : w) * s->a_lanes + (s->a_lanes == 1 ? 0 : l)];
}

DS_REALTIME static void broadcast(const DsStep *s)
{
    const size_t m = s->a_width * s->a_lanes;
    repeat(s, s->out, s->a);
    for (const DsSegment *g = s->segments.both; g < s->segments.end; ++g)
        for (size_t r = 0; r < g->count; ++r)
            repeat(s, s->out_rows + (g->out + r) * s->m, s->a_rows + (g->a + r) * m);
}

/* Both results of SUM, DOT and CONVOLVE start from terms; where two share a row, they are added. */
DS_INLINE void put(double *out, double value, bool add)
{
    *out = add ? *out + value : value;
}

/* Terms of the elements picked: a row of each is copied, or, where two meet in one element, added. */
DS_REALTIME static void index_elements(const DsStep *s)
{
    const size_t m = s->m;
    const double *rows_at = s->a_rows + s->size * s->lanes;
    memcpy(s->out, s->a + s->size * s->lanes, m * sizeof *s->out);
    if (s->overlapping)
        memset(s->out_rows, 0, s->rows * m * sizeof *s->out_rows);
    for (const DsTerm *t = s->terms; t < s->terms_end; ++t)
        for (size_t r = 0; r < t->count; ++r)
            for (size_t j = 0; j < m; ++j)
                put(&s->out_rows[(t->out + r) * m + j], rows_at[(t->in + r) * s->width * s->lanes + j],
                    s->overlapping);
}

DS_REALTIME static void concatenate(const DsStep *s)
{
    const size_t lanes = s->lanes;
    for (size_t w = 0; w < s->length; ++w) {
        const DsPart *part = &s->parts[w];
        memcpy(s->out + w * lanes, part->value, lanes * sizeof *part->value);
        for (const DsSegment *g = part->segments; g < part->end; ++g)
            for (size_t r = 0; r < g->count; ++r)
                memcpy(s->out_rows + (g->out + r) * s->m + w * lanes, part->rows + (g->a + r) * lanes,
                       lanes * sizeof *part->rows);
    }
}

enum { LANES_AT_ONCE = 8 };

/* The sums of dot_lanes for `count` lanes from lane `from` on; each in the eight parts of ds_dot, so that a lane
 * has the bits that it has alone. */
DS_INLINE void dot_some_lanes(double *restrict out, const double *restrict a, size_t a_lanes,
                              const double *restrict b, size_t n, size_t lanes, size_t from, size_t count, bool add)
{
    double part[8][LANES_AT_ONCE] = {{0.0}};
    for (size_t k = 0; k < n; ++k)
        for (size_t l = 0; l < count; ++l)
            part[k % 8][l] += a[k * a_lanes + (a_lanes == 1 ? 0 : from + l)] * b[k * lanes + from + l];
    for (size_t l = 0; l < count; ++l)
        put(&out[from + l],
            ((part[0][l] + part[4][l]) + (part[2][l] + part[6][l])) +
                ((part[1][l] + part[5][l]) + (part[3][l] + part[7][l])),
            add);
}

/* Sum over n elements of a[k] b[k] for every lane; a has a lane of its own or one for all. */
DS_INLINE void dot_lanes(double *restrict out, const double *restrict a, size_t a_lanes, const double *restrict b,
                         size_t n, size_t lanes, bool add)
{
    if (lanes == 1) {
        put(out, ds_dot(a, b, n), add);
        return;
    }
    size_t from = 0;
    for (; from + LANES_AT_ONCE <= lanes; from += LANES_AT_ONCE)
        dot_some_lanes(out, a, a_lanes, b, n, lanes, from, LANES_AT_ONCE, add);
    if (lanes - from == 2) /* stereo: worth a loop of its own */
        dot_some_lanes(out, a, a_lanes, b, n, lanes, from, 2, add);
    else if (from < lanes)
        dot_some_lanes(out, a, a_lanes, b, n, lanes, from, lanes - from, add);
}

/* out[k] = d[k] b[k] for n elements; d has a lane of its own or one for all. */
DS_INLINE void band_lanes(double *restrict out, const double *restrict d, size_t d_lanes,
                          const double *restrict b, size_t n, size_t lanes, bool add)
{
    if (lanes == 1) {
        if (add)
            for (size_t k = 0; k < n; ++k)
                out[k] += d[k] * b[k];
        else
            for (size_t k = 0; k < n; ++k)
                out[k] = d[k] * b[k];
        return;
    }
    for (size_t k = 0; k < n; ++k)
        for (size_t l = 0; l < lanes; ++l)
            put(&out[k * lanes + l], d[k * d_lanes + (d_lanes == 1 ? 0 : l)] * b[k * lanes + l], add);
}

DS_REALTIME static void sum(const DsStep *s)
{
    const size_t lanes = s->lanes;
    const size_t n = s->width;
    for (size_t l = 0; l < lanes; ++l)
        s->out[l] = 0.0;
    for (size_t k = 0; k < n; ++k)
        for (size_t l = 0; l < lanes; ++l)
            s->out[l] += s->a[k * lanes + l];
    if (s->overlapping)
        memset(s->out_rows, 0, s->rows * lanes * sizeof *s->out_rows);
    for (const DsTerm *t = s->terms; t < s->terms_end; ++t)
        for (size_t r = 0; r < t->count; ++r)
            for (size_t l = 0; l < lanes; ++l) {
                const double *in = s->a_rows + t->in * n * lanes + (t->kind == DS_TERM_BAND_A ? r * lanes : 0) + l;
                double total = 0.0;
                if (t->kind == DS_TERM_BAND_A)
                    total = *in;
                else
                    for (size_t k = 0; k < n; ++k)
                        total += in[(r * n + k) * lanes];
                put(&s->out_rows[(t->out + r) * lanes + l], total, s->overlapping);
            }
}

/* The rows of a . b, where b_values and b_rows are what b stands for: a register or a window of the past.
 * b_stride is the distance between two rows of it. */
DS_INLINE void dot_terms(const DsStep *s, size_t a_lanes, const double *b_values, const double *b_rows,
                         size_t b_stride)
{
    const size_t lanes = s->lanes;
    const size_t n = s->width;
    const bool add = s->overlapping;
    if (add)
        memset(s->out_rows, 0, s->rows * lanes * sizeof *s->out_rows);
    for (const DsTerm *t = s->terms; t < s->terms_end; ++t) {
        double *out = s->out_rows + t->out * lanes;
        switch (t->kind) {
        case DS_TERM_BAND_A:
            band_lanes(out, s->a_rows + t->in * n * a_lanes, a_lanes, b_values, n, lanes, add);
            break;
        case DS_TERM_BAND_B:
            band_lanes(out, s->a, a_lanes, b_rows + t->in * b_stride, n, lanes, add);
            break;
        case DS_TERM_DENSE_A:
            for (size_t r = 0; r < t->count; ++r)
                dot_lanes(out + r * lanes, s->a_rows + (t->in + r) * n * a_lanes, a_lanes, b_values, n, lanes, add);
            break;
        case DS_TERM_DENSE_B:
            for (size_t r = 0; r < t->count; ++r)
                dot_lanes(out + r * lanes, s->a, a_lanes, b_rows + (t->in + r) * b_stride, n, lanes, add);
            break;
        }
    }
}

DS_REALTIME static void dot(const DsStep *s)
{
    dot_lanes(s->out, s->a, s->lanes, s->b, s->width, s->lanes, false);
    dot_terms(s, s->lanes, s->b, s->b_rows, s->width * s->lanes);
}

/* Newest first: every sample all values move up by one, the value and each row of its own. */
DS_REALTIME static void taps(const DsStep *s)
{
    const size_t lanes = s->lanes;
    const size_t older = (s->width - 1) * lanes;
    memmove(s->out + lanes, s->out, older * sizeof *s->out);
    memcpy(s->out, s->a, lanes * sizeof *s->a);
    for (const DsSegment *g = s->segments.both; g < s->segments.end; ++g)
        for (size_t r = 0; r < g->count; ++r) {
            double *row = s->out_rows + (g->out + r) * s->m;
            memmove(row + lanes, row, older * sizeof *row);
            memcpy(row, s->a_rows + (g->a + r) * lanes, lanes * sizeof *row);
        }
}

/* The window is kept twice, one copy behind the other, so that it always lies in one piece, newest first,
 * at `position`: one such line for the signal, one for each of its rows. */
DS_REALTIME static void convolve(const DsStep *s)
{
    const size_t lanes = s->lanes;
    const size_t n = s->width;
    const size_t line = 2 * n * lanes;
    const size_t at = (size_t)(*s->position = *s->position == 0 ? n - 1 : *s->position - 1);
    for (size_t r = 0; r <= s->b_rows_count; ++r) {
        const double *newest = r == 0 ? s->b : s->b_rows + (r - 1) * lanes;
        double *slot = s->state + r * line + at * lanes;
        for (size_t l = 0; l < lanes; ++l)
            slot[l] = slot[n * lanes + l] = newest[l];
    }
    const double *window = s->state + at * lanes;
    dot_lanes(s->out, s->a, 1, window, n, lanes, false);
    dot_terms(s, 1, window, window + line, line);
}

/* CONVOLVE in one lane of a signal without partials, the usual case: there are bands and rows of h alone. */
DS_REALTIME static void convolve_one(const DsStep *s)
{
    const size_t n = s->width;
    const size_t at = (size_t)(*s->position = *s->position == 0 ? n - 1 : *s->position - 1);
    double *window = s->state + at;
    window[0] = window[n] = *s->b;
    *s->out = ds_dot(s->a, window, n);
    dot_terms(s, 1, window, window, 0);
}

/* The same for fewer than DS_FEW taps, all of them one vector that is learned. */
DS_REALTIME static void convolve_few(const DsStep *s)
{
    const size_t n = s->width;
    const size_t at = (size_t)(*s->position = *s->position == 0 ? n - 1 : *s->position - 1);
    double *window = s->state + at;
    window[0] = window[n] = *s->b;
    *s->out = ds_dot_few(s->a, window, n);
    ds_multiply_few(s->out_rows + s->terms->out, s->a_rows + s->terms->in * n, window, n);
}

static DsStepFunction pick_convolve(const DsStep *s)
{
    if (s->lanes > 1 || s->b_rows_count > 0)
        return convolve;
    const bool is_band = s->terms_end - s->terms == 1 && s->terms->kind == DS_TERM_BAND_A;
    return is_band && s->width < DS_FEW ? convolve_few : convolve_one;
}

DsStepFunction DS_VARIANT(ds_pick_vector)(uint32_t opcode, const DsStep *step)
{
    switch ((DsOpcode)opcode) {
    case DS_OP_BROADCAST: return broadcast;
    case DS_OP_INDEX: return index_elements;
    case DS_OP_CONCATENATE: return concatenate;
    case DS_OP_SUM: return sum;
    case DS_OP_DOT: return dot;
    case DS_OP_TAPS: return taps;
    case DS_OP_CONVOLVE: return pick_convolve(step);
    default: return NULL;
    }
}
