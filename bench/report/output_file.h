// SPDX-License-Identifier: Apache-2.0

// Files that a program writes at its end. It asks at its start whether it can,
// so that nobody waits for minutes to learn of a wrong path.

#ifndef BENCH_REPORT_OUTPUT_FILE_H_
#define BENCH_REPORT_OUTPUT_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace pma::bench {

// Whether the file that --`flag` names can be written. A file that is there
// stays as it is, and none is left behind that was not there.
absl::Status CheckWritable(std::string_view flag, const std::string& path);

// Replaces what was in the file.
absl::Status WriteFile(const std::string& path, std::string_view contents);

}  // namespace pma::bench

#endif  // BENCH_REPORT_OUTPUT_FILE_H_
