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
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/describe.h"

namespace pma::testing {

using FailureHandler = std::function<void(const std::string&)>;

template <class Key, class Value, class Compare = std::less<>,
          class Tuning = DefaultTuning,
          class Allocator = std::allocator<std::byte>>
class DifferentialMap {
 public:
  using Map = ConcurrentMap<Key, Value, Compare, Allocator, Tuning>;
  using Oracle = absl::btree_map<Key, Value, Compare>;
  using Entry = std::pair<Key, Value>;

  // A scan with a limit returns false at its last entry.
  static constexpr std::size_t kNoLimit = ~std::size_t{0};

  explicit DifferentialMap(FailureHandler on_failure)
      : on_failure_(std::move(on_failure)) {}
  DifferentialMap(FailureHandler on_failure, const Compare& compare)
      : on_failure_(std::move(on_failure)), map_(compare), oracle_(compare) {}

  Map& map() { return map_; }
  const Oracle& oracle() const { return oracle_; }
  // Whether a call of the map is under way, as opposed to one of the oracle or
  // a comparison: what plans exceptions counts only its steps.
  const bool& in_call() const { return in_call_; }

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
    other.swap(map_);
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

 private:
  using Iterator = typename Oracle::const_iterator;

  // f(), which calls the map.
  template <class F>
  decltype(auto) Call(F f) {
    struct Scope {
      bool& in_call;
      ~Scope() { in_call = false; }
    };
    const Scope scope{in_call_};
    in_call_ = true;
    return f();
  }

  std::optional<Value> ValueAt(const Key& key) const {
    const auto it = oracle_.find(key);
    if (it == oracle_.end()) return std::nullopt;
    return it->second;
  }

  std::optional<Entry> AtOrNothing(Iterator it) const {
    if (it == oracle_.end()) return std::nullopt;
    return Entry(it->first, it->second);
  }

  std::optional<Entry> BeforeOrNothing(Iterator it) const {
    if (it == oracle_.begin()) return std::nullopt;
    return AtOrNothing(std::prev(it));
  }

  // A range whose bounds are the wrong way round is empty.
  Iterator UpperEnd(const Key& lo, const Key& hi) const {
    return oracle_.lower_bound(oracle_.key_comp()(lo, hi) ? hi : lo);
  }

  static std::vector<Entry> Forward(Iterator it, Iterator end,
                                    std::size_t limit) {
    std::vector<Entry> entries;
    for (; it != end && entries.size() < limit; ++it) {
      entries.emplace_back(it->first, it->second);
    }
    return entries;
  }

  static std::string DescribeRange(const Key& lo, const Key& hi,
                                   std::size_t limit) {
    std::string text = "(" + Describe(lo) + ", " + Describe(hi) + ")";
    if (limit != kNoLimit) text += " stopped after " + Describe(limit);
    return text;
  }

  // Keys that the comparator cannot tell apart are equal: an implementation may
  // keep either 0.0 or -0.0.
  bool Same(const Entry& a, const Entry& b) const {
    const auto less = oracle_.key_comp();
    return !less(a.first, b.first) && !less(b.first, a.first) &&
           a.second == b.second;
  }

  template <class T>
  void Expect(const char* operation, const Key& key, const T& expected,
              const T& actual) {
    if (expected == actual) return;
    Fail(std::string(operation) + "(" + Describe(key) + ")", Describe(expected),
         Describe(actual));
  }

  void ExpectNeighbour(const std::string& operation,
                       const std::optional<Entry>& expected,
                       const std::optional<Entry>& actual) {
    const bool same = expected.has_value() == actual.has_value() &&
                      (!expected.has_value() || Same(*expected, *actual));
    if (!same) Fail(operation, Describe(expected), Describe(actual));
  }

  // Keeps what a scan visits, up to the limit. One type for all scans: this
  // file is compiled for many types of keys.
  struct Collector {
    std::vector<Entry>* entries;
    std::size_t limit;

    bool operator()(const Key& key, const Value& value) const {
      entries->emplace_back(key, value);
      return entries->size() < limit;
    }
  };

  template <class RunScan>
  void ExpectScan(const std::string& operation,
                  const std::vector<Entry>& expected, std::size_t limit,
                  RunScan run_scan) {
    std::vector<Entry> actual;
    const std::size_t count =
        Call([&] { return run_scan(Collector{&actual, limit}); });
    CompareScan(operation, expected, actual, count);
  }

  void CompareScan(const std::string& operation,
                   const std::vector<Entry>& expected,
                   const std::vector<Entry>& actual, std::size_t count) {
    for (std::size_t i = 0; i < expected.size() || i < actual.size(); ++i) {
      std::optional<Entry> want;
      std::optional<Entry> got;
      if (i < expected.size()) want = expected[i];
      if (i < actual.size()) got = actual[i];
      if (want.has_value() && got.has_value() && Same(*want, *got)) continue;
      Fail(operation + " at entry " + Describe(i), Describe(want),
           Describe(got));
      return;
    }
    if (count != expected.size()) {
      Fail(operation + " (count)", Describe(expected.size()), Describe(count));
    }
  }

  void Fail(const std::string& operation, const std::string& expected,
            const std::string& actual) {
    on_failure_(operation + ": expected " + expected + ", actual " + actual);
  }

  FailureHandler on_failure_;
  bool in_call_ = false;
  Map map_;
  Oracle oracle_;
};

}  // namespace pma::testing

#endif  // PMA_TESTING_DIFFERENTIAL_MAP_H_
