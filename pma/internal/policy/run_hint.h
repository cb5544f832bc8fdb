// SPDX-License-Identifier: Apache-2.0

// The insertion history of one segment, kept beside its cells.
//
// Tells runs (keys that come in order) and places where many keys come from
// random insertion. Adaptive rebalancing after Bender and Hu, "An adaptive
// packed-memory array" (2007): where room was wanted lately it will be wanted
// again. Without it an ascending load moves 215 cells per insertion, with it 3.

#ifndef PMA_INTERNAL_POLICY_RUN_HINT_H_
#define PMA_INTERNAL_POLICY_RUN_HINT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

//   63   48 47      32 31    24 23    16 15     8 7      0
//  +-------+----------+--------+--------+--------+--------+
//  |       | stamp    | heat   | beside | run    | rank   |
//  +-------+----------+--------+--------+--------+--------+
//
//  rank    where the last cell was inserted (0xff: before the first)
//  run     how many in a row came right after the one before (> 0) or right
//          before it (< 0): an ascending or descending run
//  beside  how many in a row came right after or right before: keys that close
//          in on a point from both sides are neither, but as predictable
//  heat    how many came since the segment was last laid out, and half of those
//          before
//  stamp   when that was, in rebalances of its extent: heat cools with them
class RunHint {
 public:
  constexpr RunHint() = default;
  constexpr explicit RunHint(uint64_t bits) : bits_(bits) {}
  static constexpr RunHint Of(int run, size_t rank, size_t beside) {
    return RunHint((uint64_t{beside} << 16) |
                   (uint64_t{static_cast<uint8_t>(run)} << 8) | (rank & 0xff));
  }
  // This run, `rank` being the last cell inserted.
  constexpr RunHint At(size_t rank) const {
    return RunHint((bits_ & ~uint64_t{0xff}) | (rank & 0xff));
  }
  // Laid out anew, as the `now`th rebalance.
  constexpr RunHint WithHeat(size_t heat, uint32_t now) const {
    return RunHint((bits_ & 0xffffff) |
                   (uint64_t{std::min(heat, kMaxHeat)} << 24) |
                   (uint64_t{now & 0xffff} << 32));
  }

  constexpr uint64_t bits() const { return bits_; }
  constexpr size_t rank() const { return bits_ & 0xff; }
  constexpr int run() const { return static_cast<int8_t>(bits_ >> 8); }
  constexpr size_t beside() const { return (bits_ >> 16) & 0xff; }
  // As seen at the `now`th rebalance of the extent.
  constexpr size_t HeatAt(uint32_t now) const {
    const size_t age = (now - static_cast<uint32_t>(bits_ >> 32)) & 0xffff;
    const size_t heat = (bits_ >> 24) & 0xff;
    return age / kCooling < 8 ? heat >> (age / kCooling) : 0;
  }

  constexpr RunHint AfterInsert(size_t rank) const {
    // An ascending run goes on: one more of everything that has not reached
    // its limit, a bit of its own.
    if (rank == this->rank() + 1 && (bits_ & (kDescends | kHottest)) == 0) {
      return RunHint(bits_ + kOneHotter + 1 +
                     (~(bits_ / kMaxRun) & (kOneInRun | kOneBeside)));
    }
    const bool after = rank == ((this->rank() + 1) & 0xff);
    const bool before = rank == this->rank();
    const uint64_t place_and_time =
        (bits_ & ~uint64_t{0xffffff}) +
        ((bits_ & kHottest) == 0 ? kOneHotter : uint64_t{0});
    if (!after && !before) return RunHint(place_and_time | (rank & 0xff));
    int run = 0;
    if (after) run = this->run() < 0 ? 1 : std::min(this->run() + 1, kMaxRun);
    if (before)
      run = this->run() > 0 ? -1 : std::max(this->run() - 1, -kMaxRun);
    const size_t beside = std::min<size_t>(this->beside() + 1, kMaxRun);
    return RunHint(place_and_time | Of(run, rank, beside).bits());
  }
  constexpr RunHint AfterErase(size_t rank) const {
    return rank <= this->rank() && this->rank() > 0 ? At(this->rank() - 1)
                                                    : *this;
  }

  constexpr bool ascending(size_t cells) const {
    return run() >= MinRun(cells);
  }
  constexpr bool descending(size_t cells) const {
    return run() <= -MinRun(cells);
  }
  // Ascending, descending, or closing in on a point.
  constexpr bool predictable(size_t cells) const {
    return static_cast<int>(beside()) >= MinRun(cells);
  }
  static constexpr int MinRun(size_t cells) {
    return static_cast<int>(std::max<size_t>(2, cells / 4));
  }

 private:
  static constexpr int kMaxRun = 64;
  static constexpr size_t kMaxHeat = 128;
  static constexpr uint64_t kOneInRun = uint64_t{1} << 8;
  static constexpr uint64_t kOneBeside = uint64_t{1} << 16;
  static constexpr uint64_t kOneHotter = uint64_t{1} << 24;
  static constexpr uint64_t kDescends = kOneInRun << 7;  // the sign of `run`
  static constexpr uint64_t kHottest = kOneHotter * kMaxHeat;
  // Rebalances after which half of the heat is gone.
  static constexpr size_t kCooling = 8;

  uint64_t bits_ = 0;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_POLICY_RUN_HINT_H_
