// SPDX-License-Identifier: Apache-2.0

// Threads that use one map at once, and the history of what they were told.
//
// Two kinds of run, because checkers see different things:
//
//   * short rounds: each thread does a few operations on a few keys, then all
//     stop, and one scans the whole map. Each round is a history of at most 32
//     operations, which is searched as a whole: also operations on several keys
//     must be explained by one order.
//   * long runs: nobody ever stops; judged key by key.
//
// Every value written is unique: a read names the write that it saw.

#ifndef PMA_FUZZ_HISTORY_STRESS_H_
#define PMA_FUZZ_HISTORY_STRESS_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "fuzz/history/history.h"
#include "fuzz/history/recorder.h"
#include "pma/testing/random.h"
#include "pma/testing/threads.h"

namespace pma::history {

// How often an operation is chosen, against the others of its workload.
struct Share {
  OperationKind kind;
  std::uint32_t weight;
};

struct Workload {
  std::string_view name;
  std::string_view purpose;
  bool short_rounds = false;
  Key keys = 0;           // keys are 0 .. keys - 1
  Key longest_range = 0;  // of bounded range reads
  // Long runs only: threads insert more than they erase for so many
  // operations, then erase more for as many, and so on. 0: no tides.
  std::size_t tide = 0;
  std::span<const Share> shares;
};

// The workloads of the stress program, in the order in which it runs them.
std::span<const Workload> AllWorkloads();
const Workload* FindWorkload(std::string_view name);

struct StressSize {
  std::uint32_t threads = 4;
  std::size_t rounds = 0;                 // of a workload with short rounds
  std::size_t operations_per_thread = 0;  // of a long one
  std::uint64_t seed = 1;
};

// The operations of a round, with the scan that ends it.
inline constexpr std::size_t kMaxOperationsPerRound = 32;

// Chooses the calls of one thread.
class CallChooser {
 public:
  CallChooser(const Workload& workload, std::uint32_t thread,
              std::uint64_t seed);

  // Makes the next call.
  template <class Map>
  void CallNext(Map& map, Recorder& recorder) {
    Arguments arguments;
    const OperationKind kind = Choose(arguments);
    if (kind == OperationKind::kInsertSorted) {
      recorder.Merge(map, EntriesFrom(arguments));
    } else {
      recorder.Call(map, kind, arguments);
    }
  }

 private:
  OperationKind Choose(Arguments& arguments);
  OperationKind ChooseKind();
  // One to three, the first with that key and value.
  std::vector<Entry> EntriesFrom(const Arguments& arguments);

  const Workload& workload_;
  pma::testing::Random random_;
  std::uint64_t total_weight_ = 0;
  std::uint64_t calls_ = 0;
  Value next_value_;
};

// Lets threads go at the same moment, again and again. They spin: a sleeping
// thread would wake after the others' few operations are over.
class StartingLine {
 public:
  explicit StartingLine(std::uint32_t threads) : threads_(threads) {}

  void ArriveAndWait() {
    const std::uint32_t round = round_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; round_.load(std::memory_order_acquire) == round;
         ++spins) {
      if (spins > 1000) std::this_thread::yield();
    }
  }

 private:
  const std::uint32_t threads_;
  std::atomic<std::uint32_t> arrived_ = 0;
  std::atomic<std::uint32_t> round_ = 0;
};

// Everything that happened to an empty map, in one history: rounds follow each
// other with a quiet moment and a scan_all between them.
template <class Map>
History RunShortRounds(Map& map, const Workload& workload,
                       const StressSize& size) {
  const std::size_t calls = (kMaxOperationsPerRound - 1) / size.threads;
  StartingLine line(size.threads);
  std::vector<std::vector<Operation>> recorded(size.threads);
  pma::testing::RunThreads(size.threads, [&](std::size_t t) {
    const auto thread = static_cast<std::uint32_t>(t);
    CallChooser chooser(workload, thread, size.seed);
    Recorder recorder(thread, size.rounds * (calls + 1));
    for (std::size_t round = 0; round < size.rounds; ++round) {
      line.ArriveAndWait();
      for (std::size_t i = 0; i < calls; ++i) {
        chooser.CallNext(map, recorder);
      }
      line.ArriveAndWait();
      if (thread == round % size.threads) {
        recorder.Call(map, OperationKind::kScanAll, {});
      }
    }
    recorded[t] = recorder.Take();
  });
  History history;
  for (std::vector<Operation>& of_thread : recorded) {
    std::ranges::move(of_thread, std::back_inserter(history.operations));
  }
  return history;
}

// Everything that happened to an empty map while all threads ran on without a
// pause, and what a scan_all saw when they were done.
template <class Map>
History RunLong(Map& map, const Workload& workload, const StressSize& size) {
  std::vector<std::vector<Operation>> recorded(size.threads);
  pma::testing::RunThreads(size.threads, [&](std::size_t t) {
    const auto thread = static_cast<std::uint32_t>(t);
    CallChooser chooser(workload, thread, size.seed);
    Recorder recorder(thread, size.operations_per_thread);
    for (std::size_t i = 0; i < size.operations_per_thread; ++i) {
      chooser.CallNext(map, recorder);
    }
    recorded[t] = recorder.Take();
  });
  Recorder last(size.threads, 1);
  last.Call(map, OperationKind::kScanAll, {});
  recorded.push_back(last.Take());
  History history;
  for (std::vector<Operation>& of_thread : recorded) {
    std::ranges::move(of_thread, std::back_inserter(history.operations));
  }
  return history;
}

template <class Map>
History RunStress(Map& map, const Workload& workload, const StressSize& size) {
  return workload.short_rounds ? RunShortRounds(map, workload, size)
                               : RunLong(map, workload, size);
}

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_STRESS_H_
