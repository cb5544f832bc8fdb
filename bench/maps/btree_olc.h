// SPDX-License-Identifier: Apache-2.0

// A B+-tree with optimistic lock coupling (peers/btree_olc.h): our own, and the
// strongest peer we have.

#ifndef BENCH_MAPS_BTREE_OLC_H_
#define BENCH_MAPS_BTREE_OLC_H_

#include <cstddef>
#include <string_view>

#include "bench/keys/record.h"
#include "bench/maps/counting_allocator.h"
#include "bench/maps/peers/btree_olc.h"

namespace pma::bench {

template <class Key>
class BtreeOlc {
 public:
  static constexpr std::string_view kName = "btree_olc";
  static constexpr std::string_view kDescription =
      "B+-tree of 4 KiB nodes with optimistic lock coupling";
  static constexpr bool kSingleThreaded = false;
  static constexpr bool kHasFloor = true;
  static constexpr bool kHasScan = true;
  static constexpr bool kHasErase = true;

  bool Insert(const Key& key, Record record) {
    return tree_.Insert(key, record);
  }
  bool Assign(const Key& key, Record record) {
    return tree_.Assign(key, record);
  }
  bool Find(const Key& key, Record& record) const {
    return tree_.Find(key, record);
  }
  bool Erase(const Key& key) { return tree_.Erase(key); }

  template <class F>
  bool Floor(const Key& key, F f) const {
    return tree_.Floor(key, f);
  }
  template <class F>
  size_t Scan(const Key& key, size_t limit, F f) const {
    return tree_.Scan(key, limit, f);
  }
  template <class F>
  size_t ScanAll(F f) const {
    return tree_.ScanAll(f);
  }

  bool EraseQuiescent(const Key& key) {
    const bool erased = tree_.Erase(key);
    tree_.FreeRetired();
    return erased;
  }
  size_t Size() const { return tree_.Size(); }
  // Boxes of strings are counted by their allocator, nodes by the tree.
  size_t AllocatedBytes() const {
    return HeapCount::Bytes() + tree_.NodeBytes() + sizeof(*this);
  }

 private:
  BTreeOlc<Key, Record, CountingAllocator<std::byte>> tree_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_BTREE_OLC_H_
