// SPDX-License-Identifier: Apache-2.0

// Keys and values of other types than eight bytes: the shape their segments
// take, and what it does for loads, look-ups and scans, beside a bare
// absl::btree_map (one thread, no lock).
//
//   tools/bazel run -c opt //bench:types_benchmark
//
// Columns: cells of a segment, its bytes, and the bytes that the map has
// allocated for each entry.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "bench/keys/random.h"
#include "benchmark/benchmark.h"
#include "pma/concurrent_map.h"
#include "pma/internal/store/types.h"

namespace pma::bench {
namespace {

using Bytes16 = std::array<uint64_t, 2>;
using Bytes32 = std::array<uint64_t, 4>;

// In random order; the same number gives the same key.
template <class T>
T Make(uint64_t number) {
  const uint64_t bits = Mix64(number);
  if constexpr (std::is_same_v<T, std::string>) {
    return "user/" + std::to_string(bits);
  } else if constexpr (std::is_same_v<T, Bytes16>) {
    return {bits, number};
  } else if constexpr (std::is_same_v<T, Bytes32>) {
    return {bits, number, number, number};
  } else {
    return static_cast<T>(bits);
  }
}

template <class Map>
inline constexpr bool kIsPma = false;
template <class Key, class Value>
inline constexpr bool kIsPma<ConcurrentMap<Key, Value>> = true;

template <class Map>
void Insert(Map& map, uint64_t number) {
  auto key = Make<typename Map::key_type>(number);
  auto value = Make<typename Map::mapped_type>(number);
  if constexpr (kIsPma<Map>) {
    map.insert(std::move(key), std::move(value));
  } else {
    map.emplace(std::move(key), std::move(value));
  }
}

template <class Key, class Value>
void Describe(const ConcurrentMap<Key, Value>& map, benchmark::State& state) {
  using Types = internal::MapTypes<Key, Value, std::less<>,
                                   std::allocator<std::byte>, DefaultTuning>;
  state.counters["cells"] = Types::kCells;
  state.counters["segment"] = sizeof(internal::Segment<Types>);
  state.counters["bytes"] =
      static_cast<double>(map.memory_usage().allocated_bytes) /
      static_cast<double>(map.size());
}
template <class Key, class Value>
void Describe(const absl::btree_map<Key, Value>&, benchmark::State&) {}

template <class Map>
void Load(benchmark::State& state) {
  const auto count = static_cast<uint64_t>(state.range(0));
  for (auto _ : state) {
    auto map = std::make_unique<Map>();
    for (uint64_t i = 0; i < count; ++i) Insert(*map, i);
    state.PauseTiming();
    Describe(*map, state);
    map.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <class Map>
Map Loaded(uint64_t count) {
  Map map;
  for (uint64_t i = 0; i < count; ++i) Insert(map, i);
  return map;
}

template <class Map>
std::vector<typename Map::key_type> Queries(uint64_t count) {
  std::vector<typename Map::key_type> keys;
  Random random(1);
  for (int i = 0; i < 1 << 14; ++i) {
    keys.push_back(Make<typename Map::key_type>(random.Below(count)));
  }
  return keys;
}

template <class Map>
void Hit(benchmark::State& state) {
  const auto count = static_cast<uint64_t>(state.range(0));
  const Map map = Loaded<Map>(count);
  const auto keys = Queries<Map>(count);
  size_t next = 0;
  for (auto _ : state) {
    if constexpr (kIsPma<Map>) {
      benchmark::DoNotOptimize(map.contains(keys[next]));
    } else {
      benchmark::DoNotOptimize(map.find(keys[next]) != map.end());
    }
    if (++next == keys.size()) next = 0;
  }
}

template <class Map>
void Scan100(benchmark::State& state) {
  const auto count = static_cast<uint64_t>(state.range(0));
  const Map map = Loaded<Map>(count);
  const auto keys = Queries<Map>(count);
  size_t next = 0;
  int64_t visited = 0;
  for (auto _ : state) {
    if constexpr (kIsPma<Map>) {
      visited += static_cast<int64_t>(
          map.scan_n(keys[next], 100, [](const auto& key, const auto& value) {
            benchmark::DoNotOptimize(&key);
            benchmark::DoNotOptimize(&value);
          }));
    } else {
      int left = 100;
      for (auto it = map.lower_bound(keys[next]); left > 0 && it != map.end();
           ++it, --left, ++visited) {
        benchmark::DoNotOptimize(&it->first);
        benchmark::DoNotOptimize(&it->second);
      }
    }
    if (++next == keys.size()) next = 0;
  }
  state.SetItemsProcessed(visited);
}

template <class Map>
void RegisterMap(const std::string& name, int64_t count) {
  benchmark::RegisterBenchmark(("Load/" + name).c_str(), &Load<Map>)
      ->Arg(count)
      ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark(("Hit/" + name).c_str(), &Hit<Map>)->Arg(count);
  benchmark::RegisterBenchmark(("Scan100/" + name).c_str(), &Scan100<Map>)
      ->Arg(count);
}

template <class Key, class Value>
void Register(const std::string& types, int64_t count) {
  RegisterMap<ConcurrentMap<Key, Value>>(types + "/pma", count);
  RegisterMap<absl::btree_map<Key, Value>>(types + "/absl_btree", count);
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  using namespace pma::bench;  // NOLINT: a main function
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  Register<uint8_t, uint8_t>("1B_1B", 250);
  Register<uint32_t, uint8_t>("4B_1B", 1'000'000);
  Register<uint32_t, uint32_t>("4B_4B", 1'000'000);
  Register<uint64_t, uint64_t>("8B_8B", 1'000'000);
  Register<double, uint64_t>("double_8B", 1'000'000);
  Register<uint64_t, Bytes32>("8B_32B", 300'000);
  Register<Bytes16, uint64_t>("16B_8B", 300'000);
  Register<Bytes32, Bytes32>("32B_32B", 300'000);
  Register<std::string, uint64_t>("string_8B", 300'000);
  Register<uint64_t, std::string>("8B_string", 300'000);
  benchmark::RunSpecifiedBenchmarks();
}
