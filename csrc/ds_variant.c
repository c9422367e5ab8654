/* SPDX-License-Identifier: ISC */
#include "ds_variant.h"

#define DS_DEFINE_VARIANT(suffix)                                                                              \
    static const DsVariant variant_##suffix = {#suffix, ds_pick_element_##suffix, ds_pick_vector_##suffix,     \
                                               ds_pick_time_##suffix, ds_interpret_##suffix, ds_learn_##suffix};

DS_DEFINE_VARIANT(portable)
#ifdef DS_X86_VARIANTS
DS_DEFINE_VARIANT(v3)
DS_DEFINE_VARIANT(v4)
#endif

const DsVariant *ds_variant_pick(void)
{
#ifdef DS_X86_VARIANTS
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
        return &variant_v4;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2"))
        return &variant_v3;
#endif
    return &variant_portable;
}
