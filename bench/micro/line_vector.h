// SPDX-License-Identifier: Apache-2.0

// A fixed number of words that begin at a cache line, or at a huge page if
// there are enough of them to fill one.

#ifndef BENCH_MICRO_LINE_VECTOR_H_
#define BENCH_MICRO_LINE_VECTOR_H_

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace pma::bench {

class LineVector {
 public:
  LineVector() = default;
  explicit LineVector(size_t size) : size_(size) {
    constexpr size_t kHugePageBytes = size_t{1} << 21;
    const size_t alignment =
        size * sizeof(uint64_t) >= kHugePageBytes ? kHugePageBytes : 64;
    const size_t bytes =
        (std::max<size_t>(size, 1) * sizeof(uint64_t) + alignment - 1) /
        alignment * alignment;
    words_.reset(static_cast<uint64_t*>(std::aligned_alloc(alignment, bytes)));
    if (words_ == nullptr) throw std::bad_alloc();
    if (alignment == kHugePageBytes) {
      madvise(words_.get(), bytes, MADV_HUGEPAGE);
    }
    std::fill_n(words_.get(), size, 0);
  }

  uint64_t* data() { return words_.get(); }
  const uint64_t* data() const { return words_.get(); }
  size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(uint64_t* words) const { std::free(words); }
  };
  size_t size_ = 0;
  std::unique_ptr<uint64_t[], Free> words_;
};

}  // namespace pma::bench

#endif  // BENCH_MICRO_LINE_VECTOR_H_
