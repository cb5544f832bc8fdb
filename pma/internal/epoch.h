// Epoch-based reclamation.
//
// A Guard announces the epoch in which its thread reads. Memory unlinked under
// a guard is retired, stamped with the epoch of that moment, and freed once the
// epoch has advanced twice; the epoch advances only when every announced guard
// has caught up with it. (Fraser, "Practical lock-freedom", 2004.)
//
//   epoch      e            e+1            e+2
//   retired at e ---------------------------> freed from here on
//   a guard announced at e or before holds the epoch at e+1 or before
//
// Announcements belong to the thread and are shared by all maps; the lists of
// retired memory (`Limbo`) belong to the map, so a map destroyed while other
// threads live frees its own garbage, and a thread that exits leaves none.
//
// SYNC-1: StoreThenFenceSeqCst in Guard / FenceSeqCst in Limbo::TryAdvance and
//         Limbo::Retire: either the collector sees the announcement, or the
//         reader sees the memory unlinked.
// SYNC-2: StoreRelease(0) in ~Guard / LoadAcquire in TryAdvance: the reader's
//         last look happens before the memory is freed.

#ifndef PMA_INTERNAL_EPOCH_H_
#define PMA_INTERNAL_EPOCH_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "pma/internal/thread_record.h"

namespace pma::internal {

template <class Platform>
class EpochClock {
 public:
  static uint64_t Now() { return now_.LoadAcquire(); }
  static bool Advance(uint64_t from) {
    return now_.CompareExchangeAcqRel(from, from + 1);
  }

 private:
  // Starts at 1: an announcement of 0 means "no guard".
  static inline typename Platform::template Atomic<uint64_t> now_{1};
};

// Pins the epoch for the calling thread. Nests; costs one locked exchange at
// the outermost level. Must be destroyed on the thread that made it.
template <class Platform>
class Guard {
 public:
  Guard() : record_(ThreadRegistry<Platform>::Current()) {
    if (record_.guard_depth++ == 0) Announce();
  }
  ~Guard() {
    if (--record_.guard_depth > 0) return;
    record_.announced_epoch.StoreRelease(0);  // SYNC-2
    if (record_.until_unguarded) [[unlikely]] {
      ThreadRegistry<Platform>::Detach();
    }
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  ThreadRecord<Platform>& record() const { return record_; }

  // Announces the present epoch anew, so that a long walk does not hold memory
  // back. Everything read under the guard so far may be freed. Does nothing
  // inside another guard of this thread, which still needs what it read.
  void Refresh() {
    if (record_.guard_depth != 1) return;
    record_.announced_epoch.StoreRelease(0);
    Announce();
  }
  bool outermost() const { return record_.guard_depth == 1; }

 private:
  void Announce() {
    // SYNC-1
    record_.announced_epoch.StoreThenFenceSeqCst(EpochClock<Platform>::Now());
  }

  ThreadRecord<Platform>& record_;
};

// Base of everything that can be retired.
struct Retirable {
  Retirable* next_retired = nullptr;
};

// Retired memory, by the epoch of its retirement (mod 4) and its kind. Retiring
// allocates nothing and cannot fail.
template <class Platform, size_t kKinds>
class Limbo {
 public:
  // Requires a guard that has been held since before `object` was unlinked.
  // Returns how many objects have been retired here since the last Collect.
  size_t Retire(Retirable* object, size_t kind) {
    Platform::FenceSeqCst();  // SYNC-1: unlinked before the stamp is taken
    auto& head = heads_[EpochClock<Platform>::Now() % kBuckets][kind];
    Retirable* first = head.LoadRelaxed();
    do {
      object->next_retired = first;
    } while (!head.CompareExchangeAcqRel(first, object));
    return retired_.FetchAddRelaxed(1) + 1;
  }

  // Frees what no guard can see any more, by free(Retirable*, kind). Requires
  // a guard: it keeps the epoch from running ahead of the bucket being emptied.
  template <class Free>
  void Collect(uint64_t epoch, Free free) {
    retired_.StoreRelaxed(0);
    // Objects stamped `epoch - 2`. Nobody adds to that bucket now: who took
    // that stamp held a guard of at most that epoch, and the epoch could not
    // have come to `epoch` before that guard was gone.
    Empty((epoch + 2) % kBuckets, free);
  }

  // Frees everything. Requires that no other thread uses the map.
  template <class Free>
  void CollectAll(Free free) {
    for (size_t bucket = 0; bucket < kBuckets; ++bucket) Empty(bucket, free);
  }

  // Takes over what `other` holds. Requires that no other thread uses either.
  void TakeFrom(Limbo& other) {
    for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
      for (size_t kind = 0; kind < kKinds; ++kind) {
        heads_[bucket][kind].StoreRelaxed(
            other.heads_[bucket][kind].ExchangeAcqRel(nullptr));
      }
    }
  }

 private:
  static constexpr size_t kBuckets = 4;

  template <class Free>
  void Empty(size_t bucket, Free& free) {
    for (size_t kind = 0; kind < kKinds; ++kind) {
      auto& head = heads_[bucket][kind];
      if (head.LoadRelaxed() == nullptr) continue;
      Retirable* object = head.ExchangeAcqRel(nullptr);
      while (object != nullptr) {
        Retirable* next = object->next_retired;
        free(object, kind);
        object = next;
      }
    }
  }

  template <class T>
  using Atomic = typename Platform::template Atomic<T>;

  std::array<std::array<Atomic<Retirable*>, kKinds>, kBuckets> heads_;
  Atomic<size_t> retired_;
};

// Advances the epoch if every guard has announced the present one. Returns the
// epoch as it then is. Requires a guard.
template <class Platform>
uint64_t TryAdvanceEpoch() {
  const uint64_t now = EpochClock<Platform>::Now();
  Platform::FenceSeqCst();  // SYNC-1
  for (auto* record = ThreadRegistry<Platform>::Head(); record != nullptr;
       record = record->next) {
    const uint64_t announced = record->announced_epoch.LoadAcquire();  // SYNC-2
    if (announced != 0 && announced != now) return now;
  }
  EpochClock<Platform>::Advance(now);
  return EpochClock<Platform>::Now();
}

}  // namespace pma::internal

#endif  // PMA_INTERNAL_EPOCH_H_
