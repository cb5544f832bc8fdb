// SPDX-License-Identifier: Apache-2.0

// Values that say which key they belong to, who wrote them and when.
//
// A reader that finds a value under another key's entry, half of one value and
// half of another, or an older value than it saw before, can tell.

#ifndef PMA_TESTING_STAMP_H_
#define PMA_TESTING_STAMP_H_

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pma/testing/random.h"

namespace pma::testing {

struct Stamp {
  std::uint32_t key = 0;     // the number of the key, see NumberedKey
  std::uint32_t thread = 0;  // below 256
  std::uint32_t sequence = 0;

  friend bool operator==(const Stamp&, const Stamp&) = default;
};

// --- Stamped values: Write makes one; Read gives nothing if it is damaged ---

template <class Value>
struct Stamped;

// One word: no room for a checksum, yet a value under a wrong key shows.
template <>
struct Stamped<std::uint64_t> {
  static std::uint64_t Write(const Stamp& stamp) {
    return std::uint64_t{stamp.key} << 40 | std::uint64_t{stamp.thread} << 32 |
           stamp.sequence;
  }
  static std::optional<Stamp> Read(std::uint64_t value) {
    return Stamp{static_cast<std::uint32_t>(value >> 40),
                 static_cast<std::uint32_t>(value >> 32 & 0xff),
                 static_cast<std::uint32_t>(value)};
  }
};

// Four words that lie inline: tearing them apart breaks the checksum.
struct FourWords {
  std::array<std::uint64_t, 4> words = {};
};

template <>
struct Stamped<FourWords> {
  static FourWords Write(const Stamp& stamp) {
    const std::uint64_t packed = Stamped<std::uint64_t>::Write(stamp);
    return {{packed, Mix64(packed), ~packed, Mix64(~packed)}};
  }
  static std::optional<Stamp> Read(const FourWords& value) {
    const std::uint64_t packed = value.words[0];
    if (value.words[1] != Mix64(packed) || value.words[2] != ~packed ||
        value.words[3] != Mix64(~packed)) {
      return std::nullopt;
    }
    return Stamped<std::uint64_t>::Read(packed);
  }
};

// Strings of varying length, some within std::string's own buffer and some on
// the heap: a reader of freed memory meets ASan, or a wrong checksum.
template <>
struct Stamped<std::string> {
  static std::string Write(const Stamp& stamp) {
    const std::uint64_t packed = Stamped<std::uint64_t>::Write(stamp);
    const char fill = static_cast<char>('a' + stamp.sequence % 26);
    return std::to_string(packed) + std::string(Mix64(packed) % 50, fill);
  }
  static std::optional<Stamp> Read(const std::string& value) {
    std::uint64_t packed = 0;
    std::from_chars(value.data(), value.data() + value.size(), packed);
    const Stamp stamp = *Stamped<std::uint64_t>::Read(packed);
    if (Write(stamp) != value) return std::nullopt;
    return stamp;
  }
};

// --- Numbered keys: Make keeps the order of the numbers ---

template <class Key>
struct NumberedKey;

template <>
struct NumberedKey<std::uint64_t> {
  static std::uint64_t Make(std::uint32_t number) {
    return std::uint64_t{number} << 20;
  }
  static std::uint32_t Number(std::uint64_t key) {
    return static_cast<std::uint32_t>(key >> 20);
  }
};

template <>
struct NumberedKey<std::string> {
  // Keys differ only behind their first 8 bytes.
  static constexpr std::string_view kPrefix = "numbered/";
  static std::string Make(std::uint32_t number) {
    const std::string digits = std::to_string(number);
    std::string key(kPrefix);
    key.append(10 - digits.size(), '0');
    return key + digits;
  }
  static std::uint32_t Number(const std::string& key) {
    std::uint32_t number = 0;
    std::from_chars(key.data() + kPrefix.size(), key.data() + key.size(),
                    number);
    return number;
  }
};

}  // namespace pma::testing

#endif  // PMA_TESTING_STAMP_H_
