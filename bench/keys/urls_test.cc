// SPDX-License-Identifier: Apache-2.0

// Addresses are distinct, decided by the seed, and as alike as promised.

#include "bench/keys/urls.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/keys/random.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

// Letters only, of the length that words of a dictionary have on average.
std::vector<std::string> SomeWords(size_t count) {
  std::vector<std::string> words;
  Random random(7);
  while (words.size() < count) {
    std::string& word = words.emplace_back(random.Between(6, 8), 'a');
    for (char& c : word) c = static_cast<char>('a' + random.Below(26));
  }
  return words;
}

size_t SharedLength(std::string_view a, std::string_view b) {
  const auto [end, other] = std::ranges::mismatch(a, b);
  return static_cast<size_t>(end - a.begin());
}

TEST(Urls, AreAsManyAndDistinct) {
  for (const size_t word_count : {1, 2, 5000}) {
    const std::vector<std::string> words = SomeWords(word_count);
    for (const size_t count : {0, 1, 2, 1000, 20'000}) {
      std::vector<std::string> urls = MakeUrls(words, count, 1);
      EXPECT_EQ(urls.size(), count);
      std::ranges::sort(urls);
      EXPECT_EQ(std::ranges::adjacent_find(urls), urls.end())
          << word_count << " words, " << count;
    }
  }
}

TEST(Urls, ShareLongBeginnings) {
  for (const size_t count : {2000, 50'000}) {
    std::vector<std::string> urls = MakeUrls(SomeWords(5000), count, 1);
    EXPECT_FALSE(std::ranges::is_sorted(urls));
    std::ranges::sort(urls);
    double length = 0;
    double shared = 0;
    for (size_t i = 1; i < urls.size(); ++i) {
      EXPECT_TRUE(urls[i].starts_with("https://"));
      length += static_cast<double>(urls[i].size());
      shared += static_cast<double>(SharedLength(urls[i - 1], urls[i]));
    }
    EXPECT_NEAR(length / static_cast<double>(count), 66, 4);
    EXPECT_NEAR(shared / static_cast<double>(count), 45, 4);
  }
}

TEST(Urls, SeedAndWordsDecide) {
  const std::vector<std::string> words = SomeWords(100);
  EXPECT_EQ(MakeUrls(words, 1000, 1), MakeUrls(words, 1000, 1));
  EXPECT_NE(MakeUrls(words, 1000, 1), MakeUrls(words, 1000, 2));
}

TEST(Urls, OnlyPlainWordsAreUsed) {
  for (const std::string bad :
       {"", "ab", "Abc", "it's", "caf\xc3\xa9", "abc1", "abcdefghi"}) {
    EXPECT_FALSE(IsUrlWord(bad)) << bad;
  }
  EXPECT_TRUE(IsUrlWord("abc"));
  EXPECT_TRUE(IsUrlWord("abcdefgh"));
  EXPECT_EQ(MakeUrls(std::vector<std::string>{"abc", "Abc", "abc", "x"}, 9, 1),
            MakeUrls(std::vector<std::string>{"abc"}, 9, 1));
}

}  // namespace
}  // namespace pma::bench
