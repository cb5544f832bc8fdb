// SPDX-License-Identifier: Apache-2.0

// An endurance run: every role of roles.h at once, for a time, with memory
// measured meanwhile and everything compared at the end.

#ifndef FUZZ_ENDURANCE_RUN_H_
#define FUZZ_ENDURANCE_RUN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/endurance/flat.h"
#include "fuzz/endurance/memory.h"

namespace pma::endurance {

// What a test breaks to see that it is noticed.
enum class Plant {
  kNothing,
  kGrowth,      // memory is taken now and then, and given back at the end only
  kWrongCount,  // an entry is erased behind its owner's back
  kUnfreed,     // a few bytes are not given back
};

struct Settings {
  double seconds = 60;
  // If not 0, the run ends when all threads together have made so many steps
  // instead, and each of them one.
  std::uint64_t steps = 0;
  std::size_t threads = 0;  // 0: one of each role
  std::uint64_t seed = 1;
  std::uint32_t blocks = 3000;  // of eight keys each
  Allowance allowance = {};
  Plant plant = Plant::kNothing;
};

struct Result {
  // Empty, or one line: what was wrong.
  std::string failure;
  // One each second, or forty in all.
  std::vector<Sample> samples;
  MemoryTrends trends;
  // At the end: with all entries erased, and with the maps destroyed.
  double erased_bytes = 0;
  double destroyed_bytes = 0;
  double seconds = 0;
  std::vector<std::pair<std::string, std::uint64_t>> steps_by_role;
};

std::size_t RoleCount();

// An error in the settings, or nothing.
std::string CheckSettings(const Settings& settings);

// Calls `on_sample` for each sample. No other run at the same time.
Result Endure(const Settings& settings,
              const std::function<void(const Sample&)>& on_sample);

}  // namespace pma::endurance

#endif  // FUZZ_ENDURANCE_RUN_H_
