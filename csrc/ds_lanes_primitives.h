/* SPDX-License-Identifier: ISC
 *
 * The primitives, losses and optimizers of the core for lanes: in each lane the very operations that they are made of,
 * in their order, and so the same bits. What is cheap is written with vectors, all else calls the core lane by lane.
 */
#ifndef DS_LANES_PRIMITIVES_H
#define DS_LANES_PRIMITIVES_H

#include "ds_lanes.h"
#include "ds_printed_learner.h"

/* Primitives of the core, lane by lane. */
#define DS_ITEM(l) x[l]
#define DS_VALUE(l) f[l].value
#define DS_SLOPE(l) f[l].slope
#define DS_SLOPE_A(l) f[l].slope_a
#define DS_SLOPE_B(l) f[l].slope_b

#define DS_NUMBER_LANES(name, own)                \
    DS_INLINE DsLanes ds_lanes_##name(DsLanes u)  \
    {                                             \
        double x[DS_LANES];                       \
        memcpy(x, &u, sizeof x);                  \
        for (size_t l = 0; l < DS_LANES; ++l)     \
            x[l] = own(x[l]);                     \
        return DS_EACH_LANE(DS_ITEM);             \
    }

#define DS_UNARY_LANES(name)                                                   \
    DS_INLINE DsUnaryLanes ds_lanes_##name(DsLanes u)                          \
    {                                                                          \
        double x[DS_LANES];                                                    \
        DsUnary f[DS_LANES];                                                   \
        memcpy(x, &u, sizeof x);                                               \
        for (size_t l = 0; l < DS_LANES; ++l)                                  \
            f[l] = ds_##name(x[l]);                                            \
        return (DsUnaryLanes){DS_EACH_LANE(DS_VALUE), DS_EACH_LANE(DS_SLOPE)}; \
    }

#define DS_BINARY_LANES(name)                                                                                 \
    DS_INLINE DsBinaryLanes ds_lanes_##name(DsLanes u, DsLanes v, DsActive active)                            \
    {                                                                                                         \
        double x[DS_LANES], y[DS_LANES];                                                                      \
        DsBinary f[DS_LANES];                                                                                 \
        memcpy(x, &u, sizeof x);                                                                              \
        memcpy(y, &v, sizeof y);                                                                              \
        for (size_t l = 0; l < DS_LANES; ++l)                                                                 \
            f[l] = ds_##name(x[l], y[l], active);                                                             \
        return (DsBinaryLanes){DS_EACH_LANE(DS_VALUE), DS_EACH_LANE(DS_SLOPE_A), DS_EACH_LANE(DS_SLOPE_B)};   \
    }

#define DS_LOGIC_LANES(name)                                \
    DS_INLINE DsLanes ds_lanes_##name(DsLanes u, DsLanes v) \
    {                                                       \
        double x[DS_LANES], y[DS_LANES];                    \
        memcpy(x, &u, sizeof x);                            \
        memcpy(y, &v, sizeof y);                            \
        for (size_t l = 0; l < DS_LANES; ++l)               \
            x[l] = ds_##name(x[l], y[l]);                   \
        return DS_EACH_LANE(DS_ITEM);                       \
    }

DS_NUMBER_LANES(plain_exp, exp)
DS_NUMBER_LANES(plain_log, log)
DS_NUMBER_LANES(plain_sqrt, sqrt)
DS_NUMBER_LANES(opaque, ds_opaque)

DS_UNARY_LANES(sin)
DS_UNARY_LANES(cos)
DS_UNARY_LANES(tan)
DS_UNARY_LANES(asin)
DS_UNARY_LANES(acos)
DS_UNARY_LANES(atan)
DS_UNARY_LANES(exp)
DS_UNARY_LANES(log)
DS_UNARY_LANES(log10)
DS_UNARY_LANES(sqrt)
DS_UNARY_LANES(tanh)
DS_UNARY_LANES(floor)
DS_UNARY_LANES(ceil)
DS_UNARY_LANES(rint)
DS_UNARY_LANES(round)
DS_UNARY_LANES(truncate)
DS_UNARY_LANES(loss_log_cosh)

DS_BINARY_LANES(power)
DS_BINARY_LANES(atan2)
DS_BINARY_LANES(fmod)
DS_BINARY_LANES(remainder)

DS_LOGIC_LANES(less)
DS_LOGIC_LANES(less_equal)
DS_LOGIC_LANES(greater)
DS_LOGIC_LANES(greater_equal)
DS_LOGIC_LANES(equal)
DS_LOGIC_LANES(not_equal)
DS_LOGIC_LANES(and)
DS_LOGIC_LANES(or)
DS_LOGIC_LANES(xor)
DS_LOGIC_LANES(shift_left)
DS_LOGIC_LANES(shift_right)

/* ds_divide: the slopes below the clamp are hardly ever needed. */
DS_INLINE DsBinaryLanes ds_lanes_divide(DsLanes u, DsLanes v, DsActive active)
{
    const DsLanes value = u / v, none = {0.0};
    if (!active.a && !active.b)
        return (DsBinaryLanes){value, none, none};
    const DsMaskLanes is_large = v * v > DS_SMALLEST_SQUARE;
    const DsLanes share = 1.0 / v;
    const DsBinaryLanes large = {value, share, -value * share};
    if (DS_LIKELY(ds_lanes_all(is_large)))
        return large;
    return (DsBinaryLanes){value, ds_lanes_select(is_large, large.slope_a, v / DS_SMALLEST_SQUARE),
                           ds_lanes_select(is_large, large.slope_b, -u / DS_SMALLEST_SQUARE)};
}

/* ds_absolute. */
DS_INLINE DsUnaryLanes ds_lanes_absolute(DsLanes u)
{
    return (DsUnaryLanes){ds_lanes_fabs(u), ds_lanes_sign(u)};
}

/* ds_loss_mae. */
DS_INLINE DsUnaryLanes ds_lanes_loss_mae(DsLanes e)
{
    const DsLanes size = ds_lanes_fabs(e);
    return (DsUnaryLanes){size, ds_lanes_select(size < DS_SMALLEST_ERROR, e / DS_SMALLEST_ERROR, ds_lanes_sign(e))};
}

/* The same; as in ds_printed_mae, the division is hardly ever needed. */
DS_INLINE DsUnaryLanes ds_lanes_printed_mae(DsLanes e)
{
    const DsLanes size = ds_lanes_fabs(e);
    if (DS_UNLIKELY(!ds_lanes_all(size >= DS_SMALLEST_ERROR)))
        return ds_lanes_loss_mae(e);
    const DsMaskLanes one = (DsMaskLanes)DS_IN_LANES(1.0), sign = (DsMaskLanes)e & ~0x7fffffffffffffffLL;
    return (DsUnaryLanes){size, (DsLanes)(one | sign)};
}

/* ds_loss_mse. */
DS_INLINE DsUnaryLanes ds_lanes_loss_mse(DsLanes e)
{
    return (DsUnaryLanes){e * e, 2.0 * e};
}

/* ds_loss_huber. */
DS_INLINE DsUnaryLanes ds_lanes_loss_huber(DsLanes e, DsLanes delta)
{
    const DsLanes size = ds_lanes_fabs(e);
    const DsLanes outside = ds_lanes_select(e > 0.0, delta, -delta);
    return (DsUnaryLanes){ds_lanes_select(size > delta, delta * (size - 0.5 * delta), 0.5 * e * e),
                          ds_lanes_select(size > delta, outside, e)};
}

/* ds_dot of vectors of lanes. */
DS_INLINE DsLanes ds_lanes_dot(const DsLanes *restrict a, const DsLanes *restrict b, size_t n)
{
    DsLanes part[8] = {{0.0}};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; ++k)
            part[k] += a[i + k] * b[i + k];
    for (size_t k = 0; i < n; ++i, ++k)
        part[k] += a[i] * b[i];
    const DsLanes even = (part[0] + part[4]) + (part[2] + part[6]);
    if (n < DS_FEW)
        return even + ((part[1] + part[5]) + part[3]);
    return even + ((part[1] + part[5]) + (part[3] + part[7]));
}

/* Sum over n elements, as ds_printed_sum. */
DS_INLINE DsLanes ds_lanes_printed_sum(const DsLanes *a, size_t n, size_t stride)
{
    DsLanes total = {0.0};
    for (size_t k = 0; k < n; ++k)
        total += a[k * stride];
    return total;
}

/* ds_schedule_factor. */
DS_INLINE DsLanes ds_lanes_schedule_factor(const DsSchedule *schedule, DsLanes n)
{
    double x[DS_LANES];
    memcpy(x, &n, sizeof x);
    for (size_t l = 0; l < DS_LANES; ++l)
        x[l] = ds_schedule_factor(schedule, x[l]);
    return DS_EACH_LANE(DS_ITEM);
}

/* ds_optimizer_momentum. */
DS_INLINE DsLanes ds_lanes_optimizer_momentum(DsLanes g, DsLanes rate, DsLanes mu, DsLanes *m)
{
    return *m = mu * *m + rate * g;
}

/* ds_optimizer_nesterov. */
DS_INLINE DsLanes ds_lanes_optimizer_nesterov(DsLanes g, DsLanes rate, DsLanes mu, DsLanes *m)
{
    *m = mu * *m + rate * g;
    return mu * *m + rate * g;
}

/* ds_optimizer_rmsprop. */
DS_INLINE DsLanes ds_lanes_optimizer_rmsprop(DsLanes g, DsLanes rate, DsLanes rho, DsLanes epsilon, DsLanes *v)
{
    *v = rho * *v + (1.0 - rho) * (g * g);
    return rate * g / (ds_lanes_plain_sqrt(*v) + epsilon);
}

/* DsAdam. */
typedef struct {
    DsLanes rate;
    DsLanes beta1;
    DsLanes beta2;
    DsLanes epsilon;
    DsLanes correction1;
    DsLanes correction2;
} DsAdamLanes;

/* ds_optimizer_adam. */
DS_INLINE DsLanes ds_lanes_optimizer_adam(DsLanes g, DsAdamLanes how, DsLanes *m, DsLanes *v)
{
    *m = how.beta1 * *m + (1.0 - how.beta1) * g;
    *v = how.beta2 * *v + (1.0 - how.beta2) * (g * g);
    return how.rate * (*m / how.correction1) / (ds_lanes_plain_sqrt(*v / how.correction2) + how.epsilon);
}

#endif
