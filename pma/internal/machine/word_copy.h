// SPDX-License-Identifier: Apache-2.0

// Copying and filling words that other threads may be looking at, by vector
// instructions; and plain loads.
//
// The memory they read may be changing: a version word decides afterwards
// whether what was read counts. In the language that is a data race, which only
// atomic accesses would not be; on the machine each aligned word of a vector
// access is read and written whole, which is all the callers rely on. So they
// are used on the real platform only, and not under ThreadSanitizer; each has a
// scalar twin, proved equal by search_test.cc, which runs everywhere else.
//
// By AVX if the compiler may use it (-march=native, -mavx2), else by SSE2 or
// memcpy.

#ifndef PMA_INTERNAL_MACHINE_WORD_COPY_H_
#define PMA_INTERNAL_MACHINE_WORD_COPY_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "pma/internal/machine/atomic.h"
#include "pma/internal/machine/variant.h"

#if !defined(__SANITIZE_THREAD__) && !PMA_HAS_FEATURE(thread_sanitizer)
#define PMA_PLAIN_LOAD 1
#if defined(__SSE2__)
#define PMA_VECTOR_COPY 1
#endif
#endif
#if defined(PMA_VECTOR_COPY)
#include <immintrin.h>
#endif

namespace pma::inline PMA_VARIANT::internal {

// How a word is reached one at a time: words that threads share are atomics.
template <class Type>
struct WordAccess {
  static constexpr bool kPlain = std::is_arithmetic_v<Type>;
  static auto Load(const Type& word) {
    if constexpr (kPlain) {
      return word;
    } else {
      return word.LoadRelaxed();
    }
  }
  template <class Bits>
  static void Store(Type& word, Bits bits) {
    if constexpr (kPlain) {
      word = bits;
    } else {
      word.StoreRelaxed(bits);
    }
  }
};
template <class Type>
inline constexpr bool kMachineWord = WordAccess<Type>::kPlain;
template <class Bits>
inline constexpr bool kMachineWord<RealAtomic<Bits>> = true;

// A word as the operand of a comparison. Compilers make plain loads part of the
// instruction, but not atomic ones.
template <class Unit>
PMA_ALWAYS_INLINE inline auto LoadOperand(const Unit& word) {
#if defined(PMA_PLAIN_LOAD)
  if constexpr (kMachineWord<Unit>) {
    using Bits = decltype(WordAccess<Unit>::Load(word));
    static_assert(sizeof(Unit) == sizeof(Bits));
    return *reinterpret_cast<const Bits*>(&word);
  }
#endif
  return WordAccess<Unit>::Load(word);
}

// Words to be copied, from one array to another. They do not overlap. Either
// may be atomics that other threads look at; the order of the accesses is
// relaxed.
template <class From, class To>
struct WordCopy {
  static_assert(sizeof(From) == sizeof(To));
  static constexpr size_t kBytes = sizeof(From);
#if defined(PMA_VECTOR_COPY)
  static constexpr bool kVectors = kMachineWord<From> && kMachineWord<To>;
#else
  static constexpr bool kVectors = false;
#endif

  const From* from;
  To* to;

  void CopyOne(size_t at) const {
    WordAccess<To>::Store(to[at], WordAccess<From>::Load(from[at]));
  }
#if defined(PMA_VECTOR_COPY)
  // As many as 32 bytes hold.
  void CopyStep(size_t at) const {
#if defined(__AVX__)
    _mm256_storeu_si256(
        reinterpret_cast<__m256i*>(to + at),
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + at)));
#else
    const auto* source = reinterpret_cast<const __m128i*>(from + at);
    auto* target = reinterpret_cast<__m128i*>(to + at);
    const __m128i first = _mm_loadu_si128(source);
    const __m128i second = _mm_loadu_si128(source + 1);
    _mm_storeu_si128(target, first);
    _mm_storeu_si128(target + 1, second);
#endif
  }
#endif
};
template <class From, class To>
WordCopy(const From*, To*) -> WordCopy<From, To>;

// Copies the first `count` words of each. Keys and values of a segment are
// copied in one loop: where it ends is as hard to predict once as twice.
template <class First, class... More>
inline void CopyWords(size_t count, const First& first, const More&... more) {
#if defined(PMA_VECTOR_COPY)
  constexpr bool kAlike = ((First::kBytes == More::kBytes) && ...);
  if constexpr (kAlike && First::kVectors && (More::kVectors && ...)) {
    constexpr size_t kStep = 32 / First::kBytes;
    const auto copy_step = [&](size_t at) {
      first.CopyStep(at);
      (more.CopyStep(at), ...);
    };
    if (count >= kStep) {
      for (size_t i = 0; i + kStep < count; i += kStep) copy_step(i);
      copy_step(count - kStep);  // the rest, and what completes the step
      return;
    }
  } else if constexpr (!kAlike) {
    CopyWords(count, first);
    (CopyWords(count, more), ...);
    return;
  }
#endif
  for (size_t i = 0; i < count; ++i) {
    first.CopyOne(i);
    (more.CopyOne(i), ...);
  }
}

// Copies `count` words to memory of the thread's own. They may arrive in
// pieces: for what is validated before it is looked at.
template <class From, class To>
inline void CopyOut(const From* from, To* to, size_t count) {
#if defined(PMA_VECTOR_COPY) && !defined(__AVX__)
  // The C library has the widest vectors of the processor it runs on, the
  // compiler those that all have.
  if constexpr (WordCopy<From, To>::kVectors) {
    std::memcpy(to, static_cast<const void*>(from), count * sizeof(From));
    return;
  }
#endif
  CopyWords(count, WordCopy{from, to});
}

// Writes `bits` to `count` words, relaxed.
template <class Unit, class Bits>
inline void FillWords(Unit* to, size_t count, Bits bits) {
#if defined(PMA_VECTOR_COPY)
  if constexpr (kMachineWord<Unit>) {
    std::array<Bits, 16 / sizeof(Bits)> some;
    some.fill(bits);
    const auto vector = std::bit_cast<__m128i>(some);
    for (; count >= some.size(); to += some.size(), count -= some.size()) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), vector);
    }
  }
#endif
  for (size_t i = 0; i < count; ++i) WordAccess<Unit>::Store(to[i], bits);
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MACHINE_WORD_COPY_H_
