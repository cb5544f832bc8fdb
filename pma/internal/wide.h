// AVX-512 in a program that was compiled for processors without it: nearly all
// are, and many run on one that has it. As the C library does for memcpy, the
// processor is asked once.
//
// Comparisons are written in assembly, because compilers do not inline what is
// for another processor than the rest. They use registers that the rest does
// not know of, so that nobody need save them: the masks and zmm16, of which the
// lower half is no older register. But they may come to be inlined into a
// function of the user's that is compiled for AVX-512. clang can be told what
// they use; g++ cannot, and so gets them only in functions that are never
// inlined (WithWideProbe in locate.h).
//
// What vector.h says about reading memory that changes holds here.

#ifndef PMA_INTERNAL_WIDE_H_
#define PMA_INTERNAL_WIDE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pma/internal/vector.h"

namespace pma::inline PMA_VARIANT::internal {

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

// What VectorKeys (vector.h) does, where kWideRegisters and compilers would not
// use AVX-512.
template <class Key>
struct WideKeys {
#if defined(PMA_WIDE) && !defined(__AVX512F__)
  static constexpr bool kAvailable = sizeof(Key) == 8 || sizeof(Key) == 4;

  template <bool kStrict>
  [[gnu::always_inline]] static size_t LastInBlock(const void* block, Key key) {
    return Count<kStrict, 0xfffe>(static_cast<const Line*>(block), key);
  }
  [[gnu::always_inline]] static size_t CountBefore(const void* block, Key key) {
    return Count<true, 0xffff>(static_cast<const Line*>(block), key);
  }

 private:
  struct [[gnu::may_alias]] Line {
    Key keys[64 / sizeof(Key)];
  };

  // Of those of the sixteen keys that the mask tells, how many are before `key`
  // or, unless `kStrict`, equal.
  template <bool kStrict, uint32_t kMask>
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
        [low] "m"(block[0]), [high] "m"(block[sizeof(Key) / 8]) \
      : PMA_WIDE_CLOBBERS)
    // clang-format on
    // The operation is on `key` and a key of the block: greater, or not less.
    constexpr int kOfIntegers = kStrict ? 6 : 5;
    constexpr int kOfFloats = kStrict ? 30 : 29;
    if constexpr (std::is_floating_point_v<Key> && sizeof(Key) == 8) {
      PMA_COUNT("vbroadcastsd", PMA_COMPARE_TWO_LINES("vcmppd"), "x",
                kOfFloats);
    } else if constexpr (std::is_floating_point_v<Key>) {
      PMA_COUNT("vbroadcastss", PMA_COMPARE_ONE_LINE("vcmpps"), "x", kOfFloats);
    } else if constexpr (std::is_signed_v<Key> && sizeof(Key) == 8) {
      PMA_COUNT("vpbroadcastq", PMA_COMPARE_TWO_LINES("vpcmpq"), "r",
                kOfIntegers);
    } else if constexpr (std::is_signed_v<Key>) {
      PMA_COUNT("vpbroadcastd", PMA_COMPARE_ONE_LINE("vpcmpd"), "r",
                kOfIntegers);
    } else if constexpr (sizeof(Key) == 8) {
      PMA_COUNT("vpbroadcastq", PMA_COMPARE_TWO_LINES("vpcmpuq"), "r",
                kOfIntegers);
    } else {
      PMA_COUNT("vpbroadcastd", PMA_COMPARE_ONE_LINE("vpcmpud"), "r",
                kOfIntegers);
    }
#undef PMA_COMPARE_ONE_LINE
#undef PMA_COMPARE_TWO_LINES
#undef PMA_COUNT
    return count;
  }
#else
  static constexpr bool kAvailable = false;
#endif
};

#undef PMA_WIDE_CLOBBERS

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WIDE_H_
