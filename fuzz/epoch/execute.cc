// SPDX-License-Identifier: Apache-2.0

#include "fuzz/epoch/execute.h"

#include <string>

#include "fuzz/epoch/world.h"
#include "fuzz/schedule/report_parts.h"
#include "fuzz/schedule/sim_platform.h"

namespace pma::epoch_fuzz {

std::string_view NameOf(Action action) {
  static constexpr std::string_view kNames[kActions] = {
      "find",
      "find two",
      "find nested",
      "find refreshed",
      "put",
      "erase",
      "replace node",
      "read side",
      "replace side",
      "collect guarded",
      "collect excepted",
      "stop",
      "collect",
      "collect if worth it",
      "exit thread",
  };
  return kNames[static_cast<size_t>(action)];
}

schedule::Executed Execute(sim::Simulation& simulation, const Program& program,
                           bool trace) {
  return ExecuteIn<schedule::SimPlatform>(simulation, program, trace);
}

std::string Report(sim::Simulation& simulation, const Program& program) {
  const schedule::Executed executed = Execute(simulation, program, true);
  return schedule::Headline(program, executed, "") + executed.trace + "\n" +
         schedule::TestCase("EpochRegressionTest", Encode(program));
}

}  // namespace pma::epoch_fuzz
