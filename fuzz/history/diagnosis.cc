// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/diagnosis.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fuzz/history/claims.h"
#include "fuzz/history/history.h"
#include "fuzz/history/text_format.h"

namespace pma::history {
namespace {

// Mentions to print around an unexplained one: what came just before tells
// most.
constexpr std::size_t kShown = 12;

bool Before(const Operation& a, const Operation& b) {
  return a.returned < b.invoked;
}

// The state in which an operation must have found the key, as far as its result
// says so.
struct Found {
  bool known = false;
  bool present = false;
  std::optional<Value> value;  // if it saw that too
};

// What a call on one key found and left there, worked out by trying it.
struct Transition {
  Found found;
  bool writes = false;        // for certain
  std::optional<Value> left;  // if it writes
};

// Tries the call on the absent key and on the key with a value of its own.
Transition TransitionOf(Key key, const Mention& mention) {
  Transition result;
  if (mention.claim.has_value()) {
    const bool present = mention.claim->value.has_value();
    result.found = {true, present, mention.claim->value};
    return result;
  }
  const Operation& operation = *mention.operation;
  Value other = 1;
  while (other == operation.arguments[1] || other == operation.result.value) {
    ++other;
  }
  Contents absent;
  Contents present = {{key, other}};
  Contents as_read = {{key, operation.result.value}};
  const bool if_absent = ApplyIfExplained(absent, operation);
  const bool if_present = ApplyIfExplained(present, operation);
  const bool if_read = ApplyIfExplained(as_read, operation);
  const Contents& after = if_absent ? absent : present;
  if (const auto left = after.find(key);
      CanChange(operation) && left != after.end()) {
    result.left = left->second;
  }
  // What does not tell whether it wrote overwrites nothing for certain.
  result.writes =
      CanChange(operation) && (!if_absent || !if_present || absent == present);
  if (if_absent && !if_present && !if_read) result.found = {true, false, {}};
  if (!if_absent && if_present) result.found = {true, true, {}};
  if (!if_absent && !if_present && if_read) {
    result.found = {true, true, operation.result.value};
  }
  return result;
}

class Diagnosis {
 public:
  Diagnosis(Key key, std::optional<Value> initial,
            std::span<const Mention> mentions, std::size_t unexplained)
      : initial_(initial),
        mentions_(mentions),
        unexplained_(*mentions[unexplained].operation) {
    for (const Mention& mention : mentions) {
      transitions_.push_back(TransitionOf(key, mention));
    }
    found_ = transitions_[unexplained].found;
  }

  std::string Rule() const {
    if (!found_.known) return "";
    if (!found_.present) return RuleOfAbsence();
    return found_.value.has_value() ? RuleOfValue(*found_.value)
                                    : RuleOfPresence();
  }

 private:
  std::string RuleOfValue(Value value) const {
    bool written = initial_ == value;
    std::string overwritten;
    for (std::size_t i = 0; i < mentions_.size(); ++i) {
      if (transitions_[i].left != value) continue;
      const Operation& write = *mentions_[i].operation;
      written = true;
      if (Before(unexplained_, write)) continue;
      overwritten = OverwrittenAfter(&write);
      if (overwritten.empty()) return "";
    }
    const std::string name = "value " + std::to_string(value);
    if (!written) return name + " was never written to this key";
    if (initial_ == value && overwritten.empty()) {
      overwritten = OverwrittenAfter(nullptr);
      if (overwritten.empty()) return "";
    }
    if (overwritten.empty()) return name + " was not written yet";
    return name + " was certainly overwritten before, by\n    " + overwritten;
  }

  // A write that came certainly after `write` (or after the beginning) and
  // certainly before the unexplained operation.
  std::string OverwrittenAfter(const Operation* write) const {
    for (std::size_t i = 0; i < mentions_.size(); ++i) {
      const Operation& other = *mentions_[i].operation;
      if (transitions_[i].writes && Before(other, unexplained_) &&
          (write == nullptr || Before(*write, other))) {
        return PrintOperation(other);
      }
    }
    return "";
  }

  std::string RuleOfAbsence() const {
    const auto removes = [](const Transition& t) {
      return t.writes && !t.left.has_value();
    };
    const auto puts = [](const Transition& t) { return t.left.has_value(); };
    return Since(puts, removes, initial_.has_value())
               ? "the key was certainly present throughout"
               : "";
  }

  std::string RuleOfPresence() const {
    const auto removes = [](const Transition& t) {
      return t.writes && !t.left.has_value();
    };
    const auto puts = [](const Transition& t) { return t.left.has_value(); };
    return Since(removes, puts, !initial_.has_value())
               ? "the key was certainly absent throughout"
               : "";
  }

  // Whether one of `causes` (or the beginning) came certainly before the
  // unexplained operation and none of `undoes` can have come in between.
  template <class Causes, class Undoes>
  bool Since(Causes causes, Undoes undoes, bool initially) const {
    const auto undone_after = [&](const Operation* cause) {
      for (std::size_t i = 0; i < mentions_.size(); ++i) {
        const Operation& other = *mentions_[i].operation;
        if (&other != &unexplained_ && undoes(transitions_[i]) &&
            !Before(unexplained_, other) &&
            (cause == nullptr || !Before(other, *cause))) {
          return true;
        }
      }
      return false;
    };
    if (initially && !undone_after(nullptr)) return true;
    for (std::size_t i = 0; i < mentions_.size(); ++i) {
      const Operation& cause = *mentions_[i].operation;
      if (causes(transitions_[i]) && Before(cause, unexplained_) &&
          !undone_after(&cause)) {
        return true;
      }
    }
    return false;
  }

  const std::optional<Value> initial_;
  const std::span<const Mention> mentions_;
  const Operation& unexplained_;
  std::vector<Transition> transitions_;  // by mention
  Found found_;
};

std::string DescribeMention(const Mention& mention) {
  if (!mention.claim.has_value()) return PrintOperation(*mention.operation);
  const Operation& operation = *mention.operation;
  return std::to_string(operation.thread) + " " +
         std::to_string(operation.invoked) + " " +
         std::to_string(operation.returned) + " " + PrintCall(operation) +
         " said of it: " +
         (mention.claim->value ? std::to_string(*mention.claim->value)
                               : "absent");
}

}  // namespace

std::string DescribeShapeError(const Operation& operation) {
  const std::string error = ShapeError(operation);
  if (error.empty()) return "";
  return "Impossible whatever the map held: " + error + "\n  " +
         PrintOperation(operation) + "\n";
}

std::string DiagnoseKey(Key key, std::optional<Value> initial,
                        std::span<const Mention> mentions,
                        std::size_t unexplained) {
  const Mention& culprit = mentions[unexplained];
  std::string text = "No order of the operations on key " +
                     std::to_string(key) + " explains their answers.\n";
  text += "Certain at the return of\n  " + DescribeMention(culprit) + "\n";
  const std::string rule =
      Diagnosis(key, initial, mentions, unexplained).Rule();
  if (!rule.empty()) text += "because " + rule + "\n";
  text +=
      "What was said about the key until then, the latest last (initially " +
      (initial ? std::to_string(*initial) : "absent") + "):\n";

  std::vector<const Mention*> shown;
  for (const Mention& mention : mentions) {
    if (mention.operation->invoked <= culprit.operation->returned) {
      shown.push_back(&mention);
    }
  }
  std::ranges::sort(shown, {}, [](const Mention* mention) {
    return mention->operation->returned;
  });
  const std::size_t first = shown.size() > kShown ? shown.size() - kShown : 0;
  if (first > 0) text += "  ... " + std::to_string(first) + " before\n";
  for (std::size_t i = first; i < shown.size(); ++i) {
    text += "  " + DescribeMention(*shown[i]) + "\n";
  }
  return text;
}

}  // namespace pma::history
