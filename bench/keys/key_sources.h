// SPDX-License-Identifier: Apache-2.0

// The key sets that --keys= can name: where they come from and how they become
// a KeySet.

#ifndef BENCH_KEYS_KEY_SOURCES_H_
#define BENCH_KEYS_KEY_SOURCES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "bench/keys/key_distributions.h"
#include "bench/keys/key_set.h"

namespace pma::bench {

enum class KeyForm {
  kGeoip,      // IPv4 ranges, see IpRange
  kWords,      // strings, a list of words
  kUrls,       // strings made of the words of a file, see MakeUrls
  kGenerated,  // integers of a distribution, of no file
  kTyped,      // keys of another type, drawn at random
  kSosd,       // a binary file of integers
  kNumbers,    // a text file of integers
  kText,       // a text file of strings
};

struct KeySource;

// Keys of another type than integers and strings.
struct TypedKeySource {
  std::string_view name;         // what --keys= calls it
  std::string_view description;  // one sentence
  std::string_view key_type;     // in a few words
  AnyKeySet (*make)(const TypedKeySource&, const KeySource&);
};

std::span<const TypedKeySource> TypedKeySources();

struct KeySource {
  KeyForm form = KeyForm::kGeoip;
  std::string path = {};        // the file to read, unless generated
  std::string shown_path = {};  // as the user knows it
  const KeyDistribution* distribution = nullptr;  // of generated keys
  const TypedKeySource* typed = nullptr;          // of typed ones
  uint64_t generated_count = 1'000'000;           // of kUrls and kTyped, too
  uint64_t seed = 1;
};

absl::StatusOr<AnyKeySet> LoadKeySet(const KeySource& source);

const KeySetInfo& InfoOf(const AnyKeySet& set);

}  // namespace pma::bench

#endif  // BENCH_KEYS_KEY_SOURCES_H_
