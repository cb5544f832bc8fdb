// SPDX-License-Identifier: Apache-2.0

// Single operations that take long: look-ups beside two inserting threads, and
// the longest insert of a load. The counters are nanoseconds.
//
//   tools/bazel run -c opt //bench:pause_benchmark -- --sizes=50000000

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "bench/keys/record.h"
#include "bench/maps/absl_shared_mutex.h"
#include "bench/maps/art_olc.h"
#include "bench/maps/btree_olc.h"
#include "bench/maps/pma.h"
#include "bench/maps/tbb.h"
#include "bench/measure/latency_histogram.h"
#include "bench/measure/tick_clock.h"
#include "bench/measure/worst_steps.h"
#include "bench/micro/topic.h"
#include "benchmark/benchmark.h"

namespace pma::bench {
namespace {

const TickClock& Clock() {
  static const TickClock clock;
  return clock;
}

// The quantiles of single look-ups, with `writer_count` threads that insert.
template <class Map>
void Finds(benchmark::State& state, size_t writer_count) {
  DropLoadedMap();
  Map& map = LoadedMap<Map>(state.range(0));
  const std::vector<uint64_t> keys = UniformHits(state.range(0));
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (uint64_t w = 0; w < writer_count; ++w) {
    writers.emplace_back([&, w] {
      for (uint64_t i = w; !stop.load(std::memory_order_relaxed);
           i += writer_count) {
        map.Insert(OtherKey(i), RecordOfKey(OtherKey(i)));
      }
    });
  }
  LatencyHistogram latency;
  size_t next = 0;
  for (auto _ : state) {
    const uint64_t start = Clock().Now();
    Record record;
    benchmark::DoNotOptimize(map.Find(keys[next], record));
    latency.Add(Clock().Now() - start);
    if (++next == keys.size()) next = 0;
  }
  stop.store(true);
  for (std::thread& writer : writers) writer.join();
  DropLoadedMap();
  state.counters["p50"] = Clock().Nanoseconds(latency.ValueAt(0.5));
  state.counters["p99.99"] = Clock().Nanoseconds(latency.ValueAt(0.9999));
  state.counters["max"] = Clock().Nanoseconds(latency.max());
}

template <class Map>
void FindsAlone(benchmark::State& state) {
  Finds<Map>(state, 0);
}
template <class Map>
void FindsBesideTwoWriters(benchmark::State& state) {
  Finds<Map>(state, 2);
}

template <class Map>
void LongestInsert(benchmark::State& state) {
  std::vector<uint64_t> keys;
  for (int64_t i = 0; i < state.range(0); ++i) keys.push_back(LoadedKey(i));
  WorstSteps worst;
  for (auto _ : state) {
    Map& map = EmptyMap<Map>();
    worst = TimeSteps(keys.size(), Clock(), [&](size_t i) {
      map.Insert(keys[i], RecordOfKey(keys[i]));
    });
  }
  DropLoadedMap();
  state.counters["longest"] = Clock().Nanoseconds(worst.undisturbed);
  state.counters["with_page_fault"] = Clock().Nanoseconds(worst.page_fault);
  state.counters["descheduled"] = Clock().Nanoseconds(worst.descheduled);
}

template <class Map>
void RegisterMap() {
  RegisterForSizes("FindsAlone", Map::kName, &FindsAlone<Map>);
  RegisterForSizes("FindsBesideTwoWriters", Map::kName,
                   &FindsBesideTwoWriters<Map>);
  RegisterForSizes("LongestInsert", Map::kName, &LongestInsert<Map>);
}

void RegisterAll() {
  RegisterMap<Pma<uint64_t>>();
  RegisterMap<AbslSharedMutex<uint64_t>>();
  RegisterMap<BtreeOlc<uint64_t>>();
  RegisterMap<ArtOlcMap<uint64_t>>();
  RegisterMap<Tbb<uint64_t>>();
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  return pma::bench::TopicMain(argc, argv, {1'000'000},
                               &pma::bench::RegisterAll);
}
