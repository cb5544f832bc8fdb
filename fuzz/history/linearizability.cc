// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/linearizability.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "fuzz/history/claims.h"
#include "fuzz/history/diagnosis.h"
#include "fuzz/history/history.h"
#include "fuzz/history/judgement.h"
#include "fuzz/history/precedence.h"
#include "fuzz/history/text_format.h"

namespace pma::history {
namespace {

using Set = Precedence::Set;

constexpr Set Bit(std::size_t i) { return Set{1} << i; }

constexpr std::uint64_t Mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Of one entry; the hash of the contents is the sum, whatever their order.
std::uint64_t HashOf(Key key, Value value) {
  return Mix(Mix(key + 0x9e3779b97f4a7c15u) + value);
}

// A claim of a scan, which is open until some state has borne it out.
struct ScanClaim {
  std::size_t scan;  // index of the operation
  Claim claim;
};

// What is the same for all orders of one history.
class Problem {
 public:
  Problem(const History& history, const Precedence& precedence)
      : history_(history), precedence_(precedence) {
    const std::vector<Key> keys = KeysOf(history);
    claims_end_.resize(size());
    for (std::size_t i = 0; i < size(); ++i) {
      const Operation& operation = At(i);
      if (CanChange(operation)) writes_ |= Bit(i);
      if (SpecOf(operation.kind).promise == Promise::kScan) {
        scans_ |= Bit(i);
        for (const Claim& claim : ClaimsAbout(operation, keys)) {
          claims_.push_back({i, claim});
        }
      }
      claims_end_[i] = claims_.size();
    }
  }

  const History& history() const { return history_; }
  std::size_t size() const { return history_.operations.size(); }
  Set all() const { return size() == 64 ? ~Set{0} : Bit(size()) - 1; }
  Set writes() const { return writes_; }
  Set scans() const { return scans_; }
  Set Before(std::size_t i) const { return precedence_.Before(i); }
  const Operation& At(std::size_t i) const { return history_.operations[i]; }

  // Indices into claims() of one scan's, [first, last).
  std::pair<std::size_t, std::size_t> ClaimsOf(std::size_t scan) const {
    return {scan == 0 ? 0 : claims_end_[scan - 1], claims_end_[scan]};
  }
  const std::vector<ScanClaim>& claims() const { return claims_; }

  // How far a count may be off: by the changes that run at the same time, of
  // which a clear counts for everything there is.
  std::uint64_t Tolerance(std::size_t count) const {
    std::uint64_t tolerance = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      if ((writes_ >> i & 1) == 0 || !precedence_.Concurrent(i, count))
        continue;
      tolerance +=
          OnlyKey(At(i)).has_value() ? 1 : history_.initial.size() + size();
    }
    return tolerance;
  }

 private:
  const History& history_;
  const Precedence& precedence_;
  Set writes_ = 0;
  Set scans_ = 0;
  std::vector<ScanClaim> claims_;
  std::vector<std::size_t> claims_end_;  // by operation
};

// A beginning of an order: which operations it has, what the map holds after
// it, and which claims of the scans under way it has borne out.
struct State {
  explicit State(const Problem& problem)
      : contents(problem.history().initial),
        borne_out(problem.claims().size()) {}

  Set done = 0;
  Set scanning = 0;  // scans under way: may have begun, not done
  Contents contents;
  std::vector<bool> borne_out;
  std::vector<std::size_t> order;

  std::uint64_t Hash() const {
    std::uint64_t hash = 0;
    for (const auto& [key, value] : contents) hash += HashOf(key, value);
    std::uint64_t claims = 0;
    for (std::size_t i = 0; i < borne_out.size(); ++i) {
      if (borne_out[i]) claims += Mix(~std::uint64_t{i});
    }
    return Mix(Mix(hash) + claims);
  }
};

// --- One step -------------------------------------------------------------

class Stepper {
 public:
  explicit Stepper(const Problem& problem) : problem_(problem) {}

  // All operations done before which it may not come are done.
  bool Ready(const State& state, std::size_t i) const {
    return (problem_.Before(i) & ~state.done) == 0;
  }

  // Does write `i`, if it is ready and answers as the specification does.
  bool TryWrite(State& state, std::size_t i) const {
    if (!Ready(state, i)) return false;
    const Operation& operation = problem_.At(i);
    if (!ApplyIfExplained(state.contents, operation)) return false;
    Finish(state, i);
    BearOutUnderWay(state, OnlyKey(operation));
    Settle(state);
    return true;
  }

  // Does every read that can be done without another write.
  void Settle(State& state) const {
    for (bool changed = true; changed;) {
      changed = false;
      Set rest = problem_.all() & ~state.done & ~problem_.writes();
      for (; rest != 0; rest &= rest - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(rest));
        if (Ready(state, i) && TryRead(state, i)) changed = true;
      }
    }
  }

 private:
  void Finish(State& state, std::size_t i) const {
    state.done |= Bit(i);
    state.order.push_back(i);
  }

  bool TryRead(State& state, std::size_t i) const {
    if ((problem_.scans() >> i & 1) != 0) {
      if ((state.scanning >> i & 1) == 0) {
        state.scanning |= Bit(i);
        BearOut(state, i, std::nullopt);
      }
      if (!AllBorneOut(state, i)) return false;
      state.scanning &= ~Bit(i);
      Finish(state, i);
      return true;
    }
    if (!AnswersAsSpecified(state, i)) return false;
    Finish(state, i);
    return true;
  }

  bool AnswersAsSpecified(State& state, std::size_t i) const {
    const Operation& operation = problem_.At(i);
    const OperationSpec& spec = SpecOf(operation.kind);
    if (spec.promise != Promise::kApproximate) {
      return ApplyIfExplained(state.contents, operation);
    }
    const std::uint64_t exact =
        spec.apply(state.contents, operation.arguments).value;
    const std::uint64_t told = operation.result.value;
    return (exact < told ? told - exact : exact - told) <=
           problem_.Tolerance(i);
  }

  void BearOutUnderWay(State& state, std::optional<Key> changed) const {
    for (Set rest = state.scanning; rest != 0; rest &= rest - 1) {
      BearOut(state, static_cast<std::size_t>(std::countr_zero(rest)), changed);
    }
  }

  // The claims of scan `i` that hold now; about one key only, if given.
  void BearOut(State& state, std::size_t i, std::optional<Key> about) const {
    const auto [first, last] = problem_.ClaimsOf(i);
    for (std::size_t c = first; c < last; ++c) {
      const Claim& claim = problem_.claims()[c].claim;
      if (state.borne_out[c] || (about.has_value() && claim.key != *about)) {
        continue;
      }
      state.borne_out[c] = Holds(state.contents, claim);
    }
  }

  bool AllBorneOut(const State& state, std::size_t i) const {
    const auto [first, last] = problem_.ClaimsOf(i);
    for (std::size_t c = first; c < last; ++c) {
      if (!state.borne_out[c]) return false;
    }
    return true;
  }

  static bool Holds(const Contents& contents, const Claim& claim) {
    const auto found = contents.find(claim.key);
    if (found == contents.end()) return !claim.value.has_value();
    return claim.value == found->second;
  }

  const Problem& problem_;
};

// --- The search -----------------------------------------------------------

class Search {
 public:
  Search(const Problem& problem, SearchLimits limits)
      : problem_(problem), stepper_(problem), limits_(limits) {}

  // Follows the suggested order of the writes and no other.
  bool Replay(std::span<const std::size_t> suggested) {
    State state(problem_);
    stepper_.Settle(state);
    for (const std::size_t i : suggested) {
      if ((problem_.writes() >> i & 1) != 0 && !stepper_.TryWrite(state, i)) {
        break;
      }
    }
    Note(state);
    return state.done == problem_.all();
  }

  // Tries every order. False also if it gave up.
  bool Run() {
    State state(problem_);
    stepper_.Settle(state);
    return Visit(state);
  }

  // Each distinct contents that some explaining order ends with.
  std::vector<Contents> AllFinalContents() {
    collecting_ = true;
    Run();
    return std::move(final_contents_);
  }

  bool gave_up() const { return gave_up_; }
  std::uint64_t states() const { return seen_.size(); }
  const std::vector<std::size_t>& longest_order() const { return longest_; }

 private:
  struct Seen {
    Set done;
    std::uint64_t hash;
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  struct HashSeen {
    std::size_t operator()(const Seen& seen) const {
      return static_cast<std::size_t>(Mix(seen.done) ^ seen.hash);
    }
  };

  bool Visit(const State& state) {
    Note(state);
    if (gave_up_ || !seen_.insert({state.done, state.Hash()}).second) {
      return false;
    }
    if (state.done == problem_.all()) {
      if (!collecting_) return true;
      final_contents_.push_back(state.contents);
      return false;
    }
    if (seen_.size() >= limits_.max_states) gave_up_ = true;
    for (Set rest = problem_.writes() & ~state.done; rest != 0;
         rest &= rest - 1) {
      State next = state;
      const auto i = static_cast<std::size_t>(std::countr_zero(rest));
      if (stepper_.TryWrite(next, i) && Visit(next)) return true;
    }
    return false;
  }

  void Note(const State& state) {
    if (state.order.size() > longest_.size()) longest_ = state.order;
  }

  const Problem& problem_;
  const Stepper stepper_;
  const SearchLimits limits_;
  bool collecting_ = false;
  bool gave_up_ = false;
  std::unordered_set<Seen, HashSeen> seen_;
  std::vector<std::size_t> longest_;
  std::vector<Contents> final_contents_;
};

// --- Explanations ---------------------------------------------------------

std::string PrintContents(const Contents& contents) {
  std::vector<Entry> entries;
  for (const auto& [key, value] : contents) entries.push_back({key, value});
  return PrintEntries(entries);
}

std::string WhyNot(const Problem& problem, const State& state, std::size_t i) {
  const Operation& operation = problem.At(i);
  if ((problem.scans() >> i & 1) == 0) {
    Contents contents = state.contents;
    Operation expected = operation;
    expected.result =
        SpecOf(operation.kind).apply(contents, operation.arguments);
    return "here it answers " + PrintResult(expected);
  }
  const auto [first, last] = problem.ClaimsOf(i);
  for (std::size_t c = first; c < last; ++c) {
    if (state.borne_out[c]) continue;
    const Claim& claim = problem.claims()[c].claim;
    return "it saw key " + std::to_string(claim.key) +
           (claim.value ? " with " + std::to_string(*claim.value) : " absent") +
           ", so far in its interval never so";
  }
  return "";
}

std::string Explain(const Problem& problem,
                    const std::vector<std::size_t>& longest) {
  const Stepper stepper(problem);
  State state(problem);
  stepper.Settle(state);
  for (const std::size_t i : longest) {
    if ((problem.writes() >> i & 1) != 0) stepper.TryWrite(state, i);
  }
  std::string text = "No order of the operations explains their answers.\n";
  if (!problem.history().initial.empty()) {
    text += "Initially: " + PrintContents(problem.history().initial) + "\n";
  }
  text += "Longest beginning that can be explained, " +
          std::to_string(state.order.size()) + " of " +
          std::to_string(problem.size()) + ":\n";
  for (const std::size_t i : state.order) {
    text += "  " + PrintOperation(problem.At(i)) + "\n";
  }
  text += "Then the map holds " + PrintContents(state.contents) +
          ", and none of these can follow:\n";
  for (std::size_t i = 0; i < problem.size(); ++i) {
    if ((state.done >> i & 1) != 0 || !stepper.Ready(state, i)) continue;
    text += "  " + PrintOperation(problem.At(i)) + "   (" +
            WhyNot(problem, state, i) + ")\n";
  }
  return text;
}

std::string ExplainShapes(const History& history) {
  std::string text;
  for (const Operation& operation : history.operations) {
    if (IsRangeRead(operation)) text += DescribeShapeError(operation);
  }
  return text;
}

std::vector<std::size_t> OrderOfReturn(const History& history) {
  std::vector<std::size_t> order(history.operations.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return std::pair(history.operations[i].returned, i);
  });
  return order;
}

}  // namespace

Judgement CheckLinearizable(const History& history,
                            const Precedence& precedence,
                            std::span<const std::size_t> suggested,
                            SearchLimits limits) {
  assert(precedence.size() == history.operations.size());
  Judgement judgement;
  judgement.explanation = ExplainShapes(history);
  if (!judgement.explanation.empty()) {
    judgement.verdict = Verdict::kViolation;
    return judgement;
  }
  const Problem problem(history, precedence);
  Search search(problem, limits);
  const std::vector<std::size_t> by_return =
      suggested.empty() ? OrderOfReturn(history) : std::vector<std::size_t>();
  judgement.by_replay =
      search.Replay(suggested.empty() ? by_return : suggested);
  const bool explained = judgement.by_replay || search.Run();
  judgement.order = search.longest_order();
  judgement.states = search.states();
  if (explained) return judgement;
  if (search.gave_up()) {
    judgement.verdict = Verdict::kUndecided;
    judgement.explanation = "The search gave up after " +
                            std::to_string(search.states()) + " states.\n";
    return judgement;
  }
  judgement.verdict = Verdict::kViolation;
  judgement.explanation = Explain(problem, search.longest_order());
  return judgement;
}

FinalContents FindFinalContents(const History& history,
                                const Precedence& precedence,
                                SearchLimits limits) {
  assert(precedence.size() == history.operations.size());
  FinalContents result;
  if (!ExplainShapes(history).empty()) return result;
  const Problem problem(history, precedence);
  Search search(problem, limits);
  result.contents = search.AllFinalContents();
  result.complete = !search.gave_up();
  return result;
}

}  // namespace pma::history
