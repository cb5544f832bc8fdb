// SPDX-License-Identifier: Apache-2.0

// Writes: random and ascending loads, assignments to present keys, erases.
//
//   tools/bazel run -c opt //bench:insert_benchmark -- --sizes=10000000

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/keys/record.h"
#include "bench/maps/absl_btree.h"
#include "bench/maps/absl_shared_mutex.h"
#include "bench/maps/art_olc.h"
#include "bench/maps/btree_olc.h"
#include "bench/maps/libcds.h"
#include "bench/maps/pma.h"
#include "bench/maps/std_shared_mutex.h"
#include "bench/maps/tbb.h"
#include "bench/micro/topic.h"
#include "benchmark/benchmark.h"

namespace pma::bench {
namespace {

// A whole load an iteration; see items_per_second.
template <class Map, class KeyAt>
void Load(benchmark::State& state, KeyAt key_at) {
  const auto size = static_cast<uint64_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    Map& map = EmptyMap<Map>();
    state.ResumeTiming();
    for (uint64_t i = 0; i < size; ++i) {
      map.Insert(key_at(i), RecordOfKey(key_at(i)));
    }
  }
  DropLoadedMap();
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <class Map>
void InsertRandom(benchmark::State& state) {
  Load<Map>(state, &LoadedKey);
}
template <class Map>
void InsertAscending(benchmark::State& state) {
  Load<Map>(state, [](uint64_t i) { return i; });
}

template <class Map>
void Assign(benchmark::State& state, const std::vector<uint64_t>& keys) {
  Map& map = LoadedMap<Map>(state.range(0));
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(map.Assign(keys[next], RecordOfKey(keys[next])));
    if (++next == keys.size()) next = 0;
  }
}
template <class Map>
void AssignUniform(benchmark::State& state) {
  Assign<Map>(state, UniformHits(state.range(0)));
}
template <class Map>
void AssignZipf(benchmark::State& state) {
  Assign<Map>(state, ZipfHits(state.range(0)));
}

// Erases every entry in another order than that of insertion.
template <class Map>
void EraseRandom(benchmark::State& state) {
  std::vector<uint64_t> keys;
  for (int64_t i = 0; i < state.range(0); ++i) keys.push_back(LoadedKey(i));
  Random random(2);
  Shuffle(keys, random);
  for (auto _ : state) {
    state.PauseTiming();
    DropLoadedMap();
    Map& map = LoadedMap<Map>(state.range(0));
    state.ResumeTiming();
    for (const uint64_t key : keys) benchmark::DoNotOptimize(map.Erase(key));
  }
  DropLoadedMap();
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <class Map>
void RegisterMap() {
  RegisterForSizes("InsertRandom", Map::kName, &InsertRandom<Map>);
  RegisterForSizes("InsertAscending", Map::kName, &InsertAscending<Map>);
  RegisterForSizes("AssignUniform", Map::kName, &AssignUniform<Map>);
  RegisterForSizes("AssignZipf", Map::kName, &AssignZipf<Map>);
  if constexpr (requires(Map map, uint64_t key) { map.Erase(key); }) {
    RegisterForSizes("EraseRandom", Map::kName, &EraseRandom<Map>);
  }
}

void RegisterAll() {
  RegisterMap<Pma<uint64_t>>();
  RegisterMap<AbslBtree<uint64_t>>();
  RegisterMap<AbslSharedMutex<uint64_t>>();
  RegisterMap<BtreeOlc<uint64_t>>();
  RegisterMap<ArtOlcMap<uint64_t>>();
  RegisterMap<StdSharedMutex<uint64_t>>();
  RegisterMap<Tbb<uint64_t>>();
  RegisterMap<Libcds<uint64_t>>();
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  return pma::bench::TopicMain(argc, argv, {10'000, 1'000'000},
                               &pma::bench::RegisterAll);
}
