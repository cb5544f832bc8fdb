// SPDX-License-Identifier: Apache-2.0

// A value of more than a word: as many bytes as the race is about, kept like a
// std::string's characters, full of one record.

#ifndef BENCH_KEYS_ROW_H_
#define BENCH_KEYS_ROW_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bench/keys/record.h"

namespace pma::bench {

// More than a map is asked to keep for one key.
inline constexpr size_t kMaxRowBytes = size_t{1} << 20;

class Row {
 public:
  Row() = default;
  // Of `bytes` bytes, rounded up to whole records, of which there is one.
  Row(Record record, size_t bytes)
      : words_(bytes <= kWord ? 1 : (bytes + kWord - 1) / kWord,
               std::bit_cast<uint64_t>(record)) {}

  // Reads all of it, as whoever looks a row up does. One that is not full of
  // one record, which a map that tears values might show, gives a wrong one.
  // NOLINTNEXTLINE(google-explicit-constructor): maps show entries' records
  operator Record() const {
    if (words_.empty()) return {};
    const uint64_t first = words_.front();
    uint64_t differing = 0;
    for (const uint64_t word : words_) differing |= word ^ first;
    return std::bit_cast<Record>(differing == 0 ? first : ~first);
  }

  std::span<uint64_t> words() { return words_; }

 private:
  static constexpr size_t kWord = sizeof(Record);

  std::vector<uint64_t> words_;
};

}  // namespace pma::bench

#endif  // BENCH_KEYS_ROW_H_
