// SPDX-License-Identifier: Apache-2.0

// libFuzzer's bytes as a concurrent program on the reclamation scheme alone,
// and the schedule under which it runs. See epoch/program.h for what they mean.

#include "fuzz/epoch_programs/execute.h"
#include "fuzz/epoch_programs/program.h"
#include "fuzz/programs/fuzz_target.h"

PMA_SCHEDULE_FUZZ_TARGET(pma::epoch_programs::Program)
