// Runs a program on the simulated map and judges what it was told.

#ifndef PMA_FUZZ_SCHEDULE_EXECUTE_H_
#define PMA_FUZZ_SCHEDULE_EXECUTE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/history/history.h"
#include "fuzz/schedule/program.h"
#include "fuzz/sim/simulation.h"

namespace pma::schedule {

struct Outcome {
  // Empty, or what went wrong: in the simulation (a race, a deadlock, ...), in
  // the map's invariants, in its memory, or in the history.
  std::string failure;
  history::History history;
  std::vector<uint8_t> sparse;  // the same decisions as a sparse schedule
  uint64_t hash = 0;
  uint32_t steps = 0;
  bool searched = false;  // the order of publication did not explain it
  std::string trace;      // if asked for

  bool ok() const { return failure.empty(); }
};

// The judge: publication order first (each write at its last
// compare-and-swap), then a search. What precedes what is real time if the
// program reads newest values only, else happens-before.
Outcome Execute(sim::Simulation& simulation, const Program& program,
                bool trace = false);

}  // namespace pma::schedule

#endif  // PMA_FUZZ_SCHEDULE_EXECUTE_H_
