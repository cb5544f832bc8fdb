// SPDX-License-Identifier: Apache-2.0

// An adaptive radix tree of strings with optimistic lock coupling
// (peers/art_string_olc.h): our own, and the peer for keys that share long
// beginnings. It has no floor.

#ifndef BENCH_MAPS_ART_STRINGS_H_
#define BENCH_MAPS_ART_STRINGS_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "bench/keys/record.h"
#include "bench/maps/peers/art_string_olc.h"

namespace pma::bench {

class ArtStrings {
 public:
  static constexpr std::string_view kName = "art_strings";
  static constexpr std::string_view kDescription =
      "adaptive radix tree of strings with optimistic lock coupling";
  static constexpr bool kSingleThreaded = false;
  static constexpr bool kHasFloor = false;
  static constexpr bool kHasScan = true;
  static constexpr bool kHasErase = true;

  bool Insert(const std::string& key, Record record) {
    return tree_.Insert(key, record);
  }
  bool Assign(const std::string& key, Record record) {
    return tree_.Assign(key, record);
  }
  bool Find(const std::string& key, Record& record) const {
    return tree_.Find(key, record);
  }
  bool Erase(const std::string& key) { return tree_.Erase(key); }

  template <class F>
  size_t Scan(const std::string& key, size_t limit, F f) const {
    return tree_.Scan(key, limit, f);
  }
  template <class F>
  size_t ScanAll(F f) const {
    return tree_.ScanAll(f);
  }

  bool EraseQuiescent(const std::string& key) { return tree_.Erase(key); }
  size_t Size() const { return tree_.Size(); }
  size_t AllocatedBytes() const {
    return tree_.AllocatedBytes() + sizeof(*this);
  }

 private:
  ArtStringOlc<Record> tree_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_ART_STRINGS_H_
