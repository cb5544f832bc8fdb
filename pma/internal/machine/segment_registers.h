// SPDX-License-Identifier: Apache-2.0

// Two columns of 56 words, copied with a word put in or taken out at the same
// place of both: a whole segment in fourteen loads and as many stores, wherever
// the place is. Copying only the words that move takes loops whose lengths
// nobody can predict.
//
// AVX-512 only, which has the registers for it (compare16.h). What word_copy.h
// says about reading memory that changes holds here.

#ifndef PMA_INTERNAL_MACHINE_SEGMENT_REGISTERS_H_
#define PMA_INTERNAL_MACHINE_SEGMENT_REGISTERS_H_

#include <cstddef>
#include <cstdint>

#include "pma/internal/machine/compare16.h"

namespace pma::inline PMA_VARIANT::internal {

#if defined(PMA_WIDE)
// Compilers inline what is for another processor only into the like.
#if defined(__AVX512F__)
#define PMA_WIDE_COPY [[gnu::always_inline]] inline
#else
#define PMA_WIDE_COPY [[gnu::target("avx512f"), gnu::noinline]] inline
#endif
#define PMA_IN_WIDE [[gnu::target("avx512f"), gnu::always_inline]] inline

class ColumnPair {
 public:
  static constexpr size_t kWords = 56;  // of a column

  // The columns lie one behind the other at `memory`, aligned to 64 bytes.
  PMA_IN_WIDE explicit ColumnPair(const void* memory) {
    const auto* const lines = static_cast<const __m512i*>(memory);
#pragma GCC unroll 7
    for (size_t i = 0; i < kLines; ++i) {
      first_[i] = _mm512_load_si512(lines + i);
      second_[i] = _mm512_load_si512(lines + kLines + i);
    }
  }

  // Words `at` and on move one place to the back; the last ones are lost, and
  // the words at `at` are still there.
  PMA_IN_WIDE void MoveBack(size_t at) {
#pragma GCC unroll 7
    for (size_t i = kLines; i-- > 0;) {
      const __mmask8 moves = LanesAfter(at, i);
      first_[i] = FromBefore(first_[i], moves, first_[i > 0 ? i - 1 : 0]);
      second_[i] = FromBefore(second_[i], moves, second_[i > 0 ? i - 1 : 0]);
    }
  }

  // Words behind `at` move one place to the front, over those at `at`; behind
  // the last of the first column comes `filler`, behind the others anything.
  PMA_IN_WIDE void MoveForward(size_t at, uint64_t filler) {
    const __m512i end = _mm512_set1_epi64(static_cast<int64_t>(filler));
#pragma GCC unroll 7
    for (size_t i = 0; i < kLines; ++i) {
      const __mmask8 moves = LanesAfter(at - 1, i);
      const bool last = i + 1 == kLines;
      first_[i] = FromBehind(first_[i], moves, last ? end : first_[i + 1]);
      second_[i] = FromBehind(second_[i], moves, last ? end : second_[i + 1]);
    }
  }

  PMA_IN_WIDE void StoreTo(void* memory) const {
    auto* const lines = static_cast<__m512i*>(memory);
#pragma GCC unroll 7
    for (size_t i = 0; i < kLines; ++i) {
      _mm512_store_si512(lines + i, first_[i]);
      _mm512_store_si512(lines + kLines + i, second_[i]);
    }
  }

  // Stores the last word of each line of the first column, but for the last
  // line, to the end of the line before the columns.
  PMA_IN_WIDE void StoreLastWordsBefore(void* memory) const {
    const __m512i last = _mm512_set1_epi64(7);
    __m512i words = first_[0];
#pragma GCC unroll 6
    for (size_t i = 0; i + 1 < kLines; ++i) {
      words = _mm512_mask_permutexvar_epi64(
          words, static_cast<__mmask8>(4 << i), last, first_[i]);
    }
    _mm512_mask_store_epi64(static_cast<__m512i*>(memory) - 1, 0xfc, words);
  }

 private:
  static constexpr size_t kLines = kWords / 8;

  // The lanes of line `i` whose words come after `at`, which may be -1.
  PMA_IN_WIDE static __mmask8 LanesAfter(size_t at, size_t i) {
    const __m512i words =
        _mm512_add_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0),
                         _mm512_set1_epi64(static_cast<int64_t>(8 * i)));
    return _mm512_cmpgt_epi64_mask(words,
                                   _mm512_set1_epi64(static_cast<int64_t>(at)));
  }
  // The masked lanes of `line` get the word before them or behind them.
  PMA_IN_WIDE static __m512i FromBefore(__m512i line, __mmask8 lanes,
                                        __m512i before) {
    return _mm512_mask_alignr_epi64(line, lanes, line, before, 7);
  }
  PMA_IN_WIDE static __m512i FromBehind(__m512i line, __mmask8 lanes,
                                        __m512i behind) {
    return _mm512_mask_alignr_epi64(line, lanes, behind, line, 1);
  }

  // (Compilers warn of vectors as arguments of templates.)
  __m512i first_[kLines];
  __m512i second_[kLines];
};

// These copy the columns at `from` to `to`: with the words from `at` on moved
// back, with those behind `at` moved to the front, or as they are, with the
// last words of lines. Both are aligned to 64 bytes. If kWideRegisters.
PMA_WIDE_COPY void CopyMovedBack(const void* from, void* to, size_t at) {
  ColumnPair words(from);
  words.MoveBack(at);
  words.StoreTo(to);
}
PMA_WIDE_COPY void CopyMovedForward(const void* from, void* to, size_t at,
                                    uint64_t filler) {
  ColumnPair words(from);
  words.MoveForward(at, filler);
  words.StoreTo(to);
}
PMA_WIDE_COPY void CopyWithLastWords(const void* from, void* to) {
  const ColumnPair words(from);
  words.StoreTo(to);
  words.StoreLastWordsBefore(to);
}

#undef PMA_WIDE_COPY
#undef PMA_IN_WIDE
#endif

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MACHINE_SEGMENT_REGISTERS_H_
