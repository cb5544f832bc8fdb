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
#include "bench/contest/contest.h"
#include "bench/contest/machine_probe.h"
#include "bench/contest/player.h"
#include "bench/contest/ratio_result.h"
#include "bench/contest/rounds.h"
#include "bench/random.h"
#include "bench/zipf.h"

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

// Every "contestant" below is a number of threads.

void Contest::LookUpsByTwoThreads() {
  constexpr size_t kPerThread = size_t{1} << 17;
  constexpr size_t kProbeSteps = 16 * kPerThread;
  Player& player = *players_[0];
  const double seconds = settings_.seconds / 40;

  // What a second thread can add at most, here and now.
  const ProbeMemory memory(size_t{1} << 26);
  std::atomic<uint64_t> checksum{0};
  const struct {
    std::string what;
    std::function<uint64_t(uint64_t)> job;
  } probes[] = {{"the machine: two threads read at random",
                 [&](uint64_t seed) {
                   return ReadAtRandom(memory.words(), kProbeSteps, seed);
                 }},
                {"the machine: two threads compute",
                 [&](uint64_t seed) { return Compute(kProbeSteps, seed); }}};
  for (const auto& probe : probes) {
    const Samples machine = PlayFor(2, seconds, [&](size_t c, size_t round) {
      const size_t threads = c + 1;
      return NanosecondsOnThreads(
                 threads,
                 [&](size_t t) {
                   checksum.fetch_add(probe.job(round * threads + t));
                 }) /
             static_cast<double>(threads * kProbeSteps);
    });
    AddPair({.group = "threads",
             .what = probe.what,
             .unit = "ns",
             .against = "one thread"},
            machine[1], machine[0], MedianQuotient(machine[0], machine[1]));
  }

  player.Reset();
  player.Insert(present_);
  const auto part_of = [&](size_t round, size_t t) {
    return Keys(hits_).subspan((round + t) % 2 * kPerThread, kPerThread);
  };
  const Samples finds = PlayFor(2, seconds, [&](size_t c, size_t round) {
    const size_t threads = c + 1;
    uint64_t sums[2] = {};
    const double spent = NanosecondsOnThreads(
        threads, [&](size_t t) { sums[t] = player.Find(part_of(round, t)); });
    for (size_t t = 0; t < threads; ++t) {
      Expect(sums[t] == ChecksumOf(part_of(round, t)), player, "find");
    }
    return spent / static_cast<double>(threads * kPerThread);
  });
  AddPair({.group = "threads",
           .what = "look-ups by two threads",
           .unit = "ns",
           .against = "one thread",
           .goal = Goal::kAtLeast,
           .target = 1.9},
          finds[1], finds[0], MedianQuotient(finds[0], finds[1]));
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
      const Samples inserts =
          PlayFor(2, settings_.seconds / 40, [&](size_t c, size_t) {
            const size_t threads = c + 1;
            contestant->Reset();
            std::atomic<uint64_t> inserted{0};
            const double spent = NanosecondsOnThreads(threads, [&](size_t t) {
              const size_t begin = kind.keys.size() * t / threads;
              const size_t end = kind.keys.size() * (t + 1) / threads;
              inserted.fetch_add(
                  contestant->Insert(kind.keys.subspan(begin, end - begin)));
            });
            Expect(inserted.load() == kind.keys.size(), *contestant,
                   "insert by two threads");
            return spent / static_cast<double>(kind.keys.size());
          });
      contestant->Reset();
      RatioRow row{.group = "threads",
                   .what = std::string(kind.what),
                   .unit = "ns",
                   .against = "one thread"};
      if (contestant == players_[0]) {
        row.goal = Goal::kAtLeast;
        row.target = 1.9;
      } else {
        // What the machine grants anybody.
        absl::StrAppend(&row.what, " (", contestant->name(), ")");
      }
      AddPair(std::move(row), inserts[1], inserts[0],
              MedianQuotient(inserts[0], inserts[1]));
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
