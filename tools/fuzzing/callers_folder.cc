// SPDX-License-Identifier: Apache-2.0

#include "tools/fuzzing/callers_folder.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace pma::fuzzing {

void EnterCallersFolder() {
  const char* const folder = std::getenv("BUILD_WORKING_DIRECTORY");
  if (folder == nullptr || *folder == '\0') return;
  if (chdir(folder) != 0) {
    std::perror(folder);
    std::exit(2);
  }
}

}  // namespace pma::fuzzing
