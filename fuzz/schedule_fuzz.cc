// SPDX-License-Identifier: Apache-2.0

// libFuzzer's bytes as a concurrent program on the real map, and the schedule
// under which it runs. See schedule/program.h for what they mean.

#include "fuzz/map_programs/execute.h"
#include "fuzz/map_programs/program.h"
#include "fuzz/map_programs/report.h"
#include "fuzz/programs/fuzz_target.h"

PMA_SCHEDULE_FUZZ_TARGET(pma::map_programs::Program)
