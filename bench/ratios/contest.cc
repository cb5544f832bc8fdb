// SPDX-License-Identifier: Apache-2.0

// The rows that compare maps.

#include "bench/ratios/contest.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "bench/keys/zipf.h"
#include "bench/measure/machine_probe.h"
#include "bench/ratios/player.h"
#include "bench/ratios/processors.h"
#include "bench/ratios/ratio_result.h"
#include "bench/ratios/rounds.h"

namespace pma::bench {
namespace {

// So many times, or until so many keys have been inserted: where in memory a
// map comes to lie, and whether that has ever been touched before, is chance.
constexpr size_t kBuilds = 2;
constexpr size_t kKeysBuilt = 2'000'000;

// By how long they take to read a memory larger than caches at random.
std::vector<int> FastestFirst(std::vector<int> processors) {
  constexpr size_t kReads = size_t{1} << 20;
  const ProbeMemory memory(size_t{1} << 26);
  const Samples samples =
      PlayFor(processors.size(), 0, [&](size_t p, size_t round) {
        const OnProcessor pinned(processors[p]);
        uint64_t sum = 0;
        const double spent = Nanoseconds(
            [&] { sum = ReadAtRandom(memory.words(), kReads, round); });
        return sum == kReads ? spent : 0;  // all words are 1
      });
  std::vector<std::pair<double, int>> timed;
  for (size_t p = 0; p < processors.size(); ++p) {
    timed.emplace_back(MedianOf(samples[p]), processors[p]);
  }
  std::sort(timed.begin(), timed.end());
  std::vector<int> sorted;
  for (const auto& [time, processor] : timed) sorted.push_back(processor);
  return sorted;
}

// One of `rounds` parts.
Keys RoundOf(Keys keys, size_t round, size_t rounds) {
  const size_t begin = keys.size() * round / rounds;
  const size_t end = keys.size() * (round + 1) / rounds;
  return keys.subspan(begin, end - begin);
}

}  // namespace

Contest::Contest(const ContestSettings& settings)
    : settings_(settings),
      processors_(FastestFirst(Processors())),
      players_(MakePlayers(settings.maps)) {
  Random random(1);
  const size_t n = settings_.key_count;
  present_.reserve(n);
  for (size_t i = 0; i < n; ++i) present_.push_back(PresentKey(i));
  const Zipf zipf(n);
  for (size_t i = 0; i < kPoolSize; ++i) {
    hits_.push_back(PresentKey(random.Below(n)));
    misses_.push_back(AbsentKey(random.Below(n)));
    zipf_.push_back(PresentKey(zipf(random)));
  }
}

absl::Status Contest::Run() {
  // Rows of one thread keep to one processor; the others choose theirs.
  const bool alone = settings_.thread_count == 1;
  const struct {
    std::string_view what;
    bool on_one_processor;
    void (Contest::*measure)();
  } steps[] = {
      {"random inserts", alone, &Contest::RandomInserts},
      {"look-ups", alone, &Contest::LookUps},
      {"updates", alone, &Contest::Updates},
      {"scans", true, &Contest::Scans},
      {"short scans and batches", true, &Contest::ShortScansAndBatches},
      {"erases", alone, &Contest::Erases},
      {"ascending inserts", true, &Contest::AscendingInserts},
      {"keys of other distributions", alone, &Contest::Distributions},
      {"small and large maps", true, &Contest::Sizes},
      {"two threads that share nothing", false,
       &Contest::MachineWithTwoThreads},
      {"look-ups by two threads", false, &Contest::LookUpsByTwoThreads},
      {"inserts by two threads", false, &Contest::InsertsByTwoThreads},
      {"ascending loads by two threads", false,
       &Contest::AscendingLoadsByTwoThreads},
      {"many threads", false, &Contest::ManyThreads},
      {"pauses of look-ups", false, &Contest::LookUpPauses},
      {"pauses of inserts", true, &Contest::InsertPauses},
  };
  for (const auto& step : steps) {
    settings_.announce(step.what);
    std::optional<OnProcessor> pinned;
    if (step.on_one_processor) pinned.emplace(processors_.front());
    (this->*step.measure)();
    if (!status_.ok()) return status_;
  }
  return absl::OkStatus();
}

// ---- Rows -------------------------------------------------------------------

void Contest::RandomInserts() {
  const std::vector<Player*> players = Playing();
  const Samples samples = PlayBuilds(players, [&](size_t p, size_t round) {
    return InsertRound(*players[p], present_, round);
  });
  AddComparison({.group = "inserts",
                 .what = "random",
                 .goal = Goal::kAtLeast,
                 .target = 1.5},
                players, samples);
}

void Contest::LookUps() {
  const std::vector<Player*> players = Playing();
  const struct {
    std::string what;
    const std::vector<uint64_t>& pool;
    bool hits;
    double target;
  } kinds[] = {{"hit, uniform", hits_, true, 2},
               {"hit, zipf", zipf_, true, 2},
               {"miss", misses_, false, 1.2}};
  for (const auto& kind : kinds) {
    const Samples samples = PlayFor(
        players.size(), settings_.seconds / 16, [&](size_t p, size_t round) {
          const Keys keys = SliceOf(kind.pool, round);
          std::atomic<uint64_t> sum{0};
          const double cost = PerKey(
              keys, [&](Keys part) { sum.fetch_add(players[p]->Find(part)); });
          Expect(sum.load() == (kind.hits ? ChecksumOf(keys) : 0), *players[p],
                 "find");
          return cost;
        });
    AddComparison({.group = "look-ups",
                   .what = kind.what,
                   .goal = Goal::kAtLeast,
                   .target = kind.target},
                  players, samples);
  }
}

void Contest::Updates() {
  const std::vector<Player*> players = Playing();
  const Samples samples = PlayFor(
      players.size(), settings_.seconds / 16, [&](size_t p, size_t round) {
        const Keys keys = SliceOf(zipf_, round);
        std::atomic<uint64_t> sum{0};
        const double cost = PerKey(keys, [&](Keys part) {
          sum.fetch_add(players[p]->ReadAndUpdate(part));
        });
        if (settings_.thread_count == 1) {
          uint64_t expected = 0;
          for (size_t i = 0; i < keys.size(); ++i) {
            if (IsUpdate(keys[i], i)) continue;
            expected += FixedBits(RecordOfKey(keys[i]));
          }
          Expect(sum.load() == expected, *players[p], "update");
        }
        return cost;
      });
  AddComparison({.group = "updates",
                 .what = "YCSB A (half reads, half updates, zipf)",
                 .goal = Goal::kAtLeast,
                 .target = 1.3},
                players, samples);
}

void Contest::Erases() {
  const std::vector<Player*> players = Playing(&Player::has_erase);
  std::vector<uint64_t> order = present_;
  Random random(2);
  Shuffle(order, random);
  const size_t erased_count = order.size() / 2;
  const std::vector<uint64_t> left(order.begin() + erased_count, order.end());
  order.resize(erased_count);
  const Samples samples =
      PlayRounds(players.size(), kBuildRounds, [&](size_t p, size_t round) {
        const Keys keys = RoundOf(order, round, kBuildRounds);
        std::atomic<uint64_t> erased{0};
        const double cost = PerKey(keys, [&](Keys part) {
          erased.fetch_add(players[p]->Erase(part));
        });
        Expect(erased.load() == keys.size(), *players[p], "erase");
        return cost;
      });
  AddComparison({.group = "erases",
                 .what = "random, down to half",
                 .goal = Goal::kAtLeast,
                 .target = 1.5},
                players, samples);

  // What is left is exactly what should be.
  uint64_t expected = 0;
  for (const uint64_t key : left) expected += EntryBits(key, RecordOfKey(key));
  for (const Player* player : players) {
    uint64_t visited = 0;
    const uint64_t sum = player->ScanAll(visited);
    Expect(visited == left.size() && sum == expected, *player, "full scan");
  }
  for (const auto& player : players_) player->Reset();
}

void Contest::AscendingInserts() {
  const std::vector<Player*> players = Playing();
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < settings_.key_count; ++i) keys.push_back(2 * i);
  const Samples samples = PlayBuilds(players, [&](size_t p, size_t round) {
    const Keys slice = RoundOf(keys, round, kBuildRounds);
    uint64_t inserted = 0;
    // One thread: several make no ascending order.
    const double cost =
        Nanoseconds([&] { inserted = players[p]->Insert(slice); }) /
        static_cast<double>(slice.size());
    Expect(inserted == slice.size(), *players[p], "ascending insert");
    return cost;
  });
  AddComparison({.group = "inserts",
                 .what = "ascending",
                 .goal = Goal::kAtLeast,
                 .target = 1},
                players, samples);
  for (const auto& player : players_) player->Reset();
}

// ---- Helpers ----------------------------------------------------------------

double Contest::PerKey(Keys keys, const std::function<void(Keys)>& job) const {
  const size_t threads = settings_.thread_count;
  const auto part = [&](size_t t) {
    const size_t begin = keys.size() * t / threads;
    const size_t end = keys.size() * (t + 1) / threads;
    job(keys.subspan(begin, end - begin));
  };
  const double spent = threads == 1 ? Nanoseconds([&] { part(0); })
                                    : NanosecondsOnThreads(threads, part);
  return spent / static_cast<double>(keys.size());
}

double Contest::InsertRound(Player& player, Keys keys, size_t round) {
  const Keys slice = RoundOf(keys, round, kBuildRounds);
  std::atomic<uint64_t> inserted{0};
  const double cost = PerKey(
      slice, [&](Keys part) { inserted.fetch_add(player.Insert(part)); });
  Expect(inserted.load() == slice.size(), player, "insert");
  return cost;
}

Samples Contest::PlayBuilds(
    const std::vector<Player*>& players,
    const std::function<double(size_t, size_t)>& cost) const {
  Samples all(players.size());
  size_t built = 0;
  for (size_t build = 0; build < kBuilds && built < kKeysBuilt; ++build) {
    for (Player* player : players) player->Reset();
    const Samples samples = PlayRounds(players.size(), kBuildRounds, cost);
    for (size_t p = 0; p < all.size(); ++p) {
      all[p].insert(all[p].end(), samples[p].begin(), samples[p].end());
    }
    built += settings_.key_count;
  }
  return all;
}

Keys Contest::SliceOf(const std::vector<uint64_t>& pool, size_t round) const {
  return Keys(pool).subspan(round % (pool.size() / kSlice) * kSlice, kSlice);
}

void Contest::AddComparison(RatioRow row, const std::vector<Player*>& players,
                            const Samples& samples) {
  row.unit = "ns";
  row.ours = MedianOf(samples[0]);
  row.ratio = std::numeric_limits<double>::quiet_NaN();
  for (size_t p = 0; p < players.size(); ++p) {
    const double median = MedianOf(samples[p]);
    row.figures.push_back({std::string(players[p]->name()), median});
    if (p == 0 || (row.theirs > 0 && row.theirs <= median)) continue;
    row.theirs = median;
    row.against = players[p]->name();
    row.ratio = MedianQuotient(samples[p], samples[0]);
  }
  AddRow(std::move(row));
}

void Contest::AddPair(RatioRow row, const std::vector<double>& ours,
                      const std::vector<double>& theirs, double ratio) {
  row.ours = MedianOf(ours);
  row.theirs = MedianOf(theirs);
  row.ratio = ratio;
  AddRow(std::move(row));
}

void Contest::AddRow(RatioRow row) {
  const auto last = std::find_if(
      rows_.rbegin(), rows_.rend(),
      [&row](const RatioRow& other) { return other.group == row.group; });
  rows_.insert(last == rows_.rend() ? rows_.end() : last.base(),
               std::move(row));
}

void Contest::Expect(bool right, const Player& player, std::string_view what) {
  if (right || !status_.ok()) return;
  status_ = absl::DataLossError(
      absl::StrCat("wrong answer from ", player.name(), ": ", what));
}

std::vector<Player*> Contest::Playing(bool (Player::*can)() const) const {
  std::vector<Player*> playing;
  for (const auto& player : players_) {
    if (can == nullptr || (player.get()->*can)()) {
      playing.push_back(player.get());
    }
  }
  return playing;
}

}  // namespace pma::bench
