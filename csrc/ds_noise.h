/* SPDX-License-Identifier: ISC
 *
 * The test noise: s[n] = (1103515245 s[n-1] + 12345) mod 2^32 read as a signed integer, s[-1] = 0, times the
 * double reciprocal of 2147483647. Bit-exact against Faust's no.noise.
 */
#ifndef DS_NOISE_H
#define DS_NOISE_H

#include "ds_attributes.h"

#include <stddef.h>
#include <stdint.h>

/* Writes the next `frames` samples and carries the state, which starts at 0. [real-time] */
DS_INLINE void ds_noise(double *out, size_t frames, uint32_t *state)
{
    uint32_t s = *state;
    for (size_t n = 0; n < frames; ++n) {
        s = 1103515245u * s + 12345u;
        out[n] = (s <= (uint32_t)INT32_MAX ? (double)s : (double)s - 4294967296.0) * (1.0 / 2147483647.0);
    }
    *state = s;
}

#endif
