// SPDX-License-Identifier: Apache-2.0

#include "pma/internal/store/separators.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/store/codec.h"
#include "pma/internal/store/column.h"
#include "pma/internal/store/key_order.h"

namespace pma::internal {
namespace {

using Index = Separators<RealPlatform, InlineCodec<uint64_t>, uint64_t>;

class SeparatorsTest : public ::testing::Test {
 protected:
  void Make(const std::vector<uint64_t>& keys) {
    lines_ =
        std::make_unique<Line[]>(Index::BytesFor(keys.size()) / sizeof(Line));
    index_ = ::new (lines_.get()) Index(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) index_->Store(i, {keys[i]});
  }
  size_t Find(uint64_t key, size_t count) const {
    return index_->FindLast([&] { return count; },
                            [&](const auto& bits) { return bits[0] <= key; });
  }

  // The same by the processor's own comparison.
  template <bool kStrictly>
  struct Natural {
    static constexpr bool kStrict = kStrictly;
    static constexpr bool kWide = false;
    uint64_t key;
  };
  template <bool kStrict>
  size_t FindNatural(uint64_t key, size_t count) const {
    return index_->FindLast([&] { return count; }, Natural<kStrict>{key});
  }

  struct alignas(Index::kAlign) Line {
    std::byte bytes[Index::kAlign];
  };
  std::unique_ptr<Line[]> lines_;
  Index* index_ = nullptr;
};

// Against the definition, at every size around the borders of the levels, for
// keys on, before and after every separator, and every number of active ones.
TEST_F(SeparatorsTest, FindsTheLastSeparatorAtOrBeforeTheKey) {
  std::mt19937_64 random(3);
  for (size_t size :
       {1,  2,   3,   15,  16,  17,  31,   32,   33,   63,   64,
        65, 255, 256, 257, 300, 512, 1023, 1024, 1025, 5000, 20000}) {
    std::vector<uint64_t> keys(size);
    for (auto& key : keys) key = random() % (3 * size);
    std::sort(keys.begin(), keys.end());
    Make(keys);
    ASSERT_TRUE(index_->LevelsAgree(size));
    size_t in_use = size;
    for (size_t count : {size, size - size / 3, size_t{1}}) {
      while (in_use > count) index_->Clear(--in_use);
      const size_t step = size > 5000 ? 61 : size > 1000 ? 7 : 1;
      for (uint64_t key = 0; key <= 3 * size + 1; key += step) {
        const auto next =
            std::upper_bound(keys.begin() + 1,
                             keys.begin() + static_cast<ptrdiff_t>(count), key);
        const auto last = static_cast<size_t>(next - keys.begin()) - 1;
        ASSERT_EQ(Find(key, count), last)
            << "size " << size << " count " << count << " key " << key;
        ASSERT_EQ(FindNatural<false>(key, count), last)
            << "size " << size << " count " << count << " key " << key;
        ASSERT_EQ(FindNatural<true>(key + 1, count), last)
            << "size " << size << " count " << count << " key " << key;
      }
    }
  }
}

// What lets readers search while a writer rewrites a window: wherever it is in
// doing so, keys of the window end in it and others outside.
TEST_F(SeparatorsTest, AHalfWrittenWindowMisleadsNobodyAcrossItsBounds) {
  constexpr size_t kSize = 300;
  constexpr size_t kBegin = 200;
  constexpr size_t kEnd = 264;
  std::vector<uint64_t> keys(kSize);
  for (size_t i = 0; i < kSize; ++i) keys[i] = i * 100;
  Make(keys);
  std::mt19937_64 random(5);
  std::vector<uint64_t> fresh;
  for (size_t i = kBegin + 1; i < kEnd; ++i) {
    fresh.push_back(kBegin * 100 + random() % ((kEnd - kBegin) * 100));
  }
  std::sort(fresh.begin(), fresh.end());
  for (size_t i = kBegin + 1; i < kEnd; ++i) {
    index_->Store(i, {fresh[i - kBegin - 1]});
    for (uint64_t key = 0; key < kSize * 100; key += 33) {
      const size_t found = Find(key, kSize);
      const bool in_window = kBegin * 100 <= key && key < kEnd * 100;
      ASSERT_EQ(kBegin <= found && found < kEnd, in_window) << key;
      if (!in_window) {
        ASSERT_EQ(found, key / 100);
      }
    }
  }
}

TEST_F(SeparatorsTest, LevelsAgreeNoticesAStaleUpperLevel) {
  std::vector<uint64_t> keys(100, 1);
  Make(keys);
  EXPECT_TRUE(index_->LevelsAgree(100));
  // Behind the index's back, in level 1, which comes first: that of separator
  // 32.
  auto* top = reinterpret_cast<Index::Unit*>(index_ + 1);
  top[2].StoreRelaxed(2);
  EXPECT_FALSE(index_->LevelsAgree(100));
}

// The fillers behind the separators in use equal this key, which is therefore
// not searched for as others are.
TEST_F(SeparatorsTest, TheGreatestKeyEndsAtTheLastSeparatorInUse) {
  constexpr uint64_t kGreatest = ~uint64_t{0};
  std::vector<uint64_t> keys(300);
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = i;
  Make(keys);
  for (size_t count = keys.size(); count > 0; --count) {
    ASSERT_EQ(Find(kGreatest, count), count - 1);
    index_->Clear(count - 1);
  }
}

}  // namespace
}  // namespace pma::internal
