// SPDX-License-Identifier: Apache-2.0

// The loop on the clock: one thread walks its prepared operations against one
// map and tallies what it got.
//
// How latency is measured. Timing every operation would cost about 8 ns each,
// a tenth of a fast look-up; so one operation in `operations_per_sample` is
// timed by itself (quantiles), and the operations between two samples are
// timed as one gap. A stall cannot hide: it lies in a sample or in a gap, and
// the reported maximum is the longest of both, hence an upper bound.
//
// How answers are checked. Each answer is added to a checksum and a few
// counters, one or two instructions; checks.h computes off the clock what they
// must be.

#ifndef BENCH_SHOOTOUT_RACE_LOOP_H_
#define BENCH_SHOOTOUT_RACE_LOOP_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/keys/record.h"
#include "bench/measure/latency_histogram.h"
#include "bench/measure/tick_clock.h"
#include "bench/shootout/mix.h"
#include "bench/shootout/workload.h"

namespace pma::bench {

// What one scan of a mix with inserts saw.
struct ScanLog {
  uint16_t visited = 0;
  uint16_t loaded = 0;  // visited entries that were not inserted by the mix
};

// What one thread did and got.
struct Tally {
  uint64_t op_count = 0;
  uint64_t entry_count = 0;       // visited by scans
  uint64_t checksum = 0;          // of the loaded entries seen
  uint64_t absent_count = 0;      // reads and floors without an answer
  uint64_t unexpected_count = 0;  // inserts that found their key, updates and
                                  // erasures that did not
  uint64_t disorder_count = 0;    // scan steps that did not ascend
  std::vector<ScanLog> scan_log;  // per stream position; mixes with inserts
  uint64_t first_tick = 0;
  uint64_t last_tick = 0;
  LatencyHistogram latency;
};

// Remembers a scan's last key well enough to notice a step backwards at the
// price of one compare: the key itself, or the first eight bytes of a string.
template <class Key, class Order>
class AscentCheck {
 public:
  bool Ascends(const Key& key) {
    const bool ascends = first_ || Order()(last_, key);
    first_ = false;
    last_ = key;
    return ascends;
  }

 private:
  bool first_ = true;
  Key last_{};
};

template <>
class AscentCheck<std::string, std::less<>> {
 public:
  bool Ascends(std::string_view key) {
    uint64_t prefix = 0;
    for (size_t i = 0; i < sizeof(prefix); ++i) {
      prefix =
          prefix << 8 | (i < key.size() ? static_cast<uint8_t>(key[i]) : 0);
    }
    const bool ascends = last_ <= prefix;
    last_ = prefix;
    return ascends;
  }

 private:
  uint64_t last_ = 0;
};

// True if a map can erase beside other calls.
template <class Map, class Key>
inline constexpr bool kErases =
    requires(Map map, const Key& key) { map.Erase(key); };

template <class Map, class Set>
class Racer {
  using Key = typename Set::Key;

 public:
  // A cyclic racer starts over at the end of its stream; another one stops.
  Racer(Map& map, const Mix& mix, const Stream<Key>& stream, bool cyclic,
        size_t thread_index, size_t thread_count, const TickClock& clock)
      : map_(map),
        stream_(stream),
        operations_per_sample_(mix.operations_per_sample),
        cyclic_(cyclic),
        thread_index_(thread_index),
        thread_count_(thread_count),
        clock_(clock) {
    if (mix.inserts() && mix.scan_percent > 0) {
      tally_.scan_log.resize(stream.size());
    }
  }

  void Run(const std::atomic<bool>& stop) {
    uint64_t now = clock_.Now();
    tally_.first_tick = now;
    bool more = !stream_.empty();
    while (more && !stop.load(std::memory_order_relaxed)) {
      const uint64_t sample_start = clock_.Now();
      tally_.latency.RaiseMax(sample_start - now);
      more = Step();
      now = clock_.Now();
      tally_.latency.Add(now - sample_start);
      for (size_t i = 1; more && i < operations_per_sample_; ++i) more = Step();
    }
    tally_.last_tick = clock_.Now();
    tally_.latency.RaiseMax(tally_.last_tick - now);
  }

  const Tally& tally() const { return tally_; }

 private:
  // Runs one operation; false at the end of the stream.
  bool Step() {
    Execute(stream_[position_]);
    ++tally_.op_count;
    if (++position_ < stream_.size()) return true;
    position_ = 0;
    return cyclic_;
  }

  void Execute(const Op<Key>& op) {
    switch (op.kind) {
      case OpKind::kRead:
      case OpKind::kMiss:
        Read(op.key);
        break;
      case OpKind::kUpdate:
        Write(op.key, op.record);
        break;
      case OpKind::kReadModifyWrite:
        // A client's read, then its write of what it read: two calls.
        Write(op.key, Read(op.key));
        break;
      case OpKind::kInsert:
        tally_.unexpected_count += !map_.Insert(op.key, op.record);
        break;
      case OpKind::kErase:
        if constexpr (kErases<Map, Key>) {
          tally_.unexpected_count += !map_.Erase(op.key);
        }
        break;
      case OpKind::kScan:
        if constexpr (Map::kHasScan) {
          tally_.scan_log.empty() ? Scan(op) : ScanAmongInserts(op);
        }
        break;
      case OpKind::kFloor:
        if constexpr (Map::kHasFloor) Floor(op.key);
        break;
      case OpKind::kFullScan:
        FullScan();
        break;
    }
  }

  Record Read(const Key& key) {
    Record record;
    if (!map_.Find(key, record)) {
      ++tally_.absent_count;
      return record;
    }
    tally_.checksum += FixedBits(record);
    return record;
  }

  void Write(const Key& key, Record record) {
    record.revision = RevisionOf(tally_.op_count, thread_index_, thread_count_);
    tally_.unexpected_count += map_.Assign(key, record);
  }

  void Floor(const Key& query) {
    const bool found = map_.Floor(query, [&](const Key& key, Record record) {
      tally_.checksum += EntryBits(key, record);
    });
    tally_.absent_count += !found;
  }

  void Scan(const Op<Key>& op) {
    uint64_t checksum = 0;
    tally_.entry_count += map_.Scan(op.key, op.length,
                                    [&checksum](const Key& key, Record record) {
                                      checksum += EntryBits(key, record);
                                    });
    tally_.checksum += checksum;
  }

  void FullScan() {
    uint64_t checksum = 0;
    tally_.entry_count +=
        map_.ScanAll([&checksum](const Key& key, Record record) {
          checksum += EntryBits(key, record);
        });
    tally_.checksum += checksum;
  }

  // Inserted keys may or may not be there yet, but the loaded keys among the
  // visited must be exactly the first ones from the start of the scan.
  void ScanAmongInserts(const Op<Key>& op) {
    uint64_t checksum = 0;
    uint64_t disorder = 0;
    uint16_t loaded = 0;
    AscentCheck<Key, typename Set::Order> ascent;
    const size_t visited =
        map_.Scan(op.key, op.length, [&](const Key& key, Record record) {
          disorder += !ascent.Ascends(key);
          if (IsInserted(record)) return;
          checksum += EntryBits(key, record);
          ++loaded;
        });
    tally_.entry_count += visited;
    tally_.checksum += checksum;
    tally_.disorder_count += disorder;
    tally_.scan_log[position_] = {static_cast<uint16_t>(visited), loaded};
  }

  Map& map_;
  const Stream<Key>& stream_;
  const size_t operations_per_sample_;
  const bool cyclic_;
  const size_t thread_index_;
  const size_t thread_count_;
  const TickClock& clock_;
  size_t position_ = 0;
  Tally tally_;
};

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_RACE_LOOP_H_
