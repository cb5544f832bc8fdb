// SPDX-License-Identifier: Apache-2.0

// Runs a program on the simulated map and judges what it was told.

#ifndef PMA_FUZZ_MAP_PROGRAMS_EXECUTE_H_
#define PMA_FUZZ_MAP_PROGRAMS_EXECUTE_H_

#include "fuzz/history/history.h"
#include "fuzz/map_programs/program.h"
#include "fuzz/programs/frame.h"
#include "fuzz/sim/simulation.h"

namespace pma::map_programs {

// What may go wrong: in the simulation (a race, a deadlock, ...), in the map's
// invariants, in its memory, or in the history.
struct Judged : programs::Executed {
  history::History history;
  bool searched = false;  // the order of publication did not explain it
};

// The judge: publication order first (each write at its last
// compare-and-swap), then a search. What precedes what is real time if the
// program reads newest values only, else happens-before.
Judged Execute(sim::Simulation& simulation, const Program& program,
               bool trace = false);

}  // namespace pma::map_programs

#endif  // PMA_FUZZ_MAP_PROGRAMS_EXECUTE_H_
