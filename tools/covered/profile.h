// SPDX-License-Identifier: Apache-2.0

// What has run of each file, read from what `llvm-cov export` writes.
//
// Headers of templates are compiled many times. A line has run if it has in any
// instantiation. A branch is an outcome of a condition, so a condition has two;
// one is taken if any instantiation has taken it. Conditions that the compiler
// decides (if constexpr) have none.

#ifndef TOOLS_COVERED_PROFILE_H_
#define TOOLS_COVERED_PROFILE_H_

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace pma::covered {

// Where a condition stands: line and column, of its begin and its end.
using Condition = std::array<std::size_t, 4>;

struct Outcomes {
  bool was_true = false;
  bool was_false = false;
  std::size_t taken() const { return std::size_t{was_true} + was_false; }
};

struct FileProfile {
  // Lines with code, and whether they have run.
  std::map<std::size_t, bool> Lines() const;

  std::map<Condition, Outcomes> conditions;

  // Of code that was more than a bare region without a count.
  std::map<std::size_t, bool> known_lines;
  // Where regions with more to them begin, by line and column, and bare ones,
  // with the line they end in. A function that a program does not use is one
  // bare region for the compiler, preprocessor's lines and comments included:
  // those are lines of code only as far as no other program knows better.
  std::set<std::pair<std::size_t, std::size_t>> known_starts;
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> bare;
};

// Files by the names the compiler was told.
using Profile = std::map<std::string, FileProfile>;

// Adds what one program has run. Throws std::exception if `json` is not such an
// export.
//
// One program at a time: functions of the same name that were compiled from
// other lines, as for other processors, are one for llvm-cov.
void AddProfile(const std::string& json, Profile& profile);

}  // namespace pma::covered

#endif  // TOOLS_COVERED_PROFILE_H_
