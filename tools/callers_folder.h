// SPDX-License-Identifier: Apache-2.0

// The folder in which the user typed the command. `bazel run` starts a program
// in a folder of Bazel's own, its runfiles; the user means paths on the command
// line from the other one.

#ifndef TOOLS_CALLERS_FOLDER_H_
#define TOOLS_CALLERS_FOLDER_H_

#include <string>

namespace pma {

// Of a program that was started in any other way: where it is.
std::string CallersFolder();

// Changes to it; ends the program with a message if it cannot.
void EnterCallersFolder();

// What the path means there.
std::string FromCallersFolder(const std::string& path);

}  // namespace pma

#endif  // TOOLS_CALLERS_FOLDER_H_
