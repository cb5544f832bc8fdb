// SPDX-License-Identifier: Apache-2.0

// Who runs next and what a load returns: every decision of an execution.
//
// A decision is a number below the number of options it has. Option 0 is the
// dull one: the running fiber goes on, the load returns the newest value, the
// store comes last. When a schedule has nothing more to say, every decision is
// 0, so each prefix of a schedule is a schedule. Decisions with one option are
// not decisions: they take nothing from the schedule and are not counted.

#ifndef FUZZ_SIM_CHOOSER_H_
#define FUZZ_SIM_CHOOSER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fuzz/sim/buffer.h"
#include "fuzz/sim/clock.h"

namespace pma::sim {

// How a schedule's bytes are read.
enum class Mode : uint8_t {
  // One byte for each decision. Below 128 it is 0; otherwise the low bits
  // choose among the other options.
  kDense,
  // Eleven bytes for the whole execution: the seed (8), change points (1), how
  // many loads of 256 are stale (1), and how many decisions, in units of 16,
  // the change points lie within (1).
  // Fibers have random priorities and the first that can runs; at each change
  // point the running fiber falls to the lowest. (Burckhardt et al., "A
  // randomized scheduler with probabilistic guarantees of finding bugs", 2010.)
  kPct,
  // Pairs of bytes: how many decisions to leave at 0, and what the one after
  // them is.
  kSparse,
  // One byte for each decision: the option itself. For exhaustive search.
  kListed,
};

struct Schedule {
  Mode mode = Mode::kSparse;
  std::span<const uint8_t> bytes;
};

class Chooser {
 public:
  struct Decision {
    uint8_t choice;
    uint8_t options;
  };

  // The bytes must live until the execution ends.
  void Start(const Schedule& schedule);

  // Which option; for a load or a store.
  unsigned ChooseAccess(unsigned options);

  // The fiber to run next, one of the set bits of `runnable`. `current` goes on
  // unless it is not in there.
  int ChooseFiber(int current, uint32_t runnable);

  // All decisions so far.
  const Buffer<Decision>& decisions() const { return decisions_; }

  // A sparse schedule that makes the decisions made so far.
  std::vector<uint8_t> AsSparse() const;

 private:
  unsigned Choose(unsigned options);
  unsigned ChooseSparse(unsigned options);
  int ChooseByPriority(int current, uint32_t runnable);
  void StartPct();
  uint8_t NextByte() { return position_ < size_ ? bytes_[position_++] : 0; }
  uint64_t Random();
  void Record(unsigned choice, unsigned options) {
    decisions_.push_back(
        {static_cast<uint8_t>(choice), static_cast<uint8_t>(options)});
  }

  static constexpr int kMaxChangePoints = 15;

  Mode mode_ = Mode::kSparse;
  const uint8_t* bytes_ = nullptr;
  size_t size_ = 0;
  size_t position_ = 0;
  Buffer<Decision> decisions_;

  unsigned skip_ = 0;  // kSparse: decisions still to be left at 0
  bool skip_known_ = false;

  uint64_t random_ = 0;  // kPct, as is all that follows
  unsigned stale_of_256_ = 0;
  int next_priority_ = 0;  // falls
  int priority_[kMaxFibers] = {};
  uint32_t change_points_[kMaxChangePoints] = {};
  int change_point_count_ = 0;
};

}  // namespace pma::sim

#endif  // FUZZ_SIM_CHOOSER_H_
