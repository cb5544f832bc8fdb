// SPDX-License-Identifier: Apache-2.0

// What the machine itself can do, measured beside the maps: how fast it reads
// memory in sequence, and how much a second thread adds where nothing is
// shared.

#ifndef BENCH_MEASURE_MACHINE_PROBE_H_
#define BENCH_MEASURE_MACHINE_PROBE_H_

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

#include "bench/keys/random.h"

namespace pma::bench {

// Words in huge pages, where the system grants them.
class ProbeMemory {
 public:
  explicit ProbeMemory(size_t bytes) {
    constexpr size_t kHugePageBytes = size_t{1} << 21;
    const size_t rounded =
        (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
    block_.reset(std::aligned_alloc(kHugePageBytes, rounded));
    if (block_ == nullptr) throw std::bad_alloc();
    madvise(block_.get(), rounded, MADV_HUGEPAGE);
    words_ = {static_cast<uint64_t*>(block_.get()), bytes / sizeof(uint64_t)};
    std::fill(words_.begin(), words_.end(), 1);
  }

  std::span<const uint64_t> words() const { return words_; }

 private:
  struct Free {
    void operator()(void* block) const { std::free(block); }
  };
  std::unique_ptr<void, Free> block_;
  std::span<uint64_t> words_;
};

// Their sum: what a scan costs that does nothing but read.
inline uint64_t ReadInSequence(std::span<const uint64_t> words) {
  uint64_t sum = 0;
  for (const uint64_t word : words) sum += word;
  return sum;
}

// Independent reads all over the place, as look-ups make them.
inline uint64_t ReadAtRandom(std::span<const uint64_t> words, size_t count,
                             uint64_t seed) {
  Random random(seed);
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += words[random.Below(words.size())];
  return sum;
}

// Independent computations, which need no memory: two threads of one core share
// what they need.
inline uint64_t Compute(size_t count, uint64_t seed) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += Mix64(seed + i);
  return sum;
}

}  // namespace pma::bench

#endif  // BENCH_MEASURE_MACHINE_PROBE_H_
