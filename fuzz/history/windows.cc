// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/windows.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/history/history.h"
#include "fuzz/history/judgement.h"
#include "fuzz/history/linearizability.h"
#include "fuzz/history/precedence.h"

namespace pma::history {
namespace {

// What the map may hold at a cut; more alternatives are not worth their cost.
constexpr std::size_t kMaxAlternatives = 64;

// The operations in the order of their invocation; those of one thread stay in
// theirs.
std::vector<Operation> ByInvocation(const History& history) {
  std::vector<std::size_t> order(history.operations.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return std::pair(history.operations[i].invoked, i);
  });
  std::vector<Operation> operations;
  operations.reserve(order.size());
  for (const std::size_t i : order) {
    operations.push_back(history.operations[i]);
  }
  return operations;
}

class WindowChecker {
 public:
  WindowChecker(const Contents& initial, SearchLimits limits)
      : limits_(limits), alternatives_(Alternatives{initial}) {}

  // Returns whether to go on.
  bool Check(std::span<const Operation> window) {
    ++result_.windows;
    if (window.size() > 1) result_.overlapping += window.size();
    if (!alternatives_.has_value()) LearnFrom(window);
    if (!alternatives_.has_value()) return true;
    if (window.size() > Precedence::kMaxOperations) {
      alternatives_.reset();
      return true;
    }
    return Search(window);
  }

  WindowsJudgement Take() { return std::move(result_); }

 private:
  using Alternatives = std::set<Contents>;

  // A whole scan with nothing else under way tells what the map holds.
  void LearnFrom(std::span<const Operation> window) {
    if (window.size() != 1 || window[0].kind != OperationKind::kScanAll) return;
    Contents contents;
    for (const Entry& entry : window[0].result.entries) {
      contents.emplace(entry.key, entry.value);
    }
    alternatives_ = Alternatives{std::move(contents)};
  }

  bool Search(std::span<const Operation> window) {
    const Precedence precedence = Precedence::ByTime(window);
    History history;
    history.operations.assign(window.begin(), window.end());
    Alternatives after;
    bool complete = true;
    for (const Contents& contents : *alternatives_) {
      history.initial = contents;
      FinalContents finals = FindFinalContents(history, precedence, limits_);
      complete = complete && finals.complete;
      after.insert(finals.contents.begin(), finals.contents.end());
    }
    if (!complete || after.size() > kMaxAlternatives) {
      alternatives_.reset();
      return true;
    }
    ++result_.windows_searched;
    result_.operations_searched += window.size();
    if (!after.empty()) {
      alternatives_ = std::move(after);
      return true;
    }
    history.initial = *alternatives_->begin();
    result_.judgement = CheckLinearizable(history, precedence, {}, limits_);
    if (alternatives_->size() > 1) {
      result_.judgement.explanation +=
          "(The same holds for " + std::to_string(alternatives_->size() - 1) +
          " other contents that the map can have had initially.)\n";
    }
    return false;
  }

  const SearchLimits limits_;
  std::optional<Alternatives> alternatives_;  // nothing: unknown
  WindowsJudgement result_;
};

}  // namespace

WindowsJudgement CheckByWindows(const History& history, SearchLimits limits) {
  const std::vector<Operation> operations = ByInvocation(history);
  WindowChecker checker(history.initial, limits);
  std::size_t begin = 0;
  std::uint64_t last_return = 0;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (i > begin && operations[i].invoked > last_return) {
      if (!checker.Check(std::span(operations).subspan(begin, i - begin))) {
        return checker.Take();
      }
      begin = i;
    }
    last_return = std::max(last_return, operations[i].returned);
  }
  if (begin < operations.size()) {
    checker.Check(std::span(operations).subspan(begin));
  }
  return checker.Take();
}

}  // namespace pma::history
