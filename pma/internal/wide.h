// AVX-512 in a program that was compiled for processors without it: nearly all
// are, and many run on one that has it. As the C library does for memcpy, the
// processor is asked once.
//
// Comparisons are written in assembly, because compilers do not inline what is
// for another processor than the rest. They use registers that the rest does
// not know of, so that nobody need save them: the masks and zmm16, of which the
// lower half is no older register.
//
// What vector.h says about reading memory that changes holds here.

#ifndef PMA_INTERNAL_WIDE_H_
#define PMA_INTERNAL_WIDE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pma/internal/vector.h"

namespace pma::internal {

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

// What VectorKeys (vector.h) does, where kWideRegisters and compilers would not
// use AVX-512.
template <class Key>
struct WideKeys {
#if defined(PMA_WIDE) && !defined(__AVX512F__)
  static constexpr bool kAvailable = sizeof(Key) == 8;

  template <bool kStrict>
  [[gnu::always_inline]] static size_t LastInBlock(const void* block, Key key) {
    return Count<kStrict, 0xfffe>(static_cast<const Eight*>(block), key);
  }
  [[gnu::always_inline]] static size_t CountBefore(const void* block, Key key) {
    return Count<true, 0xffff>(static_cast<const Eight*>(block), key);
  }

 private:
  struct [[gnu::may_alias]] Eight {
    Key keys[8];
  };

  // Of those of the sixteen keys that the mask tells, how many are before `key`
  // or, unless `kStrict`, equal.
  template <bool kStrict, uint32_t kMask>
  [[gnu::always_inline]] static size_t Count(const Eight* block, Key key) {
    size_t count;
#define PMA_COUNT(broadcast, compare, operand, operation)        \
  asm(broadcast " %[key], %%zmm16\n\t"            /**/           \
      compare " %[is], %[low], %%zmm16, %%k1\n\t" /**/           \
      compare " %[is], %[high], %%zmm16, %%k2\n\t"               \
                "kunpckbw %%k1, %%k2, %%k1\n\t"                  \
                "kmovw %%k1, %k[count]\n\t"                      \
                "andl %[mask], %k[count]\n\t"                    \
                "popcntl %k[count], %k[count]"                   \
      : [count] "=r"(count)                                      \
      : [key] operand, [is] "i"(operation), [low] "m"(block[0]), \
        [high] "m"(block[1]), [mask] "i"(kMask)                  \
      : "cc")
    // The operation is on `key` and a key of the block: greater, or not less.
    if constexpr (std::is_floating_point_v<Key>) {
      PMA_COUNT("vbroadcastsd", "vcmppd", "x"(key), kStrict ? 30 : 29);
    } else if constexpr (std::is_signed_v<Key>) {
      PMA_COUNT("vpbroadcastq", "vpcmpq", "r"(key), kStrict ? 6 : 5);
    } else {
      PMA_COUNT("vpbroadcastq", "vpcmpuq", "r"(key), kStrict ? 6 : 5);
    }
#undef PMA_COUNT
    return count;
  }
#else
  static constexpr bool kAvailable = false;
#endif
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_WIDE_H_
