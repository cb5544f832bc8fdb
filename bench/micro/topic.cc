// SPDX-License-Identifier: Apache-2.0

#include "bench/micro/topic.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/keys/random.h"
#include "bench/keys/zipf.h"
#include "benchmark/benchmark.h"

namespace pma::bench {
namespace {

std::vector<int64_t>& Sizes() {
  static std::vector<int64_t> sizes;
  return sizes;
}

// Takes --sizes=... out of the arguments. False if it is no list of numbers.
bool TakeSizes(int& argc, char** argv) {
  constexpr std::string_view kFlag = "--sizes=";
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with(kFlag)) {
      argv[kept++] = argv[i];
      continue;
    }
    Sizes().clear();
    for (const std::string_view item :
         absl::StrSplit(argument.substr(kFlag.size()), ',')) {
      int64_t size = 0;
      if (!absl::SimpleAtoi(item, &size) || size < 1) return false;
      Sizes().push_back(size);
    }
  }
  argc = kept;
  return true;
}

}  // namespace

namespace topic_internal {

Slot& TheSlot() {
  static Slot slot;
  return slot;
}

}  // namespace topic_internal

std::vector<uint64_t> UniformHits(size_t size) {
  Random random(1);
  std::vector<uint64_t> keys;
  for (size_t i = 0; i < kQueryCount; ++i) {
    keys.push_back(LoadedKey(random.Below(size)));
  }
  return keys;
}

std::vector<uint64_t> ZipfHits(size_t size) {
  Random random(1);
  const Zipf zipf(size);
  std::vector<uint64_t> keys;
  for (size_t i = 0; i < kQueryCount; ++i) {
    keys.push_back(LoadedKey(zipf(random)));
  }
  return keys;
}

std::vector<uint64_t> Misses(size_t size) {
  Random random(1);
  std::vector<uint64_t> keys;
  for (size_t i = 0; i < kQueryCount; ++i) {
    keys.push_back(OtherKey(random.Below(size)));
  }
  return keys;
}

void DropLoadedMap() {
  topic_internal::TheSlot().what.clear();
  topic_internal::TheSlot().map.reset();
}

void RegisterForSizes(std::string_view what, std::string_view map,
                      TopicFunction function) {
  const std::string name = absl::StrCat(what, "/", map);
  for (const int64_t size : Sizes()) {
    benchmark::RegisterBenchmark(name.c_str(), function)->Arg(size);
  }
}

void RegisterForSizesInRealTime(std::string_view what, std::string_view map,
                                TopicFunction function) {
  const std::string name = absl::StrCat(what, "/", map);
  for (const int64_t size : Sizes()) {
    benchmark::RegisterBenchmark(name.c_str(), function)
        ->Arg(size)
        ->UseRealTime();
  }
}

void RegisterForThreads(std::string_view what, std::string_view map,
                        TopicFunction function) {
  const std::string name = absl::StrCat(what, "/", map);
  for (const int64_t size : Sizes()) {
    benchmark::RegisterBenchmark(name.c_str(), function)
        ->Arg(size)
        ->Threads(1)
        ->Threads(2)
        ->Threads(8)
        ->Threads(64)
        ->UseRealTime();
  }
}

int TopicMain(int argc, char** argv, std::vector<int64_t> default_sizes,
              void (*register_all)()) {
  Sizes() = std::move(default_sizes);
  benchmark::Initialize(&argc, argv);
  if (!TakeSizes(argc, argv)) {
    std::fprintf(stderr, "--sizes: expected numbers, separated by commas\n");
    return EXIT_FAILURE;
  }
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
  register_all();
  benchmark::RunSpecifiedBenchmarks();
  DropLoadedMap();
  return EXIT_SUCCESS;
}

}  // namespace pma::bench
