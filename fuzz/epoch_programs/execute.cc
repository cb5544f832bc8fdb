// SPDX-License-Identifier: Apache-2.0

#include "fuzz/epoch_programs/execute.h"

#include <string>

#include "fuzz/epoch_programs/world.h"
#include "fuzz/programs/report_parts.h"
#include "fuzz/programs/sim_platform.h"

namespace pma::epoch_programs {

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

programs::Executed Execute(sim::Simulation& simulation, const Program& program,
                           bool trace) {
  return ExecuteIn<programs::SimPlatform>(simulation, program, trace);
}

std::string Report(sim::Simulation& simulation, const Program& program) {
  const programs::Executed executed = Execute(simulation, program, true);
  return programs::Headline(program, executed, "") + executed.trace + "\n" +
         programs::TestCase("EpochRegressionTest", Encode(program));
}

}  // namespace pma::epoch_programs
