// SPDX-License-Identifier: Apache-2.0

#include "fuzz/endurance/run.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fuzz/endurance/live_allocator.h"
#include "fuzz/endurance/memory.h"
#include "fuzz/endurance/roles.h"
#include "fuzz/endurance/world.h"
#include "pma/testing/random.h"
#include "pma/testing/resident_bytes.h"

namespace pma::endurance {
namespace {

using Clock = std::chrono::steady_clock;

double Since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double LiveBytes() { return static_cast<double>(live_bytes.load()); }

// A role for each thread, and how many of them own keys.
struct Cast {
  std::vector<const Role*> roles;
  std::uint32_t owners = 0;

  explicit Cast(std::size_t threads) {
    for (std::size_t i = 0; roles.size() < threads; ++i) {
      const Role& role = kRoles[i % std::size(kRoles)];
      if (role.alone && i >= std::size(kRoles)) continue;
      roles.push_back(&role);
      owners += role.owns ? 1 : 0;
    }
  }
};

// Runs, and joins, a thread for each role.
class Company {
 public:
  Company(World& world, const Cast& cast, std::uint64_t seed) {
    std::uint32_t owner = 0;
    testing::Random seeds(seed);
    for (std::size_t i = 0; i < cast.roles.size(); ++i) {
      const Role& role = *cast.roles[i];
      const Player player{static_cast<std::uint32_t>(i),
                          role.owns ? owner++ : 0, seeds.Next()};
      threads_.emplace_back([&world, &role, player] {
        const std::unique_ptr<Actor> actor = role.make(world, player);
        while (!world.verdict().stopped()) {
          actor->Step();
          world.progress().Step(player.thread);
        }
      });
    }
  }
  void Join() {
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::vector<std::thread> threads_;
};

// Memory that the maps did not ask for, in their allocator's name.
class Planted {
 public:
  explicit Planted(Plant plant) : plant_(plant) {}
  ~Planted() {
    for (std::byte* block : blocks_) allocator_.deallocate(block, kBytes);
  }
  void OnSample(World& world) {
    if (plant_ == Plant::kGrowth) {
      blocks_.push_back(allocator_.allocate(kBytes));
    } else if (plant_ == Plant::kWrongCount) {
      // A resident: it is missed whatever its owner does next.
      world.main().erase(World::SharedKey(0));
    }
  }

 private:
  static constexpr std::size_t kBytes = std::size_t{1} << 20;
  const Plant plant_;
  LiveAllocator<std::byte> allocator_;
  std::vector<std::byte*> blocks_;
};

class Watch {
 public:
  Watch(World& world, const Settings& settings,
        const std::function<void(const Sample&)>& on_sample)
      : world_(world),
        settings_(settings),
        on_sample_(on_sample),
        planted_(settings.plant) {}

  // Until the time is over, or something is wrong.
  std::vector<Sample> UntilTheEnd() {
    settings_.steps == 0 ? WatchTime() : WatchSteps();
    world_.verdict().Stop();
    return std::move(samples_);
  }

 private:
  // A sample is the median of a second, or less of a short run: the working set
  // goes in waves that are shorter than that.
  void WatchTime() {
    constexpr int kParts = 10;
    const double each = settings_.seconds < 60 ? settings_.seconds / 60 : 1;
    std::vector<Sample> parts;
    for (std::uint64_t part = 1; !world_.verdict().stopped(); ++part) {
      const double at = static_cast<double>(part) * each / kParts;
      const auto until = start_ + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(at));
      std::this_thread::sleep_until(until);
      parts.push_back(Measure(Since(start_)));
      if (parts.size() == kParts) {
        Keep(MedianOf(parts));
        parts.clear();
      }
      if (at >= settings_.seconds) return;
    }
  }

  void WatchSteps() {
    constexpr std::uint64_t kSamples = 40;
    std::uint64_t kept = 0;
    while (!world_.verdict().stopped()) {
      const std::uint64_t sum = world_.progress().Sum();
      if (kept == kSamples && world_.progress().Least() > 0) return;
      if (kept == kSamples || sum * kSamples < (kept + 1) * settings_.steps) {
        std::this_thread::yield();
        continue;
      }
      ++kept;
      Keep(Measure(static_cast<double>(sum)));
    }
  }

  Sample Measure(double at) {
    const auto main = world_.main().memory_usage();
    const auto second = world_.second().memory_usage();
    return {
        .at = at,
        .allocated =
            static_cast<double>(main.allocated_bytes + second.allocated_bytes),
        .retired =
            static_cast<double>(main.retired_bytes + second.retired_bytes),
        .live = LiveBytes(),
        .resident = static_cast<double>(testing::ResidentBytes()),
        .entries =
            static_cast<double>(world_.main().size() + world_.second().size()),
        .steps = world_.progress().Sum()};
  }

  void Keep(const Sample& sample) {
    planted_.OnSample(world_);
    samples_.push_back(sample);
    on_sample_(sample);
  }

  World& world_;
  const Settings& settings_;
  const std::function<void(const Sample&)>& on_sample_;
  Planted planted_;
  const Clock::time_point start_ = Clock::now();
  std::vector<Sample> samples_;
};

void CountSteps(const Cast& cast, World& world, Result& result) {
  for (const Role& role : kRoles) {
    std::uint64_t steps = 0;
    for (std::size_t i = 0; i < cast.roles.size(); ++i) {
      if (cast.roles[i] == &role) steps += world.progress().Of(i);
    }
    result.steps_by_role.emplace_back(role.name, steps);
  }
}

// With all entries erased the maps keep some kilobytes for the next ones.
constexpr double kEmptyBytes = 1024.0 * 1024;

}  // namespace

std::size_t RoleCount() { return std::size(kRoles); }

std::string CheckSettings(const Settings& settings) {
  if (settings.threads != 0 &&
      (settings.threads < RoleCount() || settings.threads > 256)) {
    return absl::StrCat("--threads: from ", RoleCount(),
                        ", one for each role, to 256, not ", settings.threads);
  }
  if (!(settings.seconds > 0) || settings.seconds > 1e7) {
    return absl::StrCat("--seconds: above 0, at most 10000000, not ",
                        settings.seconds);
  }
  // A key's number has 24 bits in a stamp.
  if (settings.blocks < 1000 || settings.blocks > 1'000'000) {
    return absl::StrCat("--blocks: from 1000 to 1000000, not ",
                        settings.blocks);
  }
  return "";
}

Result Endure(const Settings& settings,
              const std::function<void(const Sample&)>& on_sample) {
  const Cast cast(settings.threads == 0 ? RoleCount() : settings.threads);
  const auto start = Clock::now();
  const double before = LiveBytes();
  Result result;
  {
    World world(settings.blocks - settings.blocks % cast.owners, cast.owners,
                cast.roles.size());
    Company company(world, cast, settings.seed);
    result.samples = Watch(world, settings, on_sample).UntilTheEnd();
    company.Join();
    result.seconds = Since(start);
    CountSteps(cast, world, result);
    world.CheckAtRest();
    world.EraseEverything();
    result.erased_bytes = LiveBytes() - before;
    world.Check(result.erased_bytes <= kEmptyBytes,
                "memory left when all is erased: bytes",
                static_cast<std::uint64_t>(result.erased_bytes));
    result.failure = world.verdict().first();
  }
  if (settings.plant == Plant::kUnfreed) live_bytes.fetch_add(8);
  result.destroyed_bytes = LiveBytes() - before;
  if (settings.plant == Plant::kUnfreed) live_bytes.fetch_sub(8);
  result.trends = JudgeMemory(result.samples, settings.allowance);
  if (result.failure.empty() && result.destroyed_bytes != 0) {
    result.failure =
        absl::StrCat("bytes not freed with the maps: ", result.destroyed_bytes);
  }
  if (result.failure.empty()) result.failure = result.trends.Growth();
  return result;
}

}  // namespace pma::endurance
