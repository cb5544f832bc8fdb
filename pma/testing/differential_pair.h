// SPDX-License-Identifier: Apache-2.0

// What a DifferentialMap stands on: a map and its oracle, and how their answers
// are compared.

#ifndef PMA_TESTING_DIFFERENTIAL_PAIR_H_
#define PMA_TESTING_DIFFERENTIAL_PAIR_H_

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "pma/concurrent_map.h"
#include "pma/testing/describe.h"

namespace pma::testing {

using FailureHandler = std::function<void(const std::string&)>;

template <class Key, class Value, class Compare, class Tuning, class Allocator>
class DifferentialPair {
 public:
  using Map = ConcurrentMap<Key, Value, Compare, Allocator, Tuning>;
  using Oracle = absl::btree_map<Key, Value, Compare>;
  using Entry = std::pair<Key, Value>;

  // A scan with a limit returns false at its last entry.
  static constexpr std::size_t kNoLimit = ~std::size_t{0};

  explicit DifferentialPair(FailureHandler on_failure)
      : on_failure_(std::move(on_failure)) {}
  DifferentialPair(FailureHandler on_failure, const Compare& compare)
      : map_(compare), oracle_(compare), on_failure_(std::move(on_failure)) {}

  Map& map() { return map_; }
  const Oracle& oracle() const { return oracle_; }
  // Whether a call of the map is under way, as opposed to one of the oracle or
  // a comparison: what plans exceptions counts only its steps.
  const bool& in_call() const { return in_call_; }

 protected:
  using Iterator = typename Oracle::const_iterator;

  void ExpectCount(const std::string& operation, std::size_t expected,
                   std::size_t actual) {
    if (expected != actual) {
      Fail(operation + " (count)", Describe(expected), Describe(actual));
    }
  }

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

  // f(), which calls the map for steps that take effect one after the other. If
  // it throws, some of them have: as many as apply(i), which takes a step of
  // the oracle's, then makes the two equal.
  template <class F, class Apply>
  decltype(auto) CallInSteps(F f, std::size_t steps, Apply apply) {
    try {
      return Call(f);
    } catch (...) {
      for (std::size_t i = 0; !HoldTheSame(); ++i) {
        if (i == steps) {
          Fail("what a call has done that threw", "some first steps", "not so");
          break;
        }
        apply(i);
      }
      throw;
    }
  }
  // Entries with keys <= hi, descending.
  std::vector<Entry> Down(const Key& hi, std::size_t limit) const {
    std::vector<Entry> entries;
    for (auto it = oracle_.upper_bound(hi);
         it != oracle_.begin() && entries.size() < limit;) {
      --it;
      entries.emplace_back(it->first, it->second);
    }
    return entries;
  }
  void EraseFromOracle(typename Oracle::iterator entry) {
    if (entry != oracle_.end()) oracle_.erase(entry);
  }

  // One of a batch of writes, and all of it.
  enum class Batch { kInsert, kAssign, kErase };
  bool WriteToOracle(Batch batch, const Key& key, const Value& value) {
    return batch == Batch::kErase ? oracle_.erase(key) > 0
           : batch == Batch::kInsert
               ? oracle_.try_emplace(key, value).second
               : oracle_.insert_or_assign(key, value).second;
  }
  std::size_t WriteToMap(Batch batch, std::span<const Key> keys,
                         std::span<const Value> values,
                         std::span<bool> results) {
    return batch == Batch::kErase    ? map_.erase_batch(keys, results)
           : batch == Batch::kInsert ? map_.insert_batch(keys, values, results)
                                     : map_.assign_batch(keys, values, results);
  }

  bool HoldTheSame() const {
    auto expected = oracle_.begin();
    std::size_t alike = 0;
    map_.scan([&](const Key& key, const Value& value) {
      if (expected == oracle_.end() || !Same(*expected, Entry(key, value))) {
        return false;
      }
      ++expected;
      ++alike;
      return true;
    });
    return alike == oracle_.size() && alike == map_.size();
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

  void ExpectAt(const typename Map::Cursor& cursor, Iterator expected) {
    ExpectNeighbour("cursor", AtOrNothing(expected),
                    cursor.valid()
                        ? std::optional(Entry(cursor.key(), cursor.value()))
                        : std::nullopt);
  }
  // One step up or down, to the key that the cursor shows there, if it does.
  void Step(typename Map::Cursor& cursor, int by) {
    const Key* const shown = cursor.peek(by);
    Call([&] { by > 0 ? cursor.next() : cursor.prev(); });
    if (shown == nullptr) return;
    if (cursor.valid() && &cursor.key() == shown) return;
    Fail("peek", "what a step comes to", Describe(*shown));
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

  Map map_;
  Oracle oracle_;

 private:
  FailureHandler on_failure_;
  bool in_call_ = false;
};

}  // namespace pma::testing

#endif  // PMA_TESTING_DIFFERENTIAL_PAIR_H_
