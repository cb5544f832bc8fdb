// SPDX-License-Identifier: Apache-2.0

// Showing cells as two arrays, of keys and of values: a loop over either can be
// vectorised.

#ifndef PMA_INTERNAL_READ_COLUMNS_H_
#define PMA_INTERNAL_READ_COLUMNS_H_

#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

#include "pma/internal/read/cell_buffer.h"

namespace pma::inline PMA_VARIANT::internal {

// NOLINTBEGIN(misc-redundant-expression): types may be equal.
// Types that have columns: all of them lies in the cells. A key that is made
// from its image is not destroyed there.
template <class Types>
inline constexpr bool kHasColumns =
    !Types::KeyCodec::kBoxed && !Types::ValueCodec::kBoxed &&
    std::is_trivially_destructible_v<typename Types::Key>;
// NOLINTEND(misc-redundant-expression)

// Types whose cells, side by side, are an array of them.
template <class Type, class Codec>
inline constexpr bool kCellsAreObjects =
    std::is_same_v<Codec, InlineCodec<Type>> &&
    sizeof(Type) == sizeof(typename Codec::Bits) &&
    alignof(Type) <= alignof(typename Codec::Bits);

// Cells as such an array. Their bytes become objects where they lie: a move
// onto itself begins their lives, as far as the language goes. Compilers drop
// it, and with it what it says about types, hence the line after it: it holds
// stores to cells and loads of objects apart, and costs nothing.
template <class Type, class Bits>
const Type* AsObjects(const Bits* cells, size_t count) {
  static_assert(sizeof(Type) == sizeof(Bits));
  void* memory = const_cast<Bits*>(cells);
  std::memmove(memory, memory, count * sizeof(Type));
  asm volatile("" : "+r"(memory) : : "memory");
  return std::launder(static_cast<const Type*>(memory));
}

// Cells of one column as an array of what is in them. Where a cell is larger
// than the object (twelve bytes in two words of eight), or not aligned to it,
// the objects are copied out, to memory of this one's own.
template <class Type, class Codec, size_t kMost>
class ArrayOf {
  using Bits = typename Codec::Bits;
  static constexpr bool kInPlace = kCellsAreObjects<Type, Codec>;

 public:
  // Valid until the cells change, or the next call.
  std::span<const Type> Show(const Bits* cells, size_t count) {
    assert(count <= kMost);
    if constexpr (kInPlace) {
      return {internal::AsObjects<Type>(cells, count), count};
    } else {
      for (size_t i = 0; i < count; ++i) {
        ::new (memory_ + i * sizeof(Type)) Type(Codec::View(cells[i]));
      }
      return {std::launder(reinterpret_cast<const Type*>(memory_)), count};
    }
  }

 private:
  alignas(Type) std::byte memory_[kInPlace ? 1 : kMost * sizeof(Type)];
};

// Shows runs of cells to f(std::span<const Key>, std::span<const Value>), in
// place of a callback for entries.
template <class Types, class Function>
class ColumnVisitor {
  static constexpr size_t kMost = Types::Tuning::kSegmentsShown * Types::kCells;

 public:
  explicit ColumnVisitor(Function& f) : f_(f) {}

  // False if f wants no more.
  template <class Cells>
  bool Show(const Cells& cells, size_t count) {
    const auto keys = keys_.Show(cells.keys(), count);
    const auto values = values_.Show(cells.values(), count);
    using Result =
        std::invoke_result_t<Function&, decltype(keys), decltype(values)>;
    bool more = true;
    if constexpr (std::is_void_v<Result>) {
      f_(keys, values);
    } else {
      more = f_(keys, values);
    }
    // The other end of AsObjects(): the cells are about to be stored to.
    asm volatile("" : : : "memory");
    return more;
  }

 private:
  Function& f_;
  ArrayOf<typename Types::Key, typename Types::KeyCodec, kMost> keys_;
  ArrayOf<typename Types::Value, typename Types::ValueCodec, kMost> values_;
};

// Show() of cell_buffer.h to such a visitor.
template <class Types, Direction kDirection, class Copies, class Function>
size_t Show(const Copies& cells, size_t wanted,
            ColumnVisitor<Types, Function>& visitor, bool& stopped) {
  static_assert(kDirection == Direction::kForward);
  if (wanted > 0) stopped = !visitor.Show(cells, wanted);
  return wanted;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_COLUMNS_H_
