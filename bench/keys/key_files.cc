// SPDX-License-Identifier: Apache-2.0

#include "bench/keys/key_files.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace pma::bench {
namespace {

// A line of a text file with its position, for messages.
struct Line {
  std::string_view text;
  size_t number = 0;
  size_t offset = 0;
};

// Cuts text into lines; LF and CRLF both end a line, and the last line needs
// no end.
class LineReader {
 public:
  explicit LineReader(std::string_view contents) : contents_(contents) {}

  std::optional<Line> Next() {
    if (offset_ >= contents_.size()) return std::nullopt;
    const size_t end =
        std::min(contents_.find('\n', offset_), contents_.size());
    Line line{contents_.substr(offset_, end - offset_), ++number_, offset_};
    if (line.text.ends_with('\r')) line.text.remove_suffix(1);
    offset_ = end + 1;
    return line;
  }

 private:
  std::string_view contents_;
  size_t offset_ = 0;
  size_t number_ = 0;
};

// What is wrong, and where. Becomes whatever a parser returns.
class Error {
 public:
  static Error AtByte(const std::string& path, size_t offset,
                      std::string_view what) {
    return Error(path + ": byte " + std::to_string(offset) + ": ", what);
  }
  static Error AtLine(const std::string& path, const Line& line,
                      std::string_view what) {
    return Error(path + ":" + std::to_string(line.number) + ": byte " +
                     std::to_string(line.offset) + ": ",
                 what);
  }
  template <class T>
  // NOLINTNEXTLINE(google-explicit-constructor): that is what it is for.
  operator Parsed<T>() const {
    return Parsed<T>::Error(text_);
  }

 private:
  Error(const std::string& place, std::string_view what)
      : text_(place + std::string(what)) {}

  std::string text_;
};

// Text from a file may hold anything: show a short, printable piece of it.
std::string Quoted(std::string_view text) {
  constexpr size_t kShown = 40;
  std::string quoted = "'";
  for (const char c : text.substr(0, kShown)) {
    if (c >= ' ' && c <= '~' && c != '\\' && c != '\'') {
      quoted += c;
      continue;
    }
    char escaped[5];
    std::snprintf(escaped, sizeof(escaped), "\\x%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    quoted += escaped;
  }
  return quoted + (text.size() > kShown ? "...'" : "'");
}

// Decimal digits only: no sign, no blanks, no overflow.
template <class Integer>
bool ParseDecimal(std::string_view text, Integer& value) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stopped == end;
}

uint64_t LittleEndian64(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 8; i-- > 0;) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

}  // namespace

std::string CountryName(uint16_t code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
}

Parsed<std::string> ReadFile(const std::string& path) {
  const auto error = [&](std::string_view what) {
    return Error::AtByte(path, 0,
                         std::string(what) + ": " + std::strerror(errno));
  };
  const std::unique_ptr<FILE, int (*)(FILE*)> file(
      std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr) return error("cannot open");
  std::string contents;
  // Reading in pieces works for pipes too, which have no size.
  std::vector<char> buffer(size_t{1} << 20);
  while (const size_t got =
             std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    contents.append(buffer.data(), got);
  }
  if (std::ferror(file.get()) != 0) return error("cannot read");
  return contents;
}

Parsed<std::vector<IpRange>> ParseGeoip(const std::string& path,
                                        std::string_view contents) {
  std::vector<IpRange> ranges;
  LineReader lines(contents);
  while (const std::optional<Line> line = lines.Next()) {
    const std::string_view text = line->text;
    if (text.empty() || text.front() == '#') continue;
    const size_t comma1 = text.find(',');
    const size_t comma2 =
        comma1 == text.npos ? text.npos : text.find(',', comma1 + 1);
    if (comma2 == text.npos) {
      return Error::AtLine(
          path, *line, "expected 'first,last,country', found " + Quoted(text));
    }
    IpRange range;
    if (!ParseDecimal(text.substr(0, comma1), range.first) ||
        !ParseDecimal(text.substr(comma1 + 1, comma2 - comma1 - 1),
                      range.last)) {
      return Error::AtLine(
          path, *line,
          "expected two decimal IPv4 addresses, found " + Quoted(text));
    }
    const std::string_view country = text.substr(comma2 + 1);
    if (country.size() != 2) {
      return Error::AtLine(
          path, *line,
          "expected a two-letter country, found " + Quoted(country));
    }
    range.country = CountryCode(country[0], country[1]);
    if (range.last < range.first) {
      return Error::AtLine(path, *line,
                           "range " + Quoted(text) + " ends before it starts");
    }
    if (!ranges.empty() && range.first <= ranges.back().last) {
      return Error::AtLine(
          path, *line,
          "range " + Quoted(text) + " starts before the earlier one ends");
    }
    ranges.push_back(range);
  }
  if (ranges.empty()) return Error::AtByte(path, 0, "no address range");
  return ranges;
}

Parsed<std::vector<uint64_t>> ParseSosd(const std::string& path,
                                        std::string_view contents) {
  constexpr size_t kWord = 8;
  if (contents.size() < kWord) {
    return Error::AtByte(path, contents.size(),
                         "file ends inside the 8-byte key count");
  }
  const uint64_t count = LittleEndian64(contents);
  const uint64_t held = (contents.size() - kWord) / kWord;
  if (count == 0) return Error::AtByte(path, 0, "the key count is 0");
  if (count > held) {
    return Error::AtByte(path, contents.size(),
                         "file ends after " + std::to_string(held) +
                             " of the " + std::to_string(count) +
                             " keys that its first 8 bytes promise");
  }
  const uint64_t expected_size = kWord + count * kWord;
  if (contents.size() > expected_size) {
    return Error::AtByte(path, expected_size,
                         std::to_string(contents.size() - expected_size) +
                             " bytes follow the last of " +
                             std::to_string(count) + " keys");
  }
  std::vector<uint64_t> keys(count);
  for (uint64_t i = 0; i < count; ++i) {
    keys[i] = LittleEndian64(contents.substr(kWord + i * kWord));
  }
  return keys;
}

Parsed<std::vector<uint64_t>> ParseNumbers(const std::string& path,
                                           std::string_view contents) {
  std::vector<uint64_t> keys;
  LineReader lines(contents);
  while (const std::optional<Line> line = lines.Next()) {
    uint64_t key = 0;
    if (!ParseDecimal(line->text, key)) {
      return Error::AtLine(
          path, *line,
          Quoted(line->text) + " is no unsigned 64-bit decimal number");
    }
    keys.push_back(key);
  }
  if (keys.empty()) return Error::AtByte(path, 0, "no keys");
  return keys;
}

Parsed<std::vector<std::string>> ParseText(const std::string& path,
                                           std::string_view contents) {
  std::vector<std::string> keys;
  LineReader lines(contents);
  while (const std::optional<Line> line = lines.Next()) {
    if (line->text.empty()) return Error::AtLine(path, *line, "empty line");
    if (line->text.find('\0') != std::string_view::npos) {
      return Error::AtLine(path, *line, "NUL byte in a text file");
    }
    keys.emplace_back(line->text);
  }
  if (keys.empty()) return Error::AtByte(path, 0, "no keys");
  return keys;
}

}  // namespace pma::bench
