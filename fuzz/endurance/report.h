// SPDX-License-Identifier: Apache-2.0

// What an endurance run prints and draws.

#ifndef FUZZ_ENDURANCE_REPORT_H_
#define FUZZ_ENDURANCE_REPORT_H_

#include <string>

#include "fuzz/endurance/memory.h"
#include "fuzz/endurance/run.h"

namespace pma::endurance {

// A table with a line for each sample: the line above, and the lines.
std::string ProgressHead(const Settings& settings);
std::string ProgressLine(const Sample& sample);

// What it came to.
std::string Summary(const Settings& settings, const Result& result);

// A row for README.md. `commit` and `command` are how to repeat it.
std::string TableRow(const Result& result, const std::string& date,
                     const std::string& commit, const std::string& command);

std::string MemoryChart(const Settings& settings, const Result& result,
                        const std::string& subtitle);

// "plain", "asan", ...: what this program was built as.
std::string VariantName();

}  // namespace pma::endurance

#endif  // FUZZ_ENDURANCE_REPORT_H_
