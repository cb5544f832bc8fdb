// SPDX-License-Identifier: Apache-2.0

#include "fuzz/schedule/report.h"

#include "fuzz/history/text_format.h"
#include "fuzz/schedule/minimise.h"

namespace pma::schedule {

Program Minimise(sim::Simulation& simulation, const Program& program,
                 size_t max_executions) {
  return Minimiser<Program>(simulation, program, max_executions).Run();
}

std::string Report(sim::Simulation& simulation, const Program& program) {
  static const char* const kStorageNames[] = {
      "inline", "boxed values", "boxed keys", "boxed keys and values"};
  const Outcome outcome = Execute(simulation, program, /*trace=*/true);
  std::string text = Headline(
      program, outcome,
      std::to_string(program.InitialKeys().size()) + " initial entries, " +
          kStorageNames[static_cast<size_t>(program.storage)] + ", ");
  if (outcome.ok() || !outcome.history.operations.empty()) {
    text += history::PrintHistory(outcome.history) + "\n";
  }
  return text + outcome.trace + "\n" +
         TestCase("ScheduleRegressionTest", Encode(program));
}

}  // namespace pma::schedule
