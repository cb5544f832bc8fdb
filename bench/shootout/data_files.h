// SPDX-License-Identifier: Apache-2.0

// Where the key sets that come with the program lie, as $(rootpath) says: see
// runfile.h. The paths are Bazel's to know; the BUILD file writes them down.

#ifndef BENCH_SHOOTOUT_DATA_FILES_H_
#define BENCH_SHOOTOUT_DATA_FILES_H_

#include <string_view>

namespace pma::bench {

extern const std::string_view kGeoipPath;
extern const std::string_view kWordsPath;

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_DATA_FILES_H_
