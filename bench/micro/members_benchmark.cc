// SPDX-License-Identifier: Apache-2.0

// The members that no other program here times, each beside the same on an
// absl::btree_map (or btree_set) under a mutex, by one thread: on keys that are
// present, on sets, and on whole maps. Scans are of ten entries; writes leave
// the map as it was.
//
//   tools/bazel run -c opt //bench:members_benchmark

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "bench/keys/record.h"
#include "bench/micro/topic.h"
#include "benchmark/benchmark.h"
#include "pma/concurrent_map.h"
#include "pma/concurrent_set.h"

namespace pma::bench {
namespace {

constexpr size_t kScanned = 10;
constexpr size_t kBatch = 16;

// --- On a key ---------------------------------------------------------------

// All values are 0.
class PmaMap {
 public:
  static constexpr char kName[] = "pma";
  using Map = ConcurrentMap<uint64_t, uint64_t>;
  Map& map() { return map_; }

  bool Insert(uint64_t key, Record) { return map_.insert(key, 0); }
  bool Contains(uint64_t key) { return map_.contains(key); }
  uint64_t VisitEntry(uint64_t key) {
    uint64_t sum = 0;
    map_.visit_entry(key, [&](uint64_t k, uint64_t v) { sum = k + v; });
    return sum;
  }
  uint64_t First(uint64_t) { return map_.first()->first; }
  uint64_t Last(uint64_t) { return map_.last()->first; }
  uint64_t VisitFirst(uint64_t) {
    uint64_t sum = 0;
    map_.visit_first([&](uint64_t k, uint64_t v) { sum = k + v; });
    return sum;
  }
  uint64_t Ceiling(uint64_t key) { return map_.ceiling(key)->first; }
  uint64_t VisitFloor(uint64_t key) {
    uint64_t sum = 0;
    map_.visit_floor(key, [&](uint64_t k, uint64_t v) { sum = k + v; });
    return sum;
  }
  uint64_t ScanFrom(uint64_t key) {
    return SumOfFirst([&](auto f) { map_.scan_from(key, f); });
  }
  uint64_t ScanAfter(uint64_t key) {
    return SumOfFirst([&](auto f) { map_.scan_after(key, f); });
  }
  uint64_t ScanReverse(uint64_t key) {
    return SumOfFirst([&](auto f) { map_.scan_reverse(uint64_t{0}, key, f); });
  }
  uint64_t ScanReverseN(uint64_t key) {
    uint64_t sum = 0;
    map_.scan_reverse_n(key, kScanned, [&](uint64_t, uint64_t v) { sum += v; });
    return sum;
  }
  uint64_t Reversed(uint64_t key) {
    uint64_t sum = 0;
    size_t left = kScanned;
    for (const auto& [k, v] : map_.reversed(uint64_t{0}, key)) {
      sum += v;
      if (--left == 0) break;
    }
    return sum;
  }
  uint64_t CursorSeek(uint64_t key) {
    if (!cursor_.has_value()) cursor_.emplace(map_.cursor());
    cursor_->seek(key);
    return cursor_->value();
  }
  // Of the key that it stands at.
  uint64_t CursorRefresh(uint64_t) {
    if (!cursor_.has_value()) cursor_.emplace(map_.cursor());
    return cursor_->refresh();
  }

  bool TryEmplace(uint64_t key) { return map_.try_emplace(key, 0); }
  bool FindOrInsert(uint64_t key) { return map_.find_or_insert(key, 0).second; }
  uint64_t InsertOrVisit(uint64_t key) {
    uint64_t sum = 0;
    map_.insert_or_visit(key, 0, [&](uint64_t v) { sum = v; });
    return sum;
  }
  uint64_t Exchange(uint64_t key) { return *map_.exchange(key, 0); }
  bool CompareExchange(uint64_t key) {
    uint64_t expected = 0;
    return map_.compare_exchange(key, expected, 0);
  }
  // The predicate says no.
  bool EraseIf(uint64_t key) {
    return map_.erase_if(key, [](uint64_t v) { return v != 0; });
  }
  bool ExtractAndInsert(uint64_t key) {
    return map_.insert(key, *map_.extract(key));
  }

 private:
  // Of the first few values that scan(f) shows to f.
  template <class Scan>
  static uint64_t SumOfFirst(Scan scan) {
    uint64_t sum = 0;
    size_t left = kScanned;
    scan([&](uint64_t, uint64_t v) {
      sum += v;
      return --left > 0;
    });
    return sum;
  }

  Map map_;
  std::optional<Map::Cursor> cursor_;
};

class AbslMap {
 public:
  static constexpr char kName[] = "absl_mutex";
  using Map = absl::btree_map<uint64_t, uint64_t>;
  Map& map() { return map_; }

  bool Insert(uint64_t key, Record) {
    const std::scoped_lock lock(mutex_);
    return map_.emplace(key, 0).second;
  }
  bool Contains(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return map_.contains(key);
  }
  uint64_t VisitEntry(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return SumOf(map_.find(key));
  }
  uint64_t First(uint64_t) {
    const std::scoped_lock lock(mutex_);
    return map_.begin()->first;
  }
  uint64_t Last(uint64_t) {
    const std::scoped_lock lock(mutex_);
    return map_.rbegin()->first;
  }
  uint64_t VisitFirst(uint64_t) {
    const std::scoped_lock lock(mutex_);
    return SumOf(map_.begin());
  }
  uint64_t Ceiling(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return map_.lower_bound(key)->first;
  }
  uint64_t VisitFloor(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return SumOf(std::prev(map_.upper_bound(key)));
  }
  uint64_t ScanFrom(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return Scan(map_.lower_bound(key), map_.end());
  }
  uint64_t ScanAfter(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return Scan(map_.upper_bound(key), map_.end());
  }
  uint64_t ScanReverse(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return Scan(std::make_reverse_iterator(map_.lower_bound(key)), map_.rend());
  }
  uint64_t ScanReverseN(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return Scan(std::make_reverse_iterator(map_.upper_bound(key)), map_.rend());
  }
  uint64_t Reversed(uint64_t key) { return ScanReverse(key); }
  uint64_t CursorSeek(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return map_.lower_bound(key)->second;
  }
  uint64_t CursorRefresh(uint64_t) {
    const std::scoped_lock lock(mutex_);
    return map_.lower_bound(map_.begin()->first)->second;
  }

  bool TryEmplace(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return map_.try_emplace(key, 0).second;
  }
  bool FindOrInsert(uint64_t key) { return TryEmplace(key); }
  uint64_t InsertOrVisit(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return map_.try_emplace(key, 0).first->second;
  }
  uint64_t Exchange(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return std::exchange(map_[key], 0);
  }
  bool CompareExchange(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    const auto found = map_.find(key);
    if (found == map_.end() || found->second != 0) return false;
    found->second = 0;
    return true;
  }
  bool EraseIf(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    const auto found = map_.find(key);
    if (found == map_.end() || found->second == 0) return false;
    map_.erase(found);
    return true;
  }
  bool ExtractAndInsert(uint64_t key) {
    {
      const std::scoped_lock lock(mutex_);
      map_.erase(key);
    }
    return Insert(key, {});
  }

 private:
  static uint64_t SumOf(Map::iterator entry) {
    return entry->first + entry->second;
  }
  template <class Iterator>
  static uint64_t Scan(Iterator from, const Iterator& to) {
    uint64_t sum = 0;
    for (size_t i = 0; i < kScanned && from != to; ++i, ++from) {
      sum += from->second;
    }
    return sum;
  }

  std::mutex mutex_;
  Map map_;
};

// --- On a key of a set
// --------------------------------------------------------

class PmaSet {
 public:
  static constexpr char kName[] = "pma_set";
  bool Insert(uint64_t key, Record) { return set_.insert(key); }
  bool Contains(uint64_t key) { return set_.contains(key); }
  bool EraseAndInsert(uint64_t key) {
    return set_.erase(key) && set_.insert(key);
  }
  uint64_t Floor(uint64_t key) { return *set_.floor(key); }
  uint64_t ScanN(uint64_t key) {
    uint64_t sum = 0;
    set_.scan_n(key, kScanned, [&](uint64_t k) { sum += k; });
    return sum;
  }
  size_t Batch(std::span<const uint64_t> keys) {
    return set_.contains_batch(keys);
  }

 private:
  ConcurrentSet<uint64_t> set_;
};

class AbslSet {
 public:
  static constexpr char kName[] = "absl_mutex_set";
  bool Insert(uint64_t key, Record) {
    const std::scoped_lock lock(mutex_);
    return set_.insert(key).second;
  }
  bool Contains(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return set_.contains(key);
  }
  bool EraseAndInsert(uint64_t key) {
    {
      const std::scoped_lock lock(mutex_);
      set_.erase(key);
    }
    return Insert(key, {});
  }
  uint64_t Floor(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return *std::prev(set_.upper_bound(key));
  }
  uint64_t ScanN(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    uint64_t sum = 0;
    auto at = set_.lower_bound(key);
    for (size_t i = 0; i < kScanned && at != set_.end(); ++i) sum += *at++;
    return sum;
  }
  size_t Batch(std::span<const uint64_t> keys) {
    const std::scoped_lock lock(mutex_);
    size_t count = 0;
    for (const uint64_t key : keys) count += set_.count(key);
    return count;
  }

 private:
  std::mutex mutex_;
  absl::btree_set<uint64_t> set_;
};

template <class Map, auto kMember>
void OnHits(benchmark::State& state) {
  Map& map = LoadedMap<Map>(state.range(0));
  const std::vector<uint64_t> keys = UniformHits(state.range(0));
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize((map.*kMember)(keys[next]));
    if (++next == keys.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

// Sixteen keys an iteration.
template <class Map, auto kAct>
void OnBatches(benchmark::State& state) {
  Map& map = LoadedMap<Map>(state.range(0));
  const std::vector<uint64_t> keys = UniformHits(state.range(0));
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        kAct(map, std::span<const uint64_t>(&keys[next], kBatch)));
    next = (next + kBatch) % keys.size();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

constexpr auto kVisitBatch = [](PmaMap& map, std::span<const uint64_t> keys) {
  uint64_t sum = 0;
  map.map().visit_batch(keys, [&](size_t, uint64_t v) { sum += v; });
  return sum;
};
constexpr auto kContainsBatch = [](auto& set, std::span<const uint64_t> keys) {
  return set.Batch(keys);
};

// --- On a whole map ---------------------------------------------------------

template <auto kAct>
void OnWhole(benchmark::State& state) {
  PmaMap& map = LoadedMap<PmaMap>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(kAct(map.map()));
}
constexpr auto kSize = [](PmaMap::Map& map) { return map.size(); };
constexpr auto kEmpty = [](PmaMap::Map& map) { return map.empty(); };
constexpr auto kSplitKeys = [](PmaMap::Map& map) {
  return map.split_keys(8).size();
};
constexpr auto kStats = [](PmaMap::Map& map) { return map.stats().segments; };
constexpr auto kVisitLayout = [](PmaMap::Map& map) {
  size_t segments = 0;
  map.visit_layout([&](size_t, std::span<const uint8_t> fills) {
    segments += fills.size();
  });
  return segments;
};
constexpr auto kReclaim = [](PmaMap::Map& map) { return map.reclaim(); };

// Times act(map) on a loaded map that is made anew for each iteration.
template <class Map, auto kAct>
void OnFresh(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    DropLoadedMap();
    Map& map = LoadedMap<Map>(state.range(0));
    state.ResumeTiming();
    kAct(map.map());
  }
  DropLoadedMap();
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
constexpr auto kClear = [](auto& map) { map.clear(); };
constexpr auto kShrinkToFit = [](PmaMap::Map& map) { map.shrink_to_fit(); };
// For as many again.
constexpr auto kReserve = [](PmaMap::Map& map) { map.reserve(2 * map.size()); };

// --- The rows ---------------------------------------------------------------

template <class Map, auto kMember>
void Add(const char* what) {
  RegisterForSizes(what, Map::kName, &OnHits<Map, kMember>);
}

template <class Map>
void RegisterMap() {
  Add<Map, &Map::Contains>("Contains");
  Add<Map, &Map::VisitEntry>("VisitEntry");
  Add<Map, &Map::First>("First");
  Add<Map, &Map::Last>("Last");
  Add<Map, &Map::VisitFirst>("VisitFirst");
  Add<Map, &Map::Ceiling>("Ceiling");
  Add<Map, &Map::VisitFloor>("VisitFloor");
  Add<Map, &Map::ScanFrom>("ScanFrom");
  Add<Map, &Map::ScanAfter>("ScanAfter");
  Add<Map, &Map::ScanReverse>("ScanReverse");
  Add<Map, &Map::ScanReverseN>("ScanReverseN");
  Add<Map, &Map::Reversed>("Reversed");
  Add<Map, &Map::CursorSeek>("CursorSeek");
  Add<Map, &Map::CursorRefresh>("CursorRefresh");
  Add<Map, &Map::TryEmplace>("TryEmplace");
  Add<Map, &Map::FindOrInsert>("FindOrInsert");
  Add<Map, &Map::InsertOrVisit>("InsertOrVisit");
  Add<Map, &Map::Exchange>("Exchange");
  Add<Map, &Map::CompareExchange>("CompareExchange");
  Add<Map, &Map::EraseIf>("EraseIf");
  Add<Map, &Map::ExtractAndInsert>("ExtractAndInsert");
  RegisterForSizes("Clear", Map::kName, &OnFresh<Map, kClear>);
}

template <class Set>
void RegisterSet() {
  Add<Set, &Set::Contains>("Contains");
  Add<Set, &Set::EraseAndInsert>("EraseAndInsert");
  Add<Set, &Set::Floor>("Floor");
  Add<Set, &Set::ScanN>("ScanN");
  RegisterForSizes("ContainsBatch", Set::kName,
                   &OnBatches<Set, kContainsBatch>);
}

void RegisterAll() {
  RegisterMap<PmaMap>();
  RegisterForSizes("VisitBatch", "pma", &OnBatches<PmaMap, kVisitBatch>);
  RegisterForSizes("Size", "pma", &OnWhole<kSize>);
  RegisterForSizes("Empty", "pma", &OnWhole<kEmpty>);
  RegisterForSizes("SplitKeys", "pma", &OnWhole<kSplitKeys>);
  RegisterForSizes("Stats", "pma", &OnWhole<kStats>);
  RegisterForSizes("VisitLayout", "pma", &OnWhole<kVisitLayout>);
  RegisterForSizes("Reclaim", "pma", &OnWhole<kReclaim>);
  RegisterForSizes("ShrinkToFit", "pma", &OnFresh<PmaMap, kShrinkToFit>);
  RegisterForSizes("Reserve", "pma", &OnFresh<PmaMap, kReserve>);
  RegisterMap<AbslMap>();
  RegisterSet<PmaSet>();
  RegisterSet<AbslSet>();
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  return pma::bench::TopicMain(argc, argv, {1'000, 1'000'000},
                               &pma::bench::RegisterAll);
}
