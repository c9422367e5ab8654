/* SPDX-License-Identifier: ISC
 *
 * Laying things out in one piece of caller's memory. The same code runs twice: without memory, to learn how
 * much is needed, then with it. Inside the core only.
 */
#ifndef DS_ARENA_H
#define DS_ARENA_H

#include "ds_attributes.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
    unsigned char *memory; /* NULL: only measure */
    uint64_t used;
} DsArena;

enum { DS_ARENA_ALIGNMENT = 64 };
#define DS_ARENA_LIMIT ((uint64_t)1 << 36) /* 64 GiB: more is refused before it can overflow */

/* `count` things of `size` bytes, aligned to 64 if they fill a cache line, else to 8. NULL while measuring. */
static inline void *ds_arena_take(DsArena *arena, uint64_t count, size_t size)
{
    const uint64_t bytes = count > DS_ARENA_LIMIT / size ? DS_ARENA_LIMIT : count * size;
    const uint64_t alignment = bytes >= DS_ARENA_ALIGNMENT ? DS_ARENA_ALIGNMENT : 8u;
    const uint64_t at = (arena->used + alignment - 1) / alignment * alignment;
    arena->used = at > DS_ARENA_LIMIT ? at : at + bytes;
    return arena->memory ? arena->memory + at : NULL;
}

static inline double *ds_arena_doubles(DsArena *arena, uint64_t count)
{
    return ds_arena_take(arena, count, sizeof(double));
}

#endif
