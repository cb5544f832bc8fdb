// SPDX-License-Identifier: Apache-2.0

// What the *_benchmark programs share: the keys, the loaded maps, and a main
// function that takes the sizes from the command line.
//
// Everything is registered for one map after another, so that only one loaded
// map is in memory. Compare figures of one run only; //bench:ratios interleaves
// the maps and is the better judge on a machine that is not quiet.

#ifndef BENCH_MICRO_TOPIC_H_
#define BENCH_MICRO_TOPIC_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "bench/keys/zipf.h"
#include "benchmark/benchmark.h"

namespace pma::bench {

// Random 64-bit keys; of index i, in the loaded maps or not.
inline uint64_t LoadedKey(uint64_t i) { return Mix64(2 * i); }
inline uint64_t OtherKey(uint64_t i) { return Mix64(2 * i + 1); }

// Enough queries that no processor learns them by heart.
inline constexpr size_t kQueryCount = size_t{1} << 18;

// The keys asked for, of a map with `size` entries.
std::vector<uint64_t> UniformHits(size_t size);
std::vector<uint64_t> ZipfHits(size_t size);
std::vector<uint64_t> Misses(size_t size);

// A map with `size` entries, kept for the next benchmark that wants the same.
// May be called by several threads at once.
template <class Map>
Map& LoadedMap(size_t size);

// Lets go of the loaded map, which a benchmark has changed.
void DropLoadedMap();

// A map that lives until the next call of this, DropLoadedMap or LoadedMap. Not
// to be called by several threads at once.
template <class Map>
Map& EmptyMap();

using TopicFunction = void (*)(benchmark::State&);

// Registers "what/map/size" for every size asked for.
void RegisterForSizes(std::string_view what, std::string_view map,
                      TopicFunction function);
// The same for what starts threads of its own.
void RegisterForSizesInRealTime(std::string_view what, std::string_view map,
                                TopicFunction function);
// Registers "what/map/size" for 1, 2, 8 and 64 threads, in real time.
void RegisterForThreads(std::string_view what, std::string_view map,
                        TopicFunction function);

// The main function: --sizes=100,1000000 replaces `default_sizes`; all other
// flags are Google Benchmark's.
int TopicMain(int argc, char** argv, std::vector<int64_t> default_sizes,
              void (*register_all)());

// ---- Implementation ---------------------------------------------------------

namespace topic_internal {

struct Slot {
  std::mutex mutex;
  std::string what;
  std::shared_ptr<void> map;
};
Slot& TheSlot();

}  // namespace topic_internal

template <class Map>
Map& LoadedMap(size_t size) {
  topic_internal::Slot& slot = topic_internal::TheSlot();
  const std::lock_guard lock(slot.mutex);
  const std::string what = absl::StrCat(Map::kName, "/", size);
  if (slot.what != what) {
    slot.map.reset();
    auto map = std::make_shared<Map>();
    for (size_t i = 0; i < size; ++i) {
      map->Insert(LoadedKey(i), RecordOfKey(LoadedKey(i)));
    }
    slot.map = map;
    slot.what = what;
  }
  return *static_cast<Map*>(slot.map.get());
}

template <class Map>
Map& EmptyMap() {
  DropLoadedMap();
  topic_internal::TheSlot().map = std::make_shared<Map>();
  return *static_cast<Map*>(topic_internal::TheSlot().map.get());
}

}  // namespace pma::bench

#endif  // BENCH_MICRO_TOPIC_H_
