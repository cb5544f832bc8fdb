// SPDX-License-Identifier: Apache-2.0

// Scans whose callbacks scan again: how much of the stack a level takes, and
// that none disturbs what the one around it shows. Compiled optimised and not.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"

namespace pma {
namespace {

// Where nothing is optimised, each function on the way has a frame of its own.
constexpr size_t kMostBytesPerLevel = 3328;
constexpr int kLevels = 6;  // more than there are rooms in a thread's record
constexpr uint64_t kEntries = 1000;

struct Large {
  std::array<uint64_t, 4> words;

  friend auto operator<=>(const Large&, const Large&) = default;
};

template <class T>
T Make(uint64_t i) {
  if constexpr (std::is_same_v<T, std::string>) {
    return std::to_string(1000000 + i);
  } else if constexpr (std::is_same_v<T, Large>) {
    return {{i, i, i, i}};
  } else {
    return i;
  }
}

template <class Map>
class ScanStackTest : public ::testing::Test {
 protected:
  using Key = typename Map::key_type;
  using Value = typename Map::mapped_type;

  ScanStackTest() {
    for (uint64_t i = 0; i < kEntries; ++i) {
      map_.insert(Make<Key>(i), Make<Value>(i));
    }
  }

  // Nests scans: scan(map, first, length, f) shows `length` entries in one
  // direction, beginning with number `first`. Returns the most stack that a
  // level takes.
  template <class Scan>
  size_t BytesPerLevel(const Scan& scan, uint64_t length, bool forward) {
    Descend(scan, length, forward, 0);
    EXPECT_EQ(wrong_, 0u) << length << " entries";
    size_t most = 0;
    for (int level = 1; level < kLevels; ++level) {
      most = std::max(most, frames_[level - 1] - frames_[level]);
    }
    return most;
  }

  // For short scans and long ones.
  template <class Scan>
  void ExpectLittlePerLevel(const Scan& scan, bool forward = true) {
    for (const uint64_t length : {2, 20, 100, 700}) {
      EXPECT_LE(BytesPerLevel(scan, length, forward), kMostBytesPerLevel)
          << length << " entries";
    }
  }

  Map map_;

 private:
  template <class Scan>
  [[gnu::noinline]] void Descend(const Scan& scan, uint64_t length,
                                 bool forward, int level) {
    frames_[level] = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    if (level + 1 == kLevels) return;
    const uint64_t first = level + (forward ? 0 : length);
    uint64_t shown = 0;
    scan(map_, first, length, [&](const Key& key, const Value& value) {
      if (shown == 1) Descend(scan, length, forward, level + 1);
      const uint64_t i = forward ? first + shown : first - shown;
      wrong_ += key != Make<Key>(i) || value != Make<Value>(i);
      ++shown;
    });
    wrong_ += shown != length;
  }

  uint64_t wrong_ = 0;

  std::array<uintptr_t, kLevels> frames_{};
};

using Maps = ::testing::Types<
    ConcurrentMap<uint64_t, uint64_t>, ConcurrentMap<uint64_t, Large>,
    ConcurrentMap<Large, Large>, ConcurrentMap<std::string, uint64_t>>;
TYPED_TEST_SUITE(ScanStackTest, Maps);

TYPED_TEST(ScanStackTest, NestedScansOfRangesTakeLittle) {
  using Key = typename TypeParam::key_type;
  this->ExpectLittlePerLevel(
      [](const auto& map, uint64_t first, uint64_t length, auto f) {
        map.scan(Make<Key>(first), Make<Key>(first + length), f);
      });
}

TYPED_TEST(ScanStackTest, NestedScansOfCountsTakeLittle) {
  using Key = typename TypeParam::key_type;
  this->ExpectLittlePerLevel(
      [](const auto& map, uint64_t first, uint64_t length, auto f) {
        map.scan_n(Make<Key>(first), length, f);
      });
}

TYPED_TEST(ScanStackTest, NestedDescendingScansTakeLittle) {
  using Key = typename TypeParam::key_type;
  this->ExpectLittlePerLevel(
      [](const auto& map, uint64_t last, uint64_t length, auto f) {
        map.scan_reverse(Make<Key>(last - length + 1), Make<Key>(last + 1), f);
      },
      /*forward=*/false);
}

}  // namespace
}  // namespace pma
