// SPDX-License-Identifier: Apache-2.0

#include "fuzz/map_programs/report.h"

#include "fuzz/history/text_format.h"
#include "fuzz/programs/minimise.h"

namespace pma::map_programs {

Program Minimise(sim::Simulation& simulation, const Program& program,
                 size_t max_executions) {
  return programs::Minimiser<Program>(simulation, program, max_executions)
      .Run();
}

std::string Report(sim::Simulation& simulation, const Program& program) {
  static const char* const kStorageNames[] = {
      "inline", "boxed values", "boxed keys", "boxed keys and values"};
  const Judged outcome = Execute(simulation, program, /*trace=*/true);
  std::string text = programs::Headline(
      program, outcome,
      std::to_string(program.InitialKeys().size()) + " initial entries, " +
          kStorageNames[static_cast<size_t>(program.storage)] +
          (program.long_epochs() ? ", long epochs, " : ", "));
  if (outcome.ok() || !outcome.history.operations.empty()) {
    text += history::PrintHistory(outcome.history) + "\n";
  }
  return text + outcome.trace + "\n" +
         programs::TestCase("ScheduleRegressionTest", Encode(program));
}

}  // namespace pma::map_programs
