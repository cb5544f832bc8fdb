// SPDX-License-Identifier: Apache-2.0

#include "bench/keys/data_files.h"

#include <memory>
#include <string>

#include "tools/cpp/runfiles/runfiles.h"

namespace pma::bench {
namespace {

using bazel::tools::cpp::runfiles::Runfiles;

// The path itself if Bazel put none there.
std::string DataFile(const char* program, const std::string& path) {
  std::string ignored;
#ifdef BAZEL_CURRENT_REPOSITORY
  // Bazel 7 gives repositories other names than this repository does.
  const std::unique_ptr<Runfiles> runfiles(
      Runfiles::Create(program, BAZEL_CURRENT_REPOSITORY, &ignored));
#else
  const std::unique_ptr<Runfiles> runfiles(Runfiles::Create(program, &ignored));
#endif
  return runfiles == nullptr ? path : runfiles->Rlocation(path);
}

}  // namespace

std::string WordsFile(const char* program) {
  return DataFile(program, "wamerican_insane/words");
}

std::string GeoipFile(const char* program) {
  return DataFile(program, "tor_geoipdb/geoip");
}

}  // namespace pma::bench
