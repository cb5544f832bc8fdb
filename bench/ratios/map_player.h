// SPDX-License-Identifier: Apache-2.0

// The player of a map, given its adapter.

#ifndef BENCH_RATIOS_MAP_PLAYER_H_
#define BENCH_RATIOS_MAP_PLAYER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "bench/keys/record.h"
#include "bench/measure/latency_histogram.h"
#include "bench/measure/tick_clock.h"
#include "bench/measure/worst_steps.h"
#include "bench/ratios/player.h"

namespace pma::bench {

template <class Map>
class MapPlayer : public Player {
  static constexpr bool kErases =
      requires(Map map, uint64_t key) { map.Erase(key); };
  static constexpr bool kBatches =
      requires(const Map& map, std::span<const uint64_t> keys,
               std::span<std::optional<Record>> records) {
        map.FindBatch(keys, records);
      };

 public:
  std::string_view name() const override { return Map::kName; }
  bool single_threaded() const override { return Map::kSingleThreaded; }
  bool has_scan() const override { return Map::kHasScan; }
  bool has_erase() const override { return kErases; }
  bool has_batch() const override { return kBatches; }

  void Reset() override {
    map_.reset();
    map_ = std::make_unique<Map>();
  }

  uint64_t Insert(Keys keys) override {
    uint64_t inserted = 0;
    for (const uint64_t key : keys) {
      inserted += map_->Insert(key, RecordOfKey(key));
    }
    return inserted;
  }

  uint64_t Erase(Keys keys) override {
    uint64_t erased = 0;
    if constexpr (kErases) {
      for (const uint64_t key : keys) erased += map_->Erase(key);
    }
    return erased;
  }

  uint64_t Find(Keys keys) const override {
    uint64_t sum = 0;
    for (const uint64_t key : keys) {
      Record record;
      if (map_->Find(key, record)) sum += FixedBits(record);
    }
    return sum;
  }

  uint64_t FindBatch(Keys keys, size_t batch_size) const override {
    uint64_t sum = 0;
    if constexpr (kBatches) {
      std::vector<std::optional<Record>> records(batch_size);
      while (!keys.empty()) {
        const size_t count = std::min(batch_size, keys.size());
        const std::span out(records.data(), count);
        map_->FindBatch(keys.first(count), out);
        for (const auto& record : out) sum += record ? FixedBits(*record) : 0;
        keys = keys.subspan(count);
      }
    }
    return sum;
  }

  uint64_t ReadAndUpdate(Keys keys) override {
    uint64_t sum = 0;
    for (size_t i = 0; i < keys.size(); ++i) {
      if (IsUpdate(keys[i], i)) {
        const auto revision = static_cast<uint16_t>(i) & kRevisionMask;
        // An assignment that inserts spoils the sum.
        sum += map_->Assign(keys[i], RecordOfKey(keys[i], revision));
      } else {
        Record record;
        if (map_->Find(keys[i], record)) sum += FixedBits(record);
      }
    }
    return sum;
  }

  uint64_t Scan(Keys keys, size_t length, uint64_t& visited) const override {
    uint64_t sum = 0;
    if constexpr (Map::kHasScan) {
      for (const uint64_t key : keys) {
        // A sum of its own lives in a register.
        uint64_t part = 0;
        visited +=
            map_->Scan(key, length, [&part](uint64_t found, Record record) {
              part += EntryBits(found, record);
            });
        sum += part;
      }
    }
    return sum;
  }

  uint64_t ScanAll(uint64_t& visited) const override {
    uint64_t sum = 0;
    visited += map_->ScanAll(
        [&sum](uint64_t key, Record record) { sum += EntryBits(key, record); });
    return sum;
  }

  uint64_t TimeFinds(Keys keys, const TickClock& clock,
                     LatencyHistogram& latency) const override {
    uint64_t sum = 0;
    for (const uint64_t key : keys) {
      const uint64_t start = clock.Now();
      Record record;
      const bool found = map_->Find(key, record);
      latency.Add(clock.Now() - start);
      if (found) sum += FixedBits(record);
    }
    return sum;
  }

  WorstSteps TimeInserts(Keys keys, const TickClock& clock) override {
    return TimeSteps(keys.size(), clock, [&](size_t i) {
      map_->Insert(keys[i], RecordOfKey(keys[i]));
    });
  }

 private:
  std::unique_ptr<Map> map_ = std::make_unique<Map>();
};

}  // namespace pma::bench

#endif  // BENCH_RATIOS_MAP_PLAYER_H_
