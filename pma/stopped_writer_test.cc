// SPDX-License-Identifier: Apache-2.0

// The property: whatever a writer is doing, and wherever it stops for good, all
// reads complete, and show the map either as it was before the writer's
// operation or as it is after it, and once after, always after.
//
// The writer's operation is interrupted after each of its stores to shared
// memory (tens to thousands per operation, through rebalances, splits, merges
// and clear). At each interruption every kind of read runs for every key. A
// read that waited for the writer would hang the test.

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/internal/store/word.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/interrupt_platform.h"
#include "pma/testing/map_peer.h"
#include "pma/testing/storage_kinds.h"

namespace pma::testing {
namespace {

using internal::Marker;

template <class Kind>
class StoppedWriterTest : public ::testing::Test {
 protected:
  using Key = typename Kind::Key;
  using Value = typename Kind::Value;
  using Map = ConcurrentMap<Key, Value, std::less<>, std::allocator<std::byte>,
                            InterruptTuning>;
  using Model = std::map<Key, Value>;
  using Entries = std::vector<std::pair<Key, Value>>;

  static constexpr size_t kKeys = 80;

  // Runs `operation`, which takes the map's content from model_ to `after`,
  // reading everything at every interruption.
  template <class Operation>
  void RunInterrupted(Model after, Operation operation) {
    const Entries before_entries(model_.begin(), model_.end());
    const Entries after_entries(after.begin(), after.end());
    bool done = before_entries == after_entries;
    // Reading all keys one by one at every point would be quadratic in the
    // cost of a rebuild; every point reads another part.
    size_t point = 0;
    Interrupt::AfterStores(operation, [&] {
      if (::testing::Test::HasFailure()) return;
      ++points_;
      MapPeer::ForEachWord(map_, [&](internal::Word word) {
        markers_seen_.insert(word.marker());
      });
      CheckScans(before_entries, after_entries, done);
      for (size_t i = point++ % 5; i < kKeys; i += 5) {
        CheckKey(Kind::MakeKey(i), model_, after, done);
      }
    });
    model_ = std::move(after);
    bool now = true;
    const Entries entries(model_.begin(), model_.end());
    CheckScans(entries, entries, now);
    for (size_t i = 0; i < kKeys; ++i) {
      CheckKey(Kind::MakeKey(i), model_, model_, now);
    }
    ASSERT_EQ(map_.CheckInvariants(), "");
  }

  // Accepts what is true before, unless something was seen that is true only
  // after.
  template <class T>
  void Accept(const T& seen, const T& before, const T& after, bool& done,
              const char* what) {
    if (before == after) {
      EXPECT_TRUE(seen == before) << what;
    } else if (seen == after) {
      done = true;
    } else {
      EXPECT_TRUE(seen == before) << what << ": neither before nor after";
      EXPECT_FALSE(done) << what << ": before again, after it was after";
    }
  }

  void CheckScans(const Entries& before, const Entries& after, bool& done) {
    Entries seen;
    const auto collect = [&](const Key& key, const Value& value) {
      seen.emplace_back(key, value);
    };
    map_.scan(collect);
    Accept(seen, before, after, done, "scan");
    seen.clear();
    map_.scan_reverse(Kind::MakeKey(0), Kind::MakeKey(kKeys), collect);
    std::reverse(seen.begin(), seen.end());
    Accept(seen, before, after, done, "scan_reverse");
    // One of the others, each of which takes as long.
    seen.clear();
    switch (++scans_ % 8) {
      case 0:  // it waits a while for the writer each time
        map_.snapshot_scan(collect);
        return Accept(seen, before, after, done, "snapshot_scan");
      case 2:
        for (auto at = map_.cursor(); at.valid(); at.next()) {
          seen.emplace_back(at.key(), at.value());
        }
        return Accept(seen, before, after, done, "cursor");
      case 4:
        for (auto&& [key, value] :
             map_.reversed(Kind::MakeKey(0), Kind::MakeKey(kKeys))) {
          seen.emplace_back(key, value);
        }
        std::reverse(seen.begin(), seen.end());
        return Accept(seen, before, after, done, "reversed");
      case 6:
        return Accept(map_.count_range(Kind::MakeKey(0), Kind::MakeKey(kKeys)),
                      before.size(), after.size(), done, "count_range");
      default:
        return;
    }
  }

  static std::optional<Value> ValueIn(const Model& model, const Key& key) {
    const auto entry = model.find(key);
    if (entry == model.end()) return std::nullopt;
    return entry->second;
  }
  static std::optional<std::pair<Key, Value>> At(
      const Model& model, typename Model::const_iterator entry) {
    if (entry == model.end()) return std::nullopt;
    return *entry;
  }
  static std::optional<std::pair<Key, Value>> Floor(const Model& model,
                                                    const Key& key) {
    auto next = model.upper_bound(key);
    return next == model.begin() ? std::nullopt : At(model, std::prev(next));
  }

  void CheckKey(const Key& key, const Model& before, const Model& after,
                bool& done) {
    const auto was = ValueIn(before, key);
    const auto is = ValueIn(after, key);
    Accept(map_.find(key), was, is, done, "find");
    if (scans_ % 4 == 1) {
      std::optional<Value> entry;
      map_.visit_entry(key, [&](const Key& stored, const Value& value) {
        EXPECT_TRUE(stored == key);
        entry = value;
      });
      Accept(entry, was, is, done, "visit_entry");
    }
    Accept(map_.floor(key), Floor(before, key), Floor(after, key), done,
           "floor");
    Accept(map_.ceiling(key), At(before, before.lower_bound(key)),
           At(after, after.lower_bound(key)), done, "ceiling");
  }

  void Insert(size_t i, size_t value) {
    Model after = model_;
    after.emplace(Kind::MakeKey(i), Kind::MakeValue(value));
    RunInterrupted(std::move(after), [&] {
      map_.insert(Kind::MakeKey(i), Kind::MakeValue(value));
    });
  }
  void Assign(size_t i, size_t value) {
    Model after = model_;
    after.insert_or_assign(Kind::MakeKey(i), Kind::MakeValue(value));
    RunInterrupted(std::move(after), [&] {
      map_.insert_or_assign(Kind::MakeKey(i), Kind::MakeValue(value));
    });
  }
  void PopFirst() {
    Model after = model_;
    if (!after.empty()) after.erase(after.begin());
    RunInterrupted(std::move(after), [&] { map_.pop_first(); });
  }
  void PopLast() {
    Model after = model_;
    if (!after.empty()) after.erase(std::prev(after.end()));
    RunInterrupted(std::move(after), [&] { map_.pop_last(); });
  }
  // Erases the entry, or puts one.
  void Compute(size_t i, size_t value) {
    const Key key = Kind::MakeKey(i);
    Model after = model_;
    if (after.erase(key) == 0) after.emplace(key, Kind::MakeValue(value));
    RunInterrupted(std::move(after), [&] {
      map_.compute(key, [&](const Value* now) -> std::optional<Value> {
        if (now != nullptr) return std::nullopt;
        return Kind::MakeValue(value);
      });
    });
  }
  // A range of few enough extents that all of it goes at once.
  void EraseRange(size_t lo, size_t hi) {
    const Key from = Kind::MakeKey(lo);
    const Key to = Kind::MakeKey(hi);
    Model after = model_;
    after.erase(after.lower_bound(from), after.lower_bound(to));
    RunInterrupted(std::move(after), [&] { map_.erase_range(from, to); });
  }
  // One entry is one instant.
  void Merge(size_t i, size_t value) {
    const std::pair<Key, Value> entry(Kind::MakeKey(i), Kind::MakeValue(value));
    Model after = model_;
    after.insert(entry);
    RunInterrupted(std::move(after),
                   [&] { map_.insert_sorted(std::span(&entry, 1)); });
  }
  // So is one of a batch.
  void AssignBatch(size_t i, size_t value) {
    const Key key = Kind::MakeKey(i);
    const Value now = Kind::MakeValue(value);
    Model after = model_;
    after.insert_or_assign(key, now);
    RunInterrupted(std::move(after), [&] {
      map_.assign_batch(std::span(&key, 1), std::span(&now, 1));
    });
  }
  void EraseBatch(size_t i) {
    const Key key = Kind::MakeKey(i);
    Model after = model_;
    after.erase(key);
    RunInterrupted(std::move(after),
                   [&] { map_.erase_batch(std::span(&key, 1)); });
  }
  // Several are not: each key is seen as it was before, and then as after.
  void MergeSeveral(size_t lo, size_t hi, size_t value) {
    Model entries;
    for (size_t i = lo; i < hi; ++i) {
      entries.emplace(Kind::MakeKey(i), Kind::MakeValue(value));
    }
    const Model before = model_;
    model_.insert(entries.begin(), entries.end());
    std::array<bool, kKeys> done = {};
    size_t point = 0;
    Interrupt::AfterStores([&] { map_.insert_sorted(entries); },
                           [&] {
                             for (size_t i = point++ % 5; i < kKeys; i += 5) {
                               const Key key = Kind::MakeKey(i);
                               Accept(map_.find(key), ValueIn(before, key),
                                      ValueIn(model_, key), done[i], "find");
                             }
                           });
    EXPECT_GT(point, 0u);
    RunInterrupted(model_, [] {});
  }
  void Erase(size_t i) {
    Model after = model_;
    after.erase(Kind::MakeKey(i));
    RunInterrupted(std::move(after), [&] { map_.erase(Kind::MakeKey(i)); });
  }

  Map map_;
  Model model_;
  std::set<Marker> markers_seen_;
  size_t points_ = 0;
  size_t scans_ = 0;
};

TYPED_TEST_SUITE(StoppedWriterTest, StorageKinds);

TYPED_TEST(StoppedWriterTest, ReadsCompleteAtEveryStepOfRandomOperations) {
  std::mt19937_64 random(7);
  size_t value = 0;
  for (int round = 0; round < Scaled(3, 1); ++round) {
    for (int i = 0; i < 60; ++i) {
      this->Insert(random() % this->kKeys, ++value);
      if (i % 4 == 0) this->Assign(random() % this->kKeys, ++value);
      ASSERT_FALSE(this->HasFailure());
    }
    for (int i = 0; i < 60; ++i) {
      this->Erase(random() % this->kKeys);
      ASSERT_FALSE(this->HasFailure());
    }
  }
  // The test has been where it wanted to go.
  EXPECT_GT(this->points_, Scaled(5000u, 4000u));
  for (Marker marker :
       {Marker::kInsert, Marker::kDelete, Marker::kFreeze, Marker::kMove}) {
    EXPECT_TRUE(this->markers_seen_.contains(marker))
        << static_cast<int>(marker);
  }
  EXPECT_TRUE(this->markers_seen_.contains(Marker::kUpdate) ||
              this->markers_seen_.contains(Marker::kReplace));
}

TYPED_TEST(StoppedWriterTest, ReadsCompleteAtEveryStepOfAscendingInsertion) {
  for (size_t i = 0; i < this->kKeys; ++i) {
    this->Insert(i, i);
    ASSERT_FALSE(this->HasFailure());
  }
}

TYPED_TEST(StoppedWriterTest, ReadsCompleteAtEveryStepOfDescendingInsertion) {
  for (size_t i = this->kKeys; i-- > 0;) {
    this->Insert(i, i);
    ASSERT_FALSE(this->HasFailure());
  }
}

TYPED_TEST(StoppedWriterTest, ReadsCompleteAtEveryStepOfPopsAndComputations) {
  for (size_t i = 0; i < 40; ++i) {
    const auto key = TypeParam::MakeKey(i * 37 % this->kKeys);
    this->map_.insert(key, TypeParam::MakeValue(i));
    this->model_.emplace(key, TypeParam::MakeValue(i));
  }
  for (size_t i = 0; i < 25; ++i) {
    this->Compute(i * 37 % 80, i);
    i % 3 == 0 ? this->PopLast() : this->PopFirst();
    ASSERT_FALSE(this->HasFailure());
  }
}

TYPED_TEST(StoppedWriterTest,
           ReadsCompleteAtEveryStepOfMergesAndOfRangeErasures) {
  std::mt19937_64 random(9);
  for (size_t round = 0; round < Scaled(3u, 1u); ++round) {
    for (size_t i = 0; i < 50; ++i) {
      const auto key = TypeParam::MakeKey(i * 37 % this->kKeys);
      this->map_.insert(key, TypeParam::MakeValue(i));
      this->model_.emplace(key, TypeParam::MakeValue(i));
    }
    const size_t lo = random() % 70;
    this->EraseRange(lo, lo + random() % (79 - lo));
    ASSERT_FALSE(this->HasFailure());
    for (size_t i = 0; i < 8; ++i) {
      this->Merge(random() % this->kKeys, i);
      ASSERT_FALSE(this->HasFailure());
    }
    // A few into a segment, and enough for an extent to be rebuilt.
    for (const size_t many : {size_t{3}, size_t{40}}) {
      const size_t begin = random() % (this->kKeys - many);
      this->MergeSeveral(begin, begin + many, round);
      ASSERT_FALSE(this->HasFailure());
    }
  }
}

TYPED_TEST(StoppedWriterTest, ReadsCompleteAtEveryStepOfABatch) {
  for (size_t i = 0; i < 30; ++i) {
    this->AssignBatch(i * 37 % this->kKeys, i);
    ASSERT_FALSE(this->HasFailure());
  }
  for (size_t i = 0; i < 30; ++i) {
    this->EraseBatch(i * 37 % this->kKeys);
    ASSERT_FALSE(this->HasFailure());
  }
}

TYPED_TEST(StoppedWriterTest, ReadsCompleteAtEveryStepOfClear) {
  for (size_t i = 0; i < this->kKeys; ++i)
    this->map_.insert(TypeParam::MakeKey(i * 37 % this->kKeys),
                      TypeParam::MakeValue(i));
  this->map_.scan([&](const auto& key, const auto& value) {
    this->model_.emplace(key, value);
  });
  ASSERT_EQ(this->model_.size(), this->kKeys);
  this->RunInterrupted({}, [&] { this->map_.clear(); });
}

// A separator whose head is one text's and whose tail is another's may lead
// keys astray that are not of the window that moves.
TEST(StoppedMoverTest, ScansCompleteWhereASeparatorIsTorn) {
  std::mt19937_64 random(1);
  const auto some_key = [&] {
    return std::string("longhea") + static_cast<char>('A' + random() % 3) +
           static_cast<char>('A' + random() % 26);
  };
  for (int round = 0; round < Scaled(60, 10); ++round) {
    ConcurrentMap<std::string, int, std::less<>, std::allocator<std::byte>,
                  InterruptTuning>
        map;
    std::set<std::string> keys;
    const auto insert = [&](const std::string& key) {
      map.insert(key, 0);
      keys.insert(key);
    };
    for (int i = 0; i < 28; ++i) insert(some_key());
    for (int i = 0; i < 10; ++i) {
      const std::string fresh = some_key();
      const std::set<std::string> there = keys;
      Interrupt::AfterStores([&] { insert(fresh); },
                             [&] {
                               for (const std::string& key : there) {
                                 map.scan_n(key, 1,
                                            [&](const auto& found, int) {
                                              ASSERT_EQ(found, key);
                                            });
                               }
                             });
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
}

}  // namespace
}  // namespace pma::testing
