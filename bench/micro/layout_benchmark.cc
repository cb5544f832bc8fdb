// SPDX-License-Identifier: Apache-2.0

// The layouts a static search tree may have, at sizes that fit into the first
// or second cache, into the third, and into memory alone: queries that do not
// wait for each other, and queries of which each depends on the last answer.
//
//   tools/bazel run -c opt //bench:layout_benchmark

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/keys/random.h"
#include "bench/micro/static_layouts.h"
#include "benchmark/benchmark.h"

namespace pma::bench {
namespace {

constexpr size_t kQueryCount = size_t{1} << 16;

std::vector<uint64_t> SortedKeys(size_t count) {
  std::vector<uint64_t> keys;
  for (size_t i = 0; i < count; ++i) keys.push_back(Mix64(i));
  std::sort(keys.begin(), keys.end());
  return keys;
}

// Built once for each size: the largest takes seconds.
template <class Layout>
const Layout& LayoutOf(size_t count) {
  static size_t held_count = 0;
  static std::unique_ptr<Layout> held;
  if (held_count != count) {
    held = std::make_unique<Layout>(SortedKeys(count));
    held_count = count;
  }
  return *held;
}

// `kDependent`: an answer must be known before the next query is.
template <class Layout, bool kDependent>
void Search(benchmark::State& state) {
  const Layout& layout = LayoutOf<Layout>(state.range(0));
  Random random(1);
  std::vector<uint64_t> queries;
  for (size_t i = 0; i < kQueryCount; ++i) queries.push_back(random.Next());
  size_t next = 0;
  uint64_t last = 0;
  for (auto _ : state) {
    // The low bit tells nothing about where the answer lies.
    const uint64_t query = queries[next] ^ (kDependent ? last & 1 : 0);
    last = layout.CountAtOrBefore(query);
    if constexpr (!kDependent) benchmark::DoNotOptimize(last);
    if (++next == kQueryCount) next = 0;
  }
  benchmark::DoNotOptimize(last);
}

template <class Layout>
void Independent(benchmark::State& state) {
  Search<Layout, false>(state);
}
template <class Layout>
void Dependent(benchmark::State& state) {
  Search<Layout, true>(state);
}

// 32 KiB, 4 MiB and 512 MiB of keys; one less than a power of two, which is
// what a complete binary tree holds.
#define BENCHMARK_LAYOUT(Layout)          \
  BENCHMARK_TEMPLATE(Independent, Layout) \
      ->Arg((1 << 12) - 1)                \
      ->Arg((1 << 19) - 1)                \
      ->Arg((1 << 26) - 1);               \
  BENCHMARK_TEMPLATE(Dependent, Layout)   \
      ->Arg((1 << 12) - 1)                \
      ->Arg((1 << 19) - 1)                \
      ->Arg((1 << 26) - 1)

BENCHMARK_LAYOUT(SortedArray);
BENCHMARK_LAYOUT(Eytzinger);
BENCHMARK_LAYOUT(VanEmdeBoas);
BENCHMARK_LAYOUT(SixteenWide);

}  // namespace
}  // namespace pma::bench

BENCHMARK_MAIN();
