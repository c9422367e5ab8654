/* SPDX-License-Identifier: ISC
 *
 * Keeping a recursion y[n] = .. + a[0] y[n-1] + .. + a[N-1] y[n-N] stable while its coefficients are learned.
 *
 * It is stable where the reflection coefficients of 1 - a[0] z^-1 - .. - a[N-1] z^-N are all between -1 and 1. They
 * are found by the step-down recursion: with alpha = -a, for m from N down to 1
 *
 *     k = alpha[m],    alpha[i] = (alpha[i] - k alpha[m-i]) / (1 - k^2),  i < m.
 *
 * What is not stable is drawn towards 0, a[i] gamma^(i+1), which multiplies every pole by gamma and leaves angles and
 * proportions as they are ("bandwidth expansion").
 *
 * Source: J. D. Markel and A. H. Gray, "Linear Prediction of Speech", 1976, ch. 5; R. Viswanathan and J. Makhoul, IEEE
 * Trans. ASSP 23 (1975).
 */
#ifndef DS_RECURSION_H
#define DS_RECURSION_H

#include "ds_attributes.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* A single pole at it rings for 10000 samples. */
#define DS_LARGEST_REFLECTION 0.9999

enum { DS_LONGEST_RECURSION = 64, DS_RECURSION_HALVINGS = 24 };

/* Whether all reflection coefficients of a[i] gamma^(i+1) are within DS_LARGEST_REFLECTION; false if one is no number.
 * `work` holds `count` doubles and is not `a`. */
DS_INLINE bool ds_recursion_is_stable(const double *a, size_t count, double gamma, double *work)
{
    double power = 1.0;
    for (size_t i = 0; i < count; ++i)
        work[i] = -a[i] * (power *= gamma);
    for (size_t m = count; m > 0; --m) {
        const double k = work[m - 1];
        if (!(fabs(k) <= DS_LARGEST_REFLECTION))
            return false;
        const double scale = 1.0 / ((1.0 - k) * (1.0 + k));
        for (size_t i = 0; 2 * i + 1 < m; ++i) {
            const size_t j = m - 2 - i;
            const double u = work[i], v = work[j];
            work[i] = scale * (u - k * v);
            work[j] = scale * (v - k * u);
        }
    }
    return true;
}

/* Draws the poles of a recursion of finite coefficients inwards, by the largest gamma found by halving, if it is not
 * stable; answers whether it was not. At most 25 count^2 operations. */
DS_INLINE bool ds_recursion_hold(double *a, size_t count, double *work)
{
    if (ds_recursion_is_stable(a, count, 1.0, work))
        return false;
    double low = 0.0, high = 1.0; /* no recursion at all is stable */
    for (int n = 0; n < DS_RECURSION_HALVINGS; ++n) {
        const double gamma = 0.5 * (low + high);
        if (ds_recursion_is_stable(a, count, gamma, work))
            low = gamma;
        else
            high = gamma;
    }
    double power = 1.0;
    for (size_t i = 0; i < count; ++i)
        a[i] *= power *= low;
    return true;
}

#endif
