// SPDX-License-Identifier: Apache-2.0

// Key and value types for typed tests, one for each way of storing them.

#ifndef PMA_TESTING_STORAGE_KINDS_H_
#define PMA_TESTING_STORAGE_KINDS_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>

#include "gtest/gtest.h"

namespace pma::testing {

// Inline, values replaced by one store. Each kind makes up to 80 ascending
// keys.
struct Words {
  using Key = uint64_t;
  using Value = uint64_t;
  static Key MakeKey(size_t i) { return i; }
  static Value MakeValue(size_t i) { return i; }
};
// Inline, values of several words.
struct WideValues {
  using Key = int32_t;
  using Value = std::array<uint64_t, 2>;
  static Key MakeKey(size_t i) { return static_cast<Key>(i) - 40; }
  static Value MakeValue(size_t i) { return {i, ~uint64_t{i}}; }
};
// Inline keys of several words, with boxed separators, compared by an order of
// their own.
struct WideKeys {
  struct Key {
    std::array<uint64_t, 3> words;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  using Value = uint32_t;
  static Key MakeKey(size_t i) { return {{7, i / 2, i}}; }
  static Value MakeValue(size_t i) { return static_cast<Value>(i); }
};
// The same, compared as numbers (key_encoding.h): for tests that list their
// kinds themselves. The last part lies in two words.
struct EncodedKeys {
  using Key = std::tuple<int16_t, bool, uint64_t>;
  using Value = uint64_t;
  static Key MakeKey(size_t i) {
    return {static_cast<int16_t>(i / 40 - 1), true, i};
  }
  static Value MakeValue(size_t i) { return i; }
};
// Boxed, with a prefix of the key inline.
struct Strings {
  using Key = std::string;
  using Value = std::string;
  static Key MakeKey(size_t i) {
    // Equal prefixes, so that comparisons go to the boxes.
    return "the same prefix " + std::string(1, static_cast<char>('!' + i));
  }
  static Value MakeValue(size_t i) {
    return "a value too long to lie inside the string object " +
           std::to_string(i);
  }
};

using StorageKinds = ::testing::Types<Words, WideValues, WideKeys, Strings>;

}  // namespace pma::testing

#endif  // PMA_TESTING_STORAGE_KINDS_H_
