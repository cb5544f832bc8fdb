// The property: a read that is overtaken by writers at any point of its course
// returns what was true at some instant while it ran.
//
// Every read is repeated with a pause before its first, second, third... load of
// shared memory. In the pause a writer completes one to three operations, small
// or structural. What the read returns must be its answer in one of the states
// the map went through; a scan must show the state before or after a single
// change.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/testing/interrupt_platform.h"
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

  // One change of map and model: each the same.
  struct Change {
    enum { kInsert, kAssign, kErase, kClear } kind;
    size_t key;
    size_t value;
  };
  static void Apply(const Change& change, Map& map, Model& model) {
    const Key key = Kind::MakeKey(change.key);
    const Value value = Kind::MakeValue(change.value);
    switch (change.kind) {
      case Change::kInsert:
        map.insert(key, value);
        model.emplace(key, value);
        break;
      case Change::kAssign:
        map.insert_or_assign(key, value);
        model.insert_or_assign(key, value);
        break;
      case Change::kErase:
        map.erase(key);
        model.erase(key);
        break;
      case Change::kClear:
        map.clear();
        model.clear();
        break;
    }
  }

  Change RandomChange(size_t clear_odds) {
    Change change{Change::kInsert, random_() % kKeys, ++value_};
    if (clear_odds > 0 && random_() % clear_odds == 0) {
      change.kind = Change::kClear;
    } else if (random_() % 5 == 0) {
      change.kind = Change::kAssign;
    } else if (random_() % 2 == 0) {
      change.kind = Change::kErase;
    }
    return change;
  }

  void Fill(Map& map, Model& model) {
    const size_t entries = random_() % (2 * kKeys);
    for (size_t i = 0; i < entries; ++i) Apply(RandomChange(0), map, model);
    // Stretches of empty segments, which a neighbour search must cross.
    if (random_() % 2 == 0) {
      const size_t from = random_() % kKeys;
      for (size_t i = from; i < std::min(kKeys, from + 30); ++i) {
        Apply({Change::kErase, i, 0}, map, model);
      }
    }
  }

  // Runs `read` on copies of the same random map, interrupted by the same
  // changes before another load each time. `answer` is what it should return in
  // a given state.
  template <class Result>
  void CheckRead(const std::function<Result(const Map&)>& read,
                 const std::function<Result(const Model&)>& answer,
                 size_t max_changes) {
    const auto seed = random_();
    for (size_t load = 0;; ++load) {
      random_.seed(seed);
      Map map;
      Model model;
      Fill(map, model);
      std::vector<Change> changes(1 + random_() % max_changes);
      for (Change& change : changes) change = RandomChange(40);

      std::vector<Result> allowed = {answer(model)};
      std::optional<Result> result;
      size_t loads = 0;
      Interrupt::BeforeLoads(
          [&] { result = read(map); },
          [&] {
            if (loads++ != load) return;
            for (const Change& change : changes) {
              Apply(change, map, model);
              allowed.push_back(answer(model));
            }
          });
      EXPECT_TRUE(std::find(allowed.begin(), allowed.end(), *result) !=
                  allowed.end())
          << "interrupted before load " << load << " with seed " << seed;
      ASSERT_EQ(map.CheckInvariants(), "");
      if (loads <= load || ::testing::Test::HasFailure()) break;
    }
  }

  std::mt19937_64 random_{11};
  size_t value_ = 0;
};

TYPED_TEST_SUITE(InterruptedReaderTest, StorageKinds);

TYPED_TEST(InterruptedReaderTest, FindReturnsWhatWasTrueAtSomeInstant) {
  using Test = InterruptedReaderTest<TypeParam>;
  using Result = std::optional<typename Test::Value>;
  for (int round = 0; round < 60 && !this->HasFailure(); ++round) {
    const auto key = TypeParam::MakeKey(this->random_() % this->kKeys);
    this->template CheckRead<Result>(
        [&](const auto& map) { return map.find(key); },
        [&](const auto& model) -> Result {
          const auto entry = model.find(key);
          if (entry == model.end()) return std::nullopt;
          return entry->second;
        },
        3);
  }
}

TYPED_TEST(InterruptedReaderTest, FloorReturnsWhatWasTrueAtSomeInstant) {
  using Test = InterruptedReaderTest<TypeParam>;
  using Result = typename Test::Entry;
  for (int round = 0; round < 60 && !this->HasFailure(); ++round) {
    const auto key = TypeParam::MakeKey(this->random_() % this->kKeys);
    this->template CheckRead<Result>(
        [&](const auto& map) { return map.floor(key); },
        [&](const auto& model) -> Result {
          const auto next = model.upper_bound(key);
          if (next == model.begin()) return std::nullopt;
          return *std::prev(next);
        },
        3);
  }
}

TYPED_TEST(InterruptedReaderTest, HigherReturnsWhatWasTrueAtSomeInstant) {
  using Test = InterruptedReaderTest<TypeParam>;
  using Result = typename Test::Entry;
  for (int round = 0; round < 60 && !this->HasFailure(); ++round) {
    const auto key = TypeParam::MakeKey(this->random_() % this->kKeys);
    this->template CheckRead<Result>(
        [&](const auto& map) { return map.higher(key); },
        [&](const auto& model) -> Result {
          const auto next = model.upper_bound(key);
          if (next == model.end()) return std::nullopt;
          return *next;
        },
        3);
  }
}

TYPED_TEST(InterruptedReaderTest, ScanShowsTheMapBeforeOrAfterAChange) {
  using Test = InterruptedReaderTest<TypeParam>;
  using Result = typename Test::Entries;
  for (int round = 0; round < 12 && !this->HasFailure(); ++round) {
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
        answer, 1);
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
        answer, 1);
  }
}

}  // namespace
}  // namespace pma::testing
