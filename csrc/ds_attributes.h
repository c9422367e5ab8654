/* SPDX-License-Identifier: ISC
 *
 * Every compiler conditional of the core, in one place.
 *
 * DS_REALTIME marks a function that the audio thread may call: it neither allocates nor locks nor
 * waits. Clang 20 and later prove it (-Wfunction-effects, tests/c/check_realtime.py); to other compilers it says
 * nothing.
 *
 * DS_SELDOM marks a function that no sample and no block waits for: compiled small, once, and quickly. What is called
 * at the beginning of a block must not be marked: its caller would count as seldom too.
 *
 * DS_ONE_BY_ONE, in the body of a loop, keeps the compiler from turning it into vector operations.
 */
#ifndef DS_ATTRIBUTES_H
#define DS_ATTRIBUTES_H

#if defined(__clang__) && __clang_major__ >= 20
#define DS_REALTIME __attribute__((nonblocking))
#else
#define DS_REALTIME
#endif

#if defined(__GNUC__) || defined(__clang__)
#define DS_INLINE static inline __attribute__((always_inline))
#define DS_SELDOM static __attribute__((cold, noinline, unused))
#define DS_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define DS_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define DS_ONE_BY_ONE __asm__ volatile("")
#else
#define DS_INLINE static inline
#define DS_SELDOM static inline
#define DS_LIKELY(condition) (condition)
#define DS_UNLIKELY(condition) (condition)
#define DS_ONE_BY_ONE ((void)0)
#endif

#endif
