// SPDX-License-Identifier: Apache-2.0

// Epochs, and the guards that reserve them.
//
// Memory that readers may still look at is reclaimed by intervals of epochs (H.
// Wen, J. Izraelevitz, W. Cai, H. A. Beadle, M. L. Scott, "Interval-based
// memory reclamation", PPoPP 2018, their 2GEIBR). The clock counts epochs.
// Memory is born in one and retired in one. A guard reserves the epochs from
// that of its construction to the last in which it was seen to load a pointer.
// Memory is freed once no guard's reservation meets its lifespan (limbo.h).
//
//   epoch           1    2    3    4    5    6    7
//   guard                     [ - - - - ]             stopped here for good
//   memory A        born - - - - - - retired          held
//   memory B        born - - retired                  held: it may have it
//   memory C                           born - - ret.  freed
//
// So a guard that stays, however long, holds what was allocated when it last
// moved on, and nothing that is made later.
//
// TWO RULES for whoever follows pointers under a guard:
//
// 1. The root (the directory's pointer) is loaded until Guard::Covers() says
//    yes after it. If it says no, what was loaded may be younger than the
//    reservation was; the reservation is extended then.
// 2. A pointer found on the way from the root may be followed only if the clock
//    has not moved since the root was loaded: ask Guard::StillAt() after
//    loading it. If it has, start again at the root. Without the new start an
//    extended reservation would not help: the way may lead through memory that
//    has been replaced, to memory that was unlinked elsewhere and freed.
//
// (A pointer that is itself overwritten before its target is retired, as each
// separator of an extent is, is as good as a root: it is enough that the
// reservation reaches the present epoch.)
// What has once been found in order stays so until the guard is gone or
// refreshed.
//
// A guard is to be seen by collectors before it loads anything, which takes a
// full fence. The first guard of each thread in each epoch has one. Those that
// follow have none: they may load before they are seen, and collectors allow
// for them until the thread comes to a later epoch (limbo.h).
//
// Reservations belong to the thread and are shared by all maps; the lists of
// retired memory (`Limbo`) belong to the map, so a map destroyed while other
// threads live frees its own garbage, and a thread that exits leaves none.
//
// SYNC-1: StoreThenFenceSeqCst in ReserveFirst and Extend, FenceLight elsewhere
//         / FenceSeqCst and FenceHeavy in Reservations: either the collector
//         sees the reservation, or the reader sees the memory unlinked.
// SYNC-2: StoreRelease of `low` in Guard / LoadAcquire in Reservations: the
//         reader's last look happens before the memory is freed.
// SYNC-13: the CAS in EpochClock::Advance and End / LoadAcquire in Now: whoever
//         reads a later epoch comes after what ended the one before.
// SYNC-20: StoreRelease of `fenced` / LoadAcquire in LookAt: the fence,
//         and reservations before it, come before what the collector then sees.

#ifndef PMA_INTERNAL_RECLAIM_EPOCH_H_
#define PMA_INTERNAL_RECLAIM_EPOCH_H_

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "pma/internal/reclaim/thread_record.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Platform>
class EpochClock {
 public:
  static uint64_t Now() { return now().LoadAcquire(); }  // SYNC-13
  // Somebody else's advance is as good.
  static void Advance(uint64_t from) {
    now().CompareExchangeAcqRel(from, from + 1);  // SYNC-13
  }
  // Ends the present epoch, which is returned: whoever reads a later one comes
  // after all that the caller has done.
  static uint64_t End() {
    uint64_t ended = now().LoadRelaxed();
    while (!now().CompareExchangeAcqRel(ended, ended + 1)) {  // SYNC-13
    }
    return ended;
  }

 private:
  static auto& now() { return process_state<Platform>.epoch; }
};

// Reserves epochs for the calling thread. Nests. Costs a plain store, and one
// at the end, where the platform has a light fence; as the thread's first one
// in an epoch a full fence. Must be destroyed on the thread that made it.
template <class Platform>
class Guard {
  using Record = ThreadRecord<Platform>;

 public:
  Guard() : record_(ThreadRegistry<Platform>::Current()) {
    if (record_.guard_depth++ == 0) [[likely]] {
      Reserve();
    } else {
      EnterUnusual();
    }
  }
  ~Guard() {
    assert(record_.guarded());
    if (--record_.guard_depth == 0) [[likely]] {
      record_.low.StoreRelease(0);  // SYNC-2
    } else {
      LeaveUnusual();
    }
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  ThreadRecord<Platform>& record() const { return record_; }
  // How many guards of this thread there are, up to this one.
  uint32_t depth() const { return record_.guard_depth & Record::kDepthMask; }
  bool outermost() const { return depth() == 1; }

  // Reserves the present epoch only, so that a long walk does not hold memory
  // back. Everything read under the guard so far may be freed. Does nothing
  // inside another guard of this thread, which still needs what it read.
  [[gnu::noinline]] void Refresh() {
    if (outermost()) Reserve();
  }

  // Rule 1. True if the reservation covers the root that has just been loaded.
  // Else extends it to the present epoch.
  bool Covers() const {
    assert(record_.guarded());
    const uint64_t now = EpochClock<Platform>::Now();
    if (record_.high.LoadRelaxed() == now) [[likely]] {
      return true;
    }
    Extend(record_, now);
    return false;
  }

  // The end of the thread's reservation: after rule 1, the epoch in which the
  // root was loaded.
  uint64_t End() const { return record_.high.LoadRelaxed(); }
  // Rule 2. `end` is End() as of when the root was loaded.
  static bool StillAt(uint64_t end) {
    return EpochClock<Platform>::Now() == end;
  }

 private:
  void Reserve() {
    const uint64_t now = EpochClock<Platform>::Now();
    if (record_.fenced.LoadRelaxed() == now) [[likely]] {
      record_.low.StoreRelease(now);  // SYNC-2; `high` is `now`, too
      Platform::FenceLight();         // SYNC-1
    } else {
      ReserveFirst(now);
    }
  }
  // The thread's first reservation in an epoch.
  [[gnu::noinline]] void ReserveFirst(uint64_t now) {
    record_.high.StoreRelaxed(now);
    record_.low.StoreThenFenceSeqCst(now);  // SYNC-1, SYNC-2, SYNC-22
    record_.fenced.StoreRelease(now);       // SYNC-20
  }
  [[gnu::noinline]] static void Extend(Record& record, uint64_t now) {
    record.high.StoreThenFenceSeqCst(now);  // SYNC-1
    record.fenced.StoreRelease(now);        // SYNC-20
  }

  // Nested guards, and threads that are unusual from the outermost one on.
  [[gnu::noinline]] void EnterUnusual() {
    if (outermost()) ReserveFirst(EpochClock<Platform>::Now());
  }
  [[gnu::noinline]] void LeaveUnusual() {
    if (record_.guarded()) return;
    record_.low.StoreRelease(0);  // SYNC-2
    if (record_.guard_depth & Record::kUntilUnguarded) {
      ThreadRegistry<Platform>::Detach();
    }
  }

  ThreadRecord<Platform>& record_;
};

// A guard in fewer instructions, for the short way of an operation. It declines
// to hold unless it is the outermost one of a thread that is nothing unusual,
// and not its first one in an epoch.
template <class Platform>
class QuickGuard {
  using Record = ThreadRecord<Platform>;

 public:
  QuickGuard() : record_(ThreadRegistry<Platform>::CurrentIfAny()) {
    if (record_ == nullptr || record_->guard_depth != 0) [[unlikely]] {
      record_ = nullptr;
      return;
    }
    end_ = EpochClock<Platform>::Now();
    if (record_->fenced.LoadRelaxed() != end_) [[unlikely]] {
      record_ = nullptr;
      return;
    }
    record_->guard_depth = 1;
    record_->low.StoreRelease(end_);  // SYNC-2
    Platform::FenceLight();           // SYNC-1
  }
  ~QuickGuard() {
    if (record_ == nullptr) return;
    assert(record_->guard_depth == 1);  // those within have gone before
    record_->guard_depth = 0;
    record_->low.StoreRelease(0);  // SYNC-2
  }
  QuickGuard(const QuickGuard&) = delete;
  QuickGuard& operator=(const QuickGuard&) = delete;

  bool holds() const { return record_ != nullptr; }
  // If it holds.
  Record& record() const {
    assert(holds());
    return *record_;
  }
  // Rule 1, without another try.
  bool Covers() const { return EpochClock<Platform>::Now() == end_; }
  uint64_t End() const { return end_; }

 private:
  Record* record_;
  uint64_t end_ = 0;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_RECLAIM_EPOCH_H_
