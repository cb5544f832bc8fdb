// SPDX-License-Identifier: Apache-2.0

// The version+marker word that guards a segment.
//
//   63                        25 24        9 8    6 5     0
//  +---------------------------+------------+------+-------+
//  | version (39 bits)         | slot (16)  |marker| count |
//  +---------------------------+------------+------+-------+
//
//  count    cells in use: keys[0, count) are sorted and valid
//  marker   what is happening to the segment, see below
//  slot     the thread record of the writer that set the marker (0 when Idle)
//  version  the low 6 bits count in-place value updates and carry into the
//           other 33, which count structural changes. A reader is misled only
//           if a multiple of 2^33 changes of one segment, minutes of nothing
//           else, fall exactly into its look at it, which takes nanoseconds.
//
//                      +--> Insert/Delete/Replace --+   one segment, image in
//                      |                            v   the writer's record
//    Idle(v) ----------+--> Update ---------------> Idle(v')
//      |  ^            |
//      |  |            +--> Freeze --> Move ------> Idle(v')   a window
//      |  +-- given up ---- Freeze
//      |                    Freeze --> Dead         the extent was replaced
//
// Odd markers mean that cells in place must not be read, under Move none of
// them, else none from the image's first on: the reader takes the image from
// the record of the writer named by `slot`. Even markers mean that keys[0,
// count) stand still (under Update one value is being replaced by one atomic
// store, which a reader may see or not).

#ifndef PMA_INTERNAL_STORE_WORD_H_
#define PMA_INTERNAL_STORE_WORD_H_

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "pma/internal/machine/variant.h"
#include "pma/internal/reclaim/process_state.h"

namespace pma::inline PMA_VARIANT::internal {

enum class Marker : uint8_t {
  kIdle = 0,
  kInsert = 1,   // a cell is being added; image: it and those behind it, after
  kFreeze = 2,   // about to be moved or copied; cells stand still
  kDelete = 3,   // a cell is being removed; image: those behind it, after
  kUpdate = 4,   // one value is being replaced by a single atomic store
  kReplace = 5,  // one of several words is; image: its cell and those behind it
  kDead = 6,     // the extent has been replaced; start again at the directory
  kMove = 7,     // part of a moving window; image: the whole window after it
};

class Word {
 public:
  constexpr Word() = default;
  constexpr explicit Word(uint64_t bits) : bits_(bits) {}

  static constexpr size_t kMaxCount = 63;
  static constexpr size_t kMaxSlots = kMaxThreads;

  constexpr uint64_t bits() const { return bits_; }
  constexpr size_t count() const { return bits_ & kCountMask; }
  constexpr Marker marker() const {
    return static_cast<Marker>((bits_ >> kMarkerShift) & 7);
  }
  constexpr size_t slot() const {
    return (bits_ >> kSlotShift) & (kMaxSlots - 1);
  }
  constexpr uint64_t version() const { return bits_ >> kVersionShift; }

  constexpr bool idle() const { return marker() == Marker::kIdle; }
  // True if cells in place must not be read, except those before the image.
  constexpr bool unstable() const { return (bits_ >> kMarkerShift) & 1; }
  // True if the segment is part of the map and all of it stands still, as
  // nearly always: Idle or Freeze, which one test of two bits tells.
  constexpr bool quiet() const {
    return (bits_ & (uint64_t{5} << kMarkerShift)) == 0;
  }

  // True if this thread holds the segment still, and so must not wait for it.
  constexpr bool HeldBy(size_t own_slot) const {
    return marker() == Marker::kFreeze && slot() == own_slot;
  }

  // This version under a marker; `count` is what the segment will hold.
  constexpr Word Marked(Marker marker, size_t slot, size_t count) const {
    assert(count <= kMaxCount && slot < kMaxSlots);
    return Word((bits_ & kVersionMask) | (uint64_t{slot} << kSlotShift) |
                (static_cast<uint64_t>(marker) << kMarkerShift) | count);
  }
  constexpr Word Unmarked() const { return Marked(Marker::kIdle, 0, count()); }
  // Idle after a change of the cells.
  constexpr Word AfterChange(size_t count) const {
    assert(marker() != Marker::kDead);  // what is dead stays so
    return Word(bits_ + (kUpdatesPerVersion << kVersionShift))
        .Marked(Marker::kIdle, 0, count);
  }
  // Idle after the replacement of one value in place.
  constexpr Word AfterUpdate() const {
    assert(idle());
    return Word(bits_ + (uint64_t{1} << kVersionShift))
        .Marked(Marker::kIdle, 0, count());
  }

  // True if a reader that loaded `before`, read cells, and then loaded `after`
  // has read one consistent set of keys, and values each of which was current
  // at some moment in between. Updates in place and even markers do not
  // disturb that.
  static constexpr bool SameCells(uint64_t before, uint64_t after) {
    return ((before ^ after) & kCellsMask) == 0;
  }

  // Grows with every change of the segment's logical content and never
  // returns: the sum over several segments tells whether any of them changed.
  constexpr uint64_t ChangeCount() const { return version() * 2 + unstable(); }

  friend constexpr bool operator==(Word, Word) = default;

 private:
  static constexpr int kMarkerShift = 6;
  static constexpr int kSlotShift = 9;
  static constexpr int kVersionShift = 25;
  static constexpr uint64_t kUpdatesPerVersion = 64;
  static constexpr uint64_t kCountMask = kMaxCount;
  static constexpr uint64_t kVersionMask = ~uint64_t{0} << kVersionShift;
  static constexpr uint64_t kCellsMask = (~uint64_t{0} << (kVersionShift + 6)) |
                                         (uint64_t{1} << kMarkerShift) |
                                         kCountMask;

  uint64_t bits_ = 0;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_WORD_H_
