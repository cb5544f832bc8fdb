// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/sample_histories.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "fuzz/history/claims.h"
#include "fuzz/history/history.h"
#include "pma/testing/random.h"

namespace pma::history {
namespace {

using pma::testing::Random;

// Runs the threads of one honest history, a step of a random one at a time.
class HonestRun {
 public:
  HonestRun(const SampleShape& shape, Random& random)
      : shape_(shape), random_(random), threads_(shape.threads) {
    for (std::size_t i = 0; i < shape.initial; ++i) {
      contents_.emplace(RandomKey(), RandomValue());
    }
    history_.initial = contents_;
    states_.push_back(contents_);
  }

  History Run(std::vector<std::size_t>* order) {
    while (returned_ < shape_.operations) {
      Step(static_cast<std::uint32_t>(random_.Below(shape_.threads)));
      ++now_;
    }
    if (order != nullptr) *order = order_;
    return std::move(history_);
  }

 private:
  struct Thread {
    enum class Progress { kIdle, kInvoked, kDone } progress = Progress::kIdle;
    std::size_t operation = 0;
    std::size_t states_at_invoke = 0;
  };

  void Step(std::uint32_t t) {
    Thread& thread = threads_[t];
    using Progress = Thread::Progress;
    switch (thread.progress) {
      case Progress::kIdle:
        if (history_.operations.size() == shape_.operations) return;
        thread.operation = history_.operations.size();
        thread.states_at_invoke = states_.size();
        history_.operations.push_back(RandomCall(t));
        thread.progress = Progress::kInvoked;
        return;
      case Progress::kInvoked:
        TakeEffect(thread);
        thread.progress = Progress::kDone;
        return;
      case Progress::kDone:
        history_.operations[thread.operation].returned = now_;
        ++returned_;
        thread.progress = Progress::kIdle;
        return;
    }
  }

  Operation RandomCall(std::uint32_t thread) {
    const auto all = AllOperations();
    const OperationKind kind =
        shape_.kinds.empty() ? all[random_.Below(all.size())].kind
                             : shape_.kinds[random_.Below(shape_.kinds.size())];
    Operation operation{.kind = kind, .thread = thread, .invoked = now_};
    Arguments& a = operation.arguments;
    switch (SpecOf(kind).arguments) {
      case ArgumentForm::kNone:
        break;
      case ArgumentForm::kKey:
        a = {RandomKey()};
        break;
      case ArgumentForm::kKeyValue:
        a = {RandomKey(), RandomValue()};
        break;
      case ArgumentForm::kRange:
        a = {RandomKey(), RandomKey() + 1};
        break;
      case ArgumentForm::kRangeAndLimit:
        a = {RandomKey(), RandomKey() + 1, 1 + random_.Below(2)};
        break;
      case ArgumentForm::kKeyAndLimit:
        a = {RandomKey(), 1 + random_.Below(2)};
        break;
    }
    return operation;
  }

  void TakeEffect(const Thread& thread) {
    Operation& operation = history_.operations[thread.operation];
    order_.push_back(thread.operation);
    const OperationSpec& spec = SpecOf(operation.kind);
    operation.result = spec.apply(contents_, operation.arguments);
    if (spec.promise == Promise::kScan) {
      ReadKeyByKey(operation, thread.states_at_invoke - 1);
    }
    states_.push_back(contents_);
  }

  // Each key in the state after another of the steps since the invocation. Not
  // for stopped scans: where they stop depends on it.
  void ReadKeyByKey(Operation& operation, std::size_t first_state) {
    const Range range = SpecOf(operation.kind).range(operation.arguments);
    if (range.limit != ~std::uint64_t{0}) return;
    operation.result.entries.clear();
    for (Key key = 1; key <= shape_.keys; ++key) {
      if (!range.Contains(key)) continue;
      const Contents& state =
          states_[first_state + random_.Below(states_.size() - first_state)];
      if (const auto found = state.find(key); found != state.end()) {
        operation.result.entries.push_back({key, found->second});
      }
    }
    if (range.reverse) std::ranges::reverse(operation.result.entries);
  }

  Key RandomKey() { return 1 + random_.Below(shape_.keys); }
  Value RandomValue() {
    return shape_.unique_values ? 100 + ++values_ : 1 + random_.Below(2);
  }

  const SampleShape& shape_;
  Random& random_;
  History history_;
  Contents contents_;
  std::vector<Contents> states_;  // after each effect
  std::vector<Thread> threads_;
  std::vector<std::size_t> order_;
  std::size_t returned_ = 0;
  std::uint64_t now_ = 1;
  Value values_ = 0;
};

// Calls `place` with every way in which `size` intervals can overlap: all
// sequences of their 2 * size ends.
void ForEachPlacing(std::size_t size, History& history,
                    std::vector<int>& ends_placed, std::uint64_t now,
                    const std::function<void()>& place) {
  if (now == 2 * size) return place();
  for (std::size_t i = 0; i < size; ++i) {
    if (ends_placed[i] == 2) continue;
    Operation& operation = history.operations[i];
    (ends_placed[i] == 0 ? operation.invoked : operation.returned) = now;
    ++ends_placed[i];
    ForEachPlacing(size, history, ends_placed, now + 1, place);
    --ends_placed[i];
  }
}

}  // namespace

History HonestHistory(const SampleShape& shape, Random& random,
                      std::vector<std::size_t>* order) {
  return HonestRun(shape, random).Run(order);
}

void ChangeOneAnswer(History& history, Random& random) {
  Operation& operation =
      history.operations[random.Below(history.operations.size())];
  Result& result = operation.result;
  const auto change_value = [&](Value& value) {
    value += random.Below(2) == 0 ? 1 : ~Value{0};
  };
  switch (SpecOf(operation.kind).result) {
    case ResultForm::kNothing:
      return;
    case ResultForm::kFlag:
      result.yes = !result.yes;
      return;
    case ResultForm::kMaybeValue:
      if (result.yes && random.Below(2) == 0) {
        change_value(result.value);
      } else {
        result = result.yes ? Result{} : Found(101);
      }
      return;
    case ResultForm::kMaybeEntry:
      if (result.yes && random.Below(2) == 0) {
        change_value(random.Below(2) == 0 ? result.key : result.value);
      } else {
        result = result.yes ? Result{} : FoundEntry(Entry{1, 101});
      }
      return;
    case ResultForm::kEntries:
      if (result.entries.empty() || random.Below(3) == 0) {
        result.entries.push_back({1 + random.Below(3), 101});
      } else {
        const std::size_t at = random.Below(result.entries.size());
        if (random.Below(2) == 0) {
          change_value(result.entries[at].value);
        } else {
          result.entries.erase(result.entries.begin() +
                               static_cast<std::ptrdiff_t>(at));
        }
      }
      return;
    case ResultForm::kCount:
      change_value(result.value);
      return;
  }
}

void ForEachHistory(std::size_t size, std::span<const Operation> choices,
                    const std::function<void(const History&)>& judge) {
  std::vector<std::size_t> chosen(size, 0);
  while (true) {
    History history;
    for (std::size_t i = 0; i < size; ++i) {
      history.operations.push_back(choices[chosen[i]]);
      history.operations.back().thread = static_cast<std::uint32_t>(i);
    }
    std::vector<int> ends_placed(size, 0);
    ForEachPlacing(size, history, ends_placed, 0, [&] { judge(history); });
    std::size_t digit = 0;
    while (digit < size && ++chosen[digit] == choices.size()) {
      chosen[digit++] = 0;
    }
    if (digit == size) return;
  }
}

}  // namespace pma::history
