// SPDX-License-Identifier: Apache-2.0

// Pieces of work dealt out to threads.

#ifndef BENCH_RATIOS_DEALT_WORK_H_
#define BENCH_RATIOS_DEALT_WORK_H_

#include <atomic>
#include <cstddef>
#include <optional>
#include <vector>

namespace pma::bench {

// Each thread is dealt its own part, piece by piece in order; who has finished
// takes pieces of the others. So all end at about the same time, also on
// processors of unequal speed.
class DealtWork {
 public:
  DealtWork(size_t pieces, size_t threads) : parts_(threads) {
    for (size_t t = 0; t < threads; ++t) {
      parts_[t].next = pieces * t / threads;
      parts_[t].end = pieces * (t + 1) / threads;
    }
  }

  // Nothing if no piece is left.
  std::optional<size_t> Next(size_t thread) {
    for (size_t i = 0; i < parts_.size(); ++i) {
      Part& part = parts_[(thread + i) % parts_.size()];
      if (part.next.load(std::memory_order_relaxed) >= part.end) continue;
      const size_t piece = part.next.fetch_add(1);
      if (piece < part.end) return piece;
    }
    return std::nullopt;
  }

 private:
  struct alignas(64) Part {
    std::atomic<size_t> next{0};
    size_t end = 0;
  };
  std::vector<Part> parts_;
};

}  // namespace pma::bench

#endif  // BENCH_RATIOS_DEALT_WORK_H_
