// SPDX-License-Identifier: Apache-2.0

// The key sets that --keys= can name: where they come from and how they become
// a KeySet.

#ifndef BENCH_KEYS_KEY_SOURCES_H_
#define BENCH_KEYS_KEY_SOURCES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "bench/keys/key_distributions.h"
#include "bench/keys/key_set.h"

namespace pma::bench {

enum class KeyForm {
  kGeoip,      // IPv4 ranges, see IpRange
  kWords,      // strings, a list of words
  kUrls,       // strings made of the words of a file, see MakeUrls
  kGenerated,  // integers of a distribution, of no file
  kSosd,       // a binary file of integers
  kNumbers,    // a text file of integers
  kText,       // a text file of strings
};

struct KeySource {
  KeyForm form = KeyForm::kGeoip;
  std::string path = {};        // the file to read, unless generated
  std::string shown_path = {};  // as the user knows it
  const KeyDistribution* distribution = nullptr;  // of generated keys
  uint64_t generated_count = 1'000'000;           // of urls, too
  uint64_t seed = 1;
};

absl::StatusOr<AnyKeySet> LoadKeySet(const KeySource& source);

const KeySetInfo& InfoOf(const AnyKeySet& set);

}  // namespace pma::bench

#endif  // BENCH_KEYS_KEY_SOURCES_H_
