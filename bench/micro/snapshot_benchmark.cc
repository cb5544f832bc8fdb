// SPDX-License-Identifier: Apache-2.0

// Ranges as of one instant, beside 0, 1 and 2 writers: snapshot_scan, a scan of
// the same range, and a copy out of an absl::btree_map under a mutex. Sizes are
// of the range, in a map of a million entries or more. items_per_second counts
// entries; longest_wait is of a writer, in nanoseconds, writes are of all
// writers per second. tries is how often a snapshot was tried, on average,
// tries_holding how often so that writers are held up: what is more than beside
// no writer was tried again. (Short ranges that no writer is in take no try.)
//
//   tools/bazel run -c opt //bench:snapshot_benchmark

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "bench/measure/tick_clock.h"
#include "bench/micro/topic.h"
#include "benchmark/benchmark.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"

namespace pma::bench {
namespace {

const TickClock& Clock() {
  static const TickClock clock;
  return clock;
}

// Of the one thread that takes snapshots.
struct Tries {
  double all = 0;
  double holding = 0;
};
struct CountingTuning : DefaultTuning {
  static inline Tries tries;
  static void TrySnapshot(bool holds) {
    ++tries.all;
    tries.holding += holds;
  }
};

// Keys are even numbers; writers put the odd ones in and take them out.
class PmaSnapshots {
 public:
  static constexpr char kName[] = "pma";
  bool Insert(uint64_t key, uint64_t value) { return map_.insert(key, value); }
  bool Erase(uint64_t key) { return map_.erase(key); }
  uint64_t Sum(uint64_t lo, uint64_t hi) const {
    uint64_t sum = 0;
    map_.snapshot_scan(lo, hi, [&](uint64_t, uint64_t value) { sum += value; });
    return sum;
  }

 protected:
  ConcurrentMap<uint64_t, uint64_t, std::less<>, std::allocator<std::byte>,
                CountingTuning>
      map_;
};

class PmaScans : public PmaSnapshots {
 public:
  static constexpr char kName[] = "pma_scan";
  uint64_t Sum(uint64_t lo, uint64_t hi) const {
    uint64_t sum = 0;
    map_.scan(lo, hi, [&](uint64_t, uint64_t value) { sum += value; });
    return sum;
  }
};

class AbslCopies {
 public:
  static constexpr char kName[] = "absl_mutex";
  bool Insert(uint64_t key, uint64_t value) {
    const std::scoped_lock lock(mutex_);
    return map_.emplace(key, value).second;
  }
  bool Erase(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return map_.erase(key) != 0;
  }
  uint64_t Sum(uint64_t lo, uint64_t hi) const {
    std::vector<std::pair<uint64_t, uint64_t>> copy;
    {
      const std::scoped_lock lock(mutex_);
      copy.assign(map_.lower_bound(lo), map_.lower_bound(hi));
    }
    uint64_t sum = 0;
    for (const auto& entry : copy) sum += entry.second;
    return sum;
  }

 private:
  mutable std::mutex mutex_;
  absl::btree_map<uint64_t, uint64_t> map_;
};

template <class Map, int kWriters>
void Snapshots(benchmark::State& state) {
  const auto range = static_cast<uint64_t>(state.range(0));
  const uint64_t entries = std::max<uint64_t>(range, 1'000'000);
  Map map;
  for (uint64_t i = 0; i < entries; ++i) map.Insert(2 * i, i);
  const uint64_t lo = entries - range;
  const uint64_t hi = lo + 2 * range;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> longest{0};
  std::atomic<uint64_t> writes{0};
  std::vector<std::thread> writers;
  for (uint64_t w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      Random random(w);
      uint64_t mine = 0;
      uint64_t worst = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        const uint64_t key = lo + 2 * random.Below(range) + 1;
        const uint64_t start = Clock().Now();
        if (!map.Insert(key, key)) map.Erase(key);
        worst = std::max(worst, Clock().Now() - start);
        ++mine;
      }
      writes += mine;
      uint64_t seen = longest.load();
      while (worst > seen && !longest.compare_exchange_weak(seen, worst)) {
      }
    });
  }
  CountingTuning::tries = {};
  const auto begin = std::chrono::steady_clock::now();
  for (auto _ : state) benchmark::DoNotOptimize(map.Sum(lo, hi));
  const std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - begin;
  stop = true;
  for (std::thread& writer : writers) writer.join();
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["longest_wait"] = Clock().Nanoseconds(longest.load());
  state.counters["writes"] =
      static_cast<double>(writes.load()) / elapsed.count();
  if constexpr (std::is_same_v<Map, PmaSnapshots>) {
    const auto snapshots = static_cast<double>(state.iterations());
    state.counters["tries"] = CountingTuning::tries.all / snapshots;
    state.counters["tries_holding"] = CountingTuning::tries.holding / snapshots;
  }
}

template <class Map>
void RegisterMap() {
  RegisterForSizesInRealTime("BesideNone", Map::kName, &Snapshots<Map, 0>);
  RegisterForSizesInRealTime("BesideOne", Map::kName, &Snapshots<Map, 1>);
  RegisterForSizesInRealTime("BesideTwo", Map::kName, &Snapshots<Map, 2>);
}

void RegisterAll() {
  RegisterMap<PmaSnapshots>();
  RegisterMap<PmaScans>();
  RegisterMap<AbslCopies>();
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  return pma::bench::TopicMain(argc, argv, {1, 100, 10'000, 1'000'000},
                               &pma::bench::RegisterAll);
}
