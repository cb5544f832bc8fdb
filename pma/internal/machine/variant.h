// SPDX-License-Identifier: Apache-2.0

// The namespace of what is compiled in one way.
//
// What a processor may be asked to execute depends on the flags of each source
// file (-mavx512f), and so does the code of every template here, although its
// name would not. A linker that meets one name with two definitions keeps
// either, and a program could come to execute AVX-512 where nobody asked
// whether there is any. So everything lies in an inline namespace that is named
// after the flags: source files compiled in different ways define different
// functions, and a map handed from one to the other is an undefined symbol at
// link time, not a crash.
//
// The name is that of the instructions the compiler may use, and of whatever
// else changes what is compiled: sanitizers, PMA_BASELINE_ONLY, a lack of
// exceptions, imprecise arithmetic.

#ifndef PMA_INTERNAL_MACHINE_VARIANT_H_
#define PMA_INTERNAL_MACHINE_VARIANT_H_

#if defined(__has_feature)
#define PMA_HAS_FEATURE(feature) __has_feature(feature)
#else
#define PMA_HAS_FEATURE(feature) 0
#endif

// What all code of the process must share, however its files are compiled.
#define PMA_PROCESS_WIDE [[gnu::visibility("default")]]

// ---- Instructions ----
#if defined(__AVX512VL__)
#define PMA_VARIANT_VECTORS x86_avx512vl
#elif defined(__AVX512F__)
#define PMA_VARIANT_VECTORS x86_avx512f
#elif defined(__AVX2__)
#define PMA_VARIANT_VECTORS x86_avx2
#elif defined(__AVX__)
#define PMA_VARIANT_VECTORS x86_avx
#elif defined(__SSE4_2__)
#define PMA_VARIANT_VECTORS x86_sse4_2
#elif defined(__SSSE3__)
#define PMA_VARIANT_VECTORS x86_ssse3
#elif defined(__x86_64__)
#define PMA_VARIANT_VECTORS x86
#elif defined(__ARM_FEATURE_SVE)
#define PMA_VARIANT_VECTORS arm_sve
#elif defined(__aarch64__)
#define PMA_VARIANT_VECTORS arm
#else
#define PMA_VARIANT_VECTORS other
#endif

#if defined(__BMI2__)
#define PMA_VARIANT_BITS _bmi2
#elif defined(__LZCNT__)
#define PMA_VARIANT_BITS _lzcnt
#elif defined(__BMI__)
#define PMA_VARIANT_BITS _bmi
#elif defined(__POPCNT__) && !defined(__SSE4_2__)
#define PMA_VARIANT_BITS _popcnt
#elif defined(__ARM_FEATURE_ATOMICS)
#define PMA_VARIANT_BITS _lse
#else
#define PMA_VARIANT_BITS
#endif

#if defined(__FMA__)
#define PMA_VARIANT_FMA _fma
#else
#define PMA_VARIANT_FMA
#endif

// ---- Whatever else ----
#if defined(__SANITIZE_THREAD__) || PMA_HAS_FEATURE(thread_sanitizer)
#define PMA_VARIANT_SANITIZER _tsan
#elif defined(__SANITIZE_ADDRESS__) || PMA_HAS_FEATURE(address_sanitizer)
#define PMA_VARIANT_SANITIZER _asan
#elif PMA_HAS_FEATURE(memory_sanitizer)
#define PMA_VARIANT_SANITIZER _msan
#elif PMA_HAS_FEATURE(undefined_behavior_sanitizer)
#define PMA_VARIANT_SANITIZER _ubsan
#else
#define PMA_VARIANT_SANITIZER
#endif

#if defined(PMA_BASELINE_ONLY)
#define PMA_VARIANT_BASELINE _baseline
#else
#define PMA_VARIANT_BASELINE
#endif

#if defined(__cpp_exceptions)
#define PMA_VARIANT_EXCEPTIONS
#else
#define PMA_VARIANT_EXCEPTIONS _no_exceptions
#endif

#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ != 0
#define PMA_VARIANT_ARITHMETIC _finite_math
#else
#define PMA_VARIANT_ARITHMETIC
#endif

#define PMA_VARIANT_JOIN(a, b, c, d, e, f, g) a##b##c##d##e##f##g
#define PMA_VARIANT_EXPAND(a, b, c, d, e, f, g) \
  PMA_VARIANT_JOIN(a, b, c, d, e, f, g)
#define PMA_VARIANT                                                          \
  PMA_VARIANT_EXPAND(PMA_VARIANT_VECTORS, PMA_VARIANT_BITS, PMA_VARIANT_FMA, \
                     PMA_VARIANT_SANITIZER, PMA_VARIANT_BASELINE,            \
                     PMA_VARIANT_EXCEPTIONS, PMA_VARIANT_ARITHMETIC)

// What is part of its caller wherever code is optimised. Elsewhere that would
// only take longer to compile, and more of the stack.
#if defined(__OPTIMIZE__)
#define PMA_ALWAYS_INLINE [[gnu::always_inline]]
#define PMA_ALWAYS_INLINE_LAMBDA __attribute__((always_inline))
#else
#define PMA_ALWAYS_INLINE
#define PMA_ALWAYS_INLINE_LAMBDA
#endif

#endif  // PMA_INTERNAL_MACHINE_VARIANT_H_
