// SPDX-License-Identifier: Apache-2.0

// Where Bazel put a data file.

#ifndef BENCH_SHOOTOUT_RUNFILE_H_
#define BENCH_SHOOTOUT_RUNFILE_H_

#include <string>
#include <string_view>

namespace pma::bench {

// `root_path` is what $(rootpath) says. Tries the working directory (`bazel
// run` and `bazel test`), then the .runfiles tree beside the program (started
// by hand). Returns `root_path` itself if the file is in neither place: the
// error message of opening it names it.
std::string FindRunfile(std::string_view root_path);

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_RUNFILE_H_
