// SPDX-License-Identifier: Apache-2.0

// Fuzzes the reader of recorded histories, and the judges with what it reads:
// a history is refused with a line that names the place, or it is the same
// when printed and read again, and every judge says of it what trying out all
// orders says.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fuzz/history/brute_force.h"
#include "fuzz/history/history.h"
#include "fuzz/history/judge.h"
#include "fuzz/history/judgement.h"
#include "fuzz/history/linearizability.h"
#include "fuzz/history/precedence.h"
#include "fuzz/history/text_format.h"

namespace pma::history {
namespace {

[[noreturn]] void Fail(const std::string& what, const History& history) {
  std::fprintf(stderr, "history_file_fuzz: %s\n%s", what.c_str(),
               PrintHistory(history).c_str());
  std::abort();
}

// Trying out all orders of more takes too long.
constexpr std::size_t kMostTriedOut = 5;
// What has more is not judged: nothing new, only slower.
constexpr std::size_t kMostJudged = 40;

void JudgeAll(const History& history) {
  const OverallJudgement overall = JudgeHistory(history);
  if (overall.judgement.ok() != overall.judgement.explanation.empty()) {
    Fail("a verdict without its explanation, or the other way round", history);
  }
  if (history.operations.size() > kMostTriedOut) return;
  const Precedence precedence = Precedence::ByTime(history.operations);
  const bool explainable = ExplainableByBruteForce(history, precedence);
  if (explainable != CheckLinearizable(history, precedence).ok()) {
    Fail(explainable ? "the search misses an order" : "the search is content",
         history);
  }
  if (explainable && overall.judgement.verdict == Verdict::kViolation) {
    Fail("called a violation: " + overall.judgement.explanation, history);
  }
}

void Run(std::string_view text) {
  const ParsedHistory parsed = ParseHistory(text);
  if (!parsed.history.has_value()) {
    if (!parsed.error.starts_with("line ")) std::abort();
    return;
  }
  const std::string printed = PrintHistory(*parsed.history);
  const ParsedHistory again = ParseHistory(printed);
  if (again.history != parsed.history) {
    Fail("not the same when reread: " + again.error, *parsed.history);
  }
  if (parsed.history->operations.size() <= kMostJudged) {
    JudgeAll(*parsed.history);
  }
}

}  // namespace
}  // namespace pma::history

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  pma::history::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
