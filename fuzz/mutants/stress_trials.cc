// SPDX-License-Identifier: Apache-2.0

// The layer of real threads: the workloads of //fuzz:history_stress on threads
// that give way in the middle of operations, each history judged; and writers
// beside a reader that has stalled, whose memory must stay bounded.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <latch>
#include <string>
#include <string_view>
#include <thread>

#include "fuzz/history/judge.h"
#include "fuzz/history/stress.h"
#include "fuzz/mutants/judge.h"
#include "fuzz/mutants/trial_types.h"
#include "pma/concurrent_map.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/random.h"
#include "pma/testing/threads.h"
#include "pma/testing/yielding_platform.h"

namespace pma::mutants {
namespace {

using pma::testing::Scaled;
using pma::testing::YieldingPlatform;
using pma::testing::YieldingTuning;

using Subject = ConcurrentMap<TrialWord, TrialWord, std::less<>,
                              std::allocator<std::byte>, YieldingTuning>;

std::string JudgeWorkload(const history::Workload& workload, uint64_t number) {
  history::StressSize size;
  size.rounds = Scaled(100, 30);
  size.operations_per_thread = Scaled(2000, 500);
  size.seed = number;
  Subject map;
  const history::History history = history::RunStress(map, workload, size);
  const history::OverallJudgement overall = history::JudgeHistory(history);
  if (overall.judgement.verdict == history::Verdict::kViolation) {
    return std::string(workload.name) + ": " + overall.judgement.explanation;
  }
  if (AnyReservationLeft<YieldingPlatform>()) {
    return "a reservation is left when all operations are over";
  }
  return map.CheckInvariants();
}

// A reader stays in its callback while a writer replaces all values many times
// over. What it may hold is what there was, and what was born in that epoch.
std::string StallReader(uint64_t number) {
  constexpr uint64_t kKeys = 100;
  constexpr size_t kBoundBytes = 1 << 20;
  Subject map;
  for (uint64_t key = 0; key < kKeys; ++key) map.insert(key, key);
  std::latch inside(1);
  std::latch release(1);
  std::thread reader([&] {
    map.visit(TrialWord(number % kKeys), [&](const TrialWord&) {
      inside.count_down();
      release.wait();
    });
  });
  inside.wait();
  pma::testing::Random random(number);
  size_t peak_bytes = 0;
  for (int i = 0; i < Scaled(100000, 40000); ++i) {
    const uint64_t key = random.Below(kKeys);
    if (i % 4 == 0) {
      map.erase(TrialWord(key));
    } else {
      map.insert_or_assign(key, static_cast<uint64_t>(i));
    }
    if (i % 1024 == 0) {
      peak_bytes = std::max(peak_bytes, map.memory_usage().allocated_bytes);
    }
  }
  release.count_down();
  reader.join();
  return peak_bytes <= kBoundBytes
             ? ""
             : "beside a stalled reader the map has grown to " +
                   std::to_string(peak_bytes) + " bytes";
}

std::string Run(uint64_t number) {
  const auto workloads = history::AllWorkloads();
  const size_t kind = number % (workloads.size() + 1);
  return kind < workloads.size() ? JudgeWorkload(workloads[kind], number)
                                 : StallReader(number);
}

}  // namespace

Trial FindLayer(std::string_view name) {
  return name == "stress" ? Run : nullptr;
}

std::string_view LayerNames() { return "stress"; }

}  // namespace pma::mutants
