// SPDX-License-Identifier: Apache-2.0

// An ordered tree with the interface of std::map under one reader-writer lock
// (or none): look-ups and scans share the lock, writes own it.

#ifndef BENCH_MAPS_LOCKED_TREE_H_
#define BENCH_MAPS_LOCKED_TREE_H_

#include <cstddef>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "bench/keys/record.h"
#include "bench/maps/counting_allocator.h"

namespace pma::bench {

// For one thread only.
struct NoLock {
  void lock() {}
  void unlock() {}
  void lock_shared() {}
  void unlock_shared() {}
};

template <class Tree, class Lock>
class LockedTree {
 public:
  using Key = typename Tree::key_type;
  using Value = typename Tree::mapped_type;

  bool Insert(const Key& key, Value value) {
    const std::unique_lock lock(lock_);
    return tree_.try_emplace(key, std::move(value)).second;
  }

  bool Assign(const Key& key, Value value) {
    const std::unique_lock lock(lock_);
    return tree_.insert_or_assign(key, std::move(value)).second;
  }

  bool Find(const Key& key, Record& record) const {
    const std::shared_lock lock(lock_);
    const auto it = tree_.find(key);
    if (it == tree_.end()) return false;
    record = it->second;
    return true;
  }

  template <class F>
  bool Floor(const Key& key, F f) const {
    const std::shared_lock lock(lock_);
    auto it = tree_.upper_bound(key);
    if (it == tree_.begin()) return false;
    --it;
    f(it->first, it->second);
    return true;
  }

  template <class F>
  size_t Scan(const Key& key, size_t limit, F f) const {
    const std::shared_lock lock(lock_);
    size_t visited = 0;
    for (auto it = tree_.lower_bound(key); visited < limit && it != tree_.end();
         ++it) {
      f(it->first, it->second);
      ++visited;
    }
    return visited;
  }

  // Entries in [lo, hi).
  template <class F>
  size_t ScanBetween(const Key& lo, const Key& hi, F f) const {
    const std::shared_lock lock(lock_);
    size_t visited = 0;
    for (auto it = tree_.lower_bound(lo); it != tree_.end() && it->first < hi;
         ++it) {
      f(it->first, it->second);
      ++visited;
    }
    return visited;
  }

  template <class F>
  size_t ScanAll(F f) const {
    const std::shared_lock lock(lock_);
    size_t visited = 0;
    for (const auto& [key, value] : tree_) {
      f(key, value);
      ++visited;
    }
    return visited;
  }

  bool Erase(const Key& key) {
    const std::unique_lock lock(lock_);
    return tree_.erase(key) > 0;
  }

  bool EraseQuiescent(const Key& key) { return tree_.erase(key) > 0; }
  size_t Size() const { return tree_.size(); }
  size_t AllocatedBytes() const { return HeapCount::Bytes() + sizeof(*this); }

 private:
  mutable Lock lock_;
  Tree tree_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_LOCKED_TREE_H_
