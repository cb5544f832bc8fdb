// SPDX-License-Identifier: Apache-2.0

#include "tools/fuzzing/callers_folder.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace pma::fuzzing {
namespace {

// Null: there is no other than the one the program is in.
const char* CallersFolder() {
  const char* const folder = std::getenv("BUILD_WORKING_DIRECTORY");
  return folder == nullptr || *folder == '\0' ? nullptr : folder;
}

}  // namespace

void EnterCallersFolder() {
  const char* const folder = CallersFolder();
  if (folder != nullptr && chdir(folder) != 0) {
    std::perror(folder);
    std::exit(2);
  }
}

std::string FromCallersFolder(const std::string& path) {
  const char* const folder = CallersFolder();
  if (folder == nullptr) return path;
  return (std::filesystem::path(folder) / path).string();
}

}  // namespace pma::fuzzing
