// SPDX-License-Identifier: Apache-2.0

// Read-modify-write by 1, 2, 8 and 64 threads, beside the same in an
// absl::btree_map under a mutex; items_per_second counts the changes of all.
//
//   tools/bazel run -c opt //bench:update_benchmark

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/container/btree_map.h"
#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "bench/micro/topic.h"
#include "benchmark/benchmark.h"
#include "pma/concurrent_map.h"

namespace pma::bench {
namespace {

class PmaCounters {
 public:
  static constexpr char kName[] = "pma";
  bool Insert(uint64_t key, Record) { return map_.insert(key, 0); }
  void Upsert(uint64_t key) {
    map_.upsert(key, uint64_t{1}, [](uint64_t now) { return now + 1; });
  }
  void Update(uint64_t key) {
    map_.update(key, [](uint64_t now) { return now + 1; });
  }
  void Compute(uint64_t key) {
    map_.compute(key, [](const uint64_t* now) {
      return std::optional<uint64_t>(now == nullptr ? 1 : *now + 1);
    });
  }

 private:
  ConcurrentMap<uint64_t, uint64_t> map_;
};

class AbslCounters {
 public:
  static constexpr char kName[] = "absl_mutex";
  bool Insert(uint64_t key, Record) { return map_.emplace(key, 0).second; }
  void Upsert(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    ++map_[key];
  }
  void Update(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    const auto found = map_.find(key);
    if (found != map_.end()) ++found->second;
  }
  void Compute(uint64_t key) { Upsert(key); }

 private:
  std::mutex mutex_;
  absl::btree_map<uint64_t, uint64_t> map_;
};

template <class Map, class Change>
void HotCounter(benchmark::State& state, Change change) {
  Map& map = LoadedMap<Map>(state.range(0));
  // In a variable that the compiler knows nothing of.
  uint64_t key = LoadedKey(static_cast<uint64_t>(state.range(0)) / 2);
  benchmark::DoNotOptimize(key);
  for (auto _ : state) change(map, key);
  state.SetItemsProcessed(state.iterations());
}
template <class Map>
void HotUpsert(benchmark::State& state) {
  HotCounter<Map>(state, [](Map& map, uint64_t key) { map.Upsert(key); });
}
template <class Map>
void HotUpdate(benchmark::State& state) {
  HotCounter<Map>(state, [](Map& map, uint64_t key) { map.Update(key); });
}
template <class Map>
void HotCompute(benchmark::State& state) {
  HotCounter<Map>(state, [](Map& map, uint64_t key) { map.Compute(key); });
}
template <class Map>
void UniformUpsert(benchmark::State& state) {
  Map& map = LoadedMap<Map>(state.range(0));
  const std::vector<uint64_t> keys = UniformHits(state.range(0));
  size_t next = kQueryCount / state.threads() * state.thread_index();
  for (auto _ : state) {
    map.Upsert(keys[next]);
    if (++next == keys.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

template <class Map>
void RegisterMap() {
  RegisterForThreads("HotUpsert", Map::kName, &HotUpsert<Map>);
  RegisterForThreads("HotUpdate", Map::kName, &HotUpdate<Map>);
  RegisterForThreads("HotCompute", Map::kName, &HotCompute<Map>);
  RegisterForThreads("UniformUpsert", Map::kName, &UniformUpsert<Map>);
}

void RegisterAll() {
  RegisterMap<PmaCounters>();
  RegisterMap<AbslCounters>();
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  return pma::bench::TopicMain(argc, argv, {1'000, 1'000'000},
                               &pma::bench::RegisterAll);
}
