// SPDX-License-Identifier: Apache-2.0

// The property: a reader that has been led to a writer's image returns what was
// true at some instant, even if by the time it reads there the writer's thread
// has long gone on and used its image for other changes, of maps of other types
// too. And no comparator ever sees a key that nobody has stored.
//
// Two threads. The writer stops after its first, second, third... store; then
// the reader begins and stops before its first, second, third... load; then the
// writer goes on, and after it the reader.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/changes.h"
#include "pma/testing/interrupt_platform.h"
#include "pma/testing/storage_kinds.h"

namespace pma::testing {
namespace {

// More cells than are copied one by one.
struct MoreCells : InterruptTuning {
  static constexpr size_t kMaxCells = 12;
};

struct Reached {
  bool store = false;
  bool load = false;
};

// Stops write() after its `store`-th store and read() before its `load`-th
// load, or at the end; then ends write(), runs go_on() on the same thread, and
// ends read(). Tells which of the two there were.
Reached Overtake(size_t store, size_t load, const Interrupt::Handler& write,
                 const Interrupt::Handler& go_on,
                 const Interrupt::Handler& read) {
  std::binary_semaphore reader_turn{0};
  std::binary_semaphore writer_turn{0};
  size_t stores = 0;
  std::thread writer([&] {
    const auto let_reader_begin = [&] {
      reader_turn.release();
      writer_turn.acquire();
    };
    Interrupt::AfterStores(write, [&] {
      if (stores++ == store) let_reader_begin();
    });
    if (stores <= store) let_reader_begin();
    go_on();
    reader_turn.release();
  });
  reader_turn.acquire();
  size_t loads = 0;
  const auto let_writer_end = [&] {
    writer_turn.release();
    reader_turn.acquire();
  };
  Interrupt::BeforeLoads(read, [&] {
    if (loads++ == load) let_writer_end();
  });
  if (loads <= load) let_writer_end();
  writer.join();
  return {stores > store, loads > load};
}

template <class Kind>
class OvertakenImageTest : public ::testing::Test {
 protected:
  using Key = typename Kind::Key;
  using Value = typename Kind::Value;
  using Map = ConcurrentMap<Key, Value, std::less<>, std::allocator<std::byte>,
                            MoreCells>;
  using NumberMap = ConcurrentMap<uint64_t, uint64_t, std::less<>,
                                  std::allocator<std::byte>, MoreCells>;
  using Model = std::map<Key, Value>;
  using Entries = std::vector<std::pair<Key, Value>>;

  static constexpr size_t kKeys = 80;
  static constexpr size_t kMostStores = Scaled(50, 20);

  Change ChangeNear(size_t focus) {
    constexpr Change::Kind kKinds[] = {Change::kInsert, Change::kAssign,
                                       Change::kErase};
    return {kKinds[random_() % 3], (focus + kKeys + random_() % 9 - 4) % kKeys,
            500 + random_() % 1000};
  }

  // `answer` is what `read` should return in a given state. A scan is not
  // atomic: it gets a single change.
  enum class Changes { kSeveral, kOne };
  template <class Result>
  void CheckRead(size_t focus, Changes changes,
                 const std::function<Result(const Map&)>& read,
                 const std::function<Result(const Model&)>& answer) {
    const auto seed = random_();
    bool has_store = true;
    for (size_t store = 0; has_store && store < kMostStores; ++store) {
      has_store = false;
      bool has_load = true;
      for (size_t load = 0; has_load; load += 1 + random_() % Scaled(3, 20)) {
        std::mt19937_64 rest = random_;
        random_.seed(seed);
        Map map;
        Model model;
        Map other;
        NumberMap numbers;
        for (size_t i = random_() % (2 * kKeys); i > 0; --i) {
          const Change change{Change::kInsert, random_() % kKeys, i};
          Apply<Kind>(change, map);
          Apply<Kind>(change, model);
          Apply<Kind>(change, other);
          numbers.insert(random_(), ~uint64_t{0} - i);
        }
        const Change first = ChangeNear(focus);
        std::vector<Change> more(changes == Changes::kSeveral ? random_() % 5
                                                              : 0);
        for (Change& change : more) change = ChangeNear(focus);
        const Change elsewhere = ChangeNear(focus);

        std::vector<Result> allowed = {answer(model)};
        Apply<Kind>(first, model);
        allowed.push_back(answer(model));
        for (const Change& change : more) {
          Apply<Kind>(change, model);
          allowed.push_back(answer(model));
        }
        std::optional<Result> result;
        const Reached reached = Overtake(
            store, load, [&] { Apply<Kind>(first, map); },
            [&] {
              for (const Change& change : more) Apply<Kind>(change, map);
              if (seed % 3 > 0) Apply<Kind>(elsewhere, other);
              if (seed % 3 > 1) numbers.insert(seed, seed);
            },
            [&] { result = read(map); });
        EXPECT_TRUE(std::find(allowed.begin(), allowed.end(), *result) !=
                    allowed.end())
            << "store " << store << ", load " << load << ", seed " << seed;
        ASSERT_EQ(map.CheckInvariants(), "");
        ASSERT_FALSE(this->HasFailure());
        has_store = has_store || reached.store;
        has_load = reached.load;
        random_ = rest;
      }
    }
  }

  std::mt19937_64 random_{3};
};

TYPED_TEST_SUITE(OvertakenImageTest, StorageKinds);

TYPED_TEST(OvertakenImageTest, LookUpsReturnWhatWasTrueAtSomeInstant) {
  using Fixture = OvertakenImageTest<TypeParam>;
  using Result = std::optional<typename Fixture::Value>;
  for (int round = 0; round < Scaled(4, 2) && !this->HasFailure(); ++round) {
    const size_t focus = this->random_() % Fixture::kKeys;
    const auto key = TypeParam::MakeKey(focus);
    this->template CheckRead<Result>(
        focus, Fixture::Changes::kSeveral,
        [&](const auto& map) { return map.find(key); },
        [&](const auto& model) -> Result {
          const auto entry = model.find(key);
          if (entry == model.end()) return std::nullopt;
          return entry->second;
        });
  }
}

TYPED_TEST(OvertakenImageTest, NeighboursAreWhatWasTrueAtSomeInstant) {
  using Fixture = OvertakenImageTest<TypeParam>;
  using Result =
      std::optional<std::pair<typename Fixture::Key, typename Fixture::Value>>;
  for (int round = 0; round < Scaled(4, 2) && !this->HasFailure(); ++round) {
    const size_t focus = this->random_() % Fixture::kKeys;
    const auto key = TypeParam::MakeKey(focus);
    this->template CheckRead<Result>(
        focus, Fixture::Changes::kSeveral,
        [&](const auto& map) { return map.floor(key); },
        [&](const auto& model) -> Result {
          const auto next = model.upper_bound(key);
          if (next == model.begin()) return std::nullopt;
          return *std::prev(next);
        });
  }
}

TYPED_TEST(OvertakenImageTest, ScansShowTheMapBeforeOrAfterAChange) {
  using Fixture = OvertakenImageTest<TypeParam>;
  using Result = typename Fixture::Entries;
  for (const size_t limit : {2, 30}) {
    const size_t focus = this->random_() % Fixture::kKeys;
    const auto key = TypeParam::MakeKey(focus);
    this->template CheckRead<Result>(
        focus, Fixture::Changes::kOne,
        [&](const auto& map) {
          Result seen;
          map.scan_n(key, limit, [&](const auto& k, const auto& v) {
            seen.emplace_back(k, v);
          });
          return seen;
        },
        [&](const auto& model) {
          Result expected;
          for (auto entry = model.lower_bound(key);
               entry != model.end() && expected.size() < limit; ++entry) {
            expected.push_back(*entry);
          }
          return expected;
        });
    if (this->HasFailure()) return;
    this->template CheckRead<Result>(
        focus, Fixture::Changes::kOne,
        [&](const auto& map) {
          Result seen;
          map.scan_reverse(
              TypeParam::MakeKey(0), key,
              [&](const auto& k, const auto& v) { seen.emplace_back(k, v); });
          return seen;
        },
        [&](const auto& model) {
          return Result(std::make_reverse_iterator(model.lower_bound(key)),
                        model.rend());
        });
    if (this->HasFailure()) return;
  }
}

// Keys are addresses, and their order is that of what lies there: to compare
// one that nobody has stored would be to follow it.
class Numbers {
 public:
  static constexpr size_t kCount = 1200;
  static const int* At(size_t i) { return &numbers()[i]; }
  static bool IsOne(const int* address) {
    return !std::less<>()(address, At(0)) &&
           std::less<>()(address, At(0) + kCount);
  }

 private:
  static const std::vector<int>& numbers() {
    static const std::vector<int> numbers = [] {
      std::vector<int> ascending(kCount);
      for (size_t i = 0; i < kCount; ++i) ascending[i] = static_cast<int>(i);
      return ascending;
    }();
    return numbers;
  }
};
std::atomic<size_t> strange_keys{0};
struct ByTarget {
  bool operator()(const int* a, const int* b) const {
    if (!Numbers::IsOne(a) || !Numbers::IsOne(b)) {
      ++strange_keys;
      return false;
    }
    return *a < *b;
  }
};

TEST(OvertakenImage, ComparatorsSeeOnlyKeysThatWereStored) {
  using Map = ConcurrentMap<const int*, uint64_t, ByTarget,
                            std::allocator<std::byte>, MoreCells>;
  using NumberMap = ConcurrentMap<uint64_t, uint64_t, std::less<>,
                                  std::allocator<std::byte>, MoreCells>;
  bool has_store = true;
  for (size_t store = 0; has_store && store < 100; ++store) {
    has_store = false;
    bool has_load = true;
    for (size_t load = 0; has_load; load += Scaled(1, 3)) {
      Map map;
      for (size_t i = 0; i < 100; ++i) {
        map.insert(Numbers::At(i * 37 % 100 * 10), i * 37 % 100);
      }
      // Fills the image with what is no address.
      NumberMap numbers;
      for (uint64_t number = 2; number < 10; ++number)
        numbers.insert(number, 0);
      const Reached reached = Overtake(
          store, load, [&] { map.insert(Numbers::At(405), 1); },
          [&] { numbers.insert(1, 0); },
          [&] { EXPECT_EQ(map.find(Numbers::At(400)), 40u); });
      ASSERT_EQ(strange_keys.load(), 0u)
          << "store " << store << ", load " << load;
      has_store = has_store || reached.store;
      has_load = reached.load;
    }
  }
}

// Nor may they see the separators of segments that are not in use any more. A
// queue, filled at one end and emptied at the other, gives up segments at the
// end of an extent.
TEST(OvertakenImage, ComparatorsSeeNoSeparatorThatIsOutOfUse) {
  using Map = ConcurrentMap<const int*, uint64_t, ByTarget,
                            std::allocator<std::byte>, InterruptTuning>;
  for (const size_t length : {5, 10}) {
    for (size_t begin = 0; begin < Scaled(40, 8); ++begin) {
      bool has_load = true;
      for (size_t load = 0; has_load; ++load) {
        Map map;
        size_t end = 0;
        const auto step = [&] {
          if (end >= length) map.erase(Numbers::At(end - length));
          map.insert(Numbers::At(end), end);
          ++end;
        };
        while (end < begin + length) step();
        size_t loads = 0;
        Interrupt::BeforeLoads(
            [&] {
              map.scan(Numbers::At(begin), Numbers::At(end - 1),
                       [](const int*, uint64_t) {});
            },
            [&] {
              if (loads++ != load) return;
              for (size_t i = 0; i < length; ++i) step();
            });
        ASSERT_EQ(strange_keys.load(), 0u)
            << "length " << length << ", begin " << begin << ", load " << load;
        has_load = loads > load;
      }
    }
  }
}

}  // namespace
}  // namespace pma::testing
