// SPDX-License-Identifier: Apache-2.0

// Readers of key files. Every reader names the file and the byte offset (for
// text also the line) of the first thing it cannot accept.

#ifndef BENCH_KEYS_KEY_FILES_H_
#define BENCH_KEYS_KEY_FILES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pma::bench {

// What was in a file, or one line that says what is wrong with it.
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string error;  // empty if there is a value

  // NOLINTNEXTLINE(google-explicit-constructor): what a parser returns.
  Parsed(T good) : value(std::move(good)) {}
  static Parsed Error(std::string error) {
    Parsed parsed;
    parsed.error = std::move(error);
    return parsed;
  }

 private:
  Parsed() = default;
};

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

Parsed<std::string> ReadFile(const std::string& path);

// `path` only names the file in messages.

// Ranges must be ascending and disjoint, as tor requires.
Parsed<std::vector<IpRange>> ParseGeoip(const std::string& path,
                                        std::string_view contents);

// The keys of the others come in the order of the file, duplicates included.

// A binary file of SOSD: a 64-bit count, then that many 64-bit keys, all little
// endian.
Parsed<std::vector<uint64_t>> ParseSosd(const std::string& path,
                                        std::string_view contents);

// One unsigned 64-bit decimal number a line.
Parsed<std::vector<uint64_t>> ParseNumbers(const std::string& path,
                                           std::string_view contents);

// One string a line: any bytes, at least one, but NUL.
Parsed<std::vector<std::string>> ParseText(const std::string& path,
                                           std::string_view contents);

}  // namespace pma::bench

#endif  // BENCH_KEYS_KEY_FILES_H_
