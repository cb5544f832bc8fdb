// SPDX-License-Identifier: Apache-2.0

// What reads ranges says of them what a sorted list would: in every kind of
// storage, over segments, extents and rooms that are empty.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/random.h"
#include "pma/testing/storage_kinds.h"

namespace pma {
namespace {

template <class Kind>
using TinyMap =
    ConcurrentMap<typename Kind::Key, typename Kind::Value, std::less<>,
                  std::allocator<std::byte>, TinyTuning>;

constexpr size_t kKeys = 80;

// Every other key, but a stretch: the segments there have been emptied.
bool IsThere(size_t i) { return i % 2 == 0 && (i < 20 || i >= 40); }

template <class Kind>
class RangesTest : public ::testing::Test {
 protected:
  RangesTest() {
    for (size_t i = 0; i < kKeys; ++i) {
      map_.insert(Kind::MakeKey(i), Kind::MakeValue(i));
    }
    for (size_t i = 0; i < kKeys; ++i) {
      if (!IsThere(i)) map_.erase(Kind::MakeKey(i));
    }
  }

  // The numbers of the entries from `from` on in one direction, at most so
  // many.
  static std::vector<size_t> Up(size_t from, size_t limit = kKeys) {
    std::vector<size_t> found;
    for (size_t i = from; i < kKeys && found.size() < limit; ++i) {
      if (IsThere(i)) found.push_back(i);
    }
    return found;
  }
  static std::vector<size_t> Down(size_t from, size_t limit = kKeys) {
    std::vector<size_t> found;
    for (size_t i = from + 1; i-- > 0 && found.size() < limit;) {
      if (IsThere(i)) found.push_back(i);
    }
    return found;
  }

  // The numbers of the entries that scan(f) shows, which returns how many.
  template <class Scan>
  static std::vector<size_t> Shown(Scan scan) {
    std::vector<size_t> numbers;
    const size_t count =
        scan([&](const typename Kind::Key& key, const typename Kind::Value& v) {
          numbers.push_back(NumberOf(key));
          EXPECT_EQ(v, Kind::MakeValue(numbers.back()));
        });
    EXPECT_EQ(count, numbers.size());
    return numbers;
  }
  static size_t NumberOf(const typename Kind::Key& key) {
    for (size_t i = 0; i < kKeys; ++i) {
      if (Kind::MakeKey(i) == key) return i;
    }
    return kKeys;
  }
  // The number of the entry that visit(f) shows, if any.
  template <class Visit>
  static std::vector<size_t> Seen(Visit visit) {
    return Shown([&](const auto& f) { return size_t{visit(f)}; });
  }

  TinyMap<Kind> map_;
};
TYPED_TEST_SUITE(RangesTest, testing::StorageKinds);

TYPED_TEST(RangesTest, VisitEntryShowsWhatFindFinds) {
  for (size_t i = 0; i < kKeys; ++i) {
    const auto key = TypeParam::MakeKey(i);
    EXPECT_EQ(this->Seen([&](const auto& f) {
      return this->map_.visit_entry(key, f);
    }),
              IsThere(i) ? std::vector<size_t>{i} : std::vector<size_t>{});
  }
}

TYPED_TEST(RangesTest, VisitBatchShowsEachKeyThatIsThere) {
  std::vector<typename TypeParam::Key> keys;
  for (size_t i = kKeys; i-- > 0;) keys.push_back(TypeParam::MakeKey(i));
  std::vector<size_t> expected;
  for (size_t i = 0; i < kKeys; ++i) {
    if (IsThere(kKeys - 1 - i)) expected.push_back(i);
  }
  std::vector<size_t> seen;
  const size_t found = this->map_.visit_batch(
      keys, [&](size_t i, const typename TypeParam::Value& value) {
        seen.push_back(i);
        EXPECT_EQ(value, TypeParam::MakeValue(kKeys - 1 - i));
      });
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(found, expected.size());
}

TYPED_TEST(RangesTest, NeighboursAreVisited) {
  const auto& map = this->map_;
  EXPECT_EQ(this->Seen([&](const auto& f) { return map.visit_first(f); }),
            this->Up(0, 1));
  EXPECT_EQ(this->Seen([&](const auto& f) { return map.visit_last(f); }),
            this->Down(kKeys - 1, 1));
  for (size_t i = 0; i < kKeys; ++i) {
    const auto key = TypeParam::MakeKey(i);
    EXPECT_EQ(
        this->Seen([&](const auto& f) { return map.visit_floor(key, f); }),
        this->Down(i, 1));
    EXPECT_EQ(
        this->Seen([&](const auto& f) { return map.visit_ceiling(key, f); }),
        this->Up(i, 1));
    EXPECT_EQ(
        this->Seen([&](const auto& f) { return map.visit_higher(key, f); }),
        this->Up(i + 1, 1));
    if (i == 0) continue;
    EXPECT_EQ(
        this->Seen([&](const auto& f) { return map.visit_lower(key, f); }),
        this->Down(i - 1, 1));
  }
}

TYPED_TEST(RangesTest, ScansBeginBesideAKeyAndGoEitherWay) {
  const auto& map = this->map_;
  for (size_t i = 0; i < kKeys; ++i) {
    const auto key = TypeParam::MakeKey(i);
    EXPECT_EQ(
        this->Shown([&](const auto& f) { return map.scan_after(key, f); }),
        this->Up(i + 1));
    EXPECT_EQ(this->Shown(
                  [&](const auto& f) { return map.scan_reverse_from(key, f); }),
              this->Down(i));
    for (const size_t limit : {0, 1, 2, 3, 4, 9, 40}) {
      EXPECT_EQ(this->Shown([&](const auto& f) {
        return map.scan_reverse_n(key, limit, f);
      }),
                this->Down(i, limit));
    }
  }
}

TYPED_TEST(RangesTest, ScansEndWhenTheCallbackSaysSo) {
  int calls = 0;
  const auto stop_at_second = [&](const auto&, const auto&) {
    return ++calls % 2 != 0;
  };
  const auto last = TypeParam::MakeKey(kKeys - 1);
  EXPECT_EQ(this->map_.scan_reverse_from(last, stop_at_second), 2);
  EXPECT_EQ(this->map_.scan_after(TypeParam::MakeKey(0), stop_at_second), 2);
}

TYPED_TEST(RangesTest, ColumnsAreWhatAScanShows) {
  using Key = typename TypeParam::Key;
  using Value = typename TypeParam::Value;
  if constexpr (std::is_trivially_copyable_v<Key> &&
                std::is_trivially_copyable_v<Value>) {
    const auto shown = [](const auto& scan) {
      return RangesTest<TypeParam>::Shown([&](const auto& f) {
        return scan([&](std::span<const Key> keys, std::span<const Value> v) {
          ASSERT_FALSE(keys.empty());
          ASSERT_EQ(keys.size(), v.size());
          for (size_t i = 0; i < keys.size(); ++i) f(keys[i], v[i]);
        });
      });
    };
    EXPECT_EQ(shown([&](const auto& f) { return this->map_.scan_columns(f); }),
              this->Up(0));
    for (size_t lo = 0; lo < kKeys; ++lo) {
      for (size_t hi = lo % 3; hi < kKeys; hi += 3) {
        std::vector<size_t> expected = this->Up(lo);
        std::erase_if(expected, [&](size_t i) { return i >= hi; });
        EXPECT_EQ(shown([&](const auto& f) {
                    return this->map_.scan_columns(TypeParam::MakeKey(lo),
                                                   TypeParam::MakeKey(hi), f);
                  }),
                  expected);
      }
    }
  }
}

TYPED_TEST(RangesTest, CountsAreThoseOfAScan) {
  for (size_t lo = 0; lo < kKeys; ++lo) {
    for (size_t hi = 0; hi < kKeys; ++hi) {
      std::vector<size_t> expected = this->Up(lo);
      std::erase_if(expected, [&](size_t i) { return i >= hi; });
      const auto from = TypeParam::MakeKey(lo);
      const auto to = TypeParam::MakeKey(hi);
      EXPECT_EQ(this->map_.count_range(from, to), expected.size());
      // No extent has more segments than are looked at.
      EXPECT_EQ(this->map_.approximate_count(from, to), expected.size());
    }
  }
}

TYPED_TEST(RangesTest, SplitKeysCutEqualParts) {
  const size_t entries = this->map_.size();
  for (const size_t n : {0, 1, 2, 3, 7, 29, 30, 31, 100}) {
    const auto keys = this->map_.split_keys(n);
    const size_t parts = std::max<size_t>(1, std::min(n, entries));
    ASSERT_EQ(keys.size(), parts - 1);
    size_t before = 0;
    for (size_t i = 0; i < parts; ++i) {
      const size_t end = i < keys.size() ? this->map_.count_range(
                                               TypeParam::MakeKey(0), keys[i])
                                         : entries;
      EXPECT_GE(end - before, entries / parts);
      EXPECT_LE(end - before, entries / parts + 1);
      before = end;
    }
  }
}

TEST(RangesOfNumbersTest, TheGreatestKeyIsNoBound) {
  ConcurrentMap<uint8_t, int> map;
  constexpr uint8_t kMost = 255;
  EXPECT_EQ(map.count_range(0, kMost), 0);
  EXPECT_EQ(map.approximate_count(0, kMost), 0);
  EXPECT_TRUE(map.split_keys(3).empty());
  const auto ignore = [](uint8_t, int) {};
  EXPECT_FALSE(map.visit_first(ignore));
  EXPECT_EQ(map.scan_reverse_n(kMost, 3, ignore), 0);
  for (int i = 0; i < 256; ++i) map.insert(static_cast<uint8_t>(i), i);
  EXPECT_EQ(map.count_range(0, kMost), 255);
  EXPECT_EQ(map.approximate_count(3, kMost), 252);
  EXPECT_EQ(map.scan_reverse_from(kMost, ignore), 256);
  EXPECT_EQ(map.scan_reverse_n(kMost, 2, ignore), 2);
  EXPECT_EQ(map.scan_after(254, ignore), 1);
  EXPECT_EQ(map.scan_after(kMost, ignore), 0);
  EXPECT_EQ(map.scan_columns(7, kMost, [](auto, auto) {}), 248);
  EXPECT_EQ(map.split_keys(4), (std::vector<uint8_t>{64, 128, 192}));
}

TEST(RangesOfNumbersTest, TheStoredKeyIsShown) {
  ConcurrentMap<double, int> map;
  map.insert(-0.0, 1);
  EXPECT_TRUE(map.visit_entry(
      0.0, [](double key, int) { EXPECT_TRUE(std::signbit(key)); }));
}

TEST(RangesOfNumbersTest, MovedOnlyValuesAreVisited) {
  ConcurrentMap<int, std::unique_ptr<int>> map;
  map.insert(3, std::make_unique<int>(30));
  int sum = 0;
  const auto add = [&](int key, const std::unique_ptr<int>& value) {
    sum += key + *value;
    return "whatever a visitor returns";
  };
  EXPECT_TRUE(map.visit_floor(5, add));
  EXPECT_TRUE(map.visit_last(add));
  EXPECT_FALSE(map.visit_higher(5, add));
  EXPECT_EQ(sum, 66);
}

// Cells larger than their objects, and objects more aligned than cells.
struct Twelve {
  uint32_t a, b, c;
  friend auto operator<=>(const Twelve&, const Twelve&) = default;
};
struct alignas(32) Aligned {
  std::array<uint64_t, 4> words;
};

TEST(ColumnsTest, ObjectsAreSideBySideAndAligned) {
  ConcurrentMap<Twelve, Aligned> map;
  for (uint32_t i = 0; i < 1000; ++i) {
    map.insert({1, i, 2 * i}, {{i, 1, 2, 3}});
  }
  uint32_t next = 0;
  map.scan_columns(
      [&](std::span<const Twelve> keys, std::span<const Aligned> values) {
        for (const Twelve& key : keys) {
          EXPECT_EQ(key, (Twelve{1, next, 2 * next}));
          ++next;
        }
        next -= static_cast<uint32_t>(keys.size());
        for (const Aligned& value : values) {
          EXPECT_EQ(reinterpret_cast<uintptr_t>(&value) % alignof(Aligned), 0);
          EXPECT_EQ(value.words[0], next++);
        }
      });
  EXPECT_EQ(next, 1000);
}

TEST(ColumnsTest, RunsAreLong) {
  ConcurrentMap<uint64_t, double> map;
  for (uint64_t i = 0; i < 20000; ++i) map.insert(i, 0.5);
  size_t runs = 0;
  double sum = 0;
  EXPECT_EQ(map.scan_columns(
                [&](std::span<const uint64_t>, std::span<const double> values) {
                  ++runs;
                  for (const double value : values) sum += value;
                }),
            20000);
  EXPECT_EQ(sum, 10000);
  EXPECT_LT(runs, 20000 / 150);
  EXPECT_LT(map.scan_columns([](auto, auto) { return false; }), 300);
}

// Random keys, a run in the middle of them, most of them erased, cubes: the
// estimate is off by no more than a tenth, and the parts are as even as that.
TEST(ApproximateCountTest, IsOffByLessThanATenth) {
  const auto entries = static_cast<size_t>(testing::Scaled(100'000, 30'000));
  for (int shape = 0; shape < 5; ++shape) {
    ConcurrentMap<uint64_t, uint64_t> map;
    testing::Random random(shape);
    for (size_t i = 0; i < entries; ++i) {
      const uint64_t x = random.Below(1 << 20);
      map.insert(shape == 1   ? i
                 : shape == 2 ? x * x * x
                              : random.Below(~0ull),
                 i);
    }
    if (shape == 3) {
      for (size_t i = 0; i < entries; ++i) map.insert((1ull << 63) + i, i);
    }
    std::vector<uint64_t> keys;
    map.scan([&](uint64_t key, uint64_t) { keys.push_back(key); });
    if (shape == 4) {
      std::erase_if(keys, [&](uint64_t key) {
        return random.Below(10) > 0 && map.erase(key);
      });
    }
    for (int i = 0; i < 200; ++i) {
      const size_t a = random.Below(keys.size());
      const size_t b = a + random.Below(keys.size() - a);
      const size_t count = map.approximate_count(keys[a], keys[b]);
      EXPECT_NEAR(static_cast<double>(count), static_cast<double>(b - a),
                  0.1 * static_cast<double>(b - a))
          << "shape " << shape;
    }
    EXPECT_EQ(map.count_range(keys.front(), keys.back()), keys.size() - 1);
    const std::vector<uint64_t> parts = map.split_keys(16);
    ASSERT_EQ(parts.size(), 15);
    for (size_t i = 0; i < parts.size(); ++i) {
      EXPECT_EQ(parts[i], keys[keys.size() * (i + 1) / 16]);
    }
  }
}

}  // namespace
}  // namespace pma
