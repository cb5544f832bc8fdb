// SPDX-License-Identifier: Apache-2.0

// Maps that several objects of one process use: what each of them does to them.

#ifndef PMA_PROGRAMS_SHARING_H_
#define PMA_PROGRAMS_SHARING_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "pma/concurrent_map.h"

namespace sharing {

struct Maps {
  pma::ConcurrentMap<std::uint64_t, std::uint64_t> numbers;
  pma::ConcurrentMap<std::string, std::string> words;
};

inline void Expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("wrong: %s\n", what);
  std::exit(1);
}

inline std::string WordOf(std::uint64_t number) {
  return "the word of " + std::to_string(number);
}

constexpr std::uint64_t kNumbers = 20000;
constexpr std::uint64_t kWords = 300;

// The part of thread `part` of `parts`: puts numbers of its own among the
// others', erases every second one, and replaces words that all read.
inline void Work(Maps& maps, std::uint64_t part, std::uint64_t parts) {
  for (std::uint64_t i = part; i < kNumbers; i += parts) {
    Expect(maps.numbers.insert(i, i), "a number was there before");
    if (i % 2 == 1) Expect(maps.numbers.erase(i), "a number was lost");
    const std::uint64_t word = i * 7 % kWords;
    maps.words.insert_or_assign(WordOf(word), WordOf(i));
    const auto found = maps.words.find(WordOf(i % kWords));
    Expect(!found || found->starts_with("the word of "), "a word is torn");
    if (i % 512 == part) {
      std::uint64_t next = 0;
      maps.numbers.scan([&](std::uint64_t key, std::uint64_t value) {
        Expect(key >= next && value == key, "a scan is out of order");
        next = key + 1;
      });
    }
  }
}

// When all parts are done.
inline void Check(const Maps& maps) {
  Expect(maps.numbers.size() == kNumbers / 2, "the size is wrong");
  for (std::uint64_t i = 0; i < kNumbers; ++i) {
    Expect(maps.numbers.contains(i) == (i % 2 == 0), "a key is wrong");
  }
  Expect(maps.numbers.CheckInvariants().empty(), "an invariant is broken");
  Expect(maps.words.CheckInvariants().empty(), "an invariant is broken");
}

}  // namespace sharing

#endif  // PMA_PROGRAMS_SHARING_H_
