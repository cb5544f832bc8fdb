// SPDX-License-Identifier: Apache-2.0

// libFuzzer's bytes as a concurrent program on the real map, and the schedule
// under which it runs. See schedule/program.h for what they mean.

#include "fuzz/schedule/execute.h"
#include "fuzz/schedule/fuzz_target.h"
#include "fuzz/schedule/program.h"
#include "fuzz/schedule/report.h"

PMA_SCHEDULE_FUZZ_TARGET(pma::schedule::Program)
