// SPDX-License-Identifier: Apache-2.0

// Records what one thread asks of a map, with stamps that bound each call.
//
// WHY THE STAMPS ARE BOUNDS. The checkers conclude from "a returned before b
// was invoked" that b must see what a did. For that, what a did must have
// reached the memory all cores see when a's return stamp is read, and b must
// not read any of it before b's invoke stamp is. Hence a sequentially
// consistent fence between the call and either stamp: it empties the store
// buffer after the call, and lets no load of the call run ahead of the clock
// (whose reading is stored to memory first, for the fence to wait for).
// std::chrono::steady_clock is one clock for all cores and never runs backwards
// between them, which on Linux the kernel vouches for (CLOCK_MONOTONIC);
// readings that are equal order nothing. The C++ standard says nothing of
// clocks: this is a statement about machines, and on all that we know it holds.
//
// A shared counter instead of a clock would be sound by the standard, but it
// would order every call after every earlier one on all threads, and so hide
// the very races that a stress test looks for. The fences order nothing between
// threads; ThreadSanitizer does not see them at all.
//
// COST. Two clock readings and two fences per call, some 100 ns; no sharing
// between threads, no allocation but the answers of scans.

#ifndef PMA_FUZZ_HISTORY_RECORDER_H_
#define PMA_FUZZ_HISTORY_RECORDER_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "fuzz/history/calls.h"
#include "fuzz/history/history.h"

namespace pma::history {

class Recorder {
 public:
  // Room for `capacity` calls is reserved; more make it allocate between calls.
  Recorder(std::uint32_t thread, std::size_t capacity) : thread_(thread) {
    operations_.reserve(capacity);
  }

  template <class Map>
  const Operation& Call(Map& map, OperationKind kind,
                        const Arguments& arguments) {
    Operation& operation = operations_.emplace_back(
        Operation{.kind = kind, .thread = thread_, .arguments = arguments});
    Stamp(operation, [&] { operation.result = CallOn(map, kind, arguments); });
    return operation;
  }
  // insert_sorted of several entries.
  template <class Map>
  void Merge(Map& map, std::span<const Entry> entries) {
    std::vector<std::pair<Key, Value>> pairs;
    for (const Entry& entry : entries) {
      pairs.emplace_back(entry.key, entry.value);
    }
    Operation call{.thread = thread_};
    std::uint64_t inserted = 0;
    Stamp(call, [&] { inserted = map.insert_sorted(pairs); });
    for (Operation& part : AsInsertions(call, entries, inserted)) {
      operations_.push_back(std::move(part));
    }
  }

  // The calls since the last time, in their order.
  std::vector<Operation> Take() { return std::exchange(operations_, {}); }
  void AppendTo(std::vector<Operation>& operations) {
    for (Operation& operation : operations_) {
      operations.push_back(std::move(operation));
    }
    operations_.clear();
  }

 private:
  template <class Function>
  void Stamp(Operation& operation, const Function& call) {
    last_stamp_.store(Now(), std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    call();
    std::atomic_thread_fence(std::memory_order_seq_cst);
    operation.returned = Now();
    operation.invoked = last_stamp_.load(std::memory_order_relaxed);
  }
  static std::uint64_t Now() {
    return static_cast<std::uint64_t>(
        std::chrono::steady_clock::now().time_since_epoch().count());
  }

  const std::uint32_t thread_;
  std::atomic<std::uint64_t> last_stamp_ = 0;  // of this thread only
  std::vector<Operation> operations_;
};

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_RECORDER_H_
