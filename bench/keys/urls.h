// SPDX-License-Identifier: Apache-2.0

// Keys as a crawler or a cache has them: addresses of pages, which share long
// beginnings with their neighbours.

#ifndef BENCH_KEYS_URLS_H_
#define BENCH_KEYS_URLS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pma::bench {

// True for what a page's address may be made of: three to eight of the letters
// a to z.
bool IsUrlWord(const std::string& word);

// `count` distinct addresses in random order, the same for the same words and
// seed, as
//
//   https://www.SITE.com/SECTION/YEAR/TOPIC/WORD-WORD-WORD
//
// Of the words of a dictionary they are 60 to 70 characters long on average,
// at any count: it decides how many sites and topics there are, and each topic
// has 24 pages on average. Neighbours in order share some 44 characters.
// Requires a word that IsUrlWord; others are ignored, duplicates allowed.
std::vector<std::string> MakeUrls(std::span<const std::string> words,
                                  size_t count, uint64_t seed);

}  // namespace pma::bench

#endif  // BENCH_KEYS_URLS_H_
