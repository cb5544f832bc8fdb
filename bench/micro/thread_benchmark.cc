// SPDX-License-Identifier: Apache-2.0

// The same work by 1, 2, 8 and 64 threads; items_per_second counts that of all.
//
//   tools/bazel run -c opt //bench:thread_benchmark

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/keys/record.h"
#include "bench/maps/absl_shared_mutex.h"
#include "bench/maps/art_olc.h"
#include "bench/maps/btree_olc.h"
#include "bench/maps/libcds.h"
#include "bench/maps/pma.h"
#include "bench/maps/tbb.h"
#include "bench/micro/topic.h"
#include "benchmark/benchmark.h"

namespace pma::bench {
namespace {

// Threads start at different queries.
size_t FirstQuery(const benchmark::State& state) {
  return kQueryCount / state.threads() * state.thread_index();
}

template <class Map>
void Finds(benchmark::State& state) {
  const Map& map = LoadedMap<Map>(state.range(0));
  const std::vector<uint64_t> keys = UniformHits(state.range(0));
  size_t next = FirstQuery(state);
  for (auto _ : state) {
    Record record;
    benchmark::DoNotOptimize(map.Find(keys[next], record));
    if (++next == keys.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

// Half reads, half updates.
template <class Map>
void Updates(benchmark::State& state, const std::vector<uint64_t>& keys) {
  Map& map = LoadedMap<Map>(state.range(0));
  size_t next = FirstQuery(state);
  for (auto _ : state) {
    const uint64_t key = keys[next];
    if (Mix64(next) % 2 == 0) {
      map.Assign(key, RecordOfKey(key));
    } else {
      Record record;
      benchmark::DoNotOptimize(map.Find(key, record));
    }
    if (++next == keys.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}
template <class Map>
void UpdatesUniform(benchmark::State& state) {
  Updates<Map>(state, UniformHits(state.range(0)));
}
template <class Map>
void UpdatesZipf(benchmark::State& state) {
  Updates<Map>(state, ZipfHits(state.range(0)));
}

// New keys, each thread its own, into a map that begins with state.range(0)
// entries. The map is dropped at the end, when all threads have left the loop.
template <class Map>
void Inserts(benchmark::State& state) {
  Map& map = LoadedMap<Map>(state.range(0));
  uint64_t next = static_cast<uint64_t>(state.thread_index()) << 40;
  for (auto _ : state) {
    const uint64_t key = OtherKey(next++);
    benchmark::DoNotOptimize(map.Insert(key, RecordOfKey(key)));
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) DropLoadedMap();
}

template <class Map>
void RegisterMap() {
  RegisterForThreads("Finds", Map::kName, &Finds<Map>);
  RegisterForThreads("UpdatesUniform", Map::kName, &UpdatesUniform<Map>);
  RegisterForThreads("UpdatesZipf", Map::kName, &UpdatesZipf<Map>);
  RegisterForThreads("Inserts", Map::kName, &Inserts<Map>);
}

void RegisterAll() {
  RegisterMap<Pma<uint64_t>>();
  RegisterMap<AbslSharedMutex<uint64_t>>();
  RegisterMap<BtreeOlc<uint64_t>>();
  RegisterMap<ArtOlcMap<uint64_t>>();
  RegisterMap<Tbb<uint64_t>>();
  RegisterMap<Libcds<uint64_t>>();
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  return pma::bench::TopicMain(argc, argv, {1'000'000},
                               &pma::bench::RegisterAll);
}
