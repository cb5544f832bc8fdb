// SPDX-License-Identifier: Apache-2.0

// The rows about small and large maps, and about few and many threads.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/keys/random.h"
#include "bench/keys/zipf.h"
#include "bench/measure/machine_probe.h"
#include "bench/ratios/contest.h"
#include "bench/ratios/dealt_work.h"
#include "bench/ratios/player.h"
#include "bench/ratios/processors.h"
#include "bench/ratios/ratio_result.h"
#include "bench/ratios/rounds.h"

namespace pma::bench {

void Contest::Sizes() {
  for (size_t size = 10; size <= 1'000'000; size *= 10) {
    std::vector<std::unique_ptr<Player>> players;
    players.push_back(MakePlayer(players_[0]->name()));
    players.push_back(MakePlayer("absl_btree"));
    std::vector<uint64_t> queries;
    Random random(size);
    for (size_t i = 0; i < kPoolSize; ++i) {
      queries.push_back(PresentKey(random.Below(size)));
    }
    for (const auto& player : players) {
      for (size_t i = 0; i < size; ++i) {
        const uint64_t key = PresentKey(i);
        player->Insert(Keys(&key, 1));
      }
    }
    const Samples samples = PlayFor(
        players.size(), settings_.seconds / 60, [&](size_t p, size_t round) {
          const Keys keys = SliceOf(queries, round);
          uint64_t sum = 0;
          const double cost =
              Nanoseconds([&] { sum = players[p]->Find(keys); });
          Expect(sum == ChecksumOf(keys), *players[p], "find");
          return cost / static_cast<double>(keys.size());
        });
    AddComparison({.group = "sizes",
                   .what = absl::StrCat("hit among ", size),
                   .goal = Goal::kAtLeast,
                   .target = 1},
                  {players[0].get(), players[1].get()}, samples);
  }
}

void Contest::AddScaling(RatioRow row, const SharedWork& work) {
  constexpr size_t kPiece = 1024;
  const std::vector<std::vector<int>> places = TwoThreadsAndEachAlone();
  const Samples samples =
      PlayFor(places.size(), settings_.seconds / 40, [&](size_t c, size_t) {
        work.prepare();
        DealtWork dealt((work.items + kPiece - 1) / kPiece, places[c].size());
        const double spent = NanosecondsOnThreads(
            places[c].size(),
            [&](size_t t) {
              while (const auto piece = dealt.Next(t)) {
                work.job(*piece * kPiece,
                         std::min(work.items, (*piece + 1) * kPiece));
              }
            },
            places[c]);
        work.check();
        return spent / static_cast<double>(work.items);
      });
  AddAgainstOneThread(std::move(row), samples);
}

std::vector<std::vector<int>> Contest::TwoThreadsAndEachAlone() const {
  const int first = processors_.front();
  const int second = processors_[processors_.size() > 1 ? 1 : 0];
  return {{first, second}, {first}, {second}};
}

void Contest::AddAgainstOneThread(RatioRow row, const Samples& samples) {
  std::vector<double> alone;
  for (size_t r = 0; r < samples[0].size(); ++r) {
    alone.push_back(2 / (1 / samples[1][r] + 1 / samples[2][r]));
  }
  row.group = "threads";
  row.unit = "ns";
  row.against = "one thread";
  AddPair(std::move(row), samples[0], alone, MedianQuotient(alone, samples[0]));
}

// What a second thread can add at most, here and now.
void Contest::MachineWithTwoThreads() {
  const ProbeMemory memory(size_t{1} << 26);
  std::atomic<uint64_t> checksum{0};
  AddScaling(
      {.what = "the machine: two threads read at random"},
      {.items = size_t{1} << 21, .job = [&](size_t begin, size_t end) {
         checksum.fetch_add(ReadAtRandom(memory.words(), end - begin, begin));
       }});
  constexpr size_t kSteps = 64;  // for each item: they take a tenth of a ns
  AddScaling({.what = "the machine: two threads compute"},
             {.items = size_t{1} << 21, .job = [&](size_t begin, size_t end) {
                checksum.fetch_add(Compute(kSteps * (end - begin), begin));
              }});
}

void Contest::LookUpsByTwoThreads() {
  Player& player = *players_[0];
  player.Reset();
  player.Insert(present_);
  const Keys keys = Keys(hits_).first(size_t{1} << 18);
  std::atomic<uint64_t> sum{0};
  AddScaling(
      {.what = "look-ups by two threads",
       .goal = Goal::kAtLeast,
       .target = 1.9},
      {.items = keys.size(),
       .prepare = [&] { sum.store(0); },
       .job =
           [&](size_t begin, size_t end) {
             sum.fetch_add(player.Find(keys.subspan(begin, end - begin)));
           },
       .check =
           [&] { Expect(sum.load() == ChecksumOf(keys), player, "find"); }});
}

void Contest::InsertsByTwoThreads() {
  const Keys anywhere =
      Keys(present_).first(std::min<size_t>(present_.size(), size_t{1} << 20));
  // One thread's keys below all of the other's, each in random order.
  std::vector<uint64_t> ranges(anywhere.begin(), anywhere.end());
  const auto middle = ranges.begin() + ranges.size() / 2;
  std::nth_element(ranges.begin(), middle, ranges.end());
  std::partition_copy(
      anywhere.begin(), anywhere.end(), ranges.begin(), middle,
      [border = *middle](uint64_t key) { return key < border; });
  const struct {
    std::string_view what;
    Keys keys;
  } kinds[] = {{"inserts by two threads, disjoint keys", anywhere},
               {"inserts by two threads, disjoint ranges of keys", ranges}};
  for (const auto& kind : kinds) {
    for (const auto& contestant : players_) {
      if (!IsLockedInParts(*contestant)) continue;
      RatioRow row{.what = std::string(kind.what)};
      if (contestant == players_[0]) {
        row.goal = Goal::kAtLeast;
        row.target = 1.9;
      } else {
        // What the machine grants anybody.
        absl::StrAppend(&row.what, " (", contestant->name(), ")");
      }
      std::atomic<uint64_t> inserted{0};
      AddScaling(std::move(row),
                 {.items = kind.keys.size(),
                  .prepare =
                      [&] {
                        contestant->Reset();
                        inserted.store(0);
                      },
                  .job =
                      [&](size_t begin, size_t end) {
                        inserted.fetch_add(contestant->Insert(
                            kind.keys.subspan(begin, end - begin)));
                      },
                  .check =
                      [&] {
                        Expect(inserted.load() == kind.keys.size(), *contestant,
                               "insert by two threads");
                      }});
      contestant->Reset();
    }
  }
}

void Contest::ManyThreads() {
  constexpr size_t kThreads[] = {2, 64};
  Player& player = *players_[0];
  player.Reset();
  player.Insert(present_);
  const struct {
    std::string what;
    const std::vector<uint64_t>& pool;
  } kinds[] = {{"64 threads, half reads, half updates, uniform", hits_},
               {"64 threads, half reads, half updates, zipf", zipf_}};
  for (const auto& kind : kinds) {
    const Samples samples =
        PlayFor(2, settings_.seconds / 40, [&](size_t c, size_t) {
          const size_t threads = kThreads[c];
          const size_t share = kind.pool.size() / threads;
          const double spent = NanosecondsOnThreads(threads, [&](size_t t) {
            player.ReadAndUpdate(Keys(kind.pool).subspan(t * share, share));
          });
          return spent / static_cast<double>(threads * share);
        });
    AddPair({.group = "threads",
             .what = kind.what,
             .unit = "ns",
             .against = "two threads",
             .goal = Goal::kAtLeast,
             .target = 0.8},
            samples[1], samples[0], MedianQuotient(samples[0], samples[1]));
  }
  uint64_t visited = 0;
  player.ScanAll(visited);
  Expect(visited == present_.size(), player, "updates by many threads");
  player.Reset();
}

}  // namespace pma::bench
