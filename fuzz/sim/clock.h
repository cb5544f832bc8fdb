// SPDX-License-Identifier: Apache-2.0

// Vector clocks, and what a fiber knows.
//
// A fiber's own tick grows each time it publishes what it knows (a release
// store, a release fence, ...), not at each access: two accesses between the
// same two publications are known to others together or not at all.

#ifndef FUZZ_SIM_CLOCK_H_
#define FUZZ_SIM_CLOCK_H_

#include <bit>
#include <cstdint>

namespace pma::sim {

inline constexpr int kMaxFibers = 8;  // the main one included

using Tick = uint16_t;
inline constexpr Tick kMaxTick = 0xfffe;
inline constexpr Tick kNever = 0xffff;  // later than every tick

// One tick for each fiber. All are 0 at first: nothing is known of anyone.
class Clock {
 public:
  constexpr Clock() = default;
  static constexpr Clock AllNever() {
    return Clock(Lanes{} + static_cast<Tick>(kNever));
  }

  Tick operator[](int fiber) const { return lanes_[fiber]; }
  void Set(int fiber, Tick tick) { lanes_[fiber] = tick; }

  void Join(const Clock& other) {
    lanes_ = lanes_ > other.lanes_ ? lanes_ : other.lanes_;
  }
  // Whether every tick is known to `other`.
  bool Within(const Clock& other) const { return !Any(lanes_ > other.lanes_); }
  // Whether some tick is known to `other`.
  bool Touches(const Clock& other) const { return Any(lanes_ <= other.lanes_); }
  // A fiber whose tick `other` does not know, or -1.
  int FirstBeyond(const Clock& other) const {
    for (int f = 0; f < kMaxFibers; ++f) {
      if (lanes_[f] > other.lanes_[f]) return f;
    }
    return -1;
  }

 private:
  using Lanes [[gnu::vector_size(16)]] = Tick;
  using Mask [[gnu::vector_size(16)]] = int16_t;
  struct Halves {
    uint64_t low;
    uint64_t high;
  };
  static_assert(sizeof(Lanes) == kMaxFibers * sizeof(Tick));

  explicit constexpr Clock(Lanes lanes) : lanes_(lanes) {}
  static bool Any(Mask mask) {
    const auto halves = std::bit_cast<Halves>(mask);
    return (halves.low | halves.high) != 0;
  }

  Lanes lanes_{};
};

// What a fiber knows, or what a store or fence passes on.
//
//   hb    what happens before. Decides data races and the order of operations.
//   seen  what a read may not be older than. Contains hb, and the order that
//         seq_cst fences have among each other, which is no happens-before: a
//         fence later in that order makes stores visible, but it does not make
//         it safe to read plain data.
struct Knowledge {
  Clock hb;
  Clock seen;

  void Join(const Knowledge& other) {
    hb.Join(other.hb);
    seen.Join(other.seen);
  }
  void Set(int fiber, Tick tick) {
    hb.Set(fiber, tick);
    seen.Set(fiber, tick);
  }
};

}  // namespace pma::sim

#endif  // FUZZ_SIM_CLOCK_H_
