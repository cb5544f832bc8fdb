// SPDX-License-Identifier: Apache-2.0

// Copies of cells, as a scan shows them.

#ifndef PMA_INTERNAL_READ_CELL_BUFFER_H_
#define PMA_INTERNAL_READ_CELL_BUFFER_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <new>
#include <type_traits>

#include "pma/internal/read/position.h"

namespace pma::inline PMA_VARIANT::internal {

// So few cells are copied one by one.
inline constexpr size_t kFewCells = 4;

// Memory for copies of so many cells.
template <class Types, size_t kCells>
struct CellMemory {
  std::array<typename Types::KeyBits, kCells> keys;
  std::array<typename Types::ValueBits, kCells> values;
};
template <class Types>
using SegmentMemory = CellMemory<Types, Types::kCells>;

// Memory for copies of whole segments, wherever it lies.
template <class Types>
struct CellRoom {
  typename Types::KeyBits* keys;
  typename Types::ValueBits* values;
  size_t segments;

  template <size_t kCells>
  static CellRoom Of(CellMemory<Types, kCells>& memory) {
    return {memory.keys.data(), memory.values.data(), kCells / Types::kCells};
  }
};

// Room in a thread's record for what its guard number `depth` is for.
template <class Types>
CellRoom<Types> RoomInRecord(ThreadRecord<typename Types::Platform>& record,
                             size_t depth) {
  using Record = ThreadRecord<typename Types::Platform>;
  constexpr size_t kSegments =
      std::min(Types::Tuning::kSegmentsShown,
               Record::kShownBytes / sizeof(SegmentMemory<Types>));
  static_assert(kSegments > 0);
  using Memory = CellMemory<Types, kSegments * Types::kCells>;
  static_assert(sizeof(Memory) <= Record::kShownBytes);
  assert(depth - 1 < Record::kShownRooms);
  return CellRoom<Types>::Of(*::new (record.shown_cells[depth - 1]) Memory);
}

// Room for what is read under a guard and shown to a callback, which may come
// back and read: in the record, or, for guards within guards within guards, in
// `own`, which lies on the stack.
template <class Types>
CellRoom<Types> RoomToShow(const Guard<typename Types::Platform>& guard,
                           SegmentMemory<Types>& own) {
  return guard.depth() <= guard.record().kShownRooms
             ? internal::RoomInRecord<Types>(guard.record(), guard.depth())
             : CellRoom<Types>::Of(own);
}

// Copies of cells side by side, in key order: in a CellRoom or, if they are no
// more than kFewCells of one segment, in CellMemory for so many. Copies are of
// fixed length, whether all of it is wanted or not: that takes no branches. So
// the first cell kept may lie somewhere in the room.
template <class Types, class Room = CellRoom<Types>>
class CellBuffer {
  static constexpr size_t kCells = Types::kCells;
  static_assert(kCells >= kFewCells);

 public:
  CellBuffer() = default;
  explicit CellBuffer(const Room& room) : room_(room) {}

  // Whether cells may be of more than one segment.
  static constexpr bool kAcross = std::is_same_v<Room, CellRoom<Types>>;
  // How many they may be of.
  size_t segments() const {
    if constexpr (kAcross) return room_.segments;
    return 1;
  }
  // Whether another segment may be copied behind the cells kept.
  bool HasRoom() const {
    return size_ == 0 || begin_ + size_ + kCells <= segments() * kCells;
  }

  void Clear() { begin_ = size_ = 0; }
  size_t size() const { return size_; }

  // Copies `count` cells of one segment, and keeps only them.
  PMA_ALWAYS_INLINE void Load(const Segment<Types>& segment, size_t begin,
                              size_t count) {
    assert(begin + count <= kCells && (kAcross || count <= kFewCells));
    if (kAcross && count > kFewCells) {
      begin_ = 0;
      segment.keys.CopyTo(&room_.keys[0], begin, begin + count);
      segment.values.CopyTo(&room_.values[0], begin, begin + count);
    } else {
      const size_t from = std::min(begin, kCells - kFewCells);
      segment.keys.CopyTo(&room_.keys[0], from, from + kFewCells);
      segment.values.CopyTo(&room_.values[0], from, from + kFewCells);
      begin_ = begin - from;
    }
    size_ = count;
  }

  // Copies the cells of a segment from `begin` on behind those kept. Where some
  // are kept it must be from the first cell on, and there must be room. What is
  // wanted of them is kept by Keep(), which may follow when it is certain.
  void Copy(const Segment<Types>& segment, size_t begin) {
    assert(size_ == 0 || (begin == 0 && HasRoom()));
    if (size_ == 0) begin_ = begin;
    const size_t at = begin_ + size_ - begin;
    segment.keys.CopyTo(&room_.keys[at], 0, kCells);
    segment.values.CopyTo(&room_.values[at], 0, kCells);
  }
  // Copies the cells of a view, the first of which may lie elsewhere.
  void Copy(const SegmentView<Types>& view, size_t begin) {
    Copy(*view.cells, begin);
    const size_t at = begin_ + size_ - begin;
    for (size_t i = begin; i < std::min(view.begin, view.count); ++i) {
      room_.keys[at + i] = view.read.segment().keys.Load(i);
      room_.values[at + i] = view.read.segment().values.Load(i);
    }
  }
  void Keep(size_t count) {
    size_ += count;
    assert(begin_ + size_ <= segments() * kCells);
  }

  const typename Types::KeyBits* keys() const { return &room_.keys[begin_]; }
  const typename Types::ValueBits* values() const {
    return &room_.values[begin_];
  }
  decltype(auto) key(size_t i) const {
    return Types::KeyCodec::View(keys()[i]);
  }
  decltype(auto) value(size_t i) const {
    return Types::ValueCodec::View(values()[i]);
  }
  // Fetches all at once what the cells from the `first` on point to.
  void FetchBoxes(size_t first) const {
    for (size_t i = first; i < size_; ++i) {
      if constexpr (Types::KeyCodec::kBoxed) {
        const auto* const box = reinterpret_cast<const std::byte*>(
            Types::KeyCodec::BoxOf(keys()[i]));
        __builtin_prefetch(box);
        if constexpr (Types::kTextKeys) __builtin_prefetch(box + 64);
      }
      if constexpr (Types::ValueCodec::kBoxed) {
        __builtin_prefetch(Types::ValueCodec::BoxOf(values()[i]));
      }
    }
  }

 private:
  size_t begin_;  // of those kept, in the room
  size_t size_;
  Room room_;
};

// For a few cells of one segment.
template <class Types>
using FewCells = CellBuffer<Types, CellMemory<Types, kFewCells>>;

// The cell that comes `i`-th in the direction of a walk.
template <Direction kDirection, class Cells>
size_t At(const Cells& cells, size_t i) {
  return kDirection == Direction::kForward ? i : cells.size() - 1 - i;
}

// Calls f(const Key&, const Value&) for the first `wanted` cells in the
// direction of a walk. Returns how many it was called for; `stopped` if it said
// that it wants no more.
template <class Types, Direction kDirection, class Copies, class Function>
PMA_ALWAYS_INLINE inline size_t Show(const Copies& cells, size_t wanted,
                                     Function& f, bool& stopped) {
  using ShownKey = typename Types::ShownKey;
  using Value = typename Types::Value;
  const auto* const keys = cells.keys();
  const auto* const values = cells.values();
  [[maybe_unused]] Viewer<typename Types::KeyCodec> viewer;
  for (size_t i = 0; i < wanted; ++i) {
    const size_t cell = internal::At<kDirection>(cells, i);
    const ShownKey& key = viewer.View(keys[cell]);
    const Value& value = Types::ValueCodec::View(values[cell]);
    if constexpr (std::is_void_v<std::invoke_result_t<
                      Function&, const ShownKey&, const Value&>>) {
      f(key, value);
    } else if (!f(key, value)) {
      stopped = true;
      return i + 1;
    }
  }
  return wanted;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_CELL_BUFFER_H_
