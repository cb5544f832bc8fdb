// SPDX-License-Identifier: Apache-2.0

// The fuzz target of a kind of programs.

#ifndef PMA_FUZZ_PROGRAMS_FUZZ_TARGET_H_
#define PMA_FUZZ_PROGRAMS_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "fuzz/programs/feedback.h"
#include "fuzz/programs/frame.h"
#include "fuzz/programs/minimise.h"
#include "fuzz/programs/mutate.h"
#include "fuzz/sim/reads_from.h"
#include "fuzz/sim/simulation.h"

namespace pma::programs {

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
  static auto& reads_from = *new sim::ReadsFrom;
  const auto program = DecodeFrame<Program>({data, size});
  simulation.set_reads_from(&reads_from);
  const auto first = Execute(simulation, program);
  simulation.set_reads_from(nullptr);
  CountReadsFrom(reads_from);
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

}  // namespace pma::programs

// libFuzzer's own mutations of bytes; there are none without it.
extern "C" [[gnu::weak]] std::size_t LLVMFuzzerMutate(std::uint8_t* data,
                                                      std::size_t size,
                                                      std::size_t max_size);

// What libFuzzer calls, for programs of a kind. In one source of a binary.
#define PMA_SCHEDULE_FUZZ_TARGET(Program)                                    \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,            \
                                        std::size_t size) {                  \
    pma::programs::RunInput<Program>(data, size);                            \
    return 0;                                                                \
  }                                                                          \
  extern "C" std::size_t LLVMFuzzerCustomMutator(                            \
      std::uint8_t* data, std::size_t size, std::size_t max_size,            \
      unsigned int seed) {                                                   \
    return pma::programs::MutateProgram<Program>(data, size, max_size, seed, \
                                                 &LLVMFuzzerMutate);         \
  }                                                                          \
  extern "C" std::size_t LLVMFuzzerCustomCrossOver(                          \
      const std::uint8_t* one, std::size_t one_size,                         \
      const std::uint8_t* other, std::size_t other_size, std::uint8_t* out,  \
      std::size_t max_out_size, unsigned int seed) {                         \
    return pma::programs::CrossPrograms<Program>(                            \
        {one, one_size}, {other, other_size}, out, max_out_size, seed);      \
  }

#endif  // PMA_FUZZ_PROGRAMS_FUZZ_TARGET_H_
