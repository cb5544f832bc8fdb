// SPDX-License-Identifier: Apache-2.0

#include "fuzz/programs/report_parts.h"

#include <cctype>
#include <cstddef>

namespace pma::programs {

std::string KindOf(const std::string& failure) {
  std::string kind;
  for (const char c : failure.substr(0, failure.find('\n'))) {
    if (c == ',') break;
    if (!std::isdigit(static_cast<unsigned char>(c))) kind += c;
  }
  return kind;
}

std::string TestCase(std::string_view suite, std::span<const uint8_t> bytes) {
  std::string text = "TEST(" + std::string(suite) + ", NameWhatItShows) {\n";
  text += "  ExpectPasses({";
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) text += i % 16 == 0 ? ",\n                " : ", ";
    text += std::to_string(bytes[i]);
  }
  return text + "});\n}\n";
}

}  // namespace pma::programs
