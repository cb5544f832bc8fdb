// SPDX-License-Identifier: Apache-2.0

// The rows about scans and batches.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "bench/keys/record.h"
#include "bench/measure/machine_probe.h"
#include "bench/ratios/contest.h"
#include "bench/ratios/player.h"
#include "bench/ratios/ratio_result.h"
#include "bench/ratios/rounds.h"

namespace pma::bench {
namespace {

// What scans of a set of keys must return.
class ExpectedScans {
 public:
  explicit ExpectedScans(std::vector<uint64_t> keys) : keys_(std::move(keys)) {
    std::sort(keys_.begin(), keys_.end());
    sums_.reserve(keys_.size() + 1);
    sums_.push_back(0);
    for (const uint64_t key : keys_) {
      sums_.push_back(sums_.back() + EntryBits(key, RecordOfKey(key)));
    }
  }

  // Of a scan of `length` entries from each of `starts`.
  uint64_t Sum(Keys starts, size_t length, uint64_t& visited) const {
    uint64_t sum = 0;
    for (const uint64_t start : starts) {
      const size_t begin =
          std::lower_bound(keys_.begin(), keys_.end(), start) - keys_.begin();
      const size_t end = std::min(begin + length, keys_.size());
      visited += end - begin;
      sum += sums_[end] - sums_[begin];
    }
    return sum;
  }

 private:
  std::vector<uint64_t> keys_;
  std::vector<uint64_t> sums_;
};

}  // namespace

void Contest::Scans() {
  const std::vector<Player*> players = Playing(&Player::has_scan);
  const ExpectedScans expected(present_);
  const auto cost = [&](const Player& player, size_t round, size_t scan_count,
                        size_t length) {
    const Keys starts = SliceOf(hits_, round).first(scan_count);
    uint64_t visited = 0;
    uint64_t sum = 0;
    const double spent =
        Nanoseconds([&] { sum = player.Scan(starts, length, visited); });
    uint64_t expected_visited = 0;
    Expect(sum == expected.Sum(starts, length, expected_visited) &&
               visited == expected_visited,
           player, "scan");
    return spent / static_cast<double>(visited);
  };

  // So many scans that a slice is some milliseconds long: what leads to the
  // entries is in no cache at its beginning.
  constexpr size_t kShortScans = kSlice / 4;
  constexpr size_t kLong = 10'000;
  constexpr size_t kLongScans = 64;
  const double seconds = settings_.seconds / 16;
  for (const size_t length : {10, 100}) {
    AddComparison({.group = "scans",
                   .what = std::to_string(length) + " entries, per entry",
                   .goal = Goal::kAtLeast,
                   .target = 2},
                  players,
                  PlayFor(players.size(), seconds, [&](size_t p, size_t round) {
                    return cost(*players[p], round, kShortScans, length);
                  }));
  }

  // The machine plays along: it reads as many bytes as the entries have.
  const ProbeMemory memory(settings_.key_count * 2 * sizeof(uint64_t));
  uint64_t checksum = 0;
  Samples samples =
      PlayFor(players.size() + 1, seconds, [&](size_t p, size_t round) {
        if (p < players.size())
          return cost(*players[p], round, kLongScans, kLong);
        return Nanoseconds(
                   [&] { checksum += ReadInSequence(memory.words()); }) /
               static_cast<double>(settings_.key_count);
      });
  const std::vector<double> machine = std::move(samples.back());
  samples.pop_back();
  if (checksum == 0) Expect(false, *players[0], "memory");
  AddComparison({.group = "scans",
                 .what = "10,000 entries, per entry",
                 .goal = Goal::kAtLeast,
                 .target = 1},
                players, samples);
  AddPair({.group = "scans",
           .what = "10,000 entries, share of the sequential read bandwidth",
           .unit = "ns",
           .against = "16 bytes read in sequence",
           .goal = Goal::kAtLeast,
           .target = 0.6},
          samples[0], machine, MedianQuotient(machine, samples[0]));
}

void Contest::ShortScansAndBatches() {
  const Player& player = *players_[0];
  constexpr size_t kBatch = 16;
  // By turns: find, scan of 1, scan of 3, batch.
  const size_t kinds = player.has_batch() ? 4 : 3;
  const Samples samples =
      PlayFor(kinds, settings_.seconds / 16, [&](size_t kind, size_t round) {
        // Keys of its own: whoever comes first would fetch those of the others.
        const Keys keys = SliceOf(hits_, round * kinds + kind);
        uint64_t visited = 0;
        uint64_t sum = 0;
        const double spent = Nanoseconds([&] {
          if (kind == 0) sum = player.Find(keys);
          if (kind == 1) sum = player.Scan(keys, 1, visited);
          if (kind == 2) sum = player.Scan(keys, 3, visited);
          if (kind == 3) sum = player.FindBatch(keys, kBatch);
        });
        if (kind == 0 || kind == 3) {
          Expect(sum == ChecksumOf(keys), player, "batch");
        }
        return spent / static_cast<double>(keys.size());
      });
  for (const size_t kind : {1, 2}) {
    AddPair({.group = "scans",
             .what = kind == 1 ? "1 entry" : "3 entries",
             .unit = "ns",
             .against = "a look-up",
             .goal = Goal::kAtMost,
             .target = 1.3},
            samples[kind], samples[0],
            MedianQuotient(samples[kind], samples[0]));
  }
  RatioRow batch{.group = "look-ups",
                 .what = "batches of 16",
                 .unit = "ns",
                 .against = "single look-ups",
                 .ratio = std::numeric_limits<double>::quiet_NaN(),
                 .goal = Goal::kAtLeast,
                 .target = 1.5};
  if (player.has_batch()) {
    AddPair(std::move(batch), samples[3], samples[0],
            MedianQuotient(samples[0], samples[3]));
  } else {
    AddRow(std::move(batch));
  }
}

}  // namespace pma::bench
