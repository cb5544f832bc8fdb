// SPDX-License-Identifier: Apache-2.0

// Runs a program on the simulated map and judges what it was told.

#ifndef PMA_FUZZ_SCHEDULE_EXECUTE_H_
#define PMA_FUZZ_SCHEDULE_EXECUTE_H_

#include "fuzz/history/history.h"
#include "fuzz/schedule/frame.h"
#include "fuzz/schedule/program.h"
#include "fuzz/sim/simulation.h"

namespace pma::schedule {

// What may go wrong: in the simulation (a race, a deadlock, ...), in the map's
// invariants, in its memory, or in the history.
struct Outcome : Executed {
  history::History history;
  bool searched = false;  // the order of publication did not explain it
};

// The judge: publication order first (each write at its last
// compare-and-swap), then a search. What precedes what is real time if the
// program reads newest values only, else happens-before.
Outcome Execute(sim::Simulation& simulation, const Program& program,
                bool trace = false);

}  // namespace pma::schedule

#endif  // PMA_FUZZ_SCHEDULE_EXECUTE_H_
