// SPDX-License-Identifier: Apache-2.0

// What the threads of an endurance run share, and what is known about it.
//
// The main map holds strings, so that keys, values and what they own are all
// allocated and freed again. Its keys, by their numbers:
//
//   below owned_keys()   pma/testing/ownership_stress.h: each has one owner,
//                        who knows every answer; others know what is always or
//                        never there
//   from there on        shared: anyone inserts, overwrites and erases them.
//                        Insertions and erasures that were told "yes" take
//                        turns, so one more of them than of these is an entry;
//                        and what one thread wrote under a key is seen in order
//
// The second map holds words, and is emptied by clear() all the time. Its even
// keys are the clearer's; anyone inserts odd ones.

#ifndef FUZZ_ENDURANCE_WORLD_H_
#define FUZZ_ENDURANCE_WORLD_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fuzz/endurance/live_allocator.h"
#include "pma/concurrent_map.h"
#include "pma/testing/ownership_stress.h"
#include "pma/testing/stamp.h"

namespace pma::endurance {

// The first thing that was wrong. All threads stop when there is one.
class Verdict {
 public:
  void Fail(const std::string& what) {
    const std::scoped_lock lock(mutex_);
    if (first_.empty()) first_ = what;
    stopped_.store(true, std::memory_order_relaxed);
  }
  void Stop() { stopped_.store(true, std::memory_order_relaxed); }
  // Relaxed, like all that threads look at while they run: it must not order
  // their accesses to the maps.
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }
  std::string first() const {
    const std::scoped_lock lock(mutex_);
    return first_;
  }

 private:
  mutable std::mutex mutex_;
  std::string first_;
  std::atomic<bool> stopped_{false};
};

// How many steps each thread has made.
class Progress {
 public:
  explicit Progress(std::size_t threads) : lines_(threads) {}

  void Step(std::size_t thread) {
    lines_[thread].steps.fetch_add(1, std::memory_order_relaxed);
  }
  std::uint64_t Of(std::size_t thread) const {
    return lines_[thread].steps.load(std::memory_order_relaxed);
  }
  std::uint64_t Sum() const {
    std::uint64_t sum = 0;
    for (const Line& line : lines_) {
      sum += line.steps.load(std::memory_order_relaxed);
    }
    return sum;
  }
  std::uint64_t Least() const {
    std::uint64_t least = UINT64_MAX;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      least = std::min(least, Of(i));
    }
    return least;
  }

 private:
  struct alignas(64) Line {
    std::atomic<std::uint64_t> steps{0};
  };
  std::vector<Line> lines_;
};

class World {
 public:
  using MainMap = ConcurrentMap<std::string, std::string, std::less<>,
                                LiveAllocator<std::byte>>;
  using MainStress =
      testing::OwnershipStress<MainMap, std::string, std::string>;
  using SecondMap = ConcurrentMap<std::uint64_t, testing::FourWords,
                                  std::less<>, LiveAllocator<std::byte>>;

  static constexpr std::uint32_t kShared = 512;
  static constexpr std::uint32_t kSecond = 4000;

  World(std::uint32_t blocks, std::uint32_t owners, std::size_t threads)
      : owned_keys_(blocks * MainStress::kBlock),
        progress_(threads),
        stress_(blocks, owners,
                [this](const std::string& what) { verdict_.Fail(what); }),
        shared_entries_(kShared) {}

  MainStress& stress() { return stress_; }
  MainMap& main() { return stress_.map(); }
  SecondMap& second() { return second_; }
  Verdict& verdict() { return verdict_; }
  Progress& progress() { return progress_; }
  std::uint32_t owned_keys() const { return owned_keys_; }

  void Check(bool holds, const char* claim, std::uint64_t number) {
    if (!holds) verdict_.Fail(claim + (" " + std::to_string(number)));
  }

  // What happened to the shared key of this number: +1 or -1.
  void CountShared(std::uint32_t number, int change) {
    shared_entries_[number - owned_keys_].fetch_add(change,
                                                    std::memory_order_relaxed);
  }

  // --- With no other thread -------------------------------------------------

  void CheckAtRest() {
    for (std::uint32_t i = 0; i < kShared; ++i) {
      const std::uint32_t number = owned_keys_ + i;
      const int entries = shared_entries_[i].load();
      const std::string key = SharedKey(number);
      Check(entries == 0 || entries == 1,
            "insertions and erasures that succeeded do not take turns: key",
            number);
      Check(main().contains(key) == (entries == 1),
            "lost, or left though erased, at rest: shared key", number);
      main().erase(key);  // what is left is the owners'
    }
    stress_.CheckQuiescent();
    const std::string broken = second_.CheckInvariants();
    if (!broken.empty()) verdict_.Fail("second map: " + broken);
  }

  // Erases all entries one by one, each of which must be there.
  void EraseEverything() {
    stress_.EraseEverything();
    Check(main().size() == 0,  // NOLINT(readability-container-size-empty)
          "entries left when all are erased:", main().size());
    Check(main().empty(), "empty() is false of a map of size", main().size());
    const std::string broken = main().CheckInvariants();
    if (!broken.empty()) verdict_.Fail("when all are erased: " + broken);
    std::vector<std::uint64_t> keys;
    second_.scan([&](std::uint64_t key, const testing::FourWords&) {
      keys.push_back(key);
    });
    for (const std::uint64_t key : keys) {
      Check(second_.erase(key), "lost from the second map: key", key);
    }
    Check(second_.empty(), "entries left in the second map:", second_.size());
    main().reclaim();
    second_.reclaim();
  }

  static std::string SharedKey(std::uint32_t number) {
    return testing::NumberedKey<std::string>::Make(number);
  }

 private:
  const std::uint32_t owned_keys_;
  Verdict verdict_;
  Progress progress_;
  MainStress stress_;
  SecondMap second_;
  std::vector<std::atomic<int>> shared_entries_;
};

}  // namespace pma::endurance

#endif  // FUZZ_ENDURANCE_WORLD_H_
