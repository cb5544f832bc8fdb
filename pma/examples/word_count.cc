// SPDX-License-Identifier: Apache-2.0

// Counts the words of a text (the file given, or a verse) with four threads:
// upsert() counts a word wherever it comes up, without a lock.
//
// Prints:
//   in: 4
//   a: 4
//   of: 2
//   and: 2
//   your: 1
//   29 words, 21 of them different

#include <cctype>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "pma/concurrent_map.h"

namespace {

// William Blake, Auguries of Innocence.
constexpr char kVerse[] =
    "To see a World in a Grain of Sand\n"
    "And a Heaven in a Wild Flower\n"
    "Hold Infinity in the palm of your hand\n"
    "And Eternity in an hour\n";

std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalpha(letter) != 0) {
      word += static_cast<char>(std::tolower(letter));
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, ""));
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

}  // namespace

int main(int argc, char** argv) {
  std::string text = kVerse;
  if (argc > 1) {
    std::ifstream file(argv[1]);
    if (!file) {
      std::cerr << "word_count: cannot read " << argv[1] << '\n';
      return 1;
    }
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  const std::vector<std::string> words = WordsOf(text);

  constexpr std::size_t kThreads = 4;
  pma::ConcurrentMap<std::string, std::uint64_t> counts;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&words, &counts, t] {
      for (std::size_t i = t; i < words.size(); i += kThreads) {
        counts.upsert(words[i], std::uint64_t{1},
                      [](std::uint64_t now) { return now + 1; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  // By frequency, and in reverse order of the alphabet where that is equal.
  pma::ConcurrentMap<std::pair<std::uint64_t, std::string>, bool> by_count;
  counts.scan([&](const std::string& word, std::uint64_t count) {
    by_count.insert({count, word}, true);
  });
  int lines = 0;
  while (const auto entry = by_count.pop_last()) {
    std::cout << entry->first.second << ": " << entry->first.first << '\n';
    if (++lines == 5) break;
  }
  std::cout << words.size() << " words, " << counts.size()
            << " of them different\n";
}
