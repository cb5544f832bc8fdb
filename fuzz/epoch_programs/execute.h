// SPDX-License-Identifier: Apache-2.0

// Runs a program on the reclamation scheme, on the simulator, and says what was
// wrong.

#ifndef PMA_FUZZ_EPOCH_PROGRAMS_EXECUTE_H_
#define PMA_FUZZ_EPOCH_PROGRAMS_EXECUTE_H_

#include <string>

#include "fuzz/epoch_programs/program.h"
#include "fuzz/programs/frame.h"
#include "fuzz/sim/simulation.h"

namespace pma::epoch_programs {

// What is checked: nobody reads memory that is or is being freed (the simulator
// does), or that holds something else; a stopped reader holds nothing that was
// born after its reservation; without readers one collection frees everything
// retired; in the end all memory is back.
programs::Executed Execute(sim::Simulation& simulation, const Program& program,
                           bool trace = false);

// Everything there is to say about a program; see schedule/report.h.
std::string Report(sim::Simulation& simulation, const Program& program);

}  // namespace pma::epoch_programs

#endif  // PMA_FUZZ_EPOCH_PROGRAMS_EXECUTE_H_
