// SPDX-License-Identifier: Apache-2.0

// Fuzzes the readers of key files. Input: a byte that says of which form the
// rest is. A reader accepts it, and then has read what it says; or refuses it
// with one printable line that names the file and the place.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench/keys/key_files.h"

namespace pma::bench {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "key_file_fuzz: %s\n", what.c_str());
  std::abort();
}

template <class T>
void CheckError(const Parsed<T>& parsed) {
  if (parsed.value.has_value() != parsed.error.empty()) {
    Fail("both a result and an error, or neither");
  }
  if (!parsed.error.empty() && !parsed.error.starts_with("FILE:")) {
    Fail("an error that names no file: " + parsed.error);
  }
  const auto prints = [](char c) { return c >= ' ' && c <= '~'; };
  if (!std::all_of(parsed.error.begin(), parsed.error.end(), prints)) {
    Fail("an error that is not one line of text: " + parsed.error);
  }
}

void RunGeoip(std::string_view text) {
  const auto parsed = ParseGeoip("FILE", text);
  CheckError(parsed);
  if (!parsed.value) return;
  std::string again;
  std::uint64_t next = 0;
  for (const IpRange& range : *parsed.value) {
    if (range.first < next || range.last < range.first) {
      Fail("ranges that do not ascend");
    }
    next = std::uint64_t{range.last} + 1;
    again += std::to_string(range.first) + "," + std::to_string(range.last) +
             "," + CountryName(range.country) + "\n";
  }
  // A country may hold the end of a line's first half: then it is cut.
  const auto reread = ParseGeoip("FILE", again);
  const bool cut = std::any_of(
      parsed.value->begin(), parsed.value->end(), [](const IpRange& range) {
        return CountryName(range.country).ends_with('\r');
      });
  if (!cut && reread.value != parsed.value) Fail("ranges change when reread");
}

void RunSosd(std::string_view bytes) {
  const auto parsed = ParseSosd("FILE", bytes);
  CheckError(parsed);
  if (!parsed.value) return;
  std::string again;
  const auto append = [&](std::uint64_t word) {
    for (int i = 0; i < 8; ++i) again += static_cast<char>(word >> (8 * i));
  };
  append(parsed.value->size());
  for (const std::uint64_t key : *parsed.value) append(key);
  if (again != bytes) Fail("SOSD keys are not those of the file");
}

void RunNumbers(std::string_view text) {
  const auto parsed = ParseNumbers("FILE", text);
  CheckError(parsed);
  if (!parsed.value) return;
  std::string again;
  for (const std::uint64_t key : *parsed.value) {
    again += std::to_string(key) + "\n";
  }
  if (ParseNumbers("FILE", again).value != parsed.value) {
    Fail("numbers change when reread");
  }
}

void RunText(std::string_view text) {
  const auto parsed = ParseText("FILE", text);
  CheckError(parsed);
  if (!parsed.value) return;
  for (const std::string& key : *parsed.value) {
    if (key.empty() || key.find('\n') != key.npos ||
        key.find('\0') != key.npos) {
      Fail("a key that no line can hold");
    }
  }
}

constexpr void (*kForms[])(std::string_view) = {RunGeoip, RunSosd, RunNumbers,
                                                RunText};

}  // namespace
}  // namespace pma::bench

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  pma::bench::kForms[data[0] % std::size(pma::bench::kForms)](text);
  return 0;
}
