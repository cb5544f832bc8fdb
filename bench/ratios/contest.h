// SPDX-License-Identifier: Apache-2.0

// The measurements behind //bench:ratios: each member fills in some rows.

#ifndef BENCH_RATIOS_CONTEST_H_
#define BENCH_RATIOS_CONTEST_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "bench/keys/random.h"
#include "bench/measure/tick_clock.h"
#include "bench/ratios/player.h"
#include "bench/ratios/ratio_result.h"
#include "bench/ratios/rounds.h"

namespace pma::bench {

struct ContestSettings {
  size_t key_count = 1'000'000;
  size_t thread_count = 1;  // of the rows that compare maps
  double seconds = 60;      // about, with the default number of keys
  // The map of this project first.
  std::vector<std::string> maps;
  // Told what is measured next.
  std::function<void(std::string_view)> announce = [](std::string_view) {};
};

// Keys are random 64-bit integers: of index i, present for even i.
inline uint64_t PresentKey(uint64_t i) { return Mix64(2 * i); }
inline uint64_t AbsentKey(uint64_t i) { return Mix64(2 * i + 1); }

class Contest {
 public:
  explicit Contest(const ContestSettings& settings);

  // Measures everything. An error is a wrong answer.
  absl::Status Run();

  const std::vector<RatioRow>& rows() const { return rows_; }

 private:
  static constexpr size_t kPoolSize = size_t{1} << 19;
  static constexpr size_t kSlice = size_t{1} << 14;
  // In which a whole map is built or erased.
  static constexpr size_t kBuildRounds = 20;

  // ---- Rows, in the order of measuring --------------------------------------
  void RandomInserts();  // leaves the maps loaded
  void LookUps();        // hit, miss, zipf
  void Updates();        // YCSB A
  void Scans();          // 100, 10k, bandwidth
  void ShortScansAndBatches();
  void Erases();  // and checks what is left
  void AscendingInserts();
  void Distributions();  // load, hit
  void Sizes();          // against a tree without a lock
  void MachineWithTwoThreads();
  void LookUpsByTwoThreads();
  void InsertsByTwoThreads();
  void AscendingLoadsByTwoThreads();
  void ManyThreads();
  void LookUpPauses();
  void InsertPauses();

  // ---- Helpers --------------------------------------------------------------
  // The maps whose rows of several threads say something: the others are locked
  // as a whole.
  static bool IsLockedInParts(const Player& player) {
    return player.name() == "pma" || player.name() == "btree_olc" ||
           player.name() == "art_olc";
  }
  // job(part) on equal parts of `keys`, one for each thread; nanoseconds a key.
  double PerKey(Keys keys, const std::function<void(Keys)>& job) const;
  Keys SliceOf(const std::vector<uint64_t>& pool, size_t round) const;
  // Nanoseconds a key of inserting the keys of one of kBuildRounds rounds.
  double InsertRound(Player& player, Keys keys, size_t round);
  // cost(player, round) for all rounds of building maps that are empty at
  // first; several times if they are small.
  Samples PlayBuilds(const std::vector<Player*>& players,
                     const std::function<double(size_t, size_t)>& cost) const;

  // Work on items, of which threads take pieces: job(begin, end). Before all of
  // it comes prepare(), after it check().
  struct SharedWork {
    size_t items = 0;
    std::function<void()> prepare = [] {};
    std::function<void(size_t, size_t)> job;
    std::function<void()> check = [] {};
  };
  // Compares two threads with one.
  void AddScaling(RatioRow row, const SharedWork& work);
  // The processors of the threads of three contestants: both of two, and of one
  // thread either.
  std::vector<std::vector<int>> TwoThreadsAndEachAlone() const;
  // From the samples of these three: one thread is the mean of the speeds of
  // both processors.
  void AddAgainstOneThread(RatioRow row, const Samples& samples);

  // Compares the first player's samples with the best other's.
  void AddComparison(RatioRow row, const std::vector<Player*>& players,
                     const Samples& samples);
  // Compares two sets of samples of one thing.
  void AddPair(RatioRow row, const std::vector<double>& ours,
               const std::vector<double>& theirs, double ratio);

  // After the other rows of its group.
  void AddRow(RatioRow row);
  // Notes a wrong answer; the first one is reported.
  void Expect(bool right, const Player& player, std::string_view what);
  std::vector<Player*> Playing(bool (Player::*can)() const = nullptr) const;

  const ContestSettings settings_;
  const TickClock clock_;
  // The first, which reads memory fastest, is where rows of one thread are
  // measured.
  const std::vector<int> processors_;
  std::vector<std::unique_ptr<Player>> players_;
  std::vector<uint64_t> present_;  // in the order of insertion
  std::vector<uint64_t> hits_;     // pools of queries
  std::vector<uint64_t> misses_;
  std::vector<uint64_t> zipf_;
  std::vector<RatioRow> rows_;
  absl::Status status_;
};

}  // namespace pma::bench

#endif  // BENCH_RATIOS_CONTEST_H_
