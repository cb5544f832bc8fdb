// SPDX-License-Identifier: Apache-2.0

// A stress that has not been seen to fail proves nothing: here it judges maps
// with a lock, which are right, and maps with a planted bug, which are not.

#include "fuzz/history/stress.h"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fuzz/history/history.h"
#include "fuzz/history/judge.h"
#include "fuzz/history/judgement.h"
#include "fuzz/history/text_format.h"
#include "gtest/gtest.h"
#include "pma/testing/build_variant.h"

namespace pma::history {
namespace {

using pma::testing::Scaled;

enum class Bug {
  kNone,
  kAssignErasesFirst,    // an overwritten key is briefly absent
  kInsertLooksFirst,     // two threads can both insert a key
  kClearErasesKeyByKey,  // others see it half done
  kScanMissesMovedKeys,  // a key present throughout is missed
  kFindReturnsOldValue,  // the value before the last one
  kFloorLooksTwice,      // nearest at one moment, value of another
  kComputeLetsGo,        // what it has read is no longer there when it writes
  kSnapshotInSteps,      // entry by entry, as a scan
  kPopErasesLater,       // two threads can take the same entry
  kMergeLooksFirst,      // puts what was absent over what is there by now
};

// absl::btree_map under a lock that buggy operations let go of half-way.
template <Bug kBug>
class LockedMap {
 public:
  using key_type = Key;
  using mapped_type = Value;

  using Pair = std::optional<std::pair<Key, Value>>;

  bool insert(Key key, Value value) {
    if constexpr (kBug == Bug::kInsertLooksFirst) {
      if (contains(key)) return false;
      GiveWay();
      const std::lock_guard lock(mutex_);
      contents_[key] = value;
      return true;
    }
    const std::lock_guard lock(mutex_);
    return contents_.try_emplace(key, value).second;
  }
  bool try_emplace(Key key, Value value) { return insert(key, value); }

  bool insert_or_assign(Key key, Value value) {
    if constexpr (kBug == Bug::kAssignErasesFirst) {
      const bool erased = erase(key);
      GiveWay();
      const std::lock_guard lock(mutex_);
      contents_.insert_or_assign(key, value);
      return !erased;
    }
    const std::lock_guard lock(mutex_);
    const auto [at, inserted] = contents_.try_emplace(key, value);
    if (!inserted) old_[key] = std::exchange(at->second, value);
    return inserted;
  }

  bool erase(Key key) {
    const std::lock_guard lock(mutex_);
    return contents_.erase(key) != 0;
  }

  std::optional<Value> find(Key key) const {
    const std::lock_guard lock(mutex_);
    const auto found = contents_.find(key);
    if (found == contents_.end()) return std::nullopt;
    if (kBug == Bug::kFindReturnsOldValue && ++finds_ % 16 == 0) {
      const auto old = old_.find(key);
      if (old != old_.end()) return old->second;
    }
    return found->second;
  }
  bool contains(Key key) const {
    const std::lock_guard lock(mutex_);
    return contents_.contains(key);
  }
  void find_batch(std::span<const Key> keys,
                  std::span<std::optional<Value>> values) const {
    for (std::size_t i = 0; i < keys.size(); ++i) values[i] = find(keys[i]);
  }

  Pair first() const { return At(OperationKind::kFirst, 0); }
  Pair last() const { return At(OperationKind::kLast, 0); }
  Pair floor(Key q) const {
    Pair found = At(OperationKind::kFloor, q);
    if constexpr (kBug == Bug::kFloorLooksTwice) {
      GiveWay();
      if (found.has_value()) {
        const std::optional<Value> value = find(found->first);
        if (value.has_value()) found->second = *value;
      }
    }
    return found;
  }
  Pair ceiling(Key q) const { return At(OperationKind::kCeiling, q); }
  Pair lower(Key q) const { return At(OperationKind::kLower, q); }
  Pair higher(Key q) const { return At(OperationKind::kHigher, q); }

  // Key by key: nothing here is one instant, which scans need not be.
  template <class F>
  void scan(Key lo, Key hi, F&& f) const {
    std::size_t seen = 0;
    for (Pair at = ceiling(lo); at.has_value() && at->first < hi;
         at = higher(at->first)) {
      if (kBug == Bug::kScanMissesMovedKeys && ++seen % 8 == 0) continue;
      if (!f(at->first, at->second)) return;
    }
  }
  template <class F>
  void scan(F&& f) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, value] : contents_) f(key, value);
  }
  template <class F>
  void scan_from(Key lo, F&& f) const {
    scan(lo, ~Key{0}, f);
  }
  template <class F>
  void scan_n(Key lo, std::size_t limit, F&& f) const {
    std::size_t seen = 0;
    scan(lo, ~Key{0},
         [&](Key key, Value value) { return f(key, value), ++seen < limit; });
  }
  template <class F>
  void scan_reverse(Key lo, Key hi, F&& f) const {
    for (Pair at = lower(hi); at.has_value() && at->first >= lo;
         at = lower(at->first)) {
      if (!f(at->first, at->second)) return;
    }
  }

  template <class F>
  void scan_after(Key lo, F&& f) const {
    scan(lo + 1, ~Key{0}, f);
  }
  template <class F>
  void scan_reverse_from(Key hi, F&& f) const {
    scan_reverse(0, hi + 1, f);
  }
  template <class F>
  void scan_reverse_n(Key hi, std::size_t limit, F&& f) const {
    std::size_t seen = 0;
    scan_reverse(0, hi + 1, [&](Key key, Value value) {
      return f(key, value), ++seen < limit;
    });
  }
  template <class F>
  void scan_columns(Key lo, Key hi, F&& f) const {
    std::vector<Key> keys;
    std::vector<Value> values;
    scan(lo, hi, [&](Key key, Value value) {
      keys.push_back(key);
      values.push_back(value);
      return true;
    });
    f(std::span<const Key>(keys), std::span<const Value>(values));
  }
  template <class F>
  bool visit_entry(Key key, F&& f) const {
    const std::optional<Value> value = find(key);
    if (value.has_value()) f(key, *value);
    return value.has_value();
  }
  std::size_t count_range(Key lo, Key hi) const {
    std::size_t count = 0;
    scan(lo, hi, [&](Key, Value) { return ++count > 0; });
    return count;
  }
  class Cursor {
   public:
    Cursor(const LockedMap& map, Pair at) : map_(&map), at_(std::move(at)) {}
    bool valid() const { return at_.has_value(); }
    Key key() const { return at_->first; }
    Value value() const { return at_->second; }
    void seek_for_prev(Key q) { at_ = map_->floor(q); }
    void next() { at_ = map_->higher(at_->first); }
    void prev() { at_ = map_->lower(at_->first); }

   private:
    const LockedMap* map_;
    Pair at_;
  };
  Cursor cursor() const { return {*this, first()}; }
  Cursor cursor(Key lo) const { return {*this, ceiling(lo)}; }

  template <class F>
  void snapshot_scan(Key lo, Key hi, F&& f) const {
    if constexpr (kBug == Bug::kSnapshotInSteps) {
      for (Pair at = ceiling(lo); at.has_value() && at->first < hi;
           at = higher(at->first)) {
        if (!f(at->first, at->second)) return;
        GiveWay();
      }
      return;
    }
    const std::lock_guard lock(mutex_);
    for (auto at = contents_.lower_bound(lo);
         at != contents_.end() && at->first < hi; ++at) {
      f(at->first, at->second);
    }
  }

  template <class F>
  std::optional<Value> compute(Key key, F&& f) {
    std::unique_lock lock(mutex_);
    const auto found = contents_.find(key);
    std::optional<Value> now;
    if (found != contents_.end()) now = found->second;
    if constexpr (kBug == Bug::kComputeLetsGo) {
      lock.unlock();
      GiveWay();
      lock.lock();
    }
    const std::optional<Value> result = f(now.has_value() ? &*now : nullptr);
    if (result.has_value()) {
      contents_.insert_or_assign(key, *result);
    } else {
      contents_.erase(key);
    }
    return result;
  }
  std::optional<Value> exchange(Key key, Value value) {
    std::optional<Value> before;
    compute(key, [&](const Value* now) -> std::optional<Value> {
      if (now != nullptr) before = *now;
      return value;
    });
    return before;
  }
  template <class F>
  bool update(Key key, F f) {
    return compute(key,
                   [&](const Value* now) -> std::optional<Value> {
                     if (now == nullptr) return std::nullopt;
                     return f(*now);
                   })
        .has_value();
  }
  template <class F>
  bool upsert(Key key, Value init, F f) {
    bool inserted = false;
    compute(key, [&](const Value* now) -> std::optional<Value> {
      inserted = now == nullptr;
      return inserted ? init : f(*now);
    });
    return inserted;
  }
  std::pair<Value, bool> find_or_insert(Key key, Value value) {
    bool inserted = false;
    const std::optional<Value> after =
        compute(key, [&](const Value* now) -> std::optional<Value> {
          inserted = now == nullptr;
          return inserted ? value : *now;
        });
    return {*after, inserted};
  }
  template <class F>
  bool erase_if(Key key, F pred) {
    bool erased = false;
    compute(key, [&](const Value* now) -> std::optional<Value> {
      if (now == nullptr) return std::nullopt;
      erased = pred(*now);
      return erased ? std::nullopt : std::optional(*now);
    });
    return erased;
  }
  std::optional<Value> extract(Key key) {
    std::optional<Value> taken;
    compute(key, [&](const Value* now) -> std::optional<Value> {
      if (now != nullptr) taken = *now;
      return std::nullopt;
    });
    return taken;
  }
  Pair pop_first() {
    if constexpr (kBug == Bug::kPopErasesLater) {
      const Pair found = first();
      GiveWay();
      if (found.has_value()) erase(found->first);
      return found;
    }
    return At(OperationKind::kPopFirst, 0);
  }
  Pair pop_last() { return At(OperationKind::kPopLast, 0); }

  // Of many entries, one after the other.
  template <class Range>
  std::size_t insert_sorted(const Range& entries) {
    if constexpr (kBug == Bug::kMergeLooksFirst) {
      std::vector<std::pair<Key, Value>> absent;
      for (const auto& entry : entries) {
        if (!contains(entry.first)) absent.push_back(entry);
      }
      GiveWay();
      for (const auto& [key, value] : absent) insert_or_assign(key, value);
      return absent.size();
    }
    std::size_t count = 0;
    for (const auto& [key, value] : entries) count += insert(key, value);
    return count;
  }
  std::size_t erase_range(Key lo, Key hi) {
    std::size_t count = 0;
    for (; lo < hi; ++lo) count += erase(lo);
    return count;
  }
  template <class Predicate>
  std::size_t erase_if(Predicate pred) {
    const std::lock_guard lock(mutex_);
    return absl::erase_if(contents_, [&](const auto& entry) {
      return pred(entry.first, entry.second);
    });
  }

  void clear() {
    if constexpr (kBug == Bug::kClearErasesKeyByKey) {
      while (const Pair at = first()) {
        erase(at->first);
        GiveWay();
      }
      return;
    }
    const std::lock_guard lock(mutex_);
    contents_.clear();
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return contents_.size();
  }
  bool empty() const { return size() == 0; }

 private:
  Pair At(OperationKind kind, Key q) const {
    const std::lock_guard lock(mutex_);
    const Result result = SpecOf(kind).apply(contents_, {q});
    if (!result.yes) return std::nullopt;
    return std::pair(result.key, result.value);
  }

  // So that the bug shows on one core, too.
  static void GiveWay() { std::this_thread::yield(); }

  mutable std::mutex mutex_;
  mutable Contents contents_;
  mutable std::uint64_t finds_ = 0;
  Contents old_;  // by key, the value before the last overwriting
};

StressSize SmallSize(const Workload& workload, std::uint64_t seed) {
  StressSize size;
  size.threads = 4;
  size.rounds = workload.short_rounds ? Scaled(300, 100) : 0;
  size.operations_per_thread = Scaled(3000, 800);
  size.seed = seed;
  return size;
}

TEST(StressTest, MapWithALockPassesEveryWorkload) {
  for (const Workload& workload : AllWorkloads()) {
    LockedMap<Bug::kNone> map;
    const History history = RunStress(map, workload, SmallSize(workload, 1));
    const OverallJudgement overall = JudgeHistory(history);
    EXPECT_EQ(overall.judgement.verdict, Verdict::kOk)
        << workload.name << ": " << overall.judgement.explanation;
  }
}

TEST(StressTest, ShortRoundsAreAllSearchedAsAWhole) {
  for (const Workload& workload : AllWorkloads()) {
    if (!workload.short_rounds) continue;
    const StressSize size = SmallSize(workload, 1);
    LockedMap<Bug::kNone> map;
    const History history = RunStress(map, workload, size);
    const OverallJudgement overall = JudgeHistory(history);
    EXPECT_NE(
        overall.summary.find("(" + std::to_string(history.operations.size()) +
                             " operations)"),
        std::string::npos)
        << overall.summary;
  }
}

TEST(StressTest, RecordedHistoriesSurviveTheTextFormat) {
  const Workload& workload = *FindWorkload("ranges");
  LockedMap<Bug::kNone> map;
  const History history = RunStress(map, workload, SmallSize(workload, 1));
  EXPECT_EQ(ParseHistory(PrintHistory(history)).history, history);
}

// Runs until the bug shows: one run may be lucky.
template <Bug kBug>
bool IsFoundBy(const char* workload_name) {
  const Workload& workload = *FindWorkload(workload_name);
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    LockedMap<kBug> map;
    const History history = RunStress(map, workload, SmallSize(workload, seed));
    if (JudgeHistory(history).judgement.verdict == Verdict::kViolation) {
      return true;
    }
  }
  return false;
}

TEST(StressTest, OverwrittenKeyBrieflyAbsentIsFound) {
  EXPECT_TRUE(IsFoundBy<Bug::kAssignErasesFirst>("contended"));
  EXPECT_TRUE(IsFoundBy<Bug::kAssignErasesFirst>("rounds-few-keys"));
}

TEST(StressTest, KeyInsertedTwiceIsFound) {
  EXPECT_TRUE(IsFoundBy<Bug::kInsertLooksFirst>("contended"));
  EXPECT_TRUE(IsFoundBy<Bug::kInsertLooksFirst>("rounds-few-keys"));
}

TEST(StressTest, ClearInStepsIsFoundByRounds) {
  EXPECT_TRUE(IsFoundBy<Bug::kClearErasesKeyByKey>("rounds"));
}

TEST(StressTest, ScanThatMissesKeysIsFound) {
  EXPECT_TRUE(IsFoundBy<Bug::kScanMissesMovedKeys>("ranges"));
}

TEST(StressTest, StaleReadIsFound) {
  EXPECT_TRUE(IsFoundBy<Bug::kFindReturnsOldValue>("contended"));
  EXPECT_TRUE(IsFoundBy<Bug::kFindReturnsOldValue>("rounds"));
}

TEST(StressTest, UpdateThatIsLostIsFound) {
  EXPECT_TRUE(IsFoundBy<Bug::kComputeLetsGo>("contended"));
  EXPECT_TRUE(IsFoundBy<Bug::kComputeLetsGo>("rounds-few-keys"));
}

TEST(StressTest, SnapshotOfSeveralMomentsIsFoundByRounds) {
  EXPECT_TRUE(IsFoundBy<Bug::kSnapshotInSteps>("rounds"));
}

TEST(StressTest, EntryTakenTwiceIsFound) {
  EXPECT_TRUE(IsFoundBy<Bug::kPopErasesLater>("rounds-few-keys"));
}

TEST(StressTest, EntryMergedOverAnotherIsFound) {
  EXPECT_TRUE(IsFoundBy<Bug::kMergeLooksFirst>("contended"));
  EXPECT_TRUE(IsFoundBy<Bug::kMergeLooksFirst>("rounds-few-keys"));
}

TEST(StressTest, CallsOnSeveralEntriesAreRecordedEntryByEntry) {
  const Workload& workload = *FindWorkload("rounds");
  LockedMap<Bug::kNone> map;
  const History history = RunStress(map, workload, SmallSize(workload, 1));
  std::size_t together = 0;
  std::size_t untold = 0;
  for (std::size_t i = 1; i < history.operations.size(); ++i) {
    const Operation& operation = history.operations[i];
    together += OfOneCall(history.operations[i - 1], operation);
    untold += operation.kind == OperationKind::kInsertSortedUntold;
  }
  EXPECT_GT(together, 20u);
  EXPECT_GT(untold, 20u);
  EXPECT_EQ(ParseHistory(PrintHistory(history)).history, history);
}

TEST(StressTest, NeighbourOfTwoMomentsIsFoundByRounds) {
  EXPECT_TRUE(IsFoundBy<Bug::kFloorLooksTwice>("rounds"));
}

}  // namespace
}  // namespace pma::history
