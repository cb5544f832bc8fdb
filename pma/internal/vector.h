// Vector instructions, behind three functions: comparing sixteen keys at once,
// copying words, and filling them; and plain loads.
//
// The memory they read may be changing: a version word decides afterwards
// whether what was read counts. In the language that is a data race, which only
// atomic accesses would not be; on the machine each aligned word of a vector
// access is read and written whole, which is all the callers rely on. So they
// are used on the real platform only, and not under ThreadSanitizer; each has a
// scalar twin, proved equal by search_test.cc, which runs everywhere else.
//
// AVX-512 or AVX2 if the compiler may use them (-march=native, -mavx2); plain
// x86-64 compares by scalar code, unless the processor has more (wide.h), and
// copies by SSE2 or memcpy.

#ifndef PMA_INTERNAL_VECTOR_H_
#define PMA_INTERNAL_VECTOR_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "pma/internal/platform.h"
#include "pma/internal/variant.h"

#if !defined(__SANITIZE_THREAD__) && !PMA_HAS_FEATURE(thread_sanitizer)
#define PMA_PLAIN_LOAD 1
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

  // How many of the 16 keys at `block`, which ascend, are before `key`.
  static size_t CountBefore(const void* block, Key key) {
    return Count(Compare<true, ~uint32_t{0}>(block, key));
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
[[gnu::always_inline]] inline auto LoadOperand(const Unit& word) {
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

#endif  // PMA_INTERNAL_VECTOR_H_
