// The rows about single operations that take long.

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
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
namespace {

// The maps these rows look at: the others are locked as a whole.
bool IsWatched(std::string_view name) {
  return name == "pma" || name == "btree_olc" || name == "art_olc";
}

}  // namespace

void Contest::LookUpPauses() {
  for (const auto& player : players_) {
    if (!IsWatched(player->name())) continue;
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

    std::atomic<bool> stop{false};
    std::vector<std::thread> writers;
    for (uint64_t w = 0; w < 2; ++w) {
      writers.emplace_back([&, w] {
        for (uint64_t i = w; !stop.load(std::memory_order_relaxed); i += 2) {
          const uint64_t key = AbsentKey(i);
          player->Insert(Keys(&key, 1));
        }
      });
    }
    const LatencyHistogram busy = watch(seconds);
    stop.store(true);
    for (std::thread& writer : writers) writer.join();

    const double p9999 = clock_.Nanoseconds(busy.ValueAt(0.9999));
    RatioRow row{.group = "pauses",
                 .what = "p99.99 of look-ups beside two inserting threads",
                 .unit = "ns",
                 .against = "p50 without them"};
    if (player == players_[0]) {
      row.goal = Goal::kAtMost;
      row.target = 10;
    } else {
      row.what += absl::StrCat(" (", player->name(), ")");
    }
    AddPair(std::move(row), {p9999}, {idle}, p9999 / idle);
    player->Reset();
  }
}

void Contest::InsertPauses() {
  constexpr double kLimit = 1e6;
  for (const auto& player : players_) {
    if (!IsWatched(player->name())) continue;
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
