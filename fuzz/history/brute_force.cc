// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/brute_force.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "fuzz/history/claims.h"
#include "fuzz/history/history.h"
#include "fuzz/history/precedence.h"

namespace pma::history {
namespace {

// Deliberately shares no step with the checkers: contents are copied, no read
// is placed early, nothing is remembered.
class BruteForce {
 public:
  BruteForce(const History& history, const Precedence& precedence)
      : history_(history),
        precedence_(precedence),
        progress_(history.operations.size(), Progress::kWaiting),
        began_(history.operations.size()) {}

  bool Try() {
    states_ = {history_.initial};
    return TryRest();
  }

 private:
  enum class Progress { kWaiting, kScanning, kDone };

  bool TryRest() {
    bool all_done = true;
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      if (progress_[i] == Progress::kDone) continue;
      all_done = false;
      if (progress_[i] == Progress::kScanning) {
        if (TryEndScan(i)) return true;
      } else if (Ready(i) && (IsScan(i) ? TryBeginScan(i) : TryOperation(i))) {
        return true;
      }
    }
    return all_done;
  }

  bool IsScan(std::size_t i) const {
    return SpecOf(history_.operations[i].kind).promise == Promise::kScan;
  }

  bool Ready(std::size_t i) const {
    for (std::size_t j = 0; j < progress_.size(); ++j) {
      if ((precedence_.Before(i) >> j & 1) != 0 &&
          progress_[j] != Progress::kDone) {
        return false;
      }
    }
    return true;
  }

  bool TryOperation(std::size_t i) {
    const Operation& operation = history_.operations[i];
    const OperationSpec& spec = SpecOf(operation.kind);
    Contents after = states_.back();
    const Result result = spec.apply(after, operation.arguments);
    if (spec.promise == Promise::kApproximate ? !CloseEnough(i, result.value)
                                              : result != operation.result) {
      return false;
    }
    states_.push_back(after);
    progress_[i] = Progress::kDone;
    if (TryRest()) return true;
    progress_[i] = Progress::kWaiting;
    states_.pop_back();
    return false;
  }

  bool CloseEnough(std::size_t i, std::uint64_t exact) const {
    const std::uint64_t told = history_.operations[i].result.value;
    std::uint64_t off = exact < told ? told - exact : exact - told;
    for (std::size_t j = 0; j < progress_.size(); ++j) {
      const Operation& other = history_.operations[j];
      if (!precedence_.Concurrent(i, j) || !CanChange(other)) continue;
      // A clear under way excuses as many entries as there can have been.
      const std::uint64_t excused =
          other.kind == OperationKind::kClear
              ? history_.initial.size() + history_.operations.size()
              : 1;
      off -= std::min(off, excused);
    }
    return off == 0;
  }

  bool TryBeginScan(std::size_t i) {
    began_[i] = states_.size() - 1;
    progress_[i] = Progress::kScanning;
    if (TryRest()) return true;
    progress_[i] = Progress::kWaiting;
    return false;
  }

  bool TryEndScan(std::size_t i) {
    if (!ScanKeptItsPromise(i)) return false;
    progress_[i] = Progress::kDone;
    if (TryRest()) return true;
    progress_[i] = Progress::kScanning;
    return false;
  }

  bool ScanKeptItsPromise(std::size_t i) const {
    const Operation& scan = history_.operations[i];
    const Range range = SpecOf(scan.kind).range(scan.arguments);
    const std::vector<Entry>& seen = scan.result.entries;
    for (std::size_t e = 0; e < seen.size(); ++e) {
      if (!range.Contains(seen[e].key)) return false;
      if (e == 0) continue;
      const bool descends = seen[e].key < seen[e - 1].key;
      if (seen[e].key == seen[e - 1].key || descends != range.reverse) {
        return false;
      }
    }
    if (seen.size() > range.limit) return false;
    const Range told = ClaimedRange(scan);
    for (const Key key : KeysOf(history_)) {
      if (!told.Contains(key)) continue;
      std::optional<Value> said;
      for (const Entry& entry : seen) {
        if (entry.key == key) said = entry.value;
      }
      if (!WasSoSince(began_[i], key, said)) return false;
    }
    return true;
  }

  bool WasSoSince(std::size_t began, Key key, std::optional<Value> said) const {
    return std::any_of(states_.begin() + static_cast<std::ptrdiff_t>(began),
                       states_.end(), [&](const Contents& contents) {
                         const auto found = contents.find(key);
                         if (found == contents.end()) return !said.has_value();
                         return said == found->second;
                       });
  }

  const History& history_;
  const Precedence& precedence_;
  std::vector<Progress> progress_;
  std::vector<std::size_t> began_;  // of scans: index into states_
  std::vector<Contents> states_;
};

}  // namespace

bool ExplainableByBruteForce(const History& history,
                             const Precedence& precedence) {
  return BruteForce(history, precedence).Try();
}

}  // namespace pma::history
