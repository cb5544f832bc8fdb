// SPDX-License-Identifier: Apache-2.0

// A ConcurrentMap and an absl::btree_map driven in step, by one thread.
//
// Every operation is done on both and the answers are compared. A difference
// goes to the failure handler as one line that names the operation, its
// arguments, the expected and the actual answer. Unit tests pass a handler that
// reports to GoogleTest, the fuzzer one that aborts: this file knows neither.
//
// The map is asked first: if its call throws, the oracle has not changed, and
// the next comparison shows whether the map has.

#ifndef PMA_TESTING_DIFFERENTIAL_MAP_H_
#define PMA_TESTING_DIFFERENTIAL_MAP_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "pma/options.h"
#include "pma/testing/describe.h"
#include "pma/testing/differential_pair.h"

namespace pma::testing {

template <class Key, class Value, class Compare = std::less<>,
          class Tuning = DefaultTuning,
          class Allocator = std::allocator<std::byte>>
class DifferentialMap
    : public DifferentialPair<Key, Value, Compare, Tuning, Allocator> {
  using Base = DifferentialPair<Key, Value, Compare, Tuning, Allocator>;
  using typename Base::Collector;
  using typename Base::Iterator;

 public:
  using Base::kNoLimit;
  using typename Base::Entry;
  using typename Base::Map;
  using typename Base::Oracle;

  using Base::Base;

  // --- Writes ---------------------------------------------------------------

  void Insert(const Key& key, const Value& value) {
    const bool actual = Call([&] { return map_.insert(key, value); });
    Expect("insert", key, oracle_.try_emplace(key, value).second, actual);
  }

  void TryEmplace(const Key& key, const Value& value) {
    const bool actual = Call([&] { return map_.try_emplace(key, value); });
    Expect("try_emplace", key, oracle_.try_emplace(key, value).second, actual);
  }

  void InsertOrAssign(const Key& key, const Value& value) {
    const bool actual = Call([&] { return map_.insert_or_assign(key, value); });
    Expect("insert_or_assign", key, oracle_.insert_or_assign(key, value).second,
           actual);
  }

  void Erase(const Key& key) {
    const bool actual = Call([&] { return map_.erase(key); });
    Expect("erase", key, oracle_.erase(key) != 0, actual);
  }

  // --- Read-modify-write and taking out -------------------------------------

  void FindOrInsert(const Key& key, const Value& value) {
    const auto [after, inserted] =
        Call([&] { return map_.find_or_insert(key, value); });
    const auto [it, expected] = oracle_.try_emplace(key, value);
    Expect("find_or_insert", key, expected, inserted);
    Expect("find_or_insert (value)", key, it->second, after);
  }

  void InsertOrVisit(const Key& key, const Value& value) {
    std::optional<Value> seen;
    const bool inserted = Call([&] {
      return map_.insert_or_visit(key, value,
                                  [&](const Value& there) { seen = there; });
    });
    const std::optional<Value> before = ValueAt(key);
    Expect("insert_or_visit", key, oracle_.try_emplace(key, value).second,
           inserted);
    Expect("insert_or_visit (value)", key, before, seen);
  }

  void Exchange(const Key& key, const Value& value) {
    const std::optional<Value> before =
        Call([&] { return map_.exchange(key, value); });
    Expect("exchange", key, ValueAt(key), before);
    oracle_.insert_or_assign(key, value);
  }

  void Update(const Key& key, const Value& value) {
    std::optional<Value> seen;
    const bool updated = Call([&] {
      return map_.update(key, [&](const Value& there) {
        seen = there;
        return value;
      });
    });
    const std::optional<Value> before = ValueAt(key);
    Expect("update", key, before.has_value(), updated);
    Expect("update (before)", key, before, seen);
    if (before.has_value()) oracle_.insert_or_assign(key, value);
  }

  void Upsert(const Key& key, const Value& init, const Value& value) {
    const bool inserted = Call([&] {
      return map_.upsert(key, init, [&](const Value&) { return value; });
    });
    const bool expected = !oracle_.contains(key);
    Expect("upsert", key, expected, inserted);
    oracle_.insert_or_assign(key, expected ? init : value);
  }

  void CompareExchange(const Key& key, const Value& wanted,
                       const Value& value) {
    Value actual = wanted;
    const bool exchanged =
        Call([&] { return map_.compare_exchange(key, actual, value); });
    const std::optional<Value> before = ValueAt(key);
    const bool equal = before.has_value() && *before == wanted;
    Expect("compare_exchange", key, equal, exchanged);
    Expect("compare_exchange (expected)", key, before.value_or(wanted), actual);
    if (equal) oracle_.insert_or_assign(key, value);
  }

  // Puts what is given, or erases.
  void Compute(const Key& key, const std::optional<Value>& value) {
    std::optional<Value> seen;
    const std::optional<Value> after = Call([&] {
      return map_.compute(key, [&](const Value* there) {
        seen = there == nullptr ? std::nullopt : std::optional(*there);
        return value;
      });
    });
    Expect("compute (before)", key, ValueAt(key), seen);
    Expect("compute", key, value, after);
    if (value.has_value()) {
      oracle_.insert_or_assign(key, *value);
    } else {
      oracle_.erase(key);
    }
  }

  void EraseIf(const Key& key, const Value& unwanted) {
    const bool erased = Call([&] {
      return map_.erase_if(
          key, [&](const Value& there) { return there == unwanted; });
    });
    const std::optional<Value> before = ValueAt(key);
    const bool expected = before.has_value() && *before == unwanted;
    Expect("erase_if", key, expected, erased);
    if (expected) oracle_.erase(key);
  }

  void Extract(const Key& key) {
    const std::optional<Value> taken = Call([&] { return map_.extract(key); });
    Expect("extract", key, ValueAt(key), taken);
    oracle_.erase(key);
  }

  void PopFirst() {
    ExpectNeighbour("pop_first", AtOrNothing(oracle_.begin()),
                    Call([&] { return map_.pop_first(); }));
    if (!oracle_.empty()) oracle_.erase(oracle_.begin());
  }
  void PopLast() {
    ExpectNeighbour("pop_last", BeforeOrNothing(oracle_.end()),
                    Call([&] { return map_.pop_last(); }));
    if (!oracle_.empty()) oracle_.erase(std::prev(oracle_.end()));
  }

  // Erases [lo, hi) from within a scan of it, entry by entry: taking visited
  // entries away must not disturb the rest of the scan.
  void EraseWhileScanning(const Key& lo, const Key& hi) {
    const std::vector<Entry> expected =
        Forward(oracle_.lower_bound(lo), UpperEnd(lo, hi), kNoLimit);
    std::size_t erased = 0;
    const auto scan_and_erase = [&](Collector f) {
      return map_.scan(lo, hi, [&](const Key& k, const Value& v) {
        f(k, v);
        if (!map_.erase(k)) {
          Fail("erase of visited " + Describe(k), "true", "false");
        }
        ++erased;
      });
    };
    const auto erase_from_oracle = [&] {
      erased = std::min(erased, expected.size());
      for (std::size_t i = 0; i < erased; ++i) oracle_.erase(expected[i].first);
    };
    try {
      ExpectScan("erase while scan" + DescribeRange(lo, hi, kNoLimit), expected,
                 kNoLimit, scan_and_erase);
    } catch (...) {
      erase_from_oracle();
      throw;
    }
    erase_from_oracle();
  }

  // Through both kinds of move and a swap, leaving the entries where they were.
  void MoveAround() {
    Map other(std::move(map_));
    map_ = std::move(other);
    other.swap(map_);  // NOLINT(bugprone-use-after-move): it may be used
    map_.swap(other);
    CheckSize();
  }

  void Clear() {
    Call([&] { map_.clear(); });
    oracle_.clear();
    CheckSize();
  }

  // Whatever is erased waits for no reader: none is under way.
  void Reclaim() {
    const std::size_t held = Call([&] { return map_.reclaim(); });
    if (held != 0) Fail("reclaim", "0", Describe(held));
  }

  // --- Look-ups of one key --------------------------------------------------

  void Find(const Key& key) {
    Expect("find", key, ValueAt(key), Call([&] { return map_.find(key); }));
  }

  // The keys that lie at `keys`, in any order, some of them equal.
  void FindBatch(const std::vector<Key>& keys) {
    std::vector<std::optional<Value>> values(keys.size());
    Call([&] { map_.find_batch(keys, values); });
    for (std::size_t i = 0; i < keys.size(); ++i) {
      Expect("find_batch", keys[i], ValueAt(keys[i]), values[i]);
    }
  }

  void Contains(const Key& key) {
    const bool actual = Call([&] { return map_.contains(key); });
    Expect("contains", key, oracle_.contains(key), actual);
  }

  void Visit(const Key& key) {
    const std::optional<Value> expected = ValueAt(key);
    std::optional<Value> actual;
    const bool found = Call([&] {
      return map_.visit(key, [&](const Value& value) { actual = value; });
    });
    Expect("visit", key, expected.has_value(), found);
    Expect("visit (value)", key, expected, actual);
  }

  // --- Neighbours -----------------------------------------------------------

  void First() {
    ExpectNeighbour("first", AtOrNothing(oracle_.begin()),
                    Call([&] { return map_.first(); }));
  }
  void Last() {
    ExpectNeighbour("last", BeforeOrNothing(oracle_.end()),
                    Call([&] { return map_.last(); }));
  }

  void Floor(const Key& key) {
    ExpectNeighbour("floor(" + Describe(key) + ")",
                    BeforeOrNothing(oracle_.upper_bound(key)),
                    Call([&] { return map_.floor(key); }));
  }
  void Ceiling(const Key& key) {
    ExpectNeighbour("ceiling(" + Describe(key) + ")",
                    AtOrNothing(oracle_.lower_bound(key)),
                    Call([&] { return map_.ceiling(key); }));
  }
  void Lower(const Key& key) {
    ExpectNeighbour("lower(" + Describe(key) + ")",
                    BeforeOrNothing(oracle_.lower_bound(key)),
                    Call([&] { return map_.lower(key); }));
  }
  void Higher(const Key& key) {
    ExpectNeighbour("higher(" + Describe(key) + ")",
                    AtOrNothing(oracle_.upper_bound(key)),
                    Call([&] { return map_.higher(key); }));
  }

  // --- Ranges ---------------------------------------------------------------

  void Scan(const Key& lo, const Key& hi, std::size_t limit = kNoLimit) {
    ExpectScan("scan" + DescribeRange(lo, hi, limit),
               Forward(oracle_.lower_bound(lo), UpperEnd(lo, hi), limit), limit,
               [&](Collector f) { return map_.scan(lo, hi, f); });
  }

  void SnapshotScan(const Key& lo, const Key& hi,
                    std::size_t limit = kNoLimit) {
    ExpectScan("snapshot_scan" + DescribeRange(lo, hi, limit),
               Forward(oracle_.lower_bound(lo), UpperEnd(lo, hi), limit), limit,
               [&](Collector f) { return map_.snapshot_scan(lo, hi, f); });
  }
  void SnapshotScanAll(std::size_t limit = kNoLimit) {
    ExpectScan("snapshot_scan", Forward(oracle_.begin(), oracle_.end(), limit),
               limit, [&](Collector f) { return map_.snapshot_scan(f); });
  }

  void ScanAll(std::size_t limit = kNoLimit) {
    ExpectScan("scan", Forward(oracle_.begin(), oracle_.end(), limit), limit,
               [&](Collector f) { return map_.scan(f); });
  }

  void ScanFrom(const Key& lo, std::size_t limit = kNoLimit) {
    ExpectScan("scan_from(" + Describe(lo) + ")",
               Forward(oracle_.lower_bound(lo), oracle_.end(), limit), limit,
               [&](Collector f) { return map_.scan_from(lo, f); });
  }

  void ScanN(const Key& lo, std::size_t limit) {
    std::vector<Entry> actual;
    const std::size_t count = Call([&] {
      return map_.scan_n(lo, limit, [&](const Key& key, const Value& value) {
        actual.emplace_back(key, value);
      });
    });
    CompareScan("scan_n(" + Describe(lo) + ", " + Describe(limit) + ")",
                Forward(oracle_.lower_bound(lo), oracle_.end(), limit), actual,
                count);
  }

  void ScanReverse(const Key& lo, const Key& hi, std::size_t limit = kNoLimit) {
    std::vector<Entry> expected;
    const auto begin = oracle_.lower_bound(lo);
    for (auto it = UpperEnd(lo, hi); it != begin && expected.size() < limit;) {
      --it;
      expected.emplace_back(it->first, it->second);
    }
    ExpectScan("scan_reverse" + DescribeRange(lo, hi, limit), expected, limit,
               [&](Collector f) { return map_.scan_reverse(lo, hi, f); });
  }

  // --- The whole map --------------------------------------------------------

  void CheckSize() {
    if (map_.size() != oracle_.size()) {
      Fail("size", Describe(oracle_.size()), Describe(map_.size()));
    }
    if (map_.empty() != oracle_.empty()) {
      Fail("empty", Describe(oracle_.empty()), Describe(map_.empty()));
    }
  }

  void CheckInvariants() {
    const std::string broken = map_.CheckInvariants();
    if (!broken.empty())
      Fail("CheckInvariants", "every invariant holds", broken);
  }

  // Size, contents in both directions, both ends and the invariants.
  void CheckEverything() {
    CheckInvariants();
    CheckSize();
    First();
    Last();
    ScanAll();
    SnapshotScanAll();
    // No range [lo, hi) reaches the last key: Last() has looked at that one.
    if (!oracle_.empty()) {
      ScanReverse(oracle_.begin()->first, std::prev(oracle_.end())->first);
    }
  }

  // --- More ways to read ----------------------------------------------------

  void VisitEntry(const Key& key) {
    std::optional<Entry> actual;
    Call([&] { return map_.visit_entry(key, Keeper(actual)); });
    ExpectNeighbour("visit_entry(" + Describe(key) + ")",
                    AtOrNothing(oracle_.find(key)), actual);
  }
  void ScanAfter(const Key& lo, std::size_t limit = kNoLimit) {
    ExpectScan("scan_after(" + Describe(lo) + ")",
               Forward(oracle_.upper_bound(lo), oracle_.end(), limit), limit,
               [&](Collector f) { return map_.scan_after(lo, f); });
  }
  void ScanReverseFrom(const Key& hi, std::size_t limit = kNoLimit) {
    ExpectScan("scan_reverse_from(" + Describe(hi) + ")", Down(hi, limit),
               limit,
               [&](Collector f) { return map_.scan_reverse_from(hi, f); });
  }
  void ScanReverseN(const Key& hi, std::size_t limit) {
    ExpectScan("scan_reverse_n(" + Describe(hi) + ")", Down(hi, limit),
               limit + 1,
               [&](Collector f) { return map_.scan_reverse_n(hi, limit, f); });
  }
  void CountRange(const Key& lo, const Key& hi) {
    const Iterator from = oracle_.lower_bound(lo);
    const auto count =
        static_cast<std::size_t>(std::distance(from, UpperEnd(lo, hi)));
    Expect("count_range", lo, count,
           Call([&] { return map_.count_range(lo, hi); }));
  }
  // The keys of ranks size * i / n.
  void SplitKeys(std::size_t n) {
    const std::vector<Key> keys = Call([&] { return map_.split_keys(n); });
    const std::size_t parts = std::min(n, oracle_.size());
    if (keys.size() + 1 != std::max<std::size_t>(parts, 1)) {
      Fail("split_keys", Describe(parts), Describe(keys.size() + 1));
    }
    Iterator at = oracle_.begin();
    for (std::size_t i = 1, rank = 0; i <= keys.size(); ++i) {
      for (; rank < oracle_.size() * i / parts; ++rank) ++at;
      Expect("split_keys", keys[i - 1], true,
             Same(*at, {keys[i - 1], at->second}));
    }
  }
  // A cursor from `lo` on: so many steps up, then down to the first entry.
  void WalkByCursor(const Key& lo, std::size_t steps) {
    Iterator expected = oracle_.lower_bound(lo);
    auto cursor = Call([&] { return map_.cursor(lo); });
    ExpectAt(cursor, expected);
    for (; steps > 0 && cursor.valid(); --steps) {
      Step(cursor, 1);
      ExpectAt(cursor, ++expected);
    }
    while (cursor.valid()) {
      Step(cursor, -1);
      expected = expected == oracle_.begin() ? Iterator(oracle_.end())
                                             : std::prev(expected);
      ExpectAt(cursor, expected);
    }
    // It stands somewhere from now on, which must not matter.
    cursor.seek(lo);
    standing_ = std::move(cursor);
  }
  void Views(const Key& lo, const Key& hi) {
    std::vector<Entry> expected =
        Forward(oracle_.lower_bound(lo), UpperEnd(lo, hi), kNoLimit);
    const auto show = [](auto view) {
      return [view = std::move(view)](Collector f) mutable {
        std::size_t count = 0;
        for (auto&& [key, value] : view) f(key, value), ++count;
        return count;
      };
    };
    ExpectScan("range" + DescribeRange(lo, hi, kNoLimit), expected, kNoLimit,
               show(map_.range(lo, hi)));
    std::reverse(expected.begin(), expected.end());
    ExpectScan("reversed" + DescribeRange(lo, hi, kNoLimit), expected, kNoLimit,
               show(map_.reversed(lo, hi)));
    if constexpr (std::is_trivially_copyable_v<Key> && sizeof(Key) <= 32 &&
                  std::is_trivially_copyable_v<Value> && sizeof(Value) <= 32) {
      std::reverse(expected.begin(), expected.end());
      ExpectScan("scan_columns" + DescribeRange(lo, hi, kNoLimit), expected,
                 kNoLimit, [&](Collector f) {
                   return map_.scan_columns(
                       lo, hi, [&](auto keys, auto values) {
                         for (std::size_t i = 0; i < keys.size(); ++i) {
                           f(keys[i], values[i]);
                         }
                       });
                 });
    }
  }

  // --- Many at once ---------------------------------------------------------

  // Of `entries`, which need not ascend, those that do.
  void InsertSorted(const std::vector<Entry>& entries) {
    const Oracle more(entries.begin(), entries.end(), oracle_.key_comp());
    const std::size_t before = oracle_.size();
    const std::size_t count = CallInSteps(
        [&] { return map_.insert_sorted(more); }, more.size(),
        [&](std::size_t i) { oracle_.insert(*std::next(more.begin(), i)); });
    oracle_.insert(more.begin(), more.end());
    ExpectCount("insert_sorted", oracle_.size() - before, count);
  }
  void EraseRange(const Key& lo, const Key& hi) {
    const std::size_t before = oracle_.size();
    const std::size_t count = CallInSteps(
        [&] { return map_.erase_range(lo, hi); }, before,
        [&](std::size_t) { EraseFromOracle(oracle_.lower_bound(lo)); });
    oracle_.erase(oracle_.lower_bound(lo), UpperEnd(lo, hi));
    ExpectCount("erase_range" + DescribeRange(lo, hi, kNoLimit),
                before - oracle_.size(), count);
  }

  // Those before a key, and those with a value, but not both.
  void EraseAllIf(const Key& before, const Value& value) {
    const auto less = oracle_.key_comp();
    const auto wanted = [&](const Key& k, const Value& v) {
      return less(k, before) != (v == value);
    };
    const auto is_wanted = [&](const auto& entry) {
      return wanted(entry.first, entry.second);
    };
    const std::size_t there = oracle_.size();
    const std::size_t count =
        CallInSteps([&] { return map_.erase_if(wanted); }, there,
                    [&](std::size_t) {
                      EraseFromOracle(std::ranges::find_if(oracle_, is_wanted));
                    });
    absl::erase_if(oracle_, is_wanted);
    ExpectCount("erase_if", there - oracle_.size(), count);
  }

  // The entries' keys, in any order, some of them equal.
  using Batch = typename Base::Batch;
  void WriteBatch(Batch batch, const std::vector<Entry>& entries) {
    std::vector<Key> keys;
    std::vector<Value> values;
    for (const auto& [key, value] : entries) {
      keys.push_back(key);
      values.push_back(value);
    }
    const auto memory = std::make_unique<bool[]>(keys.size() + 1);
    const std::span results(memory.get(), keys.size());
    const auto write = [&](std::size_t i) {
      return WriteToOracle(batch, keys[i], values[i]);
    };
    const std::size_t count =
        CallInSteps([&] { return WriteToMap(batch, keys, values, results); },
                    keys.size(), write);
    std::size_t expected = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const bool yes = write(i);
      expected += yes ? 1 : 0;
      Expect("a batch", keys[i], yes, results[i]);
    }
    ExpectCount("a batch", expected, count);
  }

  // A map made of what the oracle holds, or of what the map does, takes its
  // place.
  void MakeAnew(bool clone) {
    map_ = Call([&] {
      return clone ? map_.clone()
                   : Map::from_sorted(oracle_, map_.key_comp(),
                                      map_.get_allocator());
    });
  }

  void ShrinkToFit() {
    Call([&] { map_.shrink_to_fit(); });
  }

 private:
  using Base::AtOrNothing;
  using Base::BeforeOrNothing;
  using Base::Call;
  using Base::CallInSteps;
  using Base::CompareScan;
  using Base::DescribeRange;
  using Base::Down;
  using Base::EraseFromOracle;
  using Base::Expect;
  using Base::ExpectAt;
  using Base::ExpectCount;
  using Base::ExpectNeighbour;
  using Base::ExpectScan;
  using Base::Fail;
  using Base::Forward;
  using Base::map_;
  using Base::oracle_;
  using Base::Same;
  using Base::Step;
  using Base::UpperEnd;
  using Base::ValueAt;
  using Base::WriteToMap;
  using Base::WriteToOracle;

  static auto Keeper(std::optional<Entry>& entry) {
    return [&entry](const Key& key, const Value& value) {
      entry.emplace(key, value);
    };
  }

  typename Map::Cursor standing_;
};

}  // namespace pma::testing

#endif  // PMA_TESTING_DIFFERENTIAL_MAP_H_
