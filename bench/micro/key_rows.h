// SPDX-License-Identifier: Apache-2.0

// The rows of one kind of keys and one map: loads, look-ups, scans, erasures,
// and memory.
//
//   Load       all keys, in random order
//   Hit, Miss  look-ups of single keys, there or not
//   HitBatch   look-ups of 64 at once, or one after another where the map has
//              no batches
//   Scan100    of 100 entries from a key
//   Erase      all keys, in another random order
//   Memory     bytes for each entry, as the map says (`allocated`) and as the
//              system does (`resident`): when loaded; when 90 % have been
//              erased (`left_`); and when each of a tenth of the keys has been
//              replaced twenty times (`churned_`)

#ifndef BENCH_MICRO_KEY_ROWS_H_
#define BENCH_MICRO_KEY_ROWS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "bench/measure/in_child.h"
#include "benchmark/benchmark.h"
#include "pma/testing/resident_bytes.h"

namespace pma::bench {

// Keys of a kind, drawn when the first benchmark asks for them.
template <class Key>
class KeyKind {
 public:
  // `make` returns distinct keys in random order: as many as asked for, or all
  // there are.
  KeyKind(std::string name, size_t count,
          std::function<std::vector<Key>(size_t)> make)
      : name_(std::move(name)), count_(count), make_(std::move(make)) {}

  const std::string& name() const { return name_; }

  // What maps hold, and others like them.
  const std::vector<Key>& loaded() { return Draw().loaded_; }
  const std::vector<Key>& others() { return Draw().others_; }

 private:
  KeyKind& Draw() {
    if (!loaded_.empty()) return *this;
    std::vector<Key> keys = make_(count_ + OthersOf(count_));
    const size_t others = OthersOf(keys.size() * 8 / 9);
    const auto end = keys.end() - static_cast<std::ptrdiff_t>(others);
    others_.assign(std::make_move_iterator(end),
                   std::make_move_iterator(keys.end()));
    keys.erase(end, keys.end());
    keys.shrink_to_fit();
    loaded_ = std::move(keys);
    return *this;
  }
  static size_t OthersOf(size_t count) {
    return std::max<size_t>(1, count / 8);
  }

  const std::string name_;
  const size_t count_;
  const std::function<std::vector<Key>(size_t)> make_;
  std::vector<Key> loaded_;
  std::vector<Key> others_;
};

template <class Map, class Key>
class KeyRows {
 public:
  // `kind` outlives the benchmarks.
  static void Register(KeyKind<Key>& kind) {
    const auto add = [&kind](std::string_view what,
                             void (*run)(benchmark::State&, KeyKind<Key>&)) {
      std::string name(what);
      name.append("/").append(kind.name()).append("/").append(Map::kName);
      return benchmark::RegisterBenchmark(
          name.c_str(),
          [&kind, run](benchmark::State& state) { run(state, kind); });
    };
    add("Load", &Load)->Unit(benchmark::kMillisecond);
    add("Hit", &Hit);
    add("Miss", &Miss);
    add("HitBatch", &HitBatch);
    add("Scan100", &Scan100);
    add("Erase", &Erase)->Unit(benchmark::kMillisecond);
    add("Memory", &Memory)->Unit(benchmark::kMillisecond)->Iterations(1);
  }

 private:
  static constexpr size_t kQueryCount = size_t{1} << 18;
  static constexpr size_t kBatch = 64;

  static std::unique_ptr<Map> NewMap(const std::vector<Key>& keys) {
    auto map = std::make_unique<Map>();
    for (const Key& key : keys) map->Insert(key, RecordOfKey(key));
    return map;
  }

  // Kept for the next row, until one of another map or kind asks for it.
  static const Map& LoadedMap(KeyKind<Key>& kind) {
    std::shared_ptr<void>& kept = Kept();
    static const void* kept_kind = nullptr;
    static std::weak_ptr<void> ours;
    if (kept_kind != &kind || ours.expired()) {
      kept.reset();
      kept = std::shared_ptr<Map>(NewMap(kind.loaded()));
      ours = kept;
      kept_kind = &kind;
    }
    return *static_cast<const Map*>(kept.get());
  }

  static std::vector<Key> Queries(const std::vector<Key>& keys) {
    Random random(1);
    std::vector<Key> queries;
    queries.reserve(kQueryCount);
    while (queries.size() < kQueryCount) {
      queries.push_back(keys[random.Below(keys.size())]);
    }
    return queries;
  }

  static void Load(benchmark::State& state, KeyKind<Key>& kind) {
    Kept().reset();
    const std::vector<Key>& keys = kind.loaded();
    for (auto _ : state) {
      std::unique_ptr<Map> map = NewMap(keys);
      state.PauseTiming();
      if (map->Size() != keys.size()) state.SkipWithError("keys are missing");
      map.reset();
      state.ResumeTiming();
    }
    CountItems(state, keys.size());
  }

  static void LookUp(benchmark::State& state, const Map& map,
                     const std::vector<Key>& queries, bool are_there) {
    size_t next = 0;
    size_t found = 0;
    for (auto _ : state) {
      Record record;
      found += map.Find(queries[next], record) ? 1 : 0;
      benchmark::DoNotOptimize(record);
      if (++next == queries.size()) next = 0;
    }
    if (found != (are_there ? static_cast<size_t>(state.iterations()) : 0)) {
      state.SkipWithError("a wrong answer");
    }
    CountItems(state, 1);
  }
  static void Hit(benchmark::State& state, KeyKind<Key>& kind) {
    LookUp(state, LoadedMap(kind), Queries(kind.loaded()), true);
  }
  static void Miss(benchmark::State& state, KeyKind<Key>& kind) {
    LookUp(state, LoadedMap(kind), Queries(kind.others()), false);
  }

  static void HitBatch(benchmark::State& state, KeyKind<Key>& kind) {
    const Map& map = LoadedMap(kind);
    const std::vector<Key> queries = Queries(kind.loaded());
    static_assert(kQueryCount % kBatch == 0);
    std::vector<std::optional<Record>> records(kBatch);
    size_t next = 0;
    for (auto _ : state) {
      const std::span<const Key> batch(queries.data() + next, kBatch);
      if constexpr (requires { map.FindBatch(batch, std::span(records)); }) {
        map.FindBatch(batch, std::span(records));
      } else {
        for (size_t i = 0; i < kBatch; ++i) {
          Record record;
          records[i].reset();
          if (map.Find(batch[i], record)) records[i] = record;
        }
      }
      if (!records.front().has_value()) state.SkipWithError("a wrong answer");
      benchmark::DoNotOptimize(records.data());
      next = (next + kBatch) % kQueryCount;
    }
    CountItems(state, kBatch);
  }

  static void Scan100(benchmark::State& state, KeyKind<Key>& kind) {
    const Map& map = LoadedMap(kind);
    const std::vector<Key> queries = Queries(kind.loaded());
    size_t next = 0;
    uint64_t sum = 0;
    for (auto _ : state) {
      map.Scan(queries[next], 100, [&sum](const Key& key, Record record) {
        sum += EntryBits(key, record);
      });
      if (++next == queries.size()) next = 0;
    }
    benchmark::DoNotOptimize(sum);
    CountItems(state, 1);
  }

  static void Erase(benchmark::State& state, KeyKind<Key>& kind) {
    Kept().reset();
    std::vector<Key> keys = kind.loaded();
    Random random(2);
    Shuffle(keys, random);
    for (auto _ : state) {
      state.PauseTiming();
      std::unique_ptr<Map> map = NewMap(kind.loaded());
      state.ResumeTiming();
      for (const Key& key : keys) map->Erase(key);
      state.PauseTiming();
      if (map->Size() != 0) state.SkipWithError("keys are left");
      map.reset();
      state.ResumeTiming();
    }
    CountItems(state, keys.size());
  }

  // ---- Memory ---------------------------------------------------------------

  struct Bytes {
    double allocated = 0;
    double resident = 0;
  };
  struct MemoryFigures {
    Bytes loaded;
    Bytes left;
    Bytes churned;
  };

  static Bytes BytesOf(const Map& map, int64_t before) {
    const auto entries = static_cast<double>(std::max<size_t>(1, map.Size()));
    const int64_t resident = testing::ResidentBytes() - before;
    return {static_cast<double>(map.AllocatedBytes()) / entries,
            static_cast<double>(resident) / entries};
  }

  static MemoryFigures MeasureMemory(KeyKind<Key>& kind) {
    MemoryFigures figures;
    const std::vector<Key>& keys = kind.loaded();
    // So that thread records and the like are there before.
    NewMap({keys.front()});
    int64_t before = testing::ResidentBytesInUse();
    std::unique_ptr<Map> map = NewMap(keys);
    figures.loaded = BytesOf(*map, before);
    for (size_t i = keys.size() / 10; i < keys.size(); ++i) {
      map->EraseQuiescent(keys[i]);
    }
    figures.left = BytesOf(*map, before);
    map.reset();

    std::vector<Key> held(keys.begin(), keys.begin() + (keys.size() + 9) / 10);
    std::vector<Key> free = kind.others();
    before = testing::ResidentBytesInUse();
    map = NewMap(held);
    Random random(3);
    for (size_t i = 0; i < 20 * held.size(); ++i) {
      Key& old = held[random.Below(held.size())];
      Key& fresh = free[random.Below(free.size())];
      map->EraseQuiescent(old);
      map->Insert(fresh, RecordOfKey(fresh));
      std::swap(old, fresh);
    }
    figures.churned = BytesOf(*map, before);
    return figures;
  }

  // In a process of its own, which ends with it.
  static void Memory(benchmark::State& state, KeyKind<Key>& kind) {
    Kept().reset();
    kind.loaded();
    MemoryFigures figures;
    for (auto _ : state) {
      const auto found = InChild([&] { return MeasureMemory(kind); });
      if (!found) state.SkipWithError("the child has failed");
      figures = found.value_or(figures);
    }
    state.counters["allocated"] = figures.loaded.allocated;
    state.counters["resident"] = figures.loaded.resident;
    state.counters["left_allocated"] = figures.left.allocated;
    state.counters["left_resident"] = figures.left.resident;
    state.counters["churned_allocated"] = figures.churned.allocated;
    state.counters["churned_resident"] = figures.churned.resident;
  }

  static void CountItems(benchmark::State& state, size_t of_iteration) {
    state.SetItemsProcessed(state.iterations() *
                            static_cast<int64_t>(of_iteration));
  }

  // One map for all rows of all kinds.
  static std::shared_ptr<void>& Kept();
};

namespace key_rows_internal {
inline std::shared_ptr<void> kept;
}  // namespace key_rows_internal

template <class Map, class Key>
std::shared_ptr<void>& KeyRows<Map, Key>::Kept() {
  return key_rows_internal::kept;
}

}  // namespace pma::bench

#endif  // BENCH_MICRO_KEY_ROWS_H_
