// SPDX-License-Identifier: Apache-2.0

// One map's race: load it, run the mixes one after another on the same map,
// check every answer, give everything back.

#ifndef BENCH_SHOOTOUT_RACE_H_
#define BENCH_SHOOTOUT_RACE_H_

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/keys/key_set.h"
#include "bench/maps/adapter.h"
#include "bench/maps/of_rows.h"
#include "bench/measure/in_child.h"
#include "bench/shootout/checks.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/mix.h"
#include "bench/shootout/race_loop.h"
#include "bench/shootout/result.h"
#include "bench/shootout/workload.h"
#include "pma/testing/resident_bytes.h"

namespace pma::bench {

// Counts threads down and wakes the one that waits for them.
class FinishLine {
 public:
  explicit FinishLine(size_t thread_count) : racing_(thread_count) {}

  void Cross() {
    const std::lock_guard lock(mutex_);
    --racing_;
    someone_crossed_.notify_one();
  }

  // True once any thread has crossed, false after `timeout`.
  bool WaitForFirst(std::chrono::duration<double> timeout,
                    size_t thread_count) {
    std::unique_lock lock(mutex_);
    return someone_crossed_.wait_for(lock, timeout,
                                     [&] { return racing_ < thread_count; });
  }

  bool WaitForAll(std::chrono::duration<double> timeout) {
    std::unique_lock lock(mutex_);
    return someone_crossed_.wait_for(lock, timeout,
                                     [&] { return racing_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable someone_crossed_;
  size_t racing_;
};

template <class Map, class Set>
  requires RacingMap<Map, typename Set::Key>
class MapRace {
  using Key = typename Set::Key;

 public:
  MapRace(const Set& set, const RaceSettings& settings, RaceObserver& observer)
      : set_(set), settings_(settings), observer_(observer) {}

  absl::Status Run() {
    if (settings_.measures_memory) MeasureMemory();
    absl::Status status = Load();
    for (const Mix* mix : settings_.mixes) {
      if (!status.ok()) break;
      if (!mix->is_load()) status = RunMix(*mix);
    }
    // The next map shall find memory as this one found it.
    map_.reset();
    malloc_trim(0);
    return status;
  }

 private:
  using Racers = std::vector<std::unique_ptr<Racer<Map, Set>>>;

  void MeasureMemory() {
    const auto added = InChild([this] {
      const int64_t before = testing::ResidentBytesInUse();
      LoadAgain();
      return testing::ResidentBytes() - before;
    });
    resident_bytes_ =
        static_cast<uint64_t>(std::max<int64_t>(0, added.value_or(0)));
  }

  absl::Status Load() {
    const Mix& mix = *FindMix("load");
    observer_.OnStart(Map::kName, mix.name);
    Trial trial = StartTrial(mix);
    {
      const auto streams = LoadStreams(set_, settings_.thread_count);
      map_ = NewMap();
      if (absl::Status status =
              RunRound(mix, streams, /*seconds_left=*/-1, trial);
          !status.ok()) {
        return status;
      }
    }
    if (absl::Status status =
            Named(mix, CheckContents(*map_, set_, revisions_));
        !status.ok()) {
      return status;
    }
    FinishTrial(mix, trial);
    const bool is_wanted =
        std::any_of(settings_.mixes.begin(), settings_.mixes.end(),
                    [](const Mix* m) { return m->is_load(); });
    if (is_wanted) observer_.OnTrial(trial);
    return absl::OkStatus();
  }

  absl::Status RunMix(const Mix& mix) {
    observer_.OnStart(Map::kName, mix.name);
    Trial trial = StartTrial(mix);
    if ((mix.floor_percent > 0 && !Map::kHasFloor) ||
        (mix.scan_percent > 0 && !Map::kHasScan) ||
        (mix.is_erase() && !kErases<Map, Key>)) {
      trial.available = false;
      observer_.OnTrial(trial);
      return absl::OkStatus();
    }
    const auto streams = mix.is_erase()
                             ? EraseStreams(set_, settings_.thread_count)
                             : MixStreams(set_, mix, settings_.thread_count,
                                          StreamLength(mix), settings_.seed);
    do {
      if (absl::Status status = RunRound(
              mix, streams, settings_.seconds_per_mix - trial.seconds, trial);
          !status.ok()) {
        return status;
      }
    } while (
        trial.seconds < settings_.seconds_per_mix * 0.98 &&
        (mix.operation_count == 0 || trial.op_count < mix.operation_count));
    FinishTrial(mix, trial);
    observer_.OnTrial(trial);
    return absl::OkStatus();
  }

  // Lets all threads walk their streams: a mix that inserts until a stream
  // ends, load, erase and one of so many operations until all end, any other
  // for `seconds_left`. All but load and erase end at that time at the latest.
  absl::Status RunRound(const Mix& mix, const std::vector<Stream<Key>>& streams,
                        double seconds_left, Trial& trial) {
    const bool until_all_end = mix.walks_all_keys() || mix.operation_count > 0;
    const bool cyclic = !until_all_end && !mix.inserts();
    if (mix.is_erase()) NoteSize(trial);
    Racers racers;
    for (size_t t = 0; t < streams.size(); ++t) {
      racers.push_back(std::make_unique<Racer<Map, Set>>(
          *map_, mix, streams[t], cyclic, t, streams.size(), *settings_.clock));
    }
    RunThreads(racers, until_all_end, /*timed=*/!mix.walks_all_keys(),
               seconds_left, trial.seconds);

    uint64_t first_tick = ~uint64_t{0};
    uint64_t last_tick = 0;
    for (const auto& racer : racers) {
      const Tally& tally = racer->tally();
      first_tick = std::min(first_tick, tally.first_tick);
      last_tick = std::max(last_tick, tally.last_tick);
      trial.op_count += tally.op_count;
      trial.entry_count += tally.entry_count;
      trial.latency.Merge(tally.latency);
    }
    trial.seconds += settings_.clock->Nanoseconds(last_tick - first_tick) / 1e9;
    if (!mix.is_erase()) NoteSize(trial);
    return Named(mix, CheckRound(mix, streams, racers));
  }

  void RunThreads(const Racers& racers, bool until_all_end, bool timed,
                  double seconds_left, double seconds_before) {
    std::atomic<size_t> ready_count{0};
    std::atomic<bool> go{false};
    std::atomic<bool> stop{false};
    FinishLine finish(racers.size());
    std::vector<std::thread> threads;
    for (const auto& racer : racers) {
      threads.emplace_back([&, racer = racer.get()] {
        ready_count.fetch_add(1);
        while (!go.load()) std::this_thread::yield();
        racer->Run(stop);
        finish.Cross();
      });
    }
    while (ready_count.load() < racers.size()) std::this_thread::yield();
    go.store(true);

    // Rare wake-ups: this thread shares the cores with the racing ones.
    constexpr double kNapSeconds = 0.05;
    double elapsed = 0;
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
      const double nap =
          timed ? std::min(kNapSeconds, seconds_left - elapsed) : kNapSeconds;
      const std::chrono::duration<double> timeout(std::max(nap, 0.0));
      if (until_all_end ? finish.WaitForAll(timeout)
                        : finish.WaitForFirst(timeout, racers.size())) {
        break;
      }
      elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                              start)
                    .count();
      if (timed && elapsed >= seconds_left) break;
      observer_.OnProgress(seconds_before + elapsed);
    }
    stop.store(true);
    for (std::thread& thread : threads) thread.join();
  }

  absl::Status CheckRound(const Mix& mix,
                          const std::vector<Stream<Key>>& streams,
                          const Racers& racers) {
    std::vector<uint64_t> op_counts;
    for (size_t t = 0; t < racers.size(); ++t) {
      op_counts.push_back(racers[t]->tally().op_count);
      if (streams[t].empty()) continue;  // more threads than keys to load
      if (absl::Status status =
              CheckTally(set_, streams[t], racers[t]->tally());
          !status.ok()) {
        return status;
      }
    }
    if (mix.is_erase()) return UndoErasures();
    if (mix.inserts()) return UndoInserts(streams, op_counts);
    if (mix.updates()) {
      std::vector<uint16_t> before = std::move(revisions_);
      if (absl::Status status = CheckContents(*map_, set_, revisions_);
          !status.ok()) {
        return status;
      }
      return CheckRevisions(set_, streams, op_counts, before, revisions_);
    }
    return absl::OkStatus();
  }

  // Proves that every insert is there, then takes the map back to the loaded
  // keys, so that every round and every mix starts from the same map.
  absl::Status UndoInserts(const std::vector<Stream<Key>>& streams,
                           const std::vector<uint64_t>& op_counts) {
    size_t inserted_count = 0;
    for (size_t t = 0; t < streams.size(); ++t) {
      for (size_t i = 0; i < op_counts[t]; ++i) {
        const Op<Key>& op = streams[t][i];
        if (op.kind != OpKind::kInsert) continue;
        ++inserted_count;
        Record found;
        if (!map_->Find(op.key, found) || found != op.record) {
          return absl::DataLossError(
              absl::StrCat("inserted key ", ShownKey(op.key),
                           " is missing or has another value"));
        }
        if constexpr (Map::kHasErase) {
          if (!map_->EraseQuiescent(op.key) || map_->Find(op.key, found)) {
            return absl::DataLossError(absl::StrCat(
                "inserted key ", ShownKey(op.key), " cannot be erased"));
          }
        }
      }
    }
    if constexpr (!Map::kHasErase) {
      if (map_->Size() != set_.size() + inserted_count) {
        return absl::DataLossError(
            absl::StrCat("size is ", map_->Size(), " after ", inserted_count,
                         " inserts into ", set_.size(), " entries"));
      }
      LoadAgain();
    }
    return CheckContents(*map_, set_, revisions_);
  }

  // Proves that nothing is left, and goes on with a fresh map.
  absl::Status UndoErasures() {
    size_t left = map_->Size();
    map_->ScanAll([&left](const Key&, Record) { ++left; });
    if (left != 0) {
      return absl::DataLossError(
          absl::StrCat(left, " entries or more are left of ", set_.size()));
    }
    LoadAgain();
    return CheckContents(*map_, set_, revisions_);
  }

  void LoadAgain() {
    map_.reset();
    map_ = NewMap();
    for (const uint32_t i : set_.shuffled) {
      map_->Insert(set_.keys[i], set_.records[i]);
    }
  }

  std::unique_ptr<Map> NewMap() const {
    if constexpr (std::is_constructible_v<Map, size_t>) {
      return std::make_unique<Map>(settings_.value_bytes);
    } else {
      return std::make_unique<Map>();
    }
  }

  void NoteSize(Trial& trial) const {
    trial.size = map_->Size();
    trial.allocated_bytes = map_->AllocatedBytes();
  }

  // Operations that no map gets to in the time need not be prepared.
  size_t StreamLength(const Mix& mix) const {
    constexpr double kMaxOpsPerSecond = 5e7;
    const auto reachable =
        static_cast<size_t>(settings_.seconds_per_mix * kMaxOpsPerSecond);
    const size_t wanted =
        mix.operation_count == 0
            ? mix.stream_length
            : (mix.operation_count - 1) / settings_.thread_count + 1;
    return std::min({mix.stream_length, wanted, settings_.max_stream_length,
                     std::max<size_t>(reachable, 1000)});
  }

  Trial StartTrial(const Mix& mix) const {
    Trial trial;
    trial.map = Map::kName;
    trial.mix = mix.name;
    trial.thread_count = settings_.thread_count;
    trial.resident_bytes = resident_bytes_;
    trial.loaded_size = set_.size();
    return trial;
  }

  static void FinishTrial(const Mix& mix, Trial& trial) {
    const uint64_t count =
        mix.counts_entries ? trial.entry_count : trial.op_count;
    trial.rate =
        trial.seconds > 0 ? static_cast<double>(count) / trial.seconds : 0;
  }

  static absl::Status Named(const Mix& mix, const absl::Status& status) {
    if (status.ok()) return status;
    return absl::Status(status.code(),
                        absl::StrCat("wrong answer from ", Map::kName, " in ",
                                     mix.name, ": ", status.message()));
  }

  const Set& set_;
  const RaceSettings& settings_;
  RaceObserver& observer_;
  std::unique_ptr<Map> map_;
  uint64_t resident_bytes_ = 0;      // of the loaded map; 0 if not measured
  std::vector<uint16_t> revisions_;  // of the loaded keys, at the last check
};

template <class Map, class Set>
absl::Status RaceMap(const Set& set, const RaceSettings& settings,
                     RaceObserver& observer) {
  return MapRace<Map, Set>(set, settings, observer).Run();
}

// A map that races on 64-bit integers and strings.
template <template <class...> class Map>
Contestant MakeContestant() {
  Contestant contestant = {.name = Map<uint64_t>::kName,
                           .description = Map<uint64_t>::kDescription,
                           .single_threaded = Map<uint64_t>::kSingleThreaded};
  contestant.Race<KeySet<uint64_t>>() = &RaceMap<Map<uint64_t>>;
  contestant.Race<KeySet<std::string>>() = &RaceMap<Map<std::string>>;
  return contestant;
}

// Lets it race on rows, too.
template <class MapOfRows>
void AddRowRace(Contestant& contestant) {
  contestant.race_of_rows = &RaceMap<OfRows<MapOfRows, uint64_t>>;
}

// Lets it race on keys of the other types, too.
template <template <class...> class Map>
void AddTypedRaces(Contestant& contestant) {
  const auto add =
      []<class Key, class Order>(RaceFunction<KeySet<Key, Order>>& race) {
        if constexpr (TypedKey<Key> || !std::is_same_v<Order, std::less<>>) {
          race = &RaceMap<Map<Key, Order>>;
        }
      };
  std::apply([&](auto&... races) { (add(races), ...); }, contestant.races);
}

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_RACE_H_
