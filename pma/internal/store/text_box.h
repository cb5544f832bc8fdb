// SPDX-License-Identifier: Apache-2.0

// The characters of keys that are text (heads.h), and their memory.

#ifndef PMA_INTERNAL_STORE_TEXT_BOX_H_
#define PMA_INTERNAL_STORE_TEXT_BOX_H_

#include <algorithm>
#include <cassert>
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
#include "pma/internal/store/box_pages.h"

namespace pma::inline PMA_VARIANT::internal {

// Characters right behind the object; immutable.
struct alignas(16) TextBox : Retirable {
  // In a page, so far behind its header (box_pages.h), ...
  TextBox(std::string_view text, uint32_t distance)
      : form_(distance << kDistanceAt | static_cast<uint32_t>(text.size())) {
    assert(text.size() < uint32_t{1} << kDistanceAt);
    CopyIn(text);
  }
  // ... or in memory of its own.
  explicit TextBox(std::string_view text)
      : form_(kOwnMemory | static_cast<uint32_t>(text.size())) {
    CopyIn(text);
  }

  std::string_view text() const {
    return {reinterpret_cast<const char*>(this) + kBefore, size()};
  }
  // Of the object and its characters.
  size_t bytes() const { return BytesFor(size()); }

  bool in_page() const { return (form_ & kOwnMemory) == 0; }
  uint32_t distance() const { return form_ >> kDistanceAt; }

  static constexpr size_t kBefore = sizeof(Retirable) + sizeof(uint32_t);
  static constexpr size_t kMostCharacters = (uint32_t{1} << 31) - 1;
  static constexpr size_t BytesFor(size_t characters) {
    return std::max(sizeof(TextBox), kBefore + characters);
  }

 private:
  // A bit that is set, and the size; or 0, the distance and the size.
  static constexpr uint32_t kOwnMemory = uint32_t{1} << 31;
  static constexpr int kDistanceAt = 16;

  size_t size() const {
    return form_ & (in_page() ? (uint32_t{1} << kDistanceAt) - 1 : ~kOwnMemory);
  }
  void CopyIn(std::string_view text) {
    text.copy(reinterpret_cast<char*>(this) + kBefore, text.size());
  }

  const uint32_t form_;
};

// Boxes of one map: each by itself from the user's allocator, and in pages once
// those come to more than pages that are partly empty.
template <class Platform, class Allocator, class Tuning>
class TextBoxes {
  struct alignas(TextBox) Unit {
    std::byte bytes[alignof(TextBox)];
  };
  using Memory =
      std::conditional_t<(alignof(TextBox) > kPlainAlign),
                         AlignedAllocator<alignof(TextBox), Allocator>,
                         BlockAllocator<Unit, Allocator>>;
  using Pages = BoxPages<Platform, Allocator, Tuning::kBoxPageBytes,
                         Tuning::kChunkBytes, Tuning::kStripes>;
  static_assert(Pages::kUnit == alignof(TextBox));
  static_assert(Pages::kMostDistance < size_t{1} << 15);

 public:
  explicit TextBoxes(const Allocator& allocator)
      : memory_(allocator), pages_(allocator) {}

  // What a box takes from the allocator by itself.
  static int64_t Taken(const TextBox& box) {
    return box.in_page() ? 0 : static_cast<int64_t>(Memory::Taken(box.bytes()));
  }
  // What the pages take.
  size_t page_bytes() const { return pages_.bytes(); }

  // `slot` is the calling thread's. Throws what the allocator throws, and
  // std::length_error.
  TextBox* New(size_t slot, std::string_view text) {
    if (text.size() > TextBox::kMostCharacters) {
      Throw<std::length_error>("pma: a key of more than 2147483647 characters");
    }
    const size_t bytes = TextBox::BytesFor(text.size());
    if (pages_.HasRoomFor(bytes)) {
      // A courtesy: there may be memory for a string, but for no chunk.
      PMA_TRY {
        const auto box = pages_.Allocate(slot, bytes);
        return ::new (box.memory) TextBox(text, box.distance);
      }
      PMA_CATCH_ALL {}
    }
    return ::new (memory_.Allocate(bytes)) TextBox(text);
  }
  void Delete(TextBox* box) {
    const size_t bytes = box->bytes();
    const bool in_page = box->in_page();
    const uint32_t distance = box->distance();
    box->~TextBox();
    if (in_page) {
      pages_.Free(box, distance);
    } else {
      memory_.Free(box, bytes);
    }
  }

  // Boxes take so much by themselves. A courtesy: without memory for pages it
  // stays so.
  void Note(size_t bytes) {
    if (bytes < Tuning::kTextBytesApart) return;
    PMA_TRY { pages_.Open(); }
    PMA_CATCH_ALL {}
  }
  // Gives back what was kept for the next page.
  void Release() { pages_.Release(); }

  // As those of the pages, where boxes take so many bytes apart from them; and
  // whether a box should move, which is in use.
  bool AreSparse(size_t apart) const { return pages_.AreSparse(AreFew(apart)); }
  void BeginToMove(size_t apart) { pages_.BeginToMove(AreFew(apart)); }
  bool moving() const { return Tuning::MovesAllTexts() || pages_.moving(); }
  void EndMoving() {
    if (pages_.moving()) pages_.EndMoving();
  }
  // One thread at a time moves strings, and says when it has done for now. If
  // it stops for good before that, they stay where they are from then on.
  bool TryMove() { return !mover_.ExchangeAcqRel(true); }
  void LetMove() { mover_.StoreRelease(false); }
  bool ShouldMove(const TextBox& box) {
    return Tuning::MovesAllTexts() ||
           (box.in_page() && pages_.Leave(&box, box.distance()));
  }

 private:
  // Then they lie by themselves until there are some more.
  bool AreFew(size_t apart) const {
    return pages_.used_bytes() + apart < Tuning::kTextBytesApart / 4 * 3;
  }

  [[no_unique_address]] Memory memory_;
  Pages pages_;
  typename Platform::template Atomic<bool> mover_;
};

// Of a map whose keys are none.
struct NoTexts {
  template <class Allocator>
  explicit NoTexts(const Allocator&) {}
  static size_t page_bytes() { return 0; }
  static void Release() {}
  static bool AreSparse(size_t) { return false; }
  static void BeginToMove(size_t) {}
  static bool moving() { return false; }
  static void EndMoving() {}
  static bool TryMove() { return false; }
  static void LetMove() {}
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_TEXT_BOX_H_
