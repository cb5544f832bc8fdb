// SPDX-License-Identifier: Apache-2.0

// Good files load whole; every malformed form is refused with one line that
// names the file and the place.

#include "bench/keys/key_files.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/keys/key_distributions.h"
#include "bench/keys/key_set.h"
#include "bench/keys/key_sources.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

std::string LittleEndian(uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) {
    bytes.push_back(static_cast<char>(value >> (8 * i)));
  }
  return bytes;
}

template <class T>
std::string ErrorOf(const Parsed<T>& parsed) {
  return parsed.value.has_value() ? "no error" : parsed.error;
}

TEST(GeoipFile, RangesAreReadAndCommentsSkipped) {
  const auto ranges =
      ParseGeoip("f", "# c\n16,31,AU\n32,32,??\r\n100,4294967295,DE");
  ASSERT_TRUE(ranges.value.has_value()) << ranges.error;
  EXPECT_EQ(*ranges.value,
            (std::vector<IpRange>{{16, 31, CountryCode('A', 'U')},
                                  {32, 32, CountryCode('?', '?')},
                                  {100, 0xffffffff, CountryCode('D', 'E')}}));
  EXPECT_EQ(CountryName((*ranges.value)[0].country), "AU");
}

TEST(GeoipFile, MalformedLinesAreNamed) {
  const struct {
    std::string_view contents;
    std::string_view error;
  } cases[] = {
      {"", "f: byte 0: no address range"},
      {"# only\n", "f: byte 0: no address range"},
      {"1,2,AU\n3,4\n",
       "f:2: byte 7: expected 'first,last,country', found '3,4'"},
      {"x,4,AU\n",
       "f:1: byte 0: expected two decimal IPv4 addresses, found "
       "'x,4,AU'"},
      {"1,4294967296,AU\n",
       "f:1: byte 0: expected two decimal IPv4 addresses, "
       "found '1,4294967296,AU'"},
      {"1,-2,AU\n",
       "f:1: byte 0: expected two decimal IPv4 addresses, found '1,-2,AU'"},
      {"1,2,AUS\n", "f:1: byte 0: expected a two-letter country, found 'AUS'"},
      {"5,4,AU\n", "f:1: byte 0: range '5,4,AU' ends before it starts"},
      {"# c\n1,5,AU\n5,9,DE\n",
       "f:3: byte 11: range '5,9,DE' starts before the earlier one ends"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ErrorOf(ParseGeoip("f", c.contents)), c.error);
  }
}

TEST(SosdFile, IsRead) {
  const auto keys =
      ParseSosd("f", LittleEndian(3) + LittleEndian(7) +
                         LittleEndian(~uint64_t{0}) + LittleEndian(0));
  ASSERT_TRUE(keys.value.has_value()) << keys.error;
  EXPECT_EQ(*keys.value, (std::vector<uint64_t>{7, ~uint64_t{0}, 0}));
}

TEST(SosdFile, WhatIsMalformedIsNamed) {
  const struct {
    std::string contents;
    std::string_view error;
  } cases[] = {
      {"", "f: byte 0: file ends inside the 8-byte key count"},
      {LittleEndian(1).substr(0, 5),
       "f: byte 5: file ends inside the 8-byte key count"},
      {LittleEndian(0), "f: byte 0: the key count is 0"},
      {LittleEndian(2) + LittleEndian(1),
       "f: byte 16: file ends after 1 of the 2 keys that its first 8 bytes "
       "promise"},
      {LittleEndian(2) + LittleEndian(1) + "\1\2",
       "f: byte 18: file ends after 1 of the 2 keys that its first 8 bytes "
       "promise"},
      // Eight times this count overflows 64 bits.
      {LittleEndian(uint64_t{1} << 61) + LittleEndian(1),
       "f: byte 16: file ends after 1 of the 2305843009213693952 keys that its "
       "first 8 bytes promise"},
      {LittleEndian(1) + LittleEndian(1) + "xyz",
       "f: byte 16: 3 bytes follow the last of 1 keys"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ErrorOf(ParseSosd("f", c.contents)), c.error);
  }
}

TEST(NumbersFile, IsRead) {
  const auto keys = ParseNumbers("f", "12\n18446744073709551615\r\n0");
  ASSERT_TRUE(keys.value.has_value()) << keys.error;
  EXPECT_EQ(*keys.value, (std::vector<uint64_t>{12, ~uint64_t{0}, 0}));
}

TEST(NumbersFile, WhatIsMalformedIsNamed) {
  for (const std::string_view bad :
       {"18446744073709551616", "-1", "1x", " 1", "", "\xff\xfe"}) {
    const std::string error =
        ErrorOf(ParseNumbers("f", absl::StrCat("1\n22\n", bad, "\n3\n")));
    EXPECT_TRUE(error.starts_with("f:3: byte 5: '")) << error;
    EXPECT_EQ(error.find('\n'), error.npos) << error;
  }
  EXPECT_EQ(ErrorOf(ParseNumbers("f", "")), "f: byte 0: no keys");
}

TEST(TextFile, IsRead) {
  const auto keys = ParseText("f", "b\na c\r\n12\n\xc3\xa9t\xc3\xa9");
  ASSERT_TRUE(keys.value.has_value()) << keys.error;
  EXPECT_EQ(*keys.value,
            (std::vector<std::string>{"b", "a c", "12", "\xc3\xa9t\xc3\xa9"}));
}

TEST(TextFile, WhatIsMalformedIsNamed) {
  EXPECT_EQ(ErrorOf(ParseText("f", "a\n\nb\n")), "f:2: byte 2: empty line");
  EXPECT_EQ(ErrorOf(ParseText("f", std::string("a\nb\0c\n", 6))),
            "f:2: byte 2: NUL byte in a text file");
  EXPECT_EQ(ErrorOf(ParseText("f", "")), "f: byte 0: no keys");
}

TEST(AnyFile, IsNamedIfItCannotBeRead) {
  EXPECT_EQ(ErrorOf(ReadFile("no/such/file")),
            "no/such/file: byte 0: cannot open: No such file or directory");
  EXPECT_EQ(ErrorOf(ReadFile("/")), "/: byte 0: cannot read: Is a directory");
}

TEST(KeySet, DuplicatesAreDroppedAndCounted) {
  const KeySet<uint64_t> set = MakeKeySet<uint64_t>({}, {5, 1, 5, 3, 1}, 1);
  EXPECT_EQ(set.keys, (std::vector<uint64_t>{1, 3, 5}));
  EXPECT_EQ(set.info.duplicate_count, 2u);
  EXPECT_EQ(set.info.key_count, 3u);
  EXPECT_EQ(set.FloorIndex(0), 3u);
  EXPECT_EQ(set.FloorIndex(4), 1u);
}

TEST(KeySet, GeneratedKeysAreDistinct) {
  for (const KeyDistribution& distribution : KeyDistributions()) {
    const KeySource source = {.form = KeyForm::kGenerated,
                              .distribution = &distribution,
                              .generated_count = 10'000};
    const auto set = LoadKeySet(source);
    ASSERT_TRUE(set.ok());
    EXPECT_EQ(InfoOf(*set).name, distribution.name);
    EXPECT_EQ(InfoOf(*set).key_count, 10'000u);
    EXPECT_EQ(InfoOf(*set).duplicate_count, 0u);
  }
}

TEST(KeySet, TypedKeysAreInTheirOrderAndDistinct) {
  for (const TypedKeySource& typed : TypedKeySources()) {
    const KeySource source = {
        .form = KeyForm::kTyped, .typed = &typed, .generated_count = 10'000};
    const auto set = LoadKeySet(source);
    ASSERT_TRUE(set.ok());
    EXPECT_EQ(InfoOf(*set).name, typed.name);
    EXPECT_EQ(InfoOf(*set).key_count, 10'000u);
    EXPECT_EQ(InfoOf(*set).duplicate_count, 0u);
    std::visit(
        []<class Key, class Order>(const KeySet<Key, Order>& keys) {
          EXPECT_TRUE(std::ranges::is_sorted(keys.keys, Order()));
        },
        *set);
  }
}

}  // namespace
}  // namespace pma::bench
