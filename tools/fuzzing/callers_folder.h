// SPDX-License-Identifier: Apache-2.0

#ifndef TOOLS_FUZZING_CALLERS_FOLDER_H_
#define TOOLS_FUZZING_CALLERS_FOLDER_H_

namespace pma::fuzzing {

// `bazel run` starts a program in a folder of Bazel's own. Changes to the one
// the user typed the command in, so that the paths on the command line mean
// what the user meant and findings are written where the user looks. Started in
// any other way, it does nothing.
void EnterCallersFolder();

}  // namespace pma::fuzzing

#endif  // TOOLS_FUZZING_CALLERS_FOLDER_H_
