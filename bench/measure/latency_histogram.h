// SPDX-License-Identifier: Apache-2.0

// A log-linear histogram of durations, after HdrHistogram: 32 linear buckets
// per power of two, so a reported quantile is within 1.6 % of the true one at
// any scale from one tick to 2^64 ticks, at a fixed 15 KiB.
//
// Not thread-safe: each racing thread fills its own; merge them afterwards.

#ifndef BENCH_MEASURE_LATENCY_HISTOGRAM_H_
#define BENCH_MEASURE_LATENCY_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace pma::bench {

class LatencyHistogram {
 public:
  void Add(uint64_t value) {
    ++counts_[BucketOf(value)];
    ++total_count_;
    max_ = std::max(max_, value);
  }

  // Raises the maximum alone: for a bound that is no sample.
  void RaiseMax(uint64_t value) { max_ = std::max(max_, value); }

  void Merge(const LatencyHistogram& other) {
    for (size_t i = 0; i < kBucketCount; ++i) counts_[i] += other.counts_[i];
    total_count_ += other.total_count_;
    max_ = std::max(max_, other.max_);
  }

  // The smallest recorded value v (to bucket precision) such that a fraction
  // `quantile` of all values is <= v. Zero when empty.
  uint64_t ValueAt(double quantile) const {
    if (total_count_ == 0) return 0;
    const uint64_t rank = std::clamp<uint64_t>(
        static_cast<uint64_t>(
            std::ceil(quantile * static_cast<double>(total_count_))),
        1, total_count_);
    uint64_t seen = 0;
    for (size_t i = 0; i < kBucketCount; ++i) {
      seen += counts_[i];
      if (seen >= rank) return std::min(MiddleOf(i), max_);
    }
    return max_;
  }

  uint64_t max() const { return max_; }
  uint64_t total_count() const { return total_count_; }

  static constexpr size_t kSubBucketBits = 5;
  static constexpr size_t kSubBucketCount = size_t{1} << kSubBucketBits;
  // Values below 2 * kSubBucketCount have a bucket each.
  static constexpr size_t kBucketCount =
      (64 - kSubBucketBits + 1) * kSubBucketCount;

  static constexpr size_t BucketOf(uint64_t value) {
    if (value < kSubBucketCount) return value;
    const size_t exponent = std::bit_width(value) - 1 - kSubBucketBits;
    return exponent * kSubBucketCount + (value >> exponent);
  }

  // The middle of the values that share a bucket.
  static constexpr uint64_t MiddleOf(size_t bucket) {
    if (bucket < 2 * kSubBucketCount) return bucket;
    const size_t exponent = bucket / kSubBucketCount - 1;
    const uint64_t low = (bucket - exponent * kSubBucketCount) << exponent;
    return low + (uint64_t{1} << exponent) / 2;
  }

 private:
  std::array<uint64_t, kBucketCount> counts_{};
  uint64_t total_count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace pma::bench

#endif  // BENCH_MEASURE_LATENCY_HISTOGRAM_H_
