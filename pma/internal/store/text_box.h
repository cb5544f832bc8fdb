// SPDX-License-Identifier: Apache-2.0

// The characters of keys that are text (heads.h), and their memory.

#ifndef PMA_INTERNAL_STORE_TEXT_BOX_H_
#define PMA_INTERNAL_STORE_TEXT_BOX_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/line_allocator.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/reclaim/limbo.h"

namespace pma::inline PMA_VARIANT::internal {

// Characters right behind the object; immutable.
struct alignas(16) TextBox : Retirable {
  explicit TextBox(std::string_view text)
      : size(static_cast<uint32_t>(text.size())) {
    text.copy(reinterpret_cast<char*>(this) + kBefore, text.size());
  }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(this) + kBefore, size};
  }
  // Of the object and its characters.
  size_t bytes() const { return BytesFor(size); }

  const uint32_t size;

  static constexpr size_t kBefore = sizeof(Retirable) + sizeof(uint32_t);
  static constexpr size_t kMostCharacters = ~uint32_t{0};
  static constexpr size_t BytesFor(size_t characters) {
    return std::max(sizeof(TextBox), kBefore + characters);
  }
};

// Of what such a key has the characters.
template <class Arg>
inline constexpr bool kIsPlainText =
    std::is_same_v<Arg, std::string> || std::is_same_v<Arg, std::string_view> ||
    std::is_convertible_v<const Arg&, const char*>;

// Boxes from the user's allocator.
template <class Allocator>
class TextBoxes {
  struct alignas(TextBox) Unit {
    std::byte bytes[alignof(TextBox)];
  };
  using Memory =
      std::conditional_t<(alignof(TextBox) > kPlainAlign),
                         AlignedAllocator<alignof(TextBox), Allocator>,
                         BlockAllocator<Unit, Allocator>>;

 public:
  explicit TextBoxes(const Allocator& allocator) : memory_(allocator) {}

  // What a box takes from the allocator.
  static int64_t Taken(const TextBox& box) {
    return static_cast<int64_t>(Memory::Taken(box.bytes()));
  }
  // Throws what the allocator throws, and std::length_error.
  TextBox* New(std::string_view text) {
    if (text.size() > TextBox::kMostCharacters) {
      Throw<std::length_error>("pma: a key of more than 4294967295 characters");
    }
    return ::new (memory_.Allocate(TextBox::BytesFor(text.size())))
        TextBox(text);
  }
  void Delete(TextBox* box) {
    const size_t bytes = box->bytes();
    box->~TextBox();
    memory_.Free(box, bytes);
  }

 private:
  Memory memory_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_TEXT_BOX_H_
