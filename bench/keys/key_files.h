// SPDX-License-Identifier: Apache-2.0

// Readers of key files. Every reader names the file and the byte offset (for
// text also the line) of the first thing it cannot accept.

#ifndef BENCH_KEYS_KEY_FILES_H_
#define BENCH_KEYS_KEY_FILES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace pma::bench {

// One line `first,last,CC` of tor-geoipdb: both addresses included.
struct IpRange {
  uint32_t first = 0;
  uint32_t last = 0;
  uint16_t country = 0;  // two letters, see CountryName

  friend bool operator==(const IpRange&, const IpRange&) = default;
};

constexpr uint16_t CountryCode(char high, char low) {
  return static_cast<uint16_t>(static_cast<uint8_t>(high) << 8 |
                               static_cast<uint8_t>(low));
}
std::string CountryName(uint16_t code);

// Keys in the order of the file, duplicates included.
using FileKeys = std::variant<std::vector<uint64_t>, std::vector<std::string>>;

absl::StatusOr<std::string> ReadFile(const std::string& path);

// `path` only names the file in messages.

// Ranges must be ascending and disjoint, as tor requires.
absl::StatusOr<std::vector<IpRange>> ParseGeoip(const std::string& path,
                                                std::string_view contents);

// One key per line; a line is any non-empty sequence of bytes but NUL.
absl::StatusOr<std::vector<std::string>> ParseWords(const std::string& path,
                                                    std::string_view contents);

// A SOSD/GRE binary file (little-endian 64-bit count, then that many 64-bit
// keys) or text, one key per line. A control character in the first 4 KiB says
// binary (the high bytes of any real count are zero). Text whose first line is
// a decimal number is a file of integers, any other text is a file of strings.
absl::StatusOr<FileKeys> ParseKeys(const std::string& path,
                                   std::string_view contents);

}  // namespace pma::bench

#endif  // BENCH_KEYS_KEY_FILES_H_
