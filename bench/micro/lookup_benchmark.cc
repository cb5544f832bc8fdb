// SPDX-License-Identifier: Apache-2.0

// Look-ups: hits (uniform, zipf, each waiting for the last), misses, batches.
//
//   tools/bazel run -c opt //bench:lookup_benchmark -- --sizes=10000000

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
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

template <class Map>
void Find(benchmark::State& state, const std::vector<uint64_t>& keys) {
  const Map& map = LoadedMap<Map>(state.range(0));
  size_t next = 0;
  for (auto _ : state) {
    Record record;
    benchmark::DoNotOptimize(map.Find(keys[next], record));
    benchmark::DoNotOptimize(record);
    if (++next == keys.size()) next = 0;
  }
}

template <class Map>
void Hit(benchmark::State& state) {
  Find<Map>(state, UniformHits(state.range(0)));
}
template <class Map>
void HitZipf(benchmark::State& state) {
  Find<Map>(state, ZipfHits(state.range(0)));
}
template <class Map>
void Miss(benchmark::State& state) {
  Find<Map>(state, Misses(state.range(0)));
}

// The next key is known only when the last record is: the latency of memory
// shows, which independent look-ups hide.
template <class Map>
void HitDependent(benchmark::State& state) {
  const Map& map = LoadedMap<Map>(state.range(0));
  const std::vector<uint64_t> keys = UniformHits(state.range(0));
  size_t next = 0;
  for (auto _ : state) {
    Record record;
    map.Find(keys[next], record);
    next = (next + 1 + (record.payload & 1)) % kQueryCount;
  }
  benchmark::DoNotOptimize(next);
}

// Sixteen look-ups an iteration.
template <class Map>
void Batch(benchmark::State& state) {
  if constexpr (requires(const Map& map, std::span<const uint64_t> keys,
                         std::span<std::optional<Record>> records) {
                  map.FindBatch(keys, records);
                }) {
    constexpr size_t kBatch = 16;
    const Map& map = LoadedMap<Map>(state.range(0));
    const std::vector<uint64_t> keys = UniformHits(state.range(0));
    std::vector<std::optional<Record>> records(kBatch);
    size_t next = 0;
    for (auto _ : state) {
      map.FindBatch(std::span(keys).subspan(next, kBatch), records);
      benchmark::DoNotOptimize(records.data());
      next = (next + kBatch) % keys.size();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
  } else {
    state.SkipWithError("this map has no batches");
  }
}

template <class Map>
void RegisterMap() {
  RegisterForSizes("Hit", Map::kName, &Hit<Map>);
  RegisterForSizes("HitZipf", Map::kName, &HitZipf<Map>);
  RegisterForSizes("HitDependent", Map::kName, &HitDependent<Map>);
  RegisterForSizes("Miss", Map::kName, &Miss<Map>);
}

void RegisterAll() {
  RegisterMap<Pma<uint64_t>>();
  RegisterForSizes("Batch", Pma<uint64_t>::kName, &Batch<Pma<uint64_t>>);
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
  return pma::bench::TopicMain(argc, argv, {10, 1'000, 100'000, 1'000'000},
                               &pma::bench::RegisterAll);
}
