// SPDX-License-Identifier: Apache-2.0

// Many entries at once, each beside what it stands for: single operations, or
// the copying of arrays. "Of" entries are a tenth of the map, 90 % for
// erasures.
//
//   tools/bazel run -c opt //bench:bulk_benchmark -- --sizes=10000000

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "bench/keys/random.h"
#include "bench/micro/topic.h"
#include "benchmark/benchmark.h"
#include "pma/concurrent_map.h"

namespace pma::bench {
namespace {

using Map = ConcurrentMap<uint64_t, uint64_t>;
using Entries = std::vector<std::pair<uint64_t, uint64_t>>;

// Entries of the loaded keys, or of others.
Entries EntriesOf(uint64_t (*key_at)(uint64_t), int64_t count, bool sorted) {
  Entries entries;
  for (int64_t i = 0; i < count; ++i) {
    entries.emplace_back(key_at(static_cast<uint64_t>(i)), i);
  }
  if (sorted) std::ranges::sort(entries);
  return entries;
}
Entries Base(int64_t size) { return EntriesOf(&LoadedKey, size, true); }
// What is merged: a tenth, spread over all.
Entries Tenth(int64_t size, bool sorted) {
  return EntriesOf(&OtherKey, size / 10, sorted);
}

// A map that insertions in random order have made.
Map Grown(int64_t size) {
  Map map;
  for (const auto& [key, value] : EntriesOf(&LoadedKey, size, false)) {
    map.insert(key, value);
  }
  return map;
}
Map Packed(int64_t size) { return Map::from_sorted(Base(size)); }

// Times act(map) on a map that is made anew for each iteration.
template <class Make, class Act>
void OnFresh(benchmark::State& state, size_t items, Make make, Act act) {
  for (auto _ : state) {
    state.PauseTiming();
    auto map = std::make_unique<Map>(make(state.range(0)));
    state.ResumeTiming();
    act(*map);
    state.PauseTiming();
    map.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(items));
}

// --- Whole maps -------------------------------------------------------------

void CopyArrays(benchmark::State& state) {
  const Entries entries = Base(state.range(0));
  for (auto _ : state) {
    Entries copy = entries;
    benchmark::DoNotOptimize(copy.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
void FromSorted(benchmark::State& state) {
  const Entries entries = Base(state.range(0));
  for (auto _ : state) {
    const Map map = Map::from_sorted(entries);
    benchmark::DoNotOptimize(map.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
void Clone(benchmark::State& state) {
  const Map map = Packed(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(map.clone().size());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// --- Merging ----------------------------------------------------------------

template <bool kMerge, bool kSorted>
void Insert(benchmark::State& state) {
  const Entries more = Tenth(state.range(0), kSorted);
  OnFresh(state, more.size(), &Grown, [&](Map& map) {
    if constexpr (kMerge) {
      map.insert_sorted(more);
    } else {
      for (const auto& [key, value] : more) map.insert(key, value);
    }
  });
}
// The next tenth at random into a map that has been loaded.
void InsertIntoPacked(benchmark::State& state) {
  const Entries more = Tenth(state.range(0), false);
  OnFresh(state, more.size(), &Packed, [&](Map& map) {
    for (const auto& [key, value] : more) map.insert(key, value);
  });
}
template <bool kMerge>
void Append(benchmark::State& state) {
  Entries more;
  for (int64_t i = 0; i < state.range(0); ++i) more.emplace_back(i, i);
  OnFresh(
      state, more.size(), [](int64_t) { return Map(); },
      [&](Map& map) {
        map.insert(0, 0);
        if constexpr (kMerge) {
          map.insert_sorted(more);
        } else {
          for (const auto& [key, value] : more) map.insert(key, value);
        }
      });
}

// --- Erasing ----------------------------------------------------------------

template <bool kRange>
void Erase(benchmark::State& state) {
  const Entries entries = Base(state.range(0));
  const auto doomed =
      std::span(entries).subspan(entries.size() / 20, entries.size() / 10 * 9);
  OnFresh(state, doomed.size(), &Packed, [&](Map& map) {
    if constexpr (kRange) {
      map.erase_range(doomed.front().first, doomed.back().first + 1);
    } else {
      for (const auto& [key, value] : doomed) map.erase(key);
    }
  });
}
void EraseIf(benchmark::State& state) {
  OnFresh(state, static_cast<size_t>(state.range(0)), &Packed, [](Map& map) {
    map.erase_if([](uint64_t key, uint64_t) { return key % 16 == 0; });
  });
}

// --- Batches ----------------------------------------------------------------

enum class Write { kInsert, kAssign, kErase };

// Random keys, a thousand at a time or one by one.
template <Write kWrite, bool kBatch>
void Writes(benchmark::State& state) {
  const Entries of = kWrite == Write::kInsert
                         ? Tenth(state.range(0), false)
                         : EntriesOf(&LoadedKey, state.range(0) / 10, false);
  std::vector<uint64_t> keys;
  std::vector<uint64_t> values;
  for (const auto& [key, value] : of) {
    keys.push_back(key);
    values.push_back(value);
  }
  constexpr size_t kAtOnce = 1000;
  OnFresh(state, keys.size(), &Grown, [&](Map& map) {
    for (size_t i = 0; i < keys.size(); i += kBatch ? kAtOnce : 1) {
      const size_t size = std::min(kAtOnce, keys.size() - i);
      const std::span<const uint64_t> some(&keys[i], size);
      const std::span<const uint64_t> theirs(&values[i], size);
      if constexpr (kBatch) {
        if (kWrite == Write::kInsert) map.insert_batch(some, theirs);
        if (kWrite == Write::kAssign) map.assign_batch(some, theirs);
        if (kWrite == Write::kErase) map.erase_batch(some);
      } else {
        if (kWrite == Write::kInsert) map.insert(keys[i], values[i]);
        if (kWrite == Write::kAssign) map.insert_or_assign(keys[i], values[i]);
        if (kWrite == Write::kErase) map.erase(keys[i]);
      }
    }
  });
}

void RegisterAll() {
  const auto add = [](const char* what, const char* by, TopicFunction run) {
    RegisterForSizes(what, by, run);
  };
  add("Load", "copy_arrays", &CopyArrays);
  add("Load", "pma", &FromSorted);
  add("Clone", "pma", &Clone);
  add("InsertTenth", "pma", &Insert<true, true>);
  add("InsertTenth", "singly", &Insert<false, true>);
  add("InsertTenth", "singly_at_random", &Insert<false, false>);
  add("InsertTenth", "singly_at_random_into_packed", &InsertIntoPacked);
  add("Append", "pma", &Append<true>);
  add("Append", "singly", &Append<false>);
  add("EraseRange", "pma", &Erase<true>);
  add("EraseRange", "singly", &Erase<false>);
  add("EraseIf", "pma", &EraseIf);
  add("InsertBatch", "pma", &Writes<Write::kInsert, true>);
  add("InsertBatch", "singly", &Writes<Write::kInsert, false>);
  add("AssignBatch", "pma", &Writes<Write::kAssign, true>);
  add("AssignBatch", "singly", &Writes<Write::kAssign, false>);
  add("EraseBatch", "pma", &Writes<Write::kErase, true>);
  add("EraseBatch", "singly", &Writes<Write::kErase, false>);
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  return pma::bench::TopicMain(argc, argv, {1'000'000},
                               &pma::bench::RegisterAll);
}
