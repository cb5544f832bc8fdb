// libFuzzer's bytes as a concurrent program on the real map, and the schedule
// under which it runs. See schedule/program.h for what they mean.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "fuzz/schedule/execute.h"
#include "fuzz/schedule/program.h"
#include "fuzz/schedule/report.h"
#include "fuzz/sim/simulation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  // Never destroyed: the simulated heap must outlive what static destructors
  // give back to it.
  static auto& simulation = *new pma::sim::Simulation;
  const auto program =
      pma::schedule::Decode(std::span<const std::uint8_t>(data, size));
  const auto first = pma::schedule::Execute(simulation, program);
  const auto second = pma::schedule::Execute(simulation, program);
  if (first.hash != second.hash || first.failure != second.failure) {
    std::fprintf(stderr, "the same input gave two different executions\n");
    std::abort();
  }
  if (!first.ok()) {
    const auto smaller = pma::schedule::Minimise(simulation, program);
    std::fputs(pma::schedule::Report(simulation, smaller).c_str(), stderr);
    std::abort();
  }
  return 0;
}
