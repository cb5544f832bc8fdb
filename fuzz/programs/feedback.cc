// SPDX-License-Identifier: Apache-2.0

#include "fuzz/programs/feedback.h"

#include <cstddef>

namespace pma::programs {
namespace {

constexpr size_t kCounters = size_t{1} << 16;

// Where libFuzzer looks for counters that are not its own; nobody does in a
// build without it.
[[gnu::section("__libfuzzer_extra_counters")]] uint8_t counters[kCounters];

}  // namespace

std::span<uint8_t> ReadsFromCounters() { return counters; }

void CountReadsFrom(const sim::ReadsFrom& reads_from) {
  // That a pair was there, not how often: each number would be a feature.
  for (const uint64_t pair : reads_from.pairs()) counters[pair % kCounters] = 1;
}

}  // namespace pma::programs
