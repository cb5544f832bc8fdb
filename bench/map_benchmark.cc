// Single operations of pma::ConcurrentMap beside absl::btree_map (no lock, one
// thread): for a first look at a change. //bench:shootout is the judge.
//
//   bazel run -c opt //bench:map_benchmark -- --benchmark_filter=FindHit

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/adapters/absl_btree.h"
#include "bench/adapters/pma.h"
#include "bench/random.h"
#include "bench/record.h"
#include "benchmark/benchmark.h"

namespace pma::bench {
namespace {

using PmaMap = Pma<uint64_t>;
using AbslMap = AbslBtree<uint64_t>;

// Even keys are present, odd ones are not; the order is random or ascending.
std::vector<uint64_t> EvenKeys(size_t count, bool shuffled) {
  std::vector<uint64_t> keys;
  keys.reserve(count);
  for (uint64_t i = 0; i < count; ++i) keys.push_back(2 * i);
  Random random(1);
  if (shuffled) Shuffle(keys, random);
  return keys;
}

template <class Map>
std::unique_ptr<Map> Loaded(const std::vector<uint64_t>& keys) {
  auto map = std::make_unique<Map>();
  for (const uint64_t key : keys) map->Insert(key, RecordOfKey(key));
  return map;
}

template <class Map>
void FindHit(benchmark::State& state) {
  const std::vector<uint64_t> keys = EvenKeys(state.range(0), true);
  const auto map = Loaded<Map>(keys);
  size_t i = 0;
  for (auto _ : state) {
    Record record;
    benchmark::DoNotOptimize(map->Find(keys[i], record));
    benchmark::DoNotOptimize(record);
    if (++i == keys.size()) i = 0;
  }
}

template <class Map>
void FindMiss(benchmark::State& state) {
  const std::vector<uint64_t> keys = EvenKeys(state.range(0), true);
  const auto map = Loaded<Map>(keys);
  size_t i = 0;
  for (auto _ : state) {
    Record record;
    benchmark::DoNotOptimize(map->Find(keys[i] + 1, record));
    if (++i == keys.size()) i = 0;
  }
}

// A whole load per iteration; see items_per_second.
template <class Map>
void Insert(benchmark::State& state, bool shuffled) {
  const std::vector<uint64_t> keys = EvenKeys(state.range(0), shuffled);
  for (auto _ : state) {
    auto map = Loaded<Map>(keys);
    state.PauseTiming();
    map.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <class Map>
void InsertRandom(benchmark::State& state) {
  Insert<Map>(state, true);
}

template <class Map>
void InsertAscending(benchmark::State& state) {
  Insert<Map>(state, false);
}

template <class Map>
void Erase(benchmark::State& state) {
  const std::vector<uint64_t> keys = EvenKeys(state.range(0), true);
  for (auto _ : state) {
    state.PauseTiming();
    auto map = Loaded<Map>(keys);
    state.ResumeTiming();
    for (const uint64_t key : keys) map->EraseQuiescent(key);
    state.PauseTiming();
    map.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <class Map>
void Scan(benchmark::State& state, size_t length) {
  const std::vector<uint64_t> keys = EvenKeys(state.range(0), true);
  const auto map = Loaded<Map>(keys);
  size_t i = 0;
  size_t visited = 0;
  for (auto _ : state) {
    uint64_t sum = 0;
    visited += map->Scan(keys[i], length, [&sum](uint64_t key, Record record) {
      sum += EntryBits(key, record);
    });
    benchmark::DoNotOptimize(sum);
    if (++i == keys.size()) i = 0;
  }
  state.SetItemsProcessed(static_cast<int64_t>(visited));
}

template <class Map>
void Scan100(benchmark::State& state) {
  Scan<Map>(state, 100);
}

template <class Map>
void Scan10k(benchmark::State& state) {
  Scan<Map>(state, 10'000);
}

#define BENCHMARK_MAPS(operation)        \
  BENCHMARK_TEMPLATE(operation, PmaMap)  \
      ->Arg(1'000)                       \
      ->Arg(30'000)                      \
      ->Arg(1'000'000);                  \
  BENCHMARK_TEMPLATE(operation, AbslMap) \
      ->Arg(1'000)                       \
      ->Arg(30'000)                      \
      ->Arg(1'000'000)

BENCHMARK_MAPS(FindHit);
BENCHMARK_MAPS(FindMiss);
BENCHMARK_MAPS(InsertRandom);
BENCHMARK_MAPS(InsertAscending);
BENCHMARK_MAPS(Erase);
BENCHMARK_MAPS(Scan100);
BENCHMARK_MAPS(Scan10k);

}  // namespace
}  // namespace pma::bench

BENCHMARK_MAIN();
