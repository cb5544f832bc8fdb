// SPDX-License-Identifier: Apache-2.0

// Keys and values of other types than eight bytes.
//
//   tools/bazel run -c opt //bench:types_benchmark
//   ... //bench:types_benchmark -- --keys=urls --n=2000000
//       --benchmark_filter='Hit|Miss'
//
// First the shape their segments take, and what it does for loads, look-ups and
// scans, beside a bare absl::btree_map (one thread, no lock). Columns: cells of
// a segment, its bytes, and the bytes that the map has allocated for each
// entry. Then the kinds of keys that programs have, in the map and in peers
// (key_kinds.h), in more rows (key_rows.h).

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "bench/keys/data_files.h"
#include "bench/keys/random.h"
#include "bench/micro/key_kinds.h"
#include "benchmark/benchmark.h"
#include "pma/concurrent_map.h"
#include "pma/internal/store/types.h"

ABSL_FLAG(std::string, keys, "all",
          "comma list of kinds of keys: urls, words, numbers (64-bit ones), "
          "uuid, composite, tenants, timepoint, descending; or all");
ABSL_FLAG(uint32_t, n, 300'000, "how many keys of each kind a map holds");

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

// The kinds that --keys= names; false, with a message, if one is unknown.
bool RegisterKeyKinds(const char* program) {
  std::string list = absl::GetFlag(FLAGS_keys);
  if (list == "all") list = absl::StrJoin(AllKeyKinds(), ",");
  const std::vector<std::string_view> kinds = absl::StrSplit(list, ',');
  const auto unknown = std::ranges::find_if_not(kinds, [&](auto kind) {
    return RegisterKeyKind(kind, absl::GetFlag(FLAGS_n), WordsFile(program));
  });
  if (unknown == kinds.end()) return true;
  std::fprintf(stderr, "--keys: there is no '%.*s', only %s\n",
               static_cast<int>(unknown->size()), unknown->data(),
               absl::StrJoin(AllKeyKinds(), ", ").c_str());
  return false;
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  using namespace pma::bench;  // NOLINT: a main function
  benchmark::Initialize(&argc, argv);
  absl::SetProgramUsageMessage(
      "times maps of all kinds of keys; --benchmark_filter= chooses rows");
  if (absl::ParseCommandLine(argc, argv).size() > 1) {
    std::fprintf(stderr, "flags are written --name=value\n");
    return 2;
  }
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
  if (absl::GetFlag(FLAGS_n) == 0) {
    std::fprintf(stderr, "--n: not above 0\n");
    return 2;
  }
  if (!RegisterKeyKinds(argv[0])) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
