// SPDX-License-Identifier: Apache-2.0

// Four ways to lay out sorted keys that do not change, so that few cache lines
// are touched on the way to the last key at or before a query.
//
// All answer the same question: how many keys are <= the query. They are what
// the search over separators could be; //bench:layout_benchmark compares them.

#ifndef BENCH_MICRO_STATIC_LAYOUTS_H_
#define BENCH_MICRO_STATIC_LAYOUTS_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bench/micro/line_vector.h"

namespace pma::bench {

// The sorted array itself, halved without a branch on the keys.
class SortedArray {
 public:
  static constexpr std::string_view kName = "binary search";

  explicit SortedArray(std::span<const uint64_t> sorted)
      : keys_(sorted.size()) {
    std::copy(sorted.begin(), sorted.end(), keys_.data());
  }

  size_t CountAtOrBefore(uint64_t query) const {
    const uint64_t* base = keys_.data();
    size_t count = keys_.size();
    while (count > 1) {
      const size_t half = count / 2;
      base += base[half - 1] <= query ? half : 0;
      count -= half;
    }
    return static_cast<size_t>(base - keys_.data()) +
           (count == 1 && *base <= query ? 1 : 0);
  }

 private:
  LineVector keys_;
};

// Breadth first (Eytzinger 1590; Khuong, Morin, "Array layouts for
// comparison-based searching", 2017): the children of node k are 2k and 2k + 1,
// eight great-grandchildren share a line, which is asked for in time.
class Eytzinger {
 public:
  static constexpr std::string_view kName = "Eytzinger";

  explicit Eytzinger(std::span<const uint64_t> sorted)
      : keys_(sorted.size() + 1), ranks_(sorted.size() + 1) {
    ranks_[0] = static_cast<uint32_t>(sorted.size());
    size_t next = 0;
    Fill(sorted, 1, next);
  }

  size_t CountAtOrBefore(uint64_t query) const {
    const size_t end = keys_.size();
    size_t node = 1;
    while (node < end) {
      // Beyond the end for the lowest nodes: a prefetch does not fault.
      __builtin_prefetch(keys_.data() + node * 8);
      node = 2 * node + (keys_.data()[node] <= query ? 1 : 0);
    }
    // The path's last turn to the left was at the first key above the query.
    node >>= std::countr_one(node) + 1;
    return ranks_[node];
  }

 private:
  void Fill(std::span<const uint64_t> sorted, size_t node, size_t& next) {
    if (node >= keys_.size()) return;
    Fill(sorted, 2 * node, next);
    keys_.data()[node] = sorted[next];
    ranks_[node] = static_cast<uint32_t>(next++);
    Fill(sorted, 2 * node + 1, next);
  }

  LineVector keys_;
  std::vector<uint32_t> ranks_;  // of each node's key; of "no key" at 0
};

// The van Emde Boas layout of a complete binary tree (Prokop 1999; Bender,
// Demaine, Farach-Colton 2000): the upper half of the levels first, laid out
// the same way, then the subtrees below it from left to right. Whatever the
// size of a line, a page or a cache, a path crosses few of them.
//
// Searched top down; where the root of the subtree at some depth lies follows
// from the size of the tree above it and of its own kind (Brodal, Fagerberg,
// Jacob, "Cache oblivious search trees via binary trees of small height",
// 2002).
class VanEmdeBoas {
 public:
  static constexpr std::string_view kName = "van Emde Boas";

  // Filled up to 2^height - 1 keys with copies of the greatest possible key,
  // which are never counted.
  explicit VanEmdeBoas(std::span<const uint64_t> sorted)
      : count_(sorted.size()), height_(std::bit_width(sorted.size())) {
    height_ = std::max<size_t>(height_, 1);
    keys_ = LineVector((size_t{1} << height_) - 1);
    Split(0, height_);
    for (size_t node = 1; node <= keys_.size(); ++node) {
      const size_t depth = std::bit_width(node) - 1;
      // The rank of a node in symmetric order.
      const size_t width = size_t{1} << (height_ - depth);
      const size_t rank = (node - (size_t{1} << depth)) * width + width / 2 - 1;
      keys_.data()[PositionOf(node)] =
          rank < count_ ? sorted[rank] : ~uint64_t{0};
    }
  }

  size_t CountAtOrBefore(uint64_t query) const {
    size_t positions[kMaxHeight];
    size_t node = 1;
    for (size_t depth = 0; depth < height_; ++depth) {
      positions[depth] = depth == 0 ? 0 : Below(depth, node, positions);
      node = 2 * node + (keys_.data()[positions[depth]] <= query ? 1 : 0);
    }
    // Which of the gaps between the keys the path has ended in.
    return std::min(node - (size_t{1} << height_), count_);
  }

 private:
  static constexpr size_t kMaxHeight = 64;

  // The recursive subtree whose root lies at some depth is one of several
  // bottom trees, of `bottom_size` nodes each, below a top tree of `top_size`
  // nodes, whose root lies at `top_depth`.
  struct Level {
    size_t top_size = 0;
    size_t bottom_size = 0;
    size_t top_depth = 0;
  };

  void Split(size_t depth, size_t height) {
    if (height <= 1) return;
    const size_t top = height / 2;
    const size_t bottom = height - top;
    levels_[depth + top] = {(size_t{1} << top) - 1, (size_t{1} << bottom) - 1,
                            depth};
    Split(depth, top);
    Split(depth + top, bottom);
  }

  // Where `node` (by breadth-first number) lies, given the positions of its
  // ancestors. The lowest bits of its number, as many as the top tree has
  // levels, say which of the bottom trees is its own.
  size_t Below(size_t depth, size_t node, const size_t* positions) const {
    const Level& level = levels_[depth];
    return positions[level.top_depth] + level.top_size +
           (node & level.top_size) * level.bottom_size;
  }

  size_t PositionOf(size_t node) const {
    size_t positions[kMaxHeight];
    const size_t depth = std::bit_width(node) - 1;
    for (size_t d = 0; d <= depth; ++d) {
      positions[d] = d == 0 ? 0 : Below(d, node >> (depth - d), positions);
    }
    return positions[depth];
  }

  size_t count_;
  size_t height_;
  Level levels_[kMaxHeight];
  LineVector keys_;
};

// A static tree of fan-out 16 over the sorted array, as the engine's search
// over separators: each level repeats every 16th key of the one below. Two
// cache lines a level, counted without a branch.
class SixteenWide {
 public:
  static constexpr std::string_view kName = "16-wide";

  explicit SixteenWide(std::span<const uint64_t> sorted)
      : count_(sorted.size()) {
    std::vector<uint64_t> level(sorted.begin(), sorted.end());
    for (;;) {
      // Whole blocks, filled up with keys that no query passes but the
      // greatest, for which the count is cut off.
      const size_t blocks =
          std::max<size_t>(1, (level.size() + kWidth - 1) / kWidth);
      LineVector filled(blocks * kWidth);
      std::fill_n(filled.data(), filled.size(), ~uint64_t{0});
      std::copy(level.begin(), level.end(), filled.data());
      levels_.push_back(std::move(filled));
      if (blocks == 1) break;
      std::vector<uint64_t> above;
      for (size_t i = 0; i < level.size(); i += kWidth)
        above.push_back(level[i]);
      level = std::move(above);
    }
    std::reverse(levels_.begin(), levels_.end());
  }

  size_t CountAtOrBefore(uint64_t query) const {
    size_t block = 0;
    const size_t last = levels_.size() - 1;
    for (size_t l = 0; l < last; ++l) {
      const size_t at_or_before =
          InBlock(levels_[l].data() + block * kWidth, query);
      // Before the first key there is only the first block.
      block = block * kWidth + at_or_before - (at_or_before > 0 ? 1 : 0);
      // The fill of a level leads nowhere.
      block = std::min(block, levels_[l + 1].size() / kWidth - 1);
    }
    return std::min(
        block * kWidth + InBlock(levels_[last].data() + block * kWidth, query),
        count_);
  }

 private:
  static constexpr size_t kWidth = 16;

  static size_t InBlock(const uint64_t* keys, uint64_t query) {
    size_t count = 0;
    for (size_t i = 0; i < kWidth; ++i) count += keys[i] <= query ? 1 : 0;
    return count;
  }

  size_t count_;
  std::vector<LineVector> levels_;  // the root first
};

}  // namespace pma::bench

#endif  // BENCH_MICRO_STATIC_LAYOUTS_H_
