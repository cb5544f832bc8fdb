// SPDX-License-Identifier: Apache-2.0

// Files that appear whole or not at all.

#ifndef BENCH_REPORT_ATOMIC_FILE_H_
#define BENCH_REPORT_ATOMIC_FILE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace pma::bench {

// Whether a file could be written there, found out without writing: so that a
// wrong path is known before the race and not after it.
absl::Status CheckWritable(const std::string& path);

struct OutputFile {
  std::string path;
  std::string contents;
};

// Writes every file to a temporary beside it, then renames them: on an error
// no file has changed and no temporary is left (short of a failing rename).
absl::Status WriteFilesAtomically(const std::vector<OutputFile>& files);

}  // namespace pma::bench

#endif  // BENCH_REPORT_ATOMIC_FILE_H_
