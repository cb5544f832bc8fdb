// SPDX-License-Identifier: Apache-2.0

// How keys and values become the atomic words of a cell.
//
//   Inline    trivially copyable, up to 32 bytes: the object's own bytes, in
//             one unit of 1, 2, 4 or 8 bytes or in several 8-byte words
//   Encoded   keys with an encoding (key_encoding.h): its image, in one unit or
//             in several 8-byte words
//   Text      keys that are characters, as std::string in its natural order:
//             one word, the address of an immutable box that is reclaimed by
//             epochs
//   Boxed     everything else: likewise
//
// `Bits` is a cell's content in a register or on the stack. Bits of more than
// one unit may be torn when read from a live segment: they must be validated
// before they are viewed.

#ifndef PMA_INTERNAL_STORE_CODEC_H_
#define PMA_INTERNAL_STORE_CODEC_H_

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pma/internal/machine/variant.h"
#include "pma/internal/reclaim/limbo.h"
#include "pma/internal/store/heads.h"
#include "pma/internal/store/key_number.h"
#include "pma/internal/store/text_box.h"

namespace pma::inline PMA_VARIANT::internal {

inline constexpr size_t kMaxInlineBytes = 32;

template <class Type>
inline constexpr bool kFitsInline =
    std::is_trivially_copyable_v<Type> && std::is_copy_constructible_v<Type> &&
    sizeof(Type) <= kMaxInlineBytes;

template <class Type>
struct InlineCodec {
  static constexpr bool kBoxed = false;
  static constexpr size_t kBytes = std::is_empty_v<Type> ? 0 : sizeof(Type);
  using Unit = std::conditional_t<
      kBytes == 1, uint8_t,
      std::conditional_t<kBytes == 2, uint16_t,
                         std::conditional_t<kBytes == 4, uint32_t, uint64_t>>>;
  static constexpr size_t kUnits = (kBytes + sizeof(Unit) - 1) / sizeof(Unit);
  using Bits = std::array<Unit, kUnits>;

  static Bits Encode(const Type& value) {
    Bits bits{};
    if constexpr (kUnits > 0) {
      std::memcpy(bits.data(), std::addressof(value), sizeof(Type));
    }
    return bits;
  }
  static Type View(const Bits& bits) {
    std::array<std::byte, sizeof(Type)> bytes{};
    if constexpr (kUnits > 0)
      std::memcpy(bytes.data(), bits.data(), sizeof(Type));
    return std::bit_cast<Type>(bytes);
  }
};

template <class Key, class Encoding>
struct EncodedCodec {
  using Image = decltype(Encoding::Encode(std::declval<const Key&>()));
  static constexpr bool kBoxed = false;
  static constexpr bool kOneWord = std::unsigned_integral<Image>;
  using Unit = std::conditional_t<kOneWord, Image, uint64_t>;
  static constexpr size_t kUnits = sizeof(Image) / sizeof(Unit);
  using Bits = std::array<Unit, kUnits>;

  static Bits Encode(const Key& key) {
    if constexpr (kOneWord) {
      return {Encoding::Encode(key)};
    } else {
      return Encoding::Encode(key);
    }
  }
  static Key View(const Bits& bits) {
    if constexpr (kOneWord) {
      return Encoding::Decode(bits[0]);
    } else {
      return Encoding::Decode(bits);
    }
  }
};

// How a key, a value or a separator becomes units, and is seen again.
template <class Codec, class Type>
concept IsCodec = requires(const typename Codec::Bits& bits) {
  requires std::unsigned_integral<typename Codec::Unit>;
  requires std::same_as<typename Codec::Bits,
                        std::array<typename Codec::Unit, Codec::kUnits>>;
  { Codec::kBoxed } -> std::convertible_to<bool>;
  { Codec::View(bits) } -> std::convertible_to<const Type&>;
};

// The value is the allocator's to construct and to destroy (tree.h).
template <class Type>
struct Box : Retirable {
  Box() {}
  ~Box() {}
  union {
    Type value;
  };
};

// Bytes that a value owns beside its own, as far as one can know.
template <class Type>
size_t OwnedBytes(const Type&) {
  return 0;
}
template <class Char, class Traits, class Allocator>
size_t OwnedBytes(const std::basic_string<Char, Traits, Allocator>& text) {
  return text.capacity() * sizeof(Char);
}
template <class Type, class Allocator>
size_t OwnedBytes(const std::vector<Type, Allocator>& elements) {
  return elements.capacity() * sizeof(Type);
}

template <class Type>
struct BoxedCodec {
  static constexpr bool kBoxed = true;
  using Unit = uint64_t;
  static constexpr size_t kUnits = 1;
  using Bits = std::array<Unit, kUnits>;

  static Bits Encode(Box<Type>* box) {
    return {reinterpret_cast<uintptr_t>(box)};
  }
  static Box<Type>* BoxOf(const Bits& bits) {
    return reinterpret_cast<Box<Type>*>(
        static_cast<uintptr_t>(bits[kUnits - 1]));
  }
  static const Type& View(const Bits& bits) { return BoxOf(bits)->value; }
};

// A key that is text: its box, and in the bits that its alignment leaves a mark
// (heads.h), so that a search seldom looks at more than one.
template <class Key, class Encoding>
struct TextCodec {
  static constexpr bool kBoxed = true;
  static constexpr bool kString =
      std::is_same_v<Key, std::string> || ShowsCharacters<Encoding>;
  using Unit = uint64_t;
  static constexpr size_t kUnits = 1;
  using Bits = std::array<Unit, kUnits>;

  static Bits Encode(TextBox* box) {
    return {reinterpret_cast<uintptr_t>(box) | MarkOf(box->text())};
  }
  static TextBox* BoxOf(const Bits& bits) {
    return reinterpret_cast<TextBox*>(
        static_cast<uintptr_t>(bits[0] & ~kMarks));
  }
  static std::string_view Text(const Bits& bits) { return BoxOf(bits)->text(); }
  static std::string_view TextOf(const Key& key) {
    return Encoding::Encode(key);
  }
  static Key View(const Bits& bits) { return Encoding::Decode(Text(bits)); }
  static TextWords WordsOf(const Bits& bits) { return {Text(bits)}; }
  static uint64_t MarkIn(const Bits& bits) { return bits[0] & kMarks; }

 private:
  static constexpr uint64_t kMarks = alignof(TextBox) - 1;
  static_assert(kMarks == (uint64_t{1} << kMarkBits) - 1);
};
// Of what such a key has the characters.
template <class Arg>
inline constexpr bool kIsPlainText =
    std::is_same_v<Arg, std::string> || std::is_same_v<Arg, std::string_view> ||
    std::is_convertible_v<const Arg&, const char*>;

// Calls fn with the text of a key that is made of `args`, if it must be.
template <class Codec, class Key, class Fn, class... Args>
auto WithTextOf(Fn fn, const Args&... args) {
  if constexpr (Codec::kString && sizeof...(Args) == 1 &&
                (kIsPlainText<Args> && ...)) {
    return fn(std::string_view(args...));
  } else if constexpr (sizeof...(Args) == 1 &&
                       (std::is_same_v<Key, Args> && ...)) {
    return fn(Codec::TextOf(args...));
  } else {
    const Key made(args...);
    return fn(Codec::TextOf(made));
  }
}
template <class Codec>
inline constexpr bool kIsTextCodec = false;
template <class Key, class Encoding>
inline constexpr bool kIsTextCodec<TextCodec<Key, Encoding>> = true;

template <class Key, class Compare>
using KeyCodecFor = std::conditional_t<
    kIsEncoded<Key, Compare>, EncodedCodec<Key, EncodingFor<Key, Compare>>,
    std::conditional_t<kIsText<Key, Compare>,
                       TextCodec<Key, TextEncodingFor<Key, Compare>>,
                       std::conditional_t<kFitsInline<Key>, InlineCodec<Key>,
                                          BoxedCodec<Key>>>>;

template <class Value>
using ValueCodecFor = std::conditional_t<kFitsInline<Value>, InlineCodec<Value>,
                                         BoxedCodec<Value>>;

// Shows what cells hold, one after the other: each until the next.
template <class Codec>
struct Viewer {
  decltype(auto) View(const typename Codec::Bits& bits) {
    return Codec::View(bits);
  }
};
template <class Key, class Encoding>
  requires ShowsCharacters<Encoding>
struct Viewer<TextCodec<Key, Encoding>> {
  using Codec = TextCodec<Key, Encoding>;
  static std::string_view View(const typename Codec::Bits& bits) {
    return Codec::Text(bits);
  }
};
template <class Encoding>
struct Viewer<TextCodec<std::string, Encoding>> {
  using Codec = TextCodec<std::string, Encoding>;
  const std::string& View(const typename Codec::Bits& bits) {
    shown.assign(Codec::Text(bits));
    return shown;
  }
  std::string shown;
};

// A key whose every read is whole: it may be compared before validation.
template <class Codec>
inline constexpr bool kNeverTorn = !Codec::kBoxed && Codec::kUnits == 1;

// A key in a separator. Separators are compared without validation on the way
// down, so a multi-word inline key, which could be torn, lies in a box there.
template <class Key, class KeyCodec>
using SeparatorCodecFor =
    std::conditional_t<kNeverTorn<KeyCodec> || KeyCodec::kBoxed, KeyCodec,
                       BoxedCodec<Key>>;

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_CODEC_H_
