// SPDX-License-Identifier: Apache-2.0

// Strings of bytes as keys.
//
// pma::ConcurrentMap<pma::Bytes, Value> is a map of std::string that shows its
// keys where they lie: callbacks get a std::string_view, which is valid until
// they return, and no key is copied. Look-ups take what a std::string_view can
// be made of, and allocate nothing.

#ifndef PMA_BYTES_H_
#define PMA_BYTES_H_

#include <string>
#include <string_view>
#include <utility>

#include "pma/internal/machine/variant.h"
#include "pma/key_encoding.h"

namespace pma::inline PMA_VARIANT {

// A std::string of any bytes, in the order of unsigned ones. It is what
// functions return that hand a key over.
class Bytes : public std::string {
 public:
  // Made as a std::string is, of one, or of what a std::string_view can be.
  using std::string::string;
  Bytes() = default;
  // NOLINTBEGIN(google-explicit-constructor): they are the same strings
  Bytes(std::string bytes) noexcept : std::string(std::move(bytes)) {}
  Bytes(std::string_view bytes) : std::string(bytes) {}
  // NOLINTEND(google-explicit-constructor)
};

template <>
struct KeyEncoding<Bytes> {
  using Shown = std::string_view;
  static std::string_view Encode(const Bytes& key) noexcept { return key; }
  static Bytes Decode(std::string_view text) { return Bytes(text); }
};

}  // namespace pma::inline PMA_VARIANT

#endif  // PMA_BYTES_H_
