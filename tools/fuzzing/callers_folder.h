// SPDX-License-Identifier: Apache-2.0

#ifndef TOOLS_FUZZING_CALLERS_FOLDER_H_
#define TOOLS_FUZZING_CALLERS_FOLDER_H_

#include <string>

namespace pma::fuzzing {

// `bazel run` starts a program in a folder of Bazel's own: its runfiles. The
// user means paths on the command line from the folder where the command was
// typed. Started in any other way, a program is there already.

// Changes to that folder; ends the program with a message if it cannot.
void EnterCallersFolder();

// The path, from wherever the program is now.
std::string FromCallersFolder(const std::string& path);

}  // namespace pma::fuzzing

#endif  // TOOLS_FUZZING_CALLERS_FOLDER_H_
