// SPDX-License-Identifier: Apache-2.0

// A race accepts correct maps and catches wrong ones.
//
// A check that has not been seen to fail proves nothing: each test below breaks
// one operation of a correct map, rarely, and demands that the race notices and
// names the map and the mix.

#include "bench/shootout/race.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "bench/keys/key_set.h"
#include "bench/keys/key_types.h"
#include "bench/keys/record.h"
#include "bench/keys/row.h"
#include "bench/maps/of_rows.h"
#include "bench/maps/std_shared_mutex.h"
#include "bench/measure/tick_clock.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/mix.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

class Recorder : public RaceObserver {
 public:
  void OnStart(std::string_view, std::string_view) override {}
  void OnProgress(double) override {}
  void OnTrial(const Trial& trial) override { trials.push_back(trial); }

  std::vector<Trial> trials;
};

const KeySet<uint64_t>& Integers() {
  static const KeySet<uint64_t> set = [] {
    std::vector<uint64_t> keys;
    for (uint64_t i = 0; i < 3000; ++i) keys.push_back(Mix64(i));
    return MakeKeySet<uint64_t>({.name = "test"}, std::move(keys), 1);
  }();
  return set;
}

const KeySet<std::string>& Strings() {
  static const KeySet<std::string> set = [] {
    std::vector<std::string> keys = {""};
    for (const uint64_t key : Integers().keys) {
      keys.push_back(std::to_string(key) + std::string(key % 30, '!'));
    }
    return MakeKeySet<std::string>({.name = "test"}, std::move(keys), 1);
  }();
  return set;
}

RaceSettings Settings(std::vector<std::string_view> mixes,
                      size_t thread_count) {
  static const TickClock clock;
  RaceSettings settings{.mixes = {},
                        .thread_count = thread_count,
                        .seconds_per_mix = 0.01,
                        .max_stream_length = 4096,
                        .clock = &clock};
  for (const std::string_view mix : mixes) {
    settings.mixes.push_back(FindMix(mix));
  }
  return settings;
}

RaceSettings AllMixesWith(size_t thread_count) {
  RaceSettings settings = Settings({}, thread_count);
  for (const Mix& mix : AllMixes()) settings.mixes.push_back(&mix);
  return settings;
}

class EveryMap : public ::testing::TestWithParam<const Contestant*> {};

// Races on `set` if the map knows such keys, and such values.
template <class Set>
void ExpectRightAnswers(const Contestant& map, const Set& set,
                        const RaceSettings& settings) {
  const RaceFunction<Set> race = map.RaceOn<Set>(settings.value_bytes);
  if (race == nullptr) return;
  Recorder recorder;
  const absl::Status status = race(set, settings, recorder);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(recorder.trials.size(), settings.mixes.size());
  for (const Trial& trial : recorder.trials) {
    EXPECT_EQ(trial.map, map.name);
    if (!trial.available) continue;
    EXPECT_GT(trial.rate, 0) << trial.mix;
    EXPECT_GT(trial.latency.total_count(), 0u) << trial.mix;
    EXPECT_GE(trial.allocated_bytes, trial.size * sizeof(Record));
    EXPECT_GE(trial.size, set.size());
    EXPECT_EQ(trial.loaded_size, set.size());
  }
}

TEST_P(EveryMap, AnswersEveryMixRightly) {
  for (const size_t threads : {1, 3}) {
    if (GetParam()->single_threaded && threads > 1) continue;
    ExpectRightAnswers(*GetParam(), Integers(), AllMixesWith(threads));
    ExpectRightAnswers(*GetParam(), Strings(), AllMixesWith(threads));
  }
}

TEST_P(EveryMap, AnswersEveryMixRightlyWithLongValues) {
  for (const size_t threads : {1, 3}) {
    if (GetParam()->single_threaded && threads > 1) continue;
    RaceSettings settings = AllMixesWith(threads);
    settings.value_bytes = 100;
    ExpectRightAnswers(*GetParam(), Integers(), settings);
  }
}

template <class Key, class Order = std::less<>>
KeySet<Key, Order> TypedKeys() {
  std::vector<Key> keys;
  for (uint32_t i = 0; i < 1000; ++i) keys.push_back(TypedKeyOf<Key>(i));
  return MakeKeySet<Key, Order>({.name = "test"}, std::move(keys), 1);
}

TEST_P(EveryMap, AnswersRightlyOnKeysOfOtherTypes) {
  const RaceSettings settings =
      Settings({"ycsb_a", "ycsb_e", "floor", "miss", "erase"},
               GetParam()->single_threaded ? 1 : 3);
  ExpectRightAnswers(*GetParam(), TypedKeys<Uuid>(), settings);
  ExpectRightAnswers(*GetParam(), TypedKeys<Composite>(), settings);
  ExpectRightAnswers(*GetParam(), TypedKeys<TenantTime>(), settings);
  ExpectRightAnswers(*GetParam(), TypedKeys<TimePoint>(), settings);
  ExpectRightAnswers(*GetParam(), TypedKeys<uint64_t, std::greater<>>(),
                     settings);
}

std::vector<const Contestant*> Everyone() {
  std::vector<const Contestant*> maps;
  for (const Contestant& map : AllContestants()) maps.push_back(&map);
  return maps;
}

INSTANTIATE_TEST_SUITE_P(Maps, EveryMap, ::testing::ValuesIn(Everyone()),
                         [](const auto& instance) {
                           return std::string(instance.param->name);
                         });

TEST(Race, SmallestKeySetsWork) {
  for (const size_t count : {1, 2, 3}) {
    std::vector<uint64_t> keys(Integers().keys.begin(),
                               Integers().keys.begin() + count);
    const KeySet<uint64_t> set =
        MakeKeySet<uint64_t>({.name = "test"}, std::move(keys), 1);
    Recorder recorder;
    const absl::Status status =
        RaceMap<StdSharedMutex<uint64_t>>(set, AllMixesWith(4), recorder);
    EXPECT_TRUE(status.ok()) << status.message();
  }
}

// As a workload file may have it: all kinds together, and an end.
constexpr Mix kEverything = {.name = "everything",
                             .description = "All kinds, some of each",
                             .read_percent = 20,
                             .update_percent = 20,
                             .read_modify_write_percent = 20,
                             .insert_percent = 20,
                             .scan_percent = 20,
                             .scan_length_min = 1,
                             .scan_length_max = 50,
                             .zipf_scan_lengths = true,
                             .operation_count = 3000};

RaceSettings EverythingWith(size_t thread_count) {
  RaceSettings settings = Settings({}, thread_count);
  settings.mixes = {&kEverything};
  settings.seconds_per_mix = 600;
  return settings;
}

TEST(Race, MixOfEverythingEndsAfterItsOperations) {
  Recorder recorder;
  const absl::Status status = RaceMap<StdSharedMutex<uint64_t>>(
      Integers(), EverythingWith(3), recorder);
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(recorder.trials.size(), 1u);
  EXPECT_EQ(recorder.trials[0].op_count, 3000u);
}

TEST(Race, LoadIsNotReportedUnlessAskedFor) {
  Recorder recorder;
  ASSERT_TRUE(RaceMap<StdSharedMutex<uint64_t>>(
                  Integers(), Settings({"ycsb_c"}, 1), recorder)
                  .ok());
  ASSERT_EQ(recorder.trials.size(), 1u);
  EXPECT_EQ(recorder.trials[0].mix, "ycsb_c");
}

// ---- Wrong maps -------------------------------------------------------------

// True once in `period` calls.
template <uint64_t period>
class OnceIn {
 public:
  bool operator()() const { return ++count_ % period == 0; }

 private:
  mutable uint64_t count_ = 0;
};

// The base of the wrong maps: one thread, so the fault needs no lock.
class RightMap : public StdSharedMutex<uint64_t> {
 public:
  static constexpr std::string_view kName = "wrong";

 protected:
  using Base = StdSharedMutex<uint64_t>;
  OnceIn<997> rarely_;
  // For faults that only some of the operations can show.
  OnceIn<17> sometimes_;
};

// How many operations fit into a mix's time depends on who else uses the cores:
// a map that passes gets more time, until it must have shown its fault.
template <class Map>
std::string Verdict(std::string_view mix) {
  RaceSettings settings = Settings({mix}, 1);
  settings.value_bytes = 100;
  for (int doublings = 0; doublings < 10; ++doublings) {
    Recorder recorder;
    const absl::Status status = RaceMap<Map>(Integers(), settings, recorder);
    if (!status.ok()) return std::string(status.message());
    settings.seconds_per_mix *= 2;
  }
  return "no error";
}

#define EXPECT_CAUGHT(Map, mix, where)                                    \
  do {                                                                    \
    const std::string verdict = Verdict<Map>(mix);                        \
    EXPECT_TRUE(verdict.starts_with("wrong answer from wrong in " where)) \
        << verdict;                                                       \
    EXPECT_EQ(verdict.find('\n'), verdict.npos);                          \
  } while (false)

struct DropsInserts : RightMap {
  bool Insert(uint64_t key, Record record) {
    return rarely_() || Base::Insert(key, record);
  }
};
TEST(WrongMap, DroppedInsertIsCaught) {
  EXPECT_CAUGHT(DropsInserts, "load", "load: size is 2997");
}

struct DropsLaterInserts : RightMap {
  bool Insert(uint64_t key, Record record) {
    return (IsInserted(record) && rarely_()) || Base::Insert(key, record);
  }
  size_t Size() const { return 3000; }
};
TEST(WrongMap, InsertDroppedDuringAMixIsCaught) {
  EXPECT_CAUGHT(DropsLaterInserts, "ycsb_e", "ycsb_e: inserted key");
}

struct SaysPresent : RightMap {
  bool Insert(uint64_t key, Record record) {
    return Base::Insert(key, record) && !rarely_();
  }
};
TEST(WrongMap, InsertWithWrongReturnValueIsCaught) {
  EXPECT_CAUGHT(SaysPresent, "load", "load: 3 of 3000 operations");
}

struct WrongValue : RightMap {
  bool Insert(uint64_t key, Record record) {
    record.payload ^= rarely_() ? 1u << 31 : 0;
    return Base::Insert(key, record);
  }
};
TEST(WrongMap, WrongValueIsCaught) {
  EXPECT_CAUGHT(WrongValue, "load", "load: entry");
}

struct Misses : RightMap {
  bool Find(uint64_t key, Record& record) const {
    return !rarely_() && Base::Find(key, record);
  }
};
TEST(WrongMap, MissedKeyIsCaught) {
  EXPECT_CAUGHT(Misses, "ycsb_a", "ycsb_a: number of look-ups");
  EXPECT_CAUGHT(Misses, "ycsb_b", "ycsb_b: number of look-ups");
  EXPECT_CAUGHT(Misses, "ycsb_c", "ycsb_c: number of look-ups");
  EXPECT_CAUGHT(Misses, "ycsb_d", "ycsb_d: number of look-ups");
  EXPECT_CAUGHT(Misses, "ycsb_f", "ycsb_f: number of look-ups");

  Recorder recorder;
  EXPECT_EQ(RaceMap<Misses>(Integers(), EverythingWith(1), recorder).message(),
            "wrong answer from wrong in everything: 1 look-ups missed their "
            "key, of 3000 operations");
}

struct ReadsNeighbour : RightMap {
  bool Find(uint64_t key, Record& record) const {
    if (!rarely_()) return Base::Find(key, record);
    return Base::Floor(key - 1, [&](uint64_t, Record r) { record = r; });
  }
};
TEST(WrongMap, ValueOfAnotherKeyIsCaught) {
  EXPECT_CAUGHT(ReadsNeighbour, "ycsb_c", "ycsb_c: ");
}

struct LosesUpdates : RightMap {
  bool Assign(uint64_t key, Record record) {
    return !sometimes_() && Base::Assign(key, record);
  }
};
TEST(WrongMap, LostUpdateIsCaught) {
  // Seen if it was the last one of its key.
  EXPECT_CAUGHT(LosesUpdates, "ycsb_a", "ycsb_a: key");
  EXPECT_CAUGHT(LosesUpdates, "ycsb_f", "ycsb_f: key");
}

struct UpdatesNeighbour : RightMap {
  bool Assign(uint64_t key, Record record) {
    if (rarely_()) {
      Base::Floor(key - 1, [&](uint64_t k, Record r) {
        key = k;
        record.payload = r.payload;
        record.tag = r.tag;
      });
    }
    return Base::Assign(key, record);
  }
};
TEST(WrongMap, UpdateOfAnotherKeyIsCaught) {
  EXPECT_CAUGHT(UpdatesNeighbour, "ycsb_a", "ycsb_a: ");
}

struct WrongFloor : RightMap {
  template <class F>
  bool Floor(uint64_t key, F f) const {
    return Base::Floor(rarely_() ? key / 2 : key, f);
  }
};
TEST(WrongMap, WrongFloorIsCaught) {
  EXPECT_CAUGHT(WrongFloor, "floor", "floor: ");
}

// Leaves out one entry in the middle of a scan.
struct SkipsEntries : RightMap {
  template <class F>
  size_t Scan(uint64_t key, size_t limit, F f) const {
    const bool skips = rarely_();
    size_t i = 0;
    const size_t visited =
        Base::Scan(key, limit + skips, [&](uint64_t k, Record r) {
          if (!skips || i++ != limit / 2) f(k, r);
        });
    return visited - (skips && visited > limit / 2);
  }
};
TEST(WrongMap, SkippedEntryIsCaught) {
  EXPECT_CAUGHT(SkipsEntries, "scan100", "scan100: ");
  EXPECT_CAUGHT(SkipsEntries, "ycsb_e", "ycsb_e: ");
}

struct RepeatsEntries : RightMap {
  template <class F>
  size_t Scan(uint64_t key, size_t limit, F f) const {
    bool repeats = sometimes_();
    return Base::Scan(key, limit, [&](uint64_t k, Record r) {
      f(k, r);
      if (repeats) f(k, r);
      repeats = false;
    });
  }
};
TEST(WrongMap, RepeatedEntryIsCaught) {
  EXPECT_CAUGHT(RepeatsEntries, "scan100", "scan100: ");
  EXPECT_CAUGHT(RepeatsEntries, "scan10k", "scan10k: ");
  EXPECT_CAUGHT(RepeatsEntries, "ycsb_e", "ycsb_e: ");
}

struct StopsEarly : RightMap {
  template <class F>
  size_t Scan(uint64_t key, size_t limit, F f) const {
    return Base::Scan(key, limit - (limit > 1 && rarely_()), f);
  }
};
TEST(WrongMap, ShortScanIsCaught) {
  EXPECT_CAUGHT(StopsEarly, "scan100", "scan100: number of entries visited");
  EXPECT_CAUGHT(StopsEarly, "ycsb_e", "ycsb_e: a scan of");
}

// The right entries in the wrong order.
struct Unsorted : RightMap {
  template <class F>
  size_t ScanAll(F f) const {
    std::vector<std::pair<uint64_t, Record>> entries;
    const size_t visited = Base::ScanAll(
        [&](uint64_t k, Record r) { entries.emplace_back(k, r); });
    std::swap(entries[5], entries[6]);
    for (const auto& [key, record] : entries) f(key, record);
    return visited;
  }
};
TEST(WrongMap, UnsortedScanIsCaught) {
  EXPECT_CAUGHT(Unsorted, "fullscan", "load: entry 5 of a full scan");
}

struct KeepsErased : RightMap {
  bool Erase(uint64_t key) { return rarely_() || Base::Erase(key); }
};
TEST(WrongMap, KeyLeftByAnErasureIsCaught) {
  EXPECT_CAUGHT(KeepsErased, "erase", "erase: ");
}

struct FindsAbsent : RightMap {
  bool Find(uint64_t key, Record& record) const {
    return Base::Find(key, record) || rarely_();
  }
};
TEST(WrongMap, AnswerToAMissIsCaught) {
  EXPECT_CAUGHT(FindsAbsent, "miss", "miss: number of look-ups");
}

struct TearsRows : OfRows<StdSharedMutex<uint64_t, Row>, uint64_t> {
  using Base = StdSharedMutex<uint64_t, Row>;
  static constexpr std::string_view kName = "wrong";
  using OfRows::OfRows;
  bool Assign(uint64_t key, Record record) {
    Row row(record, 100);
    if (rarely_()) ++row.words().back();
    return Base::Assign(key, std::move(row));
  }
  OnceIn<997> rarely_;
};
TEST(WrongMap, TornValueIsCaught) {
  EXPECT_CAUGHT(TearsRows, "ycsb_a", "ycsb_a: ");
}

struct CannotErase : RightMap {
  bool EraseQuiescent(uint64_t key) {
    return rarely_() || Base::EraseQuiescent(key);
  }
};
TEST(WrongMap, FailedEraseIsCaught) {
  EXPECT_CAUGHT(CannotErase, "ycsb_d", "ycsb_d: inserted key");
}

}  // namespace
}  // namespace pma::bench
