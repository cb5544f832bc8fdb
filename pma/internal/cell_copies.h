// Copies of cells, as a scan shows them.

#ifndef PMA_INTERNAL_CELL_COPIES_H_
#define PMA_INTERNAL_CELL_COPIES_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <new>
#include <type_traits>

#include "pma/internal/start.h"

namespace pma::inline PMA_VARIANT::internal {

// So few cells are copied one by one.
inline constexpr size_t kFewCells = 4;

// Fetches all at once what cells point to.
template <class Types>
void FetchBoxes(const typename Types::KeyBits* keys,
                const typename Types::ValueBits* values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if constexpr (Types::KeyCodec::kBoxed) {
      __builtin_prefetch(Types::KeyCodec::BoxOf(keys[i]));
    }
    if constexpr (Types::ValueCodec::kBoxed) {
      __builtin_prefetch(Types::ValueCodec::BoxOf(values[i]));
    }
  }
}

// Memory for copies of so many cells.
template <class Types, size_t kCells>
struct CellBuffer {
  std::array<typename Types::KeyBits, kCells> keys;
  std::array<typename Types::ValueBits, kCells> values;
};
template <class Types>
using SegmentBuffer = CellBuffer<Types, Types::kCells>;

// The same, wherever it lies: of whole segments.
template <class Types>
struct CellRoom {
  typename Types::KeyBits* keys;
  typename Types::ValueBits* values;
  size_t segments;

  template <size_t kCells>
  static CellRoom Of(CellBuffer<Types, kCells>& buffer) {
    return {buffer.keys.data(), buffer.values.data(), kCells / Types::kCells};
  }
};

// Segments whose cells are shown together, at most: wherever a loop over cells
// ends, the processor guesses wrong.
inline constexpr size_t kMostShown = 4;

// Room in a thread's record for what its guard number `depth` is for.
template <class Types>
CellRoom<Types> RoomInRecord(ThreadRecord<typename Types::Platform>& record,
                             size_t depth) {
  using Record = ThreadRecord<typename Types::Platform>;
  constexpr size_t kSegments =
      std::min(kMostShown, Record::kShownBytes / sizeof(SegmentBuffer<Types>));
  static_assert(kSegments > 0);
  using Buffer = CellBuffer<Types, kSegments * Types::kCells>;
  static_assert(sizeof(Buffer) <= Record::kShownBytes);
  assert(depth - 1 < Record::kShownRooms);
  return CellRoom<Types>::Of(*::new (record.shown_cells[depth - 1]) Buffer);
}

// Room for what is read under a guard and shown to a callback, which may come
// back and read: in the record, or, for guards within guards within guards, in
// `own`, which lies on the stack.
template <class Types>
CellRoom<Types> RoomToShow(const Guard<typename Types::Platform>& guard,
                           SegmentBuffer<Types>& own) {
  return guard.depth() <= guard.record().kShownRooms
             ? internal::RoomInRecord<Types>(guard.record(), guard.depth())
             : CellRoom<Types>::Of(own);
}

// Copies of cells, in key order, of as many segments in a row as there is room
// for.
template <class Types>
class CellCopies {
  static constexpr size_t kCells = Types::kCells;

 public:
  explicit CellCopies(CellRoom<Types> room)
      : keys_(room.keys),
        values_(room.values),
        cells_(room.segments * kCells) {}

  void Clear() { begin_ = end_ = 0; }
  size_t size() const { return end_ - begin_; }
  bool HasRoom() const { return end_ + kCells <= cells_; }

  // Copies cells [begin, end) behind those kept; there must be room for a
  // segment, and if any are kept the first cell must be wanted. Unless they are
  // few it copies all there are, in use or not: that takes no branches.
  void Load(const Segment<Types>& segment, size_t begin, size_t end) {
    assert(size() == 0 || (begin == 0 && HasRoom()));
    loaded_ = end - begin;
    if (loaded_ > kFewCells) {
      if (size() == 0) begin_ = end_ = begin;
      segment.keys.CopyTo(&keys_[end_ - begin], 0, kCells);
      segment.values.CopyTo(&values_[end_ - begin], 0, kCells);
    } else {
      for (size_t i = 0; i < loaded_; ++i) {
        keys_[end_ + i] = segment.keys.Load(begin + i);
        values_[end_ + i] = segment.values.Load(begin + i);
      }
    }
  }
  // The same of a view, the first cells of which may lie elsewhere.
  void Load(const SegmentView<Types>& view, size_t begin, size_t end) {
    Load(*view.cells, begin, end);
    for (size_t i = begin; i < std::min(view.begin, end); ++i) {
      keys_[end_ + i - begin] = view.home->keys.Load(i);
      values_[end_ + i - begin] = view.home->values.Load(i);
    }
  }
  // What has been loaded is certain: it is kept.
  void Keep() {
    internal::FetchBoxes<Types>(&keys_[end_], &values_[end_], loaded_);
    end_ += loaded_;
  }

  const typename Types::KeyBits* keys() const { return &keys_[begin_]; }
  const typename Types::ValueBits* values() const { return &values_[begin_]; }
  decltype(auto) key(size_t i) const {
    return Types::KeyCodec::View(keys()[i]);
  }
  decltype(auto) value(size_t i) const {
    return Types::ValueCodec::View(values()[i]);
  }

 private:
  // Kept are [begin_, end_), and loaded_ more behind.
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t loaded_ = 0;
  typename Types::KeyBits* const keys_;
  typename Types::ValueBits* const values_;
  const size_t cells_;  // there is room for
};

// The cell that comes `i`-th in the direction of a walk.
template <Direction kDirection, class Cells>
size_t At(const Cells& cells, size_t i) {
  return kDirection == Direction::kForward ? i : cells.size() - 1 - i;
}

// Calls f(const Key&, const Value&) for the first `wanted` cells in the
// direction of a walk. Returns how many it was called for; `stopped` if it said
// that it wants no more.
template <class Types, Direction kDirection, class Copies, class Function>
[[gnu::always_inline]] inline size_t Show(const Copies& cells, size_t wanted,
                                          Function& f, bool& stopped) {
  using Key = typename Types::Key;
  using Value = typename Types::Value;
  const auto* const keys = cells.keys();
  const auto* const values = cells.values();
  for (size_t i = 0; i < wanted; ++i) {
    const size_t cell = internal::At<kDirection>(cells, i);
    const Key& key = Types::KeyCodec::View(keys[cell]);
    const Value& value = Types::ValueCodec::View(values[cell]);
    if constexpr (std::is_void_v<std::invoke_result_t<Function&, const Key&,
                                                      const Value&>>) {
      f(key, value);
    } else if (!f(key, value)) {
      stopped = true;
      return i + 1;
    }
  }
  return wanted;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_CELL_COPIES_H_
