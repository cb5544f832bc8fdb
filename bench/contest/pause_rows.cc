// The rows about single operations that take long.

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/contest/contest.h"
#include "bench/contest/player.h"
#include "bench/contest/ratio_result.h"
#include "bench/contest/rounds.h"
#include "bench/latency_histogram.h"

namespace pma::bench {

void Contest::LookUpPauses() {
  for (const auto& player : players_) {
    if (!IsLockedInParts(*player)) continue;
    player->Reset();
    player->Insert(present_);
    const auto watch = [&](double seconds) {
      LatencyHistogram latency;
      const auto start = std::chrono::steady_clock::now();
      size_t round = 0;
      do {
        const Keys keys = SliceOf(hits_, round++);
        Expect(player->TimeFinds(keys, clock_, latency) == ChecksumOf(keys),
               *player, "find beside writers");
      } while (SecondsSince(start) < seconds);
      return latency;
    };
    const double seconds = settings_.seconds / 40;
    const double idle = clock_.Nanoseconds(watch(seconds / 2).ValueAt(0.5));

    uint64_t next = 0;  // no key twice
    for (const uint64_t writer_count : {1, 2}) {
      std::atomic<bool> stop{false};
      std::vector<std::thread> writers;
      std::atomic<uint64_t> end{next};
      for (uint64_t w = 0; w < writer_count; ++w) {
        writers.emplace_back([&, w] {
          uint64_t i = next + w;
          for (; !stop.load(std::memory_order_relaxed); i += writer_count) {
            const uint64_t key = AbsentKey(i);
            player->Insert(Keys(&key, 1));
          }
          uint64_t furthest = end.load();
          while (furthest < i && !end.compare_exchange_weak(furthest, i)) {
          }
        });
      }
      const LatencyHistogram busy = watch(seconds);
      stop.store(true);
      for (std::thread& writer : writers) writer.join();
      next = end.load();

      const double p9999 = clock_.Nanoseconds(busy.ValueAt(0.9999));
      RatioRow row{
          .group = "pauses",
          .what = absl::StrCat("p99.99 of look-ups beside ",
                               writer_count == 1 ? "one inserting thread"
                                                 : "two inserting threads"),
          .unit = "ns",
          .against = "p50 without them"};
      if (player != players_[0]) {
        row.what += absl::StrCat(" (", player->name(), ")");
      } else if (writer_count == 2) {
        row.goal = Goal::kAtMost;
        row.target = 10;
      }
      AddPair(std::move(row), {p9999}, {idle}, p9999 / idle);
    }
    player->Reset();
  }
}

void Contest::InsertPauses() {
  constexpr double kLimit = 1e6;
  for (const auto& player : players_) {
    if (!IsLockedInParts(*player)) continue;
    player->Reset();
    malloc_trim(0);  // what it touches shall be fresh memory
    const WorstInserts worst = player->TimeInserts(present_, clock_);
    const struct {
      std::string what;
      uint64_t ticks;
      bool counts;
    } kinds[] = {
        {"longest single insert", worst.undisturbed, true},
        {"the same, with first touch of memory", worst.page_fault, false},
        {"the same, while descheduled", worst.descheduled, false}};
    for (const auto& kind : kinds) {
      const double spent = clock_.Nanoseconds(kind.ticks);
      RatioRow row{.group = "pauses",
                   .what = kind.what,
                   .unit = "ns",
                   .against = "1 ms"};
      if (player == players_[0] && kind.counts) {
        row.goal = Goal::kAtMost;
        row.target = 1;
      } else if (player != players_[0]) {
        row.what += absl::StrCat(" (", player->name(), ")");
      }
      AddPair(std::move(row), {spent}, {kLimit}, spent / kLimit);
    }
    player->Reset();
  }
}

}  // namespace pma::bench
