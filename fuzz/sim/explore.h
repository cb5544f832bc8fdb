// SPDX-License-Identifier: Apache-2.0

// Every execution of a small program, one after the other.

#ifndef FUZZ_SIM_EXPLORE_H_
#define FUZZ_SIM_EXPLORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "fuzz/sim/simulation.h"

namespace pma::sim {

// Runs `program` under each schedule that leads to a different sequence of
// decisions, as long as visit(execution) is true. Returns how many there were.
// `options.schedule` is not looked at. The program must make the same decisions
// possible each time it is run.
inline uint64_t ExploreAll(Simulation& simulation, Options options,
                           const std::function<void()>& program,
                           const std::function<bool(const Execution&)>& visit) {
  std::vector<uint8_t> path;
  for (uint64_t executions = 1;; ++executions) {
    options.schedule = {Mode::kListed, path};
    const Execution execution = simulation.Run(options, program);
    if (!visit(execution)) return executions;
    // The next one in lexical order: the last decision that has options left
    // takes its next one, and what came after it is open again.
    const auto& decisions = simulation.chooser().decisions();
    size_t last = decisions.size();
    while (last > 0 &&
           decisions[last - 1].choice + 1 == decisions[last - 1].options) {
      --last;
    }
    if (last == 0) return executions;
    path.clear();
    for (size_t i = 0; i < last; ++i) path.push_back(decisions[i].choice);
    ++path.back();
  }
}

}  // namespace pma::sim

#endif  // FUZZ_SIM_EXPLORE_H_
