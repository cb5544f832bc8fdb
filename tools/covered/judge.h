// SPDX-License-Identifier: Apache-2.0

// Whether enough of the sources has run, and whether each line that has not has
// a reason.

#ifndef TOOLS_COVERED_JUDGE_H_
#define TOOLS_COVERED_JUDGE_H_

#include <string>
#include <vector>

#include "tools/covered/profile.h"

namespace pma::covered {

// A file of the repository.
struct Source {
  std::string path;  // from its root
  std::vector<std::string> lines;
};

struct Limits {  // percent
  double lines = 95;
  double branches = 90;
};

struct Judgement {
  std::string table;                  // a line for each file, and the sums
  std::vector<std::string> failures;  // none: all is well
  std::vector<std::string> notes;     // reasons that nothing needs
  std::string untaken;                // a line for each with such branches
};

// `reasons` is a text with a line for each stretch of lines that did not run,
// which ends at the next line that did:
//
//   FILE | FIRST LINE | why
//
// FIRST LINE is that line without what is around it, * any line of the file,
// and - a file without code that runs. Lines that begin with # and empty ones
// do not count. Throws std::invalid_argument at any other.
Judgement Judge(const std::vector<Source>& sources, const Profile& profile,
                const std::string& reasons, const Limits& limits);

}  // namespace pma::covered

#endif  // TOOLS_COVERED_JUDGE_H_
