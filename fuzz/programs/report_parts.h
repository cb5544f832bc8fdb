// SPDX-License-Identifier: Apache-2.0

// What the reports of all kinds of programs have in common.

#ifndef PMA_FUZZ_PROGRAMS_REPORT_PARTS_H_
#define PMA_FUZZ_PROGRAMS_REPORT_PARTS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "fuzz/programs/frame.h"
#include "fuzz/programs/sparse.h"

namespace pma::programs {

// What kind of failure it is: the report without numbers and places, so that a
// smaller program fails alike if it fails in the same way.
std::string KindOf(const std::string& failure);

// A case to paste: `suite` has an ExpectPasses(bytes).
std::string TestCase(std::string_view suite, std::span<const uint8_t> bytes);

// The first lines: what went wrong and how large the program is. `own` is what
// the kind has to say of it, e.g. "2 initial entries, ".
template <class Program>
std::string Headline(const Program& program, const Executed& executed,
                     const std::string& own) {
  return (executed.ok() ? "passes\n" : executed.failure) + "\n" +
         std::to_string(program.fibers.size()) + " fibers, " +
         std::to_string(program.CallCount()) + " calls, " + own +
         std::to_string(PairsOf(executed.sparse).size()) +
         " decisions that are not the dull ones" +
         (program.stale ? "" : ", newest values only") +
         (program.light_fence ? "" : ", no process-wide fence") + "\n\n";
}

}  // namespace pma::programs

#endif  // PMA_FUZZ_PROGRAMS_REPORT_PARTS_H_
