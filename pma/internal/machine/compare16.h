// SPDX-License-Identifier: Apache-2.0

// Comparing sixteen keys at once.
//
// AVX-512 or AVX2 if the compiler may use them (-march=native, -mavx2). Most
// programs are compiled for processors without AVX-512, and many run on one
// that has it: as the C library does for memcpy, the processor is asked once.
// Everything else compares by scalar code. search_test.cc proves all of them
// equal; what word_copy.h says about reading memory that changes holds here.
//
// Comparisons for another processor than the rest is compiled for are written
// in assembly, because compilers do not inline such functions. They use
// registers that the rest does not know of, so that nobody need save them: the
// masks and zmm16, of which the lower half is no older register. But they may
// come to be inlined into a function of the user's that is compiled for
// AVX-512. clang can be told what they use; g++ cannot, and so gets them only
// in functions that are never inlined (WithWideProbe in descend.h).

#ifndef PMA_INTERNAL_MACHINE_COMPARE16_H_
#define PMA_INTERNAL_MACHINE_COMPARE16_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pma/internal/machine/variant.h"
#include "pma/internal/machine/word_copy.h"

#if defined(PMA_PLAIN_LOAD) && (defined(__AVX512F__) || defined(__AVX2__))
#define PMA_VECTOR_COMPARE 1
#include <immintrin.h>
#endif

namespace pma::inline PMA_VARIANT::internal {

template <class Key>
struct VectorKeys {
#if defined(PMA_VECTOR_COMPARE)
#if defined(__AVX512F__)
  static constexpr bool kAvailable = sizeof(Key) == 8 || sizeof(Key) == 4;
#else
  static constexpr bool kAvailable = sizeof(Key) == 8;
#endif

  // The last of the 16 keys at `block` that is before `key` or, unless
  // `kStrict`, equal. The first is taken to be.
  template <bool kStrict>
  static size_t LastInBlock(const void* block, Key key) {
    return Count(Compare<kStrict, ~LaneBits(0)>(block, key));
  }

  // How many keys of the cache line at `line` are before `key`, of those that
  // `kLanes` has bits for.
  template <uint32_t kLanes>
  static size_t CountInLine(const void* line, Key key) {
    return static_cast<size_t>(std::popcount(CompareLine(line, key) & kLanes));
  }

 private:
  static size_t Count(uint32_t lanes) {
    return static_cast<size_t>(std::popcount(lanes)) / kBitsPerLane;
  }

#if defined(__AVX512F__)
  static constexpr size_t kBitsPerLane = 1;
  static constexpr uint32_t LaneBits(size_t lane) {
    return uint32_t{1} << lane;
  }

  // Compares those of sixteen keys that the mask tells.
  template <bool kStrict, uint32_t kMask>
  static uint32_t Compare(const void* keys, Key key) {
    if constexpr (sizeof(Key) == 4) {
      return _cvtmask16_u32(CompareSixteen<kStrict>(keys, key)) & kMask;
    } else {
      const auto* second = static_cast<const std::byte*>(keys) + 64;
      return _cvtmask16_u32(_mm512_kunpackb(CompareEight<kStrict>(second, key),
                                            CompareEight<kStrict>(keys, key))) &
             kMask;
    }
  }
  // A bit for each key of a line: whether it is before `key`.
  static uint32_t CompareLine(const void* line, Key key) {
    if constexpr (sizeof(Key) == 4) {
      return _cvtmask16_u32(CompareSixteen<true>(line, key));
    } else {
      return CompareEight<true>(line, key);
    }
  }
  template <bool kStrict>
  static __mmask16 CompareSixteen(const void* keys, Key key) {
    if constexpr (std::is_floating_point_v<Key>) {
      return _mm512_cmp_ps_mask(_mm512_loadu_ps(keys), _mm512_set1_ps(key),
                                kStrict ? _CMP_LT_OQ : _CMP_LE_OQ);
    } else {
      constexpr int kOperation = kStrict ? _MM_CMPINT_LT : _MM_CMPINT_LE;
      const __m512i there = _mm512_loadu_si512(keys);
      const __m512i sought = _mm512_set1_epi32(std::bit_cast<int32_t>(key));
      if constexpr (std::is_signed_v<Key>) {
        return _mm512_cmp_epi32_mask(there, sought, kOperation);
      } else {
        return _mm512_cmp_epu32_mask(there, sought, kOperation);
      }
    }
  }
  template <bool kStrict>
  static __mmask8 CompareEight(const void* keys, Key key) {
    if constexpr (std::is_floating_point_v<Key>) {
      return _mm512_cmp_pd_mask(_mm512_loadu_pd(keys), _mm512_set1_pd(key),
                                kStrict ? _CMP_LT_OQ : _CMP_LE_OQ);
    } else {
      constexpr int kOperation = kStrict ? _MM_CMPINT_LT : _MM_CMPINT_LE;
      const __m512i there = _mm512_loadu_si512(keys);
      const __m512i sought = _mm512_set1_epi64(std::bit_cast<int64_t>(key));
      if constexpr (std::is_signed_v<Key>) {
        return _mm512_cmp_epi64_mask(there, sought, kOperation);
      } else {
        return _mm512_cmp_epu64_mask(there, sought, kOperation);
      }
    }
  }
#else
  static constexpr size_t kBitsPerLane = 2;
  // Packing works on the two halves of vectors: lanes 2, 3, 6, 7, ... end up
  // behind lanes 0, 1, 4, 5, ...
  static constexpr uint32_t LaneBits(size_t lane) {
    const size_t place = lane % 2 + lane / 4 * 2 + (lane / 2 % 2) * 8;
    return uint32_t{3} << (kBitsPerLane * place);
  }

  // Compares those of sixteen keys that the mask tells.
  template <bool kStrict, uint32_t kMask>
  static uint32_t Compare(const void* keys, Key key) {
    const auto four = [&](size_t i) {
      return CompareFour<kStrict>(static_cast<const __m256i*>(keys) + i, key);
    };
    // Down to a byte for each half of a lane.
    const __m256i packed =
        _mm256_packs_epi16(_mm256_packs_epi32(four(0), four(1)),
                           _mm256_packs_epi32(four(2), four(3)));
    const auto bits = static_cast<uint32_t>(_mm256_movemask_epi8(packed));
    return (kComplement<kStrict> ? ~bits : bits) & kMask;
  }
  // A bit for each key of a line: whether it is before `key`.
  static uint32_t CompareLine(const void* line, Key key) {
    const auto four = [&](size_t i) {
      return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(
          CompareFour<true>(static_cast<const __m256i*>(line) + i, key))));
    };
    return four(0) | four(1) << 4;
  }
  // Integers can only be asked whether they are greater.
  template <bool kStrict>
  static constexpr bool kComplement =
      !kStrict && !std::is_floating_point_v<Key>;
  template <bool kStrict>
  static __m256i CompareFour(const __m256i* keys, Key key) {
    const __m256i there = _mm256_loadu_si256(keys);
    if constexpr (std::is_floating_point_v<Key>) {
      return _mm256_castpd_si256(
          _mm256_cmp_pd(_mm256_castsi256_pd(there), _mm256_set1_pd(key),
                        kStrict ? _CMP_LT_OQ : _CMP_LE_OQ));
    } else {
      // There is only a signed comparison: a flipped top bit makes it unsigned.
      constexpr uint64_t kFlip = std::is_signed_v<Key> ? 0 : uint64_t{1} << 63;
      const __m256i flip = _mm256_set1_epi64x(std::bit_cast<int64_t>(kFlip));
      const __m256i sought = _mm256_set1_epi64x(
          std::bit_cast<int64_t>(std::bit_cast<uint64_t>(key) ^ kFlip));
      const __m256i flipped = _mm256_xor_si256(there, flip);
      return kStrict ? _mm256_cmpgt_epi64(sought, flipped)
                     : _mm256_cmpgt_epi64(flipped, sought);
    }
  }
#endif
#else
  static constexpr bool kAvailable = false;
#endif
};

// Whether this processor has AVX-512; false until the program has been
// initialised. PMA_BASELINE_ONLY: as if it had nothing but what the compiler
// may use, for tests and measurements.
#if defined(PMA_VECTOR_COPY) && defined(__AVX512F__)
#define PMA_WIDE 1
inline constexpr bool kWideRegisters = true;
#elif defined(PMA_VECTOR_COPY) && defined(__x86_64__) && \
    !defined(PMA_BASELINE_ONLY)
#define PMA_WIDE 1
inline const bool kWideRegisters =
    (__builtin_cpu_init(), __builtin_cpu_supports("avx512f") != 0);
#else
inline constexpr bool kWideRegisters = false;
#endif

// Whether WideKeys may be used in functions that may be inlined.
#if defined(__clang__)
inline constexpr bool kMayInlineWide = true;
#define PMA_WIDE_CLOBBERS "cc", "zmm16", "k1", "k2"
#else
inline constexpr bool kMayInlineWide = false;
#define PMA_WIDE_CLOBBERS "cc"
#endif

// What VectorKeys does, where kWideRegisters and compilers would not
// use AVX-512.
template <class Key>
struct WideKeys {
#if defined(PMA_WIDE) && !defined(__AVX512F__)
  static constexpr bool kAvailable = sizeof(Key) == 8 || sizeof(Key) == 4;

  template <bool kStrict>
  [[gnu::always_inline]] static size_t LastInBlock(const void* block, Key key) {
    return Count<kStrict, sizeof(Key) / 4, 0xfffe>(
        static_cast<const Line*>(block), key);
  }
  template <uint32_t kLanes>
  [[gnu::always_inline]] static size_t CountInLine(const void* line, Key key) {
    return Count<true, 1, kLanes>(static_cast<const Line*>(line), key);
  }

 private:
  struct [[gnu::may_alias]] Line {
    Key keys[64 / sizeof(Key)];
  };

  // Of those keys of one line or two that the mask tells, how many are before
  // `key` or, unless `kStrict`, equal.
  template <bool kStrict, size_t kLines, uint32_t kMask>
  [[gnu::always_inline]] static size_t Count(const Line* block, Key key) {
    size_t count;
    // clang-format off
#define PMA_COMPARE_ONE_LINE(compare) \
  compare " {%[is], %[low], %%zmm16, %%k1|k1, zmm16, %[low], %[is]}\n\t"
#define PMA_COMPARE_TWO_LINES(compare) \
  PMA_COMPARE_ONE_LINE(compare) \
  compare " {%[is], %[high], %%zmm16, %%k2|k2, zmm16, %[high], %[is]}\n\t" \
  "kunpckbw {%%k1, %%k2, %%k1|k1, k2, k1}\n\t"
// Volatile, so that it does not come before the question.
#define PMA_COUNT(broadcast, compare, operand, operation) \
  asm volatile( \
      broadcast " {%[key], %%zmm16|zmm16, %[key]}\n\t" \
      compare \
      "kmovw {%%k1, %k[count]|%k[count], k1}\n\t" \
      "and{l|} {%[mask], %k[count]|%k[count], %[mask]}\n\t" \
      "popcnt{l|} %k[count], %k[count]" \
      : [count] "=r"(count) \
      : [key] operand(key), [is] "i"(operation), [mask] "i"(kMask), \
        [low] "m"(block[0]), [high] "m"(block[kLines - 1]) \
      : PMA_WIDE_CLOBBERS)
#define PMA_COUNT_IN_LINES(broadcast, compare, operand, operation) \
  if constexpr (kLines == 1) { \
    PMA_COUNT(broadcast, PMA_COMPARE_ONE_LINE(compare), operand, operation); \
  } else { \
    PMA_COUNT(broadcast, PMA_COMPARE_TWO_LINES(compare), operand, operation); \
  }
    // clang-format on
    // The operation is on `key` and a key of the block: greater, or not less.
    constexpr int kOfIntegers = kStrict ? 6 : 5;
    constexpr int kOfFloats = kStrict ? 30 : 29;
    if constexpr (std::is_floating_point_v<Key> && sizeof(Key) == 8) {
      PMA_COUNT_IN_LINES("vbroadcastsd", "vcmppd", "x", kOfFloats);
    } else if constexpr (std::is_floating_point_v<Key>) {
      PMA_COUNT_IN_LINES("vbroadcastss", "vcmpps", "x", kOfFloats);
    } else if constexpr (std::is_signed_v<Key> && sizeof(Key) == 8) {
      PMA_COUNT_IN_LINES("vpbroadcastq", "vpcmpq", "r", kOfIntegers);
    } else if constexpr (std::is_signed_v<Key>) {
      PMA_COUNT_IN_LINES("vpbroadcastd", "vpcmpd", "r", kOfIntegers);
    } else if constexpr (sizeof(Key) == 8) {
      PMA_COUNT_IN_LINES("vpbroadcastq", "vpcmpuq", "r", kOfIntegers);
    } else {
      PMA_COUNT_IN_LINES("vpbroadcastd", "vpcmpud", "r", kOfIntegers);
    }
#undef PMA_COMPARE_ONE_LINE
#undef PMA_COMPARE_TWO_LINES
#undef PMA_COUNT
#undef PMA_COUNT_IN_LINES
    return count;
  }
#else
  static constexpr bool kAvailable = false;
#endif
};

#undef PMA_WIDE_CLOBBERS

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MACHINE_COMPARE16_H_
