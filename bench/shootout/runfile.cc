// SPDX-License-Identifier: Apache-2.0

#include "bench/shootout/runfile.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pma::bench {
namespace {

namespace fs = std::filesystem;

// The folders in which `root_path` may lie.
std::vector<fs::path> Roots() {
  std::vector<fs::path> roots = {"."};
  std::error_code error;
  fs::path runfiles = fs::read_symlink("/proc/self/exe", error);
  if (error) return roots;
  runfiles += ".runfiles";
  // One folder per repository; the main one's name depends on Bazel's version.
  for (fs::directory_iterator it(runfiles, error), end; !error && it != end;
       it.increment(error)) {
    roots.push_back(it->path());
  }
  return roots;
}

}  // namespace

std::string FindRunfile(std::string_view root_path) {
  std::error_code error;
  // Newer versions of Bazel keep external/NAME/file at ../NAME/file only.
  constexpr std::string_view kExternal = "external/";
  const bool is_external = root_path.starts_with(kExternal);
  for (const fs::path& root : Roots()) {
    if (fs::path path = root / root_path; fs::exists(path, error)) {
      return path.lexically_normal().string();
    }
    if (!is_external) continue;
    fs::path path = root / ".." / root_path.substr(kExternal.size());
    if (fs::exists(path, error)) return path.string();
  }
  return std::string(root_path);
}

}  // namespace pma::bench
