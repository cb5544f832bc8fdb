// SPDX-License-Identifier: Apache-2.0

// Heads: eight characters that stand for a string among its neighbours.
//
// Strings that are neighbours in the map begin alike. Whatever begins with the
// same `skip` characters is ordered by its head, the eight that follow, unless
// those are equal, too. So segments and separators keep heads side by side, and
// search them as numbers; a string is looked at to tell equal heads apart.
// (Bohannon, McIlroy, Rastogi, "Main-memory index structures with fixed-size
// partial keys", 2001.)
//
// INV-12 all keys that may lie in a segment begin with the same `skip`
//        characters, for its fences do; the head of each cell is that of its
//        key. Both are written under Move, or before the segment is published,
//        and the head of a cell by whoever writes the cell.

#ifndef PMA_INTERNAL_STORE_HEADS_H_
#define PMA_INTERNAL_STORE_HEADS_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

// The head behind the first `skip` characters, as a number that orders like
// them; as if zeros followed the last one.
inline uint64_t HeadOf(std::string_view text, size_t skip) {
  if (text.size() >= skip + 8) [[likely]] {
    uint64_t head;
    std::memcpy(&head, text.data() + skip, sizeof(head));
    return std::endian::native == std::endian::little ? __builtin_bswap64(head)
                                                      : head;
  }
  uint64_t head = 0;
  for (size_t i = 0; i < 8; ++i) {
    const size_t at = skip + i;
    head = head << 8 |
           (at < text.size() ? static_cast<unsigned char>(text[at]) : 0u);
  }
  return head;
}

// A string's mark: one in sixteen other strings has the same.
inline constexpr int kMarkBits = 4;
inline uint64_t MarkOf(std::string_view text) {
  constexpr uint64_t kFactor = 0x9e3779b97f4a7c15;
  uint64_t mixed = text.size() * kFactor;
  size_t at = 0;
  const auto mix = [&](uint64_t word) {
    mixed = (std::rotl(mixed, 29) ^ word) * kFactor;
  };
  for (; at + 8 <= text.size(); at += 8) mix(HeadOf(text, at));
  if (at < text.size()) mix(HeadOf(text, at));
  return (mixed ^ mixed >> 29) * kFactor >> (64 - kMarkBits);
}

// Eight characters at a time, from the head on.
struct TextWords {
  std::string_view text;
  uint64_t Word(size_t skip, size_t i) const {
    return HeadOf(text, skip + 8 * i);
  }
};
// Numbers of several words have heads, too: the first of the words in which
// they may differ.
template <size_t kWords>
struct NumberWords {
  std::array<uint64_t, kWords> number;
  uint64_t Word(size_t skip, size_t i) const {
    // Without an index, so that the number stays in registers.
    uint64_t word = 0;
    for (size_t w = 0; w < kWords; ++w) {
      word = w == skip + i ? number[w] : word;
    }
    return word;
  }
};

// How many characters both begin with.
inline size_t CommonPrefix(std::string_view a, std::string_view b) {
  return static_cast<size_t>(
      std::mismatch(
          a.begin(),
          a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())),
          b.begin())
          .first -
      a.begin());
}

inline size_t CommonPrefix(const TextWords& a, const TextWords& b) {
  return internal::CommonPrefix(a.text, b.text);
}
// Of words, not all of them.
template <size_t kWords>
size_t CommonPrefix(const NumberWords<kWords>& a,
                    const NumberWords<kWords>& b) {
  size_t same = 0;
  while (same + 1 < kWords && a.number[same] == b.number[same]) ++same;
  return same;
}

// How the first `count` characters, or words, compare.
inline int CompareBeginning(const TextWords& a, const TextWords& b,
                            size_t count) {
  return a.text.substr(0, count).compare(b.text.substr(0, count));
}
template <size_t kWords>
int CompareBeginning(const NumberWords<kWords>& a, const NumberWords<kWords>& b,
                     size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (a.number[i] != b.number[i]) return a.number[i] < b.number[i] ? -1 : 1;
  }
  return 0;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_HEADS_H_
