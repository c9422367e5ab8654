/* SPDX-License-Identifier: ISC
 *
 * What a function of the core answers. Nothing in the core prints, aborts or sets errno.
 */
#ifndef DS_STATUS_H
#define DS_STATUS_H

typedef enum {
    DS_OK = 0,
    DS_ERROR_LIMIT,     /* a count or a size is beyond what the core takes */
    DS_ERROR_REGISTER,  /* an instruction names a register that is not there, twice, or too early */
    DS_ERROR_OPCODE,    /* an instruction's opcode is unknown */
    DS_ERROR_SHAPE,     /* the widths or lanes of an instruction's registers do not fit together */
    DS_ERROR_PARTIALS,  /* a register has no room for a partial that reaches it */
    DS_ERROR_OPERAND,   /* an instruction's size, flags, table or parameter is out of range */
    DS_ERROR_MEMORY,    /* the caller's memory is too small or not aligned to 64 bytes */
    DS_ERROR_SETTING,   /* a learner's setting is out of range */
    DS_DIVERGED,        /* loss or parameters are no longer finite; the last finite ones are kept */
    DS_STATUS_COUNT
} DsStatus;

/* The status as a short English sentence without a full stop; never NULL, static memory. */
const char *ds_status_text(DsStatus status);

#endif
