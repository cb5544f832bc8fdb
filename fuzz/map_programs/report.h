// SPDX-License-Identifier: Apache-2.0

// From a program that fails to something a person can read.

#ifndef PMA_FUZZ_MAP_PROGRAMS_REPORT_H_
#define PMA_FUZZ_MAP_PROGRAMS_REPORT_H_

#include <cstddef>
#include <string>

#include "fuzz/map_programs/execute.h"
#include "fuzz/map_programs/program.h"
#include "fuzz/programs/report_parts.h"
#include "fuzz/sim/simulation.h"

namespace pma::map_programs {

// A smaller program that fails alike: fewer fibers, calls, initial entries,
// smaller keys, and fewer decisions that are not the dull ones. Its schedule is
// sparse. Runs at most about `max_executions`.
Program Minimise(sim::Simulation& simulation, const Program& program,
                 size_t max_executions = 20000);

// Everything there is to say about a program: what it does, what went wrong,
// what each fiber was told, every access in a column for each fiber with every
// old value that was read, and a test case that runs it again.
std::string Report(sim::Simulation& simulation, const Program& program);

}  // namespace pma::map_programs

#endif  // PMA_FUZZ_MAP_PROGRAMS_REPORT_H_
