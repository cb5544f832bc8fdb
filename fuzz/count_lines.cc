// SPDX-License-Identifier: Apache-2.0

// Runs random programs on the map and on the reclamation scheme, and counts in
// a coverage build what runs while several fibers take turns: not how the map
// is filled before, nor how it is checked afterwards.
//
//   count_lines PROGRAMS
//
// The counts are written where the coverage runtime is told to, by
// LLVM_PROFILE_FILE: lines.sh makes a report of them.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "fuzz/epoch_programs/execute.h"
#include "fuzz/epoch_programs/program.h"
#include "fuzz/map_programs/execute.h"
#include "fuzz/map_programs/program.h"
#include "fuzz/map_programs/report.h"
#include "fuzz/programs/fuzz_target.h"
#include "fuzz/programs/random_frame.h"
#include "fuzz/sim/simulation.h"

// The coverage runtime's (compiler-rt, InstrProfiling.h): a counter of 64 bits
// for each region of the code. Absent in other builds, which cannot count.
extern "C" {
[[gnu::weak]] char* __llvm_profile_begin_counters();
[[gnu::weak]] char* __llvm_profile_end_counters();
}

namespace pma::programs {
namespace {

// What the counters have counted while executions were concurrent.
class ConcurrentCounts {
 public:
  ConcurrentCounts()
      : counters_(__llvm_profile_begin_counters()),
        before_((__llvm_profile_end_counters() - counters_) / kBytes),
        counted_(before_.size()) {}

  void Begin() {
    std::memcpy(before_.data(), counters_, before_.size() * kBytes);
  }
  void End() {
    for (size_t i = 0; i < counted_.size(); ++i) {
      uint64_t now;
      std::memcpy(&now, counters_ + i * kBytes, kBytes);
      counted_[i] += now - before_[i];
    }
  }
  // Makes this what the runtime writes when the program ends.
  void Publish() const {
    std::memcpy(counters_, counted_.data(), counted_.size() * kBytes);
  }

 private:
  static constexpr size_t kBytes = sizeof(uint64_t);
  char* const counters_;
  std::vector<uint64_t> before_;
  std::vector<uint64_t> counted_;
};

ConcurrentCounts& TheCounts() {
  static auto& counts = *new ConcurrentCounts;
  return counts;
}

template <class Program>
bool RunAll(uint64_t count) {
  for (uint64_t number = 0; number < count; ++number) {
    const auto program = RandomProgramOf<Program>(number);
    if (Execute(TheSimulation(), program).ok()) continue;
    std::fputs(Explain(TheSimulation(), program).c_str(), stderr);
    return false;
  }
  return true;
}

int Main(int argc, char** argv) {
  const std::string_view text = argc == 2 ? argv[1] : "";
  uint64_t count = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) {
    std::fprintf(stderr, "count_lines: usage: count_lines PROGRAMS\n");
    return 2;
  }
  if (__llvm_profile_begin_counters == nullptr) {
    std::fprintf(stderr, "count_lines: not a coverage build\n");
    return 2;
  }
  TheCounts();
  TheSimulation().set_concurrency_watcher([](bool concurrent) {
    concurrent ? TheCounts().Begin() : TheCounts().End();
  });
  const bool clean = RunAll<map_programs::Program>(count) &&
                     RunAll<epoch_programs::Program>(count / 4);
  TheCounts().Publish();
  return clean ? 0 : 1;
}

}  // namespace
}  // namespace pma::programs

int main(int argc, char** argv) { return pma::programs::Main(argc, argv); }
