// SPDX-License-Identifier: Apache-2.0

// A range as it was at one instant.
//
//   read at once      all segments of the range are copied, and then none of
//                     their words has changed: as they were in between
//   held              each segment is frozen and copied, from left to right;
//                     once the last one is, they are all as they were copied.
//                     Readers read on, writers wait for the end of the copy
//   read by a walk    if some writer stays at a segment: as a reader that meets
//                     it, through what it has published, between two equal
//                     counts of changes
//
// The first is tried a few times, then the others by turns. So writers that go
// on cannot starve a snapshot, nor a writer that has stopped for good alone.

#ifndef PMA_INTERNAL_WRITE_SNAPSHOT_H_
#define PMA_INTERNAL_WRITE_SNAPSHOT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/list.h"
#include "pma/internal/read/nearest.h"
#include "pma/internal/read/position.h"
#include "pma/internal/read/segment_walk.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/frozen_window.h"

namespace pma::inline PMA_VARIANT::internal {

// Copies of cells in key order, in pieces of memory that are kept for the next
// try. The first are small, later ones as large as huge pages.
template <class Types>
class CellList {
  static constexpr size_t kCells = Types::kCells;
  static constexpr size_t kFirstRoom = 32 * kCells;
  static constexpr size_t kMostRoom = 8192 * kCells;

 public:
  struct Piece {
    explicit Piece(size_t cells)
        : room(cells),
          keys(new(std::nothrow) typename Types::KeyBits[cells]),
          values(new(std::nothrow) typename Types::ValueBits[cells]) {
      if (keys == nullptr || values == nullptr) ThrowOutOfMemory();
    }

    decltype(auto) value(size_t i) const {
      return Types::ValueCodec::View(values[i]);
    }

    size_t room;
    size_t begin = 0;  // those before are not wanted
    size_t end = 0;
    std::unique_ptr<typename Types::KeyBits[]> keys;
    std::unique_ptr<typename Types::ValueBits[]> values;
  };

  size_t pieces() const { return used_; }
  const Piece& piece(size_t i) const { return pieces_[i]; }
  // Where the first and the last cells are.
  Piece& first() { return pieces_[0]; }
  Piece& last() { return pieces_[used_ - 1]; }

  bool SameValues(const CellList& other) const {
    if (used_ != other.used_) return false;
    for (size_t i = 0; i < used_; ++i) {
      const Piece& a = piece(i);
      const Piece& b = other.piece(i);
      if (a.end != b.end ||
          !std::equal(a.values.get(), a.values.get() + a.end, b.values.get())) {
        return false;
      }
    }
    return true;
  }

  void Clear() { used_ = 0; }
  void Add(const Segment<Types>& segment, size_t count) {
    Piece& piece = PieceWithRoom();
    segment.keys.CopyTo(&piece.keys[piece.end], 0, kCells);
    segment.values.CopyTo(&piece.values[piece.end], 0, kCells);
    piece.end += count;
  }
  // Of one segment.
  void Add(const CellBuffer<Types>& cells) {
    Piece& piece = PieceWithRoom();
    std::copy_n(cells.keys(), cells.size(), &piece.keys[piece.end]);
    std::copy_n(cells.values(), cells.size(), &piece.values[piece.end]);
    piece.end += cells.size();
  }

 private:
  Piece& PieceWithRoom() {
    if (used_ == 0 || last().end + kCells > last().room) {
      if (used_ == pieces_.size()) {
        pieces_.emplace_back(used_ == 0 ? kFirstRoom
                                        : std::min(4 * last().room, kMostRoom));
      }
      ++used_;
      last().begin = last().end = 0;
    }
    return last();
  }

  List<Piece> pieces_;
  size_t used_ = 0;
};

// Reads the entries from `lo` on that are before `hi`, null for no bound.
template <class Types, class LoT, class HiT>
class SnapshotReader {
  using Platform = typename Types::Platform;
  using Key = typename Types::Key;
  using SeparatorCodec = typename Types::SeparatorCodec;

 public:
  SnapshotReader(const Tree<Types>& tree, Guard<Platform>& guard, const LoT* lo,
                 const HiT* hi)
      : tree_(tree), guard_(guard), lo_(lo), hi_(hi) {}

  // What was read is of one instant during the call.
  void Read(CellList<Types>& cells) {
    // What takes long to read has changed again the next time.
    for (int i = 0; i < Types::Tuning::kSnapshotTries && cells.pieces() <= 1;
         ++i) {
      Types::Tuning::TrySnapshot(/*holds=*/false);
      if (ReadInPlace</*kHolds=*/false>(cells)) return;
    }
    do {
      Types::Tuning::TrySnapshot(/*holds=*/true);
    } while (!ReadInPlace</*kHolds=*/true>(cells) && !ReadByWalk(cells));
  }

 private:
  // Reads one segment after the other in place. With `kHolds`, all are held
  // still until the last one is; else they are read at once, or not at all.
  // False, and nothing is held, if other threads are in the way.
  template <bool kHolds>
  bool ReadInPlace(CellList<Types>& cells) {
    HeldSegments<Types> held;
    List<SegmentRead<Types>> reads;
    const Start<LoT> start{lo_};
    cells.Clear();
    Place<Types> place;
    if (!internal::DescendTo(Direction::kForward, tree_, guard_, start,
                             place)) {
      return true;
    }
    Extent<Types>* before = nullptr;
    for (bool first = true;; first = false) {
      if constexpr (kHolds) {
        while (!held.Hold(place.extent->segment(place.segment))) {
          if (!held.any()) return false;
          // Replaced. The one before is held, and so still there.
          place.directory = tree_.LoadDirectory(guard_);
          place.position = place.directory->PositionOf(before) + 1;
          place.extent = place.directory->extent(place.position);
        }
      }
      const Extent<Types>& extent = *place.extent;
      const size_t i = place.segment;
      const Segment<Types>& segment = extent.segment(i);
      const SegmentRead<Types> read(segment, place.root);
      const Word word = read.word();
      const size_t active = extent.active();
      if (!word.quiet() || i >= active) return false;
      if (i + kSegmentsAhead < active) {
        extent.segment(i + kSegmentsAhead).PrefetchAll();
      }
      const Fence<Types> lower = extent.LowerOf(i);
      const Fence<Types> upper = extent.UpperOf(i, active);
      cells.Add(segment, word.count());
      if constexpr (!kHolds) {
        if (!read.Unchanged()) return false;
        reads.push_back(read);
      }
      if (first && !BeginsIn(lower, upper)) return false;
      if (!upper.finite || Reaches(upper)) break;
      if (i + 1 < active) {
        ++place.segment;
        continue;
      }
      before = place.extent;
      ++place.position;
      place.extent = place.directory->extent(place.position);
      place.segment = 0;
    }
    if constexpr (kHolds) {
      // What is let go may be retired: it was there in this epoch.
      while (!guard_.Covers()) {
      }
      held.LetGo();
      Cut(cells);
      return true;
    } else {
      Cut(cells);
      // An extent that has been replaced stands still a moment longer.
      return SegmentRead<Types>::AllUnchanged({reads.data(), reads.size()}) &&
             tree_.LoadDirectory(guard_) == place.directory;
    }
  }

  // Whether a segment with these fences is where the range begins.
  bool BeginsIn(const Fence<Types>& lower, const Fence<Types>& upper) const {
    if (lo_ == nullptr) return !lower.finite;
    return internal::Owns(lower, upper, tree_.order(), *lo_);
  }
  bool Reaches(const Fence<Types>& upper) const {
    return hi_ != nullptr &&
           !tree_.order().template Before<SeparatorCodec>(upper.bits, *hi_);
  }
  // Leaves out what lies before the range, in the segment that was read first,
  // and behind it, in the last.
  void Cut(CellList<Types>& cells) const {
    if (cells.pieces() == 0) return;
    const auto before = [&](const auto& piece, size_t i, const auto& probe) {
      return tree_.order().template Before<typename Types::KeyCodec>(
          piece.keys[i], probe);
    };
    if (lo_ != nullptr) {
      auto& first = cells.first();
      first.begin = internal::PartitionPoint(
          first.end, [&](size_t i) { return before(first, i, *lo_); });
    }
    if (hi_ != nullptr) {
      auto& last = cells.last();
      last.end = last.begin +
                 internal::PartitionPoint(last.end - last.begin, [&](size_t i) {
                   return before(last, last.begin + i, *hi_);
                 });
    }
  }

  // Reads by a walk, and whatever is there may be read so. False if something
  // has changed meanwhile.
  bool ReadByWalk(CellList<Types>& cells) {
    const ReadRange<Types> range = WalkOnce(cells);
    if (range.directory() == nullptr) return true;
    if (!range.one_directory()) return false;
    const uint64_t before = range.ChangeCount();
    if (!(WalkOnce(cells) == range)) return false;
    Platform::FenceAcquire();
    // A value under replacement may have been read before or after: then it is
    // what it was if it is read the same again.
    const bool updating = range.AnyUpdating();
    if (range.ChangeCount() != before) return false;
    if (updating) {
      CellList<Types> again;
      if (!(WalkOnce(again) == range)) return false;
      Platform::FenceAcquire();
      if (!again.SameValues(cells) || range.ChangeCount() != before) {
        return false;
      }
    }
    return tree_.LoadDirectory(guard_) == range.directory();
  }

  ReadRange<Types> WalkOnce(CellList<Types>& cells) {
    cells.Clear();
    ReadRange<Types> range;
    SegmentMemory<Types> memory;
    CellBuffer<Types> buffer(CellRoom<Types>::Of(memory));
    SegmentWalk<Types> walk(tree_, guard_, Direction::kForward);
    do {
      buffer.Clear();
      if (!walk.Next(Start<LoT>{lo_}, {}, buffer)) break;
      range.Add(walk.read());
      cells.Add(buffer);
    } while (walk.finite() &&
             (hi_ == nullptr || tree_.order().template Before<SeparatorCodec>(
                                    walk.fence_bits(), *hi_)));
    Cut(cells);
    return range;
  }

  const Tree<Types>& tree_;
  Guard<Platform>& guard_;
  const LoT* const lo_;
  const HiT* const hi_;
};

// Shows the entries from `lo` on that are before `hi`, null for no bound, as
// they were at one instant, until the callback ends it. Returns how many were
// shown. Throws std::bad_alloc.
template <class Types, class LoT, class HiT, class Function>
[[gnu::noinline]] size_t SnapshotScan(const Tree<Types>& tree, const LoT* lo,
                                      const HiT* hi, Function& f) {
  using ShownKey = typename Types::ShownKey;
  using Value = typename Types::Value;
  CellList<Types> cells;
  const auto read = [&](Guard<typename Types::Platform>& guard) {
    SnapshotReader<Types, LoT, HiT>(tree, guard, lo, hi).Read(cells);
  };
  const auto show = [&] {
    [[maybe_unused]] Viewer<typename Types::KeyCodec> viewer;
    size_t shown = 0;
    for (size_t p = 0; p < cells.pieces(); ++p) {
      const auto& piece = cells.piece(p);
      for (size_t i = piece.begin; i < piece.end; ++i) {
        const ShownKey& key = viewer.View(piece.keys[i]);
        const Value& value = piece.value(i);
        ++shown;
        if constexpr (std::is_void_v<std::invoke_result_t<
                          Function&, const ShownKey&, const Value&>>) {
          f(key, value);
        } else if (!f(key, value)) {
          return shown;
        }
      }
    }
    return shown;
  };
  // Copies need no guard while they are shown.
  if constexpr (RootEpoch<Types>::kHasBoxes) {
    Guard<typename Types::Platform> guard;
    read(guard);
    return show();
  } else {
    {
      Guard<typename Types::Platform> guard;
      read(guard);
    }
    return show();
  }
}

// The same of a range with bounds: mostly it lies in a few segments, which are
// read at once.
template <class Types, class LoT, class HiT, class Function>
size_t SnapshotScanBetween(const Tree<Types>& tree, const LoT& lo,
                           const HiT& hi, Function& f) {
  constexpr Direction kForward = Direction::kForward;
  if constexpr (kNeverTorn<typename Types::KeyCodec>) {
    if (!internal::IsFiller<Types>(hi)) {
      const size_t shown = internal::QuickShow<Types, kForward, kForward>(
          tree, Start<LoT>{&lo}, EntriesBefore<Types, HiT>{&tree.order(), &hi},
          f);
      if (shown != kDeclined) return shown;
    }
  }
  return internal::SnapshotScan(tree, &lo, &hi, f);
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_SNAPSHOT_H_
