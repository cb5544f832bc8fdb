// SPDX-License-Identifier: Apache-2.0

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
#include "bench/keys/random.h"
#include "bench/measure/latency_histogram.h"
#include "bench/measure/machine_probe.h"
#include "bench/measure/worst_steps.h"
#include "bench/ratios/contest.h"
#include "bench/ratios/player.h"
#include "bench/ratios/ratio_result.h"
#include "bench/ratios/rounds.h"

namespace pma::bench {
namespace {

// Threads that call work() over and over again while this lives.
class Neighbours {
 public:
  template <class Work>
  Neighbours(size_t count, Work work) {
    for (size_t t = 0; t < count; ++t) {
      threads_.emplace_back([this, work] {
        while (!stop_.load(std::memory_order_relaxed)) work();
      });
    }
  }
  ~Neighbours() {
    stop_.store(true);
    for (std::thread& thread : threads_) thread.join();
  }
  Neighbours(const Neighbours&) = delete;
  Neighbours& operator=(const Neighbours&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

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
               *player, "find beside others");
      } while (SecondsSince(start) < seconds);
      return latency;
    };
    const double seconds = settings_.seconds / 40;
    const double idle = clock_.Nanoseconds(watch(seconds / 2).ValueAt(0.5));
    const auto add_row = [&](std::string what, const LatencyHistogram& busy,
                             bool counts) {
      const double p9999 = clock_.Nanoseconds(busy.ValueAt(0.9999));
      RatioRow row{.group = "pauses",
                   .what = "p99.99 of look-ups beside " + std::move(what),
                   .unit = "ns",
                   .against = "p50 without them"};
      if (player != players_[0]) {
        absl::StrAppend(&row.what, " (", player->name(), ")");
      } else if (counts) {
        row.goal = Goal::kAtMost;
        row.target = 10;
      }
      AddPair(std::move(row), {p9999}, {idle}, p9999 / idle);
    };

    if (player == players_[0]) {
      // What the machine grants anybody who shares it with two threads.
      const Neighbours strangers(2, [] {});
      add_row("two threads that leave the map alone", watch(seconds), false);
    }
    std::atomic<uint64_t> next{0};  // no key twice
    for (const size_t writers : {1, 2}) {
      const Neighbours writing(writers, [&] {
        const uint64_t key = AbsentKey(next.fetch_add(1));
        player->Insert(Keys(&key, 1));
      });
      add_row(writers == 1 ? "one inserting thread" : "two inserting threads",
              watch(seconds), writers == 2);
    }
    player->Reset();
  }
}

void Contest::InsertPauses() {
  constexpr double kLimit = 1e6;
  const auto add_rows = [&](const std::string& what, const std::string& whose,
                            const WorstSteps& worst, bool counts) {
    const struct {
      std::string what;
      uint64_t ticks;
      bool counts;
    } kinds[] = {
        {what, worst.undisturbed, counts},
        {"the same, with first touch of memory", worst.page_fault, false},
        {"the same, while descheduled", worst.descheduled, false}};
    for (const auto& kind : kinds) {
      if (kind.ticks == 0) continue;  // there was none
      const double spent = clock_.Nanoseconds(kind.ticks);
      RatioRow row{.group = "pauses",
                   .what = kind.what + whose,
                   .unit = "ns",
                   .against = "1 ms"};
      if (kind.counts) {
        row.goal = Goal::kAtMost;
        row.target = 1;
      }
      AddPair(std::move(row), {spent}, {kLimit}, spent / kLimit);
    }
  };

  // What the machine grants anybody: steps about as long as an insertion, that
  // read as much memory as a map takes, all of which has been touched before.
  constexpr size_t kBytesPerEntry = 20;
  constexpr size_t kReads = 8;
  const ProbeMemory memory(kBytesPerEntry * present_.size());
  uint64_t sum = 0;
  add_rows("the machine: longest of as many steps that read memory", "",
           TimeSteps(present_.size(), clock_,
                     [&](size_t i) {
                       sum += ReadAtRandom(memory.words(), kReads, i);
                     }),
           false);
  Expect(sum == kReads * present_.size(), *players_[0], "reading ones");
  for (const auto& player : players_) {
    if (!IsLockedInParts(*player)) continue;
    player->Reset();
    malloc_trim(0);  // what it touches shall be fresh memory
    const bool ours = player == players_[0];
    add_rows("longest single insert",
             ours ? "" : absl::StrCat(" (", player->name(), ")"),
             player->TimeInserts(present_, clock_), ours);
    player->Reset();
  }
}

}  // namespace pma::bench
