/* SPDX-License-Identifier: ISC
 *
 * Comes before everything else in a printed program, as what it tells the compiler holds from there on.
 */
#ifndef DS_STRICT_H
#define DS_STRICT_H

/* A program of many lines says so: GCC then leaves out what takes it long there and does not make the program faster
 * (docs/engines.md). */
#if defined(DS_LARGE) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2,tree-vectorize,vect-cost-model=dynamic")
#pragma GCC optimize("ira-region=one,no-tree-pre,no-gcse,no-code-hoisting")
#endif

/* A printed function that others may call. In it and in all that it calls a product is rounded before something is
 * added: GCC's vectorizer makes one instruction (vfmaddsub) of a difference and a sum of products side by side, even
 * with -ffp-contract=off, and so it must not know of any. AVX-512 has them too. A program without loops, and one in
 * lanes (ds_lanes.h), whose vectors are its own, goes without that vectorizer instead, and has twice the registers. */
#if (defined(DS_LANES) || defined(DS_STRAIGHT)) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-vectorize")
#define DS_PRINTED __attribute__((visibility("default")))
#elif defined(__GNUC__) && !defined(__clang__) && (defined(__x86_64__) || defined(__i386__))
#pragma GCC target("no-fma,no-fma4,no-avx512f")
#define DS_PRINTED __attribute__((visibility("default")))
#elif defined(__GNUC__) || defined(__clang__)
#define DS_PRINTED __attribute__((visibility("default")))
#else
#define DS_PRINTED
#endif

#endif
