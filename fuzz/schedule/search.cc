// search COUNT [FIRST]: runs random programs FIRST, FIRST+1, ... and stops at
// one that fails, which it makes small and prints. The last line says how many
// ran clean and how fast.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "fuzz/schedule/execute.h"
#include "fuzz/schedule/program.h"
#include "fuzz/schedule/random_program.h"
#include "fuzz/schedule/report.h"
#include "fuzz/sim/simulation.h"

int main(int argc, char** argv) {
  using namespace pma::schedule;  // NOLINT: a main function
  if (argc < 2) {
    std::fprintf(stderr, "search COUNT [FIRST]\n");
    return 2;
  }
  const uint64_t count = std::strtoull(argv[1], nullptr, 10);
  const uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  auto& simulation = *new pma::sim::Simulation;
  const auto start = std::chrono::steady_clock::now();
  uint64_t steps = 0;
  uint64_t searched = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const Program program = RandomProgram(first + i);
    const Outcome outcome = Execute(simulation, program);
    steps += outcome.steps;
    searched += outcome.searched;
    if (!outcome.ok()) {
      std::printf("program %llu\n%s",
                  static_cast<unsigned long long>(first + i),
                  Report(simulation, Minimise(simulation, program)).c_str());
      return 1;
    }
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  std::printf(
      "%llu programs clean, %.0f a second, %.1f million accesses a second, "
      "%llu "
      "needed a search for their order\n",
      static_cast<unsigned long long>(count),
      static_cast<double>(count) / seconds,
      static_cast<double>(steps) / seconds / 1e6,
      static_cast<unsigned long long>(searched));
  return 0;
}
