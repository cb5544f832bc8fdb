// Vector instructions, behind two functions: comparing sixteen keys at once,
// and copying words.
//
// The memory they read may be changing: a version word decides afterwards
// whether what was read counts. In the language that is a data race, which only
// atomic accesses would not be; on the machine each aligned word of a vector
// access is read and written whole, which is all the callers rely on. So they
// are used on the real platform only, and not under ThreadSanitizer; each has a
// scalar twin of atomic accesses, proved equal by search_test.cc, which runs
// everywhere else.
//
// AVX-512 or AVX2 if the compiler may use them (-march=native, -mavx2); plain
// x86-64 compares by scalar code and copies by SSE2.

#ifndef PMA_INTERNAL_VECTOR_H_
#define PMA_INTERNAL_VECTOR_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pma/internal/platform.h"

#if defined(__has_feature)
#define PMA_HAS_FEATURE(feature) __has_feature(feature)
#else
#define PMA_HAS_FEATURE(feature) 0
#endif
#if !defined(__SANITIZE_THREAD__) && !PMA_HAS_FEATURE(thread_sanitizer)
#if defined(__SSE2__)
#define PMA_VECTOR_COPY 1
#endif
#if defined(__AVX512F__) || defined(__AVX2__)
#define PMA_VECTOR_COMPARE 1
#endif
#endif
#if defined(PMA_VECTOR_COPY) || defined(PMA_VECTOR_COMPARE)
#include <immintrin.h>
#endif

namespace pma::internal {

template <class Key>
struct VectorKeys {
#if defined(PMA_VECTOR_COMPARE)
  static constexpr bool kAvailable = sizeof(Key) == 8;

  // One bit for each of the 16 keys at `block`, the first lowest: whether it is
  // before `key`, or, unless `kStrict`, equal.
  template <bool kStrict>
  static uint32_t CompareBlock(const void* block, Key key) {
    constexpr size_t kVectors = 16 / kLanes;
    uint32_t before = 0;
    for (size_t i = 0; i < kVectors; ++i) {
      before |= Compare<kStrict>(
                    static_cast<const std::byte*>(block) + i * kLanes * 8, key)
                << (i * kLanes);
    }
    return before;
  }

 private:
#if defined(__AVX512F__)
  static constexpr size_t kLanes = 8;

  template <bool kStrict>
  static uint32_t Compare(const void* cells, Key key) {
    if constexpr (std::is_floating_point_v<Key>) {
      return _mm512_cmp_pd_mask(_mm512_loadu_pd(cells), _mm512_set1_pd(key),
                                kStrict ? _CMP_LT_OQ : _CMP_LE_OQ);
    } else {
      constexpr int kOperation = kStrict ? _MM_CMPINT_LT : _MM_CMPINT_LE;
      const __m512i there = _mm512_loadu_si512(cells);
      const __m512i keys = _mm512_set1_epi64(std::bit_cast<int64_t>(key));
      if constexpr (std::is_signed_v<Key>) {
        return _mm512_cmp_epi64_mask(there, keys, kOperation);
      } else {
        return _mm512_cmp_epu64_mask(there, keys, kOperation);
      }
    }
  }
#else
  static constexpr size_t kLanes = 4;

  template <bool kStrict>
  static uint32_t Compare(const void* cells, Key key) {
    const __m256i bits = _mm256_loadu_si256(static_cast<const __m256i*>(cells));
    __m256d before;
    if constexpr (std::is_floating_point_v<Key>) {
      before = _mm256_cmp_pd(_mm256_castsi256_pd(bits), _mm256_set1_pd(key),
                             kStrict ? _CMP_LT_OQ : _CMP_LE_OQ);
    } else {
      // There is only a signed comparison: a flipped top bit makes it unsigned.
      constexpr uint64_t kFlip = std::is_signed_v<Key> ? 0 : uint64_t{1} << 63;
      const __m256i there = _mm256_xor_si256(
          bits, _mm256_set1_epi64x(std::bit_cast<int64_t>(kFlip)));
      const __m256i keys = _mm256_set1_epi64x(
          std::bit_cast<int64_t>(std::bit_cast<uint64_t>(key) ^ kFlip));
      before = _mm256_castsi256_pd(
          kStrict ? _mm256_cmpgt_epi64(keys, there)
                  : _mm256_or_si256(_mm256_cmpgt_epi64(keys, there),
                                    _mm256_cmpeq_epi64(keys, there)));
    }
    return static_cast<uint32_t>(_mm256_movemask_pd(before));
  }
#endif
#else
  static constexpr bool kAvailable = false;
#endif
};

// How a word is reached one at a time: words that threads share are atomics.
template <class T>
struct WordAccess {
  static constexpr bool kPlain = std::is_arithmetic_v<T>;
  static auto Load(const T& word) {
    if constexpr (kPlain) {
      return word;
    } else {
      return word.LoadRelaxed();
    }
  }
  template <class Bits>
  static void Store(T& word, Bits bits) {
    if constexpr (kPlain) {
      word = bits;
    } else {
      word.StoreRelaxed(bits);
    }
  }
};
template <class T>
inline constexpr bool kMachineWord = WordAccess<T>::kPlain;
template <class Bits>
inline constexpr bool kMachineWord<RealAtomic<Bits>> = true;

// Copies `count` words from `from` to `to`, which do not overlap. Either may be
// atomics that other threads look at; the order of the accesses is relaxed.
template <class From, class To>
inline void CopyWords(const From* from, To* to, size_t count) {
  static_assert(sizeof(From) == sizeof(To));
#if defined(PMA_VECTOR_COPY)
  if constexpr (kMachineWord<From> && kMachineWord<To>) {
    constexpr size_t kStep = 32 / sizeof(From);
    const auto copy_step = [&](size_t at) {
      const auto* source = reinterpret_cast<const __m128i*>(from + at);
      auto* target = reinterpret_cast<__m128i*>(to + at);
      const __m128i first = _mm_loadu_si128(source);
      const __m128i second = _mm_loadu_si128(source + 1);
      _mm_storeu_si128(target, first);
      _mm_storeu_si128(target + 1, second);
    };
    if (count >= kStep) {
      for (size_t i = 0; i + kStep < count; i += kStep) copy_step(i);
      copy_step(count - kStep);  // the rest, and what completes the step
      return;
    }
  }
#endif
  for (size_t i = 0; i < count; ++i) {
    WordAccess<To>::Store(to[i], WordAccess<From>::Load(from[i]));
  }
}

}  // namespace pma::internal

#endif  // PMA_INTERNAL_VECTOR_H_
