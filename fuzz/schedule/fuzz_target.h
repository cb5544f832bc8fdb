// The fuzz target of a kind of programs.

#ifndef PMA_FUZZ_SCHEDULE_FUZZ_TARGET_H_
#define PMA_FUZZ_SCHEDULE_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "fuzz/schedule/frame.h"
#include "fuzz/schedule/minimise.h"
#include "fuzz/sim/simulation.h"

namespace pma::schedule {

// Never destroyed: the simulated heap must outlive what static destructors give
// back to it.
inline sim::Simulation& TheSimulation() {
  static auto& simulation = *new sim::Simulation;
  return simulation;
}

// A failing program made small, and its report.
template <class Program>
std::string Explain(sim::Simulation& simulation, const Program& program,
                    size_t max_executions = 20000) {
  return Report(simulation,
                Minimiser<Program>(simulation, program, max_executions).Run());
}

// Runs the program that the bytes are, twice; aborts, with a report, if it
// fails or does not do the same both times.
template <class Program>
void RunInput(const std::uint8_t* data, std::size_t size) {
  sim::Simulation& simulation = TheSimulation();
  const auto program = DecodeFrame<Program>({data, size});
  const auto first = Execute(simulation, program);
  const auto second = Execute(simulation, program);
  if (first.hash != second.hash || first.failure != second.failure) {
    std::fprintf(stderr, "the same input gave two different executions\n");
    std::abort();
  }
  if (!first.ok()) {
    std::fputs(Explain(simulation, program).c_str(), stderr);
    std::abort();
  }
}

}  // namespace pma::schedule

#endif  // PMA_FUZZ_SCHEDULE_FUZZ_TARGET_H_
