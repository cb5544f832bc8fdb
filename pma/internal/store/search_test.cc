// SPDX-License-Identifier: Apache-2.0

// Searches against their definition, and the vector functions against their
// scalar twins. Which ones the engine uses is for the compiler's target to say,
// and the processor, so there are several targets (search_avx2_test,
// search_avx512f_test, search_baseline_test).

#include "pma/internal/store/search.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "pma/internal/machine/compare16.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/machine/word_copy.h"
#include "pma/testing/this_processor.h"

namespace pma::internal {
namespace {

TEST(PartitionPoint, FindsEveryBoundary) {
  for (size_t size = 0; size < 70; ++size) {
    for (size_t boundary = 0; boundary <= size; ++boundary) {
      ASSERT_EQ(PartitionPoint(size, [&](size_t i) { return i < boundary; }),
                boundary);
    }
  }
}

template <class Key>
class NaturalCellsTest : public ::testing::Test {
 public:
  using Cells = NaturalCells<RealPlatform, Key>;
  using Unit = typename Cells::Unit;
  using Limits = std::numeric_limits<Key>;

  // Ascending keys, among them the least and the greatest and neighbours.
  static std::vector<Key> SomeKeys(size_t count, std::mt19937_64& random) {
    std::vector<Key> keys = {Limits::lowest(), Limits::max(), Key(0), Key(1)};
    while (keys.size() < 3 * count + 4) {
      if constexpr (std::is_floating_point_v<Key>) {
        keys.push_back(static_cast<Key>(static_cast<int64_t>(random())));
      } else {
        const Key key = static_cast<Key>(random());
        keys.push_back(random() % 2 == 0 ? key : static_cast<Key>(key % 50));
      }
    }
    std::shuffle(keys.begin(), keys.end(), random);
    keys.resize(count);
    std::sort(keys.begin(), keys.end());
    return keys;
  }
  static void Fill(const std::vector<Key>& keys, Unit* cells) {
    for (size_t i = 0; i < keys.size(); ++i) {
      cells[i].StoreRelaxed(
          std::bit_cast<decltype(cells[i].LoadRelaxed())>(keys[i]));
    }
  }
  // What to look for: every key, its neighbours, and the extremes.
  static std::vector<Key> Probes(const std::vector<Key>& keys) {
    std::vector<Key> probes = {Limits::lowest(), Limits::max(), Key(0)};
    for (const Key key : keys) {
      probes.push_back(key);
      if (key != Limits::max()) probes.push_back(static_cast<Key>(key + 1));
      if (key != Limits::lowest()) probes.push_back(static_cast<Key>(key - 1));
    }
    return probes;
  }
};

using NaturalKeys = ::testing::Types<uint64_t, int64_t, double, uint32_t,
                                     int32_t, float, uint16_t, int8_t>;
TYPED_TEST_SUITE(NaturalCellsTest, NaturalKeys);

TYPED_TEST(NaturalCellsTest, FindsTheLastOfABlockNeverLookingAtTheFirst) {
  using Fixture = NaturalCellsTest<TypeParam>;
  std::mt19937_64 random(2);
  for (int round = 0; round < 200; ++round) {
    std::vector<TypeParam> keys = Fixture::SomeKeys(kBlockCells, random);
    std::array<typename Fixture::Unit, kBlockCells> cells{};
    Fixture::Fill(keys, cells.data());
    Fixture::Fill({Fixture::Limits::max()}, cells.data());  // not looked at
    for (const TypeParam probe : Fixture::Probes(keys)) {
      const auto at_or_before =
          std::upper_bound(keys.begin() + 1, keys.end(), probe);
      ASSERT_EQ(
          Fixture::Cells::template LastInBlock<false>(cells.data(), probe) -
              cells.data(),
          at_or_before - keys.begin() - 1);
      const auto before = std::lower_bound(keys.begin() + 1, keys.end(), probe);
      ASSERT_EQ(
          Fixture::Cells::template LastInBlock<true>(cells.data(), probe) -
              cells.data(),
          before - keys.begin() - 1);
    }
  }
}

TYPED_TEST(NaturalCellsTest, TheTwinsAgree) {
  using Fixture = NaturalCellsTest<TypeParam>;
  using Twins = typename Fixture::Cells;
  std::mt19937_64 random(3);
  for (int round = 0; round < 500; ++round) {
    const std::vector<TypeParam> keys = Fixture::SomeKeys(kBlockCells, random);
    std::array<typename Fixture::Unit, kBlockCells> cells{};
    Fixture::Fill(keys, cells.data());
    for (const TypeParam probe : Fixture::Probes(keys)) {
      ASSERT_EQ(Twins::template LastInBlock<false>(cells.data(), probe),
                Twins::template ScalarLastInBlock<false>(cells.data(), probe));
      ASSERT_EQ(Twins::template LastInBlock<true>(cells.data(), probe),
                Twins::template ScalarLastInBlock<true>(cells.data(), probe));
      if (!kWideRegisters) continue;
      ASSERT_EQ((Twins::template LastInBlock<false, true>(cells.data(), probe)),
                Twins::template ScalarLastInBlock<false>(cells.data(), probe));
      ASSERT_EQ((Twins::template LastInBlock<true, true>(cells.data(), probe)),
                Twins::template ScalarLastInBlock<true>(cells.data(), probe));
    }
  }
}

// A line of which kCount cells from the kFirst-th on ascend, fillers the last
// of them; the others hold anything.
template <class Fixture, class Key, size_t kFirst, size_t kCount>
void BothCountTheCellsBeforeTheKey(std::mt19937_64& random) {
  using Twins = typename Fixture::Cells;
  struct alignas(64) Line {
    std::array<typename Fixture::Unit, Twins::kLineCells> cells{};
  };
  for (size_t used = 0; used <= kCount; ++used) {
    for (int round = 0; round < 10; ++round) {
      const std::vector<Key> keys = Fixture::SomeKeys(used, random);
      Line line;
      Fixture::Fill(Fixture::SomeKeys(Twins::kLineCells, random),
                    line.cells.data());
      const auto* const cells = line.cells.data() + kFirst;
      Fixture::Fill(std::vector<Key>(kCount, Twins::kFiller),
                    line.cells.data() + kFirst);
      Fixture::Fill(keys, line.cells.data() + kFirst);
      for (const Key probe : Fixture::Probes(keys)) {
        if (probe == Twins::kFiller) continue;
        const auto found = std::lower_bound(keys.begin(), keys.end(), probe);
        const auto expected = static_cast<size_t>(found - keys.begin());
        const auto where = [&] {
          return std::to_string(kCount) + " cells behind " +
                 std::to_string(kFirst) + ", probe " + std::to_string(probe);
        };
        ASSERT_EQ((Twins::template CountInLine<kFirst, kCount>(cells, probe)),
                  expected)
            << where();
        ASSERT_EQ(Twins::template ScalarCountBefore<kCount>(cells, probe),
                  expected)
            << where();
        if (!kWideRegisters) continue;
        ASSERT_EQ(
            (Twins::template CountInLine<kFirst, kCount, true>(cells, probe)),
            expected)
            << where();
      }
    }
  }
}

TYPED_TEST(NaturalCellsTest, CountsTheCellsOfALineBeforeTheKey) {
  using Fixture = NaturalCellsTest<TypeParam>;
  constexpr size_t kLine = Fixture::Cells::kLineCells;
  std::mt19937_64 random(4);
  // A group of a segment, and pivots behind the word and the hint.
  BothCountTheCellsBeforeTheKey<Fixture, TypeParam, 0, kLine>(random);
  BothCountTheCellsBeforeTheKey<Fixture, TypeParam, kLine / 4, kLine * 3 / 4>(
      random);
  BothCountTheCellsBeforeTheKey<Fixture, TypeParam, kLine / 4, 3>(random);
}

template <class Bits>
void CopiesExactlyWhatItIsAskedTo() {
  using Unit = RealAtomic<Bits>;
  for (size_t count = 0; count <= 70; ++count) {
    for (size_t from = 0; from < 3; ++from) {
      for (size_t to = 0; to < 3; ++to) {
        std::array<Unit, 80> source{};
        std::array<Unit, 80> target{};
        std::array<Bits, 80> plain{};
        std::array<Bits, 80> out{};
        for (size_t i = 0; i < source.size(); ++i) {
          source[i].StoreRelaxed(static_cast<Bits>(i + 1));
          target[i].StoreRelaxed(static_cast<Bits>(200));
          plain[i] = out[i] = static_cast<Bits>(200);
        }
        CopyWords(count, WordCopy{source.data() + from, target.data() + to},
                  WordCopy{source.data() + from, plain.data() + to});
        CopyOut(source.data() + from, out.data() + to, count);
        for (size_t i = 0; i < target.size(); ++i) {
          const bool copied = i >= to && i < to + count;
          const auto expected =
              static_cast<Bits>(copied ? i - to + from + 1 : 200);
          ASSERT_EQ(target[i].LoadRelaxed(), expected) << count << ' ' << i;
          ASSERT_EQ(plain[i], expected) << count << ' ' << i;
          ASSERT_EQ(out[i], expected) << count << ' ' << i;
        }
      }
    }
  }
}

TEST(CopyWords, CopiesExactlyWhatItIsAskedTo) {
  CopiesExactlyWhatItIsAskedTo<uint64_t>();
  CopiesExactlyWhatItIsAskedTo<uint32_t>();
  CopiesExactlyWhatItIsAskedTo<uint16_t>();
  CopiesExactlyWhatItIsAskedTo<uint8_t>();
}

}  // namespace
}  // namespace pma::internal
