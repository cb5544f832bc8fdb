// SPDX-License-Identifier: Apache-2.0

#include "tools/callers_folder.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace pma {

namespace fs = std::filesystem;

std::string CallersFolder() {
  const char* const folder = std::getenv("BUILD_WORKING_DIRECTORY");
  if (folder != nullptr && *folder != '\0') return folder;
  std::error_code error;
  return fs::current_path(error).string();
}

void EnterCallersFolder() {
  const std::string folder = CallersFolder();
  std::error_code error;
  fs::current_path(folder, error);
  if (!error) return;
  std::fprintf(stderr, "%s: %s\n", folder.c_str(), error.message().c_str());
  std::exit(2);
}

std::string FromCallersFolder(const std::string& path) {
  return (fs::path(CallersFolder()) / path).string();
}

}  // namespace pma
