// SPDX-License-Identifier: Apache-2.0

// The orders in which keys arrive: each is a permutation of 0 .. count-1.
//
// A packed memory array is hurt by some of them (a run that always hits the
// same full window) and earlier systems lost keys on some (reverse, mixed), so
// every one is a test of its own.

#ifndef PMA_TESTING_KEY_ORDERS_H_
#define PMA_TESTING_KEY_ORDERS_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "pma/testing/random.h"

namespace pma::testing {

using KeyOrder = std::vector<std::uint32_t>;

inline KeyOrder Ascending(std::size_t count) {
  KeyOrder order(count);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

inline KeyOrder Descending(std::size_t count) {
  KeyOrder order = Ascending(count);
  std::reverse(order.begin(), order.end());
  return order;
}

inline KeyOrder Shuffled(std::size_t count) {
  KeyOrder order = Ascending(count);
  Random(count + 1).Shuffle(order);
  return order;
}

// As events whose times say when they began come when they end: each up to 63
// places early or late.
inline KeyOrder NearlyAscending(std::size_t count) {
  constexpr std::uint64_t kPlaces = 64;
  Random random(count);
  std::vector<std::uint64_t> ends(count);
  for (std::size_t i = 0; i < count; ++i) {
    ends[i] = (i + random.Below(kPlaces)) * count + i;
  }
  std::sort(ends.begin(), ends.end());
  KeyOrder order;
  order.reserve(count);
  for (const std::uint64_t end : ends) {
    order.push_back(static_cast<std::uint32_t>(end % count));
  }
  return order;
}

// `runs` stretches of the key range, one key of each in turn.
inline KeyOrder Interleaved(std::size_t count, std::size_t runs,
                            bool descending) {
  KeyOrder order;
  order.reserve(count);
  const std::size_t length = (count + runs - 1) / runs;
  for (std::size_t step = 0; step < length; ++step) {
    for (std::size_t run = 0; run < runs; ++run) {
      const std::size_t begin = std::min(run * length, count);
      const std::size_t end = std::min(begin + length, count);
      if (step >= end - begin) continue;
      order.push_back(static_cast<std::uint32_t>(descending ? end - 1 - step
                                                            : begin + step));
    }
  }
  return order;
}

inline KeyOrder TwoAscendingRuns(std::size_t count) {
  return Interleaved(count, 2, /*descending=*/false);
}
inline KeyOrder SixteenAscendingRuns(std::size_t count) {
  return Interleaved(count, 16, /*descending=*/false);
}
inline KeyOrder SixteenDescendingRuns(std::size_t count) {
  return Interleaved(count, 16, /*descending=*/true);
}

// Every key goes between the two that came last, from both sides in turn.
inline KeyOrder IntoTheMiddle(std::size_t count) {
  KeyOrder order;
  order.reserve(count);
  for (std::size_t low = 0, high = count; low < high;) {
    order.push_back(static_cast<std::uint32_t>(low++));
    if (low < high) order.push_back(static_cast<std::uint32_t>(--high));
  }
  return order;
}

// The upper half is there first; then every key goes right below its first key.
inline KeyOrder BelowOnePoint(std::size_t count) {
  KeyOrder order;
  order.reserve(count);
  for (std::size_t i = count / 2; i < count; ++i) {
    order.push_back(static_cast<std::uint32_t>(i));
  }
  for (std::size_t i = 0; i < count / 2; ++i) {
    order.push_back(static_cast<std::uint32_t>(i));
  }
  return order;
}

// One stretch of an eighth of the range after the other is filled at random,
// while now and then a key falls elsewhere.
inline KeyOrder HotSpots(std::size_t count) {
  KeyOrder elsewhere;
  KeyOrder hot;
  for (std::size_t i = 0; i < count; ++i) {
    (i % 8 == 0 ? elsewhere : hot).push_back(static_cast<std::uint32_t>(i));
  }
  Random random(count);
  random.Shuffle(elsewhere);
  const std::size_t stretch = hot.size() / 8 + 1;
  std::vector<KeyOrder> stretches(8);
  for (std::size_t i = 0; i < hot.size(); ++i) {
    stretches[i / stretch].push_back(hot[i]);
  }
  random.Shuffle(stretches);
  KeyOrder order;
  order.reserve(count);
  for (KeyOrder& keys : stretches) {
    random.Shuffle(keys);
    for (const std::uint32_t key : keys) {
      order.push_back(key);
      if (order.size() % 8 == 0 && !elsewhere.empty()) {
        order.push_back(elsewhere.back());
        elsewhere.pop_back();
      }
    }
  }
  order.insert(order.end(), elsewhere.begin(), elsewhere.end());
  return order;
}

// Chunks from both ends of the range in turn, rising, falling and shuffled.
inline KeyOrder Zigzag(std::size_t count) {
  constexpr std::size_t kChunk = 97;
  Random random(count);
  KeyOrder order;
  order.reserve(count);
  std::size_t low = 0;
  std::size_t high = count;
  for (std::size_t turn = 0; low < high; ++turn) {
    const std::size_t length = std::min(kChunk, high - low);
    KeyOrder chunk(length);
    if (turn % 2 == 0) {
      std::iota(chunk.begin(), chunk.end(), static_cast<std::uint32_t>(low));
      low += length;
    } else {
      high -= length;
      std::iota(chunk.begin(), chunk.end(), static_cast<std::uint32_t>(high));
    }
    if (turn % 3 == 1) std::reverse(chunk.begin(), chunk.end());
    if (turn % 3 == 2) random.Shuffle(chunk);
    order.insert(order.end(), chunk.begin(), chunk.end());
  }
  return order;
}

// Odd keys from the top down, then the even ones between them, going up.
inline KeyOrder ReverseThenForward(std::size_t count) {
  KeyOrder order;
  order.reserve(count);
  for (std::size_t i = count; i > 0; --i) {
    if ((i - 1) % 2 == 1) order.push_back(static_cast<std::uint32_t>(i - 1));
  }
  for (std::size_t i = 0; i < count; i += 2) {
    order.push_back(static_cast<std::uint32_t>(i));
  }
  return order;
}

// Every key halves one of the widest gaps left.
inline KeyOrder BitReversed(std::size_t count) {
  KeyOrder order;
  order.reserve(count);
  const std::size_t range = std::bit_ceil(count);
  std::size_t reversed = 0;
  for (std::size_t i = 0; i < range; ++i) {
    if (reversed < count) order.push_back(static_cast<std::uint32_t>(reversed));
    std::size_t bit = range >> 1;
    while (bit != 0 && (reversed & bit) != 0) {
      reversed ^= bit;
      bit >>= 1;
    }
    reversed |= bit;
  }
  return order;
}

struct NamedKeyOrder {
  const char* name;
  KeyOrder (*make)(std::size_t count);
};

inline constexpr NamedKeyOrder kKeyOrders[] = {
    {"Ascending", Ascending},
    {"Shuffled", Shuffled},
    {"Descending", Descending},
    {"SixteenAscendingRuns", SixteenAscendingRuns},
    {"IntoTheMiddle", IntoTheMiddle},
    {"SixteenDescendingRuns", SixteenDescendingRuns},
    {"HotSpots", HotSpots},
    {"TwoAscendingRuns", TwoAscendingRuns},
    {"Zigzag", Zigzag},
    {"BelowOnePoint", BelowOnePoint},
    {"ReverseThenForward", ReverseThenForward},
    {"BitReversed", BitReversed},
    {"NearlyAscending", NearlyAscending},
};

}  // namespace pma::testing

#endif  // PMA_TESTING_KEY_ORDERS_H_
