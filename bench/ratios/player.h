// SPDX-License-Identifier: Apache-2.0

// A map with its type hidden behind calls that each do a whole slice of
// operations, so that hiding it costs nothing on the clock.

#ifndef BENCH_RATIOS_PLAYER_H_
#define BENCH_RATIOS_PLAYER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "bench/measure/latency_histogram.h"
#include "bench/measure/tick_clock.h"
#include "bench/measure/worst_steps.h"

namespace pma::bench {

using Keys = std::span<const uint64_t>;

// Every key's record is RecordOfKey(key), with any revision. All members but
// Reset may be called by many threads at once, unless `single_threaded`.
class Player {
 public:
  virtual ~Player() = default;

  virtual std::string_view name() const = 0;
  virtual bool single_threaded() const = 0;
  virtual bool has_scan() const = 0;   // from a key
  virtual bool has_erase() const = 0;  // while others are at work
  virtual bool has_batch() const = 0;

  // Starts again with an empty map.
  virtual void Reset() = 0;
  // Returns how many were new.
  virtual uint64_t Insert(Keys keys) = 0;
  // Returns how many were present.
  virtual uint64_t Erase(Keys keys) = 0;
  // These return ChecksumOf the keys that were found.
  virtual uint64_t Find(Keys keys) const = 0;
  virtual uint64_t FindBatch(Keys keys, size_t batch_size) const = 0;
  // Finds half of the keys and assigns the others, in no regular order.
  virtual uint64_t ReadAndUpdate(Keys keys) = 0;
  // A scan of up to `length` entries from each key; adds to `visited`. Returns
  // the sum of EntryBits.
  virtual uint64_t Scan(Keys keys, size_t length, uint64_t& visited) const = 0;
  virtual uint64_t ScanAll(uint64_t& visited) const = 0;
  // Finds, each timed by itself.
  virtual uint64_t TimeFinds(Keys keys, const TickClock& clock,
                             LatencyHistogram& latency) const = 0;
  virtual WorstSteps TimeInserts(Keys keys, const TickClock& clock) = 0;
};

// What Find returns if every key is present.
inline uint64_t ChecksumOf(Keys keys) {
  uint64_t sum = 0;
  for (const uint64_t key : keys) sum += FixedBits(RecordOfKey(key));
  return sum;
}

// Whether ReadAndUpdate assigns this key rather than find it.
inline bool IsUpdate(uint64_t key, size_t position) {
  return (Mix64(key ^ position) & 1) != 0;
}

// Null if there is no such map.
std::unique_ptr<Player> MakePlayer(std::string_view name);

// One of each name; all must exist.
std::vector<std::unique_ptr<Player>> MakePlayers(
    const std::vector<std::string>& names);

// The maps that serve many threads, that of this project first.
std::vector<std::string> PlayerNames();

}  // namespace pma::bench

#endif  // BENCH_RATIOS_PLAYER_H_
