// SPDX-License-Identifier: Apache-2.0

// What the map knows of each thread: the epochs it has reserved and the buffers
// in which it publishes after-images.
//
// A thread gets a record at its first operation on any map and gives it back
// when it exits; the next new thread reuses it, so there are never more records
// than threads that used maps at the same time. Records are never freed, so a
// reader may follow a slot number it found in a marker word however old that
// word is: it reads memory that is still a record, and the word's version then
// tells it that the content was not meant for it.
//
// SYNC-10: StoreRelease of a slot and the CAS of the head in NewRecord /
//         LoadAcquire in AtSlot, Head: a record is constructed before it is
//         found.
// SYNC-11: the CAS in Detach / LoadAcquire and the CAS in ReuseRecord: what an
//         owner did with a record comes before what the next one does.
// SYNC-22: FenceAfterRmw in IsAlone / StoreThenFenceSeqCst in ReserveFirst
//         (epoch.h): either a thread that believes to be the only one sees the
//         other's record, or the other sees what it has unlinked.
// SYNC-12: StoreRelease in GrowWindowImage / LoadAcquire in OpenView (view.h):
//         a buffer is zeroed before it is found.

#ifndef PMA_INTERNAL_RECLAIM_THREAD_RECORD_H_
#define PMA_INTERNAL_RECLAIM_THREAD_RECORD_H_

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>

#include "pma/internal/machine/backoff.h"
#include "pma/internal/machine/exceptions.h"
#include "pma/internal/reclaim/process_state.h"

namespace pma::inline PMA_VARIANT::internal {

// Where a thread's last insertion of a run went, see FindRunEnd in locate.h.
// A hint: it is followed only if the map's directory still has the serial
// number.
struct Finger {
  uint64_t directory_serial = 0;  // 0: none
  void* extent = nullptr;
  size_t segment = 0;
};

// A function of the user's that says what becomes of an entry. While it runs,
// its thread must not write to the same map: its own change would fail for
// that, and the function be called again, without end.
struct Deciding {
  const void* map;
  const Deciding* outer;
};

// Never the same twice, for maps of whatever types: a thread has one finger for
// all of them. Never 0.
template <class Platform>
uint64_t NextFingerSerial() {
  return process_state<Platform>.last_serial.FetchAddRelaxed(1) + 1;
}

template <class Platform>
struct PMA_PROCESS_WIDE alignas(64) ThreadRecord {
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;

  // Larger than any segment, so that one buffer serves maps of every type.
  static constexpr size_t kSegmentImageBytes = 2048;

  // The epochs the thread's guards reserve, see epoch.h; none if `low` is 0.
  Atomic<uint64_t> low;
  Atomic<uint64_t> high;
  // The last epoch that it has reserved with a full fence.
  Atomic<uint64_t> fenced;
  // Nesting of guards, in the low bits, and what is unusual about the outermost
  // one, so that guards have a single thing to look at. Only the owner does, as
  // at `births`.
  uint32_t guard_depth = 0;
  static constexpr uint32_t kDepthMask = (1u << 30) - 1;
  // Each reservation needs a full fence: the platform has no light one.
  static constexpr uint32_t kFullFence = 1u << 30;
  // Taken by a thread that is already exiting: back with the last guard.
  static constexpr uint32_t kUntilUnguarded = 1u << 31;
  bool guarded() const { return (guard_depth & kDepthMask) != 0; }
  uint32_t births = 0;  // boxes made, see epoch.h
  uint32_t slot = 0;
  Finger finger;                       // only the owner looks at it
  LostRaces lost_races;                // and at this
  const Deciding* deciding = nullptr;  // and at this
  ThreadRecord* next = nullptr;        // set before publication, then constant
  // Of a record without an owner: the next such one's slot, plus one.
  Atomic<uint32_t> next_free;

  Atomic<std::byte*> window_image;  // grows on demand, see below
  // Its size, and the memory it lies in; only the owner looks at them.
  size_t window_image_bytes = 0;
  std::byte* window_memory = nullptr;

  // The first cell in `segment_image`; those before it are in place.
  Atomic<uint32_t> image_begin;
  alignas(64) std::byte segment_image[kSegmentImageBytes];

  // Copies of cells that reads show to their callbacks, too many for a stack:
  // one room for the outermost guard, and one for a guard within that.
  static constexpr size_t kShownRooms = 2;
  static constexpr size_t kShownBytes = 2 * kSegmentImageBytes;
  alignas(64) std::byte shown_cells[kShownRooms][kShownBytes];

  // The owner's buffer for the image of a window, grown to `bytes`. An outgrown
  // buffer is kept for the readers that may still look at it. Throws
  // std::bad_alloc.
  std::byte* GrowWindowImage(size_t bytes) {
    if (window_image_bytes >= bytes) return window_image.LoadRelaxed();
    // The first cache line links to the memory outgrown by this one, so that
    // all of it is reached by its address: else leak checkers could not tell.
    auto* block = static_cast<std::byte*>(
        ::operator new(bytes + kLinkBytes, std::align_val_t{64}, std::nothrow));
    if (block == nullptr) ThrowOutOfMemory();
    ::new (block) std::byte*(window_memory);
    std::byte* image = block + kLinkBytes;
    for (size_t i = 0; i < bytes; ++i) image[i] = std::byte{0};
    window_image_bytes = bytes;
    window_memory = block;
    window_image.StoreRelease(image);  // SYNC-12
    return image;
  }

 private:
  static constexpr size_t kLinkBytes = 64;
};

// The calling thread's function that decides on an entry of `map`. The same in
// builds with assertions and without, which may be linked together.
template <class Platform>
class DecidingScope {
 public:
  DecidingScope(ThreadRecord<Platform>& record, const void* map)
      : record_(record), deciding_{map, record.deciding} {
    record_.deciding = &deciding_;
  }
  ~DecidingScope() { record_.deciding = deciding_.outer; }
  DecidingScope(const DecidingScope&) = delete;
  DecidingScope& operator=(const DecidingScope&) = delete;

 private:
  ThreadRecord<Platform>& record_;
  const Deciding deciding_;
};

// Before a change of `map`.
template <class Platform>
void AssertMayWrite([[maybe_unused]] const ThreadRecord<Platform>& record,
                    [[maybe_unused]] const void* map) {
#if !defined(NDEBUG)
  for (const Deciding* d = record.deciding; d != nullptr; d = d->outer) {
    assert(d->map != map &&
           "pma: a function given to update(), compute() or the like writes to "
           "the map that it is called by");
  }
#endif
}

// All records of the process.
template <class Platform>
class PMA_PROCESS_WIDE ThreadRegistry {
 public:
  using Record = ThreadRecord<Platform>;

  // The calling thread's record. Throws std::bad_alloc, and std::length_error
  // if 65536 other threads have used maps and live.
  static Record& Current() {
    if (local().record == nullptr) [[unlikely]] {
      AttachCurrentThread();
    }
    return *local().record;
  }

  // The calling thread's record, or null if it has none yet.
  static Record* CurrentIfAny() { return local().record; }

  // Whether no thread but the caller, whose record this is, has ever had one.
  // Then nobody can see what the caller has unlinked before its last
  // read-modify-write: who comes later has a full fence between its record and
  // all that it loads.
  static bool IsAlone(const Record& own) {
    Platform::FenceAfterRmw();  // SYNC-22
    return own.next == nullptr && Head() == &own;
  }

  // Gives the calling thread's record back.
  static void Detach() {
    Record& record = *local().record;
    assert(!record.guarded());  // nobody's guard is left behind
    local().record = nullptr;
    record.guard_depth = 0;
    uint64_t head = state().free_records.LoadRelaxed();
    do {
      record.next_free.StoreRelaxed(SlotPlusOne(head));
    } while (!state().free_records.CompareExchangeAcqRel(  // SYNC-11
        head, NextTag(head) | (record.slot + 1)));
  }

  static Record& AtSlot(size_t slot) {
    assert(slot < kMaxThreads);
    return *thread_slots<Platform>[slot].LoadAcquire();  // SYNC-10
  }

  // Newest record first; follow `next`.
  static Record* Head() { return state().records.LoadAcquire(); }  // SYNC-10

 private:
  // What the calling thread knows of its record.
  struct PMA_PROCESS_WIDE Local {
    Record* record;
    bool exiting;
  };
  static ProcessState<Platform>& state() { return process_state<Platform>; }
  static Local& local() {
    return Platform::template ThreadLocal<ThreadRegistry, Local>();
  }

  // Gives the record back. A map used even later, by the destructor of another
  // thread-local object, takes a record for as long as it holds a guard.
  static void OnThreadExit() {
    local().exiting = true;
    if (local().record != nullptr) Detach();
  }

  [[gnu::noinline]] static void AttachCurrentThread() {
    Record* record = ReuseRecord();
    if (record == nullptr) record = NewRecord();
    local().record = record;
    record->guard_depth = Platform::HasLightFence() ? 0 : Record::kFullFence;
    if (local().exiting) {
      record->guard_depth |= Record::kUntilUnguarded;
    } else {
      Platform::template AtThreadExit<&ThreadRegistry::OnThreadExit>();
    }
  }

  static Record* ReuseRecord() {
    uint64_t head = state().free_records.LoadAcquire();  // SYNC-11
    while (SlotPlusOne(head) != 0) {
      Record& record = AtSlot(SlotPlusOne(head) - 1);
      // Not this record's any more, perhaps; then the tag has moved.
      const uint32_t rest = record.next_free.LoadRelaxed();
      if (state().free_records.CompareExchangeAcqRel(head,
                                                     NextTag(head) | rest)) {
        return &record;
      }
    }
    return nullptr;
  }

  static Record* NewRecord() {
    std::unique_ptr<Record> record(new (std::nothrow) Record());
    if (record == nullptr) ThrowOutOfMemory();
    const uint32_t slot = state().record_count.FetchAddRelaxed(1);
    if (slot >= kMaxThreads) {
      state().record_count.FetchAddRelaxed(-1u);
      Throw<std::length_error>("pma: more than 65536 threads that use maps");
    }
    record->slot = slot;
    thread_slots<Platform>[slot].StoreRelease(record.get());  // SYNC-10
    Record* head = state().records.LoadRelaxed();
    do {
      record->next = head;
    } while (!state().records.CompareExchangeAcqRel(  // SYNC-10
        head, record.get()));
    return record.release();
  }

  // The free list's head: the first record's slot, plus one (0: none), below a
  // tag that every change moves on.
  static uint32_t SlotPlusOne(uint64_t head) {
    return static_cast<uint32_t>(head);
  }
  static uint64_t NextTag(uint64_t head) { return ((head >> 32) + 1) << 32; }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_RECLAIM_THREAD_RECORD_H_
