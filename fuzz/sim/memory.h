// SPDX-License-Identifier: Apache-2.0

// The C++20 memory model, as a machine that executes one access at a time.
//
// Each atomic location keeps its stores in modification order. A load may
// return any store that is not hidden from the fiber: it is hidden if a newer
// one of the same location happens before the load, or has been read or written
// by something that does (coherence), or precedes it by way of seq_cst fences.
//
//   x:  [ v1 ] <- [ v2 ] <- [ v3 ]            newest to the right
//                    |         |
//                    |         may be returned: nothing the fiber knows of
//                    |         has seen it yet, but it is there
//                    seen by something the fiber knows of: may be returned,
//                    and hides v1
//
// A store of a fiber that synchronizes carries what the fiber knows, and so
// does each read-modify-write after it (the release sequence); who acquires it
// joins that. What a fiber "knows" are vector clocks, see clock.h. README.md
// says what is modelled, what is not, and why this is sound.

#ifndef FUZZ_SIM_MEMORY_H_
#define FUZZ_SIM_MEMORY_H_

#include <cstddef>
#include <cstdint>

#include "fuzz/sim/buffer.h"
#include "fuzz/sim/chooser.h"
#include "fuzz/sim/clock.h"
#include "fuzz/sim/heap.h"

namespace pma::sim {

// Bit 0: acquires. Bit 1: releases.
enum class Order : uint8_t {
  kRelaxed = 0,
  kAcquire = 1,
  kRelease = 2,
  kAcqRel = 3
};

constexpr bool Acquires(Order order) {
  return (static_cast<unsigned>(order) & 1) != 0;
}
constexpr bool Releases(Order order) {
  return (static_cast<unsigned>(order) & 2) != 0;
}

enum class Operation : uint8_t { kExchange, kAdd, kAnd, kOr, kXor };

// What an access did. Versions count the stores of a location as they were
// executed; the initial value is version 0.
struct Access {
  uint64_t value = 0;     // what was read or, by a plain store, written
  uint32_t location = 0;  // numbered in the order of first access
  uint16_t version = 0;   // of the store that was read or made
  uint16_t newest = 0;    // of the last store in modification order
  uint32_t store = 0;     // number of the store that was read or, by a plain
                          // store, made
  bool stored = false;
  bool changed =
      false;  // another fiber might now read what it could not before
};

enum class Violation : uint8_t {
  kNone,
  kRace,      // two accesses, one of them a plain write, are unordered
  kFreeRace,  // memory is freed, unordered after an access to it
  kUseAfterFree,
  kNobodysMemory,  // outside of every block of the simulated heap
  kBadFree,        // of what is not a block, or no longer
  kTooLong,        // clocks are exhausted
};

class Memory {
 public:
  Memory(Heap& heap, Chooser& chooser) : heap_(heap), chooser_(chooser) {}

  // Begins an execution with fiber 0 alone. With `stale`, loads may return
  // older stores than the newest, and stores may come to lie before others in
  // modification order.
  void Begin(bool stale);
  // Ends it: static variables that were accessed get their values from before.
  void End();

  // Fiber `child` begins with what `parent` knows. If there was such a fiber
  // before, `parent` has joined it.
  void Start(int child, int parent);
  // Fiber `parent` waits for `child`, which has ended.
  void Join(int parent, int child);

  Access Load(int fiber, const void* address, size_t bytes, Order order);
  Access Store(int fiber, void* address, size_t bytes, uint64_t value,
               Order order);
  // Reads the newest store. `value` of the result is what was there before.
  Access Modify(int fiber, void* address, size_t bytes, Operation operation,
                uint64_t operand, Order order);
  // A failure is a load, with that order: like any load it may be stale.
  Access CompareExchange(int fiber, void* address, size_t bytes,
                         uint64_t expected, uint64_t desired, Order success,
                         Order failure);
  // An atomic's life begins.
  Access Construct(int fiber, void* address, size_t bytes, uint64_t value);

  // Whether loads may be stale and stores late, from here on.
  void set_stale(bool stale) { stale_ = stale; }

  void FenceAcquire(int fiber);
  void FenceRelease(int fiber);
  void FenceSeqCst(int fiber);

  Access ReadPlain(int fiber, const void* address, size_t bytes);
  Access WritePlain(int fiber, const void* address, size_t bytes);

  // The end of a block's life. Its address must be one of the heap's.
  void Free(int fiber, void* begin);

  // What `fiber` has done so far, as a moment that others may come to know.
  Tick Moment(int fiber);
  // Whether what `fiber` had done at `moment` happens before what `later`
  // does next.
  bool HappensBefore(int fiber, Tick moment, int later) const {
    return moment <= threads_[later].now.hb[fiber];
  }
  const Clock& HappenedBefore(int fiber) const {
    return threads_[fiber].now.hb;
  }

  // The first rule that was broken, by whom it was broken and which other
  // fiber it concerns (or -1).
  struct Verdict {
    Violation violation = Violation::kNone;
    int other = -1;
    const void* address = nullptr;
    uint32_t location = 0;
  };
  const Verdict& verdict() const { return verdict_; }

  const void* AddressOf(uint32_t location) const {
    return locations_[location].address;
  }
  size_t location_count() const { return locations_.size(); }
  // Of the store that was made last.
  uint32_t last_store() const {
    return static_cast<uint32_t>(stores_.size() - 1);
  }

 private:
  // As many older stores as a load is offered.
  static constexpr unsigned kDepth = 16;
  static constexpr uint32_t kNone = ~uint32_t{0};
  static constexpr size_t kTableSize = 1024;

  struct StoreRecord {
    Knowledge release;  // what its reader acquires
    Clock seen;         // when each fiber first read or wrote it
    uint64_t value;
    uint32_t older;  // next in modification order, or kNone
    uint16_t version;
    bool modifies;  // belongs to a read-modify-write: nothing comes between
  };

  struct Location {
    const void* address;
    uint64_t original;  // before the execution
    Clock accessed;     // the last access of each fiber
    Clock written;      // the last one that was not atomic
    uint32_t newest;
    uint32_t next;  // in the same granule or hash bucket, or kNone
    uint16_t versions;
    uint8_t bytes;
    bool freed;
    bool in_heap;
  };

  struct Thread {
    Knowledge now;
    Knowledge fence_release;    // as of the last release fence
    Knowledge acquire_pending;  // for the next acquire fence
  };

  void Publish(int fiber);
  void Violate(Violation violation, int other, const Location* location,
               const void* address);

  // Null, and a verdict, if the access is against the rules.
  Location* Reach(int fiber, const void* address, size_t bytes);
  Location* Find(const void* address, size_t bytes);
  Location* FindOrAdd(uint32_t* head, const void* address, size_t bytes,
                      bool in_heap);
  static uint64_t ReadRaw(const void* address, size_t bytes);

  uint32_t ChooseStore(const Location& location, const Thread& thread,
                       bool unless_equal, uint64_t unless_value);
  // The store above which, in modification order, a new one comes to lie; the
  // newest unless chosen otherwise. `above` is the one on its other side.
  void ChoosePlace(const Location& location, const Thread& thread,
                   uint32_t* above);
  StoreRecord& AddStore(Location& location, int fiber, uint64_t value);
  void See(StoreRecord& store, int fiber) {
    if (store.seen[fiber] == kNever) {
      store.seen.Set(fiber, threads_[fiber].now.hb[fiber]);
    }
  }
  void Acquire(Thread& thread, const StoreRecord& store, Order order) {
    (Acquires(order) ? thread.now : thread.acquire_pending).Join(store.release);
  }
  Access Read(Location& location, int fiber, uint32_t store, Order order);
  Access Replace(Location& location, int fiber, uint64_t value, Order order);
  uint32_t Number(const Location& location) const {
    return static_cast<uint32_t>(&location - locations_.begin());
  }

  Heap& heap_;
  Chooser& chooser_;
  bool stale_ = false;
  Verdict verdict_;
  Thread threads_[kMaxFibers];
  Clock fence_order_;  // what the seq_cst fences so far have seen
  Buffer<Location> locations_;
  Buffer<StoreRecord> stores_;
  uint32_t table_[kTableSize] = {};  // of locations outside of the heap, plus 1
};

}  // namespace pma::sim

#endif  // FUZZ_SIM_MEMORY_H_
