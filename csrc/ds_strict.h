/* SPDX-License-Identifier: ISC
 *
 * Comes before everything else in a printed program, as what it tells the compiler holds from there on.
 */
#ifndef DS_STRICT_H
#define DS_STRICT_H

/* A printed function that others may call. In it and in all that it calls a product is rounded before something is
 * added: GCC's vectorizer makes one instruction (vfmaddsub) of a difference and a sum of products side by side, even
 * with -ffp-contract=off, and so it must not know of any. AVX-512 has them too. */
#if defined(__GNUC__) && !defined(__clang__) && (defined(__x86_64__) || defined(__i386__))
#pragma GCC target("no-fma,no-fma4,no-avx512f")
#define DS_PRINTED __attribute__((visibility("default")))
#elif defined(__GNUC__) || defined(__clang__)
#define DS_PRINTED __attribute__((visibility("default")))
#else
#define DS_PRINTED
#endif

#endif
