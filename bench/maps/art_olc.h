// SPDX-License-Identifier: Apache-2.0

// An adaptive radix tree with optimistic lock coupling (peers/art_olc.h):
// our own. Point operations on integers only, so it takes part where those are
// compared, and not in races.

#ifndef BENCH_MAPS_ART_OLC_H_
#define BENCH_MAPS_ART_OLC_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "bench/keys/record.h"
#include "bench/maps/peers/art_olc.h"

namespace pma::bench {

template <class Key>
class ArtOlcMap {
  static_assert(std::is_same_v<Key, uint64_t>);

 public:
  static constexpr std::string_view kName = "art_olc";
  static constexpr std::string_view kDescription =
      "adaptive radix tree with optimistic lock coupling";
  static constexpr bool kSingleThreaded = false;
  static constexpr bool kHasFloor = false;
  static constexpr bool kHasScan = false;
  static constexpr bool kHasErase = true;

  bool Insert(Key key, Record record) { return tree_.Insert(key, record); }
  bool Assign(Key key, Record record) { return tree_.Assign(key, record); }
  bool Find(Key key, Record& record) const { return tree_.Find(key, record); }
  bool Erase(Key key) { return tree_.Erase(key); }

  // With no other call under way.
  template <class F>
  size_t ScanAll(F f) const {
    return tree_.ForEach(f);
  }

 private:
  ArtOlc<Record> tree_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_ART_OLC_H_
