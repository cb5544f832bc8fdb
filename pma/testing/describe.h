// SPDX-License-Identifier: Apache-2.0

// Values as text for the messages of failing tests: one line, unambiguous.

#ifndef PMA_TESTING_DESCRIBE_H_
#define PMA_TESTING_DESCRIBE_H_

#include <cstddef>
#include <cstdio>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pma::testing {

// Escapes everything that does not print, so that embedded NULs are seen.
inline std::string DescribeBytes(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      text += c;
      continue;
    }
    char escaped[5];
    std::snprintf(escaped, sizeof(escaped), "\\x%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    text += escaped;
  }
  return text + "\"";
}

// Types of our own say what they are through a member `Describe()`.
template <class T>
std::string Describe(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return DescribeBytes(value);
  } else if constexpr (std::is_integral_v<T>) {
    return std::to_string(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    std::ostringstream out;
    out.precision(std::numeric_limits<T>::max_digits10);
    out << value;
    return out.str();
  } else {
    return value.Describe();
  }
}

template <class A, class B>
std::string Describe(const std::pair<A, B>& entry) {
  return "(" + Describe(entry.first) + ", " + Describe(entry.second) + ")";
}

template <class T>
std::string Describe(const std::optional<T>& value) {
  return value.has_value() ? Describe(*value) : "nothing";
}

}  // namespace pma::testing

#endif  // PMA_TESTING_DESCRIBE_H_
