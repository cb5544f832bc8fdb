// SPDX-License-Identifier: Apache-2.0

// Scans of 1, 3, 10, 100 and 10,000 entries from random keys, and of all
// entries between two keys that are so far apart; items_per_second counts
// entries. Of our map also walks over all entries, by cursors and the like.
//
//   tools/bazel run -c opt //bench:scan_benchmark -- --sizes=10000000

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "bench/maps/absl_btree.h"
#include "bench/maps/absl_shared_mutex.h"
#include "bench/maps/btree_olc.h"
#include "bench/maps/pma.h"
#include "bench/maps/std_shared_mutex.h"
#include "bench/maps/tbb.h"
#include "bench/measure/machine_probe.h"
#include "bench/micro/topic.h"
#include "benchmark/benchmark.h"

namespace pma::bench {
namespace {

template <class Map, size_t kLength>
void Scan(benchmark::State& state) {
  const Map& map = LoadedMap<Map>(state.range(0));
  const std::vector<uint64_t> keys = UniformHits(state.range(0));
  size_t next = 0;
  size_t visited = 0;
  for (auto _ : state) {
    uint64_t sum = 0;
    visited += map.Scan(keys[next], kLength, [&sum](uint64_t key, Record r) {
      sum += EntryBits(key, r);
    });
    benchmark::DoNotOptimize(sum);
    if (++next == keys.size()) next = 0;
  }
  state.SetItemsProcessed(static_cast<int64_t>(visited));
}

// Reads all entries before another key, not a known number.
template <class Map, size_t kLength>
void Range(benchmark::State& state) {
  const size_t size = state.range(0);
  const Map& map = LoadedMap<Map>(size);
  std::vector<uint64_t> sorted(size);
  for (size_t i = 0; i < size; ++i) sorted[i] = LoadedKey(i);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::pair<uint64_t, uint64_t>> ranges(kQueryCount);
  for (size_t i = 0; i < ranges.size(); ++i) {
    const size_t first = Mix64(i) % size;
    const size_t last = std::min(first + kLength, size - 1);
    ranges[i] = {sorted[first], sorted[last]};
  }
  size_t next = 0;
  size_t visited = 0;
  for (auto _ : state) {
    const auto [lo, hi] = ranges[next];
    uint64_t sum = 0;
    visited += map.ScanBetween(
        lo, hi, [&sum](uint64_t key, Record r) { sum += EntryBits(key, r); });
    benchmark::DoNotOptimize(sum);
    if (++next == ranges.size()) next = 0;
  }
  state.SetItemsProcessed(static_cast<int64_t>(visited));
}

// All entries of our map, in each way there is; items_per_second counts them.

using Ours = Pma<uint64_t>;

template <class Walk>
void WalkAll(benchmark::State& state, Walk walk) {
  const auto& map = LoadedMap<Ours>(state.range(0)).map();
  for (auto _ : state) benchmark::DoNotOptimize(walk(map));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void AllByScan(benchmark::State& state) {
  WalkAll(state, [](const auto& map) {
    uint64_t sum = 0;
    map.scan([&](uint64_t key, Record r) { sum += EntryBits(key, r); });
    return sum;
  });
}
void AllByColumns(benchmark::State& state) {
  WalkAll(state, [](const auto& map) {
    uint64_t sum = 0;
    map.scan_columns(
        [&](std::span<const uint64_t> keys, std::span<const Record> records) {
          uint64_t part = 0;
          for (size_t i = 0; i < keys.size(); ++i) {
            part += EntryBits(keys[i], records[i]);
          }
          sum += part;
        });
    return sum;
  });
}
void AllByCursor(benchmark::State& state) {
  WalkAll(state, [](const auto& map) {
    uint64_t sum = 0;
    for (auto at = map.cursor(); at.valid(); at.next()) {
      sum += EntryBits(at.key(), at.value());
    }
    return sum;
  });
}
void AllByView(benchmark::State& state) {
  WalkAll(state, [](const auto& map) {
    uint64_t sum = 0;
    for (auto [key, record] : map.all()) sum += EntryBits(key, record);
    return sum;
  });
}
void DownByScan(benchmark::State& state) {
  WalkAll(state, [](const auto& map) {
    uint64_t sum = 0;
    map.scan_reverse_from(~uint64_t{0}, [&](uint64_t key, Record r) {
      sum += EntryBits(key, r);
    });
    return sum;
  });
}
void DownByCursor(benchmark::State& state) {
  WalkAll(state, [](const auto& map) {
    uint64_t sum = 0;
    auto at = map.cursor();
    for (at.seek_to_last(); at.valid(); at.prev()) {
      sum += EntryBits(at.key(), at.value());
    }
    return sum;
  });
}
void AllCounted(benchmark::State& state) {
  WalkAll(state, [](const auto& map) {
    return map.count_range(uint64_t{0}, ~uint64_t{0});
  });
}
void AllCountedAbout(benchmark::State& state) {
  WalkAll(state, [](const auto& map) {
    return map.approximate_count(uint64_t{0}, ~uint64_t{0});
  });
}

void RegisterWalks() {
  RegisterForSizes("All", "scan", &AllByScan);
  RegisterForSizes("All", "columns", &AllByColumns);
  RegisterForSizes("All", "cursor", &AllByCursor);
  RegisterForSizes("All", "view", &AllByView);
  RegisterForSizes("Down", "scan", &DownByScan);
  RegisterForSizes("Down", "cursor", &DownByCursor);
  RegisterForSizes("Count", "exact", &AllCounted);
  RegisterForSizes("Count", "about", &AllCountedAbout);
}

// As many bytes as the entries have, read in sequence.
void ReadMemory(benchmark::State& state) {
  const ProbeMemory memory(state.range(0) * 2 * sizeof(uint64_t));
  for (auto _ : state) {
    benchmark::DoNotOptimize(ReadInSequence(memory.words()));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <class Map>
void RegisterMap() {
  RegisterForSizes("Scan1", Map::kName, &Scan<Map, 1>);
  RegisterForSizes("Scan3", Map::kName, &Scan<Map, 3>);
  RegisterForSizes("Scan10", Map::kName, &Scan<Map, 10>);
  RegisterForSizes("Scan100", Map::kName, &Scan<Map, 100>);
  RegisterForSizes("Scan10k", Map::kName, &Scan<Map, 10'000>);
  if constexpr (requires(const Map& map) {
                  map.ScanBetween(0, 0, [](uint64_t, Record) {});
                }) {
    RegisterForSizes("Range1", Map::kName, &Range<Map, 1>);
    RegisterForSizes("Range10", Map::kName, &Range<Map, 10>);
    RegisterForSizes("Range100", Map::kName, &Range<Map, 100>);
  }
}

void RegisterAll() {
  RegisterForSizes("ReadMemory", "machine", &ReadMemory);
  RegisterWalks();
  RegisterMap<Pma<uint64_t>>();
  RegisterMap<AbslBtree<uint64_t>>();
  RegisterMap<AbslSharedMutex<uint64_t>>();
  RegisterMap<BtreeOlc<uint64_t>>();
  RegisterMap<StdSharedMutex<uint64_t>>();
  RegisterMap<Tbb<uint64_t>>();
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  return pma::bench::TopicMain(argc, argv, {100'000, 1'000'000},
                               &pma::bench::RegisterAll);
}
