// SPDX-License-Identifier: Apache-2.0

#include "fuzz/sim/chooser.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace pma::sim {
namespace {

// The set bit of `set` that comes `n` places after bit `from`, cyclically.
int NthAfter(int from, unsigned n, uint32_t set) {
  const uint32_t above = set & ~((uint32_t{2} << from) - 1);
  const auto count_above = static_cast<unsigned>(std::popcount(above));
  uint32_t candidates = above;
  if (n > count_above) {
    n -= count_above;
    candidates = set;
  }
  while (--n > 0) candidates &= candidates - 1;
  return std::countr_zero(candidates);
}

// How many set bits of `set` one passes on the way from bit `from` to bit `to`.
unsigned DistanceAfter(int from, int to, uint32_t set) {
  unsigned n = 1;
  while (NthAfter(from, n, set) != to) ++n;
  return n;
}

}  // namespace

void Chooser::Start(const Schedule& schedule) {
  mode_ = schedule.mode;
  bytes_ = schedule.bytes.data();
  size_ = schedule.bytes.size();
  position_ = 0;
  decisions_.clear();
  skip_ = 0;
  skip_known_ = false;
  if (mode_ == Mode::kPct) StartPct();
}

unsigned Chooser::ChooseAccess(unsigned options) {
  unsigned choice = 0;
  if (mode_ == Mode::kPct) {
    const uint64_t random = Random();
    if ((random & 0xff) < stale_of_256_) {
      choice = 1 + static_cast<unsigned>((random >> 8) % (options - 1));
    }
  } else {
    choice = Choose(options);
  }
  Record(choice, options);
  return choice;
}

int Chooser::ChooseFiber(int current, uint32_t runnable) {
  const auto count = static_cast<unsigned>(std::popcount(runnable));
  if (count == 1) return std::countr_zero(runnable);
  const bool may_stay = (runnable >> current) & 1;
  // Option 0 of a fiber that cannot stay is the first one after it.
  const unsigned first = may_stay ? 0 : 1;
  if (mode_ == Mode::kPct) {
    const int chosen = ChooseByPriority(current, runnable);
    Record(chosen == current ? 0
                             : DistanceAfter(current, chosen, runnable) - first,
           count);
    return chosen;
  }
  const unsigned choice = Choose(count);
  Record(choice, count);
  const unsigned distance = choice + first;
  return distance == 0 ? current : NthAfter(current, distance, runnable);
}

unsigned Chooser::Choose(unsigned options) {
  switch (mode_) {
    case Mode::kDense: {
      const uint8_t byte = NextByte();
      return byte < 128 ? 0 : 1 + (byte - 128) % (options - 1);
    }
    case Mode::kListed:
      return NextByte() % options;
    default:
      return ChooseSparse(options);
  }
}

unsigned Chooser::ChooseSparse(unsigned options) {
  if (!skip_known_) {
    if (position_ >= size_) return 0;
    skip_ = NextByte();
    skip_known_ = true;
  }
  if (skip_ > 0) {
    --skip_;
    return 0;
  }
  skip_known_ = false;
  return NextByte() % options;
}

std::vector<uint8_t> Chooser::AsSparse() const {
  std::vector<uint8_t> bytes;
  unsigned skip = 0;
  for (const Decision& decision : decisions_) {
    if (decision.choice == 0 && skip < 0xff) {
      ++skip;
      continue;
    }
    bytes.push_back(static_cast<uint8_t>(skip));
    bytes.push_back(decision.choice);
    skip = 0;
  }
  // A last pair that chooses 0 says nothing.
  while (bytes.size() >= 2 && bytes.back() == 0) bytes.resize(bytes.size() - 2);
  return bytes;
}

void Chooser::StartPct() {
  random_ = 0;
  for (int i = 0; i < 8; ++i) random_ = (random_ << 8) | NextByte();
  change_point_count_ = NextByte() % (kMaxChangePoints + 1);
  stale_of_256_ = NextByte();
  const uint64_t horizon = 16 * (uint64_t{1} + NextByte());
  for (int i = 0; i < change_point_count_; ++i) {
    change_points_[i] = static_cast<uint32_t>(Random() % horizon);
  }
  std::sort(change_points_, change_points_ + change_point_count_,
            std::greater<>());
  for (int f = 0; f < kMaxFibers; ++f) priority_[f] = f;
  for (int f = kMaxFibers - 1; f > 0; --f) {
    std::swap(priority_[f], priority_[Random() % (f + 1u)]);
  }
  next_priority_ = -1;
}

int Chooser::ChooseByPriority(int current, uint32_t runnable) {
  // Several change points may have passed while there was no choice of fibers.
  while (change_point_count_ > 0 &&
         change_points_[change_point_count_ - 1] <= decisions_.size()) {
    --change_point_count_;
    priority_[current] = next_priority_--;
  }
  int best = -1;
  for (uint32_t left = runnable; left != 0; left &= left - 1) {
    const int f = std::countr_zero(left);
    if (best < 0 || priority_[f] > priority_[best]) best = f;
  }
  return best;
}

// splitmix64 (Steele, Lea, Flood, 2014).
uint64_t Chooser::Random() {
  uint64_t z = random_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace pma::sim
