// SPDX-License-Identifier: Apache-2.0

// Maps as queues: entries taken from either end, by one thread or two, appended
// at one end and taken at the other, and neighbours beside what has been
// erased. EraseRandom and NeighboursUsual are what to compare with.
//
//   tools/bazel run -c opt //bench:queue_benchmark

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/container/btree_map.h"
#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "bench/micro/topic.h"
#include "benchmark/benchmark.h"
#include "pma/concurrent_map.h"

namespace pma::bench {
namespace {

class PmaQueue {
 public:
  static constexpr char kName[] = "pma";
  bool Insert(uint64_t key, Record value) { return map_.insert(key, value); }
  bool Erase(uint64_t key) { return map_.erase(key); }
  // Takes the first or the last entry. False if there is none.
  bool PopFirst() { return map_.pop_first().has_value(); }
  bool PopLast() { return map_.pop_last().has_value(); }
  uint64_t Before(uint64_t key) const { return map_.lower(key)->first; }
  uint64_t After(uint64_t key) const { return map_.higher(key)->first; }

 private:
  ConcurrentMap<uint64_t, Record> map_;
};

// Under a mutex, which costs one thread little.
class AbslQueue {
 public:
  static constexpr char kName[] = "absl_mutex";
  bool Insert(uint64_t key, Record value) {
    const std::scoped_lock lock(mutex_);
    return map_.emplace(key, value).second;
  }
  bool Erase(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    return map_.erase(key) == 1;
  }
  bool PopFirst() {
    const std::scoped_lock lock(mutex_);
    if (map_.empty()) return false;
    map_.erase(map_.begin());
    return true;
  }
  bool PopLast() {
    const std::scoped_lock lock(mutex_);
    if (map_.empty()) return false;
    map_.erase(std::prev(map_.end()));
    return true;
  }
  uint64_t Before(uint64_t key) const {
    const std::scoped_lock lock(mutex_);
    return std::prev(map_.lower_bound(key))->first;
  }
  uint64_t After(uint64_t key) const {
    const std::scoped_lock lock(mutex_);
    return map_.upper_bound(key)->first;
  }

 private:
  mutable std::mutex mutex_;
  absl::btree_map<uint64_t, Record> map_;
};

// Empties a loaded map an iteration; see items_per_second.
template <class Map, class Drain>
void DrainAll(benchmark::State& state, const Drain& drain) {
  for (auto _ : state) {
    state.PauseTiming();
    DropLoadedMap();
    Map& map = LoadedMap<Map>(state.range(0));
    state.ResumeTiming();
    drain(map);
  }
  DropLoadedMap();
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <class Map>
void EraseRandom(benchmark::State& state) {
  std::vector<uint64_t> keys;
  for (int64_t i = 0; i < state.range(0); ++i) keys.push_back(LoadedKey(i));
  Random random(2);
  Shuffle(keys, random);
  DrainAll<Map>(state, [&](Map& map) {
    for (const uint64_t key : keys) benchmark::DoNotOptimize(map.Erase(key));
  });
}
template <class Map>
void PopFirst(benchmark::State& state) {
  DrainAll<Map>(state, [](Map& map) {
    while (map.PopFirst()) continue;
  });
}
template <class Map>
void PopLast(benchmark::State& state) {
  DrainAll<Map>(state, [](Map& map) {
    while (map.PopLast()) continue;
  });
}
// By the clock on the wall: both threads work.
template <class Map>
void PopFirstByTwo(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  std::chrono::duration<double> elapsed(0);
  DrainAll<Map>(state, [&elapsed](Map& map) {
    const auto pop = [&map] {
      while (map.PopFirst()) continue;
    };
    const Clock::time_point begin = Clock::now();
    std::thread other(pop);
    pop();
    other.join();
    elapsed += Clock::now() - begin;
  });
  state.SetItemsProcessed(0);
  state.counters["pops_per_real_second"] =
      static_cast<double>(state.iterations() * state.range(0)) /
      elapsed.count();
}

// A queue of constant length: one entry appended, one taken.
template <class Map>
void AppendAndPop(benchmark::State& state) {
  Map& map = EmptyMap<Map>();
  uint64_t next = 0;
  for (; next < static_cast<uint64_t>(state.range(0)); ++next) {
    map.Insert(next, RecordOfKey(next));
  }
  for (auto _ : state) {
    map.Insert(next, RecordOfKey(next));
    ++next;
    benchmark::DoNotOptimize(map.PopFirst());
  }
  DropLoadedMap();
  state.SetItemsProcessed(state.iterations());
}

// Two threads put all entries in at one end, in turn, and two others take
// them out at the other. By the clock on the wall.
template <class Map>
void FeedAndDrainByTwo(benchmark::State& state) {
  const auto entries = static_cast<uint64_t>(state.range(0));
  for (auto _ : state) {
    Map& map = EmptyMap<Map>();
    std::atomic<uint64_t> next{0};
    std::atomic<uint64_t> taken{0};
    const auto feed = [&] {
      for (;;) {
        const uint64_t key = next.fetch_add(1, std::memory_order_relaxed);
        if (key >= entries) return;
        map.Insert(key, RecordOfKey(key));
      }
    };
    const auto drain = [&] {
      while (taken.load(std::memory_order_relaxed) < entries) {
        if (map.PopFirst()) {
          taken.fetch_add(1, std::memory_order_relaxed);
        } else {
          std::this_thread::yield();
        }
      }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back(feed);
    for (int i = 0; i < 2; ++i) threads.emplace_back(drain);
    for (std::thread& thread : threads) thread.join();
  }
  DropLoadedMap();
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// The entries before and after keys, half of them each.
template <class Map>
void Neighbours(benchmark::State& state, const Map& map,
                const std::vector<uint64_t>& keys) {
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(next % 2 == 0 ? map.Before(keys[next])
                                           : map.After(keys[next]));
    if (++next == keys.size()) next = 0;
  }
  DropLoadedMap();
  state.SetItemsProcessed(state.iterations());
}
// Keys from the middle of the map.
std::vector<uint64_t> MiddleKeys(size_t size) {
  constexpr uint64_t kQuarter = uint64_t{1} << 62;
  std::vector<uint64_t> keys;
  for (size_t i = 0; i < size; ++i) {
    const uint64_t key = LoadedKey(i);
    if (key - kQuarter < 2 * kQuarter) keys.push_back(key);
  }
  return keys;
}
template <class Map>
void NeighboursUsual(benchmark::State& state) {
  const std::vector<uint64_t> keys = MiddleKeys(state.range(0));
  Neighbours<Map>(state, LoadedMap<Map>(state.range(0)), keys);
}
template <class Map>
void NeighboursErased(benchmark::State& state) {
  std::vector<uint64_t> keys = MiddleKeys(state.range(0));
  Map& map = LoadedMap<Map>(state.range(0));
  std::sort(keys.begin(), keys.end());
  for (const uint64_t key : keys) map.Erase(key);
  Random random(3);
  Shuffle(keys, random);
  Neighbours<Map>(state, map, keys);
}

template <class Map>
void RegisterMap() {
  RegisterForSizes("EraseRandom", Map::kName, &EraseRandom<Map>);
  RegisterForSizes("PopFirst", Map::kName, &PopFirst<Map>);
  RegisterForSizes("PopLast", Map::kName, &PopLast<Map>);
  RegisterForSizes("PopFirstByTwo", Map::kName, &PopFirstByTwo<Map>);
  RegisterForSizes("AppendAndPop", Map::kName, &AppendAndPop<Map>);
  RegisterForSizesInRealTime("FeedAndDrainByTwo", Map::kName,
                             &FeedAndDrainByTwo<Map>);
  RegisterForSizes("NeighboursUsual", Map::kName, &NeighboursUsual<Map>);
  RegisterForSizes("NeighboursErased", Map::kName, &NeighboursErased<Map>);
}

void RegisterAll() {
  RegisterMap<PmaQueue>();
  RegisterMap<AbslQueue>();
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  return pma::bench::TopicMain(argc, argv, {1'000, 100'000},
                               &pma::bench::RegisterAll);
}
