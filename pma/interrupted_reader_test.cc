// SPDX-License-Identifier: Apache-2.0

// The property: a read that is overtaken by writers at any point of its course
// returns what was true at some instant while it ran.
//
// Every read is repeated with a pause before its first, second, third... load
// of shared memory. In the pause a writer completes some operations, small or
// structural, on one entry or many. What the read returns must be its answer in
// one of the states the map went through; a scan must show the state before or
// after a single change.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/changes.h"
#include "pma/testing/interrupt_platform.h"
#include "pma/testing/random.h"
#include "pma/testing/storage_kinds.h"

namespace pma::testing {
namespace {

template <class Kind>
class InterruptedReaderTest : public ::testing::Test {
 protected:
  using Key = typename Kind::Key;
  using Value = typename Kind::Value;
  using Map = ConcurrentMap<Key, Value, std::less<>, std::allocator<std::byte>,
                            InterruptTuning>;
  using Model = std::map<Key, Value>;
  using Entry = std::optional<std::pair<Key, Value>>;
  using Entries = std::vector<std::pair<Key, Value>>;

  static constexpr size_t kKeys = 80;

  static void ApplyToBoth(const Change& change, Map& map, Model& model) {
    Apply<Kind>(change, map);
    Apply<Kind>(change, model);
  }

  // Mostly near `focus_`, where the read is going; of one key, or `several`.
  Change RandomChange(bool several) {
    size_t key = random_() % kKeys;
    if (random_() % 4 != 0) {
      const size_t reach = random_() % 2 == 0 ? 3 : 12;
      key = (focus_ + kKeys + random_() % (2 * reach + 1) - reach) % kKeys;
    }
    Change change{Change::kInsert, key, ++value_};
    if (several && random_() % 40 == 0) {
      change.kind = Change::kClear;
      return change;
    }
    if (random_() % 5 == 0) {
      change.kind = Change::kAssign;
    } else if (random_() % 2 == 0) {
      change.kind = Change::kErase;
    }
    if (value_ % 3 == 0) {
      change.many =
          several ? 1 + value_ / 3 % std::min<size_t>(4, kKeys - key) : 1;
    }
    return change;
  }

  void Fill(Map& map, Model& model) {
    const size_t entries = random_() % (2 * kKeys);
    for (size_t i = 0; i < entries; ++i) {
      ApplyToBoth({Change::kInsert, random_() % kKeys, ++value_}, map, model);
    }
    // Stretches of empty segments, which a neighbour search must cross.
    if (random_() % 2 == 0) {
      for (size_t i = focus_ - std::min<size_t>(focus_, 8);
           i < std::min(kKeys, focus_ + 8); ++i) {
        ApplyToBoth({Change::kErase, i, 0}, map, model);
      }
    }
  }

  // Runs `read` on copies of the same random map, interrupted by the same
  // changes before another load each time. `answer` is what it should return in
  // a given state.
  //
  // A scan is not atomic: it gets a single change of a single key.
  enum class Changes { kSeveral, kOneKey };
  template <class Result>
  void CheckRead(const std::function<Result(const Map&)>& read,
                 const std::function<Result(const Model&)>& answer,
                 Changes kind) {
    const bool several = kind == Changes::kSeveral;
    const auto seed = random_();
    for (size_t load = 0;; ++load) {
      random_.seed(seed);
      Map map;
      Model model;
      Fill(map, model);
      std::vector<Change> changes(several ? 1 + random_() % 12 : 1);
      for (Change& change : changes) change = RandomChange(several);

      std::vector<Result> allowed = {answer(model)};
      std::optional<Result> result;
      size_t loads = 0;
      Interrupt::BeforeLoads([&] { result = read(map); },
                             [&] {
                               if (loads++ != load) return;
                               for (const Change& change : changes) {
                                 ApplyAtOnce<Kind>(change, map);
                                 for (const Change& one : Singly(change)) {
                                   Apply<Kind>(one, model);
                                   allowed.push_back(answer(model));
                                 }
                               }
                             });
      EXPECT_TRUE(std::find(allowed.begin(), allowed.end(), *result) !=
                  allowed.end())
          << "interrupted before load " << load << " with seed " << seed;
      ASSERT_EQ(map.CheckInvariants(), "");
      if (loads <= load || ::testing::Test::HasFailure()) break;
    }
  }

  // A key for the next read; changes will be near it.
  Key NextKey() {
    focus_ = random_() % kKeys;
    return Kind::MakeKey(focus_);
  }

  std::mt19937_64 random_{11};
  size_t focus_ = 0;
  size_t value_ = 0;
};

using KindsOfReaders =
    ::testing::Types<Words, WideValues, WideKeys, Strings, EncodedKeys>;
TYPED_TEST_SUITE(InterruptedReaderTest, KindsOfReaders);

TYPED_TEST(InterruptedReaderTest, FindReturnsWhatWasTrueAtSomeInstant) {
  using Fixture = InterruptedReaderTest<TypeParam>;
  using Result = std::optional<typename Fixture::Value>;
  for (int round = 0; round < Scaled(40, 6) && !this->HasFailure(); ++round) {
    const auto key = this->NextKey();
    this->template CheckRead<Result>(
        [&](const auto& map) { return map.find(key); },
        [&](const auto& model) -> Result {
          const auto entry = model.find(key);
          if (entry == model.end()) return std::nullopt;
          return entry->second;
        },
        Fixture::Changes::kSeveral);
  }
}

TYPED_TEST(InterruptedReaderTest, FloorReturnsWhatWasTrueAtSomeInstant) {
  using Fixture = InterruptedReaderTest<TypeParam>;
  using Result = typename Fixture::Entry;
  for (int round = 0; round < Scaled(40, 6) && !this->HasFailure(); ++round) {
    const auto key = this->NextKey();
    this->template CheckRead<Result>(
        [&](const auto& map) { return map.floor(key); },
        [&](const auto& model) -> Result {
          const auto next = model.upper_bound(key);
          if (next == model.begin()) return std::nullopt;
          return *std::prev(next);
        },
        Fixture::Changes::kSeveral);
  }
}

TYPED_TEST(InterruptedReaderTest, HigherReturnsWhatWasTrueAtSomeInstant) {
  using Fixture = InterruptedReaderTest<TypeParam>;
  using Result = typename Fixture::Entry;
  for (int round = 0; round < Scaled(40, 6) && !this->HasFailure(); ++round) {
    const auto key = this->NextKey();
    this->template CheckRead<Result>(
        [&](const auto& map) { return map.higher(key); },
        [&](const auto& model) -> Result {
          const auto next = model.upper_bound(key);
          if (next == model.end()) return std::nullopt;
          return *next;
        },
        Fixture::Changes::kSeveral);
  }
}

TYPED_TEST(InterruptedReaderTest, SnapshotScanShowsTheMapAtOneInstant) {
  using Fixture = InterruptedReaderTest<TypeParam>;
  using Result = typename Fixture::Entries;
  for (int round = 0; round < Scaled(3, 1) && !this->HasFailure(); ++round) {
    this->NextKey();
    this->template CheckRead<Result>(
        [&](const auto& map) {
          Result seen;
          map.snapshot_scan([&](const auto& key, const auto& value) {
            seen.emplace_back(key, value);
          });
          return seen;
        },
        [](const auto& model) { return Result(model.begin(), model.end()); },
        Fixture::Changes::kSeveral);
  }
}

TYPED_TEST(InterruptedReaderTest, VisitEntryShowsWhatWasTrueAtSomeInstant) {
  using Fixture = InterruptedReaderTest<TypeParam>;
  using Result = typename Fixture::Entry;
  for (int round = 0; round < Scaled(10, 2) && !this->HasFailure(); ++round) {
    const auto key = this->NextKey();
    this->template CheckRead<Result>(
        [&](const auto& map) {
          Result seen;
          map.visit_entry(key, [&](const auto& stored, const auto& value) {
            seen.emplace(stored, value);
          });
          return seen;
        },
        [&](const auto& model) -> Result {
          const auto entry = model.find(key);
          if (entry == model.end()) return std::nullopt;
          return *entry;
        },
        Fixture::Changes::kSeveral);
  }
}

TYPED_TEST(InterruptedReaderTest, CountsAreOfTheMapBeforeOrAfterAChange) {
  using Fixture = InterruptedReaderTest<TypeParam>;
  // Among its first changes are some that move a bound the count has come to:
  // what does not compare fences, or validate them, is found out.
  this->random_.seed(17);
  for (int round = 0; round < Scaled(4, 1) && !this->HasFailure(); ++round) {
    this->NextKey();
    const auto lo = TypeParam::MakeKey(3);
    const auto hi = TypeParam::MakeKey(this->kKeys - 3);
    this->template CheckRead<size_t>(
        [&](const auto& map) { return map.count_range(lo, hi); },
        [&](const auto& model) -> size_t {
          return static_cast<size_t>(
              std::distance(model.lower_bound(lo), model.lower_bound(hi)));
        },
        Fixture::Changes::kOneKey);
  }
}

TYPED_TEST(InterruptedReaderTest, CursorsShowTheMapBeforeOrAfterAChange) {
  using Fixture = InterruptedReaderTest<TypeParam>;
  using Result = typename Fixture::Entries;
  for (int round = 0; round < 1 && !this->HasFailure(); ++round) {
    this->NextKey();
    const auto answer = [](const auto& model) {
      return Result(model.begin(), model.end());
    };
    this->template CheckRead<Result>(
        [](const auto& map) {
          Result seen;
          for (auto at = map.cursor(); at.valid(); at.next()) {
            seen.emplace_back(at.key(), at.value());
          }
          return seen;
        },
        answer, Fixture::Changes::kOneKey);
    this->template CheckRead<Result>(
        [](const auto& map) {
          Result seen;
          auto at = map.cursor(TypeParam::MakeKey(0));
          for (at.seek_to_last(); at.valid(); at.prev()) {
            seen.emplace_back(at.key(), at.value());
          }
          std::reverse(seen.begin(), seen.end());
          return seen;
        },
        answer, Fixture::Changes::kOneKey);
  }
}

// Of inline types: arrays of what is validated, and of nothing else.
TYPED_TEST(InterruptedReaderTest, ColumnsShowTheMapBeforeOrAfterAChange) {
  using Fixture = InterruptedReaderTest<TypeParam>;
  using Result = typename Fixture::Entries;
  if constexpr (std::is_trivially_copyable_v<typename Fixture::Key> &&
                std::is_trivially_copyable_v<typename Fixture::Value>) {
    for (int round = 0; round < Scaled(2, 1) && !this->HasFailure(); ++round) {
      this->NextKey();
      this->template CheckRead<Result>(
          [](const auto& map) {
            Result seen;
            map.scan_columns([&](const auto& keys, const auto& values) {
              for (size_t i = 0; i < keys.size(); ++i) {
                seen.emplace_back(keys[i], values[i]);
              }
            });
            return seen;
          },
          [](const auto& model) { return Result(model.begin(), model.end()); },
          Fixture::Changes::kOneKey);
    }
  }
}

TYPED_TEST(InterruptedReaderTest, ScanShowsTheMapBeforeOrAfterAChange) {
  using Fixture = InterruptedReaderTest<TypeParam>;
  using Result = typename Fixture::Entries;
  for (int round = 0; round < Scaled(4, 1) && !this->HasFailure(); ++round) {
    this->NextKey();
    const auto answer = [](const auto& model) {
      return Result(model.begin(), model.end());
    };
    this->template CheckRead<Result>(
        [&](const auto& map) {
          Result seen;
          map.scan([&](const auto& key, const auto& value) {
            seen.emplace_back(key, value);
          });
          return seen;
        },
        answer, Fixture::Changes::kOneKey);
    this->template CheckRead<Result>(
        [&](const auto& map) {
          Result seen;
          map.scan_reverse(TypeParam::MakeKey(0),
                           TypeParam::MakeKey(this->kKeys),
                           [&](const auto& key, const auto& value) {
                             seen.emplace_back(key, value);
                           });
          std::reverse(seen.begin(), seen.end());
          return seen;
        },
        answer, Fixture::Changes::kOneKey);
  }
}

// The first segment's fences have nothing in common, but its last keys begin
// with the same eight characters as the one that is sought: that does not lie
// between them.
TEST(InterruptedFindTest, MovedBehindKeysWithItsHeadIsFound) {
  const auto key = [](int i) { return "https://" + std::to_string(100 + i); };
  for (int others = 5; others < 24; others += 3) {
    bool found = true;
    size_t loads = 0;
    for (size_t load = 0; load <= loads && found; ++load) {
      ConcurrentMap<std::string, int, std::less<>, std::allocator<std::byte>,
                    InterruptTuning>
          map;
      map.insert("", 0);
      for (int i = 0; i < others; ++i) map.insert(key(10 * i), i);
      // Windows are moved, and what that retires has been looked at: a clock
      // that moves would call off the short way.
      map.insert(key(9), 9);
      map.insert(key(8), 8);
      loads = 0;
      Interrupt::BeforeLoads([&] { found = map.contains(key(9)); },
                             [&] {
                               if (loads++ == load) map.insert(key(7), 7);
                             });
      EXPECT_TRUE(found) << "interrupted before load " << load << " among "
                         << others;
    }
  }
}

// A segment comes to hold keys alone that begin alike, while one is sought that
// does not: its head there, of what is behind that beginning, means nothing.
TEST(InterruptedFindTest, WhatDoesNotBeginLikeTheKeysThereIsAbsent) {
  const std::string sought(8, '\xff');
  for (unsigned seed = 0; seed < 600; ++seed) {
    bool found = false;
    size_t loads = 0;
    for (size_t load = 0; load <= loads && !found; ++load) {
      Random random(seed);
      ConcurrentMap<std::string, int, std::less<>, std::allocator<std::byte>,
                    InterruptTuning>
          map;
      const auto insert = [&](uint64_t number) {
        map.insert(std::string(16, 'a') + std::to_string(10000 + number), 0);
      };
      const uint64_t alike = 1 + random.Below(30);
      for (uint64_t i = 0; i < alike; ++i) insert(random.Below(1000));
      const uint64_t others = random.Below(12);
      for (uint64_t i = 0; i < others; ++i) {
        map.insert(sought + "1" + std::to_string(random.Below(1000)), 0);
      }
      const uint64_t more = 1 + random.Below(6);
      loads = 0;
      Interrupt::BeforeLoads([&] { found = map.contains(sought); },
                             [&] {
                               if (loads++ != load) return;
                               for (uint64_t i = 0; i < more; ++i) {
                                 insert(random.Below(2) == 0
                                            ? 900 + random.Below(200)
                                            : random.Below(1000));
                               }
                             });
      EXPECT_FALSE(found) << "interrupted before load " << load << ", seed "
                          << seed;
    }
  }
}

}  // namespace
}  // namespace pma::testing
