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

#include <array>
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

  // The last of the 16 keys at `block` that is before `key` or, unless
  // `kStrict`, equal. The first is taken to be.
  template <bool kStrict>
  static size_t LastInBlock(const void* block, Key key) {
    return static_cast<size_t>(
               std::popcount(Compare<kStrict>(block, key) & ~LaneBits(0))) /
           kBitsPerLane;
  }

  // How many of the first `count` keys are before `key`; count <= kWidth, and
  // kWidth keys are read.
  template <size_t kWidth>
  static size_t CountBefore(const void* keys, size_t count, Key key) {
    static_assert(kWidth >= kLanes && kWidth <= 2 * kLanes);
    uint64_t before = Compare<true>(keys, key);
    if constexpr (kWidth > kLanes) {
      const void* end =
          static_cast<const std::byte*>(keys) + (kWidth - kLanes) * sizeof(Key);
      before |= Compare<true>(end, key) << kCompareBits;
    }
    return static_cast<size_t>(std::popcount(before & kInUse<kWidth>[count])) /
           kBitsPerLane;
  }

 private:
  static constexpr size_t kLanes = 16;

  // Of two comparisons of 16 lanes, the second of which ends at lane kWidth and
  // repeats some of the first: the bits that tell about lanes [0, count).
  template <size_t kWidth>
  static constexpr std::array<uint64_t, kWidth + 1> LanesInUse() {
    std::array<uint64_t, kWidth + 1> in_use{};
    for (size_t count = 1; count <= kWidth; ++count) {
      const size_t lane = count - 1;
      in_use[count] =
          in_use[lane] |
          (lane < kLanes ? LaneBits(lane)
                         : LaneBits(lane - (kWidth - kLanes)) << kCompareBits);
    }
    return in_use;
  }
  template <size_t kWidth>
  static constexpr auto kInUse = LanesInUse<kWidth>();

#if defined(__AVX512F__)
  static constexpr size_t kBitsPerLane = 1;
  static constexpr int kCompareBits = 16;
  static constexpr uint64_t LaneBits(size_t lane) {
    return uint64_t{1} << lane;
  }

  // Compares sixteen keys.
  template <bool kStrict>
  static uint64_t Compare(const void* keys, Key key) {
    const auto* second = static_cast<const std::byte*>(keys) + 64;
    return uint64_t{CompareEight<kStrict>(keys, key)} |
           uint64_t{CompareEight<kStrict>(second, key)} << 8;
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
  static constexpr int kCompareBits = 32;
  // Packing works on the two halves of vectors: lanes 2, 3, 6, 7, ... end up
  // behind lanes 0, 1, 4, 5, ...
  static constexpr uint64_t LaneBits(size_t lane) {
    const size_t place = lane % 2 + lane / 4 * 2 + (lane / 2 % 2) * 8;
    return uint64_t{3} << (kBitsPerLane * place);
  }

  // Compares sixteen keys.
  template <bool kStrict>
  static uint64_t Compare(const void* keys, Key key) {
    const auto four = [&](size_t i) {
      return CompareFour<kStrict>(static_cast<const __m256i*>(keys) + i, key);
    };
    // Down to a byte for each half of a lane.
    const __m256i packed =
        _mm256_packs_epi16(_mm256_packs_epi32(four(0), four(1)),
                           _mm256_packs_epi32(four(2), four(3)));
    const auto bits = static_cast<uint32_t>(_mm256_movemask_epi8(packed));
    return kComplement<kStrict> ? static_cast<uint32_t>(~bits) : bits;
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

}  // namespace pma::internal

#endif  // PMA_INTERNAL_VECTOR_H_
