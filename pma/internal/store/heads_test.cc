// SPDX-License-Identifier: Apache-2.0

#include "pma/internal/store/heads.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/store/codec.h"
#include "pma/internal/store/headed_separators.h"
#include "pma/internal/store/text_box.h"
#include "pma/key_encoding.h"
#include "pma/options.h"

namespace pma::internal {
namespace {

using namespace std::literals;

// Texts that begin alike, that others begin with, with NULs and with characters
// above 127, and behind which nothing, little or much comes.
std::vector<std::string> Texts(std::string_view beginning) {
  std::vector<std::string> texts;
  for (const std::string_view end :
       {""sv, "\0"sv, "\0\0"sv, "a"sv, "a\0"sv, "a\0b"sv, "ab"sv, "abcdefg"sv,
        "abcdefgh"sv, "abcdefgh\0"sv, "abcdefghi"sv, "abcdefghj"sv, "b"sv,
        "z"sv, "\x7f"sv, "\x80"sv, "\xff"sv,
        "\xff\xff\xff\xff\xff\xff\xff\xff"sv,
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff"sv}) {
    texts.push_back(std::string(beginning).append(end));
  }
  return texts;
}

TEST(HeadOf, OrdersWhatBeginsAlikeAsFarAsItReaches) {
  for (const std::string& beginning :
       {""s, "https://"s, std::string(40, 'x')}) {
    const std::vector<std::string> texts = Texts(beginning);
    for (const std::string& a : texts) {
      for (const std::string& b : texts) {
        // Also behind less than they have in common.
        for (size_t skip = 0; skip <= CommonPrefix(a, b); ++skip) {
          if (a < b) {
            EXPECT_LE(HeadOf(a, skip), HeadOf(b, skip)) << a << " " << b;
          }
          if (a.substr(skip, 8) == b.substr(skip, 8)) {
            EXPECT_EQ(HeadOf(a, skip), HeadOf(b, skip)) << a << " " << b;
          }
        }
      }
    }
  }
}

TEST(HeadOf, IsZeroBehindTheEnd) {
  EXPECT_EQ(HeadOf("", 0), 0u);
  EXPECT_EQ(HeadOf("abc", 3), 0u);
  EXPECT_EQ(HeadOf("abc", 100), 0u);
  EXPECT_EQ(HeadOf("abc", 2), uint64_t{'c'} << 56);
}

TEST(MarkOf, DependsOnEveryCharacterAndTheLength) {
  std::set<uint64_t> marks;
  const std::string text(37, 'm');
  for (size_t i = 0; i < text.size(); ++i) {
    size_t same = 0;
    for (int c = 0; c < 256; ++c) {
      std::string other = text;
      other[i] = static_cast<char>(c);
      const uint64_t mark = MarkOf(other);
      EXPECT_LT(mark, uint64_t{1} << kMarkBits);
      marks.insert(mark);
      same += mark == MarkOf(text);
    }
    // One in sixteen.
    EXPECT_LT(same, 64u) << i;
  }
  EXPECT_EQ(marks.size(), size_t{1} << kMarkBits);
  size_t same = 0;
  for (size_t size = 0; size < 256; ++size) {
    same += MarkOf(std::string(size, '\0')) == MarkOf("");
  }
  EXPECT_LT(same, 64u);
}

TEST(TextBoxes, RefuseWhatIsTooLong) {
  TextBoxes<RealPlatform, std::allocator<std::byte>, DefaultTuning> boxes(
      (std::allocator<std::byte>()));
  // It is refused before any character is looked at.
  const std::string_view text("", TextBox::kMostCharacters + 1);
  EXPECT_THROW(boxes.New(0, text), std::length_error);
}

TEST(CommonPrefix, CountsCharacters) {
  EXPECT_EQ(CommonPrefix("", ""), 0u);
  EXPECT_EQ(CommonPrefix("", "a"), 0u);
  EXPECT_EQ(CommonPrefix("ab", "ab"), 2u);
  EXPECT_EQ(CommonPrefix("ab", "abc"), 2u);
  EXPECT_EQ(CommonPrefix("ab\0c"sv, "ab\0d"sv), 3u);
  EXPECT_EQ(CommonPrefix("b", "ab"), 0u);
}

// --- Separators --------------------------------------------------------------

using Codec = TextCodec<std::string, KeyEncoding<std::string>>;
using Index =
    HeadedSeparators<RealPlatform, Codec, /*kTailWords=*/3, &Codec::WordsOf>;

class HeadedSeparatorsTest : public ::testing::Test {
 protected:
  ~HeadedSeparatorsTest() override { Free(); }

  // The first is never looked at.
  void Make(const std::vector<std::string>& texts, size_t skip) {
    Free();
    lines_ =
        std::make_unique<Line[]>(Index::BytesFor(texts.size()) / sizeof(Line));
    index_ = ::new (lines_.get()) Index(texts.size());
    for (size_t i = 1; i < texts.size(); ++i) {
      boxes_.push_back(::new (::operator new(
          TextBox::BytesFor(texts[i].size()),
          std::align_val_t(alignof(TextBox)))) TextBox(texts[i]));
      index_->Store(i, Codec::Encode(boxes_.back()));
    }
    index_->SetHeads(skip, texts.size());
    EXPECT_TRUE(index_->LevelsAgree(texts.size()));
  }

  // As in descend.h.
  struct Leads {
    std::string_view sought;
    TextWords words() const { return {sought}; }
    bool operator()(const Codec::Bits& bits) const {
      return Codec::Text(bits) <= sought;
    }
  };
  struct LeadsByText {
    std::string_view sought;
    bool operator()(const Codec::Bits& bits) const {
      return Codec::Text(bits) <= sought;
    }
  };

  void Free() {
    for (TextBox* box : boxes_) {
      ::operator delete(box, std::align_val_t(alignof(TextBox)));
    }
    boxes_.clear();
  }

  struct alignas(Index::kAlign) Line {
    std::byte bytes[Index::kAlign];
  };
  std::unique_ptr<Line[]> lines_;
  std::vector<TextBox*> boxes_;
  Index* index_ = nullptr;
};

TEST_F(HeadedSeparatorsTest, FindTheLastAtOrBeforeWhateverTheHeadsLeaveOpen) {
  std::mt19937_64 random(5);
  for (const size_t size : {1, 2, 3, 16, 17, 64, 65, 256, 300}) {
    for (const std::string& beginning :
         {""s, "https://"s, std::string(12, 'x')}) {
      // Of few characters: equal heads, and equal tails, are frequent.
      const auto make = [&] {
        std::string text = beginning;
        for (uint64_t rest = random() % 60; rest > 0; --rest) {
          text += "aaaaaaaa\0\xff"[random() % 10];
        }
        return text;
      };
      std::vector<std::string> texts(size);
      for (std::string& text : texts) text = make();
      std::sort(texts.begin(), texts.end());
      Make(texts, beginning.size());
      size_t in_use = size;
      for (const size_t count : {size, size - size / 3, size_t{1}}) {
        while (in_use > count) index_->Clear(--in_use);
        const auto check = [&](const std::string& text) {
          const auto next = std::upper_bound(
              texts.begin() + 1,
              texts.begin() + static_cast<std::ptrdiff_t>(count), text);
          const auto last = static_cast<size_t>(next - texts.begin()) - 1;
          ASSERT_EQ(index_->FindLast([&] { return count; }, Leads{text}), last)
              << text;
          ASSERT_EQ(index_->FindLast([&] { return count; }, LeadsByText{text}),
                    last)
              << text;
          for (size_t i = 1; i < count; ++i) {
            const int order = index_->CompareHead(TextWords{text}, i);
            if (order < 0) ASSERT_LT(text, texts[i]);
            if (order > 0) ASSERT_GT(text, texts[i]);
          }
        };
        for (const std::string& text : texts) check(text);
        for (int i = 0; i < 100; ++i) check(make());
        check(beginning + std::string(8, '\xff'));
        check(beginning + std::string(40, '\xff'));
      }
    }
  }
}

}  // namespace
}  // namespace pma::internal
