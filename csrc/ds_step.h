/* SPDX-License-Identifier: ISC
 *
 * A step: an instruction bound to memory, ready to run. Inside the core only.
 */
#ifndef DS_STEP_H
#define DS_STEP_H

#include "ds_dual.h"
#include "ds_program.h"
#include "ds_rows.h"

typedef struct DsStep DsStep;
typedef void (*DsStepFunction)(const DsStep *step) DS_REALTIME;

/* A share of one operand in a result: `count` dense rows of the result from row `out` on. */
typedef struct {
    enum {
        DS_TERM_DENSE_A, /* each from its own row of a, from row `in` on */
        DS_TERM_BAND_A,  /* the elements of row `in` of a, one each */
        DS_TERM_DENSE_B,
        DS_TERM_BAND_B
    } kind;
    uint32_t out;
    uint32_t in;
    uint32_t count;
} DsTerm;

/* One operand of a CONCATENATE. */
typedef struct {
    const double *value;
    const double *rows;
    const DsSegment *segments;
    const DsSegment *end;
} DsPart;

struct DsStep {
    DsStepFunction run;
    double *out;          /* [m] values, followed by the rows */
    const double *a;
    const double *b;
    double *out_rows;
    const double *a_rows;
    const double *b_rows;
    size_t m;             /* elements of out */
    DsSegments segments;
    DsActive active;
    uint32_t flags;
    size_t width;         /* of out, but of a for SUM, DOT, INDEX, CONVOLVE */
    size_t lanes;         /* of out */
    const double *c;
    double *slope_a;      /* [m] scratch */
    double *slope_b;
    double *state;
    uint64_t *position;
    size_t length;        /* slots or entries of the state, the table, the parts */
    size_t size;          /* the instruction's */
    size_t rows;          /* of out */
    size_t a_rows_count;
    size_t b_rows_count;
    size_t a_width;       /* of BROADCAST's operand */
    size_t a_lanes;
    const double *table;
    const DsPart *parts;
    const DsTerm *terms;
    const DsTerm *terms_end;
    bool overlapping;     /* two terms share a row of the result: it must be cleared first */
};


#endif
